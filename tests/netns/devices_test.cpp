// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// One of every kind of device that the kernel can make, between two hosts: what a capture shows there without any
// option is what tcpdump shows beside it.
#include <gtest/gtest.h>
#include <linux/vm_sockets.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "capture.hpp"
#include "support/compared_tcpdump.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

constexpr unsigned kPings = 4;

// `ip` with these arguments, in the namespace of the left or the right host, or of a container of the right one.
struct Step {
  enum class At { kLeft, kRight, kInner } at;
  std::string arguments;
};

// The device under test is in the namespace of the right host and called "dut"; the first step makes it.
struct DeviceCase {
  std::string name;
  std::vector<Step> steps;
  std::string target;       // the left host sends echo requests there
  bool answered = true;     // and gets answers
  bool sends_only = false;  // instead the right host does, and nobody answers
  bool by_packet = false;   // tc does not see what tcpdump sees
  bool in_container = false;
  unsigned lines = 2 * kPings;  // that tcpdump prints
};

void PrintTo(const DeviceCase& one, std::ostream* out) {
  *out << one.name;
}

Step left(std::string arguments) {
  return {Step::At::kLeft, std::move(arguments)};
}
Step right(std::string arguments) {
  return {Step::At::kRight, std::move(arguments)};
}
Step inner(std::string arguments) {
  return {Step::At::kInner, std::move(arguments)};
}

// A tunnel on each side with these arguments, which replace $local and $remote by the host's address and the other's.
std::vector<Step> uneven_tunnel(const std::string& type, const std::string& arguments_right,
                                const std::string& arguments_left, bool ipv6) {
  const auto filled = [&](std::string text, bool is_right) {
    const std::string left_address = ipv6 ? TwoHosts::kLeftIpv6 : TwoHosts::kLeftIpv4;
    const std::string right_address = ipv6 ? TwoHosts::kRightIpv6 : TwoHosts::kRightIpv4;
    for (const auto& [word, value] :
         {std::pair<std::string, std::string>("$local", is_right ? right_address : left_address),
          {"$remote", is_right ? left_address : right_address}}) {
      if (const auto at = text.find(word); at != std::string::npos) text.replace(at, word.size(), value);
    }
    return text;
  };
  return {right("link add dut type " + type + " " + filled(arguments_right, true)),
          left("link add peer type " + type + " " + filled(arguments_left, false)),
          left("addr add 10.1.0.1/24 dev peer"),
          right("addr add 10.1.0.2/24 dev dut"),
          left("link set peer up"),
          right("link set dut up")};
}
std::vector<Step> tunnel(const std::string& type, const std::string& arguments, bool ipv6 = false) {
  return uneven_tunnel(type, arguments, arguments, ipv6);
}

std::vector<Step> and_then(std::vector<Step> steps, const std::vector<Step>& more) {
  steps.insert(steps.end(), more.begin(), more.end());
  return steps;
}

// On top of the veth device "right", in a namespace of its own, as containers have it.
std::vector<Step> above(const std::string& type) {
  return {right("link add link right name dut netns $inner type " + type), left("addr add 10.1.0.1/24 dev left"),
          inner("addr add 10.1.0.2/24 dev dut"), inner("link set dut up")};
}
// With the address and the routes of the device below it.
std::vector<Step> ipvlan(const std::string& mode) {
  return and_then(above("ipvlan mode " + mode), {right("route add 10.1.0.0/24 dev right"),
                                                 left("neigh add 10.1.0.2 lladdr 02:00:00:00:00:02 dev left")});
}
// The veth device becomes a port of it.
std::vector<Step> master(const std::string& type) {
  return {right("link add name dut type " + type),
          right("link set right down"),
          right("link set right master dut"),
          right("link set right up"),
          right("link set dut up"),
          left("addr add 10.1.0.1/24 dev left"),
          right("addr add 10.1.0.2/24 dev dut")};
}
// Whatever is sent into it is gone.
std::vector<Step> alone(const std::string& type) {
  return {right("link add dut type " + type), right("addr add 10.1.0.2/24 dev dut"), right("link set dut up")};
}

const std::string kKey = " on key 00 000102030405060708090a0b0c0d0e0f";

