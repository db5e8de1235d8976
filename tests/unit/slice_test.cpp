// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How long the headers of a record are; bpf.tap_programs_test compares this with what the kernel keeps.
#include "record/slice.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "record/link_header.hpp"
#include "support/packet.hpp"

namespace ringtap {
namespace {

using testing::Bytes;

RecordView record_of(const Bytes& bytes, LinkType link_type = LinkType::kEthernet) {
  return {.data = bytes, .wire_len = static_cast<std::uint32_t>(bytes.size()), .link_type = link_type};
}

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  std::string digits;
  for (const char letter : text) {
    if (letter != ' ') digits += letter;
  }
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::vector<std::size_t> lengths(const Bytes& bytes, LinkType link_type = LinkType::kEthernet) {
  std::vector<std::size_t> all;
  for (const int layer : {2, 3, 4}) all.push_back(header_length(record_of(bytes, link_type), layer));
  return all;
}

using Lengths = std::vector<std::size_t>;

const std::string kMacs = "020000000002 020000000001 ";

TEST(Slice, CountsTheHeadersOfEachLayer) {
  using testing::Ethernet;
  using testing::Ipv4;
  using testing::Payload;
  using testing::Tcp;
  using testing::Udp;
  EXPECT_EQ(lengths((Ethernet{} / Ipv4{} / Udp{} / Payload{"0123456789"}).bytes()), (Lengths{14, 34, 42}));
  EXPECT_EQ(lengths((Ethernet{} / Ipv4{} / Tcp{} / Payload{"0123456789"}).bytes()), (Lengths{14, 34, 54}));
  // Two tags, ARP, an IPv4 header with options and a later fragment of another.
  const std::string tags = kMacs + "88a8 0001 8100 0002 ";
  EXPECT_EQ(lengths(from_hex(tags + "0806 0001 0800 06 04 0001" + std::string(60, '0'))), (Lengths{22, 50, 50}));
  EXPECT_EQ(lengths(from_hex(kMacs + "0800 46 00 0030 0000 0000 40 11 0000 0a000001 0a000002 01010101" +
                             std::string(60, '0'))),
            (Lengths{14, 38, 46}));
  EXPECT_EQ(lengths(from_hex(kMacs + "0800 45 00 0030 0000 0001 40 11 0000 0a000001 0a000002" + std::string(60, '0'))),
            (Lengths{14, 34, 34}));
}

TEST(Slice, PassesOverExtensionHeadersOfIpv6) {
  const std::string addresses(64, '0');
  // Hop-by-hop options of 16 bytes, then ICMPv6.
  EXPECT_EQ(lengths(from_hex(kMacs + "86dd 60000000 0020 00 40" + addresses + "3a01" + std::string(28, '0') +
                             std::string(40, '0'))),
            (Lengths{14, 70, 78}));
  // A later fragment has no transport header.
  EXPECT_EQ(
      lengths(from_hex(kMacs + "86dd 60000000 0020 2c 40" + addresses + "1100 0008 00000000" + std::string(40, '0'))),
      (Lengths{14, 62, 62}));
}

TEST(Slice, KnowsTheLinkTypesThatItSaysItKnows) {
  const std::string ip = "45 00 0030 0000 0000 40 11 0000 0a000001 0a000002" + std::string(60, '0');
  EXPECT_EQ(lengths(from_hex(ip), LinkType::kRaw), (Lengths{0, 20, 28}));
  EXPECT_EQ(lengths(from_hex("02000000" + ip), LinkType::kNull), (Lengths{4, 24, 32}));
  EXPECT_EQ(lengths(from_hex("0000 0001 0006 0200000000010000 0800" + ip), LinkType::kLinuxSll), (Lengths{16, 36, 44}));
  EXPECT_EQ(lengths(from_hex("0800 0000 00000001 0001 00 06 0200000000010000" + ip), LinkType::kLinuxSll2),
            (Lengths{20, 40, 48}));
  for (const LinkType type : {LinkType::kRaw, LinkType::kNull, LinkType::kLinuxSll, LinkType::kLinuxSll2}) {
    EXPECT_TRUE(has_known_header(type));
  }
  EXPECT_FALSE(has_known_header(LinkType::kFrameRelay));
}

TEST(Slice, ACutRecordHasItsTrueLengthAndNoMoreBytesThanItHad) {
  const Bytes frame = (testing::Ethernet{} / testing::Ipv4{} / testing::Udp{} / testing::Payload{"0123456789"}).bytes();
  for (const auto& [cut, kept] : std::vector<std::pair<Cut, std::size_t>>{{{}, 52},
                                                                          {{.snaplen = 20}, 20},
                                                                          {{.layer = 4}, 42},
                                                                          {{.layer = 4, .more = 5}, 47},
                                                                          {{.layer = 4, .more = 500}, 52},
                                                                          {{.snaplen = 20, .layer = 4}, 20}}) {
    RecordView record = record_of(frame);
    cut.apply_to(record);
    EXPECT_EQ(record.data.size(), kept);
    EXPECT_EQ(record.wire_len, 52U);
  }
  for (std::size_t size = 0; size <= frame.size(); ++size) {
    RecordView record = record_of(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)));
    Bytes held(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
    record.data = held;
    Cut{.layer = 4}.apply_to(record);
    EXPECT_LE(record.data.size(), size);
  }
}

}  // namespace
}  // namespace ringtap
