// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The folder of a recorder. A process outside the sandbox may own it and do what is asked here; files of other names
// are never touched. Any thread, one at a time.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "recorder/retention.hpp"
#include "recorder/segment_name.hpp"
#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

struct FolderContents {
  std::vector<KeptSegment> whole;         // in the order of their names
  std::vector<KeptSegment> parts;         // left by a recorder that was killed
  std::vector<SegmentName> lone_indexes;  // of segments that are gone
};

class SegmentFolder {
 public:
  virtual ~SegmentFolder() = default;

  // A new file, for writing; EEXIST if there is one of this name.
  virtual Result<UniqueFd> create(const SegmentName& segment, SegmentFile file) = 0;
  // One that exists, for reading and writing.
  virtual Result<UniqueFd> open(const SegmentName& segment, SegmentFile file) = 0;
  // Gives a .part its final name, which is on the disk when this returns.
  virtual Result<> publish(const SegmentName& segment) = 0;
  // No Error if it is gone already.
  virtual Result<> remove(const SegmentName& segment, SegmentFile file) = 0;
  virtual Result<DiskSpace> space() = 0;
  // Whether it was removed, with what was in it.
  [[nodiscard]] virtual bool is_gone() const = 0;
  // For a folder that is gone: what is at its path now takes its place. It is made anew if there is nothing, but only
  // on the file system that it was on: one that is not mounted is waited for. Has the segments that are complete.
  virtual Result<std::vector<KeptSegment>> restore() = 0;
  [[nodiscard]] virtual const std::string& path() const = 0;
};

class LocalFolder final : public SegmentFolder {
 public:
  // Creates the folder if there is none, and locks it against other recorders for as long as the descriptor, or a copy
  // of it in another process, is open. An Error if one has it, or if files cannot be created in it.
  static Result<LocalFolder> open(const std::string& path);

  [[nodiscard]] Result<FolderContents> list() const;

  Result<UniqueFd> create(const SegmentName& segment, SegmentFile file) override;
  Result<UniqueFd> open(const SegmentName& segment, SegmentFile file) override;
  Result<> publish(const SegmentName& segment) override;
  Result<> remove(const SegmentName& segment, SegmentFile file) override;
  Result<DiskSpace> space() override;
  [[nodiscard]] bool is_gone() const override;
  Result<std::vector<KeptSegment>> restore() override;
  [[nodiscard]] const std::string& path() const override { return path_; }
  [[nodiscard]] int fd() const { return folder_.get(); }

 private:
  LocalFolder(UniqueFd folder, std::string path, dev_t device)
      : folder_(std::move(folder)), path_(std::move(path)), device_(device) {}

  UniqueFd folder_;
  std::string path_;
  dev_t device_;  // of the file system
};

// When a segment that is complete got its last bytes, since 1970.
std::uint64_t end_ns(const struct stat& file);

// The process that records into this folder, as a descriptor of pidfd_open(2). An Error if there is none.
Result<UniqueFd> recorder_of(const std::string& path);

// The path of the folder that it is in.
std::string parent_of(const std::string& folder);

// Whether the descriptor's folder was removed.
bool is_removed(int folder);

// Of the file system that the descriptor is on.
Result<DiskSpace> disk_space(int fd, const std::string& name);

}  // namespace ringtap