std::vector<DeviceCase> cases() {
  const std::string kInner = "10.1.0.2";
  return {
      {.name = "veth",
       .steps = {right("link add dut type veth peer name peer netns $left"), left("addr add 10.1.0.1/24 dev peer"),
                 right("addr add 10.1.0.2/24 dev dut"), left("link set peer up"), right("link set dut up")},
       .target = kInner},
      {.name = "dummy", .steps = alone("dummy"), .target = "10.1.0.9", .sends_only = true, .lines = kPings},
      {.name = "bridge", .steps = master("bridge"), .target = kInner},
      {.name = "bond", .steps = master("bond mode active-backup"), .target = kInner},
      {.name = "vlan",
       .steps = {right("link add link right name dut type vlan id 5"),
                 left("link add link left name peer type vlan id 5"), left("addr add 10.1.0.1/24 dev peer"),
                 right("addr add 10.1.0.2/24 dev dut"), left("link set peer up"), right("link set dut up")},
       .target = kInner},
      {.name = "macvlan", .steps = above("macvlan mode bridge"), .target = kInner, .in_container = true},
      {.name = "ipvlan_l2", .steps = ipvlan("l2"), .target = kInner, .in_container = true},
      {.name = "ipvlan_l3", .steps = ipvlan("l3"), .target = kInner, .in_container = true},
      // What arrives is given to the device at netfilter, behind all taps.
      {.name = "ipvlan_l3s", .steps = ipvlan("l3s"), .target = kInner, .in_container = true, .lines = kPings},
      {.name = "macsec",
       .steps = {right("link add link right name dut type macsec encrypt on"),
                 left("link add link left name peer type macsec encrypt on"),
                 right("macsec add dut tx sa 0 pn 1" + kKey), left("macsec add peer tx sa 0 pn 1" + kKey),
                 right("macsec add dut rx port 1 address 02:00:00:00:00:01"),
                 left("macsec add peer rx port 1 address 02:00:00:00:00:02"),
                 right("macsec add dut rx port 1 address 02:00:00:00:00:01 sa 0 pn 1" + kKey),
                 left("macsec add peer rx port 1 address 02:00:00:00:00:02 sa 0 pn 1" + kKey),
                 left("addr add 10.1.0.1/24 dev peer"), right("addr add 10.1.0.2/24 dev dut"), left("link set peer up"),
                 right("link set dut up")},
       .target = kInner},
      {.name = "vrf",
       .steps = {right("link add dut type vrf table 10"), right("link set dut up"), right("link set right master dut")},
       .target = TwoHosts::kRightIpv4,
       .by_packet = true},
      {.name = "vxlan", .steps = tunnel("vxlan", "id 5 dstport 4789 remote $remote"), .target = kInner},
      {.name = "geneve", .steps = tunnel("geneve", "id 5 remote $remote"), .target = kInner},
      {.name = "gretap", .steps = tunnel("gretap", "local $local remote $remote"), .target = kInner},
      {.name = "ip6gretap", .steps = tunnel("ip6gretap", "local $local remote $remote", true), .target = kInner},
      {.name = "erspan",
       .steps = tunnel("erspan", "seq key 5 local $local remote $remote erspan_ver 1 erspan 123"),
       .target = kInner},
      {.name = "ipip", .steps = tunnel("ipip", "local $local remote $remote"), .target = kInner},
      {.name = "sit", .steps = tunnel("sit", "local $local remote $remote mode any"), .target = kInner},
      {.name = "ip6tnl", .steps = tunnel("ip6tnl", "local $local remote $remote mode any", true), .target = kInner},
      {.name = "gre", .steps = tunnel("gre", "local $local remote $remote"), .target = kInner},
      {.name = "ip6gre", .steps = tunnel("ip6gre", "local $local remote $remote", true), .target = kInner},
      {.name = "gre_multipoint",
       .steps = and_then(uneven_tunnel("gre", "local $local", "local $local remote $remote", false),
                         {right("neigh add 10.1.0.1 lladdr 192.0.2.1 dev dut")}),
       .target = kInner,
       .by_packet = true},
      {.name = "ip6gre_multipoint",
       .steps = and_then(uneven_tunnel("ip6gre", "local $local", "local $local remote $remote", true),
                         {right("neigh add 10.1.0.1 lladdr 20:01:0d:b8:00:00:00:00:00:00:00:00:00:00:00:01 dev dut")}),
       .target = kInner,
       .answered = false,  // Linux 6.12 drops what it sends: no route to the outer address (carrier errors)

       .by_packet = true},
      {.name = "wireguard", .steps = alone("wireguard"), .target = "10.1.0.9", .sends_only = true, .lines = kPings},
      {.name = "xfrm", .steps = alone("xfrm if_id 1"), .target = "10.1.0.9", .sends_only = true, .lines = kPings},
      {.name = "vti",
       .steps = alone("vti local 192.0.2.2 remote 192.0.2.1 key 5"),
       .target = "10.1.0.9",
       .sends_only = true,
       .lines = kPings},
      {.name = "netkit",
       .steps = {right("link add dut type netkit"), right("link set nk0 name peer"), right("link set peer netns $left"),
                 left("addr add 10.1.0.1/24 dev peer"), right("addr add 10.1.0.2/24 dev dut"), left("link set peer up"),
                 right("link set dut up")},
       .target = kInner},
  };
}

