// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The taps of the whole host and the AF_PACKET reference: what each holds of traffic whose outcome is known, against
// tcpdump where it stands at the same place, and that packets are none the wiser.
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "capture.hpp"
#include "support/old_kernel.hpp"
#include "support/requirements.hpp"
#include "support/socket_address.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

using Arguments = std::vector<std::string>;
using Words = std::map<std::string, std::string>;

struct TapRecord {
  std::string interface;
  std::string comment;
  std::string packet_id;  // eight bytes
  Words words;            // of option 32850, docs/file-format.md
  std::uint32_t wire_len = 0;
  Bytes data;

  [[nodiscard]] std::string word(const std::string& name) const {
    const auto found = words.find(name);
    return found == words.end() ? "" : found->second;
  }
};

// A pcapng file of this machine's byte order, as far as these tests look into it.
std::vector<TapRecord> read_tap_records(const std::filesystem::path& path) {
  const std::string file = read_file(path);
  const auto number = [&](std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    if (at + size <= file.size()) std::memcpy(&value, file.data() + at, size);
    return value;
  };
  const auto options = [&](std::size_t at, std::size_t end) {
    std::map<std::uint32_t, std::string> found;
    while (at + 4 <= end && number(at, 2) != 0) {
      const std::uint32_t size = number(at + 2, 2);
      found[number(at, 2)] = file.substr(at + 4, size);
      at += 4 + (size + 3) / 4 * 4;
    }
    return found;
  };
  std::vector<TapRecord> records;
  std::vector<std::string> interfaces;
  for (std::size_t at = 0; at + 12 <= file.size() && number(at + 4, 4) >= 12; at += number(at + 4, 4)) {
    const std::size_t end = at + number(at + 4, 4) - 4;
    if (number(at, 4) == 1) interfaces.push_back(options(at + 16, end)[2]);
    if (number(at, 4) != 6) continue;
    const std::uint32_t captured = number(at + 20, 4);
    auto found = options(at + 28 + (captured + 3) / 4 * 4, end);
    TapRecord record{.interface = interfaces.at(number(at + 8, 4)),
                     .comment = found[1],
                     .packet_id = found[5],
                     .wire_len = number(at + 24, 4)};
    const auto* data = reinterpret_cast<const std::byte*>(file.data() + at + 28);
    record.data.assign(data, data + captured);
    std::istringstream words(found[32850]);
    for (std::string word; words >> word;)
      record.words[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    records.push_back(std::move(record));
  }
  return records;
}

class Taps : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("ip");
    REQUIRE_TOOL("ping");
  }

  struct Shot {
    Finished finished;
    Accounting accounting;
    std::vector<TapRecord> records;

    [[nodiscard]] std::vector<TapRecord> holding(std::string_view text) const {
      std::vector<TapRecord> found;
      std::copy_if(records.begin(), records.end(), std::back_inserter(found),
                   [&](const TapRecord& record) { return contains(record.data, text); });
      return found;
    }
  };

  // What a capture holds of `traffic`. The accounting has to balance and the order of time has to hold.
  Shot shoot(const Namespace& where, Arguments arguments, const std::function<void()>& traffic) {
    const std::filesystem::path file = folder_ / "shot.pcapng";
    const Arguments front = {"-v", "-w", file};
    arguments.insert(arguments.begin(), front.begin(), front.end());
    Capture ringtap(where, arguments);
    if (HasFatalFailure()) return {};
    traffic();
    Shot shot;
    shot.finished = ringtap.stop();
    EXPECT_EQ(shot.finished.status, (ExitStatus{0, 0})) << shot.finished.err;
    shot.accounting = expect_identity(shot.finished.err);
    if (shot.accounting.total) {
      EXPECT_EQ((*shot.accounting.total)["late"], 0U) << shot.finished.err;
    }
    EXPECT_EQ(read_capture(file).error, "");
    shot.records = read_tap_records(file);
    return shot;
  }

  // "PREROUTING pre", "PREROUTING post" … in the order of the records.
  static std::vector<std::string> places(const std::vector<TapRecord>& records) {
    std::vector<std::string> found;
    for (const TapRecord& record : records) {
      if (record.word("tap") == "netfilter") found.push_back(record.word("hook") + " " + record.word("stage"));
    }
    return found;
  }

  static std::vector<std::string> reasons(const std::vector<TapRecord>& records) {
    std::vector<std::string> found;
    for (const TapRecord& record : records) {
      if (record.word("tap") == "drop") found.push_back(record.word("reason"));
    }
    return found;
  }

  TempDir folder_;
};

std::vector<std::string> both_places(const Arguments& hooks) {
  std::vector<std::string> places;
  for (const std::string& hook : hooks) {
    places.push_back(hook + " pre");
    places.push_back(hook + " post");
  }
  return places;
}

