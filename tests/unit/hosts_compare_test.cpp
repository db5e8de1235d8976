// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Records of several hosts, made by hand: which path `ringtap fleet compare` says that packets took, in which order it
// claims hosts to have seen them, and that what a host may not have seen is unknown.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compare/hosts_comparer.hpp"
#include "record/capture_format.hpp"
#include "support/memory_writer.hpp"
#include "support/packet.hpp"

namespace ringtap {
namespace {

using testing::Bytes;
using testing::Ethernet;
using testing::Ipv4;
using testing::Payload;
using testing::Stored;
using testing::Tcp;
using testing::Udp;

constexpr std::uint64_t kStart = 1'700'000'000'000'000'000;
constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kSecond = 1'000'000'000;

Bytes udp(std::uint16_t id, std::uint8_t ttl = 64, const std::string& src = "192.0.2.1") {
  return (Ethernet{} / Ipv4{.src = src, .ttl = ttl, .id = id} / Udp{.dst_port = 5000} / Payload{"hello"}).bytes();
}
Bytes udp_of(std::size_t size, unsigned id) {
  return (Ethernet{} / Ipv4{.id = static_cast<std::uint16_t>(id)} / Udp{.dst_port = 5000} / Payload{size}).bytes();
}
Bytes tcp(std::uint32_t seq, std::size_t size, unsigned id, const std::string& src = "192.0.2.1",
          std::uint32_t ack = 0) {
  return (Ethernet{} / Ipv4{.src = src, .id = static_cast<std::uint16_t>(id)} /
          Tcp{.seq = seq, .ack = ack, .flags = Tcp::kAck} / Payload{size})
      .bytes();
}

// Hosts "a", "b" … with two devices each, captured at all taps; times are milliseconds after kStart.
class Fleet {
 public:
  explicit Fleet(std::size_t hosts, HostsCompareOptions options = {}) {
    for (std::size_t i = 0; i < hosts; ++i) {
      facts_.push_back({.host = std::string(1, static_cast<char>('a' + i)),
                        .clock = {.boot = std::to_string(i), .is_synchronised = true, .error_ns = kMillisecond},
                        .begin_ns = kStart - 10 * kSecond,
                        .end_ns = kStart + 3600 * kSecond});
    }
    options.all_devices = true;
    options.facts = [this] { return facts_; };
    comparer_ = std::make_unique<HostsComparer>(std::move(options), std::make_unique<testing::MemoryWriter>(text_),
                                                std::unique_ptr<Sink>());
    for (const HostFacts& host : facts_) {
      for (const TapTraits& traits : kTapTraits) {
        for (const char* const device : {"/eth0:", "/eth1:"}) {
          Interface interface;
          interface.name = host.host + device + std::string(traits.family);
          EXPECT_TRUE(comparer_->on_interface(interface));
        }
      }
    }
  }

  HostFacts& facts(char host) { return facts_.at(static_cast<std::size_t>(host - 'a')); }
  RecordView record(char host, Tap tap, const Bytes& bytes, double ms, std::uint64_t skb = 0,
                    std::uint32_t device = 0) {
    RecordView view;
    view.time_ns = kStart + static_cast<std::uint64_t>(ms * 1e6);
    view.data = bytes;
    view.wire_len = static_cast<std::uint32_t>(bytes.size());
    view.tap = tap;
    view.interface_id = static_cast<std::uint32_t>(host - 'a') * 2 * static_cast<std::uint32_t>(kTapTraits.size()) +
                        2 * static_cast<std::uint32_t>(tap) + device;
    if (skb != 0) view.trace = Trace{.skb = skb};
    return view;
  }
  void give(const RecordView& view) { EXPECT_TRUE(comparer_->on_record(view)); }
  void give(char host, Tap tap, const Bytes& bytes, double ms, std::uint64_t skb = 0, std::uint32_t device = 0) {
    give(record(host, tap, bytes, ms, skb, device));
  }
  void drop(char host, const Bytes& bytes, double ms, std::uint64_t skb, std::string_view reason = "NO_SOCKET",
            std::string_view function = "udp_queue_rcv_skb") {
    RecordView view = record(host, Tap::kDrop, bytes, ms, skb);
    view.trace->reason = reason;
    view.trace->function = function;
    give(view);
  }
  // The end of a host by one of its interfaces.
  void end(char host, std::uint32_t device, double ms) {
    InterfaceStatistics statistics;
    statistics.interface_id = record(host, Tap::kXdp, {}, 0, 0, device).interface_id;
    statistics.end_ns = kStart + static_cast<std::uint64_t>(ms * 1e6);
    EXPECT_TRUE(comparer_->on_statistics(statistics));
  }
  void send(char host, const Bytes& bytes, double ms, std::uint64_t skb = 0x100) {
    RecordView view = record(host, Tap::kNetfilter, bytes, ms, skb);
    view.trace->hook = NetfilterHook::kOutput;
    give(view);
    give(host, Tap::kTcEgress, bytes, ms, skb);
    give(host, Tap::kStackOut, bytes, ms, skb);
  }
  void forward(char host, const Bytes& in, const Bytes& out, double ms, std::uint64_t skb = 0x100) {
    give(host, Tap::kStackIn, in, ms, skb);
    give(host, Tap::kTcEgress, out, ms + 0.01, skb, 1);
    give(host, Tap::kStackOut, out, ms + 0.01, skb, 1);
  }
  void deliver(char host, const Bytes& bytes, double ms, std::uint64_t skb = 0x100) {
    give(host, Tap::kStackIn, bytes, ms, skb);
    give(host, Tap::kSocket, bytes, ms, skb);
  }

