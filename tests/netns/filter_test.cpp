// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Filters on live traffic: the taps pick what they are asked for, the books say what was left out, and a filter that
// the kernel does not take is applied in user space.
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "netns/capture.hpp"
#include "support/capture_file.hpp"
#include "support/namespace.hpp"
#include "support/reports.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

class LiveFilters : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    hosts = std::make_unique<TwoHosts>();
    warm_up(*hosts);
    hosts->without_ipv6();
  }

  struct Result {
    Finished finished;
    Accounting accounting;
    std::size_t frames = 0;
  };

  // Runs a capture at the receiver while 30 datagrams go to port 5000 and 20 to port 6000.
  Result capture(std::vector<std::string> arguments) {
    const std::string file = folder.path() / "x.pcapng";
    arguments.insert(arguments.begin(), {"-i", "right", "-v", "-w", file});
    Capture ringtap(hosts->right, arguments);
    send_udp(hosts->left, TwoHosts::kRightIpv4, 5000, Bytes(100), 30);
    send_udp(hosts->left, TwoHosts::kRightIpv4, 6000, Bytes(100), 20);
    Result result;
    result.finished = ringtap.stop();
    result.accounting = expect_identity(result.finished.err);
    result.frames = read_capture(file).frames.size();
    return result;
  }

  TempDir folder;
  std::unique_ptr<TwoHosts> hosts;
};

TEST_F(LiveFilters, PickTheSamePacketsAtEveryTap) {
  for (const char* tap : {"tc-in", "xdp"}) {
    const Result result = capture({"--tap", tap, "udp", "dst", "port", "5000"});
    EXPECT_EQ(result.finished.status.code, 0) << result.finished.err;
    EXPECT_EQ(result.frames, 30U) << tap;
    ASSERT_TRUE(result.accounting.total);
    EXPECT_EQ((*result.accounting.total)["filtered"], (*result.accounting.total)["seen"] - 30);
    const auto closing = parse_closing_lines(result.finished.err);
    ASSERT_TRUE(closing);
    EXPECT_EQ(closing->captured, 30U);
    EXPECT_EQ(closing->received, 30U);
  }
}

TEST_F(LiveFilters, SeeDirectionByTheTap) {
  EXPECT_EQ(capture({"inbound and udp port 6000"}).frames, 20U);
  EXPECT_EQ(capture({"outbound and udp port 6000"}).frames, 0U);
}

TEST_F(LiveFilters, WorkOnEveryInterfaceAtOnce) {
  const std::string file = folder.path() / "any.pcap";
  Capture ringtap(hosts->right, {"-i", "any", "-v", "-w", file, "udp dst port 5000"});
  send_udp(hosts->left, TwoHosts::kRightIpv4, 5000, Bytes(100), 30);
  send_udp(hosts->right, "127.0.0.1", 5000, Bytes(100), 5);
  send_udp(hosts->left, TwoHosts::kRightIpv4, 6000, Bytes(100), 20);
  expect_identity(ringtap.stop().err);
  EXPECT_EQ(read_capture(file).frames.size(), 35U);
}

TEST_F(LiveFilters, TooLargeForTheKernelRunInUserSpaceWithAWarning) {
  const std::string expression = folder.path() / "filter";
  {
    std::ofstream file(expression);
    file << "udp dst port 5000";
    for (int i = 0; i < 2000; ++i) file << " or ether[" << 60 + i % 900 << ":2] = " << i + 1;
  }
  const Result result = capture({"-O", "-s", "64", "-F", expression});
  EXPECT_EQ(result.finished.status.code, 0);
  EXPECT_NE(result.finished.err.find("filtered in user space"), std::string::npos) << result.finished.err;
  EXPECT_EQ(result.frames, 30U);
  ASSERT_TRUE(result.accounting.total);
  EXPECT_EQ((*result.accounting.total)["filtered"], 0U);
  EXPECT_EQ((*result.accounting.total)["discarded_filter"], (*result.accounting.total)["delivered"] - 30);
  const auto closing = parse_closing_lines(result.finished.err);
  ASSERT_TRUE(closing);
  EXPECT_EQ(closing->received, 30U);
}

TEST_F(LiveFilters, ThatAreWrongAttachNothingAndExitWithTwo) {
  const Finished finished = run(hosts->right.command({ringtap_binary(), "-i", "right", "udp prot 5"}));
  EXPECT_EQ(finished.status.code, 2);
  EXPECT_NE(finished.err.find("syntax error"), std::string::npos) << finished.err;
}

}  // namespace
}  // namespace ringtap::testing
