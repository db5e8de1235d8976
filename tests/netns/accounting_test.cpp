// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Every frame is accounted for: by the million, under loss, while running, and against the device's own counters.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <thread>

#include "capture.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

// To a host that is not there: the receive path ends early, nothing answers.
const Bytes kFrame =
    (Ethernet{.dst = TwoHosts::kRightMac} / Ipv4{.dst = "192.0.2.99"} / Udp{} / Payload{std::size_t{18}}).bytes();

class AccountingOfFrames : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("ip");
    REQUIRE_TOOL("ethtool");
    hosts_.emplace();
    hosts_->without_ipv6();
    // veth takes redirected frames only with NAPI on, which GRO turns on.
    ASSERT_EQ(run(hosts_->right.command({"ethtool", "-K", "right", "gro", "on"})).status, (ExitStatus{0, 0}));
  }

  std::uint64_t arrived() const { return hosts_->right.counters("right").rx_packets; }

  // Sums of one tap over all CPUs.
  static AccountingLine of_tap(const Accounting& accounting, std::string_view tap) {
    AccountingLine sum;
    for (const AccountingLine& line : accounting.lines) {
      if (line.words.at("tap") != tap) continue;
      for (const auto& [key, count] : line.counts) sum.counts[key] += count;
    }
    return sum;
  }

  std::optional<TwoHosts> hosts_;
  TempDir folder_;
};

TEST_F(AccountingOfFrames, IsExactForAMillionThroughXdpAndTc) {
  constexpr std::uint64_t kFrames = 1'000'000;
  Capture ringtap(hosts_->right,
                  {"-vv", "-i", "right", "--tap", "xdp,tc", "-s", "96", "-B", "65536", "-w", "/dev/null"});
  ASSERT_FALSE(HasFailure());
  const std::uint64_t before = arrived();
  send_live_frames(hosts_->left, "left", kFrame, kFrames);
  const std::uint64_t frames = arrived() - before;
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;

  // What veth refused never reached a tap: how much that is depends on the machine's load.
  EXPECT_GE(frames, kFrames / 10);
  const Accounting accounting = expect_identity(finished.err);
  EXPECT_EQ(of_tap(accounting, "xdp")["seen"], frames) << finished.err;
  EXPECT_EQ(of_tap(accounting, "tc-ingress")["seen"], frames) << finished.err;
  const auto closing = parse_closing_lines(finished.err);
  ASSERT_TRUE(closing);
  EXPECT_EQ(closing->captured, (*accounting.total)["written"]);
  EXPECT_EQ(closing->received, (*accounting.total)["seen"] - (*accounting.total)["filtered"]);
}

TEST_F(AccountingOfFrames, IsExactForAMillionThroughTcAlone) {
  Capture ringtap(hosts_->right, {"-vv", "-i", "right", "-s", "96", "-w", folder_ / "x.pcap"});
  ASSERT_FALSE(HasFailure());
  const std::uint64_t before = arrived();
  send_live_frames(hosts_->left, "left", kFrame, 1'000'000);
  const std::uint64_t frames = arrived() - before;
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  const Accounting accounting = expect_identity(finished.err);
  EXPECT_EQ(of_tap(accounting, "tc-ingress")["seen"], frames) << finished.err;
  const CaptureFile file = read_capture(folder_ / "x.pcap");
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(file.frames.size(), (*accounting.total)["written"]);
}

// Runs `function` on this CPU only.
void on_cpu(unsigned cpu, const std::function<void()>& function) {
  std::thread([&] {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    ASSERT_EQ(::sched_setaffinity(0, sizeof set, &set), 0);
    function();
  }).join();
}

