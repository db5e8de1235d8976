// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A ByteSource over a file descriptor, which it owns. Regular files are read at once, whatever the deadline, since a
// disk always answers. One thread.
#pragma once

#include "file/byte_source.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class FdSource final : public ByteSource {
 public:
  explicit FdSource(UniqueFd fd);

  Result<ReadResult> read(std::span<std::byte> into, Deadline deadline) override;
  [[nodiscard]] ReadPosition position() const override { return position_; }
  [[nodiscard]] bool is_regular() const { return is_regular_; }

 private:
  UniqueFd fd_;
  bool is_regular_;
  ReadPosition position_;
};

}  // namespace ringtap
