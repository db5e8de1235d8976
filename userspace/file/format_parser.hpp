// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The interface of a parser for one capture file format, used by CaptureReader, and what parsers share: fields in the
// byte order of the file, and the maximum record length. One thread.
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

enum class ParseStep { kRecord, kInterface, kBlock, kNothingYet, kEnd };

class FormatParser {
 public:
  virtual ~FormatParser() = default;

  // Takes one step. After an Error, which says what is damaged and where, there must be no further step.
  virtual Result<ParseStep> next(InputBuffer& in) = 0;

  // Valid after kRecord; its data is borrowed from the buffer.
  [[nodiscard]] const RecordView& record() const { return record_; }
  // Valid after kInterface.
  [[nodiscard]] const Interface& interface() const { return interface_; }
  // Valid after kBlock; its body is borrowed from the buffer or the parser.
  [[nodiscard]] const FileBlockView& block() const { return block_; }
  // Options that the other byte order of the file makes unreadable, so far.
  [[nodiscard]] std::uint64_t options_left_out() const { return options_left_out_; }
  // Whether the format can store the direction of packets; a record has it if the file does.
  [[nodiscard]] virtual bool has_directions() const { return false; }
  // The totals from the file so far.
  [[nodiscard]] virtual std::vector<InterfaceStatistics> statistics() const { return {}; }

 protected:
  RecordView record_;
  Interface interface_;
  FileBlockView block_{};
  std::uint64_t options_left_out_ = 0;
};

// The file's byte order, relative to the host's.
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

// `bytes` must have sizeof(T) bytes from `offset` on.
template <class T>
requires std::is_trivially_copyable_v<T> T load(std::span<const std::byte> bytes, std::size_t offset = 0) {
  T value;
  std::memcpy(&value, bytes.subspan(offset, sizeof(T)).data(), sizeof(T));
  return value;
}

// The file ends within something of `wanted` bytes that begins at bytes()[start]. tcpdump's text, since scripts look
// for it.
Error truncated_file(const InputBuffer& in, std::size_t start, std::size_t wanted, const char* what);

// A longer record counts as damaged; the limits are those of libpcap 1.10.3, taken from its messages.
std::uint32_t max_captured_length(LinkType link_type);

}  // namespace ringtap
