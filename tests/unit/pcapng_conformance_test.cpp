// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The pcapng conformance files (24 cases in both byte orders), read by us and by tshark: the same packets with the same
// interface, time, lengths and bytes.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "file/capture_reader.hpp"
#include "support/capture_file.hpp"
#include "support/corpora.hpp"
#include "support/process.hpp"
#include "support/recording_sink.hpp"
#include "support/requirements.hpp"

namespace ringtap {
namespace {

namespace fs = std::filesystem;
using testing::drain;
using testing::RecordingSink;

struct Packet {
  std::uint64_t interface_id;
  std::uint64_t time_ns;
  std::uint64_t wire_len;
  std::string hex;  // the captured bytes

  friend bool operator==(const Packet&, const Packet&) = default;
  friend void PrintTo(const Packet& packet, std::ostream* out) {
    *out << "interface " << packet.interface_id << " time " << packet.time_ns << " length " << packet.wire_len << " "
         << packet.hex;
  }
};

// How many interfaces each section describes: tshark numbers them within the section, we do over the file.
std::vector<std::uint64_t> interfaces_per_section(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::vector<unsigned char> bytes{std::istreambuf_iterator<char>(stream), {}};
  std::vector<std::uint64_t> counts;
  bool is_big = false;
  const auto word = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes.at(is_big ? at + i : at + 3 - i);
    return value;
  };
  for (std::size_t at = 0; at < bytes.size(); at += word(at + 4)) {
    if (word(at) == 0x0a0d0d0a) {
      is_big = bytes.at(at + 8) == 0x1a;
      counts.push_back(0);
    }
    if (word(at) == 1) ++counts.back();
  }
  return counts;
}

std::uint64_t nanoseconds(const std::string& seconds_and_fraction) {
  const std::size_t dot = seconds_and_fraction.find('.');
  if (dot == std::string::npos) return 0;  // a simple packet block has no time
  std::string fraction = seconds_and_fraction.substr(dot + 1);
  fraction.resize(9, '0');
  return std::stoull(seconds_and_fraction.substr(0, dot)) * 1'000'000'000 + std::stoull(fraction);
}

// The text after `key` and up to the next quotation mark; empty if the key is not there.
std::string value_of(std::string_view json, std::string_view key) {
  std::size_t begin = json.find(key);
  if (begin == std::string_view::npos) return {};
  begin = json.find('"', begin + key.size()) + 1;
  return std::string(json.substr(begin, json.find('"', begin) - begin));
}

std::vector<Packet> as_tshark_reads(const fs::path& file) {
  const auto tshark = testing::run({"tshark", "-n", "-r", file, "-T", "json", "-x", "-j", "frame"});
  EXPECT_EQ(tshark.status.code, 0) << tshark.err;
  const auto counts = interfaces_per_section(file);
  constexpr std::string_view kFrame = "\"frame_raw\":";
  std::vector<Packet> packets;
  for (std::size_t at = tshark.out.find(kFrame), next = 0; at != std::string::npos; at = next) {
    next = tshark.out.find(kFrame, at + 1);
    const std::string_view frame = std::string_view(tshark.out).substr(at, next - at);
    const std::string interface = value_of(frame, "\"frame.interface_id\":");
    if (interface.empty()) continue;  // a block that tshark lists and that holds no packet
    std::uint64_t id = std::stoull(interface);
    const std::uint64_t sections = std::stoull(value_of(frame, "\"frame.section_number\":"));
    for (std::uint64_t section = 1; section < sections; ++section) id += counts.at(section - 1);
    packets.push_back({id, nanoseconds(value_of(frame, "\"frame.time_epoch\":")),
                       std::stoull(value_of(frame, "\"frame.len\":")), value_of(frame, kFrame)});
  }
  return packets;
}

std::vector<Packet> as_we_read(const fs::path& file) {
  RecordingSink sink;
  auto reader = open_capture(file);
  if (!reader) {
    ADD_FAILURE() << reader.error().text();
    return {};
  }
  const auto error = drain(**reader, sink);
  EXPECT_FALSE(error) << error->text();
  std::uint64_t interfaces = 0;
  for (const std::uint64_t count : interfaces_per_section(file)) interfaces += count;
  EXPECT_EQ(sink.interfaces.size(), interfaces);
  std::vector<Packet> packets;
  for (const auto& [view, data, texts] : sink.records) {
    packets.push_back({view.interface_id, view.time_ns, view.wire_len, testing::hex(data)});
  }
  return packets;
}

TEST(PcapngConformance, EveryCaseReadsAsTsharkReadsIt) {
  REQUIRE_TOOL("tshark");
  auto files = testing::corpus_files("pcapng-conformance");
  std::erase_if(files, [](const fs::path& file) { return file.extension() != ".pcapng"; });  // the licence
  REQUIRE_CORPUS(files);
  EXPECT_EQ(files.size(), 48u);
  std::size_t packets = 0;
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    const auto ours = as_we_read(file);
    EXPECT_EQ(ours, as_tshark_reads(file));
    packets += ours.size();
  }
  EXPECT_GT(packets, 100u);
}

}  // namespace
}  // namespace ringtap
