// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/filtered_source.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/recording_sink.hpp"

namespace ringtap {
namespace {

using testing::RecordingSink;

// Of two interfaces.
class FakeSource final : public RecordSource {
 public:
  explicit FakeSource(std::vector<RecordView> records) : records_(std::move(records)) {}

  Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds) override {
    if (next_ == 0) {
      for (int i = 0; i < 2; ++i) {
        if (auto result = sink.on_interface({}); !result) return result.take_error();
      }
    }
    for (; max_records > 0 && next_ < records_.size(); --max_records) {
      if (auto result = sink.on_record(records_[next_++]); !result) return result.take_error();
    }
    return next_ == records_.size() ? SourceState::kEnd : SourceState::kMore;
  }
  Result<> stop() override {
    next_ = records_.size();
    return ok();
  }
  Result<SourceAccount> account() override {
    SourceAccount account;
    account.refused = 100;  // by another filter
    account.malformed = 3;
    return account;
  }
  Result<std::vector<InterfaceStatistics>> statistics() override { return std::vector<InterfaceStatistics>(2); }

 private:
  std::vector<RecordView> records_;
  std::size_t next_ = 0;
};

// Accepts records of odd times.
FilteredSource filtered(std::vector<RecordView> records, OfRefused of_refused = OfRefused::kNothing) {
  return {std::make_unique<FakeSource>(std::move(records)),
          RecordFilter([](const RecordView& record) { return record.time_ns % 2 == 1; }), of_refused};
}

std::vector<std::uint64_t> times(const RecordingSink& sink) {
  std::vector<std::uint64_t> all;
  for (const auto& record : sink.records) all.push_back(record.view.time_ns);
  return all;
}

using Times = std::vector<std::uint64_t>;

TEST(FilteredSource, HandsOverWhatIsAcceptedAndCountsTheRest) {
  FilteredSource source = filtered({{.time_ns = 1}, {.time_ns = 2}, {.time_ns = 3}, {.time_ns = 4}, {.time_ns = 6}});
  RecordingSink sink;
  EXPECT_FALSE(testing::drain(source, sink));
  EXPECT_EQ(times(sink), (Times{1, 3}));
  EXPECT_EQ(sink.interfaces.size(), 2U);
  EXPECT_EQ(source.account()->refused, 103U);
  EXPECT_EQ(source.account()->malformed, 3U);
  EXPECT_EQ(source.statistics()->size(), 2U);
}

TEST(FilteredSource, NeverHandsOverMoreThanATurnMay) {
  FilteredSource source = filtered({{.time_ns = 1}, {.time_ns = 2}, {.time_ns = 3}, {.time_ns = 5}});
  RecordingSink sink;
  ASSERT_EQ(*source.turn(sink, 2, {}), SourceState::kMore);
  EXPECT_EQ(times(sink), (Times{1}));
  ASSERT_EQ(*source.turn(sink, 1, {}), SourceState::kMore);
  EXPECT_EQ(times(sink), (Times{1, 3}));
  ASSERT_TRUE(source.stop());
  ASSERT_EQ(*source.turn(sink, 1, {}), SourceState::kEnd);
  EXPECT_EQ(times(sink), (Times{1, 3}));
}

TEST(FilteredSource, TheSinksErrorComesBackUnchanged) {
  FilteredSource source = filtered({{.time_ns = 2}, {.time_ns = 1}});
  RecordingSink sink;
  sink.refuse_after = 0;
  const auto error = testing::drain(source, sink);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->text(), "enough");
}

TEST(FilteredSource, TheNextAcceptedRecordOfAnInterfaceTellsOfLossesBeforeRefusedOnes) {
  FilteredSource source = filtered({{.time_ns = 2, .interface_id = 1, .lost_before = 5},
                                    {.time_ns = 4, .interface_id = 1, .lost_before = 2},
                                    {.time_ns = 5, .interface_id = 0},
                                    {.time_ns = 7, .interface_id = 1, .lost_before = 1},
                                    {.time_ns = 9, .interface_id = 1}});
  RecordingSink sink;
  EXPECT_FALSE(testing::drain(source, sink));
  ASSERT_EQ(times(sink), (Times{5, 7, 9}));
  EXPECT_EQ(sink.records[0].view.lost_before, 0U);
  EXPECT_EQ(sink.records[1].view.lost_before, 8U);
  EXPECT_EQ(sink.records[2].view.lost_before, 0U);
}

// An address translation changes a packet so that the filter no longer accepts it; its sk_buff stays.
TEST(FilteredSource, MarksRefusedRecordsOfKnownBuffersWhereTheyAreFollowed) {
  const std::vector<RecordView> records = {{.time_ns = 1, .trace = Trace{.skb = 0x100}},
                                           {.time_ns = 2, .lost_before = 4},
                                           {.time_ns = 4, .trace = Trace{.skb = 0}},
                                           {.time_ns = 6, .trace = Trace{.skb = 0x100}},
                                           {.time_ns = 8, .trace = Trace{.skb = 0, .followed = true}}};
  FilteredSource source = filtered(records, OfRefused::kFollowed);
  RecordingSink sink;
  EXPECT_FALSE(testing::drain(source, sink));
  ASSERT_EQ(times(sink), (Times{1, 6, 8}));
  EXPECT_FALSE(sink.records[0].view.trace->followed);
  EXPECT_TRUE(sink.records[1].view.trace->followed);
  EXPECT_EQ(sink.records[1].view.lost_before, 4U);
  EXPECT_TRUE(sink.records[2].view.trace->followed);
  EXPECT_EQ(source.account()->refused, 102U);

  FilteredSource dropping = filtered(records);
  RecordingSink less;
  EXPECT_FALSE(testing::drain(dropping, less));
  EXPECT_EQ(times(less), (Times{1}));
}

}  // namespace
}  // namespace ringtap
