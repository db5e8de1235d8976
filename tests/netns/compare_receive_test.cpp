// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// `ringtap compare` on the way in: for each thing that can become of a packet, what every tap counted, its outcome, and
// the answer in words, exactly; tcpdump beside it on the same device counts what the AF_PACKET and tc ingress rows say.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "comparison.hpp"
#include "support/requirements.hpp"
#include "support/socket_address.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

namespace ringtap::testing {
namespace {

constexpr unsigned kPackets = 201;
constexpr std::uint16_t kPort = 5000;
constexpr const char* kOurs = "udp port 5000";
constexpr const char* kFarIpv4 = "198.51.100.2";  // behind right

// Stations of the way in, in order.
const std::vector<std::string> kWayIn = {"xdp",        "stack-in",       "packet-in",
                                         "tc-ingress", "PREROUTING pre", "PREROUTING post",
                                         "INPUT pre",  "INPUT post",     "socket"};

// `count` packets at every station up to and with `last`.
Counts way_in(const std::string& last, std::uint64_t count = kPackets, const std::string& device = "right") {
  Counts counts;
  for (const std::string& station : kWayIn) {
    const std::size_t blank = station.find(' ');
    counts[blank == std::string::npos ? station + " " + device : "netfilter " + device + " " + station] = count;
    if (station == last) break;
  }
  return counts;
}

Counts operator+(Counts counts, const Counts& more) {
  for (const auto& [name, count] : more) counts[name] += count;
  return counts;
}

// What tcpdump's filter let through, whether it has read it or not.
class Oracle {
 public:
  Oracle(const Namespace& where, const std::string& device, const std::string& expression)
      : tcpdump_(where, {"-n", "-s", "128", "-i", device, "-Q", "in", "-w", folder_ / "x.pcap", expression}) {}
  std::uint64_t stop() {
    const auto closing = parse_closing_lines(tcpdump_.stop().err);
    EXPECT_TRUE(closing);
    return closing ? closing->received : 0;
  }

 private:
  TempDir folder_;
  Tcpdump tcpdump_;
};

// A UDP socket that nobody reads until it goes.
class UdpSocket {
 public:
  UdpSocket(const Namespace& where, bool ipv6, int receive_buffer) {
    where.inside([&] {
      fd_ = ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
      const SocketAddress address(ipv6 ? "::" : "0.0.0.0", kPort);
      EXPECT_EQ(::bind(fd_, address.get(), address.size), 0);
    });
  }
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  ~UdpSocket() { ::close(fd_); }

  // How many datagrams wait, which are then gone.
  [[nodiscard]] unsigned read_all() const {
    unsigned count = 0;
    char buffer[2048];
    while (::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT) >= 0) ++count;
    return count;
  }

