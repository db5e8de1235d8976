// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// `ringtap compare` end to end on packets that are sent, forwarded and bridged: which places see them, where they end
// and what the answer says, to the packet. tcpdump beside it is the oracle of what leaves.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "capture.hpp"
#include "support/requirements.hpp"
#include "support/socket_address.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

constexpr unsigned kPackets = 201;
constexpr std::uint16_t kPort = 5000;
constexpr const char* kFilter = "udp port 5000";
constexpr const char* kFarIpv4 = "198.51.100.2";

// Of a member of a JSON object without objects in it: text without its quotes, or a number; empty where it is not.
std::string member(const std::string& line, const std::string& name) {
  const std::size_t at = line.find("\"" + name + "\":");
  if (at == std::string::npos) return "";
  const std::size_t value = at + name.size() + 3;
  if (line[value] != '"') return line.substr(value, line.find_first_of(",}", value) - value);
  return line.substr(value + 1, line.find('"', value + 1) - value - 1);
}

// What `ringtap compare --json` said.
struct Comparison {
  std::vector<std::string> places;    // "netfilter OUTPUT pre left 201"; "… in 402 records" where that differs
  std::vector<std::string> outcomes;  // "201 sent on left"
  std::vector<std::string> sites;     // of the outcomes, "at"
  std::map<std::string, std::uint64_t> records;  // by "tap device"
  std::string summary;
  std::string answer;
};

Comparison parse_comparison(const std::string& out) {
  Comparison comparison;
  for (const std::string& line : lines_of(out)) {
    const std::string type = member(line, "type");
    if (type == "place") {
      std::string place = member(line, "tap") + " ";
      if (const std::string hook = member(line, "hook"); !hook.empty())
        place += hook + " " + member(line, "stage") + " ";
      // Another namespace's numbers of devices say nothing.
      place += member(line, "other_netns").empty() ? member(line, "device") : "other netns";
      const std::string records = member(line, "records");
      comparison.records[place] = std::stoull(records);
      place += " " + member(line, "packets");
      if (records != member(line, "packets")) place += " in " + records + " records";
      comparison.places.push_back(place);
    } else if (type == "outcome") {
      comparison.outcomes.push_back(member(line, "packets") + " " + member(line, "text"));
      comparison.sites.push_back(member(line, "at"));
    } else if (type == "summary") {
      comparison.summary = line;
      comparison.answer = member(line, "answer");
    }
  }
  return comparison;
}

// Takes what is sent to it and reads it when all is over: the kernel would free the rest later, in the next test.
class UdpSink {
 public:
  UdpSink(const Namespace& where, int family, std::uint16_t port) {
    where.inside([&] { fd_ = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0); });
    const SocketAddress address(family == AF_INET6 ? "::" : "0.0.0.0", port);
    const int room = 64 << 20;
    EXPECT_EQ(::setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room), 0);
    EXPECT_EQ(::bind(fd_, address.get(), address.size), 0);
  }
  UdpSink(const UdpSink&) = delete;
  UdpSink& operator=(const UdpSink&) = delete;
  ~UdpSink() {
    char byte = 0;
    while (::recv(fd_, &byte, 1, MSG_DONTWAIT) >= 0) {
    }
    ::close(fd_);
  }

 private:
  int fd_ = -1;
};

std::vector<std::string> on_the_way_out(const std::string& device, unsigned packets) {
  const std::string count = " " + std::to_string(packets);
  return {"netfilter OUTPUT pre " + device + count,
          "netfilter OUTPUT post " + device + count,
          "netfilter POSTROUTING pre " + device + count,
          "netfilter POSTROUTING post " + device + count,
          "tc-egress " + device + count,
          "packet-out " + device + count,
          "stack-out " + device + count};
}

std::vector<std::string> delivered_in_other_netns(unsigned packets) {
  const std::string count = " other netns " + std::to_string(packets);
  return {"stack-in" + count, "socket" + count};
}

