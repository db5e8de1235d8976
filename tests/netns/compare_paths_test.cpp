// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// `ringtap compare` on packets that do not go straight through: that meet the host twice, are redirected, reassembled,
// unwrapped, bridged, refused by a socket, or are under way as the taps are attached. To the packet; the second witness
// is what a receiver got, or a counter of the kernel's.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "comparison.hpp"
#include "support/requirements.hpp"
#include "support/socket_address.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

constexpr unsigned kPackets = 50;
constexpr std::uint16_t kPort = 5000;
constexpr const char* kOurs = "udp port 5000";
constexpr const char* kFarIpv4 = "198.51.100.2";

class Socket {
 public:
  Socket(const Namespace& where, int type, const std::function<void(int fd)>& prepare = {}) {
    where.inside([&] { fd_ = ::socket(AF_INET, type | SOCK_CLOEXEC, 0); });
    if (prepare) prepare(fd_);
    if (type != SOCK_DGRAM) return;
    bind(kPort);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(fd_); }

  void bind(std::uint16_t port) const {
    const SocketAddress address("0.0.0.0", port);
    EXPECT_EQ(::bind(fd_, address.get(), address.size), 0);
  }
  [[nodiscard]] int fd() const { return fd_; }
  // How many datagrams wait, which are then gone.
  [[nodiscard]] unsigned read_all() const {
    unsigned count = 0;
    char buffer[9000];
    while (::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT) >= 0) ++count;
    return count;
  }

 private:
  int fd_ = -1;
};

class ComparePaths : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    for (const char* tool : {"nft", "tc", "nstat"}) REQUIRE_TOOL(tool);
    hosts_.emplace();
    warm_up(*hosts_);
  }
  [[nodiscard]] const Namespace& left() const { return hosts_->left; }
  [[nodiscard]] const Namespace& right() const { return hosts_->right; }

  static std::string in(const Namespace& where, const std::string& command) {
    const Finished finished = run_shell(where.prefix() + command);
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << command << "\n" << finished;
    return finished.out;
  }
  void nft(const Namespace& where, const std::string& rules) const {
    std::ofstream(folder_ / "rules") << rules << "\n";
    in(where, "nft -f " + (folder_ / "rules").string());
  }
  // Redirects all frames on their way in or out of `device` over an ifb device; false where this kernel cannot.
  static bool redirect(const Namespace& where, const std::string& device, const std::string& way) {
    const auto can = [&](const std::string& command) {
      return run_shell(where.prefix() + command + " 2>/dev/null").status == ExitStatus{0, 0};
    };
    return can("ip link add ifb0 type ifb") && can("ip link set ifb0 up") &&
           can("tc qdisc add dev " + device + " clsact") &&
           can("tc filter add dev " + device + " " + way +
               " protocol all u32 match u32 0 0 action mirred egress redirect dev ifb0");
  }
  void send(const Namespace& from, const std::string& address, std::size_t size = 9) const {
    send_udp(from, address, kPort, Payload{size}.bytes, kPackets);
  }
  // `right` becomes a router to a third host.
  void add_far() {
    far_.emplace();
    right().ip("link add toward type veth peer name far netns " + far_->name());
    right().ip("link set toward addrgenmode none");
    far_->ip("link set far addrgenmode none");
    right().ip("addr add 198.51.100.1/24 dev toward");
    right().ip("link set toward up");
    far_->ip("addr add 198.51.100.2/24 dev far");
    far_->ip("link set far up");
    far_->ip("route add default via 198.51.100.1");
    left().ip("route add 198.51.100.0/24 via 192.0.2.2");
    right().write_sysctl("ipv4/ip_forward", "1");
    ping(left(), kFarIpv4, 1);
  }

  template <class Traffic>
  static Comparison compare(const Namespace& where, std::vector<std::string> arguments, Traffic traffic) {
    Compare ringtap(where, std::move(arguments));
    traffic();
    return ringtap.stop();
  }

  TempDir folder_;
  std::optional<TwoHosts> hosts_;
  std::optional<Namespace> far_;
};

