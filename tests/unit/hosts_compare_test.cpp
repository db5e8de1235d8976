// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Records of several hosts, made by hand: which path `ringtap fleet compare` says that packets took, in which order it
// claims hosts to have seen them, and that what a host may not have seen is unknown.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compare/hosts_comparer.hpp"
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
Bytes tcp(std::uint32_t seq, std::size_t size, std::uint16_t id) {
  return (Ethernet{} / Ipv4{.id = id} / Tcp{.seq = seq, .flags = Tcp::kAck} / Payload{size}).bytes();
}

// Hosts "a", "b" … with two devices each, captured at all taps; times are milliseconds after kStart.
class Fleet {
 public:
  explicit Fleet(std::size_t hosts, HostsCompareOptions options = {}) {
    for (std::size_t i = 0; i < hosts; ++i) {
      facts_.push_back({.host = std::string(1, static_cast<char>('a' + i)),
                        .clock = {.boot = std::to_string(i), .is_synchronised = true, .error_ns = kMillisecond},
                        .begin_ns = kStart - 10 * kSecond});
    }
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
  void drop(char host, const Bytes& bytes, double ms, std::uint64_t skb) {
    RecordView view = record(host, Tap::kDrop, bytes, ms, skb);
    view.trace->reason = "NO_SOCKET";
    view.trace->function = "udp_queue_rcv_skb";
    give(view);
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

 private:
  std::vector<HostFacts> facts_;
  std::shared_ptr<Stored> text_ = std::make_shared<Stored>();
  std::unique_ptr<HostsComparer> comparer_;
  bool is_finished_ = false;
};

using Paths = std::map<std::string, std::uint64_t>;

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
  // Two that look the same to whom NAT has changed them.
  fleet.send('a', udp(2, 64, "192.0.2.3"), 3);
  fleet.send('a', udp(2, 64, "192.0.2.4"), 3.1, 0x101);
  fleet.deliver('b', udp(2, 63, "198.51.100.1"), 4);
  EXPECT_EQ(fleet.paths(),
            (Paths{{"a sent on eth0 -> - addresses or ports changed (NAT), at none of these hosts -> b delivered", 1},
                   {"a sent on eth0 -> - not seen at any other host", 2},
                   {"- not seen at any other host before -> b delivered", 1}}));
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

}  // namespace
}  // namespace ringtap