 private:
  int fd_ = -1;
};

class CompareReceive : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("nft");
    hosts_.emplace();
    warm_up(*hosts_);
  }

  [[nodiscard]] const Namespace& left() const { return hosts_->left; }
  [[nodiscard]] const Namespace& right() const { return hosts_->right; }

  std::string in_right(const std::string& command) const {
    const Finished finished = run_shell(right().prefix() + command);
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << command << "\n" << finished;
    return finished.out;
  }
  // A chain of this hook and a rule that drops our packets.
  void drop_at(const std::string& hook, const std::string& priority) const {
    std::ofstream(folder_ / "rules") << "table inet user { chain c { type filter hook " + hook + " priority " +
                                            priority + "; udp dport 5000 counter drop; }; }\n";
    in_right("nft -f " + (folder_ / "rules").string());
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

  static const Bytes& payload() {
    static const Bytes bytes = Payload{"where to?"}.bytes;
    return bytes;
  }
  void send(const std::string& address = TwoHosts::kRightIpv4, unsigned count = kPackets) const {
    send_udp(left(), address, kPort, payload(), count);
  }
  void send_frames(const std::function<Bytes(std::uint16_t number)>& make, unsigned count = kPackets) const {
    const FrameSender sender(left(), "left");
    for (unsigned n = 1; n <= count; ++n) sender.send(make(static_cast<std::uint16_t>(n)));
  }

  // Compares while `traffic` runs; tcpdump has to count what AF_PACKET's row says, and tc ingress where it has one.
  template <class Traffic>
  Comparison compare(std::vector<std::string> arguments, Traffic traffic, const std::string& device = "right") const {
    const std::string expression = arguments.back();
    Oracle oracle(right(), device, expression);
    Compare ringtap(right(), std::move(arguments));
    traffic();
    Comparison result = ringtap.stop();
    const std::uint64_t at_tcpdump = oracle.stop();
    Counts records = result.records();
    if (device == "lo") {
      EXPECT_EQ(2 * records["packet-in lo"], at_tcpdump) << "the kernel counts both ways, libpcap passes over one";
    } else {
      EXPECT_EQ(records["packet-in " + device], at_tcpdump) << result.err;
      EXPECT_EQ(records["tc-ingress " + device], at_tcpdump) << result.err;
    }
    return result;
  }

  // All packets were dropped for one reason, and their last station is `last`.
  void expect_dropped(const Comparison& result, const std::string& last, const std::string& at,
                      const std::string& reason, const std::string& text) const {
    EXPECT_EQ(result.packets(), (way_in(last) + Counts{{"drop right", kPackets}}));
    const std::string outcome = "dropped" + (at.empty() ? "" : " " + at) + " " + reason;
    EXPECT_EQ(result.outcomes(), (Counts{{outcome, kPackets}}));
    EXPECT_EQ(result.answer(), "XDP saw 201, AF_PACKET 201, the application 0: dropped " + text + " (" + reason +
                                   " in " + result.function_of(outcome) + ")");
    EXPECT_EQ(result.number("packets"), kPackets);
    EXPECT_EQ(result.number("matched"), result.number("records"));
  }

  TempDir folder_;
  std::optional<TwoHosts> hosts_;
  std::optional<Namespace> far_;
};

TEST_F(CompareReceive, SaysThatNoPacketCame) {
  const Comparison result = compare({"-i", "right", kOurs}, [] {});
  EXPECT_EQ(result.packets(), Counts{});
  EXPECT_EQ(result.outcomes(), Counts{});
  EXPECT_TRUE(result.answer().starts_with("no packet was seen; looked at right for 'udp port 5000'"))
      << result.answer();
}

TEST_F(CompareReceive, NativeXdpOfAnotherProgramDrops) {
  const ForeignProgram dropper = ForeignProgram::drop_xdp(right(), "right", false);
  const Comparison result = compare({"-i", "right", kOurs}, [&] { send(); });
  EXPECT_NE(result.err.find("test_dropper"), std::string::npos) << result.err;
  EXPECT_EQ(result.packets(), (Counts{{"drop right", kPackets}}));
  EXPECT_EQ(result.outcomes(), (Counts{{"dropped xdp NOT_SPECIFIED", kPackets}}));
  EXPECT_EQ(result.answer(), "AF_PACKET saw 0, the application 0: dropped by XDP (NOT_SPECIFIED in veth_xdp_rcv_skb)");
}

TEST_F(CompareReceive, GenericXdpOfAnotherProgramDrops) {
  const ForeignProgram dropper = ForeignProgram::drop_xdp(right(), "right", true);
  const Comparison result = compare({"-i", "right", kOurs}, [&] { send(); });
  EXPECT_NE(result.err.find("test_dropper"), std::string::npos) << result.err;
  EXPECT_EQ(result.packets(), (Counts{{"stack-in right", kPackets}, {"drop right", kPackets}}));
  ASSERT_EQ(result.outcome_lines.size(), 1u);
  EXPECT_EQ(result.outcome_lines[0].at("at"), "xdp");
  EXPECT_TRUE(result.answer().starts_with("AF_PACKET saw 0, the application 0: dropped by generic XDP ("))
      << result.answer();
}

