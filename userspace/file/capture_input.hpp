// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A capture file that CaptureFiles opens twice: for a look at its beginning, and when its time has come. So thousands
// of files need neither thousands of descriptors nor their buffers. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "file/capture_reader.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class CaptureInput {
 public:
  virtual ~CaptureInput() = default;

  [[nodiscard]] virtual const std::string& path() const = 0;

  // From its first byte on. For the look a reader may end where the beginning ends: with what comes before the first
  // packet, or all of the file if it has no packet to give. Null: there is nothing in it yet.
  enum class Extent : std::uint8_t { kBeginning, kWhole };
  virtual Result<std::unique_ptr<CaptureReader>> open(Extent extent) = 0;

  // After the look, if that did not reach a packet: no packet comes earlier than this. None: there is none.
  [[nodiscard]] virtual std::optional<std::uint64_t> due_ns() const = 0;
  // Of the record that the reader handed over last: it counts as no earlier than this, since packets that were passed
  // over are before it.
  [[nodiscard]] virtual std::uint64_t floor_ns() const = 0;
};

}  // namespace ringtap
