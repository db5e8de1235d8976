// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Recordings: names and limits, files past the page cache, frames of zstd, and segments that hold every record whatever
// the disk does.
#include "recorder/recorder.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zstd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "file/capture_reader.hpp"
#include "recorder/repair.hpp"
#include "support/recording_sink.hpp"
#include "support/wait.hpp"

namespace ringtap {
namespace {

using testing::drain;
using testing::RecordingSink;
using testing::TempDir;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMib = std::uint64_t{1} << 20;

std::vector<std::byte> file_bytes_of(const std::string& path) {
  const std::string text = testing::read_file(path);
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

TEST(SegmentName, IsItsTimeAndNothingElse) {
  const SegmentName name{.begin_ns = 1'795'961'000'123'456'789, .compressed = true};
  EXPECT_EQ(name.text(), "20261129T140320.123456789Z.pcapng.zst");
  EXPECT_EQ(name.text(SegmentFile::kPart), "20261129T140320.123456789Z.pcapng.zst.part");
  EXPECT_EQ(name.text(SegmentFile::kIndex), "20261129T140320.123456789Z.pcapng.zst.index");
  for (const SegmentFile file : {SegmentFile::kWhole, SegmentFile::kPart, SegmentFile::kIndex}) {
    const auto parsed = parse_segment_name(name.text(file));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->name, name);
    EXPECT_EQ(parsed->file, file);
  }
  for (const char* other : {"", "a.pcapng", "20261129T140320.123456789Z.pcapng.gz", "20261329T140320.123456789Z.pcapng",
                            "20261129T140320.123456789Z.pcapng.part.part", "20261129T140320.12345678Z.pcapng",
                            "+0261129T140320.123456789Z.pcapng", "20261129T140320.123456789Z.pcapng.zst.indexx"}) {
    EXPECT_FALSE(parse_segment_name(other)) << other;
  }
}

KeptSegment segment(std::uint64_t number, std::uint64_t bytes) {
  return {.name = {.begin_ns = number * kSecond}, .bytes = bytes, .end_ns = (number + 1) * kSecond};
}
std::vector<std::uint64_t> numbers(const std::vector<KeptSegment>& segments) {
  std::vector<std::uint64_t> found;
  for (const KeptSegment& one : segments) found.push_back(one.name.begin_ns / kSecond);
  return found;
}

TEST(Retention, RemovesTheOldestUntilTheNextOneFits) {
  Retention retention({.bytes = 100});
  for (const std::uint64_t number : {2, 1, 4, 3}) retention.add(segment(number, 30));
  EXPECT_EQ(retention.bytes(), 120U);
  EXPECT_EQ(numbers(retention.take_surplus(9 * kSecond, {}, 25)), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(retention.bytes(), 60U);
  EXPECT_EQ(retention.oldest_ns(), 3 * kSecond);
  EXPECT_TRUE(retention.take_surplus(9 * kSecond, {}, 40).empty());
}

TEST(Retention, RemovesWhatIsTooOldSinceItsEnd) {
  Retention retention({.age_ns = 10 * kSecond});
  for (std::uint64_t number = 1; number <= 5; ++number) retention.add(segment(number, 30));
  EXPECT_TRUE(retention.take_surplus(12 * kSecond, {}, 0).empty());
  EXPECT_EQ(numbers(retention.take_surplus(14 * kSecond, {}, 0)), (std::vector<std::uint64_t>{1, 2}));
  // A clock that was set back removes nothing.
  EXPECT_TRUE(retention.take_surplus(1 * kSecond, {}, 0).empty());
}

TEST(Retention, KeepsSpaceFreeForOthers) {
  Retention retention({.free_bytes = 50, .free_percent = 10});
  for (std::uint64_t number = 1; number <= 5; ++number) retention.add(segment(number, 30));
  EXPECT_TRUE(retention.take_surplus(0, {.size = 500, .free = 60}, 1000).empty());
  EXPECT_EQ(numbers(retention.take_surplus(0, {.size = 500, .free = 0}, 10)), (std::vector<std::uint64_t>{1, 2}));
  // Ten percent of this one are 100: three of 30 would do it, but the newest one stays.
  EXPECT_EQ(numbers(retention.take_surplus(0, {.size = 1000, .free = 10}, 10)), (std::vector<std::uint64_t>{3, 4}));
}

TEST(Retention, RemovesNothingWhereThatCannotHelp) {
  Retention retention({.free_percent = 10});
  for (std::uint64_t number = 1; number <= 5; ++number) retention.add(segment(number, 30));
  EXPECT_TRUE(retention.take_surplus(0, {.size = 100'000, .free = 100}, 10).empty()) << "others fill the disk";
}

TEST(DirectFile, HoldsWhatWasAppendedWhateverTheSizes) {
  const TempDir folder;
  const std::string path = folder / "file";
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(fd);
  DirectFile file(std::move(fd), path);
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same every time
  std::vector<std::byte> expected;
  for (int i = 0; i < 200; ++i) {
    constexpr std::array<std::size_t, 7> kSizes = {1, 100, 4095, 4096, 4097, 70'000, Chunk::kRoom};
    Chunk chunk;
    chunk.clear(i % 3 == 0 ? expected.size() % Chunk::kAlign : 17);  // where it will stand, or somewhere else
    const std::size_t size = kSizes[random() % (i % 20 == 0 ? 7 : 6)];
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    chunk.append(bytes);
    const auto appended = file.append(chunk, random() % 2 == 0);
    ASSERT_EQ(appended.error, 0);
    ASSERT_EQ(appended.blocks, 1U);
    expected.insert(expected.end(), bytes.begin(), bytes.end());
    ASSERT_EQ(file.size(), expected.size());
  }
  EXPECT_EQ(file.sync(), 0);
  EXPECT_EQ(file.close(), 0);
  EXPECT_TRUE(file_bytes_of(path) == expected);
}

// In a child: the limit is of the process.
TEST(DirectFile, KeepsWholeBlocksWhenTheRestDoesNotFit) {
  const TempDir folder;
  const std::string path = folder / "file";
  const auto child = [&] {
    const rlimit limit{.rlim_cur = 10'000, .rlim_max = 10'000};
    std::signal(SIGXFSZ, SIG_IGN);
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) std::_Exit(1);
    DirectFile file(UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT, 0600)), path);
    // Three blocks of a third each.
    const auto fill = [](Chunk& chunk, std::size_t size, char with) {
      chunk.clear();
      for (int i = 0; i < 3; ++i) {
        chunk.append(std::vector<std::byte>(size / 3, static_cast<std::byte>(with)));
        chunk.end_block();
      }
    };
    Chunk chunk;
    fill(chunk, 9'000, 'a');
    auto appended = file.append(chunk, true);
    if (appended.blocks != 3 || appended.error != 0) std::_Exit(2);
    fill(chunk, 9'000, 'c');
    appended = file.append(chunk, true);
    if (appended.blocks != 0 || appended.error != EFBIG || file.size() != 9'000) std::_Exit(3);
    fill(chunk, 900, 'b');
    appended = file.append(chunk, false);
    if (appended.blocks != 3 || appended.error != 0) std::_Exit(4);
    fill(chunk, 900, 'd');
    appended = file.append(chunk, false);
    std::_Exit(appended.blocks == 0 && appended.error == EFBIG && file.close() == 0 ? 0 : 5);
  };
  EXPECT_EXIT(child(), ::testing::ExitedWithCode(0), "");
  std::vector<std::byte> expected(9'000, std::byte{'a'});
  expected.insert(expected.end(), 900, std::byte{'b'});
  EXPECT_TRUE(file_bytes_of(path) == expected);
}

// Bytes that zstd makes smaller by about `ratio`, or not at all.
std::vector<std::byte> bytes_like(std::size_t size, unsigned ratio, std::mt19937& random) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = i % ratio == 0 ? static_cast<std::byte>(random()) : std::byte{0};
  if (ratio > 1) {
    for (std::size_t i = 64; i < size; ++i) {
      if (i / 64 % ratio != 0) bytes[i] = bytes[i - 64];
    }
  }
  return bytes;
}

// The oracle of the format is libzstd, which reads all frames as one stream.
TEST(FramePacker, NeverLetsAFrameCrossAWindow) {
  std::mt19937 random(2);  // NOLINT(cert-msc51-cpp): the same every time
  auto packer = FramePacker::create(1);
  ASSERT_TRUE(packer);
  FrameLayout layout;
  std::vector<std::byte> file;
  std::vector<std::byte> expected;
  std::vector<std::size_t> begins;
  std::size_t stored = 0;
  std::size_t stored_overhead = 0;
  for (int i = 0; i < 60; ++i) {
    const std::size_t size = i % 4 == 0 ? 1 << 20 : i % 4 == 1 ? 120'000 + random() % 12'000 : 1 + random() % 5'000;
    const auto bytes = bytes_like(size, 1 + random() % 8, random);
    expected.insert(expected.end(), bytes.begin(), bytes.end());
    PackedFrames packed;
    if (i % 5 != 0) packer->pack(bytes, packed);  // else they are stored as they are
    const std::size_t begin = file.size();
    std::size_t placed = 0;
    const std::size_t padding = layout.place(packed, bytes, [&](std::span<const std::byte> more) {
      file.insert(file.end(), more.begin(), more.end());
      placed += more.size();
    });
    EXPECT_LE(placed, FrameLayout::most_placed(packed, bytes.size()));
    EXPECT_LT(padding, kWindow);
    if (i % 5 == 0) stored_overhead += file.size() - begin - padding - bytes.size();
    stored += i % 5 == 0 ? bytes.size() : 0;
  }
  EXPECT_LT(stored_overhead, stored / 1000) << "bytes that are stored fill the windows";
  // Frame by frame, as the file says where they are.
  for (std::size_t at = 0; at < file.size();) {
    begins.push_back(at);
    std::uint32_t magic = 0;
    std::memcpy(&magic, file.data() + at, sizeof magic);
    const std::size_t size = is_skippable_frame(magic)
                                 ? kSkippableHeader + static_cast<std::size_t>(file[at + 4]) +
                                       (static_cast<std::size_t>(file[at + 5]) << 8) +
                                       (static_cast<std::size_t>(file[at + 6]) << 16)
                                 : ::ZSTD_findFrameCompressedSize(file.data() + at, file.size() - at);
    ASSERT_EQ(::ZSTD_isError(size), 0U);
    ASSERT_EQ(at / kWindow, (at + size - 1) / kWindow);
    at += size;
  }
  const std::set<std::size_t> starts(begins.begin(), begins.end());
  for (std::size_t window = 0; window < file.size(); window += kWindow) EXPECT_TRUE(starts.contains(window)) << window;
  const auto table = layout.seek_table();
  file.insert(file.end(), table.begin(), table.end());
  std::vector<std::byte> unpacked(expected.size() + 1);
  const std::size_t size = ::ZSTD_decompress(unpacked.data(), unpacked.size(), file.data(), file.size());
  ASSERT_EQ(::ZSTD_isError(size), 0U) << ::ZSTD_getErrorName(size);
  unpacked.resize(size);
  EXPECT_TRUE(unpacked == expected);
}

// A folder on a disk that can be full, or broken.
class FaultyFolder final : public SegmentFolder {
 public:
  explicit FaultyFolder(LocalFolder folder) : folder_(std::move(folder)) {}

  Result<UniqueFd> create(const SegmentName& segment, SegmentFile file) override {
    if (helper_is_gone) return Error("the helper process is gone", ErrorKind::kOutput);
    if (create_error != 0) return Error::from_errno(create_error, "create", ErrorKind::kOutput);
    if (file == SegmentFile::kIndex && no_index) return Error::from_errno(ENOSPC, "create", ErrorKind::kOutput);
    return folder_.create(segment, file);
  }
  Result<UniqueFd> open(const SegmentName& segment, SegmentFile file) override { return folder_.open(segment, file); }
  Result<> publish(const SegmentName& segment) override {
    if (publish_error != 0) return Error::from_errno(publish_error, "rename", ErrorKind::kOutput);
    return folder_.publish(segment);
  }
  Result<> remove(const SegmentName& segment, SegmentFile file) override {
    if (remove_error != 0) return Error::from_errno(remove_error, "remove", ErrorKind::kOutput);
    if (mended_by_removal) create_error = 0;
    return folder_.remove(segment, file);
  }
  Result<DiskSpace> space() override { return disk; }
  [[nodiscard]] bool is_gone() const override { return folder_.is_gone(); }
  Result<std::vector<KeptSegment>> restore() override {
    return can_restore ? folder_.restore() : Error::from_errno(ENOENT, "open");
  }
  [[nodiscard]] const std::string& path() const override { return folder_.path(); }

  bool helper_is_gone = false;
  int create_error = 0;
  int publish_error = 0;
  int remove_error = 0;
  bool mended_by_removal = false;
  bool no_index = false;
  bool can_restore = true;
  DiskSpace disk{.size = 1 << 30, .free = 1 << 30};

 private:
  LocalFolder folder_;
};

class RecorderTest : public ::testing::Test {
 protected:
  void start(RecordSettings settings = {}) {
    settings.folder = path_;
    settings_ = settings;
    auto local = LocalFolder::open(path_);
    ASSERT_TRUE(local) << local.error().text();
    auto present = local->list();
    ASSERT_TRUE(present);
    folder_ = std::make_unique<FaultyFolder>(local.take());
    auto writer = SegmentWriter::start({.record = settings_,
                                        .tell =
                                            [this](const std::string& text) {
                                              const std::lock_guard lock(mutex_);
                                              told_.push_back(text);
                                            },
                                        .now_ns = [this] { return now_ns_.load(); }},
                                       *folder_, present.take());
    ASSERT_TRUE(writer) << writer.error().text();
    writer_ = writer.take();
    recorder_ =
        std::make_unique<Recorder>(*writer_, settings_, PcapngOptions{.application = "test"},
                                   Recorder::Hooks{.statistics = [] { return std::vector<InterfaceStatistics>(1); },
                                                   .now_ns = [this] { return now_ns_.load(); }});
    ASSERT_TRUE(recorder_->on_interface(Interface{.name = "eth0", .link_type = LinkType::kEthernet}));
  }
  // Records that are numbered in their first bytes.
  void record(unsigned count, std::size_t size = 1000) {
    std::vector<std::byte> data(size);
    for (unsigned i = 0; i < count; ++i) {
      std::memcpy(data.data(), &next_, sizeof next_);
      for (std::size_t at = 100; at + 4 <= size; at += 4) {  // half of it is noise
        const auto noise = static_cast<std::uint32_t>(random_());
        if (at % 8 == 0) std::memcpy(data.data() + at, &noise, sizeof noise);
      }
      RecordView view;
      view.time_ns = now_ns_ + i;
      view.data = data;
      view.wire_len = static_cast<std::uint32_t>(size);
      ASSERT_TRUE(recorder_->on_record(view));
      ++next_;
    }
  }
  // Everything before is on the disk.
  void settle() {
    ASSERT_TRUE(recorder_->end_segment());
    static_cast<void>(writer_->finish());
  }
  // The numbers of the records of each segment, by name.
  std::map<std::string, std::vector<std::uint32_t>> segments() {
    std::map<std::string, std::vector<std::uint32_t>> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      const std::string name = entry.path().filename();
      if (!name.ends_with(".pcapng") && !name.ends_with(".zst")) continue;
      auto reader = open_capture(entry.path());
      EXPECT_TRUE(reader) << name;
      RecordingSink sink;
      const auto error = drain(**reader, sink);
      EXPECT_FALSE(error) << name << ": " << error->text();
      std::vector<std::uint32_t>& numbers = found[name];
      for (const auto& kept : sink.records) {
        numbers.emplace_back();
        std::memcpy(&numbers.back(), kept.data.data(), sizeof(std::uint32_t));
      }
      EXPECT_EQ(sink.interfaces.size(), 1U);
    }
    return found;
  }
  std::vector<std::uint32_t> all() {
    std::vector<std::uint32_t> numbers;
    for (const auto& [name, those] : segments()) numbers.insert(numbers.end(), those.begin(), those.end());
    return numbers;
  }
  bool was_told(const std::string& words) {
    const std::lock_guard lock(mutex_);
    return std::any_of(told_.begin(), told_.end(),
                       [&](const std::string& text) { return text.find(words) != std::string::npos; });
  }
  void stop() {
    recorder_.reset();
    writer_.reset();
    folder_.reset();
  }
  static std::vector<std::uint32_t> up_to(std::uint32_t count) {
    std::vector<std::uint32_t> numbers(count);
    for (std::uint32_t i = 0; i < count; ++i) numbers[i] = i;
    return numbers;
  }

  const TempDir temporary_;
  const std::string path_ = temporary_ / "rec";
  RecordSettings settings_;
  std::atomic<std::uint64_t> now_ns_{1'795'961'000 * kSecond};
  std::uint32_t next_ = 0;
  std::mt19937 random_{3};  // NOLINT(cert-msc51-cpp): the same every time
  std::mutex mutex_;
  std::vector<std::string> told_;
  std::unique_ptr<FaultyFolder> folder_;
  std::unique_ptr<SegmentWriter> writer_;
  std::unique_ptr<Recorder> recorder_;
};

TEST_F(RecorderTest, CutsSegmentsBySizeAndLosesNothing) {
  for (const bool compress : {false, true}) {
    SCOPED_TRACE(compress);
    std::filesystem::remove_all(path_);
    next_ = 0;
    RecordSettings settings{.segment_bytes = 2 * kMib};
    if (compress) settings.zstd_level = 1;
    start(settings);
    record(10'000);
    settle();
    EXPECT_EQ(all(), up_to(10'000));
    EXPECT_EQ(writer_->counts().packets, 10'000U);
    EXPECT_GE(segments().size(), compress ? 3U : 5U);
    for (const auto& entry : std::filesystem::directory_iterator(path_)) EXPECT_LE(entry.file_size(), 2 * kMib);
    stop();
  }
}

TEST_F(RecorderTest, CutsSegmentsAndFramesByAge) {
  start({.segment_ns = 10 * kSecond});
  for (int i = 0; i < 25; ++i) {
    record(1);
    now_ns_ += kSecond;
    ASSERT_TRUE(recorder_->flush());
  }
  settle();
  const auto found = segments();
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found.begin()->second.size(), 10U);
  EXPECT_EQ(all(), up_to(25));
}

TEST_F(RecorderTest, NeverExceedsWhatItMayKeep) {
  start({.keep = {.bytes = 8 * kMib}, .segment_bytes = 2 * kMib});
  for (int i = 0; i < 20; ++i) {
    record(1'000);
    now_ns_ += kSecond;
    settle();
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) bytes += entry.file_size();
    EXPECT_LE(bytes, 8 * kMib);
  }
  const auto kept = all();
  EXPECT_EQ(kept.back(), 19'999U);
  EXPECT_EQ(kept.size(), 20'000 - kept.front());
  EXPECT_GE(kept.size(), 5'000U);
}

TEST_F(RecorderTest, GivesNoNameTwiceWhenTheClockGoesBack) {
  start();
  for (int i = 0; i < 3; ++i) {
    record(10);
    settle();
    now_ns_ -= 5 * kSecond;
  }
  EXPECT_EQ(segments().size(), 3U);
  EXPECT_EQ(all(), up_to(30));
}

// Whatever the disk says of its space: a quota and a lack of inodes do not show there.
TEST_F(RecorderTest, RemovesTheOldestWhenTheDiskTakesNoMore) {
  start({.segment_bytes = 2 * kMib});
  for (int i = 0; i < 4; ++i) {
    record(1'000);
    settle();
    now_ns_ += kSecond;
  }
  folder_->create_error = EDQUOT;
  folder_->mended_by_removal = true;
  record(1'000);
  settle();
  EXPECT_EQ(writer_->counts().removed, 1U);
  EXPECT_EQ(all().front(), 1'000U);
  EXPECT_EQ(all().back(), 4'999U);
}

TEST_F(RecorderTest, EndsWhenNothingCanBeMended) {
  start();
  folder_->helper_is_gone = true;
  record(10);
  ASSERT_TRUE(recorder_->end_segment());
  EXPECT_FALSE(writer_->finish());
  EXPECT_FALSE(recorder_->flush());
}

TEST_F(RecorderTest, GoesOnWhenAFolderThatVanishedIsBack) {
  start({.keep = {.bytes = 8 * kMib}, .segment_bytes = 2 * kMib});
  record(1'000);
  settle();
  record(100);
  std::filesystem::remove_all(path_);
  folder_->can_restore = false;  // its file system is not there
  now_ns_ += 2 * kSecond;
  record(3'000);
  settle();
  EXPECT_EQ(writer_->counts().packets_lost, 3'100U) << "those of the segment that was being written, too";
  EXPECT_TRUE(was_told("packets are lost until this is mended"));
  now_ns_ += 2 * kSecond;
  std::filesystem::create_directory(path_);
  std::ofstream(path_ + "/20261129T140319.123456789Z.pcapng") << std::string(7 * kMib, 'x');
  folder_->can_restore = true;
  record(100);
  ASSERT_TRUE(recorder_->end_segment());
  ASSERT_TRUE(writer_->finish());
  EXPECT_TRUE(was_told("goes on"));
  EXPECT_EQ(writer_->counts().packets, 1'100U) << "the first thousand were removed after they were recorded";
  EXPECT_EQ(all().size(), 100U) << "what was found there is too much with a segment more";
  EXPECT_EQ(all().back(), 4'199U);
}

TEST_F(RecorderTest, MakesAFolderThatWasRemovedAnew) {
  start();
  record(100);
  settle();
  std::filesystem::remove_all(path_);
  record(100);  // finds out
  settle();
  now_ns_ += 2 * kSecond;
  record(100);
  settle();
  EXPECT_EQ(writer_->counts().packets_lost, 100U);
  EXPECT_EQ(all().size(), 100U);
}

TEST_F(RecorderTest, KeepsWithinItsLimitsWhatCouldNotBeCompleted) {
  start({.keep = {.bytes = 8 * kMib}, .segment_bytes = 2 * kMib});
  folder_->publish_error = EIO;
  for (int i = 0; i < 20; ++i) {
    record(1'000);
    settle();
    now_ns_ += 2 * kSecond;
  }
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) bytes += entry.file_size();
  EXPECT_LE(bytes, 8 * kMib);
  EXPECT_GE(bytes, 4 * kMib);
  EXPECT_EQ(writer_->counts().packets_lost, 20'000U);
}

TEST_F(RecorderTest, RemovesWhatIsTooOldAlsoWithoutTraffic) {
  start({.keep = {.age_ns = 10 * kSecond}});
  record(100);
  settle();
  EXPECT_EQ(segments().size(), 1U);
  now_ns_ += 20 * kSecond;
  ASSERT_TRUE(recorder_->flush());
  static_cast<void>(writer_->finish());
  EXPECT_EQ(segments().size(), 0U);
}

TEST_F(RecorderTest, KeepsInItsListWhatCannotBeRemoved) {
  start({.keep = {.bytes = 4 * kMib}, .segment_bytes = 2 * kMib});
  folder_->remove_error = EACCES;
  for (int i = 0; i < 4; ++i) {
    record(1'000);
    settle();
  }
  EXPECT_EQ(writer_->counts().removed, 0U);
  folder_->remove_error = 0;
  record(1'000);
  settle();
  EXPECT_EQ(writer_->counts().removed, 2U);
}

TEST_F(RecorderTest, CountsWhatItLosesAndGoesOn) {
  start();
  record(100);
  settle();
  folder_->create_error = EIO;
  record(100);
  settle();
  EXPECT_EQ(writer_->counts().packets, 100U);
  EXPECT_EQ(writer_->counts().packets_lost, 100U);
  EXPECT_TRUE(was_told("Input/output error; packets are lost until this is mended"));
  folder_->create_error = 0;
  now_ns_ += 2 * kSecond;
  record(100);
  ASSERT_TRUE(recorder_->end_segment());
  ASSERT_TRUE(writer_->finish());
  EXPECT_TRUE(was_told("goes on"));
  EXPECT_EQ(writer_->counts().packets, 200U);
  EXPECT_EQ(all().size(), 200U);
}

TEST_F(RecorderTest, SaysAtTheEndThatPacketsWereLost) {
  start();
  folder_->create_error = EIO;
  record(10);
  const auto finished = recorder_->finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().kind(), ErrorKind::kOutput);
  EXPECT_EQ(recorder_->records_stored(), 0U);
}

TEST_F(RecorderTest, CountsASegmentThatCannotGetItsName) {
  start();
  record(100);
  folder_->publish_error = ENOENT;  // somebody removed the folder
  ASSERT_TRUE(recorder_->end_segment());
  EXPECT_FALSE(writer_->finish());
  EXPECT_EQ(writer_->counts().packets, 0U);
  EXPECT_EQ(writer_->counts().packets_lost, 100U);
}

TEST_F(RecorderTest, RecordsWithoutAnIndexWhereThereIsNoSpaceForOne) {
  start();
  folder_->no_index = true;
  record(100);
  settle();
  EXPECT_EQ(all(), up_to(100));
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    EXPECT_FALSE(entry.path().string().ends_with(".index"));
  }
}

TEST_F(RecorderTest, CompletesWhatAnotherLeftBehind) {
  for (const bool compress : {false, true}) {
    SCOPED_TRACE(compress);
    std::filesystem::remove_all(path_);
    next_ = 0;
    RecordSettings settings;
    if (compress) settings.zstd_level = 1;
    start(settings);
    record(5'000);
    settle();
    stop();
    // As if it had been killed while it wrote the last frame.
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      const std::string path = entry.path();
      if (path.ends_with(".index")) {
        std::filesystem::resize_file(path, entry.file_size() - 10);
      } else {
        std::filesystem::resize_file(path, entry.file_size() * 3 / 4);
        std::filesystem::rename(path, path + ".part");
      }
    }
    std::ofstream(path_ + "/20261129T140320.123456789Z.pcapng.index") << "of no segment";
    std::ofstream(path_ + "/20261129T140320.123456789Z.pcapng.txt") << "of somebody else";
    start(settings);
    settle();
    EXPECT_TRUE(was_told("completed after its recorder was ended"));
    const auto found = all();
    EXPECT_EQ(found, up_to(static_cast<std::uint32_t>(found.size())));
    EXPECT_GT(found.size(), 3'000U);
    EXPECT_FALSE(std::filesystem::exists(path_ + "/20261129T140320.123456789Z.pcapng.index"));
    EXPECT_TRUE(std::filesystem::exists(path_ + "/20261129T140320.123456789Z.pcapng.txt"));
    std::filesystem::remove(path_ + "/20261129T140320.123456789Z.pcapng.txt");
    stop();
  }
}

RecordSettings around_events(std::uint64_t memory = 64 * kMib) {
  RecordSettings settings;
  settings.event = {.memory_bytes = memory, .before_ns = 5 * kSecond, .after_ns = 2 * kSecond};
  return settings;
}

TEST_F(RecorderTest, WritesWhatWasInMemoryBeforeAnEventAndWhatFollows) {
  start(around_events());
  const auto pass = [&](int seconds) {
    for (int i = 0; i < seconds; ++i) {
      record(10);
      now_ns_ += kSecond;
      ASSERT_TRUE(recorder_->flush());
    }
  };
  pass(20);  // records 0 to 199
  ASSERT_TRUE(recorder_->trigger("a test"));
  pass(1);
  ASSERT_TRUE(recorder_->trigger("another"));  // joins the one before
  pass(20);
  ASSERT_TRUE(recorder_->trigger("a third"));
  ASSERT_TRUE(recorder_->finish());
  const auto found = segments();
  ASSERT_EQ(found.size(), 2U);
  const auto& first = found.begin()->second;
  EXPECT_LE(first.front(), 150U) << "at least the five seconds before";
  EXPECT_GE(first.front(), 130U) << "and not much more";
  EXPECT_GE(first.back(), 219U) << "two seconds after the second event";
  EXPECT_LE(first.back(), 250U);
  for (std::size_t i = 1; i < first.size(); ++i) ASSERT_EQ(first[i], first[i - 1] + 1);
  EXPECT_EQ(found.rbegin()->second.back(), 409U);
  EXPECT_EQ(recorder_->records_stored() + recorder_->records_left_out(), 410U);
  auto reader = open_capture(path_ + "/" + found.begin()->first);
  ASSERT_TRUE(reader);
  EXPECT_NE(testing::read_file(path_ + "/" + found.begin()->first).find("event: a test"), std::string::npos);
}

TEST_F(RecorderTest, GoesOnInAnotherSegmentWhenAnEventDoesNotEnd) {
  RecordSettings settings = around_events(4 * kMib);
  settings.segment_bytes = 4 * kMib;
  start(settings);
  record(1'000);
  ASSERT_TRUE(recorder_->trigger("a test"));
  record(20'000);
  ASSERT_TRUE(recorder_->finish());
  EXPECT_EQ(all(), up_to(21'000));
  EXPECT_GE(segments().size(), 3U);
  for (const auto& entry : std::filesystem::directory_iterator(path_)) EXPECT_LE(entry.file_size(), 9 * kMib);
}

TEST_F(RecorderTest, DoesNotWaitForAClockThatWasSetBack) {
  start(around_events());
  record(10);
  ASSERT_TRUE(recorder_->trigger("a test"));
  record(10);
  now_ns_ -= 7200 * kSecond;
  record(1);  // ends the event
  ASSERT_TRUE(recorder_->trigger("another"));
  record(10);
  ASSERT_TRUE(recorder_->finish());
  EXPECT_EQ(segments().size(), 2U);
}

TEST_F(RecorderTest, HoldsNoMoreThanItsMemory) {
  start(around_events(4 * kMib));
  record(20'000);
  ASSERT_TRUE(recorder_->trigger("a test"));
  ASSERT_TRUE(recorder_->finish());
  const auto kept = all();
  EXPECT_EQ(kept.back(), 19'999U);
  EXPECT_EQ(kept.size(), 20'000 - kept.front());
  EXPECT_LE(kept.size(), 5'100U);
  EXPECT_GE(kept.size(), 3'000U);
}

TEST(Triggers, KnowTheirEvents) {
  RecordView packet;
  packet.time_ns = 100 * kSecond;
  EXPECT_FALSE(Triggers({.loss = true}, nullptr).look(packet));
  packet.lost_before = 3;
  EXPECT_EQ(Triggers({.loss = true}, nullptr).look(packet), "loss of 3 packets by the capture");
  EXPECT_FALSE(Triggers({}, nullptr).look(packet));
  EXPECT_TRUE(Triggers({.expression = "x"}, [](const RecordView&) { return true; }).look(packet));

  Triggers rate({.pps = 10}, nullptr);
  int events = 0;
  for (int i = 0; i < 35; ++i) {
    packet.time_ns = 100 * kSecond + static_cast<std::uint64_t>(i) * kSecond / 20;  // 20 a second
    if (rate.look(packet)) ++events;
  }
  EXPECT_EQ(events, 2) << "once in each second";

  Trace trace;
  trace.reason = "NETFILTER_DROP";
  packet.trace = trace;
  EXPECT_FALSE(Triggers({.drop_reason = "any"}, nullptr).look(packet)) << "not a drop";
  packet.tap = Tap::kDrop;
  EXPECT_EQ(Triggers({.drop_reason = "any"}, nullptr).look(packet), "drop NETFILTER_DROP");
  EXPECT_TRUE(Triggers({.drop_reason = "NETFILTER_DROP"}, nullptr).look(packet));
  EXPECT_FALSE(Triggers({.drop_reason = "NO_SOCKET"}, nullptr).look(packet));
  Triggers drops({.drop_reason = "any", .drops_per_second = 2}, nullptr);
  EXPECT_FALSE(drops.look(packet));
  EXPECT_FALSE(drops.look(packet));
  EXPECT_TRUE(drops.look(packet));
}

TEST_F(RecorderTest, RefusesAFolderThatAnotherRecorderHas) {
  start();
  const auto second = LocalFolder::open(path_);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().text().find("another recorder"), std::string::npos);
}

}  // namespace
}  // namespace ringtap
