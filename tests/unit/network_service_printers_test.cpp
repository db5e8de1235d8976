// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of network services, tunnels and neighbors' protocols against the installed tcpdump: each packet whole and
// cut at every length.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "support/compared_printing.hpp"
#include "support/compared_tcpdump.hpp"
#include "support/framed.hpp"
#include "support/packet.hpp"

namespace ringtap {
namespace {

using testing::Bytes;
using testing::bytes_of;
using testing::Cut;
using testing::cut_at_every_length;
using testing::damaged;
using testing::Ethernet;
using testing::expect_harmless;
using testing::expect_printed_as_tcpdump_does;
using testing::first_difference;
using testing::frame;
using testing::Ipv6;
using testing::over_ip;
using testing::over_tcp;
using testing::over_udp;
using testing::over_udp6;
using testing::Payload;
using testing::printed;
using testing::printed_by_tcpdump;
using testing::PrintedFamily;

// IEEE 802.3 with LLC and SNAP of Cisco.
Bytes over_snap(std::string_view pid_and_payload) {
  const Bytes payload = bytes_of("aaaa03 00000c" + std::string(pid_and_payload));
  return (Ethernet{.type = static_cast<std::uint16_t>(payload.size())} / Payload(payload)).bytes();
}

const std::string kInner = "4500001c00010000401100000a0000010a000002 03e8 07d0 0008 0000";

// A frame of a switch's chip: a tag between the addresses and the ethertype.
std::vector<Bytes> with_tags(const std::vector<std::string>& tags) {
  std::vector<Bytes> frames;
  for (const std::string& tag : tags) frames.push_back(bytes_of("020000000001 020000000002" + tag + "0800" + kInner));
  frames.push_back(bytes_of("020000000001 020000000002" + tags.front() + "8100 2005 0800" + kInner));
  frames.push_back(bytes_of("020000000001 020000000002" + tags.front() + "1234" + kInner));
  return frames;
}
const std::vector<std::string> kDsaTags = {"137aa539", "0317b539", "7378b539", "4310a000", "9378b539",
                                           "8314a539", "d378b539", "c3150000", "000c3005", "000b2005"};
std::vector<std::string> edsa_tags() {
  std::vector<std::string> tags;
  for (const std::string& tag : kDsaTags) tags.push_back("dada1234" + tag);
  return tags;
}

Bytes over_icmpv6(const std::string& hex) {
  return (Ethernet{} / Ipv6{.next_header = 58} / Payload(bytes_of(hex))).bytes();
}

// Node information: type and code, query and flags, what follows the nonce.
Bytes node_information(const std::string& type, const std::string& query, const std::string& data) {
  return over_icmpv6(type + "0000" + query + "0001020304050607" + data);
}
const std::string kNode = "fd000000000000000000000000000001";

// IPv4 with these options, whole words, around an echo request.
std::vector<Bytes> with_options(const std::vector<std::string>& options) {
  std::vector<Bytes> frames;
  for (const std::string& hex : options) {
    const std::size_t size = bytes_of(hex).size();
    std::array<char, 64> header{};
    std::snprintf(header.data(), header.size(), "4%zx00 %04zx 00010000 40010000 c0000201 c0000202", 5 + size / 4,
                  28 + size);
    frames.push_back(frame(0x0800, std::string(header.data()) + hex + "0800f7ff00000000"));
  }
  return frames;
}

std::vector<PrintedFamily> families() {
  return {
      {"node information",
       {node_information("8b00", "0003 007e", kNode), node_information("8b00", "0002 0000", kNode + "00"),
        node_information("8b01", "0002 0000", "03616263 026465 00"), node_information("8b01", "0001 0001", "00"),
        node_information("8b02", "0004 0000", "0a000001"), node_information("8b03", "0002 0000", "00"),
        node_information("8c00", "0002 0001", "00000007 03616263 026465 0000"),
        node_information("8c00", "0002 0000", "00000000 03616263"), node_information("8c00", "0000 0000", "00"),
        node_information("8c00", "0003 0011", "00000001" + kNode + "00000002" + kNode),
        node_information("8c01", "0000 0000", ""), node_information("8c02", "0000 0000", "00"),
        node_information("8c03", "0000 0000", "")},
       "-v"},
      {"nflog",
       {bytes_of("02000001080001000800010009000a006574683000000000200009004500001c00010000401100000a0000010a000002"
                 "03e807d000080000"),
        bytes_of("0a000001080001000800010009000a006574683000000000340009006000000000081140fe8000000000000000000000"
                 "00000001fe80000000000000000000000000000203e807d000080000"),
        bytes_of("00000001080001000800010009000a006574683000000000200009004500001c00010000401100000a0000010a000002"
                 "03e807d000080000"),
        bytes_of("02010001200009004500001c00010000401100000a0000010a00000203e807d000080000"),
        bytes_of("02000001080001000800010009000a006574683000000000"),
        bytes_of("0200000100000100200009004500001c00010000401100000a0000010a00000203e807d000080000"),
        bytes_of("02000001200009004500001c00010000401100000a0000010a00000203e807d0000800000800010061626364"),
        bytes_of("c8000001200009004500001c00010000401100000a0000010a00000203e807d000080000")},
       "-e",
       LinkType{239}},
      {"vsock",
       {bytes_of("0200000000000000030000000000000000040000881300000000010000000000"),
        bytes_of("0200000000000000030000000000000000040000881300000100010000000000"),
        bytes_of("0200000000000000030000000000000000040000881300000400010000000000"),
        bytes_of("0200000000000000030000000000000000040000881300000500010000000000"),
        bytes_of("020000000000000003000000000000000004000088130000010002002c00000003000000000000000200000000000000"
                 "00040000d20400000000000001000100000000000000040007000000"),
        bytes_of("020000000000000003000000000000000004000088130000010003002c00000003000000000000000200000000000000"
                 "00040000d20400000000000001000100000000000000040007000000"),
        bytes_of("030000000000000002000000000000000100000002000000040002002c00000003000000000000000200000000000000"
                 "00040000d20400000300000001000500000000000000040007000000616263"),
        bytes_of("030000000000000002000000000000000100000002000000040002002c00000003000000000000000200000000000000"
                 "00040000d20400000300000001000800000000000000040007000000616263"),
        bytes_of("030000000000000002000000000000000100000002000000040002002c00000003000000000000000200000000000000"
                 "00040000d20400000000000000000100000000000000040007000000"),
        bytes_of("030000000000000002000000000000000100000002000000020002002c00000003000000000000000200000000000000"
                 "00040000d20400000000000001000400020000000000040007000000"),
        bytes_of("030000000000000002000000000000000100000002000000040002001400000003000000000000000200000000000000"
                 "00040000")},
       "-vv",
       LinkType{271}},
      {"usb",
       {bytes_of("341200000000000053000003010001010100000000000000020000008dffffff12000000120000008006000100001200"),
        bytes_of("341200000000000053010003010001010100000000000000020000008dffffff12000000120000008006000100001200"),
        bytes_of("341200000000000053028103010001010100000000000000020000008dffffff12000000120000008006000100001200"),
        bytes_of("341200000000000053038103010001010100000000000000020000008dffffff12000000120000008006000100001200"),
        bytes_of("341200000000000053048103010001010100000000000000020000008dffffff12000000120000008006000100001200"),
        bytes_of("341200000000000043000203010001010100000000000000020000008dffffff12000000120000008006000100001200"),
        bytes_of("341200000000000043040203010001010100000000000000020000008dffffff12000000120000008006000100001200"),
        bytes_of("341200000000000045020003010001010100000000000000020000008dffffff12000000120000008006000100001200"),
        bytes_of("341200000000000045028003010001010100000000000000020000008dffffff12000000120000008006000100001200")},
       "-q",
       LinkType{189}},
      {"usb in memory",
       {bytes_of("341200000000000053000003010001010100000000000000020000008dffffff12000000120000008006000100001200"
                 "00000000000000000000000000000000")},
       "-e",
       LinkType{220}},
      {"ipoib",
       {bytes_of("00000000000000000000000000000000000000000000000000000000000000000000000000000000080000004500001c"
                 "00010000401100000a0000010a00000203e807d000080000"),
        bytes_of("00000000000000000000000000000000000000000000000000000000000000000000000000000000123400004500001c"
                 "00010000401100000a0000010a00000203e807d000080000"),
        bytes_of("000000000000000000000000000000000000000000000000000000000000000000000000000000000806000000010800"
                 "060400010202020202020202020202020202020202020202"),
        bytes_of("0000000000000000000000000000000000000000000000000000000000000000000000000000000086dd12344500001c"
                 "00010000401100000a0000010a00000203e807d000080000")},
       "-e",
       LinkType{242}},
      {"dsa", with_tags(kDsaTags), "-e", LinkType{284}},
      {"edsa", with_tags(edsa_tags()), "-e", LinkType{285}},
      {"brcm", with_tags({"2c000080", "3f9abcde", "20030102", "00052003", "00050103", "4005ffff"}), "-e",
       LinkType{281}},
      {"brcm in front",
       {bytes_of("2c000080 020000000001 020000000002 0800" + kInner), bytes_of("00052003")},
       "-e",
       LinkType{282}},
      {"igmp",
       {over_ip(2, "11 64 0000 00000000"), over_ip(2, "11 0a 0000 ef010203 0a05 0001 01020304"),
        over_ip(2, "16 00 0000 ef010203"), over_ip(2, "17 00 0000 ef010203"),
        over_ip(2, "22 00 0000 0000 0002 01 00 0001 ef010101 01020304 06 00 0000 ef010102")},
       "-v"},
      {"mpls", {frame(0x8847, "00064240 000c8340" + kInner), frame(0x8848, "00000140" + kInner)}, "-v"},
      {"pppoe",
       {frame(0x8863, "1109 0000 000c 0101 0000 0103 0004 01020304"), frame(0x8864, "1100 0f07 001e 0021" + kInner),
        frame(0x8864, "1100 0001 0010 c021 0103 000e 0104 05d4 0506 01020304"),
        frame(0x8864, "1100 0001 000c 8021 0103 000a 0306 0a000001"),
        frame(0x8864, "1100 0001 0010 c023 0107 000e 04 75736572 04 70617373")},
       "-v"},
      {"snmp",
       {over_udp(161, "3026 020101 0406 7075626c6963 a019 020105 020100 020100 300e 300c 0608 2b06010201010100 0500"),
        over_udp(161, "3025 020100 0404 70726976 a21a 020105 020102 020101 300f 300d 0608 2b06010201010100 020103")},
       "-v"},
      {"dhcpv6",
       {over_udp6(547, "01 123456 0001 000a 0003 0001 010203040506 0006 0004 0017 0018 0008 0002 0064"),
        over_udp6(547,
                  "07 123456 0003 0028 00000001 00000002 00000003 0005 0018 20010db8000000000000000000000001 "
                  "00000064 000000c8 000d 0002 0000")},
       "-v"},
      {"ipsec",
       {over_ip(50, "12345678 00000001 000102030405"),
        over_ip(51,
                "3204 0000 00000100 00000013 010101010101010101010101 "
                "12345678 00000001 000102"),
        over_udp(4500, "ff"), over_udp(4500, "12345678 00000001 000102030405")},
       "-v"},
      {"isakmp",
       {over_udp(500, "0101010101010101 0000000000000000 01 10 02 00 00000000 0000001c"),
        over_udp(500, "0101010101010101 0202020202020202 21 20 22 08 00000000 0000001c"),
        over_udp(4500, "00000000 0101010101010101 0202020202020202 21 20 23 20 00000001 0000001c"),
        over_udp(500,
                 "0101010101010101 0000000000000000 01 10 02 00 00000000 0000005a 0d00 002c 00000001 00000001 "
                 "0000 0020 01 01 00 01 0000 0018 01 01 0000 8001 0007 800e 0080 000c 0004 00015180 "
                 "0500 0006 afca 0000 000c 01 11 01f4 0a000001"),
        over_udp(500,
                 "0101010101010101 0202020202020202 21 20 22 08 00000000 00000054 2200 0020 0000 001c 01 01 00 02 "
                 "0300 000c 01 00 000c 800e 0080 0000 0008 02 00 0002 2800 000a 000e 0000 aabb 2900 0006 ccdd "
                 "0000 0008 00 00 4006")},
       "-v"},
      {"rx",
       {over_udp(7000, "00000001 00000100 00000005 00000001 00000007 01 25 00 00 0000 0001 00000099"),
        over_udp(7002, "00000001 00000100 00000005 00000001 00000007 01 01 00 00 0000 0001 00004e24"),
        over_udp(7007, "00000001 00000100 00000005 00000001 00000007 01 01 00 00 0000 0001 00000009"),
        over_udp(7007, "00000001 00000100 00000005 00000001 00000007 01 01 00 02 0000 0001"),
        over_udp(7009, "00000001 00000100 00000005 00000002 00000007 01 3f 00 00 0000 0001 61626364"),
        over_udp(7003,
                 "00000001 00000100 00000005 00000002 00000007 02 21 00 00 0000 0001 0001 0007 00000009 "
                 "00000008 00000003 02 05 0100020101"),
        over_udp(7003,
                 "00000001 00000100 00000005 00000002 00000007 02 21 00 00 0000 0001 0001 0007 00000009 "
                 "00000008 00000003 02 02 0101 000000 0000163c 000005a4 00000020 00000004 61"),
        over_udp(7001, "00000001 00000100 00000005 00000002 00000007 39 80 00 00 0000 0001")},
       "-vvv"},
      {"ethernet in IP",
       {over_ip(143, "020000000001 020000000002 0800" + kInner),
        (Ethernet{} / Ipv6{.next_header = 143} / Payload(bytes_of("020000000001 020000000002 0800" + kInner))).bytes()},
       "-e"},
      {"loopback test",
       {frame(0x9000, "0000 0100 0700 61626364"), frame(0x9000, "0000 0200 020000000001 0100 0800 6162")},
       "-v"},
      {"syslog", {over_udp(514, "3c33343e 68656c6c6f"), over_udp(514, "3c3e"), over_udp(514, "6869")}, "-v"},
      {"rpl",
       {over_icmpv6("9b00 0000 0000"), over_icmpv6("9b81 0000 0000"), over_icmpv6("9b09 0000 0000"),
        over_icmpv6("9b01 0000 01f0 0100 98f0 0000" + kNode + "0402 0102 00 0100 4402 aabb"),
        over_icmpv6("9b02 0000 01c0 00f1" + kNode + "0502 0102"), over_icmpv6("9b02 0000 0180 00f1" + kNode),
        over_icmpv6("9b03 0000 0180 f102" + kNode + "0601 ff"), over_icmpv6("9b03 0000 0100 f100")},
       "-vv -x"},
      {"frames longer than a length can say",
       {frame(0x8870, "fefe03 84"), frame(0x8100, "0005 8870 fefe03 84"), frame(0x8870, "0102030405060708")},
       "-e"},
      {"options of ip", with_options({"94040000", "830b040a0000010a00000200", "010188040001000094040001"}), "-v -x"},
      {"pptp results",
       {over_tcp(1723, "0014 0001 1a2b3c4d 0004 0000 0106 0000"),
        over_tcp(1723, "0010 0001 1a2b3c4d 0003 0000 0300 0000"),
        over_tcp(1723, "0014 0001 1a2b3c4d 0006 0000 00000001 0209 0000"), over_ip(132, "00010002"),
        over_tcp(1723, "0014 0001 1a2b3c4d 0002 0000 0100 0100 00000003")},
       "-v"},
      {"routes of rip that are cut",
       {over_udp(520, "02010000 00020000 0a000001 00000000 00000000 00000001 00000000 0a000001 00000000"),
        over_udp(520, "02020000 ffff0003 002c2d10 4fd6133c 00000000 00000000 00020000 0a46b300 ffffff00")},
       "-vv -x"},
      {"bfd with a password",
       {over_udp(3784, "20440321 aabbccdd 11223344 000f4240 00000000 00000000 010602736563")},
       "-v"},
      {"ppp of ethernet", {frame(0x880b, "c0210105000400"), frame(0x880b, "80fd")}, "-e"},
      {"mobile router advertisement", {over_icmpv6("9300 0000 0102 c000"), over_icmpv6("8200 00")}, "-v -x"},
      {"radius values",
       {over_udp(1812, "01020028000000000000000000000000000000004612010203040506070809ff0b0c0d0e0f100066"),
        over_udp(1812, "01020029000000000000000000000000000000004710000803040506070809ff0b0c0d0e050600001234"),
        over_udp(1812, "0102002500000000000000000000000000000000540b0102030405060708ff380601020304"),
        over_udp(1812, "0102002400000000000000000000000000000000610420404f0a0103000501aabbcc")},
       "-v -x"},
      {"radius location and mobility",
       {over_udp(1812, "0102001e000000000000000000000000000000007c0affffffffffffffff"),
        over_udp(1812, "0102001e000000000000000000000000000000007c0a0000020000000001"),
        over_udp(1812, "0102001e000000000000000000000000000000007c0a0000000000000000"),
        over_udp(1812, "01020027000000000000000000000000000000007d132020010db8000000000000000000000001"),
        over_udp(1812, "01020027000000000000000000000000000000007d138120010db8000000000000000000000001"),
        over_udp(1812, "0102002d000000000000000000000000000000007f1900010000e2b4d5a789abcdefe2b4d5a789abcdef475053"),
        over_udp(1812, "0102002c000000000000000000000000000000007f1800010101000000000000000000000000000000000178"),
        over_udp(1812, "0102002b000000000000000000000000000000007f1700010909e2b4d5a789abcdefe2b4d5a789abcdef61"),
        over_udp(1812, "010200240000000000000000000000000000000081108000e2b4d5a789abcdef74657374"),
        over_udp(1812, "0102002000000000000000000000000000000000810c7fffe2b4d5a789abcdef"),
        over_udp(1812, "0102002000000000000000000000000000000000810c00000000000000000000")},
       "-v"},
      {"radius",
       {over_udp(1812, "01 05 0019 00000000000000000000000000000000 0105626f62"),
        over_udp(1813,
                 "04 05 0067 00000000000000000000000000000000 0105626f62 04060a000001 050600000010 060600000002 "
                 "08 06 fffffffe 1a 0f 00000137 1a 09 61626364656667 1b 06 00015180 3d 06 0000000f 40 06 01000003 "
                 "45 07 01 8001 6162 50 04 0102 51 06 02 313030 61 08 0040 20010db8"),
        over_udp(1812, "02 05 0019 00000000000000000000000000000000 01ff626f62")},
       "-v"},
      {"tftp",
       {over_udp(69, "0001 66696c6500 6f6374657400"), over_udp(69, "0004 0001"), over_udp(69, "0005 0001 6e6f00")},
       "-v"},
      {"telnet", {over_tcp(23, "fffd01 fffb03"), over_tcp(23, "fffa18007874657 2 6dfff0"), over_tcp(23, "6869")}, "-q"},
      {"sctp",
       {over_ip(132, "03e8 07d0 00001234 00000000 00030012 00000001 0002 0003 00000000 6461 0000 0b000004"),
        over_ip(132, "03e8 07d0 00001234 00000000 01000014 00000001 00000002 0003 0004 00000005")},
       "-vv"},
      {"dccp", {over_ip(33, "0001 0002 07000000 01 00 0000 00000005 00000000 00000000 00000000")}, "-q"},
      {"eapol", {frame(0x888e, "01 00 0008 02 07 0008 01 626f62"), frame(0x888e, "02 03 0001 00")}, "-v"},
      {"lldp",
       {frame(0x88cc,
              "0207 04020000000001 0405 0565746830 0602 0078 0a04 6e616d65 0e04 00140004 "
              "100c 05010a000001 02 00000003 00 0000"),
        frame(0x88cc,
              "fe06 0080c2 01 0001 fe0c 0080c2 03 0005 05 76616e 0035 fe19 0080c2 09 92 01234567 0102030405060708 "
              "0000000002020202 fe06 0080c2 0b 83 18 fe08 0080c2 0c 00 608906 0000"),
        frame(0x88cc,
              "fe09 00120f 01 03 6c03 001e fe07 00120f 02 0f 02 03 fe07 0012bb 01 003f 04 fe08 0012bb 02 01 40a26e "
              "fe0d 0012bb 03 02 07 02 4445 03 02 4241 00 fe07 0012bb 04 51 0082 fe06 0012bb 0a 6d6f fe0a 00005e 01 "
              "687474703a2f 0000"),
        frame(0x88cc, "fe16 001b21 02 0606 000080 00 08 04 080a 000080 00 8906 001b21 08 fe05 abcdef 01 02 0000")},
       "-vv"},
      {"slow",
       {frame(0x8809, "01 01 0114 ffff 000102030405 0007 0008 0009 3d 000000 0310 0005 000000000000000000000000 0000")},
       "-v"},
      {"cisco",
       {over_snap("2000 02b40000 0003 0005 41"),
        over_snap("2000 02b41234 0001 0006 5331 0002 0011 00000001 01 01 cc 0004 0a000001 0005 0007 410a42 0007 0009 "
                  "0a000000 18 0010 0006 1234"),
        over_snap("2004 01 0001 0007 616200 0002 0005 81 0003 0005 a5 0004 000a 020202020202"),
        over_snap("0111 21 01 1234 0001 0006 6162 0003 000c 00000001 0002 6364 0004 0005 07 0007 0008 00000009"),
        over_snap("2003 01 01 00 02 6162" + std::string(60, '0') +
                  "00000005 0a000001 393330333031303030313030 000102030405060708090a0b0c0d0e0f"),
        over_snap("2003 01 02 01 02 6162" + std::string(60, '0') +
                  "00000005 18 00 01 04 0065 05dc 000186a5 61626300 03 01 0002 01 01 0007")},
       "-v"},
      {"l2tp",
       {over_udp(1701, "c802 0014 0001 0000 0003 0004 8008 0000 0000 0001"),
        over_udp(1701, "c802 000c 0001 0000 0003 0004")},
       "-v"},
      {"tcp",
       {over_ip(6, "03e8 07d0 00000001 00000000 8002 ffff 0000 0000 2206 01020304 fe08 f989 01020304"),
        over_ip(6, "03e8 07d0 00000001 00000000 7010 ffff 0000 0000 0103 02 00 00000000 6162")},
       "-q"},
      {"neighbor discovery",
       {(Ethernet{} / Ipv6{.next_header = 58} /
         Payload(bytes_of("8700 0000 00000000 fe800000000000000000000000000001")))
            .bytes(),
        (Ethernet{} / Ipv6{.next_header = 58} /
         Payload(bytes_of("8800 0000 60000000 fe800000000000000000000000000001")))
            .bytes(),
        (Ethernet{} / Ipv6{.next_header = 58} /
         Payload(bytes_of("8300 0000 00010000 ff020000000000000000000000000001")))
            .bytes()},
       "-q"},
      {"ptp",
       {over_udp(319,
                 "1b02 0040 05 00 023c 0000000000003039 00000000 0102030405060708 0001 004d 0b fd "
                 "000000000001 00000002 0025 00 7f c9 8b 17e9 1b 0807060504030201 0003 a0"),
        frame(0x88f7,
              "0802 002c 00 00 0000 0000000000000000 00000000 0102030405060708 0001 0001 02 00 000000000001 00000002"),
        frame(0x88f7, "1001")},
       "-v"},
      {"kerberos",
       {over_udp(88, "0402 7573657200 00 524500 01020304 05 73766300 686f00"), over_udp(88, "6a8190"),
        over_udp(750, "0404 7573657200 696e00 524500 01020304 01 05060708 02 0300"),
        over_udp(88, "0406 05 524500 10 20"), over_udp(88, "6b")},
       "-v"},
      {"resp",
       {over_tcp(6379, "2a320d0a24330d0a4745540d0a24310d0a610d0a"), over_tcp(6379, "2b4f4b0d0a2d4552520d0a3a350d0a"),
        over_tcp(6379, "242d310d0a2a300d0a24780d0a"), over_tcp(6379, "50494e470d0a")},
       "-v"},
      {"nfs",
       {over_udp(2049,
                 "00000007 00000000 00000002 000186a3 00000003 00000003 0000000000000000 0000000000000000 "
                 "00000010 01000601 00000000 0102030405060708 00000004 6e616d65"),
        over_tcp(2049,
                 "80000044 00000008 00000000 00000002 000186a3 00000002 00000006 0000000000000000 0000000000000000 "
                 "0000000000000001 0000000000000016 0000000000000000 0000000000000000 00000064 000000c8 00000000")},
       "-vv"},
      {"shortest path",
       {(Ethernet{.type = 0x00d0} /
         Payload(bytes_of("424203 0000 04 02 3c 8000525400455f15 00000000 8000525400455f15 8003 0000 1400 0200 0f00 00 "
                          "0050 00 61" +
                          std::string(62, '0') +
                          "0001 000102030405060708090a0b0c0d0e0f 00000005 "
                          "8000525400455f15 14 3c 800a525400455f15 00000007 80 80 14 0055 00 62" +
                          std::string(62, '0') + "0002 000102030405060708090a0b0c0d0e0f a4 00 12 20 0020" +
                          std::string(16, '0') + "000102030405060708090a0b0c0d0e0f10111213")))
            .bytes()},
       "-v"},
      {"hdlc",
       {bytes_of("0f000800" + kInner), bytes_of("8f008035 00000002 00000005 00000006 ffff 0001e240"),
        bytes_of("0f008035 00000001 0a000001 ffffff00 ffff"), bytes_of("0f001234 6162")},
       "-v",
       LinkType::kCiscoHdlc},
      {"frame relay",
       {bytes_of("184103cc" + kInner), bytes_of("1c4d0800" + kInner), bytes_of("18410380 000000 0800" + kInner),
        bytes_of("1840404103cf ff030021" + kInner), bytes_of("1841 0399 6162")},
       "-v",
       LinkType::kFrameRelay},
      {"ppp",
       {bytes_of("ff030021" + kInner), bytes_of("ff03c021 0101 000e 0104 05d4 0506 01020304"),
        bytes_of("ff031234 6162")},
       "-v",
       LinkType::kPpp},
      {"ppp in hdlc",
       {bytes_of("ff030021" + kInner), bytes_of("ff03c021 0101 000e 0104 05d4 0506 01020304"),
        bytes_of("0f000800" + kInner)},
       "-v",
       LinkType::kPppHdlc},
      {"pptp", {over_tcp(1723, "0010 0001 1a2b3c4d 0005 0000 00000001")}, "-v"},
  };
}

TEST(ServicePrinters, PrintPacketsCutAtEveryLengthAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  for (const PrintedFamily& family : families()) {
    const std::vector<Cut> cuts = cut_at_every_length(family.packets);
    expect_printed_as_tcpdump_does(family, cuts, {"", family.options});
  }
}

TEST(ServicePrinters, TakeTheTypeOfAJumboFrameForNoLengthAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  constexpr std::uint32_t kLongerThanTheType = 40000;
  const PrintedFamily family{"jumbo", {frame(0x8870, "fefe03 84"), frame(0x8100, "0005 8870 fefe03 84")}, ""};
  std::vector<Cut> cuts;
  for (const Bytes& packet : family.packets) cuts.push_back({packet, kLongerThanTheType});
  expect_printed_as_tcpdump_does(family, cuts, {"", "-e"});
}

TEST(ServicePrinters, LeaveTheLinkHeaderOutOfADumpBehindACutAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  const std::vector<Bytes> packets = {
      over_udp(9, "6162"),
      over_udp(53, "1267 0100 0001 0000 0000 0000 03777777 076578616d706c65 036f7267 00 0001 0001"),
      over_udp(53, "1267 8180 0001 0001 0000 0000 036f7267 00 0001 0001 c00c 0001 0001 0000012c 0004 c0000201"),
      over_tcp(80, "474554202f20485454502f312e310d0a"),
      over_tcp(22, "5353482d322e302d780d0a"),
      frame(0x8847, "00064140" + kInner),
      frame(0x8864, "1100 0f07 001e 0021" + kInner),
      frame(0x88cc, "0207 04020000000001 0403 0761 0602 0078 0000"),
      over_snap("0111 21 01 1234 0001 0006 6162"),
      over_snap("2003 01 03 00 02 6162" + std::string(60, '0') + "00000005"),
  };
  const std::vector<Cut> cuts = cut_at_every_length(packets);
  EXPECT_EQ(
      first_difference(printed(cuts, "-x", LinkType::kEthernet), printed_by_tcpdump(cuts, "-x", LinkType::kEthernet)),
      "");
}

TEST(ServicePrinters, BeginADumpBehindACutWhereTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  struct Cooked {
    LinkType link;
    std::vector<Bytes> packets;
  };
  const std::string quoted = "4500 0028 0000 0000 4011 0000 c0000201 c0000202 0001 0002 0014 0000 000102030405";
  const std::vector<Cooked> families = {
      {LinkType::kEthernet,
       {over_ip(1, "0303 0000 0110 003c" + quoted), over_ip(1, "0501 0000 c0000203" + quoted),
        over_ip(1, "0900 0000 0102 003c 01020304 00000001"), over_ip(1, "0b00 0000 00000000" + quoted),
        over_ip(1, "0c01 0000 01000000" + quoted), over_ip(1, "0e00 0000 0001 0002 00000001 00000002 00000003"),
        over_ip(33, "0001 0002 07000000 01 00 0000 00000005 00000000 00000000 00000000"),
        over_ip(33, "0001 0002 07000000 03 00 0000 00000005 00000000 00000000 00000000"),
        over_ip(33, "0001 0002 07000000 0f 00 0000 00000005 00000000 00000000 00000000"),
        over_ip(47, "3000 0800 00000001 00000002" + kInner), over_ip(2, "1f20 0000" + std::string(40, '1')),
        over_tcp(6379, "2a320d0a24330d0a6162630d0a24300d0a"), over_tcp(6379, "50494e470d0a"),
        over_udp(4500, "12345678 00000001 000102030405"), over_udp(123, "1b000000" + std::string(88, '0')),
        over_udp(6696, "2a02 0009 00 0406 0000 0001 0190"),
        over_ip(6, "03e8 07d0 00000001 00000000 7010 ffff 0000 0000 fd08 010203040506 6162")}},
      {LinkType::kLinuxSll, {bytes_of("0000 0001 0006 020000000001 0000 0800" + kInner)}},
      {LinkType::kLinuxSll2, {bytes_of("0800 0000 7fffffff 0001 00 06 020000000001 0000" + kInner)}},
      {LinkType::kNull, {bytes_of("02000000" + kInner)}},
      {LinkType::kFrameRelay, {bytes_of("184103cc" + kInner)}},
      {LinkType::kCiscoHdlc, {bytes_of("0f00fefe 00 83 1b 01")}},
      {LinkType{282}, {bytes_of("2c000080 020000000001 020000000002 0800" + kInner)}},
  };
  for (const Cooked& family : families) {
    const std::vector<Cut> cuts = cut_at_every_length(family.packets);
    EXPECT_EQ(first_difference(printed(cuts, "-x", family.link), printed_by_tcpdump(cuts, "-x", family.link)), "")
        << static_cast<unsigned>(family.link);
  }
}

TEST(ServicePrinters, PrintDamagedPacketsAsHarmlessText) {
  for (const PrintedFamily& family : families()) {
    const std::vector<Cut> cuts = damaged(family, family.link == LinkType::kEthernet ? 14 : 0, 500);
    for (const std::string_view option : {"", "-v"}) {
      expect_harmless(printed(cuts, option, family.link), family.name);
    }
  }
}

}  // namespace
}  // namespace ringtap
