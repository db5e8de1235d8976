// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// `ringtap compare --netns`: packets followed from one network namespace into another, from a third one or from all, to
// the packet. Devices of different namespaces have the same number here. The second witness is what the socket got.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
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

class CompareNamespaces : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    for (const char* tool : {"ip", "nft"}) REQUIRE_TOOL(tool);
    warm_up(hosts_);
    hosts_.right.inside([&] { socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); });
    const SocketAddress address("0.0.0.0", kPort);
    ASSERT_EQ(::bind(socket_, address.get(), address.size), 0);
  }
  void TearDown() override { ::close(socket_); }

  // How many datagrams wait, which are then gone.
  [[nodiscard]] unsigned read_all() const {
    unsigned count = 0;
    for (char byte = 0; ::recv(socket_, &byte, 1, MSG_DONTWAIT) >= 0;) ++count;
    return count;
  }
  Comparison compare(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-w", file_, kOurs});
    Compare ringtap(outside_, std::move(arguments));
    send_udp(hosts_.left, TwoHosts::kRightIpv4, kPort, Payload{9}.bytes, kPackets);
    return ringtap.stop();
  }
  // The same, as the file of the last comparison tells it.
  [[nodiscard]] Comparison of_file() const {
    const Finished read = run({ringtap_binary(), "compare", "--json", "-r", file_});
    EXPECT_EQ(read.status, (ExitStatus{0, 0})) << read.err;
    return parse_comparison(read.out);
  }
  static std::string netns_of(const Comparison& comparison) {
    EXPECT_EQ(comparison.outcome_lines.size(), 1U);
    const JsonObject& outcome = comparison.outcome_lines.at(0);
    return outcome.contains("netns") ? outcome.at("netns") : "";
  }

  const TwoHosts hosts_;
  const Namespace outside_;
  const TempDir folder_;
  const std::string file_ = folder_ / "x.pcapng";
  const std::string left_ = hosts_.left.name();
  const std::string right_ = hosts_.right.name();
  int socket_ = -1;
};

TEST_F(CompareNamespaces, FollowsAPacketFromOneIntoTheOther) {
  const Comparison live = compare({"--netns", left_, "--netns", right_});
  EXPECT_EQ(read_all(), kPackets);
  for (const Comparison& result : {live, of_file()}) {
    EXPECT_EQ(result.number("packets"), kPackets);
    EXPECT_EQ(result.outcomes(), (Counts{{"delivered", kPackets}}));
    EXPECT_EQ(netns_of(result), right_);
    Counts expected = {{"tc-egress " + left_ + "/left", kPackets},  {"stack-out " + left_ + "/left", kPackets},
                       {"stack-in " + right_ + "/right", kPackets}, {"tc-ingress " + right_ + "/right", kPackets},
                       {"xdp " + right_ + "/right", kPackets},      {"socket " + right_ + "/right", kPackets}};
    for (const std::string stage : {" pre", " post"}) {
      for (const char* hook : {"OUTPUT", "POSTROUTING"}) {
        expected["netfilter " + left_ + "/left " + hook + stage] = kPackets;
      }
      for (const char* hook : {"PREROUTING", "INPUT"}) {
        expected["netfilter " + right_ + "/right " + hook + stage] = kPackets;
      }
    }
    Counts places = result.packets();
    std::erase_if(places, [](const auto& place) { return place.first.starts_with("end"); });  // as they are read
    EXPECT_EQ(places, expected);
  }
}

// What happens in a namespace that is not compared is told as before.
TEST_F(CompareNamespaces, KnowsWhichNamespacesAreCompared) {
  const Comparison sender = compare({"--netns", left_, "-i", "left"});
  EXPECT_EQ(sender.outcomes(), (Counts{{"delivered other_netns", kPackets}}));
  EXPECT_EQ(sender.packets()["stack-out " + left_ + "/left"], kPackets);
  const Comparison receiver = compare({"--netns", right_, "-i", "right"});
  EXPECT_EQ(receiver.outcomes(), (Counts{{"delivered", kPackets}}));
  EXPECT_EQ(netns_of(receiver), right_);
  EXPECT_EQ(receiver.packets()["xdp " + right_ + "/right"], kPackets);
  EXPECT_EQ(read_all(), 2 * kPackets);
}