  // The report, once everything is finished.
  std::string finish() {
    if (!std::exchange(is_finished_, true)) {
      EXPECT_TRUE(comparer_->finish());
    }
    return comparer_->report();
  }
  // Each path as "a sent on eth0 -> b delivered", with how many took it.
  std::map<std::string, std::uint64_t> paths() {
    std::map<std::string, std::uint64_t> paths;
    const std::string report = finish();
    const std::string table = report.substr(report.find("what became of them"));
    std::string path;
    std::uint64_t packets = 0;
    for (std::size_t at = table.find('\n') + 1; at < table.size() && table[at] != '\n'; at = table.find('\n', at) + 1) {
      const std::string line = table.substr(at, table.find('\n', at) - at);
      std::vector<std::string> words;
      for (std::size_t word = 0; word < line.size();) {
        const std::size_t from = line.find_first_not_of(' ', word);
        const std::size_t to = std::min(line.find(' ', from), line.size());
        words.push_back(line.substr(from, to - from));
        word = to;
      }
      std::size_t first = 0;
      if (std::isdigit(static_cast<unsigned char>(words[0][0])) != 0) {
        if (!path.empty()) paths[path] += packets;
        packets = std::stoull(words[0]);
        path.clear();
        first = 1;
      }
      for (std::size_t i = first; i < words.size(); ++i) path += (path.empty() ? "" : " ") + words[i];
    }
    if (!path.empty()) paths[path] += packets;
    return paths;
  }
  std::string report() const { return comparer_->report(); }
  // All that was written, blocks of --each too.
  std::string written() {
    finish();
    return {reinterpret_cast<const char*>(text_->bytes.data()), text_->bytes.size()};
  }