TEST_F(AccountingOfFrames, OfSeveralCpusStandInOneFileInTheOrderOfTime) {
  RINGTAP_REQUIRE(std::thread::hardware_concurrency() >= 2, "two CPUs");
  hosts_->add_pair("left2", "right2");
  hosts_->without_ipv6();
  ASSERT_EQ(run(hosts_->right.command({"ethtool", "-K", "right2", "gro", "on"})).status, (ExitStatus{0, 0}));
  Capture ringtap(hosts_->right,
                  {"-vv", "-i", "right", "-i", "right2", "-s", "64", "-B", "65536", "-w", folder_ / "x.pcapng"});
  ASSERT_FALSE(HasFailure());
  std::thread other([&] {
    on_cpu(1, [&] {
      for (int i = 0; i < 200; ++i) send_live_frames(hosts_->left, "left2", kFrame, 500);
    });
  });
  on_cpu(0, [&] {
    for (int i = 0; i < 200; ++i) send_live_frames(hosts_->left, "left", kFrame, 500);
  });
  other.join();
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  const Accounting accounting = expect_identity(finished.err);
  std::set<std::string> cpus;
  for (const AccountingLine& line : accounting.lines) cpus.insert(line.words.at("cpu"));
  EXPECT_GE(cpus.size(), 2u) << "one CPU did it all: the test shows nothing";
  const CaptureFile file = read_capture(folder_ / "x.pcapng");
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(file.frames.size(), (*accounting.total)["written"]);
  EXPECT_GE(file.frames.size(), 100'000u);
  std::size_t out_of_order = 0;
  for (std::size_t i = 1; i < file.frames.size(); ++i) {
    out_of_order += file.frames[i].time_ns < file.frames[i - 1].time_ns ? 1 : 0;
  }
  // What came later than the stated bound is counted, never hidden.
  EXPECT_EQ(out_of_order, (*accounting.total)["late"]) << finished.err;
  EXPECT_LE(out_of_order, file.frames.size() / 10) << finished.err;
}

// Calls this once on each CPU that this thread may use.
void on_each_cpu(const std::function<void()>& call) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &all)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one) == 0) call();
  }
  EXPECT_EQ(sched_setaffinity(0, sizeof all, &all), 0);
}

// A reader that stands still while the ring fills: loss that does not depend on the speed of the machine.
class Loss : public AccountingOfFrames {
 protected:
  Finished lose(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"-vv", "-i", "right", "-B", "256"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    Capture ringtap(hosts_->right, all);
    if (HasFailure()) return {};
    const std::uint64_t before = arrived();
    ringtap.process().signal(SIGSTOP);
    send_live_frames(hosts_->left, "left", kFrame, 200'000);
    ringtap.process().signal(SIGCONT);
    // The next record of a CPU carries the number that went missing before it: one that finds room, from each CPU.
    for (int round = 0; round < 10; ++round) {
      on_each_cpu([&] { send_live_frames(hosts_->left, "left", kFrame, 1); });
      std::this_thread::sleep_for(20ms);
    }
    frames_ = arrived() - before;
    return ringtap.stop();
  }

  std::uint64_t frames_ = 0;
};

TEST_F(Loss, InASmallRingIsCountedAndTheIdentityIsStillExact) {
  const Finished finished = lose({"-w", folder_ / "x.pcapng"});
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  const Accounting accounting = expect_identity(finished.err);
  ASSERT_TRUE(accounting.total);
  const AccountingLine& total = *accounting.total;
  EXPECT_GT(total["ring_full"], 0u) << finished.err;
  EXPECT_EQ(of_tap(accounting, "tc-ingress")["seen"], frames_) << finished.err;
  const auto closing = parse_closing_lines(finished.err);
  ASSERT_TRUE(closing) << finished.err;
  EXPECT_EQ(closing->dropped, total["ring_full"]);
  EXPECT_EQ(closing->captured, total["written"]);
  const CaptureFile file = read_capture(folder_ / "x.pcapng");
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(file.frames.size(), total["written"]);

  REQUIRE_TOOL("tshark");
  const Finished drops = run({"tshark", "-r", folder_ / "x.pcapng", "-T", "fields", "-e", "frame.drop_count"});
  std::uint64_t told = 0;
  for (const std::string& line : lines_of(drops.out)) told += line.empty() ? 0 : std::stoull(line);
  EXPECT_GT(told, 0u) << drops.err;
  EXPECT_LE(told, total["ring_full"]);
}

TEST_F(Loss, IsSaidWhenItHappensAndThenAtMostOnceASecond) {
  Capture ringtap(hosts_->right, {"-i", "right", "-B", "256", "-w", folder_ / "x.pcap"});
  ASSERT_FALSE(HasFailure());
  constexpr const char* kSaid = "packets lost so far (ring_full ";
  const auto times_said = [&] {
    const auto said = lines_of(ringtap.process().err());
    return std::count_if(said.begin(), said.end(),
                         [&](const auto& line) { return line.find(kSaid) != std::string::npos; });
  };
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < 3; ++round) {
    ringtap.process().signal(SIGSTOP);
    send_live_frames(hosts_->left, "left", kFrame, 50'000);
    ringtap.process().signal(SIGCONT);
    send_live_frames(hosts_->left, "left", kFrame, 1);
    if (round == 0) {
      ASSERT_TRUE(ringtap.process().wait_for_err(kSaid, 5s)) << ringtap.process().err();
    }
  }
  ASSERT_TRUE(wait_until([&] { return times_said() >= 2; }, 5s)) << ringtap.process().err();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
  EXPECT_LE(times_said(), seconds.count() + 2);
  const Finished finished = ringtap.stop();
  const auto lines = lines_of(finished.err);
  const auto advised = [](const std::string& line) { return line.find("a larger -B") != std::string::npos; };
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), advised), 1) << finished.err;
}

