// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Where batches wait that found no room in memory: a file in a folder of the agent, without a name, so that nothing is
// left behind by an agent that is killed. It never takes more of the disk than its limit: what was taken back is given
// back to the disk at once, by a hole in the file; where the file system has no holes, once everything was taken back.
// Owns the file. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class SpillFile {
 public:
  static Result<SpillFile> create(const std::string& folder, std::uint64_t most_bytes);

  // Returns where it is; nothing is kept of what fits only in part, and nothing goes beyond the limit.
  Result<std::uint64_t> append(std::span<const std::byte> bytes);
  Result<std::vector<std::byte>> read(std::uint64_t at, std::size_t size) const;
  // It is not needed any more.
  void give_back(std::uint64_t at, std::size_t size);

  // Of the disk, in whole blocks of it.
  [[nodiscard]] std::uint64_t used() const { return has_holes_ ? waiting_ : end_; }

 private:
  SpillFile(UniqueFd file, std::string folder, std::uint64_t most_bytes)
      : file_(std::move(file)), folder_(std::move(folder)), most_bytes_(most_bytes) {}

  UniqueFd file_;
  std::string folder_;
  std::uint64_t most_bytes_;
  std::uint64_t waiting_ = 0;
  std::uint64_t end_ = 0;
  bool has_holes_ = true;  // as far as is known
};

}  // namespace ringtap
