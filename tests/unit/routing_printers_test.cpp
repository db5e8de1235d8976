// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of routing and of what watches links against the installed tcpdump: each packet whole, cut at every length
// and with damaged bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
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
using testing::network_header_end;
using testing::over_ip;
using testing::over_ipv6;
using testing::over_tcp;
using testing::over_udp;
using testing::Payload;
using testing::printed;
using testing::printed_by_tcpdump;
using testing::PrintedFamily;
using testing::uncut;

// IEEE 802.3 with LLC of OSI.
Bytes over_osi(const std::string& hex) {
  const Bytes payload = bytes_of("fefe03" + hex);
  return (Ethernet{.type = static_cast<std::uint16_t>(payload.size())} / Payload(payload)).bytes();
}

// A link state PDU of IS-IS.
Bytes lsp(const std::string& tlvs) {
  constexpr std::size_t kHeader = 27;
  std::array<char, 5> length{};
  std::snprintf(length.data(), length.size(), "%04zx", kHeader + bytes_of(tlvs).size());
  return over_osi("831b0100 12010000" + std::string(length.data()) + "03e8 010203040506 0000 00000005 0000 03" + tlvs);
}

const std::string kBgpMarker = "ffffffffffffffffffffffffffffffff";
// A database description of OSPFv3 with all options, and what follows a packet.
const std::string kDescribed = "0302 001c 01010101 00000000 0000 0000 00 000613 05dc 00 07 00000005";
const std::string kSignaling = "0000 000c 0001 0004 00000001";
const std::string kTrailer = "0001 0014 0000 0001 00000000 52da4e0e 01020304";
const std::string kOspf = "01010101 00000000 0000 0000 0000000000000000";
const std::string kLsa = "000a 02 01 0a000001 02020202 80000001 1234 0024";
const std::string kLsaOfNoLength = "000a 02 01 0a000001 02020202 80000001 1234 0004";
// A neighbor of IS-IS with one capability to switch, but for its encoding and what follows that.
const std::string kSwitch = "16 31 01020304050600 00000a 26 15 24 01";
const std::string kBandwidths = "0000" + std::string(64, '0');
const std::string kMcid = "07 4e414d45" + std::string(56, '0') + "0102 000102030405060708090a0b0c0d0e0f";

