// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of link types that are older, of other systems or of other buses than Ethernet: against the installed
// tcpdump, each packet whole, cut at every length and with damaged headers. Those that tcpdump does not have by their
// own text.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
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
using testing::expect_harmless;
using testing::expect_printed_as_tcpdump_does;
using testing::first_difference;
using testing::printed;
using testing::printed_by_tcpdump;
using testing::PrintedFamily;

constexpr LinkType kCan{227};
constexpr LinkType kNetlink{253};
constexpr LinkType kBluetooth{201};

const std::string kIp = "4500001c 00010000 401166ce 0a000001 0a000002 03e8 07d0 0008 0000";
const std::string kIp6 =
    "60000000 0008 1140 fe800000000000000000000000000001 fe800000000000000000000000000002 03e8 07d0 0008 0000";
const std::string kTcp = "45000028 00010000 400666c3 0a000001 0a000002 03e8 07d0 00000001 00000000 5010 ffff 0000 0000";
const std::string kArp = "0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002";
const std::string kStations = "020000000001 020000000002";
const std::string kServicesCookie = "4701020304";
const std::string kSnap = "aaaa03 000000 0806";

std::string zeros(std::size_t bytes) {
  return std::string(2 * bytes, '0');
}

std::string letters(std::size_t count) {
  std::string hex;
  while (count-- > 0) hex += "61";
  return hex;
}

std::string pflog(std::string_view length_family_action_reason, std::string_view names, std::string_view rule,
                  std::string_view direction) {
  return std::string(length_family_action_reason) + "656d30" + zeros(13) + std::string(names) + std::string(rule) +
         zeros(16) + std::string(direction) + "000000";
}

// In the byte order of the capturing host: size of the header, kind of record, link type.
std::string pktap(std::string_view head) {
  return std::string(head) + "656e30" + zeros(21) + "01000000 02000000 0e000000 00000000 4d000000 6375726c" +
         zeros(16) + "00000000 0600 0000 58000000 7368" + zeros(18);
}

struct HeaderFamily {
  PrintedFamily printed;
  std::size_t header;  // how many bytes at the beginning are damaged
};

