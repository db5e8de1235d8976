// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What every printer stands on: the appender lets nothing through, the cursor reads nothing that is not there, the
// state of TCP conversations survives its own limits.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "base/md5.hpp"
#include "dissect/appender.hpp"
#include "dissect/checksum.hpp"
#include "dissect/cursor.hpp"

namespace ringtap {
namespace {

std::vector<std::uint8_t> every_byte() {
  std::vector<std::uint8_t> bytes(256);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

bool is_harmless(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

// RFC 1321 A.5.
TEST(Md5, GivesTheDigestsOfTheRfc) {
  const auto digest = [](std::string_view text, std::size_t piece) {
    Md5 md5;
    while (!text.empty()) {
      const std::string_view part = text.substr(0, piece);
      md5.update({reinterpret_cast<const std::uint8_t*>(part.data()), part.size()});
      text.remove_prefix(part.size());
    }
    std::string hex;
    for (const std::uint8_t byte : md5.finish()) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      hex += {kDigits[byte >> 4], kDigits[byte & 0xf]};
    }
    return hex;
  };
  for (const std::size_t piece : {1U, 7U, 64U, 1000U}) {
    EXPECT_EQ(digest("", piece), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(digest("abc", piece), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(digest("abcdefghijklmnopqrstuvwxyz", piece), "c3fcd3d76192e4007dfb496cca67e13b");
    EXPECT_EQ(digest("12345678901234567890123456789012345678901234567890123456789012345678901234567890", piece),
              "57edf4a22be3c955ac49da2e2107b67a");
  }
}

TEST(Appender, LetsNoControlByteThroughItsEscapes) {
  Appender out(16);
  out.escaped(every_byte());
  EXPECT_TRUE(is_harmless(out.text())) << out.text();
  out.clear();
  for (const std::uint8_t byte : every_byte()) out.printable(byte);
  EXPECT_TRUE(is_harmless(out.text())) << out.text();
  EXPECT_EQ(out.size(), 256u);
}

TEST(Appender, EscapesAsTcpdumpDoes) {
  Appender out;
  out.escaped(std::vector<std::uint8_t>{0x00, 0x1b, 'a', 0x7f, 0x80, 0x9b, 0xe4, 0xff});
  EXPECT_EQ(out.text(), "^@^[a^?M-^@M-^[M-dM-^?");
}

TEST(Appender, WritesNumbersInEveryForm) {
  Appender out;
  out.put(0u, ' ', std::uint8_t{255}, ' ', 4294967295u, ' ', std::uint64_t{18446744073709551615u}, ' ', Signed{-5}, ' ',
          Hex{0xbeef}, ' ', Hex{7, 4}, ' ', Padded{42, 5, ' '}, ' ', Padded{3, 2}, Repeat{'-', 3});
  EXPECT_EQ(out.text(), "0 255 4294967295 18446744073709551615 -5 beef 0007    42 03---");
}

TEST(Appender, PadsANumberAndLeavesAWiderOneWhole) {
  Appender out;
  out.put(Padded{0, 3}, ' ', Padded{99, 2}, ' ', Padded{100, 2}, ' ', Padded{18446744073709551615u, 2}, ' ',
          Padded{18446744073709551615u, 21}, ' ', Padded{0, 2, ' '});
  EXPECT_EQ(out.text(), "000 99 100 18446744073709551615 018446744073709551615  0");
}

TEST(Appender, KeepsItsTextWhileItGrows) {
  Appender out(64);
  std::string expected;
  for (unsigned i = 0; i < 5000; ++i) {
    out.put(i, ',');
    expected += std::to_string(i) + ",";
  }
  EXPECT_EQ(out.text(), expected);
  out.cut(3);
  EXPECT_EQ(out.text(), "0,1");
}

TEST(Appender, WritesIpv6AddressesInTheirShortForm) {
  struct Case {
    std::array<std::uint8_t, 16> address;
    std::string_view text;
  };
  const Case cases[] = {
      {{}, "::"},
      {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, "::1"},
      {{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "fe80::"},
      {{0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}, "2001:db8:0:1::1"},
      {{0x20, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1}, "2001::1:0:0:1:1"},
      {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}, "::ffff:192.0.2.1"},
      {{0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}, "1:2:3:4:5:6:7:8"},
  };
  for (const Case& c : cases) {
    Appender out;
    out.ipv6(c.address.data());
    EXPECT_EQ(out.text(), c.text);
  }
}

TEST(Cursor, ReadsZerosAndMarksWhatWasNotCaptured) {
  Appender out;
  Truncation truncation{out};
  const std::array<std::uint8_t, 3> bytes = {1, 2, 3};
  Cursor cursor(bytes, 20, truncation);
  EXPECT_EQ(cursor.be16(0), 0x0102);
  EXPECT_FALSE(truncation.hit);
  truncation.protocol = "tcp";
  out.put("text");
  EXPECT_EQ(cursor.be32(0), 0u);
  EXPECT_TRUE(truncation.hit);
  EXPECT_EQ(truncation.at, 4u);
  out.put("more");
  truncation.protocol = "udp";
  EXPECT_EQ(cursor.u8(100), 0u);
  EXPECT_EQ(truncation.at, 4u) << "the first place counts";
  EXPECT_EQ(truncation.hit_protocol, "tcp");
}

TEST(Cursor, NeverLeavesThePacketWhateverItIsAsked) {
  Appender out;
  Truncation truncation{out};
  const std::vector<std::uint8_t> bytes = every_byte();
  const Cursor cursor(bytes, 256, truncation);
  for (const std::size_t offset : {std::size_t{0}, std::size_t{255}, std::size_t{256}, std::size_t{100000}}) {
    EXPECT_LE(cursor.from(offset).captured(), 256u);
    EXPECT_LE(cursor.span(offset, 1000).size(), 256u);
    EXPECT_LE(cursor.first(offset).captured(), 256u);
  }
  EXPECT_EQ(cursor.from(300).length(), 0u);
  EXPECT_EQ(cursor.first(10).length(), 10u);
  EXPECT_EQ(cursor.with_length(1000).captured(), 256u);
}

TEST(Cursor, EmptiesWhenASequentialReadFails) {
  Appender out;
  Truncation truncation{out};
  const std::array<std::uint8_t, 5> bytes = {1, 2, 3, 4, 5};
  Cursor cursor(bytes, 5, truncation);
  EXPECT_EQ(cursor.take_be32(), 0x01020304u);
  EXPECT_EQ(cursor.take_be16(), 0u);
  EXPECT_EQ(cursor.captured(), 0u);
  EXPECT_EQ(cursor.length(), 0u);
}

TEST(Checksum, AgreesWithTheExampleOfRfc1071) {
  const std::array<std::uint8_t, 8> bytes = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(internet_checksum(bytes), static_cast<std::uint16_t>(~0xddf2));
}

TEST(Checksum, AgreesWithTheSimpleSumAtEveryLength) {
  const std::vector<std::uint8_t> bytes = every_byte();
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    EXPECT_EQ(internet_checksum({bytes.data(), size}), static_cast<std::uint16_t>(~sum)) << size;
  }
}

}  // namespace
}  // namespace ringtap
