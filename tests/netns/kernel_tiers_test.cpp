// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What ringtap does where the kernel lacks something: the fallback of the tc tap, which is a filter and so can outlive
// its process, and the messages where there is no fallback.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>

#include "capture.hpp"
#include "support/old_kernel.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

// Before 6.6 tcx links are an unknown attach type.
void without_tcx() {
  refuse_bpf_command(BPF_LINK_CREATE, EINVAL);
}

class OlderKernel : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("ip");
    REQUIRE_TOOL("tc");
    hosts_.emplace();
    hosts_->without_ipv6();
  }

  void send(unsigned count) const {
    const FrameSender sender(hosts_->left, "left");
    for (unsigned i = 0; i < count; ++i) {
      sender.send((Ethernet{} / Vlan{.id = 7} / Ipv4{.dst = "192.0.2.99"} / Udp{} / Payload{100}).bytes());
    }
  }
  std::string filters() const {
    return run(hosts_->right.command({"tc", "filter", "show", "dev", "right", "ingress"})).out +
           run(hosts_->right.command({"tc", "filter", "show", "dev", "right", "egress"})).out;
  }
  bool has_clsact() const {
    return run(hosts_->right.command({"tc", "qdisc", "show", "dev", "right"})).out.find("clsact") != std::string::npos;
  }
  static std::size_t count(const std::string& text, std::string_view word) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) ++found;
    return found;
  }

  std::optional<TwoHosts> hosts_;
  TempDir folder_;
};

TEST_F(OlderKernel, WithoutTcxIsCapturedByAClsactFilterThatGoesWithUs) {
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "-w", folder_ / "x.pcap"}, without_tcx);
  EXPECT_EQ(count(filters(), "tc_ingress_tap:["), 1u) << filters();
  EXPECT_EQ(count(filters(), "tc_egress_tap:["), 1u) << filters();
  send(10);
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  EXPECT_EQ((*expect_identity(finished.err).total)["written"], 10u);
  const CaptureFile file = read_capture(folder_ / "x.pcap");
  ASSERT_EQ(file.frames.size(), 10u);
  EXPECT_EQ(hex(file.frames[0].data).substr(24, 8), "81000007");
  EXPECT_EQ(filters(), "");
  EXPECT_FALSE(has_clsact());
}

TEST_F(OlderKernel, WithoutTcxLeavesAQdiscThatWasThere) {
  ASSERT_EQ(run(hosts_->right.command({"tc", "qdisc", "add", "dev", "right", "clsact"})).status, (ExitStatus{0, 0}));
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "-c", "3", "-w", folder_ / "x.pcap"}, without_tcx);
  send(3);
  const Finished finished = ringtap.finish();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
  EXPECT_EQ(filters(), "");
  EXPECT_TRUE(has_clsact());
}

TEST_F(OlderKernel, WithoutTcxSweepsWhatAKilledOneLeftAndNotWhatALiveOneUses) {
  Capture killed(hosts_->right, {"-i", "right", "-w", "/dev/null"}, without_tcx);
  Capture alive(hosts_->right, {"-v", "-i", "right", "-w", folder_ / "alive.pcap"}, without_tcx);
  EXPECT_EQ(count(filters(), "tc_ingress_tap:["), 2u) << filters();
  killed.process().signal(SIGKILL);
  ASSERT_TRUE(killed.process().wait());
  EXPECT_EQ(count(filters(), "tc_ingress_tap:["), 2u) << "the kernel took the filter away: the test shows nothing";
  Capture next(hosts_->right, {"-v", "-i", "right", "-w", folder_ / "next.pcap"}, without_tcx);
  EXPECT_EQ(count(filters(), "tc_ingress_tap:["), 2u) << filters();
  send(10);
  EXPECT_EQ((*expect_identity(alive.stop().err).total)["written"], 10u);
  EXPECT_EQ((*expect_identity(next.stop().err).total)["written"], 10u);
  EXPECT_EQ(filters(), "");
}

TEST_F(OlderKernel, WithoutRingBufferIsRefusedWithTheVersionThatHasIt) {
  Process ringtap(hosts_->right.command({ringtap_binary(), "-i", "right", "-n"}),
                  [] { refuse_bpf_command(BPF_MAP_CREATE, EINVAL); });
  EXPECT_EQ(ringtap.wait(), (ExitStatus{1, 0})) << ringtap.err();
  EXPECT_NE(ringtap.err().find("ring buffer"), std::string::npos) << ringtap.err();
  EXPECT_NE(ringtap.err().find("5.8"), std::string::npos) << ringtap.err();
}

TEST_F(OlderKernel, ThatForbidsLoadingIsNotMistakenForAWrongOption) {
  Process ringtap(hosts_->right.command({ringtap_binary(), "-i", "right", "-n"}),
                  [] { refuse_bpf_command(BPF_PROG_LOAD, EPERM); });
  EXPECT_EQ(ringtap.wait(), (ExitStatus{1, 0})) << ringtap.err();
  EXPECT_NE(ringtap.err().find("Operation not permitted"), std::string::npos) << ringtap.err();
  // libbpf's advice for kernels before 5.11, which misleads on every later one.
  EXPECT_EQ(ringtap.err().find("ulimit"), std::string::npos) << ringtap.err();
}

}  // namespace
}  // namespace ringtap::testing
