// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A ringtap that was built with sanitizers, in everything that it does with live packets: it starts, sees what was
// sent, its accounting adds up, and no sanitizer finds a fault, in it or in its helper processes. That a report fails
// the test is the work of Process.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "netns/capture.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

constexpr unsigned kFrames = 200;
constexpr std::uint16_t kPort = 4789;
const Bytes kFrame = (Ethernet{.dst = TwoHosts::kRightMac} / Ipv4{.dst = TwoHosts::kRightIpv4} /
                      Udp{.dst_port = kPort} / Payload{std::string(200, 'x')})
                         .bytes();

class Sanitized : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("nft");
    hosts_.emplace();
    hosts_->without_ipv6();
  }

  void send() const {
    const FrameSender sender(hosts_->left, "left");
    for (unsigned i = 0; i < kFrames; ++i) sender.send(kFrame);
  }
  // What was captured, by an interrupt in the middle of nothing.
  static Finished end(Capture& ringtap) {
    Finished finished = ringtap.stop();
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished;
    expect_identity(finished.err);
    return finished;
  }

  TempDir folder_;
  std::optional<TwoHosts> hosts_;
};

TEST_F(Sanitized, CapturesToTextWithNamesAtEveryTap) {
  Capture ringtap(hosts_->right, {"-v", "-e", "-i", "right", "--tap", "xdp,tc,packet,stack,netfilter,socket,drop",
                                  "udp dst port " + std::to_string(kPort)});
  send();
  const Finished finished = end(ringtap);
  EXPECT_GE(lines_of(finished.out).size(), kFrames);
}

TEST_F(Sanitized, CapturesToAFileAndReadsIt) {
  const std::string path = folder_ / "x.pcapng";
  Capture ringtap(hosts_->right,
                  {"-v", "-i", "right", "-w", path, "--print", "-n", "udp dst port " + std::to_string(kPort)});
  send();
  end(ringtap);
  EXPECT_EQ(read_capture(path).frames.size(), kFrames);
  const Finished read = run({ringtap_binary(), "-n", "-vv", "-X", "-r", path, "udp"});
  EXPECT_EQ(read.status, (ExitStatus{0, 0})) << read;
  EXPECT_GE(lines_of(read.out).size(), kFrames);
}

TEST_F(Sanitized, CapturesOnAnyWithNewcomers) {
  const std::string path = folder_ / "any.pcapng";
  Capture ringtap(hosts_->right, {"-v", "-U", "-i", "any", "-w", path});
  send();
  hosts_->add_pair("late", "comer");
  const FrameSender late(hosts_->left, "late");
  EXPECT_TRUE(wait_until([&] {
    late.send((Ethernet{} / Ipv4{} / Udp{} / Payload{"from the newcomer"}).bytes());
    return read_file(path).find("from the newcomer") != std::string::npos;
  })) << ringtap.process().err();
  end(ringtap);
}

TEST_F(Sanitized, RotatesFilesAndRunsACommandOnEach) {
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "-w", folder_ / "x", "-C", "10k", "-z", "gzip"});
  send();
  EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(folder_ / "x.gz"); })) << ringtap.process().err();
  end(ringtap);
}

TEST_F(Sanitized, Compares) {
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "--nft-rule", "udp"}, {}, "compare");
  const Finished rule = run_shell("set -e; nft() { " + hosts_->right.prefix() +
                                  "nft \"$@\"; }; nft add table inet user; nft 'add chain inet user in { type filter "
                                  "hook input priority filter; }'; nft add rule inet user in udp dport " +
                                  std::to_string(kPort) + " counter drop");
  EXPECT_EQ(rule.status, (ExitStatus{0, 0})) << rule;
  send();
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished;
  EXPECT_NE(finished.out.find("by rule inet user in"), std::string::npos) << finished;
}

}  // namespace
}  // namespace ringtap::testing
