// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of networks, their extension headers and what is directly in them against the installed tcpdump: each packet
// whole, cut at every length and with damaged bytes. Where tcpdump is wrong its text is that of --compat only.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/compared_printing.hpp"
#include "support/compared_tcpdump.hpp"
#include "support/framed.hpp"
#include "support/packet.hpp"

namespace ringtap {
namespace {

using testing::Cut;
using testing::cut_at_every_length;
using testing::damaged;
using testing::expect_harmless;
using testing::expect_printed_as_tcpdump_does;
using testing::first_difference;
using testing::frame;
using testing::network_header_end;
using testing::over_ip;
using testing::over_ipv6;
using testing::over_tcp;
using testing::over_udp;
using testing::printed;
using testing::printed_by_tcpdump;
using testing::PrintedFamily;
using testing::uncut;

// A packet of IPX up to its payload, of this length and to this socket.
std::string ipx(const std::string& length, const std::string& socket) {
  return "ffff" + length + "0000 00000001 ffffffffffff" + socket + "00000002 0200000000aa 4000";
}
const std::string kServer = "0002 0004 53455256" + std::string(88, '0') + "00000001 0200000000aa 0451 0001";

// A header of IPv6 whose length is 0, hop-by-hop options after it.
const std::string kJumbogram =
    "6000 0000 0000 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002 ";

std::vector<PrintedFamily> families() {
  return {
      {"jumbograms",
       {frame(0x86dd, kJumbogram + "11 00 c204 00010000 0fa0 0fa1 0000 0000"),
        frame(0x86dd, kJumbogram + "11 00 c204 00000010 0fa0 0fa1 0008 0000"),
        frame(0x86dd,
              kJumbogram + "3c 01 c204 00010000 c204 00010001 0104 0000 11 00 0104 00000000 0fa0 0fa1 0000 0000"),
        frame(0x86dd, kJumbogram + "3c 01 c204 00010000 c204 00010001 0100 11 00 0104 00000000 0fa0 0fa1 0000 0000"),
        frame(0x86dd, kJumbogram + "06 00 0107 00000000"), over_ipv6(0, "11 00 c204 00000010 0fa0 0fa1 0008 0000")}},
      {"hop-by-hop options",
       {over_ipv6(0, "3b00 0502 0001 0100"), over_ipv6(0, "3b00 c203 000100 00"), over_ipv6(0, "3b00 0501 00 010100"),
        over_ipv6(0, "3b00 c902 0000 0100"), over_ipv6(0, "3b00 0102 0000 0500"), over_ipv6(0, "3b00 0102 0000 c200"),
        over_ipv6(0, "3b01 0502 0001 c205 00010000 0101 0000"), over_ipv6(0, "3b00 0000 0000 00c2"),
        over_ipv6(0, "3b02 c910 20010db8000000000000000000000009 0102 0000"),
        over_ipv6(0, "3b02 c90f 20010db80000000000000000000000 0103 000000"),
        over_ipv6(0, "3b01 c204 00010000 c204 00010000 0100"), frame(0x86dd, kJumbogram + "3b00 c203 000100 00"),
        frame(0x86dd, kJumbogram + "3b02 c204 00020000 0501 00 0103000000 0102 0000 0102 0000")}},
      {"options for the destination",
       {over_ipv6(60, "3b00 c203 000100 00"), over_ipv6(60, "3b00 c902 0000 0100"),
        over_ipv6(60, "3b01 c204 00010000 c204 00010000 0100"), over_ipv6(60, "3b00 01ff 0001 0000")}},
      {"hop-by-hop options in another place",
       {over_ipv6(0, "0000 0104 00000000 3b00 0104 00000000"), over_ipv6(60, "0000 0104 00000000 3b00 0104 00000000"),
        over_ipv6(44, "0000 0000 00000005 3b00 0104 00000000"),
        over_ipv6(43, "0002 0000 00000000" + std::string(32, '0') + "3b00 0104 00000000"),
        over_ipv6(0, "3c00 0104 00000000 0000 0104 00000000"), over_ipv6(60, "0000 0104 00000000"),
        frame(0x86dd, kJumbogram + "0000 c204 00020000 3b00 0104 00000000")}},
      {"tipc",
       {frame(0x88ca, "4140003c 3a5b6c7d 01001002 01001001 00000003 00000004 01001005 01001006 00000007 00000008"),
        frame(0x88ca, "40c0003c 00000000 01001002 01001001 00000003 00000004"),
        frame(0x88ca, "4b40003c 3a5b6c7d 01001002 01001001 00010002 00030004 01001005 01001006 00000007 00080009"),
        frame(0x88ca, "5b40003c 205b6c7d 01001002 01001001 00000003 00000004"), frame(0x88ca, "4f40003c 00000000")}},
      {"lisp",
       {over_udp(4342,
                 "38000101 0102030405060708 0001 0004 11223344 000005a0 01 18 1000 0000 0001 0a000001 "
                 "01 64 02 32 0005 0001 0a000002"),
        over_udp(4342,
                 "48000001 0102030405060708 0000 0000 000005a0 00 80 4000 0123 0002 20010db8000000000000000000000001 "
                 "000102030405060708090a0b0c0d0e0f 0000000000000007"),
        over_udp(4342, "30000000 0102030405060708 0001 0000"), over_udp(4342, "10000000 0102030405060708 0001 0000")}},
      {"some/ip",
       {over_udp(30490, "1234 8001 0000000c 0001 0002 01 01 02 00 00112233"),
        over_udp(30490, "1234 0001 00000008 0001 0002 01 01 81 05"), over_udp(30490, "00")}},
      {"dccp",
       {over_ip(33, "03e8 07d0 08 00 0000 01 00 000000000001 00000000 2103 01 01 2203 05 02 00 00"),
        over_ip(33, "03e8 07d0 09 00 0000 07 00 000000000001 0000 000000000005 2603 0102 2a06 00000001 2b04 0002 00"),
        over_ip(33, "03e8 07d0 07 00 0000 0f 00 000000000001 0000 000000000005 0d000000"),
        over_ip(33, "03e8 07d0 06 00 0000 05 00 000000000001 2009 01 02 00000000"),
        over_ip(33, "03e8 07d0 06 00 0000 03 00 000000000001")}},
      {"geonet",
       {frame(0x8947, "01 51 00 00 0010 00 05 0102030405060708 11223344 0a0b0c0d f1020304 0102 0304 0506 0708" +
                          std::string(2 * 32, '0') + "1388 1389 00 01 aabbcc"),
        frame(0x8947, "02 40 00 00 0010 00 05 0102030405060708 11223344 0a0b0c0d f1020304 0102 0304 0506 0708 aa"),
        frame(0x0707, "01 10 00 00 0010 00 05 0102030405060708 11223344 0a0b0c0d f1020304 0102 0304 0506 0708 aa"),
        frame(0x8947, "01 51 00"), frame(0x1111, "01 02 aabbcc"), frame(0x1111, "01")}},
      {"ipx",
       {frame(0x8137, ipx("0022", "1234") + "aabbccdd"), frame(0x8137, ipx("0010", "0451")),
        frame(0x8137, ipx("002a", "85be") + "0205 0000 00000001 00000000 00000003 0001 0064"),
        frame(0x8137, ipx("0060", "0452") + kServer), frame(0x8137, ipx("0022", "0452") + "0003 0004"),
        frame(0x8137, ipx("0020", "0452") + "0007"),
        frame(0x8137, ipx("0030", "0453") + "0002 00000005 0001 0002 00000006 0001 0002"),
        frame(0x8137, ipx("0028", "0453") + "0001 ffffffff ffff ffff"),
        // With IPX's length inside of the operation, of a type, of a name, of an address, of socket and hops.
        frame(0x8137, ipx("001e", "0453") + kServer), frame(0x8137, ipx("001f", "0452") + kServer),
        frame(0x8137, ipx("0021", "0452") + kServer), frame(0x8137, ipx("0023", "0452") + kServer),
        frame(0x8137, ipx("0053", "0452") + kServer), frame(0x8137, ipx("005d", "0452") + kServer),
        frame(0x8137, ipx("0061", "0452") + kServer + "0004")}},
      {"mobility",
       {over_ipv6(135, "3b01 0500 0000 0007 d000 0010 0102 0000"),
        over_ipv6(135, "3b02 0300 0000 0005 0011223344556677 8899aabbccddeeff 3b"),
        over_ipv6(135, "3b01 0600 0000 0380 0007 0010 0402 0005"), over_ipv6(135, "3b00 0500 0000 0007")}},
      {"aoe",
       {frame(0x88a2, "10 00 0001 02 03 00000001 01 01 020000000001"),
        frame(0x88a2, "10 00 0001 02 00 00000001 01 0f 01 02 353637383930 0000 0000"),
        frame(0x88a2, "18 00 0001 02 01 00000001 000a 0b0c 0d 12 0004 41424344"), frame(0x88a2, "20 00")}},
  };
}

TEST(NetworkPrinters, PrintWholePacketsAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  for (const PrintedFamily& family : families()) {
    expect_printed_as_tcpdump_does(family, uncut(family.packets), {"", "-v", "-vv", "-vvv"});
  }
}

TEST(NetworkPrinters, PrintPacketsCutAtEveryLengthAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  for (const PrintedFamily& family : families()) {
    expect_printed_as_tcpdump_does(family, cut_at_every_length(family.packets), {"", "-v -x", "-vv", "-e"});
  }
}

TEST(NetworkPrinters, PrintDamagedPacketsAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  for (const PrintedFamily& family : families()) {
    // An extension header begins with the number of the next one, which would lead to any protocol.
    const std::size_t kept = family.name.find("options") != std::string_view::npos ? 1 : 0;
    const std::vector<Cut> cuts = damaged(family, network_header_end(family.packets.front()) + kept, 500);
    expect_printed_as_tcpdump_does(family, cuts, {"", "-v -x", "-vv", "-e"});
    for (const std::string_view option : {"", "-vv"}) {
      expect_harmless(printed(cuts, option, family.link, false), family.name);
    }
  }
}

// Packets, and what tcpdump 4.99.3 does not say of them.
struct Truth {
  PrintedFamily family;
  std::string_view text;
};

std::vector<Truth> truths() {
  const std::string ospf = "01010101 00000000 0000 0000 0000000000000000";
  const std::string external = "0001 02 05 0a000000 02020202 80000001 0000";
  return {
      {{"length of an LSA of ospf3",
        {over_ipv6(89,
                   "0302 0030 01010101 00000000 0000 0000 00 000013 05dc 00 00 00000005 "
                   "0005 2001 00000001 02020202 80000001 0000 0000")},
        "-vv"},
       "Bogus length 0 < header (20)"},
      {{"end of an LSA of ospf",
        {over_ip(89, "0204 0068" + ospf + "00000002" + external + "0028 ffffff00 80000001 00000000 00000000 00000002" +
                         external + "0024 ffffff00 80000003 00000000 00000000")},
        "-v"},
       "metric 1 (invalid)\n\t  LSA #2\n\t  Advertising Router 2.2.2.2"},
      {{"end of a message of msdp", {over_tcp(639, "04 0003 02 0003 04 0003 04 0003")}, "-v"},
       "Keepalive [len 3] SA-Request [|msdp]"},
      {{"packets lost, of rtcp",
        {over_udp(5005, "81c9 0007 01020304 11223344 00ffffff 00000064 00000008 aabbccdd 00010000")},
        "-T rtcp"},
       " rr -1l 100s 8j"},
      {{"end of a packet of rtcp", {over_udp(5005, "82c9 0001 01020304" + std::string(48, '1'))}, "-T rtcp"},
       " rr [8] c2 [|rtcp]"},
      {{"no source of rtcp", {over_udp(5005, "80cb 0000 80cb 0000 80cb 0001 01020304 80ca 0000")}, "-T rtcp -v"},
       " bye 4 bye 4 bye 8 16909060 sdes 4"},
      {{"end of a packet of ipx", {frame(0x8137, ipx("0020", "0452") + "0001 1234")}, ""}, "ipx-sap-req (invalid)"},
      {{"command of aoe", {frame(0x88a2, "10 00 0001 02 01 00000005 0010 0001 02 1f 0000")}, "-v"},
       "CCmd: Unknown (0x0f)"},
  };
}

TEST(NetworkPrinters, SayWhatTcpdumpDoesNotButWithCompat) {
  REQUIRE_COMPARED_TCPDUMP();
  for (const auto& [family, text] : truths()) {
    const std::vector<Cut> packets = uncut(family.packets);
    const std::string ours = printed(packets, family.options, family.link, false);
    EXPECT_NE(ours.find(text), std::string::npos) << family.name << ": " << ours;
    const std::string compatible = printed(packets, family.options, family.link);
    EXPECT_EQ(compatible.find(text), std::string::npos) << family.name << ": " << compatible;
    EXPECT_EQ(first_difference(compatible, printed_by_tcpdump(packets, family.options, family.link)), "");
  }
}

}  // namespace
}  // namespace ringtap