std::vector<HeaderFamily> families() {
  const std::string slip(30, '0');
  const std::string anchor = "616263" + zeros(13);
  const std::string nameless = zeros(16);
  const std::string ipnet = "0001 00000002 00000003 00000004 00000005 00000006";
  const std::string routed = "1040 020000000001 820000000002";
  return {
      {{"slip",
        {bytes_of("00" + slip + kIp), bytes_of("0140" + zeros(14) + kIp), bytes_of("0045" + zeros(14) + kIp6),
         bytes_of("0470 aaaaaaaaaaaaaaaa07" + zeros(5) + kIp6), bytes_of("0170 aaaaaaaaaaaaaaaa07" + zeros(5) + kIp),
         bytes_of("00c4 07 0055 000102" + zeros(8) + kIp),
         bytes_of("0170 aaaaaaaaaaaaaaaa07" + zeros(5) + kTcp + "6162"),
         bytes_of("0182 0055 00fff0" + zeros(9) + kTcp + "616263"), bytes_of("018f 0055" + zeros(12) + kTcp + "6162"),
         bytes_of("01eb 09 0055 05" + zeros(10) + kTcp), bytes_of("00af 0055 0102" + zeros(10) + kTcp + "61"),
         bytes_of("008b 0055" + zeros(12) + kTcp)},
        "-e",
        LinkType{8}},
       16},
      {{"slip of BSD/OS", {bytes_of("00" + slip + kIp), bytes_of("00" + slip + kIp6)}, "-e", LinkType{15}}, 16},
      {{"pflog",
        {bytes_of(pflog("3d020000", nameless, "00000005 ffffffff", "01") + kIp),
         bytes_of(pflog("3d020102", anchor, "00000005 00000007", "02") + kIp),
         bytes_of(pflog("3d18020e", nameless, "00000005 ffffffff", "00") + kIp6),
         bytes_of(pflog("3d63080f", nameless, "00000005 00000001", "03") + kIp)},
        "-e",
        LinkType{117}},
       4},
      {{"enc",
        {bytes_of("02000000 00001234 00000000" + kIp), bytes_of("02000000 00001234 00040000" + kIp),
         bytes_of("02000000 00001234 000c0000" + kIp), bytes_of("18000000 00001234 00080000" + kIp6),
         bytes_of("00000002 00001234 00000c00" + kIp), bytes_of("63000000 00001234 00180000" + kIp)},
        "-v",
        LinkType{109}},
       12},
      {{"pktap",
        {bytes_of(pktap("6c000000 01000000 01000000") + kStations + "0806" + kArp),
         bytes_of(pktap("6c000000 00000000 01000000") + kStations + "0806" + kArp),
         bytes_of(pktap("6c000000 01000000 0c000000") + kIp),
         bytes_of(pktap("70000000 01000000 0c000000") + "61626364" + kIp),
         bytes_of(pktap("6b000000 01000000 0c000000") + kIp), bytes_of(pktap("ff000000 01000000 0c000000") + kIp),
         bytes_of(pktap("6c000000 01000000 e7030000") + kIp)},
        "-e",
        LinkType{258}},
       8},
      {{"ipnet",
        {bytes_of("0102" + ipnet + kIp), bytes_of("011a" + ipnet + kIp6), bytes_of("0205" + ipnet + kIp)},
        "-e",
        LinkType{226}},
       24},
      {{"fddi",
        {bytes_of("50" + kStations + kSnap + kArp), bytes_of("4f" + kStations + "6162"),
         bytes_of("c1" + kStations + "61"), bytes_of("b5" + kStations + "61"),
         bytes_of("57" + kStations + "4242 03 6162")},
        "-e",
        LinkType{10}},
       13},
      {{"token ring",
        {bytes_of("1040" + kStations + kSnap + kArp), bytes_of("1000" + kStations + "6162"),
         bytes_of(routed + "0630 0011 0022" + kSnap + kArp), bytes_of(routed + "8260" + kSnap + kArp),
         bytes_of(routed + "c2f0" + kSnap + kArp), bytes_of(routed + "05d0 0001" + kArp)},
        "-e -v",
        LinkType{6}},
       16},
      {{"arcnet",
        {bytes_of("0102 d5 00 0001" + kArp), bytes_of("0100 f0" + kIp), bytes_of("0102 d4 05 0001" + kIp),
         bytes_of("0102 d4 02 0001" + kIp), bytes_of("0102 d5 ff 000000 00 0001" + kArp),
         bytes_of("0102 99 00 0001 6162")},
        "-e",
        LinkType{7}},
       2},
      {{"arcnet of Linux",
        {bytes_of("0102 0000 d5 00 0001" + kArp), bytes_of("0102 0000 f0" + kIp)},
        "-e",
        LinkType{129}},
       4},
      {{"IEEE 1394",
        {bytes_of("0102030405060708 1112131415161718 0806" + kArp),
         bytes_of("ffffffffffffffff 1112131415161718 1234 6162")},
        "-e",
        LinkType{138}},
       16},
      {{"netanalyzer", {bytes_of("00000000" + kStations + "0806" + kArp)}, "-e", LinkType{240}}, 16},
      {{"netanalyzer with preamble",
        {bytes_of("00000000 55555555555555d5" + kStations + "0806" + kArp)},
        "-e",
        LinkType{241}},
       24},
      {{"mfr",
        {bytes_of("c001 184103cc" + kIp), bytes_of("8001 184103cc" + kIp), bytes_of("4001 184103cc" + kIp),
         bytes_of("e001 184103cc" + kIp),
         bytes_of("e10001 0105616263 02026c 0306 01020304 0403 08 0506 00000007 0703 61 0903 7a"),
         bytes_of("e10001 0136" + letters(52) + "0235" + letters(50) + "00"), bytes_of("e10002 0303 01 0003 61")},
        "-vv",
        LinkType{182}},
       4},
      {{"arista",
        {bytes_of(kStations + "d28b 0001 0010 5ceeed57 384f59c8 0806" + kArp),
         bytes_of(kStations + "d28b 0001 0121 1234 fc4f59c8 8100 0005 0806" + kArp),
         bytes_of(kStations + "d28b 0001 0122 1234 384f59c8 0024" + kSnap + kArp),
         bytes_of(kStations + "d28b 0001 0010 5ceeed57 384f59c8 1234 6162"),
         bytes_of(kStations + "d28b 0001 0030 5ceeed57"), bytes_of(kStations + "d28b 0002 0010 5ceeed57")},
        "-e",
        LinkType::kEthernet},
       12},
      {{"load balancing",
        {bytes_of(kStations + "886f bf01dec0 06020000 02000000 c0a86450 c0a86452 0100")},
        "-e",
        LinkType::kEthernet},
       12},
      {{"juniper",
        {bytes_of("4d474380 0010 0301060101 0e0102 8a000404 4b010000" + kStations + "0800" + kIp),
         bytes_of("4d474301" + kStations + "0800" + kIp), bytes_of("4d474302 00000000" + kIp),
         bytes_of("4d474380 0006 02040102 0304" + kStations + "0800" + kIp),
         bytes_of("4d474380 0009 80020102 8103010203" + kStations + "0800" + kIp),
         bytes_of("4d474382 0003 010401 00000000" + kIp6)},
        "-vv",
        LinkType{178}},
       16},
      {{"juniper frame relay", {bytes_of("4d474381 0003 060111 180103cc" + kIp)}, "-e", LinkType{180}}, 9},
      {{"juniper hdlc", {bytes_of("4d474300 0f000800" + kIp)}, "-e", LinkType{181}}, 4},
      {{"802.15.4",
        {bytes_of("418801 1111 2222 3333 6162 2e29"),
         bytes_of("01cc01 1111 2222222222222222 4444 3333333333333333 6162"),
         bytes_of("098001 1111 2222 1d 01020304 0102030405060708 09 6162636465666768"),
         bytes_of("09a001 1111 2222 36 0102030409" + letters(12)),
         bytes_of("000801 1111 2222 ffcf 82 05 123a35 7f8e9b 21 1234 0102030405060708 1112131415161718 61"),
         bytes_of("01aa01 1111 2222 3333 4444 820e7a7a 003f 02887171 00f8 616263"), bytes_of("a5 01 1111 2222 6162"),
         bytes_of("bd83 01 1111 2222222222222222 3333 820e7a7a 0001"), bytes_of("030801 1111 2222 01 ff"),
         bytes_of("030801 1111 2222 02 123403"), bytes_of("030801 1111 2222 03 02"),
         bytes_of("030801 1111 2222 08 1234 5678 0b 9abc 83"), bytes_of("030801 1111 2222 09 35"),
         bytes_of("030801 1111 2222 24 6162"), bytes_of("0420")},
        "-vvv",
        LinkType{195}},
       9},
      {{"802.15.4 after its receiver's header",
        {bytes_of("0000 0c00 0000 0100 01000000 418801 1111 2222 3333 6162"), bytes_of("0000 0400 0420")},
        "-v",
        LinkType{283}},
       4},
      {{"PPPoE",
        {bytes_of("1100 0001 001e 0021" + kIp), bytes_of("1109 0000 000c 0101 0000 0103 0004 61626364"),
         bytes_of("1100 0001 0007 ff03 c021 01 01 0004")},
        "-e",
        LinkType{51}},
       6},
      {{"ppp of Linux and of a serial line",
        {bytes_of("0003 0021" + kIp), bytes_of("0103 c021 0101 0004"),
         bytes_of("7e ff7d23 c021 7d21 7d21 7d20 7d24 7e"), bytes_of("7e 21" + kIp), bytes_of("7e 7e21" + kIp),
         bytes_of("7e 57 60000000 0000 3b 40" + zeros(32)), bytes_of("ff03 002b ffff 001e 00 11" + zeros(24))},
        "-v",
        LinkType{166}},
       6},
      {{"fibre channel",
        {bytes_of("1000" + kStations.substr(0, 12) + "1000" + kStations.substr(13) + kSnap + kArp),
         bytes_of(zeros(16) + "424203 6162")},
        "-e",
        LinkType{122}},
       19},
      {{"symantec", {bytes_of(zeros(6) + "0800" + zeros(36) + kIp), bytes_of(zeros(44) + "61")}, "-e", LinkType{99}},
       8},
      {{"q.933 and fragments of frame relay",
        {bytes_of("00010308 00 75 95 010100 0302 0102"),
         bytes_of("00010308 00 7d 95 0703 048388 0703 04838a 0704 04030488 0705 0403038488"),
         bytes_of("00010308 02 1234 05 0404 01020304 7001 81"),
         bytes_of("00010308 00 75 5101 00 5302 0102 91 0301 61 9b 0301 61 0001 00"), bytes_of("000103b1 c112 6162")},
        "-v",
        LinkType::kFrameRelay},
       10},
      {{"atm",
        {bytes_of(kSnap + kArp), bytes_of("03cc" + kIp), bytes_of(letters(20) + "424203 6162")},
        "-e",
        LinkType{100}},
       8},
      {{"atm of Linux", {bytes_of(kSnap + kArp), bytes_of(kIp)}, "-e", LinkType{106}}, 7},
      {{"atm of Sun",
        {bytes_of("02000064" + kSnap + kArp), bytes_of("01000064 0005" + kStations + "0800" + kIp),
         bytes_of("82000010 301d 020100 0406 7075626c6963 a010 020101 020100 020100 3005 3003 0601 2b"),
         bytes_of("01000064 ff00 0101 0106"), bytes_of("06000005 0903 010203 5a"), bytes_of("06000005 01"),
         bytes_of("02000003 00 12345678 00 18 01 02030405" + letters(40) + "6161"),
         bytes_of("02000004 00 1234567a 00 10 01" + letters(44) + "6161"), bytes_of("02000001"),
         bytes_of("02000003 00 00000008 80" + zeros(45) + "0000")},
        "-e -v",
        LinkType{123}},
       9},
      {{"juniper multilink ppp",
        {bytes_of("4d474300 4001 0021" + kIp), bytes_of("4d474301" + kServicesCookie + "10 0607" + kIp6),
         bytes_of("4d474300 5401 2345 c021 0101 0004"), bytes_of("4d474302 00000000" + kIp)},
        "-e",
        LinkType{130}},
       12},
      {{"juniper multilink frame relay",
        {bytes_of("4d474300 4001 03cc" + kIp), bytes_of("4d474300 4001 0308 007d 95 010100"),
         bytes_of("4d474300" + kServicesCookie + "00 0607" + kIp)},
        "-e",
        LinkType{131}},
       12},
      {{"juniper ipsec",
        {bytes_of("4d474300 0005 07 03 00000009 0a000001 0a000002" + kIp), bytes_of("4d474300 0005 07 01" + kIp + kIp),
         bytes_of("4d474300 5401 0005 07 09 00000009 0a000001 0a000002")},
        "-e",
        LinkType{132}},
       10},
      {{"juniper ggsn",
        {bytes_of("4d474300 0001020304050607" + kIp), bytes_of("4d474300 0001090304050607" + kIp),
         bytes_of("4d474300 54" + zeros(12))},
        "-e",
        LinkType{133}},
       12},
      {{"juniper frf.16",
        {bytes_of("4d474300 40010203 03cc" + kIp), bytes_of("4d474300 40010203 fefe" + kIp),
         bytes_of("4d474300" + kServicesCookie + "30 0607 cc" + kIp), bytes_of("4d474300 c001 1841 03cc" + kIp)},
        "-e",
        LinkType{134}},
       12},
      {{"juniper atm 2",
        {bytes_of("4d474300 0001023f04050607" + kStations + "0800" + kIp),
         bytes_of("4d474300 0000000000000010 00000000 12345678 10" + letters(47)),
         bytes_of("4d474300 0000000000000020 12345678 18" + letters(47)),
         bytes_of("4d474300" + zeros(8) + "0021" + kIp), bytes_of("4d474301" + zeros(8) + kSnap + kArp),
         bytes_of("4d474301" + zeros(8) + "03cc" + kIp)},
        "-e",
        LinkType{135}},
       16},
      {{"juniper services", {bytes_of("4d474300 0001020304050607" + kIp)}, "-e", LinkType{136}}, 12},
      {{"juniper atm 1",
        {bytes_of("4d474300 80010203 00010203 18" + letters(47)), bytes_of("4d474300 00010203" + kSnap + kArp),
         bytes_of("4d474300 00010203 03cc" + kIp), bytes_of("4d474300 00010203" + kIp6)},
        "-e",
        LinkType{137}},
       12},
      {{"juniper monitor", {bytes_of("4d474300 0001020304050607" + kIp)}, "-e", LinkType{164}}, 12},
      {{"juniper PPPoE",
        {bytes_of("4d474300" + kStations + "0800" + kIp), bytes_of("4d474300 5401" + kStations + "0806" + kArp)},
        "-e",
        LinkType{167}},
       10},
      {{"juniper PPPoE over atm",
        {bytes_of("4d474300 0800" + kIp), bytes_of("4d474300 8864 1100 0001 001e 0021" + kIp)},
        "-e",
        LinkType{168}},
       10},
      {{"bluetooth", {bytes_of("00000000 01030c00"), bytes_of("00000001 040e0401030c00")}, "-e", kBluetooth}, 7},
  };
}

