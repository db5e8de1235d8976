// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dissect/appender.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

#include "ringtap/bytes.hpp"

namespace ringtap {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

// "0".."255" with their lengths: addresses are most of what is printed.
struct ByteText {
  char text[3];
  char size;
};
constexpr std::array<ByteText, 256> make_byte_texts() {
  std::array<ByteText, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    ByteText& entry = table[i];
    unsigned n = 0;
    if (i >= 100) entry.text[n++] = static_cast<char>('0' + i / 100);
    if (i >= 10) entry.text[n++] = static_cast<char>('0' + i / 10 % 10);
    entry.text[n++] = static_cast<char>('0' + i % 10);
    entry.size = static_cast<char>(n);
  }
  return table;
}
constexpr auto kByteTexts = make_byte_texts();

constexpr std::array<char, 200> make_digit_pairs() {
  std::array<char, 200> table{};
  for (unsigned i = 0; i < 100; ++i) {
    table[2 * i] = static_cast<char>('0' + i / 10);
    table[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return table;
}
constexpr auto kDigitPairs = make_digit_pairs();

// Writes a byte's decimal form; touches four bytes, whatever its size (room is asked for accordingly).
inline char* byte_decimal(char* p, std::uint8_t byte) {
  const ByteText& entry = kByteTexts[byte];
  std::memcpy(p, &entry, sizeof entry);
  return p + entry.size;
}

inline char* hex16(char* p, unsigned value) {
  if (value >= 0x1000) *p++ = kHexDigits[value >> 12];
  if (value >= 0x100) *p++ = kHexDigits[value >> 8 & 15];
  if (value >= 0x10) *p++ = kHexDigits[value >> 4 & 15];
  *p++ = kHexDigits[value & 15];
  return p;
}

}  // namespace

Appender::Appender(std::size_t capacity)
    : begin_(std::make_unique_for_overwrite<char[]>(std::max<std::size_t>(capacity, 64))),
      end_(begin_.get()),
      limit_(begin_.get() + std::max<std::size_t>(capacity, 64)) {}

void Appender::grow(std::size_t count) {
  const std::size_t used = size();
  const std::size_t capacity = std::max(2 * static_cast<std::size_t>(limit_ - begin_.get()), used + count);
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  std::memcpy(larger.get(), begin_.get(), used);
  begin_ = std::move(larger);
  end_ = begin_.get() + used;
  limit_ = begin_.get() + capacity;
}

char* Appender::decimal(char* p, std::uint32_t value) {
  // Digits from the number of bits: 10^k needs more than k * log2(10) of them; 1233 / 4096 is log10(2).
  static constexpr std::uint32_t kPowers[] = {0,       10,        100,        1'000,       10'000,
                                              100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};
  const unsigned guess = static_cast<unsigned>(std::bit_width(value | 1)) * 1233 >> 12;
  const unsigned count = guess + (value >= kPowers[guess] ? 1 : 0);
  char* const end = p + count;
  char* at = end;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, &kDigitPairs[value % 100 * 2], 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(at - 2, &kDigitPairs[value * 2], 2);
  } else {
    at[-1] = static_cast<char>('0' + value);
  }
  return end;
}

char* Appender::decimal64(char* p, std::uint64_t value) {
  return std::to_chars(p, p + 20, value).ptr;
}

char* Appender::write(char* p, Signed number) {
  return std::to_chars(p, p + 20, number.value).ptr;
}

char* Appender::write(char* p, Hex number) {
  const unsigned digits = (static_cast<unsigned>(std::bit_width(number.value | 1)) + 3) / 4;
  const unsigned width = std::max(digits, number.width);
  for (char* at = p + width; at != p; number.value >>= 4) *--at = kHexDigits[number.value & 15];
  return p + width;
}

// From the right and in place: a buffer for the digits would be guarded by the stack protector in every line. Widths
// are 1 at least.
char* Appender::write(char* p, Padded number) {
  char* const end = p + number.width;
  char* at = end;
  std::uint64_t left = number.value;
  do {
    *--at = static_cast<char>('0' + left % 10);
    left /= 10;
  } while (left != 0 && at != p);
  if (left != 0) return decimal64(p, number.value);  // wider than asked for
  while (at != p) *--at = number.fill;
  return end;
}

char* Appender::write(char* p, Ipv4Text text) {
  p = byte_decimal(p, text.address[0]);
  *p++ = '.';
  p = byte_decimal(p, text.address[1]);
  *p++ = '.';
  p = byte_decimal(p, text.address[2]);
  *p++ = '.';
  return byte_decimal(p, text.address[3]);
}

// RFC 5952 in spirit: the longest run of two or more zero groups is "::", the first of equals; the last four bytes are
// dotted after ::/96 and ::ffff:0:0/96, as inet_ntop(3) writes them.
void Appender::ipv6(const std::uint8_t* address) {
  unsigned groups[8];
  for (unsigned i = 0; i < 8; ++i) groups[i] = load_be16(address + 2 * i);
  unsigned best = 8;
  unsigned best_count = 1;
  for (unsigned i = 0; i < 8;) {
    unsigned count = 0;
    while (i + count < 8 && groups[i + count] == 0) ++count;
    if (count > best_count) {
      best = i;
      best_count = count;
    }
    i += count + 1;
  }
  char* p = room(48);
  for (unsigned i = 0; i < 8; ++i) {
    if (best < 8 && i >= best && i < best + best_count) {
      if (i == best) *p++ = ':';
      continue;
    }
    if (i != 0) *p++ = ':';
    if (i == 6 && best == 0 && (best_count == 6 || (best_count == 5 && groups[5] == 0xffff))) {
      end_ = p;
      ipv4(address + 12);
      return;
    }
    p = hex16(p, groups[i]);
  }
  if (best < 8 && best + best_count == 8) *p++ = ':';
  end_ = p;
}

void Appender::separated_hex(const std::uint8_t* bytes, std::size_t count, char separator) {
  char* p = room(3 * count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) *p++ = separator;
    *p++ = kHexDigits[bytes[i] >> 4];
    *p++ = kHexDigits[bytes[i] & 15];
  }
  end_ = p;
}

void Appender::escaped(std::uint8_t byte) {
  char* p = room(4);
  if (byte >= 0x80) {
    *p++ = 'M';
    *p++ = '-';
    byte &= 0x7f;
  }
  if (byte < 0x20 || byte == 0x7f) {
    *p++ = '^';
    byte ^= 0x40;
  }
  *p++ = static_cast<char>(byte);
  end_ = p;
}

char* Appender::write(char* p, Named number) {
  return write(write(write(write(p, number.name), " ("), number.value), ')');
}

char* Appender::write(char* p, NamedHex number) {
  return write(write(write(write(p, number.name), " (0x"), Hex{number.value, number.width}), ')');
}

}  // namespace ringtap