std::vector<PrintedFamily> families() {
  return {
      {"pim",
       {over_ip(103, "2000 0000 0001 0002 0069 0014 0004 aabbccdd 0002 0004 8011 2233"),
        over_ip(103, "2300 0000 01000a0a0a01 00 01 00d2 01000020e1010101 0001 0000 010007200a000009"),
        over_ip(103, "2200 0000 01000020e1010101 01000a0a0a01"),
        over_ip(103, "2800 0000 02 03 04b4 01000a0a0a01 01000020e1010101 01000018e1010100"),
        over_ip(103, "2a31 0000 01000a0a0a01 00000001 0000000a 01000a0a0a02 00000001 00000002 0064"),
        over_ip(103, "1000 0000")}},
      {"pim of igmp",
       {over_ip(2, "1400 0000 10000000 20000069"), over_ip(2, "1409 0000 20000000"),
        over_ip(2, "1401 0000 10000000 45000014 00010000 40110000 0a000001 e1010101"), over_ip(2, "1401 0000 10000000"),
        over_ip(2, "1402 0000 10000000 e1010101 0a000001"),
        over_ip(2,
                "1403 0000 10000000 0a000009 000000d2 00200402 e1010101 ffffffff 0001 0002 07200a000001 00a00a000002 "
                "04580a000100 e1020000 ffff0000 0000 0000"),
        over_ip(2, "1403 0000 10000000 0a000009 000000d2 00200401 e1010101 ffffff00 0001 0000 07200a000001"),
        over_ip(2, "1403 0000 10000000 0a000009 000000b4 00200401 e1010101 ffffffff 0001 0000 07200a000001"),
        over_ip(2, "1406 0000 20000000 0a000009 000000d2 00200402 e1010101 ffffffff 0000 0001 0720"),
        over_ip(2, "1404 0000 10000000 e1010101 ffffff00 0a000005 0000005a"),
        over_ip(2, "1405 0000 10000000 e1010101 ffffffff 0a000005 80000065 00000014")}},
      {"auto-rp",
       {over_udp(496, "11 02 00b5 00000000 0a000001 02 02 0008e1000000 0110e1020000 0a000002 07 01 0600e0000000"),
        over_udp(496, "12 01 0000 00000000 0a000001 01 02 0008e1000000 01"), over_udp(496, "13")}},
      {"vrrp",
       {over_ip(112, "2101 64 02 01 ff 0000 0a000001 0a000002 6162636465666768"),
        over_ip(112, "3101 64 01 01fe 0000 0a000001"), over_ip(112, "4201 64 01 01fe 0000 0a000001")}},
      {"eigrp",
       {over_ip(88, "0205 0000 00000001 00000002 00000003 0001 0064 0001 000c 0100 0100 0000 000f 0004 0008 0c04 0102"),
        over_ip(88,
                "0201 0000 00000000 00000002 00000003 0001 0064 "
                "0102 001c 00000000 00000064 00000064 0005dc 02 ff 01 0000 18 0a0101")}},
      {"egp",
       {over_ip(8, "0201 0001 0000 0064 0007 0101 0a010203 010203 02 05 02 0a ac10 06 01 c00102 040506 01 07 00"),
        over_ip(8, "0201 0082 0000 0064 0007 0200 0a0102ac 0102 01 05 01 0a 0304 00"),
        over_ip(8, "0201 0005 0000 0064 0007 0001 0a0102c0 01 00"),
        over_ip(8, "0202 0003 0000 0064 0007 0000 0a010000"),
        over_ip(8, "0201 0001 0000 0064 0007 0001 0a0102e0 01 05 01 0a"),
        over_ip(8, "0203 0001 0000 0064 0007 012c 0a01 ac10"), over_ip(8, "0203 0103 0000 0064 0007 012c 0a01 ac10"),
        over_ip(8, "0203 0204 0000 0064 0007 012c 0a01 ac10"), over_ip(8, "0203 0301 0000 0064 0007 012c 0a01 ac10"),
        over_ip(8, "0203 0500 0000 0064 0007 012c 0a01 ac10"), over_ip(8, "0204 0001 0000 0064 0007 012c 0a01 ac10"),
        over_ip(8, "0205 0002 0000 0064 0007 012c 0a01 ac10"), over_ip(8, "0205 0209 0000 0064 0007 012c 0a01 ac10"),
        over_ip(8, "0208 0001 0000 0064 0007 0002 4500 0014"), over_ip(8, "0308 0001 0000 0064 0007 0007 4500 0014")}},
      {"igrp",
       {over_ip(9,
                "1105 0064 0001 0001 0001 1234 0a0101 000064 000064 05dc ff 01 00 0a0101 ffffff 000000 05dc 00 01 00 "
                "0a0101 000001 000002 0000 80 ff 05"),
        over_ip(9, "2205 0064 0000 0000 0000 0000 aabb"), over_ip(9, "1305 0064 0001 0000 0000 1234 0a0101")}},
      {"ospf",
       {over_ip(89, "0201 0034" + kOspf + "ffffff00 000a 02 01 00000028 01010101 02020202 03030303 04040404"),
        over_ip(89, "0202 0034" + kOspf + "05dc 42 07 00000abc" + kLsa),
        over_ip(89, "0204 0040" + kOspf + "00000001" + kLsa + "0300 0001 0a000000 ffffff00 03 00 0001"),
        over_ip(89, "0203 0024" + kOspf + "00000005 0a000001 01010101"),
        over_ip(89, "0202 0048" + kOspf + "05dc 42 07 00000abc" + kLsaOfNoLength + kLsa),
        over_ip(89, "0205 0040" + kOspf + kLsaOfNoLength + kLsa),
        over_ip(89, "0204 0044" + kOspf + "00000002" + kLsaOfNoLength + kLsa)}},
      {"rip",
       {over_udp(520, "01 01 0000 0000 0000 00000000 00000000 00000000 00000010"),
        over_udp(520, "02 02 0000 0002 0001 0a000000 ffffff00 0a000001 00000003"),
        over_udp(520,
                 "02 02 0000 ffff 0002 70617373000000000000000000000000 0002 0000 0a000000 ff000000 00000000 00000001"),
        over_udp(521, "02 01 0000 20010db8000000000000000000000000 0005 40 01"),
        over_udp(520, "02 01 0000 0001 0000 0a000001 00000000 00000000 00000001 0002 0000 0a000001 00000007"),
        over_udp(520, "02 02 0000 0025 0000 0a00"), over_udp(520, "02 02 0000 ffff 0001 6162"),
        over_udp(520, "02 02 0000 ffff 0002 6162"), over_udp(520, "02 02 0000 0002 0000 0a00")}},
      {"bgp",
       {over_tcp(179, kBgpMarker + "001304"),
        over_tcp(179, kBgpMarker + "002d01 04 fde8 00b4 0a000001 10 02 0e 01 04 0001 00 01 02 00 41 04 000f4240"),
        over_tcp(179, kBgpMarker + "003402 0000 0019 40 01 01 00 40 02 06 02 02 0001 0002 40 03 04 0a000001 "
                                   "80 04 04 00000064 18 0a0101"),
        over_tcp(179, kBgpMarker + "003802 0000 0021 80 0e 1e 0002 01 10 20010db8000000000000000000000001 00 "
                                   "40 20010db800000001"),
        over_tcp(179, kBgpMarker + "001503 06 02"), over_tcp(179, kBgpMarker + "00170500010001"),
        // Path identifiers, which only the lengths of the prefixes tell: withdrawn, updated, unreachable, reachable;
        // and lists that cannot have them.
        over_tcp(179, kBgpMarker + "002302 0008 00000001 18c00002 0004 c0010100"),
        over_tcp(179, kBgpMarker + "002b02 0000 0004 c0010100 00000001 18c00002 00000002 18c00003"),
        over_tcp(179, kBgpMarker + "002902 0000 0012 c00f0b 000101 00000001 18c00002 c0010100"),
        over_tcp(179, kBgpMarker + "002f02 0000 0018 c00e11 000101 040a00000100 00000001 18c00002 c0010100"),
        over_tcp(179, kBgpMarker + "002002 0000 0004 c0010100 0000000000"),
        over_tcp(179, kBgpMarker + "002302 0000 0004 c0010100 18c00002 18c00003"),
        // A message whose lengths are wrong, and a sound one.
        over_tcp(179, kBgpMarker + "002002 0000 0009 c01a06 01000900 0000" + kBgpMarker + "001304"),
        over_tcp(179, kBgpMarker + "002002 0005 21c0000201 0004 c0010100"),
        over_tcp(179, kBgpMarker +
                          "00a702 0000 0090 c0160d 0000 0001f0 0a000001ef010101 c0160d 0101 0001f0 0a000001ef010101 "
                          "c0160d 0002 0001f0 0a000001ef010101 c0160d 0103 0001f0 0a000001ef010101 "
                          "c0160d 0004 0001f0 0a000001ef010101 c0160d 0105 0001f0 0a000001ef010101 "
                          "c0160d 0006 0001f0 0a000001ef010101 c0160d 0107 0001f0 0a000001ef010101 "
                          "c0160d 0008 0001f0 0a000001ef010101"),
        over_tcp(179, kBgpMarker + "002d02 0000 0016 c0200c 000102030405060708090a0b c08004 01020304"),
        // Attribute sets whose last attribute is longer than they are.
        over_tcp(179, kBgpMarker + "002802 0000 0011 c0800e 0000fde8 40010100 c0080a aabbcc"),
        over_tcp(179, kBgpMarker + "002a02 0000 0013 c08010 0000fde8 c08009 0000fde9 c00105 aabb"),
        over_tcp(179, kBgpMarker +
                          "016d0200000156d00e007a00018404010000020000200000001621000000168030000000160002380000"
                          "00160002004000000016000200016000000016000200010001000160000000160000aabbccdd01026000"
                          "0000160002aabbccdd010260000000160009aabbccdd010260000000160202aabbccdd01025300000016"
                          "010201020304e0d00f001000018460000000160002000100010001d01000c00005aabbccdd01020006aa"
                          "bbccdd01020009aabbccdd0102000aaabbccdd0102010baabbccdd01020306aabbccdd0102030caabbcc"
                          "dd01028000aabbccdd01028001aabbccdd0102800aaabbccdd010203060a000001050103060a00000107"
                          "0103060a0000010800800a000205dc0000800a040205dc0000800a130205dc0000800a2c0205dc000080"
                          "0a630205dc0000030c000000000003030c000000000006030c00000000000b030c00000000000d030c00"
                          "0000000011030c000000000012"),
        over_tcp(179, kBgpMarker +
                          "003c0200000025d00e0012000184000060000000160002000100010001d00e000b000184040100000200"
                          "0100"),
        over_tcp(179, kBgpMarker + "002b0200000014d00f001000018460000000168102aabbccdd0102"),
        // The end of routes of a family that is not read, addresses of OSI, what is too short.
        over_tcp(179, kBgpMarker + "001d02 0000 0006 c00f03 000642"),
        over_tcp(179, kBgpMarker + "002902 0000 0012 c00e0f 000301 05 4900010203 00 20 490001"),
        over_tcp(179, kBgpMarker + "002a02 0000 0013 c00f10 000380 68 000641 0000000a0000000b 49 00"),
        // Next hops of OSI in a VPN: without an address, and those that stand for addresses of IP. Prefixes that are
        // too long.
        over_tcp(179, kBgpMarker + "002902 0000 0012 c00e0f 000380 08 0000000a0000000b 00 58 00"),
        over_tcp(179, kBgpMarker + "003102 0000 001a c00e17 000380 12 0000000a0000000b 47000601 0a000001 0001 00"),
        over_tcp(179, kBgpMarker + "003b02 0000 0024 c00e21 000380 1c 0000000a0000000b 350000 "
                                   "20010db8000000000000000000000001 00 00"),
        over_tcp(179, kBgpMarker + "003802 0000 0021 c00f1e 000301 99" + std::string(52, '4')),
        over_tcp(179, kBgpMarker + "003802 0000 0021 c00f1e 000301 98" + std::string(52, '4')),
        over_tcp(179, kBgpMarker + "001f02 0000 0008 c02005 0102030405"),
        over_tcp(179, kBgpMarker +
                          "00570200000040d00d000401020304d019000401020304d01b000401020304d01c000401020304d01d00"
                          "0401020304d0ff000401020304d00f000400048400d00f000400c48400")}},
      {"listener reports",
       {over_ipv6(58, "8f00 0000 0000 0001 01 00 0000 ff0200000000000000000000000000fb"),
        over_ipv6(58,
                  "8f00 0000 0000 0001 02 00 0001 ff0200000000000000000000000000fb "
                  "20010db8000000000000000000000001")}},
      {"link-local signaling of ospf",
       {over_ipv6(89, kDescribed + kSignaling + kTrailer), over_ipv6(89, kDescribed + kTrailer),
        over_ipv6(89, kDescribed + "0000 0003" + kTrailer), over_ipv6(89, kDescribed + "0000 0005" + kTrailer),
        over_ipv6(89, kDescribed + "000000")}},
      {"ospf authentication trailer",
       {over_ipv6(89,
                  "030100240101010100000000000000000000000201000413000a00280a0a0a0100000000000100300000000100"
                  "00000052da4e0e0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"),
        over_ipv6(89,
                  "0301002c0101010100000000000000000000000201000413000a00280a0a0a0100000000010203040506070800"
                  "010024000000010000000152da4e0e0102030405060708090a0b0c0d0e0f1011121314"),
        over_ipv6(89,
                  "0302001c0101010100000000000000000000041305dc0007000000050001003000000001000000000000000501"
                  "02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"),
        over_ipv6(89,
                  "0303001c0101010100000000000000000102030405060708090a0b0c0001003000000001000000000000000501"
                  "02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"),
        over_ipv6(89,
                  "030100240101010100000000000000000000000201000413000a00280a0a0a0100000000000200300000000100"
                  "000000000000050102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"),
        over_ipv6(89,
                  "030100240101010100000000000000000000000201000413000a00280a0a0a0100000000000100100000000100"
                  "00000000000005"),
        over_ipv6(89,
                  "030100240101010100000000000000000000000201000413000a00280a0a0a01000000000001000f0000000100"
                  "00000000000005"),
        over_ipv6(89,
                  "030100240101010100000000000000000000000201000413000a00280a0a0a0100000000000100200000000100"
                  "000000000000050102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"),
        over_ipv6(89, "030100240101010100000000000000000000000201000413000a00280a0a0a010000000001020304"),
        over_ipv6(89,
                  "030100240101010100000000000000000000000201000413000a00280a0a0a0100000000010203040506070809"
                  "0a0b0c0d0e0f"),
        over_ipv6(89, "0301003c0101010100000000000000000000000201000413000a00280a0a0a0100000000"),
        over_ipv6(89, "030100140101010100000000000000000000000201000413000a00280a0a0a0100000000"),
        over_ipv6(89,
                  "030100240101010100000000000000000000000201000413000a00280a0a0a01000000000001003c0000000100"
                  "000000000000050102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20")}},
      {"traffic engineering",
       {over_ip(89,
                "02040104010101010000000000000000000000000000000000000001000a420a010000010202020280000001123400e8"
                "000100040a000001000200c80001000101000000000200040a000002000200080a0000020a000003000300040a000001"
                "000400040a0000020005000400000064000600044cee6b28000700044cee6b28000800204cee6b284cee6b284cee6b28"
                "4cee6b284cee6b284cee6b284cee6b284cee6b2800090004000000ff000b00080000000100000002000e000444000000"
                "000f0024330200004cee6b284cee6b284cee6b284cee6b284cee6b284cee6b284cee6b284cee6b280016000661626364"
                "656600000010000c000000010000000200000003"),
        over_ip(89,
                "02040044010101010000000000000000000000000000000000000001000a420a01000001020202028000000112340028000200"
                "100011000c010000004cee6b284cee6b28"),
        over_ip(89,
                "0204003c010101010000000000000000000000000000000000000001000a420a01000001020202028000000112340020"
                "000200080001000201020000"),
        over_ip(89,
                "0204003c010101010000000000000000000000000000000000000001000a420a01000001020202028000000112340020"
                "000200080002000361626300"),
        over_ip(89,
                "02040040010101010000000000000000000000000000000000000001000a420a01000001020202028000000112340024"
                "0002000c000300056162636465000000"),
        over_ip(89,
                "02040054010101010000000000000000000000000000000000000001000a420a01000001020202028000000112340038"
                "000200200008001c4cee6b284cee6b284cee6b284cee6b284cee6b284cee6b284cee6b28"),
        over_ip(89,
                "02040058010101010000000000000000000000000000000000000001000a420a0100000102020202800000011234003c"
                "00020024000f00204cee6b284cee6b284cee6b284cee6b284cee6b284cee6b284cee6b284cee6b28"),
        over_ip(89,
                "0204003c010101010000000000000000000000000000000000000001000a420a01000001020202028000000112340020"
                "000200080010000361626300"),
        over_ip(89,
                "0204005c010101010000000000000000000000000000000000000001000a420a01000001020202028000000112340040"
                "0002002800110023000000000000000000000000000000000000000000000000000000000000000000000000"),
        over_ip(89,
                "02040060010101010000000000000000000000000000000000000001000a420a01000001020202028000000112340044"
                "0002002c0011002800000000000000000000000000000000000000000000000000000000000000000000000000000000"),
        over_ip(89,
                "0204003c010101010000000000000000000000000000000000000001000a420a01000001020202028000000112340020"
                "000200080000000261620000"),
        over_ip(89,
                "02040038010101010000000000000000000000000000000000000001000a420a0100000102020202800000011234001c"
                "0002000400050000"),
        over_ip(89,
                "02040038010101010000000000000000000000000000000000000001000a420a0100000102020202800000011234001c"
                "000100040a000001"),
        over_ip(89,
                "0204003c010101010000000000000000000000000000000000000001000a420a01000001020202028000000112340020000700"
                "086162636465666768"),
        over_ip(89,
                "02040038010101010000000000000000000000000000000000000001000a420a0100000102020202800000011234001c"
                "0001000261620000"),
        over_ip(
            89,
            "02040034010101010000000000000000000000000000000000000001000a420a0100000102020202800000011234001800020064"),
        over_ip(89,
                "02040054010101010000000000000000000000000000000000000002000a420a0400000102020202800000011234001c"
                "0000000000000000000a420a0400000102020202800000011234001c00010004000003ff")}},
      {"ospf3",
       {over_ipv6(89,
                  "0301 0028 01010101 00000000 0000 0000 00000005 01 000013 000a 0028 00000000 00000000 02020202")}},
      {"padding of dhcp",
       {over_udp(68,
                 "0201 0600 00000001 0000 0000 00000000 00000000 00000000 00000000 00000000000000000000000000000000" +
                     std::string(384, '0') + "63825363 350105 000000 0c0161 0000 ff 0000 0c0162 00 ff")}},
      {"bfd",
       {over_udp(3784, "20 c0 03 18 aabbccdd 11223344 000f4240 00000000 00000000"),
        over_udp(4784, "21 44 03 21 aabbccdd 11223344 000f4240 00000000 00000000 01 09 02 736563726574"),
        over_udp(3785, "0102030405")}},
      {"hsrp", {over_udp(1985, "00 00 10 03 0a 64 01 00 636973636f000000 0a000001")}},
      {"sflow",
       {over_udp(6343,
                 "00000005 00000001 0a000001 00000002 00000003 00000004 00000001 00000001 00000038 "
                 "00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000001 "
                 "000003e9 00000010 0000000a 00000000 0000000a 00000000")}},
      {"es-is",
       {over_osi("8220 01 00 02 012c 0000 02 0749000102030405 03490001 c502abcd c6020005 c60105"),
        over_osi("8215 01 00 04 012c 1234 0749000102030405 c9020102"), over_osi("820d 01 00 05 012c 0000 01020304"),
        over_osi("8225 01 00 06 012c 0000 0749000102030405 06020000000003 0749000102030406 c5030102 03"),
        over_osi("8215 01 00 06 012c 0000 0749000102030405 00 00 ff"), over_osi("82"),
        over_osi("820c 01 00 02 012c 0000 01 15" + std::string(42, '0')), over_osi("8230 01 00 02 012c 0000 01 00"),
        // Options with names, and one after the protocols, which tcpdump does not step over.
        over_osi("8219 01 00 04 012c 0000 0749000102030405 81 02 81cc e1 02 ff00"),
        over_osi("821b 01 00 04 012c 0000 0749000102030405 e1 04 ffffff00 e2 02 ff00"),
        over_osi("8217 01 00 04 012c 0000 0749000102030405 81 04 81cc8e01"), over_osi("820a 01 00 02 012c 0000 01 00"),
        over_osi("820b 02 00 02 012c 0000 01 00")}},
      {"clnp",
       {over_osi("8140 01 3f fc 0043 0000 0749000102030405 0749000102030406 0005 0010 0040 "
                 "c3 01 df c5 02 4f07 c8 06 0103 03490001 cb 02 0005 cc 01 00 cd 01 17 d0 01 05 c1 01 93 010203"),
        over_osi("811c 01 01 01 0033 1234 0749000102030405 0749000102030406 c10181 "
                 "8119 01 3f 1c 001a 0000 0749000102030405 0749000102030406 05"),
        over_osi("811a 01 01 1f 001a 0000 0749000102030405 0749000102030406 c1"),
        over_osi("811b 01 01 1e 001b 0000 0749000102030405 0749000102030406 c500"),
        over_osi("8119 01 01 9c 0019 0000 0749000102030405 0749000102030406"),
        over_osi("8118 01 01 1c 0019 0000 0749000102030405 0749000102030406"), over_osi("8109 02 01 1c 0009 0000"),
        over_osi("8108 01 01 1c 0009 0000"), over_osi("00 01"), over_osi("cf c021 0105 0004"),
        over_osi("811c 01 01 1c 001c 0000 0749000102030405 0749000102030406 c10192"), over_osi("cf 23 cf 23 00 01"),
        over_osi("cf 0023 810902011c00090000"), over_osi("cf 23 cf 23 cf 23")}},
      {"isis",
       {lsp("f00101f00401020304f006010203040506f00b0102030405060708090a0bf00f0102030405060708090a0b0c0d0e0f0d07"
            "010102030405060d0d020102030405060708090a0b0c0d07020102030405060d000d0700010203040506030a0102030405"
            "060708090a03160102030405060708090a0b0c0d0e0f101112131415160309010203040506070809"),
        lsp("05030102030507010203040412340508010203040512345605050102030400050b0102030402120412340110051a010203"
            "042a0102030405060708090a0b0c0d0e0f101112131415050981c2c3440249000250"),
        lsp("040601020304050604050102030405f10401020304f10301020307030102030a000c01010e010183008603010203d30042"
            "0201026402010288020102b0020102fb020102"),
        lsp(kSwitch + "04" + kBandwidths + kSwitch + "05" + kBandwidths + kSwitch + "0b" + kBandwidths + kSwitch +
            "0c" + kBandwidths),
        over_osi("831b0100 12010000 001b 0000 010203040506 0000 00000005 1234 ff"),
        over_osi("83110100 1a010000 0023 01020304050600 0910 1234567890 0011 2233445566 0000 0000 0001 2345"),
        lsp("01 04 03490001 81 02 cc8e 84 04 0a000001"),
        over_osi("831b0100 0f010000 01 222222222222 001e 001b 40 222222222222 01"),
        over_osi("83140100 11010000 03 111111111111 001e 0019 02 f0 03 020000"),
        over_osi("84"),
        lsp("8f 6a 0004 04 66" + kMcid + kMcid),
        lsp("8f 33 0004 05 21 1b 0102030405060708090a0b0c0d0e0f10 1112131415161718191a1b1c1d1e1f20"
            "06 0c 00000001 001c 00000002 ffff"),
        lsp("90 1f 8002 01 1b 8000010203040506 00000064 8000 000f ffff 01 e1 00000001 064001"),
        lsp("90 14 0000 03 10 010203040506 f0ff 4abbccdd c0000001"),
        lsp("90 04 0000 09 20"),
        lsp("8f 01 00 89 01 68"),
        lsp("fa 02 0000 fa 03 00000c fa 05 00000c0102 fa 04 ffffff01 83 01 00 0a 02 ff01 81 00 89 04 61006200 8900"),
        lsp("f2 04 01020304"),
        lsp("16 07 01020304050607"),
        lsp("18 09 01020304050607 00 00"),
        lsp("18 00 16 00"),
        lsp("de 01 00"),
        lsp("eb 01 00"),
        lsp("ed 01 00"),
        lsp("e5 03 000200"),
        lsp("87 04 01020304"),
        lsp("16 0c 01020304050607 00000a 0b 0c 89 01 61"),
        lsp("16 0e 01020304050607 00000a 08 0c0401 89 01 61"),
        lsp("16 0f 01020304050607 00000a 03 0c0001 01"),
        lsp("16 0e 01020304050607 00000a 04 0c0401"),
        lsp("0d 0c ff 0102030405060708090a0b f0 05 0001020304")}},
      {"ldp",
       {over_udp(646, "0001 001e 0a000005 0000 0100 0014 00000001 0400 0004 000f c000 0401 0004 0a000001 0501 0000"),
        over_tcp(646,
                 "0001 0037 0a000005 0000 0400 002d 00001234 0100 0008 02 0001 18 0a0102 00 0200 0004 00000010 "
                 "0300 000a 8000000a 00001234 0100 8101 0001 05"),
        over_tcp(646,
                 "0001 0038 0a000005 0000 0400 002e 00001234 0100 001e 80 8005 16 00000001 00000064 0104 05dc "
                 "0306 61626364 0c04 ffff 0604 0000 0101 0004 0001 0a00"),
        over_tcp(646, "0002 0010 0a000005 0000 0201 0004 00000001 00000000"),
        over_tcp(646, "0001 0003 0a000005 0000 0201 0004 00000001 00000000")}},
      {"lsp-ping",
       {over_udp(3503,
                 "0001 0000 01 02 03 04 11223344 00000007 d0000000 80000000 00000000 00000000 "
                 "0001 000c 0001 0005 0a000001 18 000000 000f 0004 00000001 0005 0004 00000009"),
        over_udp(3503,
                 "0001 0000 02 02 08 01 11223344 00000007 d0000000 80000000 d0000001 40000000 "
                 "0002 0014 05dc 01 00 0a000001 0a000002 0000 0000 00000000 0001 0018 0003 0014 "
                 "0a000001 0000 0001 0a000002 0a000003 0000 0004"),
        over_udp(3503, "0001")}},
      {"msdp",
       {over_tcp(639, "01 0014 01 0a000001 00000020 e1010101 0a000009 04 0003"),
        over_tcp(639, "02 000b e1010101 0a000001 03 0004 00"), over_tcp(639, "08 0003")}},
      {"nsh",
       {frame(0x894f,
              "0fc6 01 01 000005ff 00112233 44556677 8899aabb ccddeeff 45000014 00010000 40ff0000 0a000001"
              "0a000002"),
        frame(0x894f, "2fc4 02 03 000005ff 0102 83 03 aabbcc00"), frame(0x894f, "4fc6 01 01"),
        frame(0x894f, "0ffc 01 01 000005ff")}},
      {"macsec",
       {frame(0x88e5,
              "2000 00000007 0011223344550001 0806 0001080006040001 020000000001 0a000001 000000000000 0a000002"
              "00112233445566778899aabbccddeeff"),
        frame(0x88e5, "2c1e 00000007 0011223344550001 00112233445566778899"), frame(0x88e5, "8000 00000007 0000")}},
      {"cfm",
       {frame(0x8902, "60 01 84 46 00000007 0102 04 04 61626364 02 03 616263" + std::string(2 * 53, '0') +
                          "02 0001 02 03 0001 05 01 0008 05 05 01 0a000001 00 1f 0005 0080c201aa 00"),
        frame(0x8902, "60 05 80 11 00000007 40 020000000001 020000000002 08 0002 0102 00"),
        frame(0x8902, "60 04 e0 06 00000007 40 02 00"), frame(0x8902, "60 03 00 04 00000007 03 0003 010203 00"),
        frame(0x8902, "63 01 84 46"), frame(0x8902, "60 01 84 46 00")}},
      {"rpki-rtr",
       {over_tcp(323, "00 00 0007 0000000c 00000009"), over_tcp(323, "00 02 0000 00000008 00 08 0000 00000008"),
        over_tcp(323, "00 04 0000 00000014 01 18 18 00 0a000000 0000fde8"),
        over_tcp(323, "00 06 0000 00000020 00 20 30 00 20010db8000000000000000000000000 0000fde8"),
        over_tcp(323, "00 0a 0003 0000001b 00000008 0002 0000 00000008 00000003 616263"),
        over_tcp(323, "01 00 0007 0000000c 00000009"), over_tcp(323, "00 00 0007 00000008")}},
      {"decnet",
       {frame(0x6003, "1a00 26 0000 aa0004000204 0000 aa0004000104 00 02 00 00 10 0220 0120"),
        frame(0x6003, "2200 3e 0000 aa0004000204 0000 aa0004000104 00 02 00 00 20 0220 0120 0580 0690 0100 aabb"),
        frame(0x6003, "1300 02 0204 0104 05 10 0220 0120 0580 0690 0100 01 05"),
        frame(0x6003, "0f00 02 0204 0104 05 14 0220 0120 0590 0000"),
        frame(0x6003, "0f00 02 0204 0104 05 18 0000 0120 05 02 0004"),
        frame(0x6003, "1000 02 0204 0104 05 28 0220 0120 01 01 0004 02"),
        frame(0x6003, "0e00 02 0204 0104 05 38 0220 0120 2700 00"),
        frame(0x6003, "0d00 02 0204 0104 05 48 0220 0120 2a00"),
        frame(0x6003, "2200 0d 02 00 00 aa0004000104 03 3240 00 0000000000000000 aa0004000304 0a00 00 02 aaaa"),
        frame(0x6003, "1300 0b 02 00 00 aa0004000104 01 3240 40 00 0a00 00 0f"),
        frame(0x6003, "0600 05 0104 02 aaaa")}},
  };
}