// The same damage in every run.
std::vector<Cut> with_damaged_headers(const HeaderFamily& family, unsigned count) {
  std::mt19937 random(1);
  std::vector<Cut> cuts;
  for (unsigned i = 0; i < count; ++i) {
    Bytes bytes = family.printed.packets[random() % family.printed.packets.size()];
    for (auto j = random() % 3 + 1; j-- > 0;) bytes[random() % family.header] = static_cast<std::byte>(random());
    cuts.push_back({bytes, static_cast<std::uint32_t>(bytes.size())});
  }
  return cuts;
}

TEST(LinkPrinters, PrintPacketsCutAtEveryLengthAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  for (const auto& [family, header] : families()) {
    const std::vector<Cut> cuts = cut_at_every_length(family.packets);
    expect_printed_as_tcpdump_does(family, cuts, {"", "-q -e", family.options});
    if (family.name == "pktap") continue;  // whose dump begins elsewhere for a type cut within
    EXPECT_EQ(first_difference(printed(cuts, "-x", family.link), printed_by_tcpdump(cuts, "-x", family.link)), "")
        << family.name;
  }
}

TEST(LinkPrinters, PrintPacketsWithDamagedHeadersAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  for (const HeaderFamily& family : families()) {
    const std::vector<Cut> cuts = with_damaged_headers(family, 300);
    const std::string text = printed(cuts, "-e -v", family.printed.link);
    EXPECT_EQ(first_difference(text, printed_by_tcpdump(cuts, "-e -v", family.printed.link)), "")
        << family.printed.name;
    expect_harmless(text, family.printed.name);
  }
}