TEST_F(ComparePaths, BothEndsOfAVethInOneNamespaceAreOnePath) {
  const Namespace host;
  host.ip("link add va type veth peer name vb");
  host.ip("link set va addrgenmode none up");
  host.ip("link set vb addrgenmode none address 02:00:00:00:00:0b up");
  host.ip("addr add 10.1.0.1/24 dev va");
  host.ip("neigh add 10.1.0.2 lladdr 02:00:00:00:00:0b dev va");
  nft(host,
      "table ip t { chain c { type filter hook prerouting priority -400; iifname vb udp dport 5000 counter drop; }; }");
  for (const char* taps : {"xdp,stack,netfilter,drop", "stack,netfilter,drop"}) {
    const Comparison result =
        compare(host, {"-i", "va", "-i", "vb", "--tap", taps, kOurs}, [&] { send(host, "10.1.0.2"); });
    EXPECT_EQ(result.outcomes(), (Counts{{"dropped PREROUTING NETFILTER_DROP", kPackets}})) << taps;
    EXPECT_EQ(result.packets()["stack-out va"], kPackets);
    EXPECT_EQ(result.packets()["stack-in vb"], kPackets);
  }
  EXPECT_NE(in(host, "nft list ruleset").find("packets 100"), std::string::npos);
}

TEST_F(ComparePaths, ARedirectedPacketIsCountedOnce) {
  const Socket sink(right(), SOCK_DGRAM);
  RINGTAP_REQUIRE(redirect(left(), "left", "egress"), "the kernel's ifb, u32 and mirred");
  const Comparison out = compare(left(), {"-i", "left", kOurs}, [&] { send(left(), TwoHosts::kRightIpv4); });
  EXPECT_EQ(out.number("packets"), kPackets);
  EXPECT_EQ(out.outcomes(), (Counts{{"delivered other_netns", kPackets}}));
  EXPECT_EQ(sink.read_all(), kPackets);

  ASSERT_TRUE(redirect(right(), "right", "ingress"));
  const Comparison in = compare(right(), {"-i", "right", kOurs}, [&] { send(left(), TwoHosts::kRightIpv4); });
  EXPECT_EQ(in.number("packets"), kPackets);
  EXPECT_EQ(in.outcomes(), (Counts{{"delivered", kPackets}}));
  EXPECT_EQ(in.packets()["stack-out ifb0"], kPackets) << "it is not in -i and has a row of its own";
  EXPECT_EQ(sink.read_all(), kPackets);
}

