// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// query: the capture files of a folder, read as -r reads files.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/now.hpp"
#include "command/commands.hpp"
#include "command/messages.hpp"
#include "file/decompressor.hpp"
#include "file/pcap_parser.hpp"
#include "file/pcapng_parser.hpp"
#include "record/packet_selection.hpp"
#include "recorder/frame_index.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {
namespace {

struct FolderCloser {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// By its first bytes, nothing else of it is looked at here. One that may not be opened is taken for one, so that it is
// not passed over in silence.
bool may_be_capture(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return true;
  std::array<std::byte, 4> bytes{};
  if (::read(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) return false;
  const auto magic = load<std::uint32_t>(bytes);
  return PcapParser::recognizes(magic) || PcapngParser::recognizes(magic) || codec_for(bytes) != nullptr;
}

// In the order of their names, which is that in which a recorder wrote them.
Result<std::vector<std::string>> capture_files(const std::string& folder) {
  const std::unique_ptr<DIR, FolderCloser> entries(::opendir(folder.c_str()));
  if (entries == nullptr) return Error::from_errno(errno, "query " + folder);
  std::vector<std::string> paths;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(entries.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name.starts_with('.') || name.ends_with(kIndexSuffix)) continue;
    std::string path = folder;
    if (!path.ends_with('/')) path += '/';
    path += name;
    if (may_be_capture(path)) paths.push_back(std::move(path));
  }
  if (errno != 0) return Error::from_errno(errno, "query " + folder);
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

int query(const Options& options) {
  auto paths = capture_files(options.folder);
  if (!paths) return fail(paths.error());
  if (paths->empty()) return fail(Error("query " + options.folder + ": there is no capture file in it"));
  Options how = options;
  how.read_paths = paths.take();
  how.selection = resolved(options.selection, epoch_now_ns());
  return read_file(how);
}

}  // namespace ringtap