// It has one address at most.
TEST(LinkPrinters, PrintLlcAfterACookedHeaderAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  for (const auto& [link, header] :
       {std::pair(LinkType::kLinuxSll, "0000 0001 0006 020000000001 0000 0004"),
        std::pair(LinkType::kLinuxSll2, "0004 0000 7fffffff 0001 00 06 020000000001 0000")}) {
    std::vector<Cut> packets;
    for (const char* const llc : {"f0f003 61626364", "e0e0bf 81 0102", "e0e1bf 81 01", "e0e0af", "e0e0e3 81 0102",
                                  "aaaa03 00000c 1234 6162", "000081", "f0f17f"}) {
      const Bytes packet = bytes_of(std::string(header) + llc);
      packets.push_back({packet, static_cast<std::uint32_t>(packet.size())});
    }
    for (const char* const option : {"", "-e", "-q", "-x"}) {
      EXPECT_EQ(first_difference(printed(packets, option, link), printed_by_tcpdump(packets, option, link)), "")
          << option;
    }
  }
}

// As without --compat.
std::string printed_by_us(const Bytes& packet, LinkType link) {
  DissectOptions style;
  style.no_names = 1;
  Dissector dissector(style);
  Appender out;
  RecordView record;
  record.data = packet;
  record.wire_len = static_cast<std::uint32_t>(packet.size());
  record.link_type = link;
  dissector.print(record, out);
  return std::string(out.text());
}

