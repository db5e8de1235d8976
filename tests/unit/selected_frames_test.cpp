// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Which frames of a segment are read, and what becomes of a damaged index or segment.
#include "recorder/selected_frames.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "file/capture_reader.hpp"
#include "file/pcapng_writer.hpp"
#include "recorder/build_index.hpp"
#include "recorder/index_keys.hpp"
#include "support/memory_writer.hpp"
#include "support/packet.hpp"
#include "support/process.hpp"
#include "support/recording_sink.hpp"
#include "support/segment.hpp"
#include "support/wait.hpp"

namespace ringtap {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): layers of packets
using Bytes = std::vector<std::byte>;

constexpr int kPackets = 200;

std::uint32_t port(std::uint16_t number) {
  return key_hash(KeyKind::kPort, number);
}

// Packets to ports 1000, 1001 …, at times 1000, 1001 …; an interface that comes after 50 of them; statistics.
Bytes capture(const std::vector<std::uint64_t>& times = {}) {
  auto stored = std::make_shared<Stored>();
  PcapngWriter writer(std::make_unique<MemoryWriter>(stored), PcapngOptions{.application = "a test"});
  EXPECT_TRUE(writer.on_interface({.name = "one"}));
  for (int n = 0; n < kPackets; ++n) {
    const Bytes frame = (Ethernet{} / Ipv4{} / Udp{.dst_port = static_cast<std::uint16_t>(1000 + n)}).bytes();
    const auto number = static_cast<std::size_t>(n);
    const std::uint64_t time = number < times.size() ? times[number] : 1000 + number;
    if (n == 50) {
      EXPECT_TRUE(writer.on_interface({.name = "later"}));
    }
    EXPECT_TRUE(writer.on_record(
        {.time_ns = time, .data = frame, .wire_len = static_cast<std::uint32_t>(frame.size()), .interface_id = 0}));
  }
  EXPECT_TRUE(writer.on_statistics({.interface_id = 0, .received = 7}));
  EXPECT_TRUE(writer.finish());
  return stored->bytes;
}

struct Read {
  std::vector<std::uint16_t> ports;
  std::size_t interfaces = 0;
  std::size_t statistics = 0;
  std::string error;
};

Read read(std::unique_ptr<ByteSource> source) {
  CaptureReader reader(std::move(source), "segment");
  RecordingSink sink;
  Read result;
  if (const auto error = drain(reader, sink)) result.error = error->text();
  for (const auto& record : sink.records) result.ports.push_back(load_be16(record.data.data() + 36));
  result.interfaces = sink.interfaces.size();
  if (auto totals = reader.statistics()) result.statistics = totals->size();
  return result;
}

class SelectedFramesTest : public ::testing::TestWithParam<const char*> {
 protected:
  [[nodiscard]] std::string path() const { return folder_ / GetParam(); }
  [[nodiscard]] bool is_compressed() const { return path().ends_with(".zst"); }
  std::optional<FrameChoice> choose(const Bytes& index, const FrameTest& may_match, bool is_part = false) {
    return choose_frames(index, open_bytes(path()).get(), is_part, may_match);
  }
  TempDir folder_;
};

TEST_P(SelectedFramesTest, AllFramesAreTheWholeFile) {
  const Bytes index = write_segment(path(), capture());
  const auto choice = choose(index, [](const FrameEntry&) { return true; });
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->frames.size(), choice->all);
  EXPECT_EQ(choice->leading, 1U);
  const Read all = read(std::make_unique<SelectedFrames>(open_bytes(path()), *choice));
  EXPECT_EQ(all.error, "");
  EXPECT_EQ(all.ports.size(), std::size_t{kPackets});
  EXPECT_EQ(all.interfaces, 2U);
  EXPECT_EQ(all.statistics, 1U);
}

TEST_P(SelectedFramesTest, ReadsTheFrameWithTheKeyAndAllWithOtherBlocks) {
  const Bytes index = write_segment(path(), capture());
  const auto choice = choose(index, [](const FrameEntry& entry) { return entry.may_have(port(1199)); });
  ASSERT_TRUE(choice);
  EXPECT_LT(choice->frames.size(), choice->all / 2);
  const Read some = read(std::make_unique<SelectedFrames>(open_bytes(path()), *choice));
  EXPECT_EQ(some.error, "");
  EXPECT_EQ(some.ports.back(), 1199);
  EXPECT_EQ(some.interfaces, 2U);
  EXPECT_EQ(some.statistics, 1U);
  // Of the packets before the interface that came later: those of one frame.
  EXPECT_EQ(std::count(some.ports.begin(), some.ports.end(), 1049), 1);
  EXPECT_EQ(std::count(some.ports.begin(), some.ports.end(), 1000), 0);
}

