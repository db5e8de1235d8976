// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Several capture files as one source: in time order, their interfaces told apart, and what is missing or damaged.
#include "file/capture_files.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/open_files.hpp"
#include "file/file_writer.hpp"
#include "file/pcap_writer.hpp"
#include "file/pcapng_writer.hpp"
#include "support/recording_sink.hpp"
#include "support/requirements.hpp"
#include "support/wait.hpp"

namespace ringtap {
namespace {

using testing::drain;
using testing::RecordingSink;
using testing::TempDir;

const std::vector<std::byte> kData(60);

// A file with so many interfaces, a record of each, and totals of each.
template <class Writer, class Options>
std::string write_file(const std::string& path, LinkType link_type, std::uint32_t interfaces, Options options) {
  auto out = FileWriter::create(path);
  Writer writer(out.take(), options);
  for (std::uint32_t id = 0; id < interfaces; ++id) {
    EXPECT_TRUE(writer.on_interface({.name = path + std::to_string(id), .link_type = link_type}));
  }
  for (std::uint32_t id = 0; id < interfaces; ++id) {
    EXPECT_TRUE(
        writer.on_record({.time_ns = 1000, .data = kData, .wire_len = 60, .interface_id = id, .link_type = link_type}));
    EXPECT_TRUE(writer.on_statistics({.interface_id = id, .received = 7 + id}));
  }
  EXPECT_TRUE(writer.finish());
  return path;
}

class CaptureFilesTest : public ::testing::Test {
 protected:
  std::string pcap(const std::string& name, LinkType link_type = LinkType::kEthernet) {
    return write_file<PcapWriter>(folder_ / name, link_type, 1, PcapOptions{});
  }
  std::string pcapng(const std::string& name, std::uint32_t interfaces) {
    return write_file<PcapngWriter>(folder_ / name, LinkType::kEthernet, interfaces, PcapngOptions{});
  }
  // A pcap file of records with these times.
  std::string timed(const std::string& name, const std::vector<std::uint64_t>& times, std::uint32_t snaplen = 262144) {
    auto out = FileWriter::create(folder_ / name);
    PcapWriter writer(out.take(), {.precision = TimePrecision::kNanoseconds});
    EXPECT_TRUE(writer.on_interface({.link_type = LinkType::kEthernet, .snaplen = snaplen}));
    for (const std::uint64_t time : times) {
      EXPECT_TRUE(writer.on_record({.time_ns = time, .data = kData, .wire_len = 60}));
    }
    EXPECT_TRUE(writer.finish());
    return folder_ / name;
  }
  TempDir folder_;
};

TEST_F(CaptureFilesTest, NumbersTheInterfacesOfAllFilesOn) {
  const std::vector<std::string> paths = {pcapng("a", 2), pcap("b", LinkType::kRaw), pcapng("c", 2)};
  std::vector<std::string> begun;
  auto files = CaptureFiles::open(paths, [&](const CaptureFiles::File& file) {
    begun.push_back(file.path);
    return ok();
  });
  ASSERT_TRUE(files);
  RecordingSink sink;
  EXPECT_FALSE(drain(**files, sink));
  ASSERT_EQ(sink.interfaces.size(), 5U);
  EXPECT_EQ(sink.interfaces[2].link_type, LinkType::kRaw);
  ASSERT_EQ(sink.records.size(), 5U);
  for (std::uint32_t i = 0; i < 5; ++i) EXPECT_EQ(sink.records[i].view.interface_id, i);
  EXPECT_EQ(begun, paths);
  const auto statistics = (*files)->statistics();
  ASSERT_TRUE(statistics);
  ASSERT_EQ(statistics->size(), 4U);
  EXPECT_EQ((*statistics)[2].interface_id, 3U);
  EXPECT_EQ((*statistics)[3].received, 8U);
}

TEST_F(CaptureFilesTest, KnowsHowFarAllOfThemAreRead) {
  for (const std::size_t count : {1U, 3U}) {
    std::vector<std::string> paths = {timed("a", {1, 4}), timed("b", {}), timed("c", {2, 3})};
    paths.resize(count);
    std::uint64_t size = 0;
    for (const std::string& path : paths) size += std::filesystem::file_size(path);
    auto files = CaptureFiles::open(paths, {});
    ASSERT_TRUE(files);
    RecordingSink sink;
    EXPECT_FALSE(drain(**files, sink));
    const ReadPosition position = (*files)->position();
    EXPECT_EQ(position.bytes, size);
    EXPECT_EQ(position.size, size);
    EXPECT_TRUE(position.has_size);
  }
  EXPECT_FALSE((ReadPosition{} += ReadPosition{.bytes = 5, .size = 0, .has_size = false}).has_size);
}

TEST_F(CaptureFilesTest, AMissingFileIsFoundBeforeAnythingIsRead) {
  const auto files = CaptureFiles::open({pcap("a"), folder_ / "none", pcap("c")}, {});
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().text().find("none: No such file"), std::string::npos) << files.error().text();
}

TEST_F(CaptureFilesTest, WhoeverIsToldOfAFileCanRefuseIt) {
  const auto files = CaptureFiles::open({pcap("a"), pcap("b", LinkType::kRaw)}, [](const CaptureFiles::File& file) {
    return file.first.link_type == LinkType::kRaw ? Result<>(Error("not this one")) : ok();
  });
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().text().find("not this one"), std::string::npos) << files.error().text();
}