struct Text {
  std::string_view packet;
  std::string_view text;
};

TEST(LinkPrinters, NameWhatBluetoothCarries) {
  constexpr Text kTexts[] = {
      {"00000000 01 030c 00", "bluetooth command Reset (0x0c03), length 0"},
      {"00000000 01 01fc 00", "bluetooth command 0xfc01 (OGF 0x3f, OCF 0x001), length 0"},
      {"00000001 04 0e 04 01 030c 00", "bluetooth event Command Complete: Reset (0x0c03), length 4"},
      {"00000001 04 0e 04 01 030c 12", "bluetooth event Command Complete: Reset (0x0c03), status 0x12, length 4"},
      {"00000001 04 0f 04 0c 01 0d20",
       "bluetooth event Command Status: LE Create Connection (0x200d), status 0x0c, length 4"},
      {"00000001 04 3e 02 02 01", "bluetooth event LE Meta: Advertising Report, length 2"},
      {"00000001 04 99 00", "bluetooth event 0x99, length 0"},
      {"00000001 02 4020 0700 0300 0400 0a0100", "bluetooth ACL handle 64, ATT, length 7"},
      {"00000001 02 4010 0100 00", "bluetooth ACL handle 64, continuation, length 1"},
      {"00000001 02 4020 0700 0300 4000 0a0100", "bluetooth ACL handle 64, channel 0x0040, length 7"},
      {"00000001 03 4000 0100", "bluetooth SCO handle 64, length 1"},
      {"00000001 02 40", "bluetooth [|bluetooth]"},
  };
  for (const Text& text : kTexts) EXPECT_EQ(printed_by_us(bytes_of(text.packet), kBluetooth), text.text);
}