TEST(RoutingPrinters, PrintWholePacketsAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  for (const PrintedFamily& family : families()) {
    expect_printed_as_tcpdump_does(family, uncut(family.packets), {"", "-v", "-vv", "-vvv"});
  }
}

// With these options cut or damaged packets of a family are not printed as by tcpdump yet: the mark or the dump begins
// elsewhere, or a value that cannot be has another name. A row that is no longer true fails.
struct Differing {
  std::string_view family;
  std::vector<std::string_view> cut;
  std::vector<std::string_view> damaged;
};
const std::vector<std::string_view> kOptions = {"", "-v -x", "-vv", "-e"};
const std::vector<Differing> kDiffering = {
    {"bgp", {"-v -x"}, {"-v -x"}},
    {"link-local signaling of ospf", {}, {"-vv"}},
    {"ospf authentication trailer", {}, {"-vv"}},
    {"bfd", {}, {"-v -x"}},
    {"isis", {"-v -x"}, {"-v -x", "-vv"}},
    {"decnet", {}, kOptions},
    {"ldp", {}, {"-v -x", "-vv"}},
};

using Options = std::vector<std::string_view> Differing::*;
void expect_printed_but_for(Options differing, const PrintedFamily& family, const std::vector<Cut>& cuts) {
  const auto row = std::find_if(kDiffering.begin(), kDiffering.end(),
                                [&](const Differing& known) { return known.family == family.name; });
  for (const std::string_view option : kOptions) {
    if (row == kDiffering.end() || std::count((*row.*differing).begin(), (*row.*differing).end(), option) == 0) {
      expect_printed_as_tcpdump_does(family, cuts, {option});
      continue;
    }
    const bool differs = printed(cuts, option, family.link) != printed_by_tcpdump(cuts, option, family.link);
    EXPECT_TRUE(differs) << family.name << ' ' << option << " is alike now: take it out of kDiffering";
  }
}

