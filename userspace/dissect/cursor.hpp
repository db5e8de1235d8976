// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A position in a packet with checked reads. It knows two ends: how many bytes were captured from here (captured) and
// how many this layer has on the wire (length, which may be more, or less if a layer is padded). Borrows the
// packet and the Truncation; small enough to pass by value. One thread.
//
// Reading what was not captured gives zeros and marks the packet as truncated at this point of the text: the
// Dissector removes everything written later and puts tcpdump's "[|protocol]" there. So printers read without
// checking, and check (has) only where tcpdump prints something other than the mark. A loop ends because a sequential
// read that fails leaves the cursor empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dissect/appender.hpp"
#include "ringtap/bytes.hpp"

namespace ringtap {

// The point in a packet's text from which on it is invalid.
struct Truncation {
  const Appender& out;
  std::string_view protocol = {};  // the printing protocol, named in the mark
  bool looks_first = false;        // the printing protocol checks before it reads: no read counts as failed
  bool hit = false;
  std::size_t at = 0;  // size of the text when it was hit
  std::string_view hit_protocol = {};
  std::string_view suffix = {};  // text after the mark
  bool by_read = false;

  void mark(bool reading, std::string_view text_after = {}) {
    if (hit) return;
    hit = true;
    by_read = reading && !looks_first;
    suffix = text_after;
    at = out.size();
    hit_protocol = protocol;
  }
  // If the text is cut later than `size`, it is cut at `size` instead.
  void pull_back(std::size_t size) { at = std::min(at, size); }
};

class Cursor {
 public:
  Cursor(std::span<const std::uint8_t> data, std::size_t length, Truncation& truncation)
      : data_(data.data()), captured_(data.size()), length_(length), truncation_(&truncation) {}

  [[nodiscard]] std::size_t captured() const { return captured_; }
  [[nodiscard]] std::size_t length() const { return length_; }
  [[nodiscard]] bool has(std::size_t count) const { return count <= captured_; }
  [[nodiscard]] const std::uint8_t* data() const { return data_; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {data_, captured_}; }
  // How much of this layer can be read: captured, and not beyond its length.
  [[nodiscard]] std::size_t readable() const { return std::min(captured_, length_); }

  // The rest from `count` bytes on; empty when there are fewer.
  [[nodiscard]] Cursor from(std::size_t count) const {
    Cursor rest = *this;
    rest.skip(count);
    return rest;
  }
  // The first `count` bytes: nothing after them can be read through the result.
  [[nodiscard]] Cursor first(std::size_t count) const {
    Cursor part = *this;
    part.captured_ = std::min(captured_, count);
    part.length_ = count;
    return part;
  }
  // The same bytes with a different length of the layer.
  [[nodiscard]] Cursor with_length(std::size_t length) const {
    Cursor same = *this;
    same.length_ = length;
    return same;
  }

  // `count` bytes at `offset`; at most kMaxBlock, because zeros stand in for bytes that are not there.
  static constexpr std::size_t kMaxBlock = 64;
  [[nodiscard]] const std::uint8_t* block(std::size_t offset, std::size_t count) const {
    if (offset + count <= captured_) return data_ + offset;
    truncation_->mark(true);
    return kZeros;
  }
  // As many of `count` bytes at `offset` as there are; marks when some are missing.
  [[nodiscard]] std::span<const std::uint8_t> span(std::size_t offset, std::size_t count) const {
    if (offset + count <= captured_) return {data_ + offset, count};
    truncation_->mark(true);
    return {data_ + std::min(offset, captured_), captured_ - std::min(offset, captured_)};
  }

  [[nodiscard]] std::uint8_t u8(std::size_t offset) const { return *block(offset, 1); }
  [[nodiscard]] std::uint16_t be16(std::size_t offset) const { return load_be16(block(offset, 2)); }
  [[nodiscard]] std::uint32_t be24(std::size_t offset) const { return load_be24(block(offset, 3)); }
  [[nodiscard]] std::uint32_t be32(std::size_t offset) const { return load_be32(block(offset, 4)); }
  [[nodiscard]] std::uint64_t be64(std::size_t offset) const { return load_be64(block(offset, 8)); }
  [[nodiscard]] std::uint16_t le16(std::size_t offset) const {
    const std::uint8_t* p = block(offset, 2);
    return static_cast<std::uint16_t>(p[1] << 8 | p[0]);
  }
  [[nodiscard]] std::uint32_t le32(std::size_t offset) const {
    const std::uint8_t* p = block(offset, 4);
    return static_cast<std::uint32_t>(p[3]) << 24 | static_cast<std::uint32_t>(p[2] << 16 | p[1] << 8 | p[0]);
  }

  [[nodiscard]] std::uint64_t le64(std::size_t offset) const {
    return le32(offset) | static_cast<std::uint64_t>(le32(offset + 4)) << 32;
  }

  void skip(std::size_t count) {
    const std::size_t step = std::min(count, captured_);
    data_ += step;
    captured_ -= step;
    length_ -= std::min(count, length_);
  }
  std::uint8_t take_u8() { return taken(u8(0), 1); }
  std::uint16_t take_be16() { return taken(be16(0), 2); }
  std::uint32_t take_be24() { return taken(be24(0), 3); }
  std::uint32_t take_be32() { return taken(be32(0), 4); }
  std::uint64_t take_be64() { return taken(be64(0), 8); }

  // Marks the packet as truncated here without a read, for a printer that has checked before.
  void truncated(std::string_view suffix = {}) const { truncation_->mark(false, suffix); }
  [[nodiscard]] bool is_truncated() const { return truncation_->hit; }

 private:
  template <class T>
  T taken(T value, std::size_t count) {
    skip(count);
    return value;
  }
  static constexpr std::uint8_t kZeros[kMaxBlock] = {};

  const std::uint8_t* data_;
  std::size_t captured_;
  std::size_t length_;
  Truncation* truncation_;
};

}  // namespace ringtap
