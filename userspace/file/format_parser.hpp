// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a parser of one capture file format is to CaptureReader, and what the parsers share: fields in the byte order of
// the file and the longest record that is believed. One thread.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "file/input_buffer.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

enum class ParseStep { kRecord, kInterface, kNothingYet, kEnd };

class FormatParser {
 public:
  virtual ~FormatParser() = default;

  // One step further. After an Error, which says what is damaged and where, there is no next step.
  virtual Result<ParseStep> next(InputBuffer& in) = 0;

  // After kRecord; its data are borrowed from the buffer.
  [[nodiscard]] const RecordView& record() const { return record_; }
  // After kInterface.
  [[nodiscard]] const Interface& interface() const { return interface_; }
  // The format has a place for which way a packet went, and for each that is told it is in the record.
  [[nodiscard]] virtual bool has_directions() const { return false; }
  // What the file tells so far.
  [[nodiscard]] virtual std::vector<InterfaceStatistics> statistics() const { return {}; }

 protected:
  RecordView record_;
  Interface interface_;
};

// The file's byte order, seen from ours.
struct FieldOrder {
  bool is_swapped = false;

  template <std::integral T>
  [[nodiscard]] T operator()(T value) const {
    if (!is_swapped || sizeof(T) == 1) return value;
    using Unsigned = std::make_unsigned_t<T>;
    const auto bits = static_cast<Unsigned>(value);
    if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(bits));
    if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(bits));
    if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(bits));
  }
};

// `bytes` has sizeof(T) bytes from `offset` on.
template <class T>
requires std::is_trivially_copyable_v<T> T load(std::span<const std::byte> bytes, std::size_t offset = 0) {
  T value;
  std::memcpy(&value, bytes.subspan(offset, sizeof(T)).data(), sizeof(T));
  return value;
}

// A longer record is damage; the figures are those of libpcap 1.10.3, read off its messages.
std::uint32_t max_captured_length(LinkType link_type);

}  // namespace ringtap
