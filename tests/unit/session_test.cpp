// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/session.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "app/report.hpp"

namespace ringtap {
namespace {

using namespace std::chrono_literals;

// Has `ready` records at once and `after_stop` more that were taken before the taps were off.
class FakeSource final : public RecordSource {
 public:
  FakeSource(std::uint64_t ready, std::uint64_t after_stop, bool ends)
      : ready_(ready), after_stop_(after_stop), ends_(ends) {}

  Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) override {
    longest_wait = std::max(longest_wait, wait);
    if (fail_with && ready_ == 0) return *std::exchange(fail_with, std::nullopt);
    static const std::array<std::byte, 4> kData{};
    std::uint64_t& stock = stopped ? after_stop_ : ready_;
    for (std::uint64_t n = std::min(stock, max_records); n > 0; --n) {
      --stock;
      ++delivered;
      if (refuses_odd && delivered % 2 == 1) {
        ++refused;
        continue;
      }
      RecordView record;
      record.data = kData;
      record.time_ns = delivered;
      record.lost_before = lost_before;
      if (auto result = sink.on_record(record); !result) return result.take_error();
    }
    if (ready_ == 0) sink.on_time(delivered);
    if (stopped) {
      after_stop_ += std::exchange(ready_, 0);
      return after_stop_ == 0 ? SourceState::kEnd : SourceState::kMore;
    }
    if (raise_when_empty != 0 && ready_ == 0) raise(std::exchange(raise_when_empty, 0));
    return ready_ == 0 && ends_ ? SourceState::kEnd : SourceState::kMore;
  }
  Result<> stop() override {
    stopped = true;
    return ok();
  }
  Result<SourceAccount> account() override {
    SourceAccount account;
    TapAccount& tap = account.taps.emplace_back();
    tap.seen = tap.delivered = delivered;
    account.refused = refused;
    return account;
  }
  Result<std::vector<InterfaceStatistics>> statistics() override { return std::vector<InterfaceStatistics>(1); }

  std::optional<Error> fail_with;
  int raise_when_empty = 0;
  bool stopped = false;
  bool refuses_odd = false;
  std::uint64_t lost_before = 0;  // of each record
  std::uint64_t delivered = 0;
  std::uint64_t refused = 0;
  std::chrono::nanoseconds longest_wait{0};

 private:
  std::uint64_t ready_;
  std::uint64_t after_stop_;
  bool ends_;
};

// Takes `room` records and then fails; what is stored lags behind by `buffered` until finish().
class FakeSink final : public Sink {
 public:
  Result<> on_interface(const Interface&) override { return ok(); }
  Result<> on_record(const RecordView&) override {
    if (taken == room) return Error::from_errno(error, "write", ErrorKind::kOutput);
    ++taken;
    return ok();
  }
  void on_time(std::uint64_t until_ns) override { told_of_ns = until_ns; }
  Result<> on_statistics(const InterfaceStatistics&) override {
    ++statistics;
    return ok();
  }
  Result<> flush() override {
    ++flushes;
    return ok();
  }
  Result<> finish() override {
    ++finishes;
    return ok();
  }
  [[nodiscard]] std::uint64_t records_stored() const override { return taken - lost_in_buffer; }

  std::uint64_t room = UINT64_MAX;
  int error = ENOSPC;
  std::uint64_t lost_in_buffer = 0;
  std::uint64_t taken = 0;
  std::uint64_t told_of_ns = 0;
  int statistics = 0, flushes = 0, finishes = 0;
};

class SessionTest : public ::testing::Test {
 protected:
  Result<> run(FakeSource& source, SessionOptions options = {}) {
    auto signals = Signals::create();
    EXPECT_TRUE(signals);
    signals->install();
    Session session(source, sink, *signals, std::move(options), [&](const SessionTotals&) { ++asked; });
    auto result = session.run();
    totals = session.totals();
    EXPECT_EQ(source.delivered, totals.written + totals.discarded());
    EXPECT_TRUE(accounts_balance(*source.account(), totals));
    EXPECT_EQ(sink.finishes, 1);
    EXPECT_TRUE(source.stopped);
    return result;
  }
  FakeSink sink;
  SessionTotals totals;
  int asked = 0;
};

TEST_F(SessionTest, RunsToTheEndOfTheSource) {
  FakeSource source(100, 0, true);
  EXPECT_TRUE(run(source));
  EXPECT_EQ(totals.written, 100U);
  EXPECT_EQ(sink.told_of_ns, 100U);
  EXPECT_EQ(totals.discarded(), 0U);
  EXPECT_EQ(sink.statistics, 1);
}

TEST_F(SessionTest, StopsAtTheCountAndDiscardsWhatCameAfterIt) {
  FakeSource source(100, 7, false);
  EXPECT_TRUE(run(source, {.limits = {.count = 10}}));
  EXPECT_EQ(totals.written, 10U);
  EXPECT_EQ(totals.discard(Discard::kAfterStop), 97U);
}

TEST_F(SessionTest, HandsOverWhatWasTakenBeforeTheTimeWasUp) {
  FakeSource source(100, 7, false);
  EXPECT_TRUE(run(source, {.limits = {.duration = 20ms}}));
  EXPECT_EQ(totals.written, 107U);
  EXPECT_LE(source.longest_wait, 1s);
}

TEST_F(SessionTest, AFullDiskEndsTheRunAndEveryRecordIsStillAccountedFor) {
  FakeSource source(100, 7, false);
  sink.room = 30;
  sink.lost_in_buffer = 5;
  auto result = run(source);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::kOutput);
  EXPECT_EQ(totals.written, 25U);
  EXPECT_EQ(totals.discard(Discard::kOutput), 82U);
}

