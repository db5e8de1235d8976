// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Writes all text about packets: a growing buffer that its owner clears between packets. It allocates only while it
// grows to the size of the largest text so far. Bytes of a packet are added by escaped() and printable(), which let no
// control characters for a terminal through; put() is for ringtap's own text and for numbers. One
// thread.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace ringtap {

// How put() prints numbers other than in plain decimal.
struct Hex {
  std::uint64_t value;
  unsigned width = 0;  // zero-padded to this
};
struct Padded {
  std::uint64_t value;
  unsigned width;
  char fill = '0';
};
// A number after its name: "name (3)".
struct Named {
  std::string_view name;
  std::uint32_t value;
};
// The same in hexadecimal, "name (0x03)"; a width of 0 is as many digits as it takes.
struct NamedHex {
  std::string_view name;
  std::uint32_t value;
  unsigned width = 2;
};
struct Signed {
  std::int64_t value;
};
struct Repeat {
  char c;
  std::size_t count;
};
struct Ipv4Text {
  const std::uint8_t* address;
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

  // All parts of a call are written through one pointer after one check for room: stores of characters may alias
  // anything, so a member would be read and written again for each of them.
  template <class... Parts>
  [[gnu::always_inline]] void put(const Parts&... parts) {
    char* p = room((bound(parts) + ... + 0));
    ((p = write(p, parts)), ...);
    end_ = p;
  }

  void ipv4(const std::uint8_t* address) { put(Ipv4Text{address}); }
  void ipv6(const std::uint8_t* address);
  void mac(const std::uint8_t* address) { separated_hex(address, 6, ':'); }
  void separated_hex(const std::uint8_t* bytes, std::size_t count, char separator);

  // A byte of a packet as tcpdump shows text: printable ASCII as it is, others as ^X, M-X and M-^X.
  void escaped(std::uint8_t byte);
  void escaped(std::span<const std::uint8_t> bytes) {
    for (const std::uint8_t byte : bytes) escaped(byte);
  }
  // A byte of a packet shown as itself when it is printable ASCII, else as '.'.
  void printable(std::uint8_t byte) { put(byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.'); }

 private:
  char* room(std::size_t count) {
    if (static_cast<std::size_t>(limit_ - end_) < count) grow(count);
    return end_;
  }
  void grow(std::size_t count);

  // How many bytes write() may touch, and what it writes; it returns the end of that.
  static constexpr std::size_t bound(char) { return 1; }
  static constexpr std::size_t bound(std::string_view text) { return text.size(); }
  template <std::size_t N>
  static constexpr std::size_t bound(const char (&)[N]) {
    return N;  // including the NUL: a constant size is worth more than the byte
  }
  // A template, only for pointers: otherwise a literal would convert to one and choose this overload.
  template <std::same_as<const char*> T>
  static std::size_t bound(const T& text) {
    return std::strlen(text);
  }
  template <std::unsigned_integral T>
  static constexpr std::size_t bound(T) {
    return 20;
  }
  static std::size_t bound(bool) = delete;
  static constexpr std::size_t bound(Signed) { return 20; }
  static constexpr std::size_t bound(Hex number) { return std::max<std::size_t>(16, number.width); }
  static constexpr std::size_t bound(Padded number) { return std::max<std::size_t>(20, number.width); }
  static constexpr std::size_t bound(Repeat repeat) { return repeat.count; }
  static constexpr std::size_t bound(Ipv4Text) { return 16; }
  static constexpr std::size_t bound(Named number) { return number.name.size() + 16; }
  static constexpr std::size_t bound(NamedHex number) { return number.name.size() + 8 + bound(Hex{0, number.width}); }

  static char* write(char* p, char c) {
    *p = c;
    return p + 1;
  }
  static char* write(char* p, std::string_view text) { return copy(p, text.data(), text.size()); }
  template <std::size_t N>
  static char* write(char* p, const char (&literal)[N]) {
    std::memcpy(p, literal, N);
    return p + N - 1;
  }
  template <std::same_as<const char*> T>
  static char* write(char* p, const T& text) {
    return copy(p, text, std::strlen(text));
  }
  template <std::unsigned_integral T>
  static char* write(char* p, T value) {
    if constexpr (sizeof(T) <= 4) {
      return decimal(p, static_cast<std::uint32_t>(value));
    } else {
      return value <= UINT32_MAX ? decimal(p, static_cast<std::uint32_t>(value)) : decimal64(p, value);
    }
  }
  static char* write(char* p, Signed number);
  static char* write(char* p, Hex number);
  static char* write(char* p, Padded number);
  static char* write(char* p, Repeat repeat) {
    std::memset(p, repeat.c, repeat.count);
    return p + repeat.count;
  }
  static char* write(char* p, Ipv4Text text);
  static char* write(char* p, Named number);
  static char* write(char* p, NamedHex number);
  static char* decimal(char* p, std::uint32_t value);
  static char* decimal64(char* p, std::uint64_t value);
  // Names are short: two copies that may overlap cost less than a call.
  static char* copy(char* p, const char* text, std::size_t size) {
    if (size > 16) {
      std::memcpy(p, text, size);
    } else if (size >= 8) {
      two<8>(p, text, size);
    } else if (size >= 4) {
      two<4>(p, text, size);
    } else if (size >= 2) {
      two<2>(p, text, size);
    } else if (size == 1) {
      *p = *text;
    }
    return p + size;
  }
  template <std::size_t N>
  static void two(char* p, const char* text, std::size_t size) {
    char first[N];
    char last[N];
    std::memcpy(first, text, N);
    std::memcpy(last, text + size - N, N);
    std::memcpy(p, first, N);
    std::memcpy(p + size - N, last, N);
  }

  std::unique_ptr<char[]> begin_;
  char* end_;
  char* limit_;
};

}  // namespace ringtap
