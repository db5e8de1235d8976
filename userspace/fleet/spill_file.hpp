// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Where batches wait that found no room in memory: a file in a folder of the agent, without a name, so that nothing is
// left behind by an agent that is killed. What was written last stays until everything was taken back; then the file is
// empty again. Owns the file. One thread at a time.
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
  static Result<SpillFile> create(const std::string& folder);

  // Returns where it is; nothing is kept of what fits only in part.
  Result<std::uint64_t> append(std::span<const std::byte> bytes);
  Result<std::vector<std::byte>> read(std::uint64_t at, std::size_t size) const;
  void clear();

 private:
  SpillFile(UniqueFd file, std::string folder) : file_(std::move(file)), folder_(std::move(folder)) {}

  UniqueFd file_;
  std::string folder_;
  std::uint64_t size_ = 0;
};

}  // namespace ringtap