 private:
  std::vector<HostFacts> facts_;
  std::shared_ptr<Stored> text_ = std::make_shared<Stored>();
  std::unique_ptr<HostsComparer> comparer_;
  bool is_finished_ = false;
};

using Paths = std::map<std::string, std::uint64_t>;
const std::string kAmbiguous = "unknown: several packets there could be this one with changed addresses (NAT)";
const std::string kDivided =
    "unknown: its bytes were divided differently there (segments, GRO, fragments), which cannot be tied";

TEST(HostsCompare, FollowsPacketsFromHostToHost) {
  Fleet fleet(2);
  for (std::uint16_t id = 1; id <= 10; ++id) {
    fleet.send('a', udp(id), id);
    if (id <= 7) fleet.deliver('b', udp(id), id + 0.1);
    if (id == 8) fleet.give('b', Tap::kStackIn, udp(id), id + 0.1, 0x200);
    if (id == 8) fleet.drop('b', udp(id), id + 0.2, 0x200);
  }
  EXPECT_EQ(fleet.paths(), (Paths{{"a sent on eth0 -> b delivered", 7},
                                  {"a sent on eth0 -> b dropped at the socket (NO_SOCKET in udp_queue_rcv_skb)", 1},
                                  {"a sent on eth0 -> - not seen at any other host", 2}}));
}

// Without the tap at the driver.
TEST(HostsCompare, TakesWhatAnotherHostReceivedAsSent) {
  HostsCompareOptions options;
  options.taps = {Tap::kTcIngress, Tap::kTcEgress, Tap::kSocket};
  Fleet fleet(2, options);
  for (std::uint16_t id = 1; id <= 2; ++id) {
    fleet.give('a', Tap::kTcEgress, udp(id), id, 0x100);
    if (id == 2) continue;
    fleet.give('b', Tap::kTcIngress, udp(id), id + 0.1, 0x200);
    fleet.give('b', Tap::kSocket, udp(id), id + 0.1, 0x200);
  }
  EXPECT_EQ(fleet.paths(), (Paths{{"a sent on eth0 -> b delivered", 1},
                                  {"a unknown after tc-out eth0 -> - not seen at any other host", 1}}));
  EXPECT_NE(fleet.report().find("a     tc-out  eth0                2     94               1"), std::string::npos)
      << fleet.report();
}

TEST(HostsCompare, SaysUnknownWhereAHostLostRecords) {
  Fleet fleet(2);
  fleet.send('a', udp(1), 1);
  fleet.facts('b').lost = 3;
  EXPECT_EQ(fleet.paths(), (Paths{{"a sent on eth0 -> - unknown: b lost 3 records", 1}}));
  EXPECT_NE(fleet.report().find("note: b lost 3 records"), std::string::npos) << fleet.report();
}

TEST(HostsCompare, SaysUnknownWhereAHostDidNotTakePart) {
  Fleet fleet(2);
  fleet.send('a', udp(1), 1);
  fleet.facts('b').trouble = "its agent is gone";
  EXPECT_EQ(fleet.paths(), (Paths{{"a sent on eth0 -> - unknown: b: its agent is gone", 1}}));
}

TEST(HostsCompare, DoesNotSayVanishedWhereTheHostLostRecords) {
  for (const std::uint64_t lost : {0, 1}) {
    Fleet fleet(1);
    fleet.give('a', Tap::kStackIn, udp(1), 1, 0x100);
    fleet.facts('a').lost = lost;
    const std::string expected = lost == 0 ? "-> a vanished after" : "-> a unknown after";
    EXPECT_NE(fleet.paths().begin()->first.find(expected), std::string::npos) << fleet.report();
    EXPECT_EQ(fleet.report().find("without the drop tap"), std::string::npos) << fleet.report();
  }
}

TEST(HostsCompare, SaysUnknownAtBeginAndEndOfAHost) {
  Fleet fleet(2);
  fleet.deliver('b', udp(1), 1);
  fleet.send('a', udp(2), 5000);
  fleet.facts('a').begin_ns = fleet.facts('b').begin_ns = kStart;
  fleet.facts('a').end_ns = fleet.facts('b').end_ns = kStart + 5001 * kMillisecond;
  EXPECT_EQ(fleet.paths(), (Paths{{"- unknown: a host began only then -> b delivered", 1},
                                  {"a sent on eth0 -> - unknown: a host ended then", 1}}));
}

// Two hosts that neither made the packet nor differ in TTL: bridges, which see it within the error of their clocks.
TEST(HostsCompare, ClaimsNoOrderWithinTheErrorBoundsOfTwoClocks) {
  for (const double apart : {1.9, 2.1}) {
    Fleet fleet(2);
    fleet.forward('a', udp(1), udp(1), 10);
    fleet.forward('b', udp(1), udp(1), 10 + apart);
    const std::string sign = apart < 2 ? " ? " : " -> ";
    EXPECT_EQ(fleet.paths(), (Paths{{"- not seen at any other host before -> a sent on eth1" + sign +
                                         "b sent on eth1 -> - not seen at any other host",
                                     1}}));
  }
}

TEST(HostsCompare, ClaimsNoOrderByAClockThatIsNotSynchronised) {
  Fleet fleet(2);
  fleet.facts('b').clock.is_synchronised = false;
  fleet.forward('a', udp(1), udp(1), 10);
  fleet.forward('b', udp(1), udp(1), 1000);
  EXPECT_NE(fleet.paths().begin()->first.find("a sent on eth1 ? b sent on eth1"), std::string::npos) << fleet.report();
}

// The clock of the receiver is an hour behind, and says so.
TEST(HostsCompare, OrdersHostsByTheirPartAndByTtlWithoutClocks) {
  Fleet fleet(4);
  for (const char host : {'a', 'b', 'c', 'd'}) fleet.facts(host).clock.is_synchronised = false;
  fleet.deliver('d', udp(1, 62), 1);
  fleet.forward('c', udp(1, 63), udp(1, 62), 2000);
  fleet.forward('b', udp(1, 64), udp(1, 63), 3000);
  fleet.send('a', udp(1, 64), 4000);
  EXPECT_EQ(fleet.paths(), (Paths{{"a sent on eth0 -> b sent on eth1 -> c sent on eth1 -> d delivered", 1}}));
}

TEST(HostsCompare, NamesNatAtAHost) {
  Fleet fleet(3);
  fleet.send('a', udp(1), 1);
  fleet.forward('b', udp(1), udp(1, 63, "198.51.100.1"), 2);
  fleet.deliver('c', udp(1, 63, "198.51.100.1"), 4);
  EXPECT_EQ(fleet.paths(),
            (Paths{{"a sent on eth0 -> b sent on eth1; addresses or ports changed (NAT) -> c delivered", 1}}));
}

TEST(HostsCompare, TiesAcrossNatThatNoHostShowsOnlyIfOnePacketFits) {
  Fleet fleet(2);
  fleet.send('a', udp(1), 1);
  fleet.deliver('b', udp(1, 63, "198.51.100.1"), 2);
  // Two that look the same where NAT has changed them.
  fleet.send('a', udp(2, 64, "192.0.2.3"), 3);
  fleet.send('a', udp(2, 64, "192.0.2.4"), 3.1, 0x101);
  fleet.deliver('b', udp(2, 63, "198.51.100.1"), 4);
  EXPECT_EQ(fleet.paths(),
            (Paths{{"a sent on eth0 -> - addresses or ports changed (NAT), at none of these hosts -> b delivered", 1},
                   {"a sent on eth0 -> - " + kAmbiguous, 2},
                   {"- " + kAmbiguous + " -> b delivered", 1}}));
}

TEST(HostsCompare, NamesStreamsThatWereDividedDifferently) {
  Fleet fleet(2);
  fleet.send('a', tcp(1000, 900, 1), 1);
  fleet.deliver('b', tcp(1000, 450, 1), 2, 0x201);
  fleet.deliver('b', tcp(1450, 450, 2), 2.1, 0x202);
  // This one was lost.
  fleet.send('a', tcp(1900, 900, 3), 3);
  const auto paths = fleet.paths();
  EXPECT_EQ(paths.at("a sent on eth0 -> - not seen at any other host"), 1U) << fleet.report();
  EXPECT_EQ(paths.size(), 3U) << fleet.report();
  for (const auto& [path, packets] : paths) {
    if (path.find("not seen") != std::string::npos) continue;
    EXPECT_NE(path.find("divided differently"), std::string::npos) << path;
  }
}

TEST(HostsCompare, TakesIdenticalPacketsInTheirOrderAndThoseCloserInTimeFirst) {
  Fleet fleet(2);
  // The first of five, a second apart, is lost.
  for (int i = 0; i < 5; ++i) {
    fleet.send('a', udp(0), 1000.0 * i, 0x100 + static_cast<std::uint64_t>(i));
    if (i > 0) fleet.deliver('b', udp(0), 1000.0 * i + 1, 0x200 + static_cast<std::uint64_t>(i));
  }
  EXPECT_EQ(fleet.paths(),
            (Paths{{"a sent on eth0 -> b delivered", 4}, {"a sent on eth0 -> - not seen at any other host", 1}}));
}

// Namespaces of one kernel: what an sk_buff does at the other end of a veth is that host's to tell.
TEST(HostsCompare, LeavesToEachHostOfOneKernelWhatItSees) {
  Fleet fleet(2);
  fleet.facts('b').clock.boot = fleet.facts('a').clock.boot;
  fleet.send('a', udp(1), 1);
  RecordView beyond = fleet.record('a', Tap::kStackIn, udp(1), 1.1, 0x100);
  beyond.trace->other_netns = true;
  fleet.give(beyond);
  fleet.deliver('b', udp(1), 1.1);
  EXPECT_EQ(fleet.paths(), (Paths{{"a sent on eth0 -> b delivered", 1}}));
}

// … and of a namespace that is no host's the report says so, once.
TEST(HostsCompare, NamesNamespacesOfAKernelOfWhichNoHostTells) {
  Fleet fleet(3);
  for (const char host : {'a', 'b'}) fleet.facts(host).clock.boot = "one";
  fleet.facts('a').netns = 10;
  fleet.facts('b').netns = 11;
  fleet.facts('c').netns = 12;
  fleet.send('a', udp(1), 1);
  for (const char host : {'a', 'b'}) {
    for (const std::uint32_t netns : {10U, 11U, 12U}) {
      RecordView beyond = fleet.record(host, Tap::kStackIn, udp(1), 1.1, 0x100);
      beyond.trace->other_netns = true;
      beyond.trace->netns = netns;
      fleet.give(beyond);
    }
  }
  const std::string report = fleet.finish();
  const std::string note =
      "note: the network namespace 12 of the machine of a is no host here: 1 records of it are left out\n";
  const std::size_t at = report.find(note);
  ASSERT_NE(at, std::string::npos) << report;
  EXPECT_EQ(report.find("the network namespace", at + note.size()), std::string::npos) << report;
}

TEST(HostsCompare, NamesSomeOfManyNamespaces) {
  for (const std::uint32_t netns_of_b : {11U, 0U}) {
    Fleet fleet(2);
    for (const char host : {'a', 'b'}) fleet.facts(host).clock.boot = "one";
    fleet.facts('a').netns = 10;
    fleet.facts('b').netns = netns_of_b;
    fleet.send('a', udp(1), 1);
    for (std::uint32_t netns = 100; netns < 170; ++netns) {
      RecordView beyond = fleet.record('a', Tap::kStackIn, udp(1), 1.1, 0x100);
      beyond.trace->other_netns = true;
      beyond.trace->netns = netns;
      fleet.give(beyond);
    }
    const std::string report = fleet.finish();
    std::size_t notes = 0;
    for (std::size_t at = 0; (at = report.find("is no host here", at)) != std::string::npos; ++at) ++notes;
    EXPECT_EQ(notes, netns_of_b == 0 ? 0U : 65U) << report;
    if (netns_of_b == 0) continue;  // some may be b's
    EXPECT_NE(report.find("namespace others of the machine of a is no host here: 6 records"), std::string::npos)
        << report;
  }
}

TEST(HostsCompare, WritesOneObjectALine) {
  HostsCompareOptions options;
  options.json = true;
  Fleet fleet(2, options);
  fleet.send('a', udp(1), 1);
  fleet.deliver('b', udp(1), 1.1);
  fleet.send('a', udp(2), 2);
  const std::string report = fleet.finish();
  EXPECT_NE(report.find(R"({"type":"host","host":"a","clock":"synchronised","clock_error_ns":1000000)"),
            std::string::npos)
      << report;
  EXPECT_NE(report.find(R"({"type":"path","packets":1,"steps":[{"host":"a","outcome":"sent")"), std::string::npos)
      << report;
  EXPECT_NE(report.find(R"({"host":"b","order":"after","outcome":"delivered")"), std::string::npos) << report;
  EXPECT_NE(report.find(R"("after":"not-seen")"), std::string::npos) << report;
}

// Of what was consumed nobody says that it arrived or was lost.
TEST(HostsCompare, SumsUpAllPackets) {
  HostsCompareOptions options;
  options.json = true;
  Fleet fleet(1, options);
  fleet.give('a', Tap::kStackIn, udp(1), 1, 0x100);
  const Bytes bytes = udp(1);
  RecordView end = fleet.record('a', Tap::kEnd, bytes, 1.1, 0x100);
  end.trace->function = "icmp_rcv";
  fleet.give(end);
  const std::string report = fleet.finish();
  EXPECT_NE(report.find(R"("arrived":0,"dropped":0,"unclear":0,"other":1)"), std::string::npos) << report;
}

TEST(HostsCompare, TiesHundredsOfIdenticalPackets) {
  Fleet fleet(2);
  for (std::uint64_t i = 0; i < 200; ++i) {
    fleet.send('a', udp(0), static_cast<double>(i), 0x1000 + i);
    fleet.deliver('b', udp(0), static_cast<double>(i) + 0.1, 0x2000 + i);
  }
  EXPECT_EQ(fleet.paths(), (Paths{{"a sent on eth0 -> b delivered", 200}}));
}

TEST(HostsCompare, NamesDatagramsThatWereSentInPieces) {
  for (const bool is_long : {true, false}) {
    Fleet fleet(2);
    // One superframe as the driver gets it, and one that became segments before.
    const std::size_t piece = is_long ? 1400 : 400;
    if (is_long) {
      fleet.send('a', udp_of(3 * piece, 1), 1);
    } else {
      fleet.give('a', Tap::kTcEgress, udp_of(3 * piece, 1), 1, 0x100);
      for (std::uint16_t i = 0; i < 3; ++i) fleet.give('a', Tap::kStackOut, udp_of(piece, 1 + i), 1.1);
    }
    for (std::uint16_t i = 0; i < 3; ++i) fleet.deliver('b', udp_of(piece, 1 + i), 2 + i, 0x201 + i);
    // Another flow has nothing to do with it.
    fleet.send('a', udp(9, 64, "192.0.2.9"), 9, 0x109);
    EXPECT_EQ(fleet.paths(), (Paths{{"a sent on eth0 -> - " + kDivided, 1},
                                    {"- " + kDivided + " -> b delivered", 3},
                                    {"a sent on eth0 -> - not seen at any other host", 1}}));
  }
}

// It could be one frame by its length.
TEST(HostsCompare, NamesShortSuperframesOfUdpByTheirOffload) {
  for (const bool is_from_a_file : {true, false}) {
    Fleet fleet(2);
    constexpr std::size_t kPiece = 100;
    FileExtras extras;
    extras.flags = pcapng::kFlagsSegmentationOffload;
    const Bytes superframe = udp_of(3 * kPiece, 1);
    RecordView egress = fleet.record('a', Tap::kTcEgress, superframe, 1, 0x100);
    if (is_from_a_file) egress.extras = &extras;
    egress.gso_size = is_from_a_file ? 0 : kPiece;
    fleet.give(egress);
    fleet.give('a', Tap::kStackOut, superframe, 1, 0x100);
    for (std::uint16_t i = 0; i < 3; ++i) fleet.deliver('b', udp_of(kPiece, 1 + i), 2 + i, 0x201 + i);
    EXPECT_EQ(fleet.paths(), (Paths{{"a sent on eth0 -> - " + kDivided, 1}, {"- " + kDivided + " -> b delivered", 3}}));
  }
}

TEST(HostsCompare, NamesDividedStreamsBehindItsOwnNat) {
  Fleet fleet(2);
  const Bytes own = tcp(1000, 900, 1);
  const Bytes translated = tcp(1000, 900, 1, "198.51.100.1");
  RecordView output = fleet.record('a', Tap::kNetfilter, own, 1, 0x100);
  output.trace->hook = NetfilterHook::kOutput;
  fleet.give(output);
  fleet.give('a', Tap::kTcEgress, translated, 1.1, 0x100);
  fleet.give('a', Tap::kStackOut, translated, 1.1, 0x100);
  fleet.deliver('b', tcp(1000, 450, 1, "198.51.100.1"), 2, 0x201);
  fleet.deliver('b', tcp(1450, 450, 2, "198.51.100.1"), 2.1, 0x202);
  EXPECT_EQ(fleet.paths(), (Paths{{"a sent on eth0; addresses or ports changed (NAT) -> - " + kDivided, 1},
                                  {"- " + kDivided + " -> b delivered", 2}}));
}

TEST(HostsCompare, NamesDividedStreamsAfterManyPackets) {
  Fleet fleet(2);
  for (std::uint32_t i = 0; i < 1100; ++i) {
    const Bytes segment = tcp(1000 + 100 * i, 100, 1 + i);
    fleet.send('a', segment, i, 0x1000 + i);
    fleet.deliver('b', segment, i + 0.1, 0x2000 + i);
  }
  fleet.send('a', tcp(200000, 900, 5000), 2000, 0x3000);
  fleet.deliver('b', tcp(200000, 450, 5000), 2001, 0x3001);
  fleet.deliver('b', tcp(200450, 450, 5001), 2001, 0x3002);
  EXPECT_EQ(fleet.paths(), (Paths{{"a sent on eth0 -> b delivered", 1100},
                                  {"a sent on eth0 -> - " + kDivided, 1},
                                  {"- " + kDivided + " -> b delivered", 2}}));
}

// Two acknowledgements have all in common but the number that they acknowledge.
TEST(HostsCompare, TakesNoOtherPacketOfTheConnectionForATranslatedOne) {
  Fleet fleet(2);
  fleet.send('a', tcp(1000, 0, 0, "192.0.2.1", 100), 1);
  fleet.deliver('b', tcp(1000, 0, 0, "192.0.2.1", 200), 2);
  EXPECT_EQ(fleet.paths(), (Paths{{"a sent on eth0 -> - not seen at any other host", 1},
                                  {"- not seen at any other host before -> b delivered", 1}}));
}

// GRO at a router that translates: frames are seen there before, and only the whole afterwards.
TEST(HostsCompare, NamesNatOfMergedFrames) {
  Fleet fleet(3);
  const std::string outside = "198.51.100.1";
  for (std::uint16_t i = 0; i < 2; ++i) {
    fleet.send('a', tcp(1000 + 450U * i, 450, 1 + i), 1 + 0.01 * i, 0x100 + i);
    fleet.give('b', Tap::kXdp, tcp(1000 + 450U * i, 450, 1 + i), 2 + 0.01 * i);
  }
  fleet.forward('b', tcp(1000, 900, 1), tcp(1000, 900, 1, outside), 2.1, 0x200);
  for (std::uint16_t i = 0; i < 2; ++i) {
    fleet.deliver('c', tcp(1000 + 450U * i, 450, 1 + i, outside), 3 + 0.01 * i, 0x300 + i);
  }
  EXPECT_EQ(fleet.paths(),
            (Paths{{"a sent on eth0 -> b sent on eth1; addresses or ports changed (NAT) -> c delivered", 2}}));
}

// A switch floods: a copy that is not for a host decides nothing.
TEST(HostsCompare, DoesNotTakeACopyForThePacket) {
  const std::string copy = " ? d dropped at IP input (OTHERHOST in ip_rcv_core); a copy";
  for (const bool is_delivered : {true, false}) {
    Fleet fleet(4);
    fleet.send('a', udp(1), 1);
    fleet.give('d', Tap::kStackIn, udp(1), 1.1, 0x400);
    fleet.drop('d', udp(1), 1.2, 0x400, "OTHERHOST", "ip_rcv_core");
    fleet.forward('b', udp(1), udp(1, 63), 1.1);
    if (is_delivered) fleet.deliver('c', udp(1, 63), 1.3);
    const std::string rest = is_delivered ? "c delivered" : "- not seen at any other host";
    EXPECT_EQ(fleet.paths(), (Paths{{"a sent on eth0 -> b sent on eth1 -> " + rest + copy, 1}}));
    EXPECT_EQ(fleet.report().find("dropped at IP input"), fleet.report().rfind("dropped at IP input"));
  }
}

// By its TTL it did not come through the router, which has sent the packet on.
TEST(HostsCompare, DoesNotEndAPacketWithADropBeforeTheRouter) {
  Fleet fleet(3);
  fleet.send('a', udp(1), 1);
  fleet.forward('b', udp(1), udp(1, 63), 2);
  fleet.give('c', Tap::kStackIn, udp(1), 1.5, 0x300);
  fleet.drop('c', udp(1), 1.6, 0x300);
  EXPECT_EQ(fleet.paths(),
            (Paths{{"a sent on eth0 -> b sent on eth1 -> - not seen at any other host ? c dropped at the socket "
                    "(NO_SOCKET in udp_queue_rcv_skb); a copy",
                    1}}));
}

// Without a hook of netfilter a host shows only by its silence at the taps of what comes in that it made a packet.
TEST(HostsCompare, TakesAHostForTheMakerOnlyIfItHasAllRecords) {
  for (const char* const why : {"", "lost", "begin"}) {
    Fleet fleet(2);
    if (why == std::string("lost")) fleet.facts('a').lost = 1;
    if (why == std::string("begin")) fleet.facts('a').begin_ns = kStart - 100 * kMillisecond;
    fleet.give('a', Tap::kTcEgress, udp(1), 1, 0x100);
    fleet.give('a', Tap::kStackOut, udp(1), 1, 0x100);
    fleet.deliver('b', udp(1, 63), 4);
    const std::string before = *why == 0 ? "" : "- unknown: a may have made it -> ";
    EXPECT_EQ(fleet.paths(), (Paths{{before + "a sent on eth0 -> b delivered", 1}})) << why;
  }
}

TEST(HostsCompare, SaysUnknownWhereAHostLeftOutOrCutRecords) {
  for (const bool is_cut : {true, false}) {
    Fleet fleet(2);
    const Bytes other = udp(7);
    RecordView cut = fleet.record('b', Tap::kStackIn, other, 1, 0x200);
    cut.data = cut.data.first(44);
    if (is_cut) fleet.give(cut);
    fleet.facts('b').left_out = is_cut ? 0 : 5;
    fleet.send('a', udp(1), 3);
    const std::string why =
        is_cut ? "b cut 1 packet too short (-s, or its agent's --allow)" : "b left out 5 records (its agent's --allow)";
    EXPECT_EQ(fleet.paths().count("a sent on eth0 -> - unknown: " + why), 1U) << fleet.report();
  }
}

// Two hosts of one kernel, and a third one: the clock of the first two is wrong by 20 s against it.
TEST(HostsCompare, WaitsForHostsWithAnotherClock) {
  Fleet fleet(3);
  for (const char host : {'a', 'b'}) {
    fleet.facts(host).clock = {.boot = "0", .is_synchronised = false};
  }
  fleet.send('a', udp(1), 1);
  for (int i = 1; i <= 20; ++i) fleet.deliver('b', udp(9), 2000.0 * i, 0x300);
  fleet.deliver('c', udp(1), 41000);
  EXPECT_EQ(fleet.paths().count("a sent on eth0 -> c delivered"), 1U) << fleet.report();
  EXPECT_NE(fleet.report().find("not synchronised: the clock of a, b;"), std::string::npos) << fleet.report();
}

TEST(HostsCompare, TakesARecordWithoutATapForALostOne) {
  Fleet fleet(2);
  fleet.send('a', udp(1), 1);
  fleet.give(fleet.record('b', Tap::kTcIngress, udp(2), 1));
  const Bytes bytes = udp(1);
  RecordView bad = fleet.record('b', Tap::kTcIngress, bytes, 2);
  bad.tap = Tap::kUnknown;
  fleet.give(bad);
  EXPECT_EQ(fleet.paths().count("a sent on eth0 -> - unknown: b lost 1 record"), 1U) << fleet.report();
  EXPECT_NE(fleet.report().find("at which tap they were seen, counted as lost: 1"), std::string::npos);
}

TEST(HostsCompare, KeepsAHostsTroubleInOneLine) {
  Fleet fleet(2);
  fleet.send('a', udp(1), 1);
  fleet.facts('b').trouble = "it ended\n    100      a     delivered";
  EXPECT_EQ(fleet.paths().size(), 1U) << fleet.report();
  EXPECT_EQ(fleet.report().find("\n    100"), std::string::npos) << fleet.report();
}

TEST(HostsCompare, SaysUnknownWhereBeginOrEndIsNotKnown) {
  Fleet fleet(2);
  fleet.deliver('b', udp(1), 1);
  fleet.send('a', udp(2), 5000);
  fleet.facts('a').begin_ns = fleet.facts('b').end_ns = 0;
  EXPECT_EQ(fleet.paths(), (Paths{{"- unknown: a host began only then -> b delivered", 1},
                                  {"a sent on eth0 -> - unknown: a host ended then", 1}}));
}

// An interface may say when it ended before others have.
TEST(HostsCompare, TakesTheLastEndOfAHost) {
  Fleet fleet(1);
  fleet.give('a', Tap::kStackIn, udp(1), 1000, 0x100);
  fleet.end('a', 0, 5000);
  fleet.end('a', 1, 900);
  EXPECT_NE(fleet.paths().begin()->first.find("a vanished after"), std::string::npos) << fleet.report();
}

TEST(HostsCompare, BoundsTextsAndPaths) {
  Texts texts;
  for (std::size_t i = 0; i < Texts::kMost + 100; ++i) texts.number_of("text " + std::to_string(i));
  EXPECT_EQ(texts.size(), Texts::kMost + 1);
  EXPECT_EQ(texts.number_of("text 1"), 2U);
  EXPECT_EQ(texts[texts.number_of("another")], "one of too many texts");
  Fleet fleet(1);
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const auto ms = static_cast<double>(i);
    fleet.give('a', Tap::kStackIn, udp(static_cast<std::uint16_t>(i + 1)), ms, 0x1000 + i);
    fleet.drop('a', udp(static_cast<std::uint16_t>(i + 1)), ms, 0x1000 + i, "R" + std::to_string(i), "f");
  }
  const std::string report = fleet.finish();
  EXPECT_NE(report.find("\n    904  "), std::string::npos);
  EXPECT_NE(report.find("took paths that are not told"), std::string::npos);
}

TEST(HostsCompare, TellsEachPacket) {
  for (const bool json : {false, true}) {
    HostsCompareOptions options;
    options.each = true;
    options.json = json;
    Fleet fleet(2, options);
    fleet.send('a', udp(1), 1);
    fleet.deliver('b', udp(1), 1.5);
    const std::string text = fleet.written();
    const std::vector<std::string> expected =
        json ? std::vector<std::string>{R"({"type":"packet","id":1,"time_ns":1700000000001000000,"ip":4,)",
                                        R"("length":5,"steps":[{"host":"a","outcome":"sent")",
                                        R"({"host":"b","order":"after","outcome":"delivered")"}
             : std::vector<std::string>{"#1 192.0.2.1.40000 > 192.0.2.2.5000 UDP, length 5\na: sent on eth0\n",
                                        "\n-> b: delivered (+500.0 us, give or take 2000.0)\n"};
    for (const std::string& part : expected) EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
}

// What was forgotten for lack of room may have been the other half of this packet.
TEST(Journeys, SayThatTheyGaveUp) {
  const HostClock clock{.boot = {}, .is_synchronised = true, .error_ns = 0};
  std::vector<Journey> finished;
  Journeys journeys({.most = 2, .clock = [&](std::uint16_t) -> const HostClock& { return clock; }},
                    [&](Journey journey) { finished.push_back(std::move(journey)); });
  const auto visit = [](std::uint16_t host, std::uint64_t content, std::uint64_t time_ns) {
    Visit made;
    made.host = host;
    made.entry = host == 0 ? Entry::kMade : Entry::kReceived;
    made.departs = host == 0;
    made.first_content = made.last_content = content;
    made.flow = made.last_flow = content;
    made.first_ns = made.last_ns = time_ns;
    made.outcome.kind = host == 0 ? OutcomeKind::kSent : OutcomeKind::kDelivered;
    return made;
  };
  for (std::uint64_t content = 1; content <= 3; ++content) journeys.add(visit(0, content, kStart), kStart);
  journeys.add(visit(1, 1, kStart), kStart);
  journeys.add(visit(0, 9, kStart + 60 * kSecond), kStart + 60 * kSecond);
  journeys.expire(kStart + 60 * kSecond, Journeys::kHoldNs);
  journeys.finish_all();
  ASSERT_EQ(finished.size(), 5U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(finished[i].untied, Untied::kGivenUp) << i;
}

}  // namespace
}  // namespace ringtap