TEST_F(CompareReceive, LaterProgramAtTcIngressDrops) {
  std::optional<ForeignProgram> dropper;
  const Comparison result = compare({"-i", "right", kOurs}, [&] {
    dropper.emplace(ForeignProgram::drop_tc_ingress(right(), "right"));
    send();
  });
  expect_dropped(result, "tc-ingress", "tc-ingress", "TC_INGRESS", "at tc ingress");
}

TEST_F(CompareReceive, NftablesDropsAtNetdevIngress) {
  std::ofstream(folder_ / "rules") << "table netdev user { chain c { type filter hook ingress device right priority 0; "
                                      "udp dport 5000 counter drop; }; }\n";
  in_right("nft -f " + (folder_ / "rules").string());
  expect_dropped(compare({"-i", "right", kOurs}, [&] { send(); }), "tc-ingress", "netdev-ingress", "NETFILTER_DROP",
                 "at netdev ingress by netfilter");
}

TEST_F(CompareReceive, NftablesDropsAtPreroutingOfAnyPriority) {
  for (const char* priority : {"raw", "mangle"}) {
    drop_at("prerouting", priority);
    const std::string before = in_right("nft list ruleset");
    const Comparison result = compare({"-i", "right", kOurs}, [&] { send(); });
    expect_dropped(result, "PREROUTING pre", "PREROUTING", "NETFILTER_DROP", "at PREROUTING by netfilter");
    // The rule counted them, and nothing else has changed.
    std::string expected = before;
    expected.replace(expected.find("packets 0 bytes 0"), 17, "packets 201 bytes 7437");
    EXPECT_EQ(in_right("nft list ruleset"), expected);
    in_right("nft flush ruleset");
  }
}

TEST_F(CompareReceive, NftablesDropsAtInput) {
  drop_at("input", "filter");
  expect_dropped(compare({"-i", "right", kOurs}, [&] { send(); }), "INPUT pre", "INPUT", "NETFILTER_DROP",
                 "at INPUT by netfilter");
}

TEST_F(CompareReceive, IptablesDropsAtPreroutingAndInput) {
  REQUIRE_TOOL("iptables");
  for (const auto& [table, chain] : {std::pair("raw", "PREROUTING"), std::pair("filter", "INPUT")}) {
    const std::string rule = std::string(chain) + " -p udp --dport 5000 -j DROP";
    in_right("iptables -t " + std::string(table) + " -A " + rule);
    expect_dropped(compare({"-i", "right", kOurs}, [&] { send(); }), std::string(chain) + " pre", chain,
                   "NETFILTER_DROP", "at " + std::string(chain) + " by netfilter");
    in_right("iptables -t " + std::string(table) + " -D " + rule);
  }
}

TEST_F(CompareReceive, RouterDropsAtForward) {
  add_far();
  drop_at("forward", "filter");
  const Counts expected =
      way_in("PREROUTING post") + Counts{{"netfilter right > toward FORWARD pre", kPackets}, {"drop right", kPackets}};
  for (const std::vector<std::string>& devices :
       {std::vector<std::string>{"-i", "right", kOurs}, {"-i", "right", "-i", "toward", kOurs}}) {
    const Comparison result = compare(devices, [&] { send(kFarIpv4); });
    EXPECT_EQ(result.packets(), expected);
    EXPECT_EQ(result.outcomes(), (Counts{{"dropped FORWARD NETFILTER_DROP", kPackets}}));
    EXPECT_TRUE(result.answer().ends_with(": dropped at FORWARD by netfilter (NETFILTER_DROP in " +
                                          result.function_of("dropped FORWARD") + ")"))
        << result.answer();
  }
}