std::vector<std::string> operator+(std::vector<std::string> front, const std::vector<std::string>& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

class CompareTransmit : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("nft");
    REQUIRE_TOOL("tcpdump");
    hosts_.emplace();
    ping(hosts_->left, TwoHosts::kRightIpv4, 1);
  }

  static void in(const Namespace& where, const std::string& command) {
    const Finished finished = run_shell(where.prefix() + command);
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << command << "\n" << finished;
  }
  void in_left(const std::string& command) const { in(hosts_->left, command); }
  void in_right(const std::string& command) const { in(hosts_->right, command); }

  std::string read_file_in_left(const std::string& path) const {
    return run_shell(hosts_->left.prefix() + "cat " + path).out;
  }

  // A chain `test` of this hook with one rule.
  static void add_rule(const Namespace& where, const std::string& family, const std::string& chain,
                       const std::string& rule) {
    in(where, "nft add table " + family + " user");
    in(where, "nft 'add chain " + family + " user test { " + chain + "; }'");
    in(where, "nft 'add rule " + family + " user test " + rule + "'");
  }

  Process start(const Namespace& where, std::vector<std::string> arguments) {
    std::filesystem::remove(folder_ / "ready");
    std::vector<std::string> argv = {ringtap_binary(), "compare", "--ready-file", folder_ / "ready"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    Process process(where.command(argv));
    EXPECT_TRUE(process.wait_ready(folder_ / "ready")) << process.err();
    return process;
  }

  // Behind this, what was sent on any CPU has been through all queues on the way to `address`.
  void settle(const std::string& address = TwoHosts::kRightIpv4) const {
    for (long cpu = 0; cpu < ::sysconf(_SC_NPROCESSORS_ONLN); ++cpu) {
      in_left("taskset -c " + std::to_string(cpu) + " ping -q -n -c 1 " + address);
    }
  }

  // Compares what `traffic` does while `where` is watched, and counts with tcpdump what leaves by `out_device`.
  Comparison compare(const Namespace& where, std::vector<std::string> arguments, const std::string& out_device,
                     const std::string& filter, const std::function<void()>& traffic) {
    // The oracle only counts: with short slots its ring holds more than any test here sends.
    Tcpdump tcpdump(where, {"-s", "128", "-i", out_device, "-Q", "out", "-w", folder_ / "oracle.pcap", filter});
    arguments.insert(arguments.begin(), {"-v", "--json"});
    arguments.push_back(filter);
    Process ringtap = start(where, arguments);
    traffic();
    ringtap.signal(SIGINT);
    EXPECT_EQ(ringtap.wait(), (ExitStatus{0, 0})) << ringtap.err();
    expect_identity(ringtap.err());
    tcpdump.stop();
    const Comparison comparison = parse_comparison(ringtap.out());
    for (const char* count : {"lost", "evicted", "ambiguous"}) {
      EXPECT_EQ(member(comparison.summary, count), "0") << count << "\n" << comparison.summary;
    }
    const auto left = comparison.records.find("packet-out " + out_device);
    EXPECT_EQ(left == comparison.records.end() ? 0 : left->second, read_capture(folder_ / "oracle.pcap").frames.size());
    return comparison;
  }
  Comparison compare_left(const std::function<void()>& traffic, const std::string& filter = kFilter) {
    return compare(hosts_->left, {"-i", "left"}, "left", filter, traffic);
  }

  void send(unsigned count = kPackets, const std::string& address = TwoHosts::kRightIpv4,
            const std::string& payload = "where to?") const {
    send_udp(hosts_->left, address, kPort, Payload{payload}.bytes, count);
  }
  void send_and_settle(unsigned count = kPackets, const std::string& address = TwoHosts::kRightIpv4) const {
    send(count, address);
    settle(address);
  }

  // right becomes a router or a bridge between left and a third host.
  void add_far() {
    far_.emplace();
    hosts_->right.ip("link add name out type veth peer name far netns " + far_->name());
    hosts_->right.ip("link set out addrgenmode none up");
    far_->ip("link set far addrgenmode none up");
  }
  void make_router() {
    add_far();
    hosts_->right.ip("addr add 198.51.100.1/24 dev out");
    hosts_->right.write_sysctl("ipv4/ip_forward", "1");
    far_->ip(std::string("addr add ") + kFarIpv4 + "/24 dev far");
    far_->ip("route add default via 198.51.100.1");
    hosts_->left.ip(std::string("route add default via ") + TwoHosts::kRightIpv4);
    ping(hosts_->left, kFarIpv4, 1);
  }
  static std::vector<std::string> on_the_way_through() {
    return {"xdp right 201",
            "stack-in right 201",
            "packet-in right 201",
            "tc-ingress right 201",
            "netfilter PREROUTING pre right 201",
            "netfilter PREROUTING post right 201",
            "netfilter FORWARD pre right > out 201",
            "netfilter FORWARD post right > out 201",
            "netfilter POSTROUTING pre out 201",
            "netfilter POSTROUTING post out 201",
            "tc-egress out 201",
            "packet-out out 201",
            "stack-out out 201"};
  }
  Comparison compare_router(const std::string& address, const std::string& filter = kFilter) {
    return compare(hosts_->right, {"-i", "right", "-i", "out"}, "out", filter, [&] {
      send(kPackets, address);
      settle(kFarIpv4);
    });
  }

  TempDir folder_;
  std::optional<TwoHosts> hosts_;
  std::optional<Namespace> far_;
};

