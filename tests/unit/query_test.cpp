// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The oracle of queries: whatever the expression, a query gives byte for byte what reading all files gives. Then what
// a user sees when segments are damaged, incomplete or gone.
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "command/inputs.hpp"
#include "file/pcapng_writer.hpp"
#include "support/capture_file.hpp"
#include "support/corpora.hpp"
#include "support/filter_inputs.hpp"
#include "support/memory_writer.hpp"
#include "support/packet.hpp"
#include "support/process.hpp"
#include "support/recording_sink.hpp"
#include "support/requirements.hpp"
#include "support/segment.hpp"

namespace ringtap {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): layers of packets
using Bytes = std::vector<std::byte>;

constexpr std::uint64_t kStart = 1'700'000'000'000'000'000;
constexpr std::uint64_t kSecond = 1'000'000'000;

Bytes bytes_of(const RawFrame& frame) {
  const auto bytes = std::as_bytes(std::span(frame));
  return {bytes.begin(), bytes.end()};
}

// A folder of segments as recorders leave them, in which everything occurs that makes the order difficult: times that
// overlap between segments and go back within one, interfaces and other blocks between packets, link types, and a
// capture file without an index.
class Archive {
 public:
  explicit Archive(std::uint64_t seed) : inputs_(seed), random_(seed) {
    for (int n = 0; n < kSegments; ++n) add_segment(n);
  }

  [[nodiscard]] const std::string& folder() const { return folder_text_; }
  [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }
  [[nodiscard]] std::string expression() { return inputs_.expression(); }
  FilterInputs& inputs() { return inputs_; }

 private:
  static constexpr int kSegments = 6;
  static constexpr int kPackets = 26;  // of each

  void add_segment(int number) {
    auto stored = std::make_shared<Stored>();
    PcapngWriter writer(std::make_unique<MemoryWriter>(stored), PcapngOptions{.application = "a test"});
    std::vector<LinkType> links = {LinkType::kEthernet, number % 3 == 1 ? LinkType::kRaw : LinkType::kEthernet};
    const std::uint32_t snaplen = number == 4 ? 0 : 262144;
    for (const LinkType link : links) {
      EXPECT_TRUE(writer.on_interface({.name = "if" + std::to_string(number), .link_type = link, .snaplen = snaplen}));
    }
    std::uint64_t time = kStart + static_cast<std::uint64_t>(number) * kPackets * kSecond / 2;
    for (int n = 0; n < kPackets; ++n) {
      if (n == 12 && number % 2 == 0) {
        links.push_back(LinkType::kEthernet);
        EXPECT_TRUE(writer.on_interface({.name = "later", .link_type = links.back(), .snaplen = snaplen}));
      }
      if (n == 18 && number % 3 == 0) put_block(writer, static_cast<std::uint8_t>(number));
      const std::uint32_t interface = inputs_.below(links.size());
      Bytes packet = bytes_of(inputs_.frame());
      if (links[interface] == LinkType::kRaw)
        packet.erase(packet.begin(), packet.begin() + std::min<std::ptrdiff_t>(14, std::ssize(packet)));
      time += random_() % kSecond;
      const std::uint64_t moment = inputs_.one_in(10) ? time - 9 * kSecond : time;
      EXPECT_TRUE(writer.on_record({.time_ns = moment,
                                    .data = packet,
                                    .wire_len = static_cast<std::uint32_t>(packet.size()),
                                    .interface_id = interface,
                                    .link_type = links[interface]}));
    }
    for (std::uint32_t id = 0; id < links.size(); ++id) {
      EXPECT_TRUE(writer.on_statistics({.interface_id = id, .received = 7 + id}));
    }
    EXPECT_TRUE(writer.finish());
    const std::string name =
        number == 5 ? "other.pcapng" : "20261129T14000" + std::to_string(number) + ".000000000Z.pcapng";
    const std::string path = folder_ / (name + (number % 2 == 1 && number != 5 ? ".zst" : ""));
    if (number == 5) {
      write_bytes(path, stored->bytes);
    } else {
      write_segment(path, stored->bytes, 400);
    }
    paths_.push_back(path);
    std::sort(paths_.begin(), paths_.end());
  }
  static void put_block(PcapngWriter& writer, std::uint8_t mark) {
    const Bytes body = {std::byte{1},    std::byte{0}, std::byte{0}, std::byte{0},
                        std::byte{mark}, std::byte{2}, std::byte{3}, std::byte{4}};
    EXPECT_TRUE(writer.on_block({.kind = FileBlockKind::kCustom, .type = 0xbad, .body = body}));
  }