TEST_F(SessionTest, AReaderThatWentAwayIsAnEndAndNoError) {
  FakeSource source(100, 7, false);
  sink.room = 30;
  sink.error = EPIPE;
  EXPECT_TRUE(run(source));
  EXPECT_EQ(totals.written, 30U);
}

TEST_F(SessionTest, AnErrorOfTheSourceComesBackAfterItsGoodPart) {
  FakeSource source(100, 0, false);
  source.fail_with = Error("damaged");
  auto result = run(source);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().text(), "damaged");
  EXPECT_EQ(totals.written, 100U);
}

TEST_F(SessionTest, WhatTheSourceRefusesDoesNotCountTowardsTheLimit) {
  FakeSource source(100, 0, true);
  source.refuses_odd = true;
  EXPECT_TRUE(run(source, {.limits = {.count = 10}}));
  EXPECT_EQ(totals.written, 10U);
  EXPECT_EQ(totals.discard(Discard::kFilter), source.refused);
  EXPECT_EQ(totals.discard(Discard::kFilter) + totals.discard(Discard::kAfterStop), source.delivered - 10);
}

TEST_F(SessionTest, ASignalAsksForTheCountsOrTheEnd) {
  FakeSource source(10, 3, false);
  source.raise_when_empty = SIGUSR1;
  EXPECT_TRUE(run(source, {.limits = {.duration = 50ms}}));
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(sink.statistics, 2);  // when asked, and at the end
}

TEST_F(SessionTest, EachRecordIsFlushedWhenAskedFor) {
  FakeSource source(10, 0, true);
  EXPECT_TRUE(run(source, {.flush_each_record = true}));
  EXPECT_GE(sink.flushes, 10);
}

TEST_F(SessionTest, ReportsProgressOnceASecondAndTheFirstLossAtOnce) {
  FakeSource quiet(1000, 0, false);
  int looks = 0;
  EXPECT_TRUE(run(quiet, {.limits = {.duration = 200ms}, .on_progress = [&](const SessionTotals&) { ++looks; }}));
  EXPECT_EQ(looks, 0);

  sink = FakeSink();
  FakeSource lossy(1000, 0, false);
  lossy.lost_before = 3;  // each record
  std::uint64_t written = 0;
  EXPECT_TRUE(run(lossy, {.limits = {.duration = 200ms}, .on_progress = [&](const SessionTotals& so_far) {
                            ++looks;
                            written = so_far.written;
                          }}));
  EXPECT_EQ(looks, 1);
  EXPECT_EQ(written, 1000U);
}

TEST(Report, ClosingLinesAreTcpdumpsWordForWord) {
  SourceAccount source;
  TapAccount& tap = source.taps.emplace_back();
  tap.seen = 20;
  tap.filtered = 5;
  tap.drops[0] = 2;
  tap.delivered = 13;
  SessionTotals session;
  session.written = 13;
  EXPECT_EQ(summary_text(source, session),
            "13 packets captured\n15 packets received by filter\n2 packets dropped by kernel\n");
  session.written = 1;
  tap.seen = 6;
  tap.drops[0] = 1;
  EXPECT_EQ(summary_text(source, session),
            "1 packet captured\n1 packet received by filter\n1 packet dropped by kernel\n");
}

TEST(Report, SaysHowManyTaggedFramesDidNotMatchWhereverTheyWereRejected) {
  SourceAccount source;
  EXPECT_EQ(tagged_text(source), "");
  source.taps.emplace_back().filtered_tagged = 1;
  EXPECT_EQ(tagged_text(source), "1 VLAN-tagged frame did not match; --any-vlan matches inside tags");
  source.taps.emplace_back().filtered_tagged = 6;
  source.refused_tagged = 5;
  EXPECT_EQ(tagged_text(source), "12 VLAN-tagged frames did not match; --any-vlan matches inside tags");
}

TEST(Report, GivesTheSumsAndOnRequestALineForEachTap) {
  SourceAccount source;
  for (int i = 0; i < 3; ++i) {
    TapAccount& tap = source.taps.emplace_back();
    tap.tap = "tc-ingress";
    tap.interface = "eth" + std::to_string(i);
    tap.seen = tap.drops[0] = 5;
  }
  const auto lines = [&](bool each) {
    const std::string text = accounting_text(source, {}, each);
    EXPECT_NE(text.find("accounting: total seen=15 "), std::string::npos) << text;
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(lines(false), 1);
  EXPECT_EQ(lines(true), 4);
  EXPECT_EQ(loss_text(source), "15 packets lost so far (ring_full 15)");
  source.taps[0].drops[3] = 1;
  EXPECT_EQ(loss_text(source), "16 packets lost so far (ring_full 15, recursion 1)");
}

TEST(Report, SaysWhenTheBooksDoNotBalance) {
  SourceAccount source;
  TapAccount& tap = source.taps.emplace_back();
  tap.seen = tap.delivered = 10;
  SessionTotals session;
  session.written = 10;
  EXPECT_NE(accounting_text(source, session, true).find(" balanced\n"), std::string::npos);
  tap.seen = 11;
  EXPECT_NE(accounting_text(source, session, true).find(" NOT-BALANCED\n"), std::string::npos);
  tap.seen = 10;
  session.written = 9;
  EXPECT_NE(accounting_text(source, session, true).find(" NOT-BALANCED\n"), std::string::npos);
}

}  // namespace
}  // namespace ringtap
