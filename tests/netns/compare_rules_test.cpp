// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// `ringtap compare --nft-rule` end to end: each packet's outcome names table, chain and rule, and when ringtap has
// gone, by a kill too, the ruleset is what it was.
#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capture.hpp"
#include "support/old_kernel.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

constexpr unsigned kPackets = 1000;

class CompareRules : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("nft");
    REQUIRE_TOOL("iptables-nft");
    hosts_.emplace();
    hosts_->without_ipv6();
    send(9, 1);  // resolves the neighbours
    for (const char* rules : {"nft add table inet user",
                              "nft 'add chain inet user in { type filter hook input priority filter; policy accept; }'",
                              "nft add rule inet user in udp dport 5001 counter drop",
                              "nft 'add chain inet user late { type filter hook input priority 50; policy drop; }'",
                              "nft add rule inet user late udp dport 5004 accept",
                              "iptables-nft -t raw -A PREROUTING -p udp --dport 5002 -j DROP"}) {
      in_right(rules);
    }
  }

  std::string in_right(const std::string& command) const {
    const Finished finished = run_shell(hosts_->right.prefix() + command);
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished;
    return finished.out;
  }
  // What is not ringtap's, with handles and counters.
  std::string ruleset() const {
    return in_right("nft -a list ruleset 2>/dev/null | sed '/^table [a-z]* ringtap_/,/^}/d'");
  }

  Process compare(std::vector<std::string> arguments, const std::function<void()>& in_child = {}) const {
    std::vector<std::string> argv = {
        ringtap_binary(), "compare", "-i", "right", "--nft-rule", "--ready-file", (folder_ / "ready").string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return Process(hosts_->right.command(argv), in_child);
  }
  void send(std::uint16_t port, unsigned count) const {
    send_udp(hosts_->left, TwoHosts::kRightIpv4, port, Payload{"where to?"}.bytes, count);
  }

  TempDir folder_;
  std::optional<TwoHosts> hosts_;
};

TEST_F(CompareRules, NamesTableChainAndRuleOfEachOutcome) {
  Process ringtap = compare({"-v", "udp portrange 5001-5004"});
  ASSERT_TRUE(ringtap.wait_ready(folder_ / "ready")) << ringtap.err();
  for (std::uint16_t port = 5001; port <= 5004; ++port) send(port, kPackets);
  ringtap.signal(SIGINT);
  ASSERT_EQ(ringtap.wait(), (ExitStatus{0, 0})) << ringtap.err();
  const std::string out = ringtap.out();
  for (const char* outcome : {"   1000  dropped at INPUT by netfilter (NETFILTER_DROP in nft_do_chain)\n"
                              "         by rule inet user in handle 2: udp dport 5001 counter drop\n",
                              "   1000  dropped at PREROUTING by netfilter (NETFILTER_DROP in nft_do_chain)\n"
                              "         by rule ip raw PREROUTING handle 2: udp dport 5002 counter drop\n",
                              "   1000  dropped at INPUT by netfilter (NETFILTER_DROP in nft_do_chain)\n"
                              "         by rule inet user late policy: policy drop\n"}) {
    EXPECT_NE(out.find(outcome), std::string::npos) << outcome << "\n" << out;
  }
  EXPECT_EQ(out.find("that matched no packet"), std::string::npos) << out;
  expect_identity(ringtap.err());
}

TEST_F(CompareRules, LeavesTheRulesetAsItIs) {
  for (const int signal : {SIGINT, SIGKILL}) {
    const std::string before = ruleset();
    ASSERT_NE(before.find("udp dport 5001 counter packets 0 bytes 0 drop"), std::string::npos) << before;
    Process ringtap = compare({"udp"});
    ASSERT_TRUE(ringtap.wait_ready(folder_ / "ready")) << ringtap.err();
    EXPECT_EQ(ruleset(), before);
    EXPECT_NE(in_right("nft list tables").find("table inet ringtap_"), std::string::npos);
    ringtap.signal(signal);
    ASSERT_TRUE(ringtap.wait());
    EXPECT_TRUE(wait_until([&] { return in_right("nft list tables").find("ringtap_") == std::string::npos; }));
    EXPECT_EQ(ruleset(), before);
    std::filesystem::remove(folder_ / "ready");
  }
}

TEST_F(CompareRules, GoesOnWithoutNamesWhereRulesCannotBeTraced) {
  Process ringtap = compare({"udp port 5001"}, refuse_netfilter_netlink);
  ASSERT_TRUE(ringtap.wait_ready(folder_ / "ready")) << ringtap.err();
  send(5001, 10);
  ringtap.signal(SIGINT);
  ASSERT_EQ(ringtap.wait(), (ExitStatus{0, 0})) << ringtap.err();
  EXPECT_NE(ringtap.err().find("--nft-rule: trace nftables' rules: Protocol not supported (hint: this kernel has no "
                               "nfnetlink)"),
            std::string::npos)
      << ringtap.err();
  EXPECT_NE(ringtap.out().find("     10  dropped at INPUT by netfilter"), std::string::npos) << ringtap.out();
  EXPECT_EQ(ringtap.out().find("by rule"), std::string::npos) << ringtap.out();
}

}  // namespace
}  // namespace ringtap::testing
