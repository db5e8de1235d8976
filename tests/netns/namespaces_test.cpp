// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// --netns: one capture of interfaces in several network namespaces, named after them, while namespaces come and go. The
// tests that mean all namespaces have process ids, mounts and a network of their own, so that no other namespace of the
// machine is there.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "capture.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

namespace ringtap::testing {
namespace {

using namespace std::chrono_literals;

class Namespaces : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("ip");
  }

  // Of a file with several: those of packets with this text. After the time of a packet comes its interface.
  static std::set<std::string> interfaces_with(const std::filesystem::path& path, std::string_view text) {
    const Finished printed = run({ringtap_binary(), "-n", "-A", "-r", path}, 60s);
    EXPECT_EQ(printed.status, (ExitStatus{0, 0})) << printed.err;
    std::set<std::string> names;
    std::string interface;
    std::istringstream lines(printed.out);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string time;
      std::string word;
      if (line.size() > 8 && line[2] == ':' && line[5] == ':' && words >> time >> word) interface = word;
      if (line.find(text) != std::string::npos) names.insert(interface);
    }
    return names;
  }
  static Bytes frame_saying(const std::string& text) {
    return (Ethernet{} / Ipv4{.dst = "192.0.2.99"} / Udp{} / Payload{text}).bytes();
  }

  TempDir folder_;
};

TEST_F(Namespaces, AreCapturedTogetherFromOutside) {
  const TwoHosts hosts;
  const Namespace outside;
  for (const char* taps : {"tc", "xdp", "stack", "tc,xdp,stack,drop"}) {
    const auto path = folder_ / "x.pcapng";
    Capture ringtap(outside, {"-v", "--netns", hosts.left.name(), "--netns", hosts.right.name(), "-i", "any", "--tap",
                              taps, "-w", path, "udp"});
    FrameSender(hosts.left, "left").send(frame_saying("to the right"));
    const Finished finished = ringtap.stop();
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << taps << finished.err;
    const Accounting account = expect_identity(finished.err);
    EXPECT_GT((*account.total)["delivered"], 0U) << taps;
    const Finished printed = run({ringtap_binary(), "-n", "-r", path}, 60s);
    const bool sends = std::string_view(taps) != "xdp";
    EXPECT_EQ(printed.out.find(hosts.left.name() + "/left") != std::string::npos, sends) << taps << printed;
    EXPECT_NE(printed.out.find(hosts.right.name() + "/right"), std::string::npos) << taps << printed;
    EXPECT_EQ(printed.out.find("netns="), std::string::npos) << taps << printed;
  }
}

// Both loopback devices have the same number, and so have the veth pairs' ends.
TEST_F(Namespaces, KeepDevicesOfOneNumberApart) {
  const Namespace one;
  const Namespace other;
  const Namespace outside;
  ASSERT_EQ(one.index_of("lo"), other.index_of("lo"));
  const auto path = folder_ / "x.pcapng";
  Capture ringtap(outside, {"-v", "--netns", one.name(), "--netns", other.name(), "-i", "lo", "--tap", "tc,stack", "-w",
                            path, "udp"});
  send_udp(one, "127.0.0.1", 9, Payload{"in the one"}.bytes);
  send_udp(other, "127.0.0.1", 9, Payload{"in the other"}.bytes);
  send_udp(outside, "127.0.0.1", 9, Payload{"in none of them"}.bytes);
  const Finished finished = ringtap.stop();
  expect_identity(finished.err);
  for (const auto& [name, text, stranger] :
       {std::tuple{one.name(), "in the one", other.name()}, std::tuple{other.name(), "in the other", one.name()}}) {
    const Finished printed = run({ringtap_binary(), "-n", "-A", "-r", path, "udp"}, 60s);
    EXPECT_NE(printed.out.find(name + "/lo"), std::string::npos) << printed;
    const auto interfaces = interfaces_with(path, text);
    for (const char* family : {":tc", ":stack"}) EXPECT_TRUE(interfaces.contains(name + "/lo" + family)) << family;
    for (const std::string& interface : interfaces) {
      EXPECT_EQ(interface.find(stranger), std::string::npos) << interface;
    }
  }
  EXPECT_EQ(interfaces_with(path, "in none of them"), std::set<std::string>{});
}

TEST_F(Namespaces, AreNamedByProcessAndPathAndListed) {
  const TwoHosts hosts;
  const Namespace outside;
  const auto list = [&](const std::string& netns) {
    return run(outside.command({ringtap_binary(), "-D", "--netns", netns}));
  };
  EXPECT_NE(list(hosts.left.name()).out.find(hosts.left.name() + "/left [Up, Running]"), std::string::npos);
  EXPECT_NE(list("/run/netns/" + hosts.left.name()).out.find(hosts.left.name() + "/left"), std::string::npos);
  Process sleeper(hosts.right.command({"sleep", "60"}));
  const std::string pid = std::to_string(sleeper.pid());
  EXPECT_TRUE(wait_until([&] { return list(pid).out.find(hosts.right.name() + "/right") != std::string::npos; }));
  // By its number in that list, too.
  const std::string listed = list(hosts.left.name()).out;
  const std::size_t at = listed.find("." + hosts.left.name() + "/left ");
  ASSERT_NE(at, std::string::npos);
  const std::string number = listed.substr(listed.rfind('\n', at) + 1, at - listed.rfind('\n', at) - 1);
  Capture ringtap(outside, {"-v", "--netns", hosts.left.name(), "-i", number, "-w", folder_ / "x.pcapng"});
  FrameSender(hosts.right, "right").send(frame_saying("to the left"));
  expect_identity(ringtap.stop().err);
  const CaptureFile file = read_capture(folder_ / "x.pcapng");
  EXPECT_EQ(file.error, "");
  EXPECT_TRUE(std::any_of(file.frames.begin(), file.frames.end(),
                          [](const auto& frame) { return contains(frame.data, "to the left"); }));
}