using Lines = std::vector<std::string>;

TEST_F(CompareTransmit, FollowsAPacketToASocketInAnotherNamespace) {
  const UdpSink sink(hosts_->right, AF_INET, kPort);
  const Comparison seen = compare_left([&] { send_and_settle(); });
  EXPECT_EQ(seen.places, on_the_way_out("left", 201) + delivered_in_other_netns(201));
  EXPECT_EQ(seen.outcomes, (Lines{"201 delivered in another namespace"}));
  EXPECT_EQ(seen.answer, "OUTPUT saw 201, AF_PACKET 201, the driver 201: delivered in another namespace");
}

TEST_F(CompareTransmit, SaysSentWhereNothingTellsOfThePeer) {
  const Comparison seen = compare(hosts_->left, {"-i", "left", "--tap", "netfilter,packet,drop"}, "left", kFilter,
                                  [&] { send_and_settle(); });
  EXPECT_EQ(seen.places, (Lines{"netfilter OUTPUT pre left 201", "netfilter OUTPUT post left 201",
                                "netfilter POSTROUTING pre left 201", "netfilter POSTROUTING post left 201",
                                "packet-out left 201", "drop other netns 201"}));
  EXPECT_EQ(seen.outcomes, (Lines{"201 dropped in another namespace at the socket (NO_SOCKET in __udp4_lib_rcv)"}));
}

TEST_F(CompareTransmit, NamesADropAtOutput) {
  const UdpSink sink(hosts_->right, AF_INET, kPort);
  add_rule(hosts_->left, "inet", "type filter hook output priority 0", "udp dport 5000 numgen inc mod 3 0 drop");
  const Comparison seen = compare_left([&] { send_and_settle(); });
  Lines places = on_the_way_out("left", 134);
  places[0] = "netfilter OUTPUT pre left 201";
  EXPECT_EQ(seen.places, places + Lines{"drop left 67"} + delivered_in_other_netns(134));
  EXPECT_EQ(seen.outcomes, (Lines{"134 delivered in another namespace",
                                  "67 dropped at OUTPUT by netfilter (NETFILTER_DROP in nft_do_chain)"}));
  EXPECT_EQ(seen.sites, (Lines{"", "OUTPUT"}));
  EXPECT_EQ(seen.answer,
            "OUTPUT saw 201, AF_PACKET 134, the driver 134: 134 delivered in another namespace, 67 dropped at OUTPUT "
            "by netfilter (NETFILTER_DROP in nft_do_chain)");
}

TEST_F(CompareTransmit, NamesADropOfIptablesAtPostrouting) {
  REQUIRE_TOOL("iptables-nft");
  in_left("iptables-nft -t mangle -A POSTROUTING -p udp --dport 5000 -j DROP");
  const Comparison seen = compare_left([&] { send_and_settle(); });
  EXPECT_EQ(seen.places, (Lines{"netfilter OUTPUT pre left 201", "netfilter OUTPUT post left 201",
                                "netfilter POSTROUTING pre left 201", "drop left 201"}));
  EXPECT_EQ(seen.outcomes, (Lines{"201 dropped at POSTROUTING by netfilter (NETFILTER_DROP in nft_do_chain)"}));
  EXPECT_EQ(seen.answer,
            "OUTPUT saw 201, AF_PACKET 0, the driver 0: dropped at POSTROUTING by netfilter (NETFILTER_DROP in "
            "nft_do_chain)");
}

TEST_F(CompareTransmit, SeesADropOfAnotherEgressProgramByItsOrder) {
  const UdpSink sink(hosts_->right, AF_INET, kPort);
  std::optional<ForeignProgram> dropper;
  for (const bool ours_first : {true, false}) {
    if (ours_first) dropper.emplace(ForeignProgram::drop_egress(hosts_->left, "left", "test_dropper"));
    const Comparison seen = compare_left([&] {
      if (!ours_first) dropper.emplace(ForeignProgram::drop_egress(hosts_->left, "left", "test_dropper"));
      send();
      dropper.reset();
      settle();
    });
    Lines places = on_the_way_out("left", kPackets);
    places.resize(ours_first ? 5 : 4);
    EXPECT_EQ(seen.places, (places + Lines{"drop left 201"}));
    EXPECT_EQ(seen.outcomes, (Lines{"201 dropped at tc egress (TC_EGRESS in __dev_queue_xmit)"}));
    EXPECT_EQ(seen.sites, (Lines{"tc-egress"}));
  }
}

