// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Devices and rules whose names try to steer a terminal: what ringtap prints of them no terminal obeys.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "capture.hpp"
#include "support/hostile.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

class HostileNames : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("ip");
  }

  static void expect_plain(const Finished& finished) {
    EXPECT_EQ(finished.status.signal, 0);
    EXPECT_NE(finished.out.size() + finished.err.size(), 0u);
    EXPECT_EQ(first_control(finished.out), "");
    EXPECT_EQ(first_control(finished.err), "");
  }

  const std::string device_{kHostileDevice};
  TempDir folder_;
};

TEST_F(HostileNames, OfADeviceIsShownAsPlainText) {
  TwoHosts hosts;
  hosts.add_pair("other", device_);
  const auto frame = (Ethernet{} / Ipv4{} / Udp{} / Payload{"x"}).bytes();
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"-v", "-l", "-i", device_, "-i", "lo"},
           {"-v", "-l", "-i", "any"},
           {"-v", "-e", "-l", "-i", device_, "--tap", "xdp,tc,drop"},
           {"-v", "-i", device_, "-w", (folder_ / "x.pcapng").string()},
       }) {
    SCOPED_TRACE(arguments[1] + arguments[2]);
    Capture ringtap(hosts.right, arguments);
    const FrameSender sender(hosts.left, "other");
    for (int i = 0; i < 5; ++i) sender.send(frame);
    expect_plain(ringtap.stop());
  }
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"-D"}, {"-L", "-i", device_}, {"-J", "-i", device_}, {"-i", device_ + "x"}, {"-r", folder_ / "x.pcapng"}}) {
    SCOPED_TRACE(arguments[0]);
    std::vector<std::string> argv = {ringtap_binary()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    expect_plain(run(hosts.right.command(argv)));
  }
}

TEST_F(HostileNames, OfADeviceOrARuleIsPlainTextInAComparison) {
  REQUIRE_TOOL("nft");
  TwoHosts hosts;
  hosts.add_pair("other", device_);
  const std::string rule =
      "nft add table inet user; nft 'add chain inet user in { type filter hook prerouting priority "
      "0; }'; nft 'add rule inet user in udp dport 9 drop comment \"" +
      std::string(kHostile) + "\"'";
  const Finished made = run(hosts.right.command({"sh", "-c", rule}));
  ASSERT_EQ(made.status, (ExitStatus{0, 0})) << made;
  for (const char* form : {"--json", "-v"}) {
    Capture ringtap(hosts.right, {"-i", device_, "-i", "right", "--nft-rule", "--each", form}, {}, "compare");
    send_udp(hosts.left, TwoHosts::kRightIpv4, 9, Payload{"where to?"}.bytes, 5);
    const FrameSender sender(hosts.left, "other");
    for (int i = 0; i < 5; ++i) sender.send((Ethernet{} / Ipv4{} / Udp{.dst_port = 9} / Payload{"x"}).bytes());
    const Finished finished = ringtap.stop();
    expect_plain(finished);
    EXPECT_NE(finished.out.find("inet user in"), std::string::npos) << finished;
  }
}

}  // namespace
}  // namespace ringtap::testing
