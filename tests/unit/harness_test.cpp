// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The harness itself: a broken report must fail a test, and a program must not outlive it.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "support/capture_file.hpp"
#include "support/process.hpp"
#include "support/reports.hpp"

namespace ringtap::testing {
namespace {

constexpr const char* kSound =
    "10 packets captured\n12 packets received by filter\n0 packets dropped by kernel\n"
    "ringtap: accounting: tap=tc-ingress interface=left cpu=0 seen=10 filtered=1 sampled_out=0 rate_limited=0 "
    "other_owner=0 unknown_owner=0 ring_full=2 no_ring=0 copy_failed=0 "
    "recursion=0 delivered=7\n"
    "ringtap: accounting: tap=tc-egress interface=left cpu=1 seen=3 filtered=0 sampled_out=0 rate_limited=0 "
    "other_owner=0 unknown_owner=0 ring_full=0 no_ring=0 copy_failed=0 "
    "recursion=0 delivered=3\n"
    "ringtap: accounting: total seen=13 filtered=1 sampled_out=0 rate_limited=0 other_owner=0 unknown_owner=0 "
    "ring_full=2 "
    "no_ring=0 copy_failed=0 recursion=0 delivered=10 "
    "written=8 discarded_after_stop=2 discarded_output=0\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(Accounting, IsParsedIntoLinesAndATotal) {
  const Accounting accounting = expect_identity(kSound);
  ASSERT_EQ(accounting.lines.size(), 2u);
  EXPECT_EQ(accounting.lines[1].words.at("cpu"), "1");
  EXPECT_EQ(accounting.lines[0].words.at("tap"), "tc-ingress");
  EXPECT_EQ((*accounting.total)["seen"], 13u);
  EXPECT_EQ((*accounting.total).sum_of("discarded_"), 2u);
}

TEST(Accounting, TheLastOfSeveralReportsCounts) {
  const std::string later =
      std::string(kSound) + replaced(replaced(kSound, "seen=3", "seen=4"), "total seen=13", "total seen=14");
  EXPECT_FALSE(identity_holds(parse_accounting(later)));
  EXPECT_EQ((*parse_accounting(later).total)["seen"], 14u);
}

TEST(Accounting, EveryWayToLoseAFrameFailsTheIdentity) {
  for (const auto& [from, to] : {
           std::pair{"seen=3", "seen=4"},
           std::pair{"ring_full=2", "ring_full=1"},
           std::pair{"delivered=7", "delivered=6"},
           std::pair{"written=8", "written=7"},
           std::pair{"written=8", "wrote=8"},
           std::pair{"discarded_after_stop=2", "discarded_after_stop=3"},
           std::pair{"total seen=13", "total seen=12"},
           std::pair{"copy_failed=0 ", ""},
           std::pair{"ringtap: accounting: total", "ringtap: sum"},
       }) {
    EXPECT_FALSE(identity_holds(parse_accounting(replaced(kSound, from, to)))) << from << " → " << to;
  }
  EXPECT_NONFATAL_FAILURE(expect_identity(""), "there is no total");
}

TEST(ClosingLines, AreTcpdumpsThreeAndNothingElse) {
  const auto lines = parse_closing_lines(std::string("noise\n").append(kSound));
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->captured, 10u);
  EXPECT_EQ(lines->received, 12u);
  EXPECT_EQ(lines->dropped, 0u);
  EXPECT_TRUE(parse_closing_lines("1 packet captured\n1 packet received by filter\n0 packets dropped by kernel\n"));
  EXPECT_EQ(parse_closing_lines(std::string(kSound) + replaced(kSound, "10 packets", "11 packets"))->captured, 11u);
  EXPECT_FALSE(parse_closing_lines("1 packets captured\n1 packets received by filter\n"));
  EXPECT_FALSE(parse_closing_lines(replaced(kSound, "by filter", "by the filter")));
}

TEST(CaptureComparison, NamesTheFirstDifference) {
  const CapturedFrame a = {1, 3, Payload{"abc"}.bytes};
  const CapturedFrame b = {2, 3, Payload{"abd"}.bytes};
  const CapturedFrame cut = {2, 9, Payload{"abc"}.bytes};
  EXPECT_EQ(difference({a, b}, {a, b}, Order::kAsCaptured), "");
  EXPECT_EQ(difference({a, b}, {b, a}, Order::kAny), "");
  EXPECT_NE(difference({a, b}, {b, a}, Order::kAsCaptured), "");
  EXPECT_NE(difference({a}, {cut}, Order::kAny), "");
  EXPECT_NE(difference({a}, {}, Order::kAny).find("only on the left"), std::string::npos);
  EXPECT_NE(difference({a}, {a, b}, Order::kAny).find("only on the right"), std::string::npos);
}

TEST(CaptureComparison, LooksOnlyBetweenTheMarkers) {
  const auto frame = [](std::string_view text) {
    return CapturedFrame{0, static_cast<std::uint32_t>(text.size()), Payload{std::string(text)}.bytes};
  };
  const auto inner = between_markers({frame("x"), frame(kBeginMarker), frame("y"), frame(kEndMarker), frame("z")});
  ASSERT_TRUE(inner);
  ASSERT_EQ(inner->size(), 1u);
  EXPECT_TRUE(contains(inner->front().data, "y"));
  EXPECT_FALSE(between_markers({frame(kBeginMarker), frame("y")}));
  EXPECT_FALSE(between_markers({frame("y"), frame(kEndMarker)}));
}

TEST(Process, ReportsExitCodeSignalAndBothOutputs) {
  const Finished finished = run_shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(finished.status, (ExitStatus{3, 0}));
  EXPECT_EQ(finished.out, "out\n");
  EXPECT_EQ(finished.err, "err\n");
  EXPECT_EQ(run_shell("kill -TERM $$").status, (ExitStatus{-1, SIGTERM}));
  EXPECT_EQ(run({"no-such-program-anywhere"}).status, (ExitStatus{127, 0}));
}

TEST(Process, IsKilledWithItsObjectAndWhenItTakesTooLong) {
  pid_t pid = 0;
  {
    Process sleeper({"sleep", "60"});
    pid = sleeper.pid();
    EXPECT_TRUE(sleeper.running());
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(run({"sleep", "60"}, 20ms).status, (ExitStatus{-1, SIGKILL}));
}

TEST(Process, TellsReadyFromEndedBeforeReady) {
  const TempDir folder;
  Process touches({"sh", "-c", "touch " + (folder / "ready").string() + "; exec sleep 60"});
  EXPECT_TRUE(touches.wait_ready(folder / "ready"));
  Process ends({"true"});
  EXPECT_FALSE(ends.wait_ready(folder / "never"));
}

}  // namespace
}  // namespace ringtap::testing