TEST(LinkPrinters, PrintFramesOfCanAsCandumpDoes) {
  constexpr Text kTexts[] = {
      {"00000123 04 000000 deadbeef", "CAN 123 [4] de ad be ef"},
      {"80000123 00 000000", "CAN 00000123 [0]"},
      {"9fffffff 01 000000 00", "CAN 1fffffff [1] 00"},
      {"40000123 02 000000", "CAN 123 [2] remote request"},
      {"40000123 00 000000", "CAN 123 [0] remote request"},
      {"00000123 0c 050000 000102030405060708090a0b", "CAN FD 123 BRS [12] 00 01 02 03 04 05 06 07 08 09 0a 0b"},
      {"20000044 08 000000 0004000000000000", "CAN error: controller, bus off (receive warning)"},
      {"00000123 04 000000 dead", "CAN 123 [4] (invalid)"},
      {"00000123 04", " [|can]"},
  };
  for (const Text& text : kTexts) EXPECT_EQ(printed_by_us(bytes_of(text.packet), kCan), text.text);
}

TEST(LinkPrinters, NameMessagesOfNetlink) {
  const std::string cooked = "0004 0338 0000 0000000000000000";
  const std::string route = "0004 0338 0000 0000000000000000 0000";
  const std::string generic = "0004 0338 0000 0000000000000000 0010";
  const std::vector<std::pair<std::string, std::string_view>> texts = {
      {route + "10000000 1200 0103 01000000 02000000",
       "netlink route: GETLINK, flags [request,root,match], seq 1, pid 2, length 16"},
      {route + "28000000 1000 0000 01000000 00000000 0000 0100 02000000 01000000 00000000 0800 0300 6c6f3100",
       "netlink route: NEWLINK ifindex 2 lo1 up, seq 1, pid 0, length 40"},
      {route + "20000000 1400 0506 01000000 00000000 02 18 00 00 02000000 0800 0200 0a000001",
       "netlink route: NEWADDR 10.0.0.1/24 ifindex 2, flags [request,ack,exclusive,create], seq 1, pid 0, length 32"},
      {route + "34000000 1800 0000 01000000 00000000 02 18 00 00 fe 03 00 01 00000000 0800 0100 0a000000 "
               "0800 0500 0a000002 0800 0400 02000000",
       "netlink route: NEWROUTE 10.0.0.0/24 via 10.0.0.2 ifindex 2, seq 1, pid 0, length 52"},
      {route + "30000000 1c00 0000 01000000 00000000 02 000000 02000000 0200 00 01 0800 0100 0a000002 "
               "0a00 0200 020000000001 0000",
       "netlink route: NEWNEIGH 10.0.0.2 lladdr 02:00:00:00:00:01 ifindex 2, seq 1, pid 0, length 48"},
      {route + "14000000 0200 0000 01000000 00000000 efffffff",
       "netlink route: error -17 (EEXIST), seq 1, pid 0, length 20"},
      {route + "14000000 0200 0001 01000000 00000000 00000000",
       "netlink route: error 0 (acknowledged), flags [capped], seq 1, pid 0, length 20"},
      {route + "10000000 0300 0200 01000000 00000000 10000000 0300 0200 02000000 00000000",
       "netlink route: done, flags [multi], seq 1, pid 0, length 16; done, flags [multi], seq 2, pid 0, length 16"},
      {generic + "20000000 1000 0500 01000000 00000000 03 01 0000 0b00 0200 6e6c383032313100",
       "netlink generic: nlctrl GETFAMILY nl80211, flags [request,ack], seq 1, pid 0, length 32"},
      {route + "40000000 1200 0100", "netlink route: (invalid)"},
      {route + "10000000 1900 0503 01000000 00000000",
       "netlink route: DELROUTE, flags [request,ack,nonrec,bulk], seq 1, pid 0, length 16"},
      {route + "10000000 1800 0004 01000000 00000000",
       "netlink route: NEWROUTE, flags [create], seq 1, pid 0, length 16"},
      {route + "10000000 0300 0080 01000000 00000000", "netlink route: done, flags [0x8000], seq 1, pid 0, length 16"},
      {cooked + "0004 10000000 1400 0103 01000000 00000000",
       "netlink sock_diag: type 20, flags [request,root,match], seq 1, pid 0, length 16"},
      {cooked + "000c 10000000 070a 0103 01000000 00000000",
       "netlink netfilter: type 2567, flags [request,root,match], seq 1, pid 0, length 16"},
      {cooked + "000c 10000000 080a 0101 01000000 00000000",
       "netlink netfilter: type 2568, flags [request,nonrec], seq 1, pid 0, length 16"},
      {cooked + "000c 10000000 000a 0106 01000000 00000000",
       "netlink netfilter: type 2560, flags [request,exclusive,create], seq 1, pid 0, length 16"},
      {cooked + "0006 10000000 1200 0103 01000000 00000000",
       "netlink xfrm: type 18, flags [request,root,match], seq 1, pid 0, length 16"},
      {cooked + "000f 616464402f782f1b00 414354494f4e3d61646400", "netlink uevent: add@/x/^[, length 20"},
      {cooked + "000f 6c69627564657600 feedcafe", "netlink uevent: libudev, length 12"},
  };
  for (const auto& [packet, text] : texts) EXPECT_EQ(printed_by_us(bytes_of(packet), kNetlink), text);
}

