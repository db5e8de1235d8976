// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/frame_index.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>

#include <cstring>
#include <random>

#include "recorder/index_keys.hpp"
#include "support/packet.hpp"

namespace ringtap {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): layers of packets
using Bytes = std::vector<std::byte>;
using State = IndexReader::State;

std::uint32_t ipv4(const char* text) {
  in_addr address{};
  inet_pton(AF_INET, text, &address);
  return key_hash(KeyKind::kIpv4Address, ntohl(address.s_addr));
}
std::uint32_t ipv6(const char* text) {
  std::array<std::byte, 16> address{};
  inet_pton(AF_INET6, text, address.data());
  return ipv6_key(load_be64(address.data()), load_be64(address.data() + 8));
}
std::uint32_t port(std::uint16_t number) {
  return key_hash(KeyKind::kPort, number);
}
std::uint32_t protocol(std::uint8_t number) {
  return key_hash(KeyKind::kProtocol, number);
}
std::uint32_t ethertype(std::uint16_t number) {
  return key_hash(KeyKind::kEthertype, number);
}
std::uint32_t vlan(std::uint16_t id) {
  return key_hash(KeyKind::kVlan, id);
}

void append(Bytes& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

// An index file of one frame that holds one packet.
class OneFrame {
 public:
  explicit OneFrame(const Bytes& packet, LinkType link_type = LinkType::kEthernet, RecordView record = {}) {
    record.data = packet;
    FrameIndexer indexer;
    indexer.add(record, link_type);
    append(file_, index_file_header());
    append(file_, indexer.finish(0, 100, 100));
    IndexReader reader(file_);
    EXPECT_EQ(reader.next(), State::kEntry);
    entry_ = reader.entry();
  }
  [[nodiscard]] bool has(std::uint32_t key) const { return entry_.may_have(key); }
  [[nodiscard]] const FrameEntry& entry() const { return entry_; }

 private:
  Bytes file_;
  FrameEntry entry_;
};

TEST(FrameIndex, HasAddressesPortsProtocolAndEthertype) {
  const OneFrame udp(
      (Ethernet{} / Ipv4{.src = "192.0.2.7", .dst = "198.51.100.9"} / Udp{.src_port = 4711, .dst_port = 53}).bytes());
  for (const auto key :
       {ipv4("192.0.2.7"), ipv4("198.51.100.9"), port(4711), port(53), protocol(17), ethertype(0x800)}) {
    EXPECT_TRUE(udp.has(key));
  }
  EXPECT_FALSE(udp.has(ipv4("192.0.2.8")));
  EXPECT_FALSE(udp.has(port(54)));
  EXPECT_FALSE(udp.has(protocol(6)));
  EXPECT_FALSE(udp.has(vlan(0)));

  const OneFrame tcp(
      (Ethernet{} / Ipv6{.src = "2001:db8::7", .dst = "2001:db8::9"} / Tcp{.src_port = 1, .dst_port = 2}).bytes());
  for (const auto key : {ipv6("2001:db8::7"), ipv6("2001:db8::9"), port(1), port(2), protocol(6), ethertype(0x86dd)}) {
    EXPECT_TRUE(tcp.has(key));
  }
  const OneFrame arp((Ethernet{} / Arp{.sender = "192.0.2.3", .target = "192.0.2.4"}).bytes());
  for (const auto key : {ipv4("192.0.2.3"), ipv4("192.0.2.4"), ethertype(0x806)}) EXPECT_TRUE(arp.has(key));
}

TEST(FrameIndex, ReadsOnAfterVlanTagsAndKeepsTheirIds) {
  const OneFrame tagged(
      (Ethernet{} / Vlan{.id = 5, .protocol = 0x88a8} / Vlan{.id = 77} / Ipv4{.src = "192.0.2.7"} / Udp{.dst_port = 53})
          .bytes());
  for (const auto key :
       {vlan(5), vlan(77), ipv4("192.0.2.7"), port(53), ethertype(0x88a8), ethertype(0x8100), ethertype(0x800)}) {
    EXPECT_TRUE(tagged.has(key));
  }
  Bytes endless = (Ethernet{.type = 0x8100} / Payload{""}).bytes();
  endless.resize(14);
  for (int n = 0; n < 40; ++n) append(endless, std::array{std::byte{0}, std::byte{1}, std::byte{0x81}, std::byte{0}});
  EXPECT_TRUE(OneFrame(endless).entry().has(kOpaque));
}

TEST(FrameIndex, ReadsOnAfterMplsLabelsAndPppoe) {
  const Bytes inner = (Ethernet{} / Ipv4{.src = "192.0.2.7"} / Udp{.dst_port = 53}).bytes();
  const auto wrapped = [&](std::uint16_t type, std::initializer_list<unsigned> header) {
    Bytes frame(inner.begin(), inner.begin() + 12);
    frame.push_back(static_cast<std::byte>(type >> 8));
    frame.push_back(static_cast<std::byte>(type & 0xff));
    for (const unsigned byte : header) frame.push_back(static_cast<std::byte>(byte));
    frame.insert(frame.end(), inner.begin() + 14, inner.end());
    return frame;
  };
  const OneFrame mpls(wrapped(0x8847, {0, 1, 0x20, 64, 0, 2, 0x31, 64}));
  const OneFrame pppoe(wrapped(0x8864, {0x11, 0, 0, 1, 0, 40, 0, 0x21}));
  for (const auto key : {ipv4("192.0.2.7"), port(53), protocol(17)}) {
    EXPECT_TRUE(mpls.has(key));
    EXPECT_TRUE(pppoe.has(key));
  }
}

TEST(FrameIndex, KnowsOtherLinkTypesOrSaysThatTheFrameMayHoldAnything) {
  const Bytes frame = (Ethernet{} / Ipv4{.src = "192.0.2.7"} / Udp{.dst_port = 53}).bytes();
  const Bytes packet(frame.begin() + 14, frame.end());
  for (const LinkType type : {LinkType::kRaw, LinkType::kIpv4}) EXPECT_TRUE(OneFrame(packet, type).has(port(53)));
  Bytes cooked(16);
  cooked[14] = std::byte{8};
  append(cooked, packet);
  EXPECT_TRUE(OneFrame(cooked, LinkType::kLinuxSll).has(ipv4("192.0.2.7")));
  Bytes cooked2(20);
  cooked2[0] = std::byte{8};
  append(cooked2, packet);
  EXPECT_TRUE(OneFrame(cooked2, LinkType::kLinuxSll2).has(ipv4("192.0.2.7")));
  const OneFrame other(packet, LinkType::kFrameRelay);
  EXPECT_TRUE(other.entry().has(kOpaque));
  EXPECT_TRUE(other.has(ipv4("203.0.113.1")));
}

TEST(FrameIndex, TakesOfACutPacketWhatIsThere) {
  Bytes frame =
      (Ethernet{} / Ipv4{.src = "192.0.2.7", .dst = "198.51.100.9"} / Udp{.src_port = 4711, .dst_port = 53}).bytes();
  for (std::size_t size = 0; size <= 38; ++size) {
    const OneFrame cut(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_EQ(cut.has(ethertype(0x800)), size >= 14) << size;
    EXPECT_EQ(cut.has(protocol(17)), size >= 24) << size;
    EXPECT_EQ(cut.has(ipv4("192.0.2.7")), size >= 30) << size;
    EXPECT_EQ(cut.has(ipv4("198.51.100.9")), size >= 34) << size;
    EXPECT_EQ(cut.has(port(4711)), size >= 36) << size;
    EXPECT_EQ(cut.has(port(53)), size >= 38) << size;
  }
}

TEST(FrameIndex, LaterFragmentsHaveNoPorts) {
  const OneFrame first((Ethernet{} / Ipv4{.fragment = 0x2000} / Udp{.dst_port = 53}).bytes());
  const OneFrame later((Ethernet{} / Ipv4{.fragment = 0x2001} / Udp{.dst_port = 53}).bytes());
  EXPECT_TRUE(first.has(port(53)));
  EXPECT_FALSE(later.has(port(53)));
}

TEST(FrameIndex, HasTheTapAndTheDropReason) {
  RecordView record;
  record.tap = Tap::kDrop;
  record.trace = Trace{.reason = "NETFILTER_DROP"};
  const OneFrame dropped((Ethernet{} / Ipv4{} / Udp{}).bytes(), LinkType::kEthernet, record);
  EXPECT_TRUE(dropped.has(text_key(KeyKind::kDropReason, "NETFILTER_DROP")));
  EXPECT_TRUE(dropped.has(text_key(KeyKind::kTap, "drop")));
  EXPECT_FALSE(dropped.has(text_key(KeyKind::kDropReason, "NO_SOCKET")));
}

TEST(FrameIndex, AnEntryTellsPlaceTimesAndOtherBlocks) {
  const Bytes packet = (Ethernet{} / Ipv4{} / Udp{}).bytes();
  FrameIndexer indexer;
  Bytes file;
  append(file, index_file_header());
  indexer.add_other();
  append(file, indexer.finish(0, 10, 200));
  for (const std::uint64_t time : {7, 3, 5}) indexer.add({.time_ns = time, .data = packet}, LinkType::kEthernet);
  append(file, indexer.finish(10, 20, 300));
  indexer.add({.time_ns = 9, .data = packet}, LinkType::kEthernet);
  indexer.add_other();
  append(file, indexer.finish(30, 40, 400));
  indexer.add_other(OtherBlock::kStatistics);
  append(file, indexer.finish(70, 5, 50));

  IndexReader reader(file);
  ASSERT_EQ(reader.next(), State::kEntry);
  EXPECT_EQ(reader.entry().flags, kHasOther);
  EXPECT_FALSE(reader.entry().may_have(protocol(17)));
  ASSERT_EQ(reader.next(), State::kEntry);
  const FrameEntry entry = reader.entry();
  EXPECT_EQ(std::tuple(entry.offset, entry.stored_size, entry.size, entry.first_ns, entry.last_ns, entry.packets,
                       entry.flags),
            std::tuple(10u, 20u, 300u, 3u, 7u, 3u, kHasOwners));
  ASSERT_EQ(reader.next(), State::kEntry);
  EXPECT_EQ(reader.entry().flags, kHasOther | kHasPlaced | kHasOwners);
  ASSERT_EQ(reader.next(), State::kEntry);
  EXPECT_EQ(reader.entry().flags, kHasOther);
  EXPECT_EQ(reader.next(), State::kEnd);
}

// Random packets of `flows` flows between as many hosts, as many as fit into a frame.
struct Traffic {
  std::size_t packet_bytes;
  std::size_t flows;
  std::size_t overhead = 32;  // of a block in a plain pcapng file
};

Bytes index_of(const Traffic& traffic, int frames, std::uint64_t& data_bytes) {
  std::mt19937_64 random(traffic.flows);
  Bytes packet = (Ethernet{} / Ipv4{} / Udp{}).bytes();
  packet.resize(traffic.packet_bytes);
  FrameIndexer indexer;
  Bytes file;
  append(file, index_file_header());
  for (int frame = 0; frame < frames; ++frame) {
    const std::size_t packets = kMostFrameBytes / (traffic.packet_bytes + traffic.overhead);
    for (std::size_t n = 0; n < packets; ++n) {
      std::uint64_t flow = mix(random() % traffic.flows, 1);
      std::memcpy(packet.data() + 26, &flow, 8);
      packet[26] = packet[30] = std::byte{10};
      flow = mix(flow, 2);
      std::memcpy(packet.data() + 34, &flow, 4);
      indexer.add({.data = packet}, LinkType::kEthernet);
    }
    append(file, indexer.finish(0, 1, 1));
    data_bytes += kMostFrameBytes;
  }
  return file;
}

TEST(FrameIndex, StaysSmallAndHasFewFalsePositives) {
  struct Case {
    Traffic traffic;
    double most_of_data;
  };
  for (const Case& one : {Case{{700, 1000}, 0.01}, Case{{700, 1'000'000}, 0.01}, Case{{64, 1000}, 0.06},
                          Case{{64, 50'000}, 0.06}, Case{{64, 1'000'000}, 0.06}}) {
    std::uint64_t data_bytes = 0;
    const Bytes file = index_of(one.traffic, 20, data_bytes);
    const double share = static_cast<double>(file.size()) / static_cast<double>(data_bytes);
    EXPECT_LT(share, one.most_of_data);
    IndexReader reader(file);
    std::uint64_t hits = 0;
    std::uint64_t tries = 0;
    while (reader.next() == State::kEntry) {
      for (std::uint32_t n = 0; n < 5000; ++n, ++tries) {
        hits += reader.entry().may_have(key_hash(KeyKind::kIpv4Address, 0xc0000000 + n)) ? 1 : 0;
      }
    }
    ASSERT_EQ(tries, 100'000u);
    const double hit_share = static_cast<double>(hits) / static_cast<double>(tries);
    EXPECT_LT(hit_share, 0.03);
    std::printf("%zu bytes, %zu flows: index %.2f %% of the data, an absent key hits %.2f %% of the frames\n",
                one.traffic.packet_bytes, one.traffic.flows, 100 * share, 100 * hit_share);
  }
}

TEST(FrameIndex, EveryFlippedBitIsNoticed) {
  const Bytes packet = (Ethernet{} / Ipv4{} / Udp{}).bytes();
  FrameIndexer indexer;
  Bytes file;
  append(file, index_file_header());
  for (std::uint64_t offset : {0, 10}) {
    indexer.add({.time_ns = 7, .data = packet}, LinkType::kEthernet);
    append(file, indexer.finish(offset, 10, 300));
  }
  const auto entries = [&] {
    IndexReader reader(file);
    int count = 0;
    State state = reader.next();
    for (; state == State::kEntry; state = reader.next()) ++count;
    return std::pair(count, state);
  };
  ASSERT_EQ(entries(), std::pair(2, State::kEnd));
  for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
    if (bit / 8 >= 8 && bit / 8 < 16) continue;  // reserved in the header of the file
    file[bit / 8] ^= std::byte{1} << (bit % 8);
    const auto [count, state] = entries();
    EXPECT_LT(count, 2) << bit;
    EXPECT_TRUE(state == State::kDamaged || state == State::kCut) << bit;
    file[bit / 8] ^= std::byte{1} << (bit % 8);
  }
  for (std::size_t size = 0; size < file.size(); ++size) {
    IndexReader reader(std::span<const std::byte>(file).first(size));
    State state = reader.next();
    while (state == State::kEntry) state = reader.next();
    const bool is_whole = size == 16 || size == 16 + (file.size() - 16) / 2;
    EXPECT_EQ(state, is_whole ? State::kEnd : State::kCut) << size;
  }
}

}  // namespace
}  // namespace ringtap