// Two thousand packets a second before, during and after: those counted were seen by every tap.
TEST_F(ComparePaths, CountsWhatEveryTapCouldSeeWhileTrafficFlows) {
  std::atomic<bool> stop = false;
  std::thread sender([&] {
    while (!stop) {
      send_udp(left(), TwoHosts::kRightIpv4, kPort, Payload{"flow"}.bytes, 20);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  for (const auto& [where, device] : {std::pair{&right(), "right"}, std::pair{&left(), "left"}}) {
    for (const bool counted : {true, false}) {
      std::vector<std::string> arguments = {"-i", device, kOurs};
      if (counted) arguments.insert(arguments.begin(), {"-c", "500"});
      Comparison result =
          compare(*where, arguments, [] { std::this_thread::sleep_for(std::chrono::milliseconds(500)); });
      const std::uint64_t packets = result.number("packets");
      EXPECT_GT(packets, 0U);
      for (const auto& [place, count] : result.packets()) {
        if (place.find(" in ") == std::string::npos) {
          EXPECT_EQ(count, packets) << place << " " << device << "\n" << result.err;
        }
      }
      Counts outcomes = result.outcomes();
      outcomes.erase("under-way");
      EXPECT_LE(outcomes.size(), 1U);
    }
  }
  stop = true;
  sender.join();
}

TEST_F(ComparePaths, OurOwnAttachingIsNoDrop) {
  hosts_->without_ipv6();  // whose reports of multicast groups come by themselves
  const Comparison result = compare(right(), {"-i", "right"}, [] {});
  EXPECT_EQ(result.outcomes(), Counts{});
  EXPECT_EQ(result.number("before_begin"), 0U);
  EXPECT_TRUE(result.answer().starts_with("no packet was seen; looked at right")) << result.answer();
}

TEST_F(ComparePaths, LeavesOpenWhatAListeningSocketDidWithARequest) {
  const Socket listener(right(), SOCK_STREAM);
  listener.bind(80);
  ASSERT_EQ(::listen(listener.fd(), 1), 0);
  // Each asks once, and goes before it would ask again.
  const Comparison result = compare(right(), {"-i", "right", "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn"}, [&] {
    std::vector<std::unique_ptr<Socket>> clients;
    const SocketAddress server(TwoHosts::kRightIpv4, 80);
    for (int i = 0; i < 6; ++i) {
      const Socket& client = *clients.emplace_back(std::make_unique<Socket>(left(), SOCK_STREAM | SOCK_NONBLOCK));
      EXPECT_EQ(::connect(client.fd(), server.get(), server.size), -1);
      EXPECT_EQ(errno, EINPROGRESS);
    }
  });
  const std::string drops = in(right(), "nstat -asz TcpExtListenDrops");
  EXPECT_NE(drops.find("TcpExtListenDrops               4 "), std::string::npos) << drops;
  EXPECT_EQ(result.outcomes(), (Counts{{"requested", 6}}));
  EXPECT_TRUE(result.answer().find("the application 0: given to a listening socket") != std::string::npos)
      << result.answer();
}

TEST_F(ComparePaths, ASocketThatRefusesGaveTheApplicationNothing) {
  const Socket refusing(right(), SOCK_DGRAM, [](int fd) {
    sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog program{.len = 1, .filter = &nothing};
    ASSERT_EQ(::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
  });
  const Comparison result = compare(right(), {"-i", "right", kOurs}, [&] { send(left(), TwoHosts::kRightIpv4); });
  EXPECT_EQ(result.packets()["socket right"], kPackets);
  EXPECT_EQ(result.outcomes(), (Counts{{"dropped socket SOCKET_FILTER", kPackets}}));
  EXPECT_TRUE(result.answer().starts_with("XDP saw 50, AF_PACKET 50, the application 0: dropped at the socket"))
      << result.answer();
  EXPECT_EQ(refusing.read_all(), 0U);
}

// Ten datagrams of three fragments each; with and without address translation the same.
TEST_F(ComparePaths, FragmentsThatARouterReassemblesAreTheirDatagrams) {
  add_far();
  const Socket sink(*far_, SOCK_DGRAM);
  for (const char* rules :
       {"table ip t { chain c { type filter hook prerouting priority 0; ct state new counter; }; }",
        "table ip n { chain c { type nat hook postrouting priority 100; oifname toward masquerade; }; }"}) {
    nft(right(), rules);
    const Comparison result = compare(right(), {"-i", "right", "-i", "toward", "ip proto 17"},
                                      [&] { send_udp(left(), kFarIpv4, kPort, Payload{std::size_t{4000}}.bytes, 10); });
    EXPECT_EQ(result.outcomes(), (Counts{{"reassembled", 30}, {"delivered other_netns", 10}})) << rules;
    EXPECT_EQ(result.packets()["stack-out toward"], 10U);
    EXPECT_EQ(result.records()["stack-out toward"], 30U);
    EXPECT_EQ(sink.read_all(), 10U);
  }
}

TEST_F(ComparePaths, Ipv6FragmentsAreTheirDatagrams) {
  for (const bool tracked : {false, true}) {
    if (tracked)
      nft(right(), "table ip6 t { chain c { type filter hook prerouting priority 0; ct state new counter; }; }");
    const Comparison result = compare(right(), {"-i", "right", "ip6 proto 44 or udp"}, [&] {
      send_udp(left(), TwoHosts::kRightIpv6, kPort, Payload{std::size_t{4000}}.bytes, 10);
    });
    EXPECT_EQ(result.outcomes(), (Counts{{"reassembled", 30}, {"dropped socket NO_SOCKET", 10}})) << tracked;
  }
}

// An IPv4 router without connection tracking does not reassemble.
TEST_F(ComparePaths, FragmentsThatAreForwardedAsTheyAreArePackets) {
  add_far();
  const Comparison result = compare(right(), {"-i", "right", "-i", "toward", "ip proto 17"},
                                    [&] { send_udp(left(), kFarIpv4, kPort, Payload{std::size_t{4000}}.bytes, 10); });
  EXPECT_EQ(result.outcomes(), (Counts{{"sent toward", 30}}));
}

TEST_F(ComparePaths, ABridgesHooksAreNamed) {
  const Namespace far;
  right().ip("link add toward type veth peer name far netns " + far.name());
  for (const char* command :
       {"link add bridge type bridge", "link set bridge up", "link set toward up", "link set toward master bridge",
        "addr flush dev right", "link set right master bridge"}) {
    right().ip(command);
  }
  far.ip("addr add 192.0.2.7/24 dev far");
  far.ip("link set far up");
  ping(left(), "192.0.2.7", 1);
  right().ip("addr add 192.0.2.9/24 dev bridge");
  ping(left(), "192.0.2.9", 1);
  const auto drop_at = [&](const std::string& family, const std::string& hook, const char* to = "192.0.2.7") {
    nft(right(), "table " + family + " t { chain c { type filter hook " + hook +
                     " priority 0; udp dport 5000 counter drop; }; }");
    const Comparison result = compare(right(), {"-i", "right", kOurs}, [&] { send(left(), to); });
    EXPECT_NE(in(right(), "nft list ruleset").find("packets 50 "), std::string::npos);
    in(right(), "nft delete table " + family + " t");
    return result.outcomes();
  };
  EXPECT_EQ(drop_at("bridge", "prerouting"), (Counts{{"dropped bridge-or-netdev NETFILTER_DROP", kPackets}}));
  EXPECT_EQ(drop_at("bridge", "forward"), (Counts{{"dropped bridge-or-netdev NETFILTER_DROP", kPackets}}));
  EXPECT_EQ(drop_at("bridge", "postrouting"), (Counts{{"dropped bridge-or-netdev NETFILTER_DROP", kPackets}}));
  EXPECT_EQ(drop_at("netdev", "egress device toward"), (Counts{{"dropped bridge-or-netdev NETFILTER_DROP", kPackets}}));
  EXPECT_EQ(drop_at("bridge", "input", "192.0.2.9"), (Counts{{"dropped bridge NETFILTER_DROP", kPackets}}));
}

TEST_F(ComparePaths, RoutesThatLeadNowhereAreRouting) {
  right().write_sysctl("ipv4/ip_forward", "1");
  left().ip("route add 198.51.100.0/24 via 192.0.2.2");
  for (const std::string kind : {"blackhole", "prohibit", "unreachable"}) {
    right().ip("route add " + kind + " 198.51.100.0/24");
    const Comparison result = compare(right(), {"-i", "right", kOurs}, [&] { send(left(), kFarIpv4); });
    ASSERT_EQ(result.outcome_lines.size(), 1U) << kind;
    EXPECT_EQ(result.outcome_lines[0].at("at"), "routing") << kind;
    right().ip("route del " + kind + " 198.51.100.0/24");
  }
}

TEST_F(ComparePaths, WhatWasInATunnelIsFollowedToItsEnd) {
  // They know each other's addresses for good: a neighbour is asked again after some seconds, which is a packet, too.
  for (const auto& [where, device, remote, own, other] :
       {std::tuple{&left(), "left", TwoHosts::kRightIpv4, "1", "2"},
        std::tuple{&right(), "right", TwoHosts::kLeftIpv4, "2", "1"}}) {
    const std::string mac = "02:00:00:00:05:0";
    where->ip("link add vx address " + mac + own + " type vxlan id 5 dstport 4789 remote " + remote + " dev " + device);
    where->ip("link set vx addrgenmode none up");
    where->ip(std::string("addr add 10.5.0.") + own + "/24 dev vx");
    where->ip(std::string("neigh add 10.5.0.") + other + " lladdr " + mac + other + " dev vx nud permanent");
  }
  ping(left(), "10.5.0.2", 1);
  const Socket sink(right(), SOCK_DGRAM);
  const Comparison outer =
      compare(right(), {"-i", "right", "udp dst port 4789 and dst host 192.0.2.2"}, [&] { send(left(), "10.5.0.2"); });
  EXPECT_EQ(sink.read_all(), kPackets);
  EXPECT_EQ(outer.outcomes(), (Counts{{"delivered", kPackets}}));
  EXPECT_EQ(outer.packets()["stack-in vx"], kPackets);
  const Comparison both = compare(right(), {"-i", "right", "-i", "vx", "udp"}, [&] { send(left(), "10.5.0.2"); });
  EXPECT_EQ(both.outcomes(), (Counts{{"unwrapped", kPackets}, {"delivered", kPackets}}));
  const Comparison sent = compare(left(), {"-i", "vx", kOurs}, [&] { send(left(), "10.5.0.2"); });
  EXPECT_EQ(sent.outcomes(), (Counts{{"delivered other_netns", kPackets}}));
  EXPECT_EQ(sent.packets()["stack-in vx in " + right().name()], kPackets) << "devices elsewhere have names";
}

TEST_F(ComparePaths, TheRuleIsInTheFileToo) {
  nft(right(), "table inet user { chain c { type filter hook input priority 0; udp dport 5000 counter drop; }; }");
  const std::string file = folder_ / "x.pcapng";
  Compare ringtap(right(), {"-i", "right", "--nft-rule", "-w", file, kOurs});
  send(left(), TwoHosts::kRightIpv4);
  const Comparison live = ringtap.stop();
  const std::string rule = "inet user c handle 2: udp dport 5000 counter drop";
  ASSERT_EQ(live.outcome_lines.size(), 1U);
  EXPECT_EQ(live.outcome_lines[0].at("rule"), rule);
  const Finished again = run({ringtap_binary(), "compare", "--json", "-r", file});
  ASSERT_EQ(again.status, (ExitStatus{0, 0})) << again;
  const Comparison read = parse_comparison(again.out);
  EXPECT_EQ(read.outcomes(), live.outcomes());
  ASSERT_EQ(read.outcome_lines.size(), 1U);
  EXPECT_EQ(read.outcome_lines[0].at("rule"), rule);
  EXPECT_EQ(read.packets(), live.packets());
  if (!has_tool("tshark")) return;
  const Finished shown = run({"tshark", "-r", file, "-Y", "frame.comment contains \"by rule " + rule + "\""});
  EXPECT_EQ(lines_of(shown.out).size(), kPackets) << shown;
}

TEST_F(ComparePaths, SaysFirstWhyAFileCannotBeCompared) {
  const std::string file = folder_ / "plain.pcap";
  Capture plain(left(), {"-i", "left", "-c", "1", "-w", file});
  send(left(), TwoHosts::kRightIpv4);
  ASSERT_EQ(plain.finish().status, (ExitStatus{0, 0}));
  const Finished refused = run({ringtap_binary(), "compare", "-r", file});
  EXPECT_EQ(refused.status, (ExitStatus{1, 0}));
  EXPECT_EQ(refused.out, "");
  EXPECT_NE(refused.err.find("the file does not say at which tap"), std::string::npos) << refused;
}

}  // namespace
}  // namespace ringtap::testing