TEST_P(SelectedFramesTest, AFrameKnowsTheLatestTimeBeforeIt) {
  std::vector<std::uint64_t> times(kPackets, 500);
  times[3] = 9000;
  const Bytes index = write_segment(path(), capture(times));
  const auto choice = choose(index, [](const FrameEntry& entry) { return entry.may_have(port(1199)); });
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->frames.back().floor_ns, 9000U);
  EXPECT_EQ(choice->frames.front().floor_ns, 0U);
}

TEST_P(SelectedFramesTest, ADamagedIndexIsNeverBelieved) {
  Bytes index = write_segment(path(), capture());
  const auto any = [](const FrameEntry&) { return true; };
  const std::size_t all = choose(index, any)->all;
  // In the first entries and the last; a test of frame_index has every bit of an entry.
  for (std::size_t byte = 16; byte < index.size(); byte += byte < 400 || byte + 200 > index.size() ? 1 : 97) {
    for (const unsigned bit : {0U, 7U}) {
      index[byte] ^= std::byte{1} << bit;
      EXPECT_FALSE(choose(index, any)) << byte;
      index[byte] ^= std::byte{1} << bit;
    }
  }
  for (std::size_t size = 0; size < index.size(); size += 13) {
    Bytes shorter(index.begin(), index.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(choose(shorter, any)) << size;
    const auto part = choose(shorter, any, true);
    EXPECT_TRUE(!part || part->all < all);
  }
}

TEST_P(SelectedFramesTest, AnIndexOfAnotherFileIsNotBelieved) {
  const Bytes index = write_segment(path(), capture());
  const Bytes whole = read_bytes(path());
  const auto any = [](const FrameEntry&) { return true; };
  ASSERT_TRUE(choose(index, any));
  for (const std::size_t size : {whole.size() - 1, whole.size() / 2, std::size_t{0}, whole.size() + 1}) {
    Bytes file = whole;
    file.resize(size);
    write_bytes(path(), file);
    EXPECT_FALSE(choose(index, any)) << size;
  }
}

TEST_P(SelectedFramesTest, BuildsTheIndexOfASegmentThatWasCut) {
  const Bytes whole_index = write_segment(path(), capture());
  const Bytes file = read_bytes(path());
  auto whole = build_index(open_bytes(path()), 1024);
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->is_complete);
  EXPECT_EQ(whole->packets, std::uint64_t{kPackets});
  EXPECT_EQ(whole->file, whole_index);
  std::uint64_t before = 0;
  for (std::size_t size = 0; size < file.size(); size += 173) {
    write_bytes(path(), std::span(file).first(size));
    auto cut = build_index(open_bytes(path()), 1024);
    ASSERT_TRUE(cut);
    EXPECT_LE(cut->whole_bytes, size);
    EXPECT_GE(cut->whole_bytes, before);
    before = cut->whole_bytes;
    if (cut->whole_bytes == 0) continue;
    const auto choice = choose(
        cut->file, [](const FrameEntry&) { return true; }, true);
    ASSERT_TRUE(choice) << size;
    const Read some = read(std::make_unique<SelectedFrames>(open_bytes(path()), *choice));
    EXPECT_EQ(some.error, "") << size;
    EXPECT_EQ(some.ports.size(), cut->packets) << size;
    // A plain segment loses the last block at most.
    EXPECT_TRUE(is_compressed() || size - cut->whole_bytes < 200);
  }
}

TEST_P(SelectedFramesTest, ASegmentThatIsCutLaterGivesAnError) {
  const Bytes index = write_segment(path(), capture());
  const auto choice = choose(index, [](const FrameEntry&) { return true; });
  ASSERT_TRUE(choice);
  ASSERT_EQ(::truncate(path().c_str(), 1000), 0);
  const Read some = read(std::make_unique<SelectedFrames>(open_bytes(path()), *choice));
  EXPECT_NE(some.error.find("the file is shorter than its index says"), std::string::npos) << some.error;
}

INSTANTIATE_TEST_SUITE_P(, SelectedFramesTest, ::testing::Values("a.pcapng", "a.pcapng.zst"), [](const auto& one) {
  return std::string(one.param).ends_with(".zst") ? "Compressed" : "Plain";
});

}  // namespace
}  // namespace ringtap
