// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A row of files: when the next one begins, what it is called, and that each is whole and none loses a record.
#include "file/rotating_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "file/capture_reader.hpp"
#include "file/pcap_writer.hpp"
#include "file/pcapng_writer.hpp"
#include "support/memory_source.hpp"
#include "support/memory_writer.hpp"
#include "support/recording_sink.hpp"

namespace ringtap {
namespace {

using testing::drain;
using testing::FailingWriter;
using testing::MemorySource;
using testing::MemoryWriter;
using testing::RecordingSink;
using testing::Stored;

const std::vector<std::byte> kData(100);
constexpr std::uint64_t kRecord = 16 + 100;  // in a pcap file
constexpr std::uint64_t kHeader = 24;

class RotatingWriterTest : public ::testing::Test {
 protected:
  void SetUp() override { setenv("TZ", "UTC", 1); }

  RotatingWriter& start(const std::string& name, const Rotation& rotation) {
    RotatingWriter::Hooks hooks;
    hooks.open = [this](const std::string& path) -> Result<RotatingWriter::File> {
      if (refused_.contains(path)) return Error::from_errno(ENOENT, "create " + path, ErrorKind::kOutput);
      opened_.push_back(path);
      auto stored = std::make_shared<Stored>();
      files_[path] = stored;
      std::unique_ptr<ByteWriter> out = std::make_unique<MemoryWriter>(stored);
      if (room_ > 0) out = std::make_unique<FailingWriter>(stored, room_);
      RotatingWriter::File file{.sink = nullptr, .out = out.get()};
      if (pcapng_) {
        file.sink = std::make_unique<PcapngWriter>(std::move(out), PcapngOptions{});
      } else {
        file.sink = std::make_unique<PcapWriter>(std::move(out), PcapOptions{});
      }
      return file;
    };
    hooks.closed = [this](const std::string& path) {
      EXPECT_TRUE(files_[path]->is_closed) << path;
      closed_.push_back(path);
    };
    hooks.statistics = [] { return std::vector<InterfaceStatistics>{{.interface_id = 0, .received = 77}}; };
    hooks.now = [this] { return now_; };
    auto made = RotatingWriter::create(name, rotation, std::move(hooks));
    EXPECT_TRUE(made);
    writer_ = made.take();
    EXPECT_TRUE(writer_->on_interface({.name = "a"}));
    return *writer_;
  }
  void write(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      ASSERT_TRUE(writer_->on_record({.time_ns = ++written_, .data = kData, .wire_len = 100}));
    }
  }
  RecordingSink read(const std::string& path) {
    RecordingSink sink;
    CaptureReader reader(std::make_unique<MemorySource>(files_[path]->bytes), path);
    EXPECT_FALSE(drain(reader, sink)) << path;
    EXPECT_TRUE(sink.on_statistics({}));
    auto statistics = reader.statistics();
    sink.statistics = statistics.take();
    return sink;
  }

