// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The only thing that writes text about packets: one growing buffer that its owner empties between packets. It
// allocates only while it grows to the largest text it has ever held. Bytes of a packet enter through escaped() and
// printable(), which let nothing through that a terminal could obey; put() is for text of our own and numbers. One
// thread.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace ringtap {

// How put() shows a number when plain decimal is not wanted.
struct Hex {
  std::uint64_t value;
  unsigned width = 0;  // zero-padded to this
};
struct Padded {
  std::uint64_t value;
  unsigned width;
  char fill = '0';
};
struct Signed {
  std::int64_t value;
};
struct Repeat {
  char c;
  std::size_t count;
};

class Appender {
 public:
  explicit Appender(std::size_t capacity = 128 * 1024);

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - begin_.get()); }
  [[nodiscard]] std::string_view text() const { return {begin_.get(), size()}; }
  void clear() { end_ = begin_.get(); }
  // Forgets everything written after `size`.
  void cut(std::size_t size) {
    if (size < this->size()) end_ = begin_.get() + size;
  }

  template <class... Parts>
  void put(const Parts&... parts) {
    (one(parts), ...);
  }

  void ipv4(const std::uint8_t* address);
  void ipv6(const std::uint8_t* address);
  void mac(const std::uint8_t* address) { separated_hex(address, 6, ':'); }
  void separated_hex(const std::uint8_t* bytes, std::size_t count, char separator);

  // A byte of a packet as tcpdump shows text: printable ASCII as it is, others as ^X, M-X and M-^X.
  void escaped(std::uint8_t byte);
  void escaped(std::span<const std::uint8_t> bytes) {
    for (const std::uint8_t byte : bytes) escaped(byte);
  }
  // A byte of a packet shown as itself when it is printable ASCII, else as '.'.
  void printable(std::uint8_t byte) { one(byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.'); }

 private:
  char* room(std::size_t count) {
    if (static_cast<std::size_t>(limit_ - end_) < count) grow(count);
    return end_;
  }
  void grow(std::size_t count);

  void one(char c) {
    *room(1) = c;
    ++end_;
  }
  void one(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(room(text.size()), text.data(), text.size());
    end_ += text.size();
  }
  template <std::size_t N>
  void one(const char (&literal)[N]) {
    std::memcpy(room(N), literal, N);  // the NUL goes along: a constant size is worth more than the byte
    end_ += N - 1;
  }
  void one(const char* const& text) { one(std::string_view(text)); }
  template <std::unsigned_integral T>
  void one(T value) {
    if constexpr (sizeof(T) <= 4) {
      decimal(static_cast<std::uint32_t>(value));
    } else {
      decimal64(value);
    }
  }
  void one(bool) = delete;
  void one(Signed number);
  void one(Hex number);
  void one(Padded number);
  void one(Repeat repeat) {
    std::memset(room(repeat.count), repeat.c, repeat.count);
    end_ += repeat.count;
  }
  void decimal(std::uint32_t value);
  void decimal64(std::uint64_t value);

  std::unique_ptr<char[]> begin_;
  char* end_;
  char* limit_;
};

}  // namespace ringtap
