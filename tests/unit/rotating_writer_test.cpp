// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A row of files: when the next one begins, what it is called, and that each is whole and none loses a record.
#include "file/rotating_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
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

// A disk that takes its time: close() waits for it, and it may fail then.
class SlowWriter final : public MemoryWriter {
 public:
  struct Disk {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_ready = false;
    std::set<std::uint64_t> broken;  // which close() fails, counted from 1
    std::uint64_t closed = 0;
    std::chrono::milliseconds delay{0};
    std::size_t open = 0;
    std::size_t most_open = 0;

    void let_go() {
      const std::lock_guard lock(mutex);
      is_ready = true;
      changed.notify_all();
    }
  };
  SlowWriter(std::shared_ptr<Stored> stored, Disk& disk) : MemoryWriter(std::move(stored)), disk_(disk) {
    const std::lock_guard lock(disk_.mutex);
    disk_.most_open = std::max(disk_.most_open, ++disk_.open);
  }

  Result<> close() override {
    std::this_thread::sleep_for(disk_.delay);
    std::unique_lock lock(disk_.mutex);
    disk_.changed.wait(lock, [this] { return disk_.is_ready; });
    --disk_.open;
    failed_ = disk_.broken.contains(++disk_.closed);
    if (failed_) return Error::from_errno(EIO, "sync memory", ErrorKind::kOutput);
    return MemoryWriter::close();
  }
  [[nodiscard]] std::uint64_t blocks_stored() const override { return failed_ ? 0 : MemoryWriter::blocks_stored(); }

 private:
  Disk& disk_;
  bool failed_ = false;
};

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
      if (disk_ != nullptr) out = std::make_unique<SlowWriter>(stored, *disk_);
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
    hooks.closes_by_thread = disk_ != nullptr;
    hooks.kept = [this](const Error& error, const std::string& path) { kept_.push_back(path + ": " + error.text()); };
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
  SlowWriter::Disk* disk_ = nullptr;
  std::vector<std::string> opened_;
  std::vector<std::string> closed_;
  std::vector<std::string> kept_;
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

TEST_F(RotatingWriterTest, GoesOnInThePresentFileWhileTheNextCannotBeMade) {
  refused_ = {"x1"};
  start("x", {.bytes = kHeader});
  write(5);
  EXPECT_EQ(kept_, (std::vector<std::string>{"x: create x1: No such file or directory"}));
  EXPECT_EQ(opened_, std::vector<std::string>{"x"});
  refused_.clear();
  write(3);
  EXPECT_EQ(opened_, (std::vector<std::string>{"x", "x1", "x2", "x3"}));
  const auto finished = writer_->finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().kind(), ErrorKind::kOutput);
  EXPECT_EQ(finished.error().text(), "create x1: No such file or directory");
  EXPECT_EQ(writer_->records_stored(), 8U);
  EXPECT_EQ(read("x").records.size(), 5U);
  EXPECT_TRUE(files_["x"]->is_closed);
}

TEST_F(RotatingWriterTest, TriesTheNextFileAgainWithTheNextTimeSlice) {
  refused_ = {"x-30"};
  start("x-%S", {.seconds = 10, .files = 2});
  write(1);
  now_ += 10;
  write(2);
  EXPECT_EQ(kept_.size(), 1U);
  now_ += 10;
  EXPECT_FALSE(writer_->is_over()) << "there is only one file";
  write(2);
  EXPECT_EQ(opened_, (std::vector<std::string>{"x-20", "x-40"}));
  EXPECT_FALSE(writer_->finish());
  EXPECT_EQ(read("x-20").records.size(), 3U);
  EXPECT_EQ(read("x-40").records.size(), 2U);
}

// The same name again: the file is complete before it is emptied, and there is no other to go on in.
TEST_F(RotatingWriterTest, EndsWhereTheFileCannotBeMadeAnew) {
  start("x", {.bytes = kHeader, .files = 1});
  write(1);
  refused_ = {"x"};
  const auto refused = writer_->on_record({.time_ns = 1, .data = kData, .wire_len = 100});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kOutput);
  EXPECT_TRUE(writer_->flush());
  EXPECT_TRUE(writer_->on_statistics({.interface_id = 0, .received = 1}));
  EXPECT_TRUE(writer_->finish());
  EXPECT_EQ(writer_->records_stored(), 1U);
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

TEST_F(RotatingWriterTest, GoesOnWritingWhileTheDiskTakesFiles) {
  for (const bool pcapng : {false, true}) {
    SlowWriter::Disk disk;
    disk_ = &disk;
    pcapng_ = pcapng;
    opened_.clear();
    closed_.clear();
    start("x", {.bytes = 1});
    write(7);  // the disk has taken none of the files before the seventh
    EXPECT_EQ(opened_.size(), pcapng ? 8U : 7U);
    EXPECT_EQ(closed_.size(), 0U);
    EXPECT_TRUE(writer_->flush());
    EXPECT_EQ(writer_->records_stored(), 7U);
    disk.let_go();
    EXPECT_TRUE(writer_->finish());
    EXPECT_EQ(closed_, std::vector<std::string>(opened_.begin(), opened_.end() - 1));
    EXPECT_EQ(writer_->records_stored(), 7U);
    writer_.reset();
  }
}

TEST_F(RotatingWriterTest, WaitsWhenTooManyFilesWaitForTheDisk) {
  SlowWriter::Disk disk;
  disk.is_ready = true;
  disk.delay = std::chrono::milliseconds(1);
  disk_ = &disk;
  start("x", {.bytes = 1});
  write(100);
  EXPECT_TRUE(writer_->finish());
  EXPECT_EQ(writer_->records_stored(), 100U);
  EXPECT_GT(disk.most_open, FileCloser::kMostWaiting / 2);
  EXPECT_LE(disk.most_open, FileCloser::kMostWaiting + 3);  // and those that are written, handed over, completed
}

TEST_F(RotatingWriterTest, DoesNotCountTheFileThatTheDiskDidNotTake) {
  for (const bool pcapng : {false, true}) {
    SlowWriter::Disk disk;
    disk.broken = {2};
    disk_ = &disk;
    pcapng_ = pcapng;
    opened_.clear();
    closed_.clear();
    start("x", {.bytes = kHeader + 3 * kRecord});
    write(8);
    disk.let_go();
    const auto finished = writer_->finish();
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().errno_value(), EIO);
    EXPECT_EQ(closed_, std::vector<std::string>{"x"}) << "no command on a file that may not be whole";
    EXPECT_EQ(writer_->records_stored(), 8U - read("x1").records.size());
    writer_.reset();
  }
}

TEST_F(RotatingWriterTest, RefusesATimePatternThatMakesNoName) {
  const auto name = rotated_name(std::string(5000, 'x'), {.seconds = 1}, now_, 0);
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().kind(), ErrorKind::kOutput);
}

}  // namespace
}  // namespace ringtap