TEST_F(CompareTransmit, CountsWhatTheQdiscDropsAndWhatItLetsGo) {
  const UdpSink sink(hosts_->right, AF_INET, kPort);
  in_left("tc qdisc add dev left root tbf rate 200kbit burst 2000 limit 3000");
  const auto measure = [&] {
    return compare_left([&] {
      send();
      EXPECT_TRUE(wait_until([&] {
        return run_shell(hosts_->left.prefix() + "tc -s qdisc show dev left").out.find("backlog 0b 0p") !=
               std::string::npos;
      }));
      settle();
    });
  };
  Comparison seen = measure();
  // A kernel that shows no packet to tracepoint programs while process 1 is interrupted (seen on one, and the timer of
  // this qdisc interrupts anybody) has AF_PACKET's tap see more than the tracepoint: then the run says nothing.
  for (int again = 0; again < 4 && seen.records["packet-out left"] != seen.records["stack-out left"]; ++again) {
    seen = measure();
  }
  const unsigned sent =
      static_cast<unsigned>(seen.records.contains("stack-out left") ? seen.records.at("stack-out left") : 0);
  EXPECT_GT(sent, 0u);
  EXPECT_LT(sent, kPackets);
  const std::string dropped = std::to_string(kPackets - sent);
  Lines places = on_the_way_out("left", kPackets);
  places[5] = "packet-out left " + std::to_string(sent);
  places[6] = "stack-out left " + std::to_string(sent);
  EXPECT_EQ(seen.places, places + Lines{"drop left " + dropped} + delivered_in_other_netns(sent));
  // Which of both is first depends on how fast it was sent.
  const std::set<std::string> outcomes(seen.outcomes.begin(), seen.outcomes.end());
  EXPECT_EQ(outcomes.count(dropped + " dropped in the qdisc (QDISC_DROP in __dev_queue_xmit)"), 1U)
      << ::testing::PrintToString(outcomes);
}

TEST_F(CompareTransmit, WaitsForANeighbourThatNeverAnswers) {
  hosts_->left.write_sysctl("ipv4/neigh/left/retrans_time_ms", "1000");
  const Comparison seen = compare_left([&] {
    send(kPackets, "192.0.2.77");
    EXPECT_TRUE(wait_until([&] {
      return run_shell(hosts_->left.prefix() + "ip neigh show 192.0.2.77").out.find("FAILED") != std::string::npos;
    }));
    settle();
  });
  EXPECT_EQ(seen.places,
            (Lines{"netfilter OUTPUT pre left 201", "netfilter OUTPUT post left 201",
                   "netfilter POSTROUTING pre left 201", "netfilter POSTROUTING post left 201", "drop left 201"}));
  EXPECT_EQ(seen.outcomes, (Lines{"201 dropped for lack of a neighbour's address (NEIGH_FAILED in neigh_invalidate)"}));
}

TEST_F(CompareTransmit, FollowsASuperframeIntoItsSegments) {
  REQUIRE_TOOL("ethtool");
  in_left("ethtool -K left tso off gso on");
  const Comparison seen = compare_left(
      [&] {
        exchange_tcp(hosts_->left, hosts_->right, TwoHosts::kRightIpv4, 5001, 200001, 1);
        settle();
      },
      "tcp dst port 5001 and greater 200");
  ASSERT_TRUE(seen.records.contains("packet-out left"));
  const std::uint64_t superframes = seen.records.at("tc-egress left");
  const std::uint64_t segments = seen.records.at("packet-out left");
  EXPECT_LT(superframes, segments);
  EXPECT_GE(segments, 139u);  // of 1448 bytes
  EXPECT_EQ(seen.records.at("netfilter OUTPUT pre left"), superframes);
  EXPECT_EQ(seen.records.at("stack-out left"), segments);
  EXPECT_EQ(member(seen.summary, "packets"), std::to_string(superframes));
  EXPECT_EQ(seen.outcomes, (Lines{std::to_string(superframes) + " delivered in another namespace"}));
}