// How often a capture says that it takes another tap than tc, or that it does not know.
std::size_t notices(const std::string& err) {
  std::size_t count = 0;
  for (const std::string& line : lines_of(err)) {
    count += line.find("captured by an AF_PACKET socket") != std::string::npos ||
             line.find("it is not known") != std::string::npos;
  }
  return count;
}

class Devices : public ::testing::TestWithParam<DeviceCase> {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    for (const char* tool : {"ip", "tcpdump", "ping"}) REQUIRE_TOOL(tool);
  }
  // False: the kernel has no such devices.
  bool make(const DeviceCase& one) {
    for (const Step& step : one.steps) {
      std::string arguments = step.arguments;
      for (const auto& [word, name] :
           {std::pair<std::string, std::string>("$left", hosts_.left.name()), {"$inner", inner_.name()}}) {
        if (const auto at = arguments.find(word); at != std::string::npos) arguments.replace(at, word.size(), name);
      }
      const Namespace& where = step.at == Step::At::kLeft    ? hosts_.left
                               : step.at == Step::At::kRight ? hosts_.right
                                                             : inner_;
      if (&step != &one.steps.front()) {
        where.ip(arguments);
        continue;
      }
      try {
        where.ip(arguments);
      } catch (const std::exception& error) {
        reason_ = error.what();
        return false;
      }
    }
    return true;
  }

  // Waits until the neighbours have found each other.
  bool reaches(const DeviceCase& one) const {
    return wait_until([&] {
      return run(hosts_.left.command({"ping", "-q", "-c", "1", "-W", "1", one.target})).status == ExitStatus{0, 0};
    });
  }

  void send_pings(const DeviceCase& one) const {
    const Namespace& from = one.sends_only ? hosts_.right : hosts_.left;
    if (one.answered && !one.sends_only) return ping(from, one.target, kPings);
    run(from.command({"ping", "-q", "-c", std::to_string(kPings), "-i", "0.01", "-W", "0.1", one.target}));
  }

  TwoHosts hosts_;
  Namespace inner_;
  TempDir folder_;
  std::string reason_;
};

TEST_P(Devices, AreCapturedAsByTcpdump) {
  const DeviceCase& one = GetParam();
  if (!make(one)) GTEST_SKIP() << "this kernel makes no " << one.name << ": " << reason_;
  if (one.answered && !one.sends_only) {
    ASSERT_TRUE(reaches(one)) << one.name << " carries no packet";
  }
  const Namespace& where = one.in_container ? inner_ : hosts_.right;
  const std::vector<std::string> arguments = {"-i", "dut", "-n", "-t", "icmp"};
  Tcpdump tcpdump(where, arguments);
  Capture ringtap(where, arguments);
  send_pings(one);
  const Finished ours = ringtap.stop();
  const Finished theirs = tcpdump.stop();
  EXPECT_EQ(ours.status, (ExitStatus{0, 0})) << ours.err;
  std::vector<std::string> expected = lines_of(theirs.out);
  std::erase(expected, "");
  EXPECT_EQ(lines_of(ours.out), expected) << ours.err;
  EXPECT_EQ(expected.size(), one.lines) << theirs;
  EXPECT_EQ(notices(ours.err), one.by_packet ? 1u : 0u) << ours.err;
}

