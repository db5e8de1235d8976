// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// One file of what several threads capture: it is the file that one thread would have written.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "file/joined_file.hpp"
#include "file/pcap_writer.hpp"
#include "file/pcapng_writer.hpp"
#include "support/memory_writer.hpp"

namespace ringtap {
namespace {

using testing::FailingWriter;
using testing::MemoryWriter;
using testing::Stored;

constexpr std::uint64_t kTime = 1'700'000'000'000'000'000;
constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
const Interface kInterface{.name = "eth0", .snaplen = 2048};

struct Made {
  std::uint64_t time_ns;
  std::vector<std::byte> data;

  [[nodiscard]] RecordView view() const {
    return {.time_ns = time_ns, .data = data, .wire_len = static_cast<std::uint32_t>(data.size())};
  }
};

// A packet of its own length at each time.
Made made(std::uint64_t after_ns) {
  Made record{.time_ns = kTime + after_ns, .data = std::vector<std::byte>(60 + after_ns % 1400)};
  std::memcpy(record.data.data(), &after_ns, sizeof after_ns);
  return record;
}

std::unique_ptr<FileSink> file_in(std::unique_ptr<ByteWriter> out, FileFormat format) {
  if (format == FileFormat::kPcap) return std::make_unique<PcapWriter>(std::move(out), PcapOptions{});
  return std::make_unique<PcapngWriter>(std::move(out), PcapngOptions{});
}

struct Joined {
  Joined(std::unique_ptr<FileSink> file, std::size_t count)
      : parts(JoinedFile::parts(std::make_shared<JoinedFile>(
            std::move(file), [] { return std::uint64_t{0}; }, count))) {
    for (const auto& part : this->parts) EXPECT_TRUE(part->on_interface(kInterface));
  }
  Result<> finish() {
    Result<> result;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      auto finished = (*part)->finish();
      if (result) result = std::move(finished);
    }
    return result;
  }

  std::vector<std::unique_ptr<Sink>> parts;
};

TEST(JoinedFile, IsTheFileThatOneThreadWrites) {
  constexpr std::size_t kParts = 3;
  constexpr std::uint64_t kRecords = 10'000;
  for (const FileFormat format : {FileFormat::kPcap, FileFormat::kPcapng}) {
    const auto alone = std::make_shared<Stored>();
    const auto one = file_in(std::make_unique<MemoryWriter>(alone), format);
    ASSERT_TRUE(one->on_interface(kInterface));
    for (std::uint64_t i = 0; i < kRecords; ++i) ASSERT_TRUE(one->on_record(made(i).view()));
    ASSERT_TRUE(one->finish());

    const auto together = std::make_shared<Stored>();
    Joined joined(file_in(std::make_unique<MemoryWriter>(together), format), kParts);
    std::vector<std::thread> threads;
    for (std::size_t number = 0; number < kParts; ++number) {
      threads.emplace_back([&, number] {
        std::mt19937 random(static_cast<unsigned>(number));
        Sink& part = *joined.parts[number];
        for (std::uint64_t i = 0; i < kRecords; ++i) {
          const bool is_mine = i * 7919 % kParts == number;
          EXPECT_TRUE(!is_mine || part.on_record(made(i).view()));
          if (random() % 100 == 0) part.on_time(kTime + i);
        }
        part.on_time(kAll);
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(joined.finish());
    EXPECT_EQ(joined.parts.front()->records_stored(), kRecords);
    EXPECT_TRUE(together->is_closed);
    EXPECT_EQ(together->bytes.size(), alone->bytes.size());
    EXPECT_TRUE(together->bytes == alone->bytes) << static_cast<int>(format);
  }
}

// What one thread has is held back for another that has not come so far, however much it is, and waits for nobody then.
TEST(JoinedFile, WaitsForThePartThatIsBehind) {
  const auto stored = std::make_shared<Stored>();
  Joined joined(file_in(std::make_unique<MemoryWriter>(stored), FileFormat::kPcapng), 2);
  const std::uint64_t many = 2 * JoinedFile::kMostWaiting / 1000;
  for (std::uint64_t i = 0; i < many; ++i) {
    ASSERT_TRUE(joined.parts[0]->on_record(made(i * 1400 + 1399).view()));
    if (i % 100 == 0) joined.parts[0]->on_time(kTime + i * 1400 + 1399);
  }
  ASSERT_TRUE(joined.parts[1]->on_record(made(0).view()));
  EXPECT_TRUE(joined.finish());
  EXPECT_EQ(joined.parts[0]->records_stored(), many + 1);
  const std::vector<std::byte> first = made(0).data;
  const auto at = [&](const std::vector<std::byte>& data) {
    return std::search(stored->bytes.begin(), stored->bytes.end(), data.begin(), data.end());
  };
  EXPECT_LT(at(first), at(made(1399).data));
}

TEST(JoinedFile, SaysOnceThatTheDiskIsFullAndCountsWhatItHas) {
  const auto stored = std::make_shared<Stored>();
  // The section, the interface and ten records.
  Joined joined(file_in(std::make_unique<FailingWriter>(stored, 12), FileFormat::kPcapng), 2);
  std::size_t errors = 0;
  for (std::uint64_t i = 0; i < 40'000; ++i) {
    errors += joined.parts[i % 2]->on_record(made(i).view()) ? 0 : 1;
    if (i % 100 == 0) {
      for (const auto& part : joined.parts) part->on_time(kTime + i);
    }
  }
  errors += joined.finish() ? 0 : 1;
  EXPECT_EQ(errors, 1u);
  EXPECT_EQ(joined.parts.front()->records_stored(), 10u);
}

// What was captured before the clock was set back by an hour does not wait for that hour.
TEST(JoinedFile, GoesOnWhenTheClockIsSetBack) {
  constexpr std::uint64_t kHour = 3'600'000'000'000;
  const auto stored = std::make_shared<Stored>();
  Joined joined(file_in(std::make_unique<MemoryWriter>(stored), FileFormat::kPcapng), 2);
  ASSERT_TRUE(joined.parts[0]->on_record(made(kHour).view()));
  joined.parts[0]->on_time(kTime + kHour);
  joined.parts[1]->on_time(kTime + kHour - 1);
  for (const auto& part : joined.parts) part->on_time(kTime);
  // The totals are asked for when all there is has been written.
  ASSERT_TRUE(joined.parts[0]->on_statistics({}));
  EXPECT_EQ(joined.parts[0]->records_stored(), 1u);
  EXPECT_TRUE(joined.finish());
}

}  // namespace
}  // namespace ringtap