TEST_F(Namespaces, RefuseWhatIsNone) {
  const Namespace outside;
  const auto refused = [&](std::vector<std::string> arguments, int code, const std::string& text) {
    arguments.insert(arguments.begin(), ringtap_binary());
    const Finished finished = run(outside.command(arguments));
    EXPECT_EQ(finished.status.code, code) << finished;
    EXPECT_NE(finished.err.find(text), std::string::npos) << finished.err;
  };
  refused({"--netns", "no-such", "-c", "1"}, 2, "--netns no-such: there is no such network namespace");
  refused({"--netns", "4194303", "-c", "1"}, 2, "--netns 4194303: there is no process with this id");
  refused({"--netns", "/etc/passwd", "-c", "1"}, 2, "--netns /etc/passwd: not a network namespace");
  refused({"--netns", "/proc/self/ns/mnt", "-c", "1"}, 2, "not a network namespace");
  refused({"--netns", "", "-c", "1"}, 2, "--netns: the value is empty");
  refused({"--netns", outside.name(), "-i", "eth9", "-c", "1"}, 1, "eth9: no such interface");
  refused({"--netns", outside.name(), "--tap", "packet", "-c", "1"}, 2, "the taps tc, xdp, stack, socket and drop");
}

// The capture keeps no namespace alive, and ends with the last one.
TEST_F(Namespaces, EndWhileTheyAreCaptured) {
  Namespace kept;
  Namespace ended;
  const Namespace outside;
  kept.ip("link add here type veth peer name there netns " + ended.name());
  kept.ip("link set here up");
  ended.ip("link set there up");
  Capture ringtap(outside,
                  {"-v", "--netns", kept.name(), "--netns", ended.name(), "-i", "any", "-w", folder_ / "x.pcapng"});
  const std::string name = ended.name();
  ended.remove();
  // Its end of the pair goes with it, which takes the other end along.
  EXPECT_TRUE(wait_until([&] {
    return run(kept.command({"ip", "link", "show", "here"})).status.code != 0;
  })) << "the namespace is still there";
  const std::string last = kept.name();
  kept.remove();
  const Finished finished = ringtap.finish();
  EXPECT_EQ(finished.status.code, 1) << finished.err;
  EXPECT_NE(finished.err.find("the network namespace " + name + " is gone"), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find("the network namespace " + last + " is gone: the capture has ended"), std::string::npos)
      << finished.err;
  expect_identity(finished.err);
}

// In a network, mounts and process ids of its own.
Finished run_alone(const std::string& script) {
  return run({"unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c",
              "mount -t tmpfs none /run/netns || exit 99\nip link set lo up\n" + script},
             60s);
}

TEST_F(Namespaces, ComeAndGoWhileAllAreCaptured) {
  const std::string path = folder_ / "x.pcapng";
  const std::string ready = folder_ / "ready";
  const Finished finished = run_alone(
      "ip netns add first; ip -n first link set lo up\n" + ringtap_binary() + " -v --netns all -i any --ready-file " +
      ready + " -w " + path + " -U udp 2>" + std::string(folder_ / "err") +
      " &\n"
      "ringtap=$!\n"
      "until [ -e " +
      ready +
      " ]; do sleep 0.05; done\n"
      "say() { ip netns exec $1 python3 -c \"import socket; "
      "socket.socket(socket.AF_INET,socket.SOCK_DGRAM).sendto(b'$2',('$3',9))\"; }\n"
      "say first of-the-first 127.0.0.1\n"
      "ip netns add second\n"
      "ip link add v0 type veth peer name v1 netns second\n"
      "ip addr add 192.0.2.1/24 dev v0; ip link set v0 up\n"
      "ip -n second addr add 192.0.2.2/24 dev v1; ip -n second link set v1 up; ip -n second link set lo up\n"
      "ip -n second neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev v1\n"
      "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do say second of-the-second 192.0.2.1; sleep 0.1\n"
      "grep -q of-the-second " +
      path +
      " && break; done\n"
      "ip netns del second\n"
      "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do ip link show v0 2>/dev/null || break; sleep "
      "0.1; "
      "done\n"
      "ip link show v0 2>/dev/null && exit 98\n"
      "sleep 0.1; kill -INT $ringtap; wait $ringtap\n");
  std::ifstream told(folder_ / "err");
  const std::string err{std::istreambuf_iterator<char>(told), {}};
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished << err;
  expect_identity(err);
  EXPECT_TRUE(interfaces_with(path, "of-the-first").contains("first/lo"));
  const auto of_second = interfaces_with(path, "of-the-second");
  EXPECT_TRUE(of_second.contains("second/v1")) << err;
  EXPECT_TRUE(of_second.contains("v0")) << err;
  EXPECT_NE(err.find("the network namespace second is gone"), std::string::npos) << err;
}

}  // namespace
}  // namespace ringtap::testing
