// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/segment_input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include "base/read_at.hpp"
#include "file/open_file.hpp"
#include "recorder/build_index.hpp"
#include "recorder/segment_name.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kLookBuffer = 16 * 1024;

bool may_have_index(std::string_view path) {
  return path.ends_with(".pcapng") || path.ends_with(".pcapng.zst");
}

Result<std::vector<std::byte>> read_all(const UniqueFd& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Error::from_errno(errno, "read");
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  auto got = read_at(file.get(), bytes, 0);
  if (!got) return got.take_error();
  bytes.resize(*got);
  return bytes;
}

}  // namespace

// One that was being written when the folder was listed may be complete by now.
Result<UniqueFd> SegmentInput::open_segment() {
  auto segment = open_file(path_, FileUse::kRead);
  if (segment || !is_part_) return segment;
  const std::string complete = path_.substr(0, path_.size() - kPartSuffix.size());
  auto renamed = open_file(complete, FileUse::kRead);
  if (!renamed) return segment;
  return renamed;
}

std::optional<FrameChoice> SegmentInput::choose_by(std::span<const std::byte> index, const UniqueFd& segment) const {
  bool is_first = query_.needs_first_packet;
  return choose_frames(index, segment.get(), is_part_, [&](const FrameEntry& entry) {
    if (std::exchange(is_first, false)) return true;
    return entry.last_ns >= query_.from_ns && entry.first_ns <= query_.to_ns && query_.condition.may_match(entry);
  });
}

Result<> SegmentInput::choose(UniqueFd& segment) {
  const std::string name = is_part_ ? path_.substr(0, path_.size() - kPartSuffix.size()) : path_;
  if (!may_have_index(name)) return ok();
  auto index = open_file(name + std::string(kIndexSuffix), FileUse::kRead);
  std::optional<FrameChoice> choice;
  if (index) {
    auto bytes = read_all(*index);
    if (bytes) choice = choose_by(*bytes, segment);
    const bool is_too_young = is_part_ && bytes && bytes->size() <= index_file_header().size();
    if (!choice && !is_too_young) query_.tell(path_ + ": its index is damaged, so all of the file is read");
  } else if (parse_segment_name(name.substr(name.rfind('/') + 1))) {
    ++query_.counts.unindexed;
  }
  // The end of a segment that is being written may be half a block, which is no damage.
  if (!choice && is_part_) {
    auto copy = UniqueFd(::fcntl(segment.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return Error::from_errno(errno, "read " + path_);
    auto built = build_index(std::move(copy));
    if (!built) return built.take_error().context(path_);
    choice = choose_by(built->file, segment);
    if (!choice) choice = FrameChoice{};  // no frame is complete
  }
  if (!choice) return ok();
  ++query_.counts.segments;
  query_.counts.frames += choice->all;
  query_.counts.frames_chosen += choice->frames.size();
  choice_ = std::move(choice);
  return ok();
}

Result<std::unique_ptr<CaptureReader>> SegmentInput::open(Extent extent) {
  frames_ = nullptr;
  if (!has_looked_) is_part_ = path_.ends_with(kPartSuffix);
  const bool is_new = !std::exchange(has_looked_, true);
  if (!is_new && !choice_) return open_capture(path_);
  auto segment = open_segment();
  if (!segment) return segment.take_error();
  if (is_new) {
    if (auto chosen = choose(*segment); !chosen) return chosen.take_error();
  }
  if (!choice_) {
    due_ns_ = 0;  // if it has no packet it ends at once
    return open_capture(path_, kLookBuffer);
  }
  const auto& frames = choice_->frames;
  if (frames.empty()) return std::unique_ptr<CaptureReader>();
  const auto first = std::find_if(frames.begin(), frames.end(), [](const auto& frame) { return frame.first_ns != 0; });
  due_ns_ = std::nullopt;
  if (first != frames.end()) due_ns_ = std::max(first->first_ns, first->floor_ns);
  const bool looks = extent == Extent::kBeginning;
  FrameChoice now;
  if (looks) {
    const std::size_t beginning = due_ns_ ? std::max<std::size_t>(choice_->leading, 1) : frames.size();
    now.frames.assign(frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(beginning));
  } else {
    std::swap(now, *choice_);
  }
  auto source = std::make_unique<SelectedFrames>(segment.take(), std::move(now));
  frames_ = source.get();
  return std::make_unique<CaptureReader>(std::move(source), path_, looks ? kLookBuffer : InputBuffer::kUsualSize);
}

}  // namespace ringtap
