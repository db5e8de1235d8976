// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// query: the capture files of a folder, read as -r reads files.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/now.hpp"
#include "command/commands.hpp"
#include "command/messages.hpp"
#include "file/decompressor.hpp"
#include "file/pcap_parser.hpp"
#include "file/pcapng_parser.hpp"
#include "file/snoop_parser.hpp"
#include "record/packet_selection.hpp"
#include "recorder/segment_name.hpp"
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
  // A segment that is gone has its final name by now.
  if (::stat(path.c_str(), &status) != 0) return path.ends_with(kPartSuffix);
  if (!S_ISREG(status.st_mode)) return false;
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return true;
  std::array<std::byte, 4> bytes{};
  if (::read(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) return false;
  const auto magic = load<std::uint32_t>(bytes);
  return PcapParser::recognizes(magic) || PcapngParser::recognizes(magic) || SnoopParser::recognizes(magic) ||
         codec_for(bytes) != nullptr;
}

Result<> add_names(const std::string& folder, std::set<std::string>& names) {
  const std::unique_ptr<DIR, FolderCloser> entries(::opendir(folder.c_str()));
  if (entries == nullptr) return Error::from_errno(errno, "query " + folder);
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(entries.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (!name.starts_with('.') && !name.ends_with(kIndexSuffix)) names.emplace(name);
  }
  return errno == 0 ? ok() : Result<>(Error::from_errno(errno, "query " + folder));
}

// In the order of their names, which is that in which a recorder wrote them.
Result<std::vector<std::string>> capture_files(const std::string& folder) {
  // Twice: a segment that gets its final name meanwhile may be seen under both names or under none.
  std::set<std::string> names;
  for (int times = 0; times < 2; ++times) {
    if (auto added = add_names(folder, names); !added) return added.take_error();
  }
  std::erase_if(names, [&](const std::string& name) {
    return name.ends_with(kPartSuffix) && names.contains(name.substr(0, name.size() - kPartSuffix.size()));
  });
  std::vector<std::string> paths;
  for (const std::string& name : names) {
    std::string path = folder + (folder.ends_with('/') ? "" : "/") + name;
    if (may_be_capture(path)) paths.push_back(std::move(path));
  }
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