  TempDir folder_;
  std::string folder_text_ = folder_ / "";
  FilterInputs inputs_;
  std::mt19937_64 random_;
  std::vector<std::string> paths_;
};

struct Written {
  Bytes bytes;
  std::string error;  // of an expression that is not one, or of the source
  Query::Counts counts;
};

Written write(const Options& options) {
  Written written;
  auto files = open_files(options, OfRefused::kNothing, true);
  if (!files) return {.bytes = {}, .error = files.error().text(), .counts = {}};
  auto stored = std::make_shared<Stored>();
  Conversion conversion;
  PcapngWriter writer(std::make_unique<MemoryWriter>(stored),
                      PcapngOptions{.application = "a test", .conversion = &conversion});
  if (const auto error = drain(*files->source, writer, 64)) written.error = error->text();
  auto statistics = files->source->statistics();
  EXPECT_TRUE(statistics);
  for (const auto& interface : *statistics) EXPECT_TRUE(writer.on_statistics(interface));
  EXPECT_TRUE(writer.finish());
  written.bytes = std::move(stored->bytes);
  if (files->query != nullptr) written.counts = files->query->counts;
  return written;
}

Options reading(const Archive& archive, const std::string& expression, bool any_vlan = false) {
  Options options;
  options.action = Action::kReadFile;
  options.read_paths = archive.paths();
  options.filter.expression = expression;
  options.filter.any_vlan = any_vlan;
  return options;
}

Options querying(Options options, const Archive& archive) {
  options.action = Action::kQuery;
  options.folder = archive.folder();
  return options;
}

TEST(Query, GivesByteForByteWhatReadingAllFilesGives) {
  // The buffers of 2,000 runs, 16 MiB each, need not come from the kernel every time.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  Archive archive(14);
  std::uint64_t frames = 0;
  std::uint64_t chosen = 0;
  std::size_t refused = 0;
  std::size_t without_packets = 0;
  const std::size_t none =
      write(reading(archive, "ether host 00:00:00:00:00:01 and ip host 203.0.113.77")).bytes.size();
  for (int n = 0; n < 1000;) {
    const std::string expression = n == 0 ? "" : archive.expression();
    Options all = reading(archive, expression, archive.inputs().one_in(4));
    if (archive.inputs().one_in(8))
      all.selection.from = FileTime{FileTime::Base::kEpoch, kStart + archive.inputs().below(85) * kSecond};
    if (archive.inputs().one_in(8))
      all.selection.to = FileTime{FileTime::Base::kEpoch, kStart + archive.inputs().below(85) * kSecond};
    if (archive.inputs().one_in(20))
      all.selection.from = FileTime{FileTime::Base::kFirstPacket, archive.inputs().below(85) * kSecond};
    const Written expected = write(all);
    const Written found = write(querying(all, archive));
    ASSERT_EQ(found.error, expected.error) << expression;
    ASSERT_TRUE(found.bytes == expected.bytes) << expression;
    if (!expected.error.empty()) {
      ++refused;
      continue;
    }
    ++n;
    without_packets += expected.bytes.size() <= none ? 1 : 0;
    frames += found.counts.frames;
    chosen += found.counts.frames_chosen;
  }
  std::printf("%zu refused, %zu without packets; %.1f %% of the frames read\n", refused, without_packets,
              100.0 * static_cast<double>(chosen) / static_cast<double>(frames));
  EXPECT_LT(refused, 500U);
  EXPECT_LT(without_packets, 700U);
  EXPECT_LT(chosen, frames * 9 / 10);
}

}  // namespace
}  // namespace ringtap