// A UDP socket in a namespace, to see what arrives.
class Receiver {
 public:
  Receiver(const Namespace& where, std::uint16_t port, int buffer = 1 << 20) {
    where.inside([&] {
      fd_ = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      const int off = 0;
      ::setsockopt(fd_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
      const SocketAddress any("::", port);
      if (::bind(fd_, any.get(), any.size) != 0) throw std::runtime_error("bind");
    });
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  ~Receiver() { ::close(fd_); }

  [[nodiscard]] std::vector<Bytes> take() const {
    std::vector<Bytes> found;
    Bytes buffer(66000);
    for (ssize_t size = 0; (size = ::recv(fd_, buffer.data(), buffer.size(), 0)) >= 0;)
      found.emplace_back(buffer.begin(), buffer.begin() + size);
    return found;
  }

 private:
  int fd_ = -1;
};

// A TCP socket that listens and does not accept.
class Listener {
 public:
  Listener(const Namespace& where, std::uint16_t port) {
    where.inside([&] {
      fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const SocketAddress any("0.0.0.0", port);
      if (::bind(fd_, any.get(), any.size) != 0 || ::listen(fd_, 5) != 0) throw std::runtime_error("listen");
    });
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { ::close(fd_); }

 private:
  int fd_ = -1;
};

// --- the two that stand where tcpdump stands ---

class TapsBesideTcpdump : public Taps {
 protected:
  void SetUp() override {
    Taps::SetUp();
    REQUIRE_TOOL("tcpdump");
  }

  struct Both {
    std::vector<CapturedFrame> ringtap;
    std::vector<CapturedFrame> tcpdump;
    int ringtap_link_type = -1;
    int tcpdump_link_type = -1;
  };

  // Both tools around `traffic`, which sends the markers too.
  Both capture(const Namespace& where, Arguments ours, Arguments theirs, const std::function<void()>& traffic) {
    const std::filesystem::path our_path = folder_ / "ringtap.pcap";
    const std::filesystem::path their_path = folder_ / "tcpdump.pcap";
    ours.insert(ours.begin(), {"-v", "-w", our_path});
    theirs.insert(theirs.begin(), {"-U", "-w", their_path});
    Tcpdump tcpdump(where, theirs);
    Capture ringtap(where, ours);
    if (HasFailure()) return {};
    traffic();
    EXPECT_TRUE(wait_for_text(their_path, kEndMarker)) << "tcpdump has not seen the end";
    const Finished finished = ringtap.stop();
    tcpdump.stop();
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
    expect_identity(finished.err);
    const CaptureFile our_file = read_capture(our_path);
    const CaptureFile their_file = read_capture(their_path);
    EXPECT_EQ(our_file.error, "");
    const auto our_part = between_markers(our_file.frames);
    const auto their_part = between_markers(their_file.frames);
    EXPECT_TRUE(our_part && their_part) << our_file.frames.size() << " and " << their_file.frames.size() << " frames";
    if (!our_part || !their_part) return {};
    return {*our_part, *their_part, our_file.link_type, their_file.link_type};
  }

  // Between the markers of the two hosts.
  Both capture(const TwoHosts& hosts, const Namespace& where, Arguments ours, Arguments theirs,
               const std::function<void()>& traffic) {
    return capture(where, std::move(ours), std::move(theirs), [&] {
      send_begin(hosts);
      traffic();
      send_end(hosts);
    });
  }

  static void expect_same(const Both& both, std::size_t at_least) {
    EXPECT_GE(both.tcpdump.size(), at_least);
    EXPECT_EQ(difference(both.ringtap, both.tcpdump, Order::kAny), "");
    EXPECT_EQ(both.ringtap_link_type, both.tcpdump_link_type);
  }

  // The stack taps keep the first piece of a packet that lies in several: what they have must be right.
  static void expect_same_beginnings(const Both& both, std::size_t at_least) {
    EXPECT_GE(both.tcpdump.size(), at_least);
    EXPECT_EQ(both.ringtap.size(), both.tcpdump.size());
    EXPECT_EQ(both.ringtap_link_type, both.tcpdump_link_type);
    std::vector<CapturedFrame> left = both.tcpdump;
    for (const CapturedFrame& frame : both.ringtap) {
      const auto same = std::find_if(left.begin(), left.end(), [&](const CapturedFrame& other) {
        return other.wire_len == frame.wire_len && frame.data.size() <= other.data.size() &&
               std::equal(frame.data.begin(), frame.data.end(), other.data.begin());
      });
      EXPECT_NE(same, left.end()) << "tcpdump has no frame of " << frame.wire_len << " bytes that begins with "
                                  << hex(frame.data);
      EXPECT_GE(frame.data.size(), std::min<std::size_t>(frame.wire_len, 34)) << "not even its headers";
      if (same != left.end()) left.erase(same);
    }
  }
};

void mixed_traffic(const TwoHosts& hosts) {
  ping(hosts.left, TwoHosts::kRightIpv4, 5);
  ping(hosts.right, TwoHosts::kLeftIpv6, 5, 1000);
  send_udp(hosts.left, TwoHosts::kRightIpv4, 5353, Payload{"not DNS"}.bytes, 5);
  send_udp(hosts.left, TwoHosts::kRightIpv6, 7777, Payload{1400}.bytes, 5);
  send_udp(hosts.left, TwoHosts::kRightIpv4, 7777, Payload{4000}.bytes, 2);  // fragments
}

TEST_F(TapsBesideTcpdump, PacketHoldsTheSameFramesInBothDirections) {
  const TwoHosts hosts;
  warm_up(hosts);
  expect_same(capture(hosts, hosts.right, {"-i", "right", "--tap", "packet"}, {"-i", "right"},
                      [&] {
                        mixed_traffic(hosts);
                        exchange_tcp(hosts.right, hosts.left, TwoHosts::kLeftIpv4, 9000, 300'000, 100'000);
                      }),
              60);
}

TEST_F(TapsBesideTcpdump, StackHoldsTheSameFramesInBothDirections) {
  const TwoHosts hosts;
  warm_up(hosts);
  expect_same(
      capture(hosts, hosts.right, {"-i", "right", "--tap", "stack"}, {"-i", "right"}, [&] { mixed_traffic(hosts); }),
      40);
}

TEST_F(TapsBesideTcpdump, EachDirectionIsThatOfTcpdump) {
  const TwoHosts hosts;
  warm_up(hosts);
  for (const char* tap : {"packet", "stack"}) {
    for (const char* direction : {"in", "out"}) {
      SCOPED_TRACE(std::string(tap) + " " + direction);
      const bool out = std::string_view(direction) == "out";
      const char* device = out ? "left" : "right";
      expect_same(capture(hosts, out ? hosts.left : hosts.right, {"-i", device, "--tap", tap, "-Q", direction},
                          {"-i", device, "-Q", direction}, [&] { ping(hosts.left, TwoHosts::kRightIpv4, 5); }),
                  5);
    }
  }
}

// Software segmentation stands between tc egress and the driver: the stack tap sees its segments.
TEST_F(TapsBesideTcpdump, StackSeesTheSegmentsOfASuperframe) {
  REQUIRE_TOOL("ethtool");
  const TwoHosts hosts;
  warm_up(hosts);
  ASSERT_EQ(run(hosts.left.command({"ethtool", "-K", "left", "tso", "off"})).status, (ExitStatus{0, 0}));
  const auto send = [&] { exchange_tcp(hosts.left, hosts.right, TwoHosts::kRightIpv4, 9000, 300'000, 1); };
  const Both both = capture(hosts, hosts.left, {"-i", "left", "--tap", "stack"}, {"-i", "left"}, send);
  expect_same_beginnings(both, 200);
  for (const CapturedFrame& frame : both.ringtap) EXPECT_LE(frame.wire_len, 1514U);
}

TEST_F(TapsBesideTcpdump, JumboFramesAreThere) {
  const TwoHosts hosts(9000);
  warm_up(hosts);
  const auto send = [&] {
    ping(hosts.left, TwoHosts::kRightIpv4, 5, 8900);
    send_udp(hosts.left, TwoHosts::kRightIpv6, 7777, Payload{8900}.bytes, 5);
  };
  expect_same(capture(hosts, hosts.right, {"-i", "right", "--tap", "packet"}, {"-i", "right"}, send), 15);
  expect_same_beginnings(capture(hosts, hosts.right, {"-i", "right", "--tap", "stack"}, {"-i", "right"}, send), 15);
}

TEST_F(TapsBesideTcpdump, TagsAreInTheFrameWhereverTheyStood) {
  const TwoHosts hosts;
  warm_up(hosts);
  const FrameSender sender(hosts.left, "left");
  const Ethernet ethernet{.dst = TwoHosts::kRightMac};
  const auto send = [&] {
    sender.send((ethernet / Vlan{.id = 7, .priority = 5} / Ipv4{} / Udp{} / Payload{100}).bytes());
    sender.send((ethernet / Vlan{.id = 7, .protocol = 0x88a8} / Vlan{.id = 200} / Ipv6{} / Udp{} / Payload{9}).bytes());
    sender.send((ethernet / Vlan{.id = 3} / Vlan{.id = 4} / Vlan{.id = 5} / Arp{}).bytes());
    sender.send((ethernet / Vlan{.id = 9, .type = 0x88b5} / Payload{46}).bytes());
    sender.send((Ethernet{.dst = TwoHosts::kRightMac, .type = 0x88b5} / Payload{46}).bytes());
  };
  for (const char* tap : {"packet", "stack"}) {
    SCOPED_TRACE(tap);
    expect_same(capture(hosts, hosts.right, {"-i", "right", "--tap", tap}, {"-i", "right"}, send), 5);
    expect_same(capture(hosts, hosts.left, {"-i", "left", "--tap", tap}, {"-i", "left"}, send), 5);
  }
}

TEST_F(TapsBesideTcpdump, TagsThatStandInMetadataAloneAreInTheFrameOnTransmit) {
  TwoHosts hosts;
  hosts.add_pair("unused", "out");
  const auto forwarder = ForeignProgram::tag_and_forward(hosts.right, "right", "out", 30);
  const FrameSender sender(hosts.left, "left");
  for (const char* tap : {"packet", "stack"}) {
    SCOPED_TRACE(tap);
    const Both both = capture(hosts.right, {"-i", "out", "--tap", tap}, {"-i", "out"}, [&] {
      for (const std::string_view text : {kBeginMarker, std::string_view("tagged on its way"), kEndMarker}) {
        sender.send((Ethernet{} / Ipv4{} / Udp{} / Payload{std::string(text)}).bytes());
      }
    });
    expect_same(both, 1);
  }
}

TEST_F(TapsBesideTcpdump, ADeviceWithoutLinkHeaderGivesBareIpPackets) {
  const Namespace host;
  const TunDevice tun(host, "tun7", "198.51.100.1/24");
  const auto send = [&] {
    const Ipv4 to_host{.src = "198.51.100.2", .dst = "198.51.100.1"};
    for (const std::string_view text : {kBeginMarker, std::string_view("echo this"), kEndMarker}) {
      tun.send((to_host / Icmp{} / Payload{std::string(text)}).bytes());
    }
  };
  for (const char* tap : {"packet", "stack"}) {
    SCOPED_TRACE(tap);
    const Both both = capture(host, {"-i", "tun7", "--tap", tap}, {"-i", "tun7"}, send);
    expect_same(both, 2);
  }
  const Shot shot = shoot(host, {"-i", "tun7", "--tap", "netfilter"}, send);
  EXPECT_EQ(places(shot.holding("echo this")), both_places({"PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"}));
  for (const TapRecord& record : shot.holding("echo this")) EXPECT_EQ(record.data.at(0), std::byte{0x45});
}

TEST_F(TapsBesideTcpdump, AnyIsTcpdumpsLinuxSll2) {
  const TwoHosts hosts;
  warm_up(hosts);
  for (const char* tap : {"packet", "stack"}) {
    SCOPED_TRACE(tap);
    const Both both = capture(hosts, hosts.left, {"-i", "any", "--tap", tap}, {"-i", "any"}, [&] {
      ping(hosts.left, TwoHosts::kRightIpv4, 5);
      send_udp(hosts.left, TwoHosts::kRightIpv6, 7777, Payload{1000}.bytes, 5);
    });
    expect_same(both, 15);
    EXPECT_EQ(both.ringtap_link_type, 276);
  }
}

TEST_F(TapsBesideTcpdump, LoopbackFramesAreThereOnceWithPacketAndTwiceWithStack) {
  const Namespace host;
  const auto send = [&] {
    for (const std::string_view text : {kBeginMarker, std::string_view("to myself"), kEndMarker})
      send_udp(host, "127.0.0.1", 9, Payload{std::string(text)}.bytes);
  };
  expect_same(capture(host, {"-i", "lo", "--tap", "packet"}, {"-i", "lo"}, send), 2);
  const Shot shot = shoot(host, {"-i", "lo", "--tap", "stack"}, send);
  std::vector<std::string> taps;
  for (const TapRecord& record : shot.holding("to myself")) taps.push_back(record.word("tap"));
  // Out and in, and so the ICMP error that quotes it; which of them is first depends on when the CPU turns to
  // receiving.
  std::sort(taps.begin(), taps.end());
  EXPECT_EQ(taps, (std::vector<std::string>{"stack-in", "stack-in", "stack-out", "stack-out"}));
}

// --- netfilter ---

// left – router – right, the router's devices "in" and "out".
struct Router {
  Namespace left;
  Namespace router;
  Namespace right;

  Router() {
    join(left, "left", "in", "10.1.0.");
    join(right, "right", "out", "10.2.0.");
    left.ip("route add default via 10.1.0.1");
    right.ip("route add default via 10.2.0.1");
    router.write_sysctl("ipv4/ip_forward", "1");
    ping(left, "10.2.0.2", 1);
  }

 private:
  void join(const Namespace& host, const std::string& device, const std::string& at_router, const std::string& net) {
    router.ip("link add name " + at_router + " type veth peer name " + device + " netns " + host.name());
    for (const auto& [where, name, address] :
         {std::tuple<const Namespace*, std::string, const char*>{&router, at_router, "1"}, {&host, device, "2"}}) {
      where->write_sysctl("ipv6/conf/" + name + "/disable_ipv6", "1");
      where->ip("link set " + name + " up");
      where->ip("addr add " + net + address + "/24 dev " + name);
    }
  }
};

TEST_F(Taps, NetfilterSeesAPacketOnceBeforeAndOnceBehindTheRulesOfEachHook) {
  const TwoHosts hosts;
  warm_up(hosts);
  for (const auto& [from, to] :
       {std::pair{TwoHosts::kLeftIpv4, TwoHosts::kRightIpv4}, std::pair{TwoHosts::kLeftIpv6, TwoHosts::kRightIpv6}}) {
    SCOPED_TRACE(to);
    const auto echo = [&, address = to] { ping(hosts.left, address, 1); };
    const Shot shot =
        shoot(hosts.right, {"-i", "right", "--tap", "netfilter", "icmp or icmp6[0] = 128 or icmp6[0] = 129"}, echo);
    EXPECT_EQ(places(shot.records), both_places({"PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"}));
    const std::string index = std::to_string(hosts.right.index_of("right"));
    for (std::size_t n = 0; n < shot.records.size(); ++n) {
      const TapRecord& record = shot.records[n];
      EXPECT_EQ(record.interface, "right");
      EXPECT_EQ(record.word("ifindex"), index);
      EXPECT_EQ(record.word("in"), n < 4 ? index : "");
      EXPECT_EQ(record.word("out"), n < 4 ? "" : index);
      EXPECT_EQ(record.comment, record.word("hook") + (n % 2 == 0 ? ", before the rules" : ", after the rules"));
      // One sk_buff for the request and one for the reply.
      EXPECT_EQ(record.word("skb"), shot.records[n < 4 ? 0 : 4].word("skb"));
      // The link header of the way in; there is none yet on the way out.
      EXPECT_EQ(hex(record.data).substr(0, 24), n < 4 ? "020000000002020000000001" : "000000000000000000000000");
    }
  }
}

TEST_F(Taps, NetfilterOfAForwardedPacketIsOfTheDeviceItIsAt) {
  const Router net;
  const auto send = [&] { send_udp(net.left, "10.2.0.2", 5000, Payload{"through"}.bytes); };
  const auto seen = [&](const Arguments& interfaces) {
    Arguments arguments = {"--tap", "netfilter", "udp port 5000"};
    for (const std::string& interface : interfaces) arguments.insert(arguments.begin(), {"-i", interface});
    return shoot(net.router, arguments, send);
  };
  const Shot both = seen({"in", "out"});
  EXPECT_EQ(places(both.records), both_places({"PREROUTING", "FORWARD", "POSTROUTING"}));
  const Shot in = seen({"in"});
  EXPECT_EQ(places(in.records), both_places({"PREROUTING", "FORWARD"}));
  for (const TapRecord& record : in.records) EXPECT_NE(hex(record.data).substr(0, 24), std::string(24, '0'));
  const Shot out = seen({"out"});
  EXPECT_EQ(places(out.records), both_places({"FORWARD", "POSTROUTING"}));
  // The header that is there is that of the device it came in by.
  for (const TapRecord& record : out.records) EXPECT_EQ(hex(record.data).substr(0, 28), std::string(24, '0') + "0800");
  const Shot any = seen({"any"});
  EXPECT_EQ(places(any.records), both_places({"PREROUTING", "FORWARD", "POSTROUTING"}));
}

TEST_F(Taps, RecordsOfOnePacketShareItsNumberWhereTheyShareItsBuffer) {
  const TwoHosts hosts;
  warm_up(hosts);
  const Shot shot =
      shoot(hosts.right, {"-i", "right", "--tap", "tc-in,stack-in,netfilter,drop,packet-in", "udp port 5000"},
            [&] { send_udp(hosts.left, TwoHosts::kRightIpv4, 5000, Payload{"closed"}.bytes, 50); });
  std::map<std::string, std::set<std::string>> taps;
  for (const TapRecord& record : shot.records) {
    EXPECT_EQ(record.packet_id.size(), 8U);
    EXPECT_TRUE(taps[record.packet_id].insert(record.word("tap") + record.word("hook") + record.word("stage")).second);
  }
  const std::set<std::string> of_the_buffer = {
      "stack-in",          "packet-in",          "tc-ingress", "netfilterPREROUTINGpre", "netfilterPREROUTINGpost",
      "netfilterINPUTpre", "netfilterINPUTpost", "drop"};
  EXPECT_EQ(taps.size(), 50U);
  EXPECT_EQ(std::count_if(taps.begin(), taps.end(), [&](const auto& one) { return one.second == of_the_buffer; }), 50);
}

TEST_F(Taps, NetfilterAndDropTellWhereARuleEndedAPacket) {
  REQUIRE_TOOL("nft");
  const Router net;
  struct Case {
    const char* hook;
    const Namespace* sender;
    const char* to;
    std::vector<std::string> places;
  };
  const auto up_to = [](Arguments hooks) {
    auto places = both_places(hooks);
    places.pop_back();
    return places;
  };
  for (const Case& each :
       {Case{"prerouting", &net.left, "10.2.0.2", up_to({"PREROUTING"})},
        Case{"input", &net.left, "10.1.0.1", up_to({"PREROUTING", "INPUT"})},
        Case{"forward", &net.left, "10.2.0.2", up_to({"PREROUTING", "FORWARD"})},
        Case{"output", &net.router, "10.2.0.2", up_to({"OUTPUT"})},
        Case{"postrouting", &net.left, "10.2.0.2", up_to({"PREROUTING", "FORWARD", "POSTROUTING"})}}) {
    SCOPED_TRACE(each.hook);
    const Finished made =
        run(net.router.command({"nft", std::string("add table ip t; add chain ip t c { type filter hook ") + each.hook +
                                           " priority 0; }; add rule ip t c udp dport 5000 counter drop"}));
    ASSERT_EQ(made.status, (ExitStatus{0, 0})) << made;
    const Shot shot = shoot(net.router, {"-i", "in", "-i", "out", "--tap", "netfilter,drop", "udp port 5000"}, [&] {
      try {
        send_udp(*each.sender, each.to, 5000, Payload{"not to arrive"}.bytes);
      } catch (const std::exception&) {
        // The sender itself is told (EPERM).
      }
    });
    EXPECT_EQ(places(shot.records), each.places);
    EXPECT_EQ(reasons(shot.records), std::vector<std::string>{"NETFILTER_DROP"});
    const TapRecord& last = shot.records.empty() ? TapRecord{} : shot.records.back();
    EXPECT_EQ(last.word("tap"), "drop");
    EXPECT_EQ(last.comment, "dropped: NETFILTER_DROP in " + last.word("function"));
    EXPECT_TRUE(contains(last.data, "not to arrive"));
    run(net.router.command({"nft", "delete table ip t"}));
  }
}

TEST_F(Taps, NetfilterStandsAroundIptablesToo) {
  REQUIRE_TOOL("iptables");
  const TwoHosts hosts;
  warm_up(hosts);
  // Before every table: raw stands at priority -300.
  const Finished made = run(
      hosts.right.command({"iptables", "-t", "raw", "-A", "PREROUTING", "-p", "udp", "--dport", "5000", "-j", "DROP"}));
  RINGTAP_REQUIRE(made.status == (ExitStatus{0, 0}), "iptables with the raw table");
  const Shot shot = shoot(hosts.right, {"-i", "right", "--tap", "netfilter,drop", "udp port 5000"},
                          [&] { send_udp(hosts.left, TwoHosts::kRightIpv4, 5000, Payload{"x"}.bytes); });
  EXPECT_EQ(places(shot.records), std::vector<std::string>{"PREROUTING pre"});
  EXPECT_EQ(reasons(shot.records), std::vector<std::string>{"NETFILTER_DROP"});
}

TEST_F(Taps, TwoCapturesAtNetfilterSeeTheSame) {
  const TwoHosts hosts;
  warm_up(hosts);
  Capture first(hosts.right, {"-v", "-i", "right", "--tap", "netfilter", "-w", folder_ / "first.pcapng", "udp"});
  const Shot second = shoot(hosts.right, {"-i", "right", "--tap", "netfilter", "udp"},
                            [&] { send_udp(hosts.left, TwoHosts::kRightIpv4, 5000, Payload{"twice"}.bytes, 10); });
  expect_identity(first.stop().err);
  EXPECT_EQ(places(second.records).size(), 40U);
  EXPECT_EQ(places(read_tap_records(folder_ / "first.pcapng")), places(second.records));
}

// --- sockets ---

TEST_F(Taps, SocketSeesEveryDatagramThatIsGivenToASocketAndNoOther) {
  const TwoHosts hosts;
  warm_up(hosts);
  const Receiver receiver(hosts.right, 5000);
  const Bytes payload = Payload{1200}.bytes;
  const Shot shot = shoot(hosts.right, {"-i", "right", "--tap", "socket", "udp"}, [&] {
    send_udp(hosts.left, TwoHosts::kRightIpv4, 5000, payload, 10);
    send_udp(hosts.left, TwoHosts::kRightIpv6, 5000, payload, 10);
    send_udp(hosts.left, TwoHosts::kRightIpv4, 5001, payload, 10);  // nobody there
  });
  EXPECT_EQ(shot.records.size(), 20U);
  for (const TapRecord& record : shot.records) {
    EXPECT_EQ(record.word("tap"), "socket");
    EXPECT_EQ(hex(record.data).substr(0, 24), "020000000002020000000001");
    EXPECT_EQ(record.wire_len, payload.size() + (record.data.at(12) == std::byte{8} ? 42 : 62));
    ASSERT_EQ(record.data.size(), record.wire_len);
    EXPECT_TRUE(std::equal(payload.begin(), payload.end(), record.data.end() - 1200));
  }
  const auto arrived = receiver.take();
  EXPECT_EQ(arrived.size(), 20U);
  for (const Bytes& datagram : arrived) EXPECT_EQ(datagram, payload);
}

TEST_F(Taps, SocketSeesTheSegmentsThatATcpSocketGets) {
  REQUIRE_TOOL("tcpdump");
  const TwoHosts hosts;
  warm_up(hosts);
  const auto theirs = folder_ / "in.pcap";
  Tcpdump tcpdump(hosts.right, {"-U", "-i", "right", "-Q", "in", "-w", theirs, "tcp or udp port 9999"});
  const Shot shot = shoot(hosts.right, {"-i", "right", "--tap", "socket", "tcp"}, [&] {
    exchange_tcp(hosts.left, hosts.right, TwoHosts::kRightIpv4, 9000, 100'000, 100'000);
    send_end(hosts);
    EXPECT_TRUE(wait_for_text(theirs, kEndMarker));
  });
  tcpdump.stop();
  const auto all = read_capture(theirs).frames;
  // The last ACK may come when the socket is in TIME_WAIT, which takes it without asking the cgroup.
  EXPECT_GE(shot.records.size() + 4, all.size());
  EXPECT_LT(shot.records.size(), all.size());
  ASSERT_FALSE(shot.records.empty());
  EXPECT_EQ(shot.records.front().data.at(47), std::byte{Tcp::kSyn});
}

TEST_F(Taps, AFullReceiveBufferShowsAtTheSocketAndThenAsADrop) {
  const TwoHosts hosts;
  warm_up(hosts);
  const Receiver receiver(hosts.right, 5000, 4000);
  const Shot shot = shoot(hosts.right, {"-i", "right", "--tap", "socket,drop", "udp port 5000"},
                          [&] { send_udp(hosts.left, TwoHosts::kRightIpv4, 5000, Payload{1000}.bytes, 50); });
  const auto arrived = receiver.take().size();
  EXPECT_LT(arrived, 50U);
  EXPECT_EQ(reasons(shot.records), std::vector<std::string>(50 - arrived, "SOCKET_RCVBUFF"));
  EXPECT_EQ(shot.records.size(), 100 - arrived);
}

// --- drops ---

class Drops : public Taps {
 protected:
  struct Case {
    std::string reason;
    std::function<void()> traffic;
    std::string function = {};  // empty: any
  };

  // Each is one packet that says `kMarker`, and is dropped for this reason.
  void expect_reasons(const Namespace& where, const std::string& device, const std::vector<Case>& cases) {
    for (const Case& each : cases) {
      SCOPED_TRACE(each.reason);
      const Shot shot = shoot(where, {"-i", device, "--tap", "drop", "udp"}, each.traffic);
      const auto found = shot.holding(kMarker);
      ASSERT_EQ(found.size(), 1U);
      // "A|B": kernels differ.
      const std::string reason = found[0].word("reason");
      EXPECT_NE(("|" + each.reason + "|").find("|" + reason + "|"), std::string::npos) << reason;
      EXPECT_NE(found[0].word("function"), "");
      if (!each.function.empty()) {
        EXPECT_EQ(found[0].word("function"), each.function);
      }
      EXPECT_EQ(found[0].comment, "dropped: " + reason + " in " + found[0].word("function"));
      EXPECT_EQ(found[0].interface, device);
    }
  }

  static constexpr const char* kMarker = "dropped for a reason";
};

TEST_F(Drops, SayWhyOnTheWayIn) {
  const TwoHosts hosts;
  warm_up(hosts);
  const FrameSender sender(hosts.left, "left");
  const Ethernet ethernet{.dst = TwoHosts::kRightMac};
  const auto send = [&](const Packet& packet) {
    return [&sender, bytes = (packet / Payload{kMarker}).bytes()] { sender.send(bytes); };
  };
  hosts.right.write_sysctl("ipv4/conf/right/rp_filter", "1");
  const Receiver receiver(hosts.right, 9);
  expect_reasons(hosts.right, "right",
                 {{"NO_SOCKET", send(ethernet / Ipv4{} / Udp{.dst_port = 10}), "__udp4_lib_rcv"},
                  {"NO_SOCKET", send(ethernet / Ipv6{} / Udp{.dst_port = 10})},
                  {"UDP_CSUM", send(ethernet / Ipv4{} / Udp{.checksum = 0x1234})},
                  {"IP_CSUM", send(ethernet / Ipv4{.checksum = 0x1234} / Udp{})},
                  {"OTHERHOST", send(Ethernet{.dst = {2, 0, 0, 0, 0, 9}} / Ipv4{} / Udp{})},
                  {"IP_RPFILTER", send(ethernet / Ipv4{.src = "203.0.113.1"} / Udp{})},
                  {"PKT_TOO_SMALL", send(ethernet / Ipv4{.total_length = 1000} / Udp{})}});
}

TEST_F(Drops, SayWhyOnTheWayThroughARouter) {
  const Router net;
  net.left.ip("route add 192.0.2.0/24 via 10.1.0.1");
  const auto mac = [&](const Namespace& where, const char* device) {
    Mac found{};
    const std::string text = run(where.command({"cat", std::string("/sys/class/net/") + device + "/address"})).out;
    for (std::size_t i = 0; i < found.size() && text.size() >= 17; ++i)
      found[i] = static_cast<std::uint8_t>(std::stoul(text.substr(3 * i, 2), nullptr, 16));
    return found;
  };
  const FrameSender sender(net.left, "left");
  const Ethernet to_router{.dst = mac(net.router, "in"), .src = mac(net.left, "left")};
  const auto send = [&](const Ipv4& header) {
    return [&sender, bytes = (to_router / header / Udp{} / Payload{kMarker}).bytes()] { sender.send(bytes); };
  };
  expect_reasons(net.router, "in",
                 {{"IP_INNOROUTES", send({.src = "10.1.0.2", .dst = "192.0.2.77"})},
                  {"IP_INHDR|IP_TTL_EXCEEDED", send({.src = "10.1.0.2", .dst = "10.2.0.2", .ttl = 1})}});
}

TEST_F(Drops, SayWhyInQueuesAndPrograms) {
  REQUIRE_TOOL("tc");
  const TwoHosts hosts;
  warm_up(hosts);
  const auto tc = [&](const Namespace& where, const std::string& arguments) {
    const Finished made = run_shell(where.prefix() + "tc " + arguments);
    EXPECT_EQ(made.status, (ExitStatus{0, 0})) << made;
  };
  const auto send = [&] { send_udp(hosts.left, TwoHosts::kRightIpv4, 5000, Payload{kMarker}.bytes); };

  {
    const auto dropper = ForeignProgram::drop_tc(hosts.right, "right", true);
    expect_reasons(hosts.right, "right", {{"TC_INGRESS", send}});
  }
  {
    const auto dropper = ForeignProgram::drop_tc(hosts.left, "left", false);
    expect_reasons(hosts.left, "left", {{"TC_EGRESS", send}});
  }
  // Nothing fits into a bucket and a queue of one byte.
  tc(hosts.left, "qdisc add dev left root tbf rate 1kbit burst 1 limit 1");
  const Shot shot = shoot(hosts.left, {"-i", "left", "--tap", "drop", "udp"}, send);
  const auto found = shot.holding(kMarker);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].word("reason").starts_with("QDISC_")) << found[0].comment;
  EXPECT_EQ(hex(found[0].data).substr(0, 24), "020000000002020000000001");
}

TEST_F(Drops, OfGenericXdpAreThere) {
  REQUIRE_TOOL("tshark");
  const TwoHosts hosts;
  warm_up(hosts);
  // Ours in consume mode is as good as another's.
  Capture eater(hosts.right, {"-i", "right", "--tap", "xdp", "--xdp-mode", "generic", "--consume", "--force", "-w",
                              "/dev/null", "udp port 5000"});
  expect_reasons(
      hosts.right, "right",
      {{"NOT_SPECIFIED|XDP", [&] { send_udp(hosts.left, TwoHosts::kRightIpv4, 5000, Payload{kMarker}.bytes); }}});
  const Finished told = run({"tshark", "-r", folder_ / "shot.pcapng", "-T", "fields", "-e", "frame.comment"});
  EXPECT_NE(told.out.find("in do_xdp_generic"), std::string::npos) << told;
}

// --- all of them ---

TEST_F(Taps, TheFilterPicksTheSamePacketsAtEachOfThem) {
  const TwoHosts hosts;
  warm_up(hosts);
  const Receiver receiver(hosts.right, 5000);
  const auto send = [&] {
    send_udp(hosts.left, TwoHosts::kRightIpv4, 5000, Payload{"small"}.bytes, 3);
    send_udp(hosts.left, TwoHosts::kRightIpv6, 5000, Payload{1000}.bytes, 4);
    send_udp(hosts.left, TwoHosts::kRightIpv4, 5001, Payload{400}.bytes, 5);
  };
  struct Case {
    const char* expression;
    std::size_t in;       // frames that come in by the device
    std::size_t sockets;  // of these, given to a socket
    std::size_t drops;
  };
  for (const Case& each :
       {Case{"udp port 5000", 7, 7, 0}, Case{"ip6 and udp", 4, 4, 0}, Case{"udp and less 100", 3, 3, 0},
        Case{"udp and ether host 02:00:00:00:00:02", 12, 7, 5}, Case{"udp and inbound", 12, 7, 5},
        // Behind the snaplen, which the filter knows nothing of.
        Case{"udp[300] = 36", 5, 0, 5}}) {
    SCOPED_TRACE(each.expression);
    const Shot shot =
        shoot(hosts.right,
              {"-i", "right", "-s", "64", "--tap", "tc-in,packet,stack,netfilter,socket,drop", each.expression}, send);
    std::map<std::string, std::size_t> count;
    for (const TapRecord& record : shot.records) {
      const bool netfilter = record.word("tap") == "netfilter";
      ++count[netfilter ? record.word("hook") + " " + record.word("stage") : record.interface];
      EXPECT_LE(record.data.size(), 64U);
    }
    for (const char* place : {"right:tc", "right:packet", "right:stack", "PREROUTING pre", "INPUT post"}) {
      EXPECT_EQ(count[place], each.in) << place;
    }
    EXPECT_EQ(count["right:socket"], each.sockets);
    EXPECT_EQ(count["right:drop"], each.drops);
  }
}

// Against the frames as they were sent: live, tcpdump takes tagged frames for untagged ones.
TEST_F(Taps, TheFilterSeesATagThatStandsInMetadata) {
  const TwoHosts hosts;
  const FrameSender sender(hosts.left, "left");
  const auto send = [&] {
    for (const std::uint16_t id : std::initializer_list<std::uint16_t>{5, 5, 6}) {
      sender.send((Ethernet{.dst = TwoHosts::kRightMac} / Vlan{.id = id} / Ipv4{} / Udp{.dst_port = 5000} / Payload{60})
                      .bytes());
    }
  };
  for (const auto& [expression, frames] : {std::pair{"vlan 5 and udp port 5000", 2U}, {"udp port 5000", 0U}}) {
    SCOPED_TRACE(expression);
    const Shot in = shoot(hosts.right, {"-i", "right", "--tap", "tc-in,stack", expression}, send);
    EXPECT_EQ(in.records.size(), 2 * frames);
    for (const TapRecord& record : in.records) EXPECT_EQ(hex(record.data).substr(24, 6), "810000");
    EXPECT_EQ(shoot(hosts.left, {"-i", "left", "--tap", "stack", expression}, send).records.size(), frames);
  }
  const Shot any_vlan =
      shoot(hosts.right, {"-i", "right", "--tap", "tc-in,stack,packet", "--any-vlan", "udp port 5000"}, send);
  EXPECT_EQ(any_vlan.records.size(), 9U);
}

TEST_F(Taps, PacketsOfAnotherNamespaceAreNotOurs) {
  // Both ends have the same interface index in their namespaces.
  const TwoHosts hosts;
  warm_up(hosts);
  ASSERT_EQ(hosts.left.index_of("left"), hosts.right.index_of("right"));
  const Receiver full(hosts.right, 5000, 4000);
  const auto send = [&] {
    send_udp(hosts.left, TwoHosts::kRightIpv4, 5000, Payload{"hello neighbour"}.bytes, 20);
    send_udp(hosts.left, TwoHosts::kRightIpv4, 5001, Payload{"hello neighbour"}.bytes, 20);
  };
  const Shot there = shoot(hosts.left, {"-i", "left", "--tap", "stack,netfilter,socket,drop", "udp"}, send);
  for (const TapRecord& record : there.records) {
    EXPECT_TRUE(record.word("tap") == "stack-out" || record.word("hook") == "OUTPUT" ||
                record.word("hook") == "POSTROUTING")
        << record.word("tap") << " " << record.comment;
  }
  EXPECT_EQ(there.records.size(), 5U * 40);

  // TCP takes the device off the packet before it knows that it does not want it: an ACK to a listener.
  const FrameSender sender(hosts.left, "left");
  const auto ack = [&] {
    sender.send((Ethernet{.dst = TwoHosts::kRightMac} / Ipv4{} / Tcp{.dst_port = 5000, .flags = Tcp::kAck}).bytes());
  };
  const Listener listener(hosts.right, 5000);
  const Shot by_the_left = shoot(hosts.left, {"-i", "left", "--tap", "drop", "tcp dst port 5000"}, ack);
  EXPECT_EQ(by_the_left.records.size(), 0U);
  const Shot by_the_right = shoot(hosts.right, {"-i", "right", "--tap", "drop", "tcp dst port 5000"}, ack);
  EXPECT_EQ(reasons(by_the_right.records), std::vector<std::string>{"TCP_FLAGS"});
}

TEST_F(Taps, SnaplenCutsAndKeepsTheWireLength) {
  const TwoHosts hosts;
  warm_up(hosts);
  hosts.without_ipv6();  // whose multicast reports would be counted
  const Receiver receiver(hosts.right, 5000);
  for (const std::size_t snaplen : {1, 60, 65, 1514}) {
    const Shot shot =
        shoot(hosts.right, {"-s", std::to_string(snaplen), "-i", "right", "--tap", "packet,stack,netfilter,socket"},
              [&] { send_udp(hosts.left, TwoHosts::kRightIpv4, 5000, Payload{1000}.bytes); });
    EXPECT_EQ(shot.records.size(), 7U);
    for (const TapRecord& record : shot.records) {
      EXPECT_EQ(record.wire_len, 1042U) << record.word("tap");
      EXPECT_EQ(record.data.size(), std::min<std::size_t>(snaplen, 1042)) << record.word("tap");
    }
  }
}

TEST_F(Taps, EndAfterTheCountThatWasAsked) {
  const TwoHosts hosts;
  warm_up(hosts);
  for (const char* tap : {"packet", "stack", "netfilter", "drop"}) {
    SCOPED_TRACE(tap);
    Capture ringtap(hosts.right, {"-v", "-i", "right", "--tap", tap, "-c", "7", "-w", folder_ / "seven.pcapng", "udp"});
    send_udp(hosts.left, TwoHosts::kRightIpv4, 5001, Payload{"x"}.bytes, 20);
    const Finished finished = ringtap.finish();
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
    EXPECT_EQ((*expect_identity(finished.err).total)["written"], 7U);
    EXPECT_EQ(read_capture(folder_ / "seven.pcapng").frames.size(), 7U);
  }
}

TEST_F(Taps, ThatAreKilledLeaveNothingBehind) {
  REQUIRE_TOOL("bpftool");
  const TwoHosts hosts;
  Capture ringtap(hosts.right, {"-i", "right", "--tap", "stack,netfilter,socket,drop,packet", "-w", "/dev/null"});
  const BpfObjects objects = bpf_objects_of(ringtap.process());
  EXPECT_EQ(objects.links.size(), 2U + 20 + 1 + 1);
  ringtap.process().signal(SIGKILL);
  ASSERT_TRUE(ringtap.process().wait());
  EXPECT_TRUE(all_gone(objects));
}

TEST_F(Taps, ThatTheKernelDoesNotHaveAreNamed) {
  const TwoHosts hosts;
  struct Case {
    const char* tap;
    const char* said;
  };
  for (const Case& each : {Case{"netfilter", "netfilter"}, Case{"socket", "socket"}}) {
    SCOPED_TRACE(each.tap);
    Process ringtap(hosts.right.command({ringtap_binary(), "-i", "right", "--tap", each.tap, "-w", "/dev/null"}),
                    [] { refuse_bpf_command(BPF_LINK_CREATE, EINVAL); });
    EXPECT_EQ(ringtap.wait(), (ExitStatus{1, 0})) << ringtap.err();
    EXPECT_NE(ringtap.err().find(each.said), std::string::npos) << ringtap.err();
  }
  REQUIRE_TOOL("setpriv");
  const Finished plain = run(hosts.right.command({"setpriv", "--bounding-set=-all", "--inh-caps=-all", ringtap_binary(),
                                                  "-i", "right", "--tap", "netfilter", "-w", "/dev/null"}));
  EXPECT_EQ(plain.status, (ExitStatus{1, 0})) << plain;
  EXPECT_NE(plain.err.find("CAP_BPF"), std::string::npos) << plain;
}

// --- much of it ---

TEST_F(Taps, ARingThatIsTooSmallLosesNothingUncounted) {
  const TwoHosts hosts;
  warm_up(hosts);
  const Receiver receiver(hosts.right, 5000);
  Capture ringtap(hosts.right, {"-v", "-i", "right", "--tap", "stack,netfilter,socket,drop", "-B", "8", "-w",
                                folder_ / "small.pcapng", "udp"});
  ringtap.process().signal(SIGSTOP);
  send_udp(hosts.left, TwoHosts::kRightIpv4, 5000, Payload{500}.bytes, 500);
  ringtap.process().signal(SIGCONT);
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  const Accounting accounting = expect_identity(finished.err);
  ASSERT_TRUE(accounting.total);
  EXPECT_GE((*accounting.total)["seen"], 500U * 6);
  EXPECT_GT((*accounting.total)["ring_full"], 500U);
  EXPECT_EQ((*accounting.total)["written"], read_capture(folder_ / "small.pcapng").frames.size());
  EXPECT_EQ(receiver.take().size(), 500U);
}

// Packets come in by a kernel thread. From a softirq they may interrupt any task, and a development kernel, 6.18.44,
// runs no tracepoint program while process 1 is the one that was interrupted.
TEST_F(Taps, AFloodBalances) {
  const TwoHosts hosts;
  warm_up(hosts);
  hosts.without_ipv6();
  constexpr unsigned kArrive = 75'000;
  constexpr unsigned kAtOnce = 10'000;
  // Two ports nobody listens at, and SYNs to a third: every packet is dropped, most without an answer.
  const Bytes syn = (Ethernet{.dst = TwoHosts::kRightMac} / Ipv4{} / Tcp{.dst_port = 81}).bytes();
  Capture ringtap(hosts.right, {"-vv", "-i", "right", "--tap", "xdp,tc,packet,stack,netfilter,socket,drop", "-s", "64",
                                "-w", "/dev/null", "--format", "pcap"});
  const std::uint64_t before = hosts.right.counters("right").rx_packets;
  ASSERT_EQ(run(hosts.right.command({"sh", "-c", "echo 1 >/sys/class/net/right/threaded"})).status, (ExitStatus{0, 0}));
  const FrameSender sender(hosts.left, "left");
  const auto so_far = [&] { return hosts.right.counters("right").rx_packets - before; };
  // The queue between the two devices takes away what a busy machine's kernel thread does not fetch in time.
  for (int round = 0; round < 100 && so_far() < kArrive; ++round) {
    std::thread second([&] { send_udp(hosts.left, TwoHosts::kRightIpv4, 5001, Payload{"y"}.bytes, kAtOnce); });
    send_udp(hosts.left, TwoHosts::kRightIpv4, 5000, Payload{"x"}.bytes, kAtOnce);
    second.join();
    for (unsigned i = 0; i < kAtOnce / 10; ++i) sender.send(syn);
  }
  std::uint64_t arrived = 0;
  const auto nothing_more_comes = [&] {
    std::this_thread::sleep_for(100ms);
    const std::uint64_t earlier = std::exchange(arrived, hosts.right.counters("right").rx_packets);
    return arrived == earlier;
  };
  EXPECT_TRUE(wait_until(nothing_more_comes));
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  const Accounting accounting = expect_identity(finished.err);
  ASSERT_TRUE(accounting.total);
  EXPECT_EQ((*accounting.total)["late"], 0U);
  std::map<std::string, std::uint64_t> seen;
  for (const AccountingLine& line : accounting.lines) seen[line.words.at("tap")] += line["seen"];
  // What the queue took away the drop tap sees, too.
  EXPECT_GE(seen["xdp"], kArrive);
  EXPECT_EQ(seen["xdp"], arrived - before);
  EXPECT_EQ(seen["tc-ingress"], seen["xdp"]);
  EXPECT_EQ(seen["stack-in"], seen["xdp"]);
  EXPECT_EQ(seen["packet-in"], seen["xdp"]);
  EXPECT_GE(seen["netfilter"], 4 * seen["xdp"]);
  EXPECT_GE(seen["drop"], seen["xdp"]);
}

}  // namespace
}  // namespace ringtap::testing
