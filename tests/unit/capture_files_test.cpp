// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Several capture files as one source: one after the other, their interfaces told apart, and ended by what is missing.
#include "file/capture_files.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "file/file_writer.hpp"
#include "file/pcap_writer.hpp"
#include "file/pcapng_writer.hpp"
#include "support/recording_sink.hpp"
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
    EXPECT_TRUE(writer.on_record({.time_ns = 1, .data = kData, .wire_len = 60, .interface_id = id}));
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
  TempDir folder_;
};

TEST_F(CaptureFilesTest, NumbersTheInterfacesOfAllFilesOn) {
  const std::vector<std::string> paths = {pcapng("a", 2), pcap("b", LinkType::kRaw), pcapng("c", 2)};
  std::vector<std::string> begun;
  auto files = CaptureFiles::open(paths, [&](const CaptureFiles&, const std::string& path, const Interface&) {
    begun.push_back(path);
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

TEST_F(CaptureFilesTest, AMissingFileEndsItAfterThoseBefore) {
  auto files = CaptureFiles::open({pcap("a"), folder_ / "none", pcap("c")}, {});
  ASSERT_TRUE(files);
  RecordingSink sink;
  const auto error = drain(**files, sink);
  ASSERT_TRUE(error);
  EXPECT_NE(error->text().find("none: No such file"), std::string::npos) << error->text();
  EXPECT_EQ(sink.records.size(), 1U);
  EXPECT_FALSE(drain(**files, sink));
  EXPECT_EQ(sink.records.size(), 1U);
  EXPECT_FALSE(CaptureFiles::open({folder_ / "none", pcap("c")}, {}));
}

TEST_F(CaptureFilesTest, WhoeverIsToldOfAFileCanRefuseIt) {
  auto files = CaptureFiles::open({pcap("a"), pcap("b", LinkType::kRaw)},
                                  [](const CaptureFiles&, const std::string&, const Interface& first) {
                                    return first.link_type == LinkType::kRaw ? Result<>(Error("not this one")) : ok();
                                  });
  ASSERT_TRUE(files);
  RecordingSink sink;
  const auto error = drain(**files, sink);
  ASSERT_TRUE(error);
  EXPECT_NE(error->text().find("not this one"), std::string::npos) << error->text();
  EXPECT_EQ(sink.records.size(), 1U);
}

TEST_F(CaptureFilesTest, StoppedInTheFirstFileOpensNoOther) {
  auto files = CaptureFiles::open({pcap("a"), folder_ / "none"}, {});
  ASSERT_TRUE(files);
  ASSERT_TRUE((*files)->stop());
  RecordingSink sink;
  EXPECT_FALSE(drain(**files, sink));
  EXPECT_TRUE(sink.records.empty());
}

}  // namespace
}  // namespace ringtap