TEST_F(Loss, ExitsWithThreeUnderStrictLossAndSaysWhy) {
  const Finished finished = lose({"--strict-loss", "-w", folder_ / "x.pcap"});
  EXPECT_EQ(finished.status, (ExitStatus{3, 0})) << finished.err;
  EXPECT_NE(finished.err.find("lost"), std::string::npos) << finished.err;
}

TEST_F(AccountingOfFrames, IsExactWithWhatIsLeftOutOnPurpose) {
  Capture ringtap(hosts_->right, {"-vv", "-i", "right", "--tap", "xdp,tc", "--slice", "l4+4", "--sample", "1/2",
                                  "--max-pps", "2000", "--time-batch", "100us", "-w", folder_ / "x.pcapng"});
  ASSERT_FALSE(HasFailure());
  const std::uint64_t before = arrived();
  for (std::uint16_t port = 1; port <= 16; ++port) {
    send_live_frames(hosts_->left, "left",
                     (Ethernet{.dst = TwoHosts::kRightMac} / Ipv4{.dst = "192.0.2.99"} / Udp{.src_port = port} /
                      Payload{std::size_t{18}})
                         .bytes(),
                     10'000);
  }
  const std::uint64_t frames = arrived() - before;
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  const Accounting accounting = expect_identity(finished.err);
  ASSERT_TRUE(accounting.total);
  for (const char* tap : {"xdp", "tc-ingress"}) {
    AccountingLine sum = of_tap(accounting, tap);
    EXPECT_EQ(sum["seen"], frames) << tap;
    EXPECT_GT(sum["sampled_out"], 0u) << tap;
    EXPECT_GT(sum["rate_limited"], 0u) << tap;
  }
  // Both taps choose the same flows.
  EXPECT_EQ(of_tap(accounting, "xdp")["sampled_out"], of_tap(accounting, "tc-ingress")["sampled_out"]);
  EXPECT_NE(finished.err.find("packets left out by --sample"), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find("packets left out by --max-pps"), std::string::npos) << finished.err;

  const CaptureFile file = read_capture(folder_ / "x.pcapng");
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(file.frames.size(), (*accounting.total)["written"]);
  ASSERT_FALSE(file.frames.empty());
  std::uint64_t out_of_order = 0;
  for (std::size_t i = 0; i < file.frames.size(); ++i) {
    ASSERT_EQ(file.frames[i].data.size(), 14u + 20 + 8 + 4);
    ASSERT_EQ(file.frames[i].wire_len, kFrame.size());
    out_of_order += i > 0 && file.frames[i].time_ns < file.frames[i - 1].time_ns ? 1 : 0;
  }
  // None but where a busy machine took the CPU away between clock and ring for longer than the merge waits.
  EXPECT_LE(out_of_order, (*accounting.total)["late"]);
  REQUIRE_TOOL("capinfos");
  const Finished about = run({"capinfos", folder_ / "x.pcapng"});
  for (const char* said :
       {"layer 4 plus 4 bytes", "1 of 2 flows", "at most 2000 packets a second", "100000 ns early"}) {
    EXPECT_NE(about.out.find(said), std::string::npos) << said << "\n" << about.out;
  }
}

TEST_F(AccountingOfFrames, WithoutLossExitsWithZeroUnderStrictLoss) {
  Capture ringtap(hosts_->right, {"-vv", "-i", "right", "--strict-loss", "-w", folder_ / "x.pcap"});
  send_live_frames(hosts_->left, "left", kFrame, 100);
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  EXPECT_EQ((*expect_identity(finished.err).total)["ring_full"], 0u);
}

TEST_F(AccountingOfFrames, IsPrintedOnUsr1WhileTheCaptureGoesOn) {
  Capture ringtap(hosts_->right, {"-vv", "-i", "right", "-w", folder_ / "x.pcap"});
  send_live_frames(hosts_->left, "left", kFrame, 1000);
  EXPECT_TRUE(wait_until([&] {
    ringtap.process().signal(SIGUSR1);
    const auto counts = parse_closing_lines(ringtap.process().err());
    return counts && counts->captured >= 1000;
  })) << ringtap.process().err();
  EXPECT_TRUE(ringtap.process().running());
  send_live_frames(hosts_->left, "left", kFrame, 10);
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0}));
  expect_identity(finished.err);
  EXPECT_GE(parse_closing_lines(finished.err)->captured, 1010u);
}

}  // namespace
}  // namespace ringtap::testing