TEST(LinkPrinters, SayWhatSlipsHeadersMean) {
  // A window that shrinks, then lengths that are those of the packet before, and numbers of one byte.
  DissectOptions style;
  style.no_names = 1;
  style.link_header = true;
  Dissector dissector(style);
  const std::vector<std::pair<std::string, std::string_view>> packets = {
      {"0170 aaaaaaaaaaaaaaaa07" + zeros(5) + kTcp + "6162", "O utcp 7: "},
      {"0182 0055 00fff0" + zeros(9) + kTcp + "616263", "O ctcp * W-16 3 (6): "},
      {"018f 0055" + zeros(12) + kTcp + "6162", "O ctcp * *S+3 2 (3): "},
      {"018b 0055" + zeros(12) + kTcp, "O ctcp * *SA+2 0 (3): "},
      {"01a6 0055 05060700" + zeros(8) + kTcp, "O ctcp * W+5 A+6 I+7 0 (6): "},
  };
  for (const auto& [hex, beginning] : packets) {
    const Bytes packet = bytes_of(hex);
    Appender out;
    RecordView record;
    record.data = packet;
    record.wire_len = static_cast<std::uint32_t>(packet.size());
    record.link_type = LinkType{8};
    dissector.print(record, out);
    EXPECT_TRUE(std::string(out.text()).starts_with(beginning)) << out.text() << "\nexpected " << beginning;
  }
}

// Every type that has a printer, with packets that only some of them are for. Not of LINUX_SLL, to which they are IPX.
TEST(LinkPrinters, PrintWhatIsInPpiAndPktapAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  std::vector<Cut> in_pktap;
  std::vector<Cut> in_ppi;
  for (const unsigned type :
       {0,   1,   6,   7,   8,   9,   10,  11,  12,  14,  15,  19,  50,  51,  99,  100,   101,  102, 104,
        105, 106, 107, 108, 109, 112, 117, 119, 122, 123, 127, 129, 130, 131, 132, 133,   134,  135, 136,
        137, 138, 149, 163, 164, 166, 167, 168, 182, 189, 192, 195, 201, 220, 226, 227,   228,  229, 230,
        239, 240, 241, 242, 253, 258, 271, 276, 281, 282, 283, 284, 285, 147, 999, 65535, 65537}) {
    Bytes number;
    for (unsigned i = 0; i < 4; ++i) number.push_back(static_cast<std::byte>(type >> 8 * i));
    const auto add = [&number](std::vector<Cut>& packets, const std::string& before, const std::string& after) {
      Bytes packet = bytes_of(before);
      const Bytes rest = bytes_of(after);
      packet.insert(packet.end(), number.begin(), number.end());
      packet.insert(packet.end(), rest.begin(), rest.end());
      packets.push_back({packet, static_cast<std::uint32_t>(packet.size())});
    };
    for (const std::string& payload : {kStations + "0806" + kArp, kIp}) {
      add(in_pktap, "6c000000 01000000", zeros(96) + payload);
      add(in_ppi, "00 00 0800", payload);
    }
  }
  for (const std::string_view option : {"", "-e", "-q -e"}) {
    EXPECT_EQ(
        first_difference(printed(in_pktap, option, LinkType{258}), printed_by_tcpdump(in_pktap, option, LinkType{258})),
        "")
        << option;
    EXPECT_EQ(
        first_difference(printed(in_ppi, option, LinkType{192}), printed_by_tcpdump(in_ppi, option, LinkType{192})), "")
        << option;
  }
}