TEST(RoutingPrinters, PrintPacketsCutAtEveryLengthAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  for (const PrintedFamily& family : families()) {
    expect_printed_but_for(&Differing::cut, family, cut_at_every_length(family.packets));
  }
}

TEST(RoutingPrinters, PrintDamagedPacketsAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  for (const PrintedFamily& family : families()) {
    const std::vector<Cut> cuts = damaged(family, network_header_end(family.packets.front()), 500);
    expect_printed_but_for(&Differing::damaged, family, cuts);
  }
}

// Each level is two bytes: OSI with PPP inside, PPP with OSI inside.
TEST(RoutingPrinters, StopInPacketsNestedTooDeeply) {
  std::string levels = "fefe03";
  for (unsigned i = 0; i < 60000; ++i) levels += "cf23";
  EXPECT_EQ(printed(uncut({frame(0x8870, levels)}), "", LinkType::kEthernet), "\n");
}

TEST(RoutingPrinters, PrintCutAndDamagedPacketsAsHarmlessText) {
  std::mt19937 random(1);
  for (const PrintedFamily& family : families()) {
    std::vector<Cut> cuts;
    for (unsigned i = 0; i < 500; ++i) {
      Bytes bytes = family.packets[random() % family.packets.size()];
      for (auto j = random() % 5; j-- > 0;) bytes[14 + random() % (bytes.size() - 14)] = std::byte(random());
      if (i % 2 == 0) bytes.resize(1 + random() % bytes.size());
      cuts.push_back({bytes, static_cast<std::uint32_t>(bytes.size() + random() % 3)});
    }
    for (const std::string_view option : {"", "-v", "-vv"}) {
      expect_harmless(printed(cuts, option, family.link), family.name);
    }
  }
}

}  // namespace
}  // namespace ringtap
