// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <gtest/gtest.h>

#include "support/capture_file.hpp"
#include "support/packet.hpp"
#include "support/process.hpp"
#include "support/requirements.hpp"
#include "support/wait.hpp"

namespace ringtap::testing {
namespace {

// What tcpdump, an independent reader, says about frames: types, lengths and checksums (-vv).
std::string tcpdump_says(const Bytes& frame) {
  TempDir folder;
  std::string dump;
  const std::string digits = hex(frame);
  for (std::size_t i = 0; i < digits.size(); i += 2) dump += "\\x" + digits.substr(i, 2);
  // pcap: magic 0xa1b2c3d4 in host order, version 2.4, snaplen 262144, Ethernet; one record at time 0.
  const auto word = [](std::size_t value) {
    std::string text;
    for (int i = 0; i < 4; ++i, value >>= 8) text += "\\x" + hex({static_cast<std::byte>(value & 0xff)});
    return text;
  };
  const std::string header = word(0xa1b2c3d4) + word(0x00040002) + word(0) + word(0) + word(262144) + word(1);
  const std::string record = word(0) + word(0) + word(frame.size()) + word(frame.size());
  // bash, because printf of a POSIX shell need not know \x.
  return run({"bash", "-c", "printf '" + header + record + dump + "' | tcpdump -n -t -e -vv -r - 2>/dev/null"}).out;
}

TEST(PacketBuilder, FillsInTypesLengthsAndChecksumsThatTcpdumpAccepts) {
  REQUIRE_TOOL("tcpdump");
  const std::string udp =
      tcpdump_says((Ethernet{} / Vlan{.id = 7} / Ipv4{.id = 1} / Udp{.dst_port = 7777} / Payload{"abc"}).bytes());
  EXPECT_NE(udp.find("ethertype 802.1Q (0x8100), length 49: vlan 7, p 0, ethertype IPv4"), std::string::npos) << udp;
  EXPECT_NE(udp.find("proto UDP (17), length 31)"), std::string::npos) << udp;
  EXPECT_NE(udp.find("192.0.2.1.40000 > 192.0.2.2.7777: [udp sum ok] UDP, length 3"), std::string::npos) << udp;
  EXPECT_EQ(udp.find("bad cksum"), std::string::npos) << udp;

  const std::string tcp = tcpdump_says((Ethernet{} / Ipv6{} / Tcp{.seq = 5} / Payload{"odd"}).bytes());
  EXPECT_NE(tcp.find("payload length: 23) 2001:db8::1.40000 > 2001:db8::2.80: Flags [S]"), std::string::npos) << tcp;
  EXPECT_NE(tcp.find("(correct), seq 5:8"), std::string::npos) << tcp;

  const std::string echo = tcpdump_says((Ethernet{} / Ipv6{} / Icmp{} / Payload{"x"}).bytes());
  EXPECT_NE(echo.find("[icmp6 sum ok] ICMP6, echo request"), std::string::npos) << echo;
  EXPECT_NE(tcpdump_says((Ethernet{} / Arp{}).bytes()).find("Request who-has 192.0.2.2 tell 192.0.2.1"),
            std::string::npos);
}

TEST(PacketBuilder, KeepsAFieldThatTheTestGave) {
  const Bytes frame = (Ethernet{.type = 0x1234} / Ipv4{.total_length = 7, .checksum = 0xbeef}).bytes();
  EXPECT_EQ(frame[12], std::byte{0x12});
  EXPECT_EQ(frame[17], std::byte{7});
  EXPECT_EQ(frame[24], std::byte{0xbe});
  EXPECT_EQ(frame[25], std::byte{0xef});
}

TEST(PacketBuilder, PutsTagsOfQinQInOrder) {
  const Bytes frame = (Ethernet{} / Vlan{.id = 100, .protocol = 0x88a8} / Vlan{.id = 200} / Ipv4{}).bytes();
  EXPECT_EQ(hex(frame).substr(24, 20), "88a80064810000c80800");
}

TEST(InternetChecksum, AgreesWithTheExampleOfRfc1071) {
  const Bytes bytes = {std::byte{0x00}, std::byte{0x01}, std::byte{0xf2}, std::byte{0x03},
                       std::byte{0xf4}, std::byte{0xf5}, std::byte{0xf6}, std::byte{0xf7}};
  EXPECT_EQ(internet_checksum(bytes), static_cast<std::uint16_t>(~0xddf2));
}

}  // namespace
}  // namespace ringtap::testing