TEST_F(CompareNamespaces, NameTheHookThatDropsThere) {
  std::ofstream(folder_ / "rules")
      << "table ip t { chain c { type filter hook input priority 0; udp dport 5000 counter drop; }; }";
  ASSERT_EQ(run(hosts_.right.command({"nft", "-f", folder_ / "rules"})).status, (ExitStatus{0, 0}));
  const Comparison named = compare({"--netns", left_, "--netns", right_});
  for (const Comparison& result : {named, of_file()}) {
    EXPECT_EQ(result.outcomes(), (Counts{{"dropped INPUT NETFILTER_DROP", kPackets}}));
    EXPECT_EQ(netns_of(result), right_);
  }
  // Without its hooks it is not known which of them it was.
  const Comparison other = compare({"--netns", left_, "-i", "left"});
  EXPECT_EQ(other.outcomes(), (Counts{{"dropped netfilter NETFILTER_DROP other_netns", kPackets}}));
  EXPECT_EQ(read_all(), 0U);
}

// In a network, mounts and process ids of its own, so that no other namespace of the machine is there.
TEST_F(CompareNamespaces, FollowsPacketsThroughAllOfThem) {
  const std::string script =
      "mount -t tmpfs none /run/netns || exit 99\n"
      "ip link set lo up; ip netns add web; ip -n web link set lo up\n"
      "ip link add v0 type veth peer name v1 netns web\n"
      "ip addr add 192.0.2.1/24 dev v0; ip link set v0 up\n"
      "ip -n web addr add 192.0.2.2/24 dev v1; ip -n web link set v1 up\n"
      "ip neigh add 192.0.2.2 lladdr $(ip netns exec web cat /sys/class/net/v1/address) dev v0\n" +
      ringtap_binary() + " compare -v --json --netns all --ready-file ready udp port 5000 >out 2>err &\n" +
      "ringtap=$!\n"
      "until [ -e ready ]; do sleep 0.05; done\n"
      "ip netns exec web python3 -c 'import socket,sys; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); "
      "s.bind((\"\",5000)); open(\"bound\",\"w\"); s.recv(9)' &\n"
      "until [ -e bound ]; do sleep 0.05; done\n"
      "say='import socket; socket.socket(socket.AF_INET,socket.SOCK_DGRAM).sendto(b\"hello\",(\"192.0.2.2\",5000))'\n"
      "python3 -c \"$say\"; wait $!\n"
      "ip netns exec web nft -f rules\n"
      "python3 -c \"$say\"\n"
      "kill -INT $ringtap; wait $ringtap\n";
  std::ofstream(folder_ / "rules") << "table ip t { chain c { type filter hook input priority 0; drop; }; }";
  const Finished finished = run({"unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh",
                                 "-c", "cd " + std::string(folder_ / "") + "\n" + script},
                                120s);
  const std::string err = read_file(folder_ / "err");
  ASSERT_EQ(finished.status, (ExitStatus{0, 0})) << finished << err;
  expect_identity(err);
  const Comparison result = parse_comparison(read_file(folder_ / "out"));
  EXPECT_EQ(result.outcomes(), (Counts{{"delivered", 1}, {"dropped netfilter NETFILTER_DROP", 1}}));
  EXPECT_EQ(result.packets()["netfilter v0 OUTPUT post"], 2U);
  EXPECT_EQ(result.packets()["stack-in web/v1"], 2U);
  EXPECT_EQ(result.packets()["socket web/v1"], 1U);
  EXPECT_NE(err.find("netfilter's hooks are seen only in ringtap's own network namespace"), std::string::npos) << err;
}

}  // namespace
}  // namespace ringtap::testing