TEST_F(CompareReceive, DeliveredToAUdpSocketOverIpv4AndIpv6) {
  for (const bool ipv6 : {false, true}) {
    const UdpSocket socket(right(), ipv6, 1 << 20);
    const Comparison result = compare({"-i", "right", kOurs}, [&] {
      send(ipv6 ? TwoHosts::kRightIpv6 : TwoHosts::kRightIpv4);
      EXPECT_EQ(socket.read_all(), kPackets);
    });
    Counts places = result.packets();
    places.erase("end right");  // of the sk_buffs that were read; not of those whose end another tap's copy delays
    EXPECT_EQ(places, way_in("socket"));
    EXPECT_EQ(result.outcomes(), (Counts{{"delivered", kPackets}}));
    EXPECT_EQ(result.answer(), "XDP saw 201, AF_PACKET 201, the application 201: delivered");
  }
}

TEST_F(CompareReceive, FullReceiveBufferDropsTheRest) {
  const UdpSocket socket(right(), false, 4096);
  unsigned read = 0;
  const Comparison result = compare({"-i", "right", kOurs}, [&] {
    send();
    read = socket.read_all();
  });
  ASSERT_GT(read, 0u);
  ASSERT_LT(read, kPackets);
  EXPECT_EQ(result.outcomes(), (Counts{{"delivered", read}, {"dropped socket SOCKET_RCVBUFF", kPackets - read}}));
  Counts places = result.packets();
  places.erase("end right");
  EXPECT_EQ(places, (way_in("socket") + Counts{{"drop right", kPackets - read}}));
}