TEST_F(CompareTransmit, FollowsASuperframeOfUdpIntoItsDatagrams) {
  REQUIRE_TOOL("ethtool");
  constexpr unsigned kSends = 21;
  constexpr unsigned kInOne = 10;
  const UdpSink sink(hosts_->right, AF_INET, kPort);
  in_left("ethtool -K left tx-udp-segmentation off gso on");
  const Comparison seen = compare_left([&] {
    hosts_->left.inside([&] {
      const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      const int segment = 100;
      EXPECT_EQ(::setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
      const SocketAddress to(TwoHosts::kRightIpv4, kPort);
      const Bytes payload = Payload(std::size_t{100} * kInOne).bytes;
      for (unsigned i = 0; i < kSends; ++i) {
        EXPECT_EQ(::sendto(fd, payload.data(), payload.size(), 0, to.get(), to.size),
                  static_cast<ssize_t>(payload.size()));
      }
      ::close(fd);
    });
    settle();
  });
  Lines places = on_the_way_out("left", kSends);
  places[5] += " in 210 records";
  places[6] += " in 210 records";
  EXPECT_EQ(seen.places, (places + Lines{"end left 21", "stack-in other netns 21 in 210 records",
                                         "socket other netns 21 in 210 records"}));
  EXPECT_EQ(seen.outcomes, (Lines{"21 delivered in another namespace"}));
}

TEST_F(CompareTransmit, NamesADropForWantOfACarrier) {
  hosts_->right.ip("link set right down");
  ASSERT_TRUE(wait_until([&] { return read_file_in_left("/sys/class/net/left/operstate") != "up\n"; }));
  hosts_->left.ip("link set left alias settled");  // waits for what has set that state
  hosts_->left.ip("neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 nud permanent dev left");
  const Comparison seen = compare_left([&] { send(); });
  Lines places = on_the_way_out("left", kPackets);
  places.resize(5);
  EXPECT_EQ(seen.places, (places + Lines{"drop left 201"}));
  EXPECT_EQ(seen.outcomes, (Lines{"201 dropped in the qdisc (QDISC_DROP in __dev_queue_xmit)"}));
}

// veth takes no frame that is too long for its peer.
TEST_F(CompareTransmit, NamesADropOfTheDriver) {
  hosts_->right.ip("link set right mtu 1000");
  const Comparison seen = compare_left([&] { send(kPackets, TwoHosts::kRightIpv4, std::string(1400, 'x')); });
  EXPECT_EQ(seen.places, (on_the_way_out("left", kPackets) + Lines{"drop left 201"}));
  EXPECT_EQ(seen.outcomes, (Lines{"201 dropped by the device (NOT_SPECIFIED in __dev_forward_skb2)"}));
  EXPECT_EQ(seen.sites, (Lines{"device"}));
}

TEST_F(CompareTransmit, TakesWhatATunnelMakesForAnotherPacket) {
  const auto make = [](const Namespace& where, const std::string& device, const std::string& local,
                       const std::string& remote, const std::string& address) {
    where.ip("link add tunnel type vxlan id 5 dstport 4789 local " + local + " remote " + remote + " dev " + device);
    where.ip("link set tunnel addrgenmode none up");
    where.ip("addr add " + address + "/24 dev tunnel");
  };
  make(hosts_->left, "left", TwoHosts::kLeftIpv4, TwoHosts::kRightIpv4, "203.0.113.1");
  make(hosts_->right, "right", TwoHosts::kRightIpv4, TwoHosts::kLeftIpv4, "203.0.113.2");
  ping(hosts_->left, "203.0.113.2", 1);
  const UdpSink sink(hosts_->right, AF_INET, kPort);
  const auto traffic = [&] { send_and_settle(kPackets, "203.0.113.2"); };
  const Comparison inner = compare(hosts_->left, {"-i", "tunnel"}, "tunnel", kFilter, traffic);
  EXPECT_EQ(inner.places, on_the_way_out("tunnel", 201) + delivered_in_other_netns(201));
  EXPECT_EQ(inner.outcomes, (Lines{"201 delivered in another namespace"}));
  // 51 bytes of frame behind Ethernet, IPv4, UDP and VXLAN.
  const Comparison outer = compare_left(traffic, "udp port 4789 and greater 101 and less 101");
  // What a socket is given of it is the inner packet.
  EXPECT_EQ(outer.places, (on_the_way_out("left", 201) + Lines{"stack-in other netns 201"}));
  EXPECT_EQ(outer.outcomes, (Lines{"201 sent on left"}));
}

TEST_F(CompareTransmit, TakesARetransmissionForAnotherPacket) {
  add_rule(hosts_->left, "inet", "type filter hook output priority 0",
           "tcp dport 5001 ip length > 200 numgen inc mod 1000 < 2 drop");
  const Comparison seen = compare_left(
      [&] {
        exchange_tcp(hosts_->left, hosts_->right, TwoHosts::kRightIpv4, 5001, 1000, 1);
        settle();
      },
      "tcp dst port 5001 and greater 200");
  EXPECT_EQ(seen.outcomes, (Lines{"2 dropped at OUTPUT by netfilter (NETFILTER_DROP in nft_do_chain)",
                                  "1 delivered in another namespace"}));
}

TEST_F(CompareTransmit, CountsEqualIpv6Datagrams) {
  const UdpSink sink(hosts_->right, AF_INET6, kPort);
  ping(hosts_->left, TwoHosts::kRightIpv6, 1);
  add_rule(hosts_->left, "inet", "type filter hook output priority 0", "udp dport 5000 numgen inc mod 3 2 drop");
  const Comparison seen = compare_left([&] { send_and_settle(5000, TwoHosts::kRightIpv6); });
  Lines places = on_the_way_out("left", 3334);
  places[0] = "netfilter OUTPUT pre left 5000";
  EXPECT_EQ(seen.places, places + Lines{"drop left 1666"} + delivered_in_other_netns(3334));
  EXPECT_EQ(seen.outcomes, (Lines{"3334 delivered in another namespace",
                                  "1666 dropped at OUTPUT by netfilter (NETFILTER_DROP in nft_do_chain)"}));
}

TEST_F(CompareTransmit, CountsAHundredThousandAtFullRate) {
  add_rule(hosts_->left, "inet", "type filter hook output priority 0", "udp dport 5000 numgen inc mod 2 0 drop");
  const Comparison seen =
      compare(hosts_->left, {"-i", "left", "-B", "262144"}, "left", kFilter, [&] { send_and_settle(100000); });
  Lines places = on_the_way_out("left", 50000);
  places[0] = "netfilter OUTPUT pre left 100000";
  EXPECT_EQ(seen.places, (places + Lines{"drop left 50000", "stack-in other netns 50000", "drop other netns 50000"}));
  EXPECT_EQ(std::set<std::string>(seen.outcomes.begin(), seen.outcomes.end()),
            (std::set<std::string>{"50000 dropped at OUTPUT by netfilter (NETFILTER_DROP in nft_do_chain)",
                                   "50000 dropped in another namespace at the socket (NO_SOCKET in __udp4_lib_rcv)"}));
}

TEST_F(CompareTransmit, FollowsAForwardedPacketOverBothDevices) {
  make_router();
  const UdpSink sink(*far_, AF_INET, kPort);
  const Comparison seen = compare_router(kFarIpv4);
  EXPECT_EQ(seen.places, on_the_way_through() + delivered_in_other_netns(201));
  EXPECT_EQ(seen.outcomes, (Lines{"201 delivered in another namespace"}));
  EXPECT_EQ(seen.answer,
            "XDP saw 201, AF_PACKET 201, AF_PACKET on the way out 201, the driver 201: delivered in another namespace");
}

TEST_F(CompareTransmit, NamesADropAtForward) {
  make_router();
  add_rule(hosts_->right, "ip", "type filter hook forward priority 0", "udp dport 5000 drop");
  const Comparison seen = compare_router(kFarIpv4);
  Lines places = on_the_way_through();
  places.resize(7);
  EXPECT_EQ(seen.places, places + Lines{"drop right 201"});
  EXPECT_EQ(seen.outcomes, (Lines{"201 dropped at FORWARD by netfilter (NETFILTER_DROP in nft_do_chain)"}));
}

TEST_F(CompareTransmit, FollowsAPacketThroughSourceNat) {
  make_router();
  add_rule(hosts_->right, "ip", "type nat hook postrouting priority 100", "oifname out masquerade");
  const UdpSink sink(*far_, AF_INET, kPort);
  const Comparison seen = compare_router(kFarIpv4);
  EXPECT_EQ(seen.places, on_the_way_through() + delivered_in_other_netns(201));
  EXPECT_EQ(seen.outcomes, (Lines{"201 delivered in another namespace"}));
}

TEST_F(CompareTransmit, FollowsAPacketThroughDestinationNatThatTheFilterDoesNotKnow) {
  make_router();
  add_rule(hosts_->right, "ip", "type nat hook prerouting priority -100", "udp dport 5000 dnat to 198.51.100.2:6000");
  const UdpSink sink(*far_, AF_INET, 6000);
  const Comparison seen = compare_router(TwoHosts::kRightIpv4);
  Lines places = on_the_way_through();
  places.erase(places.begin() + 11);  // AF_PACKET's filter does not know it, here as with tcpdump
  EXPECT_EQ(seen.places, places + delivered_in_other_netns(201));
  EXPECT_EQ(seen.outcomes, (Lines{"201 delivered in another namespace"}));
}

TEST_F(CompareTransmit, FollowsAFrameOverABridge) {
  add_far();
  hosts_->right.ip("addr flush dev right");
  hosts_->right.ip("link add br0 type bridge mcast_snooping 0");
  for (const char* device : {"right", "out"}) hosts_->right.ip(std::string("link set ") + device + " master br0");
  hosts_->right.ip("link set br0 addrgenmode none up");
  far_->ip("addr add 192.0.2.3/24 dev far");
  ASSERT_TRUE(wait_until([&] {
    return run(hosts_->left.command({"ping", "-q", "-n", "-c", "1", "-W", "1", "192.0.2.3"})).status ==
           ExitStatus{0, 0};
  }));
  const UdpSink sink(*far_, AF_INET, kPort);
  const Lines in_by_right = {"xdp right 201", "stack-in right 201", "packet-in right 201", "tc-ingress right 201"};
  const Lines out_by_out = {"tc-egress out 201", "packet-out out 201", "stack-out out 201"};
  const Lines hooks = {"netfilter PREROUTING pre br0 201",    "netfilter PREROUTING post br0 201",
                       "netfilter FORWARD pre br0 > br0 201", "netfilter FORWARD post br0 > br0 201",
                       "netfilter POSTROUTING pre br0 201",   "netfilter POSTROUTING post br0 201"};
  const bool has_br_netfilter = std::filesystem::exists("/proc/sys/net/bridge");
  for (const bool netfilter : {false, true}) {
    if (netfilter && !has_br_netfilter) break;
    if (has_br_netfilter) hosts_->right.write_sysctl("bridge/bridge-nf-call-iptables", netfilter ? "1" : "0");
    const Comparison seen = compare(hosts_->right, {"-i", "right", "-i", "out"}, "out", kFilter,
                                    [&] { send_and_settle(kPackets, "192.0.2.3"); });
    EXPECT_EQ(seen.places, in_by_right + (netfilter ? hooks : Lines{}) + out_by_out + delivered_in_other_netns(201));
    EXPECT_EQ(seen.outcomes, (Lines{"201 delivered in another namespace"}));
  }
}

TEST_F(CompareTransmit, FollowsLoopbackOutAndInAgain) {
  const UdpSink sink(hosts_->left, AF_INET, kPort);
  Process ringtap = start(hosts_->left, {"--json", "-i", "lo", kFilter});
  send(kPackets, "127.0.0.1");
  settle("127.0.0.1");
  ringtap.signal(SIGINT);
  ASSERT_EQ(ringtap.wait(), (ExitStatus{0, 0})) << ringtap.err();
  const Comparison seen = parse_comparison(ringtap.out());
  EXPECT_EQ(member(seen.summary, "packets"), "201");
  EXPECT_EQ(seen.records.at("packet-in lo"), 201u);
  EXPECT_EQ(seen.records.at("stack-out lo"), 201u);
  EXPECT_EQ(seen.records.at("stack-in lo"), 201u);
  EXPECT_EQ(seen.outcomes, (Lines{"201 delivered"}));
}

TEST_F(CompareTransmit, NamesTheDeviceWithAny) {
  const UdpSink sink(hosts_->right, AF_INET, kPort);
  const Comparison seen = compare(hosts_->left, {"-i", "any"}, "left", kFilter, [&] { send_and_settle(); });
  EXPECT_EQ(seen.places, on_the_way_out("left", 201) + delivered_in_other_netns(201));
  EXPECT_EQ(seen.outcomes, (Lines{"201 delivered in another namespace"}));
}

TEST_F(CompareTransmit, SendsThroughADeviceWithoutALinkLayer) {
  const TunDevice tun(hosts_->left, "tun7", "203.0.113.1/24");
  const Comparison seen =
      compare(hosts_->left, {"-i", "tun7"}, "tun7", kFilter, [&] { send(kPackets, "203.0.113.2"); });
  EXPECT_EQ(seen.places, on_the_way_out("tun7", 201));
  EXPECT_EQ(seen.outcomes, (Lines{"201 sent on tun7"}));
  EXPECT_EQ(seen.answer, "OUTPUT saw 201, AF_PACKET 201, the driver 201: sent on tun7");
}

TEST_F(CompareTransmit, EndsAfterCountAndDuration) {
  Process counted = start(hosts_->left, {"--json", "-i", "left", "-c", "51", kFilter});
  send();
  ASSERT_EQ(counted.wait(), (ExitStatus{0, 0})) << counted.err();
  EXPECT_EQ(member(parse_comparison(counted.out()).summary, "packets"), "51") << counted.out();

  Process timed = start(hosts_->left, {"--json", "-i", "left", "--duration", "100ms", kFilter});
  ASSERT_EQ(timed.wait(), (ExitStatus{0, 0})) << timed.err();
  EXPECT_EQ(member(parse_comparison(timed.out()).summary, "packets"), "0") << timed.out();
}

TEST_F(CompareTransmit, ReportsInBetweenWhenAsked) {
  Process ringtap = start(hosts_->left, {"-i", "left", kFilter});
  send_and_settle();
  // A packet counts once it is finished.
  EXPECT_TRUE(wait_until([&] {
    ringtap.signal(SIGUSR1);
    return ringtap.wait_for_err("    201  dropped in another namespace at the socket", 100ms);
  })) << ringtap.err();
  ringtap.signal(SIGINT);
  ASSERT_EQ(ringtap.wait(), (ExitStatus{0, 0})) << ringtap.err();
  EXPECT_NE(ringtap.out().find("    201  dropped in another namespace at the socket"), std::string::npos);
}

TEST_F(CompareTransmit, RefusesWhatItCannotDo) {
  const auto refused = [&](const std::string& arguments, const char* why) {
    const Finished finished = run_shell(hosts_->left.prefix() + ringtap_binary() + " compare " + arguments);
    EXPECT_GT(finished.status.code, 0) << arguments << "\n" << finished;
    EXPECT_NE(finished.err.find(why), std::string::npos) << arguments << "\n" << finished;
    EXPECT_EQ(finished.out, "") << arguments;
  };
  refused("-i nowhere", "nowhere");
  refused("-i left --tap nothing", "nothing");
  refused("-i left 'udp prot 5000'", "syntax error");
  refused("-i left --no-such-option", "--no-such-option");
  const Finished plain = run_shell(hosts_->left.prefix() + "setpriv --bounding-set=-all --inh-caps=-all " +
                                   ringtap_binary() + " compare -i left --duration 100ms");
  EXPECT_EQ(plain.status, (ExitStatus{1, 0})) << plain;
  EXPECT_NE(plain.err.find("CAP_"), std::string::npos) << plain;
}

TEST_F(CompareTransmit, EndsWhenNobodyReadsOn) {
  std::filesystem::remove(folder_ / "ready");
  Process shell(
      hosts_->left.command({"bash", "-c",
                            ringtap_binary() + " compare --each -i left --ready-file " + (folder_ / "ready").string() +
                                " udp port 5000 | head -n 1; echo status ${PIPESTATUS[0]} >&2"}));
  ASSERT_TRUE(shell.wait_ready(folder_ / "ready")) << shell.err();
  EXPECT_TRUE(wait_until([&] {
    send();
    return shell.err().find("status ") != std::string::npos;
  })) << shell.err();
  ASSERT_TRUE(shell.wait());
  EXPECT_EQ(lines_of(shell.out()).size(), 1u) << shell.out();
  EXPECT_NE(shell.err().find("status 0"), std::string::npos) << shell.err();
}

TEST_F(CompareTransmit, StillAnswersWhenTheDiskIsFull) {
  const std::string disk = folder_ / "disk";
  std::filesystem::create_directory(disk);
  // ip-netns(8) exec has mounts of its own.
  Process ringtap(hosts_->left.command({"bash", "-c",
                                        "mount -t tmpfs -o size=64k none " + disk + " && exec " + ringtap_binary() +
                                            " compare -i left --ready-file " + (folder_ / "ready").string() + " -w " +
                                            disk + "/x.pcapng udp port 5000"}));
  ASSERT_TRUE(ringtap.wait_ready(folder_ / "ready")) << ringtap.err();
  send(2001);
  const auto status = ringtap.wait();
  EXPECT_EQ(status, (ExitStatus{4, 0})) << ringtap.err();
  EXPECT_NE(ringtap.err().find("No space left on device"), std::string::npos) << ringtap.err();
  EXPECT_NE(ringtap.out().find("packets  outcome"), std::string::npos) << ringtap.out();
}

}  // namespace
}  // namespace ringtap::testing
