// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What ringtap does where the kernel lacks something: the fallback of the tc tap, which is a filter and so can outlive
// its process, and the messages where there is no fallback.
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>

#include "capture.hpp"
#include "support/old_kernel.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

namespace ringtap::testing {
namespace {

using namespace std::chrono_literals;

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
  static std::vector<pid_t> children_of(pid_t process) {
    const std::string id = std::to_string(process);
    std::istringstream words(read_file("/proc/" + id + "/task/" + id + "/children"));
    return {std::istream_iterator<pid_t>(words), {}};
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

TEST_F(OlderKernel, WithoutTcxAKillLeavesNothing) {
  Capture killed(hosts_->right, {"-i", "right", "-w", "/dev/null"}, without_tcx);
  Capture alive(hosts_->right, {"-v", "-i", "right", "-w", folder_ / "alive.pcap"}, without_tcx);
  EXPECT_EQ(count(filters(), "tc_ingress_tap:["), 2u) << filters();
  killed.process().signal(SIGKILL);
  ASSERT_TRUE(killed.process().wait());
  EXPECT_TRUE(wait_until([&] { return count(filters(), "tc_ingress_tap:[") == 1; })) << filters();
  EXPECT_TRUE(wait_until([&] { return count(filters(), "tc_egress_tap:[") == 1; })) << filters();
  send(10);
  EXPECT_EQ((*expect_identity(alive.stop().err).total)["written"], 10u);
  EXPECT_EQ(filters(), "");
  EXPECT_FALSE(has_clsact());
}

TEST_F(OlderKernel, WithoutTcxASecondSignalLeavesNothing) {
  // The reader of the pipe stands still, so that the first signal cannot complete.
  const std::string fifo = folder_ / "fifo";
  const std::string ready = folder_ / "ready";
  ASSERT_EQ(run({"mkfifo", fifo}).status, (ExitStatus{0, 0}));
  Process reader({"sh", "-c", "exec 3<" + fifo + "; exec sleep 60"});
  Process ringtap(
      {"sh", "-c",
       "exec " + hosts_->right.prefix() + ringtap_binary() + " --ready-file " + ready + " -i right -w - >" + fifo},
      without_tcx);
  ASSERT_TRUE(ringtap.wait_ready(ready)) << ringtap.err();
  EXPECT_EQ(count(filters(), "tc_ingress_tap:["), 1u) << filters();
  send(1000);
  ringtap.signal(SIGINT);
  ringtap.signal(SIGINT);
  EXPECT_EQ(ringtap.wait(), (ExitStatus{4, 0})) << ringtap.err();
  EXPECT_TRUE(wait_until([&] { return filters().empty() && !has_clsact(); })) << filters();
}

TEST_F(OlderKernel, WithoutTcxTheNextRunSweepsWhatNobodyGuards) {
  Capture killed(hosts_->right, {"-i", "right", "-w", "/dev/null"}, without_tcx);
  Capture alive(hosts_->right, {"-v", "-i", "right", "-w", folder_ / "alive.pcap"}, without_tcx);
  for (const pid_t guard : children_of(killed.process().pid())) ::kill(guard, SIGKILL);
  killed.process().signal(SIGKILL);
  ASSERT_TRUE(killed.process().wait());
  EXPECT_EQ(count(filters(), "tc_ingress_tap:["), 2u) << "somebody took the filter away: the test shows nothing";
  Capture next(hosts_->right, {"-v", "-i", "right", "-w", folder_ / "next.pcap"}, without_tcx);
  EXPECT_EQ(count(filters(), "tc_ingress_tap:["), 2u) << filters();
  send(10);
  EXPECT_EQ((*expect_identity(alive.stop().err).total)["written"], 10u);
  EXPECT_EQ((*expect_identity(next.stop().err).total)["written"], 10u);
  EXPECT_EQ(filters(), "");
  EXPECT_FALSE(has_clsact()) << "the one that was killed had made the qdisc";
}

TEST_F(OlderKernel, WithoutTcxTheLastOneOutRemovesTheQdisc) {
  Capture first(hosts_->right, {"-i", "right", "-w", "/dev/null"}, without_tcx);
  Capture second(hosts_->right, {"-i", "right", "-w", "/dev/null"}, without_tcx);
  const std::vector<pid_t> helpers = children_of(first.process().pid());
  const auto is_guard = [](pid_t helper) {
    return read_file("/proc/" + std::to_string(helper) + "/comm") == "ringtap-guard\n";
  };
  EXPECT_EQ(std::count_if(helpers.begin(), helpers.end(), is_guard), 1);
  EXPECT_EQ(first.stop().status, (ExitStatus{0, 0}));
  for (const pid_t helper : helpers) {
    EXPECT_TRUE(wait_until([&] { return ::kill(helper, 0) != 0; })) << "a helper outlives a clean end";
  }
  EXPECT_TRUE(has_clsact()) << "the second's filters are in it";
  EXPECT_EQ(second.stop().status, (ExitStatus{0, 0}));
  EXPECT_FALSE(has_clsact());
}

TEST_F(OlderKernel, WithoutTcxAQdiscThatSomebodyUsesStays) {
  Capture ringtap(hosts_->right, {"-i", "right", "-w", "/dev/null"}, without_tcx);
  ASSERT_EQ(run(hosts_->right.command({"tc", "filter", "add", "dev", "right", "egress", "pref", "5", "bpf", "bytecode",
                                       "1,6 0 0 4294967295", "classid", "1:7"}))
                .status,
            (ExitStatus{0, 0}));
  ringtap.process().signal(SIGKILL);
  ASSERT_TRUE(ringtap.process().wait());
  EXPECT_TRUE(wait_until([&] { return count(filters(), "_tap:[") == 0; })) << filters();
  Capture next(hosts_->right, {"-i", "right", "-w", "/dev/null"}, without_tcx);
  EXPECT_EQ(next.stop().status, (ExitStatus{0, 0}));
  EXPECT_NE(filters().find(":7"), std::string::npos) << filters();
  EXPECT_TRUE(has_clsact());
}

// The kernel's types are a copy in which the names of what such a kernel lacks are others.
TEST_F(OlderKernel, BuiltWithoutIpv6MptcpAndNetfilterHasOwners) {
  std::string types = read_file("/sys/kernel/btf/vmlinux");
  for (const char* const name : {"skc_v6_daddr", "skc_v6_rcv_saddr", "ip6_ptr", "inet6_dev", "inet6_ifaddr", "is_mptcp",
                                 "mptcp_sock", "nf", "nf_hook_entries", "nf_hook_ops"}) {
    const std::size_t at = types.find('\0' + std::string(name) + '\0');
    if (at != std::string::npos) types[at + 1] = '_';
  }
  const std::string copy = folder_ / "types";
  const std::string ready = folder_ / "ready";
  std::ofstream(copy, std::ios::binary) << types;
  Process ringtap(hosts_->right.command({"sh", "-c",
                                         "mount --bind " + copy + " /sys/kernel/btf/vmlinux && exec " +
                                             ringtap_binary() + " --ready-file " + ready + " --who -n -i right -c 3"}));
  ASSERT_TRUE(ringtap.wait_ready(ready)) << ringtap.err();
  send(3);
  EXPECT_EQ(ringtap.wait(), (ExitStatus{0, 0})) << ringtap.err();
  EXPECT_NE(ringtap.out().find("[from ?"), std::string::npos) << ringtap.out();
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
