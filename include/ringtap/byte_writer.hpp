// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Where bytes go: a file, a pipe, memory. The unit is the block (a file header, a record): an implementation that can
// truncate its output never leaves half a block at its end, even when the disk is full. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "ringtap/result.hpp"

namespace ringtap {

class ByteWriter {
 public:
  virtual ~ByteWriter() = default;

  // Takes one complete block, the concatenation of its parts; may buffer it. The bytes are copied before the call
  // returns.
  using Parts = std::initializer_list<std::span<const std::byte>>;
  virtual Result<> write(Parts parts) = 0;
  Result<> write(std::span<const std::byte> block) { return write(Parts{block}); }
  virtual Result<> flush() = 0;
  // flush(), then closes; returns write errors that the system reports late. Idempotent.
  virtual Result<> close() = 0;

  // Bytes that write() has accepted so far, whether stored or still buffered.
  [[nodiscard]] virtual std::uint64_t bytes_taken() const = 0;
  // Blocks known to be complete in the file; exact after an Error or close().
  [[nodiscard]] virtual std::uint64_t blocks_stored() const = 0;
};

}  // namespace ringtap
