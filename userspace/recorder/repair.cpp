// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/repair.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "base/write_all.hpp"
#include "recorder/build_index.hpp"

namespace ringtap {
namespace {

Result<> remove_both(SegmentFolder& folder, const SegmentName& name) {
  auto removed = folder.remove(name, SegmentFile::kPart);
  if (auto index = folder.remove(name, SegmentFile::kIndex); removed) return index;
  return removed;
}

// Nothing if it holds no packet, so that it is removed.
Result<std::optional<KeptSegment>> repair(SegmentFolder& folder, const SegmentName& name,
                                          const std::function<void(const std::string& text)>& tell) {
  const std::string path = folder.path() + "/" + name.text(SegmentFile::kPart);
  auto part = folder.open(name, SegmentFile::kPart);
  if (!part) return part.take_error();
  struct stat status {};
  if (::fstat(part->get(), &status) != 0) return Error::from_errno(errno, "examine " + path);
  UniqueFd copy(::fcntl(part->get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return Error::from_errno(errno, "read " + path);
  auto built = build_index(std::move(copy));
  if (!built) return built.take_error();
  constexpr off_t kMostOfNothing = 4 << 20;
  if (built->packets == 0 && status.st_size > kMostOfNothing) {
    return Error("no packet of " + path + " can be read");
  }
  if (built->packets == 0) {
    if (auto removed = remove_both(folder, name); !removed) return removed.take_error();
    tell(path + ": held no packet, removed");
    return std::optional<KeptSegment>();
  }
  if (::ftruncate(part->get(), static_cast<off_t>(built->whole_bytes)) != 0 || ::fdatasync(part->get()) != 0) {
    return Error::from_errno(errno, "cut " + path);
  }
  // The old one may be longer than what it is about.
  if (auto removed = folder.remove(name, SegmentFile::kIndex); !removed) return removed.take_error();
  std::uint64_t bytes = built->whole_bytes;
  if (auto index = folder.create(name, SegmentFile::kIndex)) {
    if (write_all(index->get(), built->file, true).error == 0 && ::fdatasync(index->get()) == 0) {
      bytes += built->file.size();
    } else {
      static_cast<void>(folder.remove(name, SegmentFile::kIndex));
    }
  }
  if (auto published = folder.publish(name); !published) return published.take_error();
  tell(folder.path() + "/" + name.text() + ": completed after its recorder was ended, " +
       std::to_string(built->packets) + " packets");
  return std::optional(KeptSegment{.name = name, .bytes = bytes, .end_ns = end_ns(status)});
}

}  // namespace

std::vector<KeptSegment> repair_segments(SegmentFolder& folder, FolderContents& present,
                                         const std::function<void(const std::string& text)>& tell) {
  std::vector<KeptSegment> repaired;
  for (const KeptSegment& part : std::exchange(present.parts, {})) {
    auto segment = repair(folder, part.name, tell);
    if (!segment) {
      tell(segment.error().text() + "; it is left as it is");
      repaired.push_back(part);
    } else if (*segment) {
      repaired.push_back(**segment);
    }
  }
  for (const SegmentName& name : std::exchange(present.lone_indexes, {})) {
    if (auto removed = folder.remove(name, SegmentFile::kIndex); !removed) tell(removed.error().text());
  }
  return repaired;
}

}  // namespace ringtap
