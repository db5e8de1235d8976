// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A regular file that grows at its end by chunks, past the page cache where its file system can (O_DIRECT, open(2)):
// what a capture writes is not read again soon, and a writer through the page cache is slowed down to the pace of
// writeback. Its size is at any time that of what was appended. Owns the descriptor. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "file/chunk.hpp"
#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class DirectFile {
 public:
  // The file must be empty and open for writing. `name` is for messages.
  DirectFile(UniqueFd fd, std::string name);

  // Whether a file of this kind gains from it: a regular file on a disk, not in memory and not on another host.
  static bool is_for(int fd);

  struct Appended {
    std::size_t blocks = 0;  // complete in the file
    int error = 0;           // an errno: why the rest is not
  };
  // Of a block that does not fit completely nothing stays. `past_cache`: worth the wait for the disk, which a few bytes
  // are not.
  Appended append(Chunk& chunk, bool past_cache);
  static constexpr std::size_t kWorthTheDisk = 64 * 1024;

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  // Why what was to go past the page cache does not: "O_DIRECT: Invalid argument"; empty: it does, or nothing was to.
  [[nodiscard]] std::string why_cached() const;

  // What was appended before is on the disk. 0, or an errno. By any thread.
  int sync();
  // 0, or an errno.
  int close();

 private:
  bool set_direct(bool direct);
  Appended cut_back(std::span<const std::byte> bytes, std::size_t written, std::span<const std::uint32_t> ends);
  void keep_tail(std::span<const std::byte> bytes, std::size_t written);

  UniqueFd fd_;
  std::string name_;
  std::uint64_t size_ = 0;
  std::array<std::byte, Chunk::kAlign> tail_{};  // the last size_ % kAlign bytes of the file
  bool is_direct_ = false;
  int no_direct_ = 0;  // the errno with which O_DIRECT was refused
};

}  // namespace ringtap