TEST_F(CompareReceive, DeliveredToATcpConnectionWithData) {
  for (const char* address : {TwoHosts::kRightIpv4, TwoHosts::kRightIpv6}) {
    const Comparison result = compare({"-i", "right", "tcp port 5000 and src port not 5000"},
                                      [&] { exchange_tcp(left(), right(), address, kPort, 200'000, 100); });
    const Counts places = result.packets();
    const Counts records = result.records();
    const std::uint64_t frames = places.at("xdp right");
    EXPECT_GT(frames, 10u);
    Counts arrived = places;
    std::erase_if(arrived, [](const auto& row) { return row.first == "end right" || row.first == "drop right"; });
    EXPECT_EQ(arrived, way_in("socket", frames));
    EXPECT_EQ(result.outcomes(), (Counts{{"delivered", frames - 1}, {"requested", 1}}));
    EXPECT_EQ(result.number("packets"), frames);
  }
}

TEST_F(CompareReceive, GroMergesFramesOfOneConnection) {
  in_right("ethtool -K right gro on");
  ASSERT_EQ(run_shell(left().prefix() + "ethtool -K left tso off gso off").status, (ExitStatus{0, 0}));
  const Comparison result = compare({"-i", "right", "tcp port 5000 and src port not 5000"}, [&] {
    exchange_tcp(left(), right(), TwoHosts::kRightIpv4, kPort, 1'000'000, 100);
  });
  const Counts places = result.packets();
  const Counts records = result.records();
  const std::uint64_t frames = records.at("xdp right");
  const std::uint64_t merged = records.at("packet-in right");
  EXPECT_GT(frames, 1'000'000u / 1448);
  EXPECT_LT(merged, frames / 2);
  for (const auto& [place, count] : way_in("socket", frames)) {
    EXPECT_EQ(places.at(place), count) << place;
    EXPECT_EQ(records.at(place), place == "xdp right" ? frames : merged) << place;
  }
  EXPECT_EQ(result.outcomes(), (Counts{{"delivered", frames - 1}, {"requested", 1}}));
  EXPECT_EQ(result.number("packets"), frames);
}

TEST_F(CompareReceive, NoSocketAtAClosedPort) {
  expect_dropped(compare({"-i", "right", "udp dst port 5000"}, [&] { send(); }), "INPUT post", "socket", "NO_SOCKET",
                 "at the socket");
}

TEST_F(CompareReceive, BadUdpChecksum) {
  const Comparison result = compare({"-i", "right", kOurs}, [&] {
    const UdpSocket socket(right(), false, 1 << 20);
    send_frames([](std::uint16_t n) {
      return (Ethernet{} / Ipv4{.id = n} / Udp{.dst_port = kPort, .checksum = 0x1234} / Payload{"where to?"}).bytes();
    });
    EXPECT_EQ(socket.read_all(), 0u);
  });
  ASSERT_EQ(result.outcomes().size(), 1u);
  EXPECT_EQ(result.outcomes(), (Counts{{"dropped socket UDP_CSUM", kPackets}}));
}

TEST_F(CompareReceive, WrongDestinationMac) {
  const Comparison result = compare({"-i", "right", kOurs}, [&] {
    send_frames([](std::uint16_t n) {
      return (Ethernet{.dst = {0x02, 0, 0, 0, 0, 0x77}} / Ipv4{.id = n} / Udp{.dst_port = kPort} / Payload{"other"})
          .bytes();
    });
  });
  expect_dropped(result, "tc-ingress", "ip-input", "OTHERHOST", "at IP input");
}

TEST_F(CompareReceive, RoutingRefuses) {
  add_far();
  const auto from = [&](const std::string& source, const std::string& destination) {
    return compare({"-i", "right", kOurs}, [&] {
      send_frames([&](std::uint16_t n) {
        return (Ethernet{} / Ipv4{.src = source, .dst = destination, .id = n} / Udp{.dst_port = kPort} /
                Payload{"where to?"})
            .bytes();
      });
    });
  };
  expect_dropped(from(TwoHosts::kLeftIpv4, "203.0.113.9"), "PREROUTING post", "routing", "IP_INNOROUTES", "by routing");
  right().write_sysctl("ipv4/conf/right/rp_filter", "1");
  expect_dropped(from(kFarIpv4, TwoHosts::kRightIpv4), "PREROUTING post", "routing", "IP_RPFILTER", "by routing");
}

TEST_F(CompareReceive, TimeToLiveExpiresOnARouter) {
  add_far();
  const Comparison result = compare({"-i", "right", kOurs}, [&] {
    send_frames([](std::uint16_t n) {
      return (Ethernet{} / Ipv4{.dst = kFarIpv4, .ttl = 1, .id = n} / Udp{.dst_port = kPort} / Payload{"x"}).bytes();
    });
  });
  expect_dropped(result, "PREROUTING post", "ip-input", "IP_INHDR", "at IP input");
}

TEST_F(CompareReceive, EchoRequestsAreConsumedByTheKernel) {
  const Comparison result =
      compare({"-i", "right", "icmp[icmptype] == icmp-echo"}, [&] { ping(left(), TwoHosts::kRightIpv4, kPackets); });
  EXPECT_EQ(result.packets(), (way_in("INPUT post") + Counts{{"end right", kPackets}}));
  EXPECT_EQ(result.outcomes(), (Counts{{"consumed", kPackets}}));
  EXPECT_EQ(result.answer(), "XDP saw 201, AF_PACKET 201, the application 0: consumed by the kernel in icmp_rcv");
}

TEST_F(CompareReceive, FragmentsBecomeOneDatagram) {
  constexpr unsigned kPings = 21;
  const Comparison result = compare({"-i", "right", "icmp and src host 192.0.2.1"}, [&] {
    ping(left(), TwoHosts::kRightIpv4, kPings, 4000);  // three fragments each
  });
  Counts places = result.packets();
  for (const auto& [place, count] : way_in("PREROUTING post", 3 * kPings)) EXPECT_EQ(places[place], count) << place;
  EXPECT_EQ(places["netfilter right INPUT pre"], kPings);
  EXPECT_EQ(places["netfilter right INPUT post"], kPings);
  EXPECT_EQ(result.outcomes(), (Counts{{"reassembled", 3 * kPings}, {"consumed", kPings}}));
}

TEST_F(CompareReceive, LoopbackIsOnePacketOutAndInAgain) {
  // matches.
  const Comparison pings = compare(
      {"-i", "lo", "icmp"}, [&] { ping(right(), "127.0.0.1", kPackets); }, "lo");
  EXPECT_EQ(pings.outcomes(), (Counts{{"delivered", kPackets}, {"consumed", kPackets}}));
  EXPECT_EQ(pings.number("packets"), 2 * kPackets);

  const UdpSocket socket(right(), false, 1 << 20);
  const Comparison datagrams = compare(
      {"-i", "lo", kOurs},
      [&] {
        send_udp(right(), "127.0.0.1", kPort, payload(), kPackets);
        EXPECT_EQ(socket.read_all(), kPackets);
      },
      "lo");
  EXPECT_EQ(datagrams.outcomes(), (Counts{{"delivered", kPackets}}));
  EXPECT_EQ(datagrams.number("packets"), kPackets);
  Counts places = datagrams.packets();
  for (const char* place : {"netfilter lo OUTPUT pre", "netfilter lo OUTPUT post", "netfilter lo POSTROUTING pre",
                            "netfilter lo POSTROUTING post", "tc-egress lo", "stack-out lo", "xdp lo", "stack-in lo",
                            "packet-in lo", "netfilter lo PREROUTING pre", "netfilter lo PREROUTING post",
                            "netfilter lo INPUT pre", "netfilter lo INPUT post", "socket lo"}) {
    EXPECT_EQ(places[place], kPackets) << place;
  }
  EXPECT_EQ(datagrams.answer(),
            "XDP saw 201, AF_PACKET 201, the application 201, OUTPUT 201, the driver 201: delivered");
}

TEST_F(CompareReceive, CountsAHundredThousandExactly) {
  constexpr unsigned kMany = 100'000;
  drop_at("input", "filter");
  constexpr unsigned kAtOnce = 200;  // a veth device's ring for XDP has 256 places
  const Comparison result = compare({"-i", "right", "-B", "262144", kOurs}, [&] {
    const std::uint64_t before = right().counters("right").rx_packets;
    for (unsigned sent = kAtOnce; sent <= kMany; sent += kAtOnce) {
      send(TwoHosts::kRightIpv4, kAtOnce);
      ASSERT_TRUE(wait_until([&] { return right().counters("right").rx_packets - before >= sent; })) << sent;
    }
  });
  EXPECT_EQ(result.packets(), (way_in("INPUT pre", kMany) + Counts{{"drop right", kMany}}));
  EXPECT_EQ(result.outcomes(), (Counts{{"dropped INPUT NETFILTER_DROP", kMany}}));
}

TEST_F(CompareReceive, EachPacketIsALineAndTheFileTellsTheSame) {
  drop_at("input", "filter");
  const std::string file = folder_ / "x.pcapng";
  const Comparison live = compare({"-i", "right", "--each", "-w", file, kOurs}, [&] { send(); });
  ASSERT_EQ(live.each.size(), kPackets);
  for (const JsonObject& packet : live.each) {
    EXPECT_EQ(parse_json_array(packet.at("observations")).size(), 8u);
    EXPECT_EQ(packet.at("at"), "INPUT");
    EXPECT_EQ(packet.at("destination_port"), "5000");
  }

  const Finished again = run({ringtap_binary(), "compare", "--json", "--each", "-r", file});
  ASSERT_EQ(again.status, (ExitStatus{0, 0})) << again;
  const Comparison read = parse_comparison(again.out);
  EXPECT_EQ(read.packets(), live.packets());
  EXPECT_EQ(read.records(), live.records());
  EXPECT_EQ(read.last_seen(), live.last_seen());
  EXPECT_EQ(read.outcomes(), live.outcomes());
  EXPECT_EQ(read.answer(), live.answer());
  EXPECT_EQ(read.each, live.each);

  // epb_packetid: eight records of each packet, and no record without one.
  REQUIRE_TOOL("tshark");
  const Finished fields = run({"tshark", "-r", file, "-T", "fields", "-e", "frame.packet_id"});
  ASSERT_EQ(fields.status, (ExitStatus{0, 0})) << fields;
  Counts by_id;
  for (const std::string& line : lines_of(fields.out)) ++by_id[line];
  EXPECT_EQ(by_id.size(), kPackets);
  for (const auto& [id, records] : by_id) EXPECT_EQ(records, 8u) << "packet id '" << id << "'";
}

}  // namespace
}  // namespace ringtap::testing