  std::time_t now_ = 1'700'000'000;  // 2023-11-14 22:13:20 UTC
  std::set<std::string> refused_;
  std::uint64_t room_ = 0;  // blocks a file takes, 0: any number
  bool pcapng_ = false;
  std::vector<std::string> opened_;
  std::vector<std::string> closed_;
  std::map<std::string, std::shared_ptr<Stored>> files_;
  std::unique_ptr<RotatingWriter> writer_;
  std::uint64_t written_ = 0;
};

TEST_F(RotatingWriterTest, GoesOnInAnotherFileWhenThisOneIsLarger) {
  start("x", {.bytes = kHeader + 3 * kRecord});
  write(10);  // three records are as large as allowed, the fourth makes it larger
  EXPECT_TRUE(writer_->finish());
  EXPECT_EQ(opened_, (std::vector<std::string>{"x", "x1", "x2"}));
  EXPECT_EQ(closed_, (std::vector<std::string>{"x", "x1"}));
  EXPECT_EQ(read("x").records.size(), 4U);
  EXPECT_EQ(read("x1").records.size(), 4U);
  EXPECT_EQ(read("x2").records.size(), 2U);
  EXPECT_EQ(read("x1").records.front().view.time_ns / 1000, 0U);
  EXPECT_EQ(writer_->records_stored(), 10U);
}

TEST_F(RotatingWriterTest, BeginsAnewWithTheFirstNameAfterSoManyFiles) {
  start("x", {.bytes = kHeader, .files = 3});
  write(7);
  EXPECT_TRUE(writer_->finish());
  EXPECT_EQ(opened_, (std::vector<std::string>{"x0", "x1", "x2", "x0", "x1", "x2", "x0"}));
  EXPECT_EQ(writer_->records_stored(), 7U);
}

TEST_F(RotatingWriterTest, GivesNumbersAsManyDigitsAsTheLastOneHas) {
  const auto first = [](std::uint64_t files) { return *rotated_name("x", {.bytes = 1, .files = files}, 0, 0); };
  EXPECT_EQ(first(0), "x");
  EXPECT_EQ(first(1), "x");
  EXPECT_EQ(first(2), "x0");
  EXPECT_EQ(first(10), "x0");
  EXPECT_EQ(first(11), "x00");
  EXPECT_EQ(first(100), "x00");
  EXPECT_EQ(first(101), "x000");
  EXPECT_EQ(*rotated_name("x", {.bytes = 1, .files = 101}, 0, 42), "x042");
  EXPECT_EQ(*rotated_name("x%Y", {.bytes = 1}, 0, 42), "x%Y42");
}

TEST_F(RotatingWriterTest, BeginsAnotherFileWithTheFirstRecordAfterTheTime) {
  start("x-%H%M%S", {.seconds = 10});
  write(2);
  now_ += 9;
  write(1);
  now_ += 21;  // nothing came for two slices: no empty files
  write(3);
  EXPECT_TRUE(writer_->finish());
  EXPECT_EQ(opened_, (std::vector<std::string>{"x-221320", "x-221350"}));
  EXPECT_EQ(read("x-221320").records.size(), 3U);
  EXPECT_EQ(read("x-221350").records.size(), 3U);
  EXPECT_EQ(closed_, std::vector<std::string>{"x-221320"});
}

TEST_F(RotatingWriterTest, NumbersTheFilesOfEachTimeSliceAnew) {
  start("x-%S-", {.bytes = kHeader, .seconds = 10});
  write(2);
  now_ += 10;
  write(2);
  EXPECT_TRUE(writer_->finish());
  EXPECT_EQ(opened_, (std::vector<std::string>{"x-20-", "x-20-1", "x-30-", "x-30-1"}));
}

TEST_F(RotatingWriterTest, IsOverWhenTheLastFileOfARowIsOldAndLosesNothingThen) {
  start("x-%S", {.seconds = 10, .files = 2});
  write(1);
  now_ += 10;
  EXPECT_FALSE(writer_->is_over());
  write(1);
  EXPECT_FALSE(writer_->is_over());
  now_ += 10;
  EXPECT_TRUE(writer_->is_over());
  write(5);
  EXPECT_TRUE(writer_->finish());
  EXPECT_EQ(read("x-30").records.size(), 6U);
  EXPECT_EQ(closed_, (std::vector<std::string>{"x-20", "x-30"}));
}

TEST_F(RotatingWriterTest, NeverEndsByTimeWhereSizeMattersToo) {
  start("x-%S-", {.bytes = 1'000'000, .seconds = 10, .files = 1});
  now_ += 10;
  EXPECT_FALSE(writer_->is_over());
  write(1);
  EXPECT_EQ(opened_.size(), 2U);
}

TEST_F(RotatingWriterTest, EveryPcapngFileIsCompleteByItself) {
  pcapng_ = true;
  start("x", {.bytes = 1});
  write(1);  // x held the interface alone
  EXPECT_TRUE(writer_->on_interface({.name = "b"}));
  ASSERT_TRUE(writer_->on_record({.time_ns = 1, .data = kData, .wire_len = 100, .interface_id = 1}));
  EXPECT_TRUE(writer_->finish());
  EXPECT_EQ(opened_, (std::vector<std::string>{"x", "x1", "x2"}));
  EXPECT_EQ(read("x").interfaces.size(), 1U);
  EXPECT_EQ(read("x").statistics.at(0).received, 77U);
  EXPECT_EQ(read("x1").statistics.size(), 1U);
  const RecordingSink last = read("x2");
  ASSERT_EQ(last.interfaces.size(), 2U);
  EXPECT_EQ(last.interfaces[1].name, "b");
  EXPECT_EQ(last.records.at(0).view.interface_id, 1U);
  EXPECT_EQ(writer_->records_stored(), 2U);
}

TEST_F(RotatingWriterTest, SaysWhichFileCouldNotBeMadeAndKeepsTheOthers) {
  refused_ = {"x1"};
  start("x", {.bytes = kHeader});
  write(1);
  const auto refused = writer_->on_record({.time_ns = 1, .data = kData, .wire_len = 100});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kOutput);
  EXPECT_NE(refused.error().text().find("x1"), std::string::npos);
  EXPECT_TRUE(writer_->finish());
  EXPECT_EQ(writer_->records_stored(), 1U);
  EXPECT_TRUE(files_["x"]->is_closed);
}

TEST_F(RotatingWriterTest, CountsWhatAFullDiskHolds) {
  room_ = 3;  // the file header and two records
  start("x", {.bytes = kHeader + kRecord});
  write(4);
  room_ = 1;
  ASSERT_FALSE(writer_->on_record({.time_ns = 1, .data = kData, .wire_len = 100}));
  static_cast<void>(writer_->finish());
  EXPECT_EQ(writer_->records_stored(), 4U);
}

TEST_F(RotatingWriterTest, RefusesATimePatternThatMakesNoName) {
  const auto name = rotated_name(std::string(5000, 'x'), {.seconds = 1}, now_, 0);
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().kind(), ErrorKind::kOutput);
}

}  // namespace
}  // namespace ringtap