TEST_F(CaptureFilesTest, TheEarliestRecordComesNextAndOfEqualOnesThatOfTheFirstFile) {
  auto files =
      CaptureFiles::open({timed("a", {1, 4, 4, 9}), timed("b", {}), timed("c", {2, 4, 3}), timed("d", {10})}, {});
  ASSERT_TRUE(files);
  RecordingSink sink;
  EXPECT_FALSE(drain(**files, sink, 1));  // whatever a turn takes
  // 3 stands behind 4 in its file and is not sorted.
  const std::vector<std::pair<std::uint64_t, std::uint32_t>> expected = {{1, 0}, {2, 2}, {4, 0}, {4, 0},
                                                                         {4, 2}, {3, 2}, {9, 0}, {10, 3}};
  std::vector<std::pair<std::uint64_t, std::uint32_t>> merged;
  for (const auto& record : sink.records) merged.emplace_back(record.view.time_ns, record.view.interface_id);
  EXPECT_EQ(merged, expected);
  for (const auto& record : sink.records) EXPECT_EQ(record.data, kData);
}

TEST_F(CaptureFilesTest, OfADamagedFileTheGoodPartIsMergedAndTheErrorComesLast) {
  const std::string damaged = timed("damaged", {1, 2, 3});
  std::filesystem::resize_file(damaged, std::filesystem::file_size(damaged) - 1);
  auto files = CaptureFiles::open({damaged, timed("whole", {1, 5})}, {});
  ASSERT_TRUE(files);
  RecordingSink sink;
  const auto error = drain(**files, sink);
  ASSERT_TRUE(error);
  EXPECT_NE(error->text().find("truncated"), std::string::npos) << error->text();
  EXPECT_EQ(sink.records.size(), 4U);
  EXPECT_FALSE(drain(**files, sink));
}

TEST_F(CaptureFilesTest, SeveralFilesHaveTheLargestSnaplenSoThatLibpcapReadsTheResult) {
  const auto snaplens = [&](std::vector<std::uint32_t> given) {
    std::vector<std::string> paths;
    for (const std::uint32_t snaplen : given) paths.push_back(timed("s" + std::to_string(snaplen), {1}, snaplen));
    auto files = CaptureFiles::open(paths, {});
    RecordingSink sink;
    EXPECT_FALSE(drain(**files, sink));
    std::vector<std::uint32_t> found;
    for (const Interface& interface : sink.interfaces) found.push_back(interface.snaplen);
    return found;
  };
  EXPECT_EQ(snaplens({96}), std::vector<std::uint32_t>{96});
  EXPECT_EQ(snaplens({96, 1500, 128}), (std::vector<std::uint32_t>{1500, 1500, 1500}));
}

TEST_F(CaptureFilesTest, StoppedInTheMiddleItEndsAndHoldsNothingBack) {
  for (const bool several : {false, true}) {
    std::vector<std::string> paths = {timed("a", {1, 3})};
    if (several) paths.push_back(timed("b", {2, 4}));
    auto files = CaptureFiles::open(paths, {});
    ASSERT_TRUE(files);
    RecordingSink sink;
    ASSERT_TRUE((*files)->turn(sink, 1, std::chrono::seconds(1)));
    ASSERT_TRUE((*files)->stop());
    EXPECT_FALSE(drain(**files, sink));
    EXPECT_EQ(sink.records.size(), 1U);
  }
}

TEST_F(CaptureFilesTest, ThousandsOfFilesCanBeOpenAtOnce) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  RINGTAP_REQUIRE(before.rlim_max > 2100, "a limit of more than 2100 open files");
  rlimit low = before;
  low.rlim_cur = 1024;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  OpenFileLimit::raise();
  const std::string file = timed("a", {7});
  auto files = CaptureFiles::open(std::vector<std::string>(2000, file), {});
  ASSERT_TRUE(files) << files.error().text();
  RecordingSink sink;
  EXPECT_FALSE(drain(**files, sink));
  EXPECT_EQ(sink.records.size(), 2000U);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace ringtap
