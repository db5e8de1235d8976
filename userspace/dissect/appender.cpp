// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dissect/appender.hpp"

#include <algorithm>
#include <charconv>

namespace ringtap {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

// "0".."255" with their lengths: addresses are most of what is printed.
struct ByteText {
  char text[3];
  std::uint8_t size;
};
constexpr std::array<ByteText, 256> make_byte_texts() {
  std::array<ByteText, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    ByteText& entry = table[i];
    unsigned n = 0;
    if (i >= 100) entry.text[n++] = static_cast<char>('0' + i / 100);
    if (i >= 10) entry.text[n++] = static_cast<char>('0' + i / 10 % 10);
    entry.text[n++] = static_cast<char>('0' + i % 10);
    entry.size = static_cast<std::uint8_t>(n);
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

// Writes a byte's decimal form; may touch one byte beyond it (room is asked for accordingly).
inline char* byte_decimal(char* p, std::uint8_t byte) {
  const ByteText& entry = kByteTexts[byte];
  std::memcpy(p, entry.text, sizeof entry.text);
  return p + entry.size;
}

inline char* hex16(char* p, unsigned value) {
  bool started = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned digit = value >> shift & 15;
    if (digit != 0 || started || shift == 0) {
      *p++ = kHexDigits[digit];
      started = true;
    }
  }
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

void Appender::decimal(std::uint32_t value) {
  char digits[10];
  char* p = digits + sizeof digits;
  while (value >= 100) {
    p -= 2;
    std::memcpy(p, &kDigitPairs[value % 100 * 2], 2);
    value /= 100;
  }
  if (value >= 10) {
    p -= 2;
    std::memcpy(p, &kDigitPairs[value * 2], 2);
  } else {
    *--p = static_cast<char>('0' + value);
  }
  const auto count = static_cast<std::size_t>(digits + sizeof digits - p);
  std::memcpy(room(sizeof digits), p, count);
  end_ += count;
}

void Appender::decimal64(std::uint64_t value) {
  char* p = room(20);
  end_ = std::to_chars(p, p + 20, value).ptr;
}

void Appender::one(Signed number) {
  char* p = room(20);
  end_ = std::to_chars(p, p + 20, number.value).ptr;
}

void Appender::one(Hex number) {
  char digits[16];
  char* p = digits + sizeof digits;
  do {
    *--p = kHexDigits[number.value & 15];
    number.value >>= 4;
  } while (number.value != 0);
  const auto count = static_cast<std::size_t>(digits + sizeof digits - p);
  if (number.width > count) one(Repeat{'0', number.width - count});
  one(std::string_view(p, count));
}

void Appender::one(Padded number) {
  char digits[20];
  const char* end = std::to_chars(digits, digits + sizeof digits, number.value).ptr;
  const auto count = static_cast<std::size_t>(end - digits);
  if (number.width > count) one(Repeat{number.fill, number.width - count});
  one(std::string_view(digits, count));
}

void Appender::ipv4(const std::uint8_t* address) {
  char* p = room(17);
  p = byte_decimal(p, address[0]);
  *p++ = '.';
  p = byte_decimal(p, address[1]);
  *p++ = '.';
  p = byte_decimal(p, address[2]);
  *p++ = '.';
  end_ = byte_decimal(p, address[3]);
}

// RFC 5952 in spirit: the longest run of two or more zero groups is "::", the first of equals; the last four bytes are
// dotted after ::/96 and ::ffff:0:0/96, as inet_ntop(3) writes them.
void Appender::ipv6(const std::uint8_t* address) {
  unsigned groups[8];
  for (unsigned i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(address[2 * i] << 8 | address[2 * i + 1]);
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

}  // namespace ringtap