// Of the numbers that are for private use macOS took one for PKTAP.
TEST(LinkPrinters, TakeAPrivateNumberForPktapOnlyIfItIsThat) {
  REQUIRE_COMPARED_TCPDUMP();
  constexpr LinkType kUser2{149};
  const Bytes pktap_of_ip = bytes_of(pktap("6c000000 01000000 0c000000") + kIp);
  const Bytes other = bytes_of(kStations + "0806" + kArp + zeros(108));
  const std::vector<Cut> packets = {{pktap_of_ip, static_cast<std::uint32_t>(pktap_of_ip.size())},
                                    {other, static_cast<std::uint32_t>(other.size())}};
  EXPECT_EQ(first_difference(printed(packets, "-e", kUser2), printed_by_tcpdump(packets, "-e", kUser2)), "");
  EXPECT_EQ(printed_by_us(pktap_of_ip, kUser2), printed_by_us(pktap_of_ip, LinkType{258}));
  EXPECT_TRUE(printed_by_us(other, kUser2).starts_with("UNSUPPORTED"));
}

TEST(LinkPrinters, StopAtSomeDepthOfPacketsInPackets) {
  std::string hex;
  constexpr int kPairs = 200;
  for (int i = 0; i < kPairs; ++i) hex += "00000800 02010000" + pktap("6c000000 01000000 c0000000");
  const Bytes packet = bytes_of(hex + "00000800 e4000000" + kIp);
  const std::string text = printed({{packet, static_cast<std::uint32_t>(packet.size())}}, "-e -x", LinkType{192});
  std::size_t depth = 0;
  for (std::size_t at = text.find(" DLT "); at != std::string::npos; at = text.find(" DLT ", at + 1)) ++depth;
  EXPECT_LT(depth, 130U);
  EXPECT_GT(depth, 32U);
}

// As deep as the largest packet of a file would be.
TEST(LinkPrinters, StopAtSomeDepthOfFramesInFrames) {
  for (const std::string_view header :
       {"0180c2000000 020000000001 8870 aaaa03 0080c2 0007 0000", "0180c2000000 020000000001 894f 0fc20203 00000100"}) {
    const Bytes one = bytes_of(header);
    Bytes packet;
    while (packet.size() + one.size() <= 262'144) packet.insert(packet.end(), one.begin(), one.end());
    const Cut whole = {packet, static_cast<std::uint32_t>(packet.size())};
    EXPECT_LT(printed({whole}, "-e", LinkType::kEthernet).size(), 100'000U);
  }
}

TEST(LinkPrinters, PrintWhatTcpdumpHasNotAsHarmlessText) {
  const std::vector<PrintedFamily> ours = {
      {"can", {bytes_of("00000123 04 000000 deadbeef"), bytes_of("20000044 08 000000 0004000000000000")}, "", kCan},
      {"netlink",
       {bytes_of(
           "0004 0338 0000 0000000000000000 0000 28000000 1000 0000 01000000 00000000 0000 0100 02000000 01000000 "
           "00000000 0800 0300 6c6f3100")},
       "",
       kNetlink},
      {"bluetooth", {bytes_of("00000001 04 0f 04 0c 01 0d20")}, "", kBluetooth},
  };
  for (const PrintedFamily& family : ours) {
    for (const Cut& cut : testing::damaged(family, 0, 1000)) {
      expect_harmless(printed_by_us(cut.bytes, family.link), family.name);
    }
  }
}

}  // namespace
}  // namespace ringtap
