// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of wireless frames, and of what cards say about them, against the installed tcpdump: each packet whole, cut
// at every length and damaged.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/compared_printing.hpp"
#include "support/compared_tcpdump.hpp"
#include "support/packet.hpp"

namespace ringtap {
namespace {

using testing::Bytes;
using testing::bytes_of;
using testing::Cut;
using testing::cut_at_every_length;
using testing::damaged;
using testing::expect_harmless;
using testing::expect_printed_as_tcpdump_does;
using testing::first_difference;
using testing::printed;
using testing::printed_by_tcpdump;
using testing::PrintedFamily;

constexpr LinkType kWifi{105};
constexpr LinkType kPrism{119};
constexpr LinkType kRadiotap{127};
constexpr LinkType kAvs{163};
constexpr LinkType kPpi{192};

constexpr std::string_view kHex = "0123456789abcdef";
const std::string kAddresses = "020000000001 020000000002 020000000003 1000";
const std::string kArp = "aaaa03 000000 0806 0001 0800 06 04 0001 020000000002 0a000001 000000000000 0a000002";
const std::string kAcknowledgment = "d400 0a00 020000000001";
const std::string kBeaconHead = "8000 0a00" + kAddresses + "0102030405060708 6400 ";

// A frame with this type in its first byte.
std::string frame(unsigned first, std::string_view flags, const std::string& body) {
  return std::string{kHex[first >> 4 & 0xf], kHex[first & 0xf]} + std::string(flags) + "2301" + kAddresses + body;
}

std::vector<Bytes> of_all_types(std::string_view flags, const std::string& body) {
  std::vector<Bytes> frames;
  for (unsigned first = 0; first < 0x100; first += 4) frames.push_back(bytes_of(frame(first, flags, body)));
  return frames;
}

// A header with these words, and the acknowledgment that it is about.
Bytes radiotap(std::string_view words, std::string_view fields) {
  const Bytes rest = bytes_of(std::string(words) + std::string(fields));
  Bytes header = bytes_of("0000");
  header.push_back(std::byte(rest.size() + 4));
  header.push_back(std::byte{0});
  header.insert(header.end(), rest.begin(), rest.end());
  const Bytes frame = bytes_of(kAcknowledgment);
  header.insert(header.end(), frame.begin(), frame.end());
  return header;
}

std::vector<PrintedFamily> families() {
  return {
      {"types", of_all_types("00", "0102030405060708 090a0b0c0d0e0f10 1112131415161718"), "-e -vvv", kWifi},
      {"protected", of_all_types("41", "0102030405060708 1112"), "-e -v", kWifi},
      {"flags and addresses",
       {bytes_of(frame(0x08, "01", kArp)), bytes_of(frame(0x08, "02", kArp)), bytes_of(frame(0x08, "bc", kArp)),
        bytes_of(frame(0x08, "03", "020000000004" + kArp)), bytes_of(frame(0x88, "01", "0700" + kArp)),
        bytes_of(frame(0x08, "01", "aaaa03 000000 1234 6162")), bytes_of(frame(0x08, "02", "4242 03 6162"))},
       "-e -v",
       kWifi},
      {"mesh",
       {bytes_of(frame(0x88, "01", "0001 00 1f 09000000" + kArp)),
        bytes_of(frame(0x88, "02", "0001 01 1f 09000000 020000000005" + kArp)),
        bytes_of(frame(0x88, "02", "0001 03 1f 09000000 020000000005 020000000006 020000000007" + kArp)),
        bytes_of(frame(0x88, "02", "0001" + kArp))},
       "-e -H",
       kWifi},
      {"elements",
       {bytes_of(kBeaconHead + "1100 0003616263 0104 82840b16 030106 05040001 0000 dd03506f9a"),
        bytes_of(kBeaconHead + "0200 0000 01021e1f 0303 010203 030109"),
        bytes_of(kBeaconHead + "0100 0004 61006222 01ff 02"), bytes_of(kBeaconHead + "0100 0003616263 030107 07"),
        bytes_of(frame(0x50, "00", "0102030405060708 6400 1100 0003616263 010182 030106")),
        bytes_of(frame(0x40, "00", "0003616263 01080c1218243048606c")),
        bytes_of(frame(0x00, "00", "1100 0a00 0003616263 010182")),
        bytes_of(frame(0x10, "00", "1100 1200 05c0 010182")), bytes_of(frame(0x30, "00", "0100 ff00 05c0 010182")),
        bytes_of(frame(0x20, "00", "1100 0a00 020000000009 0003616263 010182"))},
       "-e",
       kWifi},
      {"beginnings and ends",
       {bytes_of(frame(0xb0, "00", "0000 0100 0000")), bytes_of(frame(0xb0, "00", "0100 0200 0000 1004 deadbeef")),
        bytes_of(frame(0xb0, "00", "0100 0300 0f00 1004 deadbeef")), bytes_of(frame(0xb0, "00", "0700 0500 ff00")),
        bytes_of(frame(0xc0, "00", "0300")), bytes_of(frame(0xa0, "00", "4200")), bytes_of(frame(0xa0, "00", "4300")),
        bytes_of(frame(0xd0, "00", "0301 00")), bytes_of(frame(0xd0, "00", "0d02")),
        bytes_of(frame(0xd0, "00", "0509"))},
       "-e",
       kWifi},
      {"radiotap's fields",
       {radiotap("6f080000", "0102030405060708 40 02 6c09a000 e8 a2 01"),
        radiotap("90570000", "0305 0600 0700 08 fd 05 0600"), radiotap("0c000800", "8c000000 3a124001 07 04 07"),
        radiotap("00000800", "37 55 4c"), radiotap("00000400", "40010100 3a12 24 03"),
        radiotap("00003000", "0102030405060708 4400 04 04 11 22 00 3f 05 00 0000"), radiotap("00800000", "0000"),
        radiotap("02000000", "20"), radiotap("ff3f0000", std::string(48, '0'))},
       "-e",
       kRadiotap},
      {"radiotap's words",
       {radiotap("00080080 00080000", "0506"), radiotap("000800a0 00080000", "0506"),
        radiotap("000800c0 050000a0 00080000", "0500 aabbcc010400 61626364 07"),
        radiotap("000800c0 05000000", "0500 aabbcc014400 61626364"), radiotap("00080040", "0506"),
        bytes_of("0000 0800 00080080" + kAcknowledgment), bytes_of("0000 0700 00000000" + kAcknowledgment)},
       "-v",
       kRadiotap},
      {"check sequence and padding",
       {bytes_of("0000 0900 02000000 10" + kAcknowledgment + "61626364"),
        bytes_of("0000 0900 02000000 30" + frame(0x88, "01", "0700 0000" + kArp) + "61626364"),
        bytes_of("0000 0900 02000000 50 d400")},
       "-x",
       kRadiotap},
      {"prism",
       {bytes_of(std::string(288, '0') + kAcknowledgment),
        bytes_of("80211001 00000040" + std::string(112, '0') + kAcknowledgment)},
       "-x",
       kPrism},
      {"avs",
       {bytes_of("80211001 00000040" + std::string(112, '0') + kAcknowledgment),
        bytes_of("80211001 00000007" + std::string(112, '0')), bytes_of("80211001 00000008" + kAcknowledgment)},
       "-e",
       kAvs},
      {"ppi",
       {bytes_of("0000 0800 69000000" + kAcknowledgment),
        bytes_of("0000 0a00 01000000 6162 020000000001 020000000002 0806" + kArp.substr(20)),
        bytes_of("0000 0800 e7030000 6162636465"), bytes_of("0000 0700 69000000" + kAcknowledgment),
        bytes_of("0000 0800 c0000000 0000 0800 69000000" + kAcknowledgment)},
       "-e",
       kPpi},
  };
}

TEST(WirelessPrinters, PrintPacketsCutAtEveryLengthAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  for (const PrintedFamily& family : families()) {
    const std::vector<Cut> cuts = cut_at_every_length(family.packets);
    expect_printed_as_tcpdump_does(family, cuts, {"", "-x", family.options});
  }
}

TEST(WirelessPrinters, PrintDamagedPacketsAsTcpdumpDoesAndAsHarmlessText) {
  REQUIRE_COMPARED_TCPDUMP();
  for (const PrintedFamily& family : families()) {
    const std::vector<Cut> cuts = damaged(family, 0, 300);
    const std::string text = printed(cuts, "-e -v", family.link);
    if (family.link != kPpi) {  // of which tcpdump names types that nothing prints
      EXPECT_EQ(first_difference(text, printed_by_tcpdump(cuts, "-e -v", family.link)), "") << family.name;
    }
    expect_harmless(text, family.name);
  }
}

}  // namespace
}  // namespace ringtap