// Devices that show what is no network's: they have a link layer of their own.
class MonitorDevices : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    for (const char* tool : {"ip", "tcpdump"}) REQUIRE_TOOL(tool);
  }
  // Whether the files of both hold the same frames, some at least, and have one link type.
  void compare_files(const std::string& kind, const std::function<void()>& send) {
    try {
      host_.ip("link add dut type " + kind);
    } catch (const std::exception& error) {
      GTEST_SKIP() << "this kernel makes no " << kind << ": " << error.what();
    }
    host_.ip("link set dut up");
    const std::string mine = folder_ / "ringtap.pcap";
    const std::string its = folder_ / "tcpdump.pcap";
    Tcpdump tcpdump(host_, {"-i", "dut", "-U", "-w", its});
    Capture ringtap(host_, {"-v", "-i", "dut", "-w", mine});
    send();
    const Finished finished = ringtap.stop();
    tcpdump.stop();
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
    expect_identity(finished.err);
    EXPECT_EQ(notices(finished.err), 1u) << finished.err;
    const CaptureFile ours = read_capture(mine);
    const CaptureFile theirs = read_capture(its);
    EXPECT_EQ(ours.link_type, theirs.link_type);
    EXPECT_GE(ours.frames.size(), 2u);
    // tcpdump began before and ended after; ringtap itself is on the air in between.
    std::vector<CapturedFrame> rest = theirs.frames;
    for (const CapturedFrame& frame : ours.frames) {
      const auto same = std::find_if(rest.begin(), rest.end(), [&](const CapturedFrame& other) {
        return other.wire_len == frame.wire_len && other.data == frame.data;
      });
      ASSERT_NE(same, rest.end()) << hex(frame.data) << " is not in tcpdump's file";
      rest.erase(same);
    }
  }

  Namespace host_;
  TempDir folder_;
};

// A monitor of the host's rtnetlink and the like: frames are those of the sockets, and the link type is libpcap's.
TEST_F(MonitorDevices, OfNetlinkAreCapturedAsByTcpdump) {
  compare_files("nlmon", [&] { run(host_.command({"ip", "link", "show"})); });
}

TEST_F(MonitorDevices, OfVsockAreCapturedAsByTcpdump) {
  // To a port of this host at which nobody listens.
  const int fd = ::socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) GTEST_SKIP() << "this kernel has no vsock: " << std::strerror(errno);
  compare_files("vsockmon", [&] {
    sockaddr_vm nobody{};
    nobody.svm_family = AF_VSOCK;
    nobody.svm_cid = VMADDR_CID_LOCAL;
    nobody.svm_port = 4711;
    EXPECT_NE(::connect(fd, reinterpret_cast<const sockaddr*>(&nobody), sizeof(nobody)), 0);
    EXPECT_EQ(errno, ECONNRESET) << std::strerror(errno);
  });
  ::close(fd);
}

// -i any stands where tcpdump stands, at every kind of device.
TEST_P(Devices, AreCapturedByAnyAsByTcpdump) {
  const DeviceCase& one = GetParam();
  if (!make(one)) GTEST_SKIP() << "this kernel makes no " << one.name << ": " << reason_;
  if (one.answered && !one.sends_only) {
    ASSERT_TRUE(reaches(one)) << one.name << " carries no packet";
  }
  const std::vector<std::string> arguments = {"-i", "any", "-n", "-t", "icmp"};
  Tcpdump tcpdump(hosts_.right, arguments);
  Capture ringtap(hosts_.right, arguments);
  send_pings(one);
  const Finished ours = ringtap.stop();
  const Finished theirs = tcpdump.stop();
  std::vector<std::string> lines = lines_of(ours.out);
  std::vector<std::string> expected = lines_of(theirs.out);
  std::erase(expected, "");
  // For live tcpdump `icmp` means tagged frames, too (docs/filter.md): those of the device below.
  if (std::string_view(one.name) == "vlan") {
    std::erase_if(expected, [](const std::string& line) { return line.starts_with("right "); });
  }
  std::sort(lines.begin(), lines.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(lines, expected) << ours.err;
  EXPECT_EQ(notices(ours.err), 0U) << ours.err;
}

INSTANTIATE_TEST_SUITE_P(Kinds, Devices, ::testing::ValuesIn(cases()),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace ringtap::testing
