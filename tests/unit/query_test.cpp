// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The oracle of queries: whatever the expression, a query gives byte for byte what reading all files gives. Then what
// a user sees when segments are damaged, incomplete or gone.
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
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

TEST(Query, ATimeOfDayIsTheLastOneBeforeNow) {
  ::setenv("TZ", "UTC", 1);
  tzset();
  using Base = FileTime::Base;
  constexpr std::uint64_t kHour = 3600 * kSecond;
  const std::uint64_t midnight = kStart - 22 * kHour - 800 * kSecond;  // it is 22:13:20
  const auto times = [&](std::optional<FileTime> from, std::optional<FileTime> to) {
    const FileSelection at = resolved({.from = from, .to = to}, kStart);
    EXPECT_TRUE((!at.from || at.from->base == Base::kEpoch) && (!at.to || at.to->base == Base::kEpoch));
    return std::pair(at.from ? at.from->ns : 0, at.to ? at.to->ns : 0);
  };
  const auto day = [&](std::uint64_t hour) { return FileTime{Base::kDay, hour * kHour}; };
  const std::uint64_t yesterday = midnight - 24 * kHour;
  EXPECT_EQ(times(day(10), day(11)), std::pair(midnight + 10 * kHour, midnight + 11 * kHour));
  EXPECT_EQ(times(day(23), {}), std::pair(yesterday + 23 * kHour, std::uint64_t{0}));
  EXPECT_EQ(times(day(23), day(1)), std::pair(yesterday + 23 * kHour, midnight + kHour));
  EXPECT_EQ(times(day(22), day(23)), std::pair(midnight + 22 * kHour, midnight + 23 * kHour));
  EXPECT_EQ(times({}, day(23)), std::pair(std::uint64_t{0}, yesterday + 23 * kHour));
  EXPECT_EQ(times(FileTime{Base::kBeforeNow, kHour}, {}), std::pair(kStart - kHour, std::uint64_t{0}));
  EXPECT_EQ(times(FileTime{Base::kEpoch, yesterday}, day(1)), std::pair(yesterday, yesterday + kHour));
  ::unsetenv("TZ");
  tzset();
}

// What the program does with a folder, by its exit status and what it says.
class QueryCommand : public ::testing::Test {
 protected:
  static constexpr int kPackets = 100;

  // Ethernet frames to ports from `first` on, at times a second apart.
  static Bytes pcapng(std::uint16_t first, std::uint64_t start_ns = kStart) {
    auto stored = std::make_shared<Stored>();
    PcapngWriter writer(std::make_unique<MemoryWriter>(stored), PcapngOptions{.application = "a test"});
    EXPECT_TRUE(writer.on_interface({.name = "eth0", .snaplen = 262144}));
    for (int n = 0; n < kPackets; ++n) {
      const Bytes frame = (Ethernet{} / Ipv4{} / Udp{.dst_port = static_cast<std::uint16_t>(first + n)}).bytes();
      EXPECT_TRUE(writer.on_record({.time_ns = start_ns + static_cast<std::uint64_t>(n) * kSecond,
                                    .data = frame,
                                    .wire_len = static_cast<std::uint32_t>(frame.size())}));
    }
    EXPECT_TRUE(writer.on_statistics({.interface_id = 0, .received = kPackets}));
    EXPECT_TRUE(writer.finish());
    return stored->bytes;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] Finished query(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {ringtap_binary(), "query", folder_ / ""});
    return run(arguments);
  }
  // "100 packets"
  [[nodiscard]] std::string count(const std::vector<std::string>& expression) const {
    std::vector<std::string> arguments = {"--count"};
    arguments.insert(arguments.end(), expression.begin(), expression.end());
    return query(arguments).out;
  }
  TempDir folder_;
  const std::string first_ = path("20231114T221320.000000000Z.pcapng");
  const std::string second_ = path("20231114T222000.000000000Z.pcapng.zst");
};

TEST_F(QueryCommand, FindsPacketsInSegmentsAndInAnyCaptureFile) {
  write_segment(first_, pcapng(1000));
  write_segment(second_, pcapng(2000, kStart + 400 * kSecond));
  write_bytes(path("x.pcap.gz"), pcapng(3000));
  write_bytes(path("notes"), Bytes(100));
  write_bytes(path("y.pcapng"), pcapng(4000));
  write_bytes(path("empty.pcapng"), {});
  const Finished found = query({"-n", "-tt", "port 2007 or port 1007 or port 3007"});
  EXPECT_EQ(found.status, (ExitStatus{0, 0})) << found;
  EXPECT_EQ(found.err, "");
  std::string ports;
  for (std::size_t at = found.out.find("192.0.2.2."); at != std::string::npos;
       at = found.out.find("192.0.2.2.", at + 1)) {
    ports += found.out.substr(at + 10, 5);
  }
  EXPECT_EQ(ports, "1007:3007:2007:");
  const Finished told = query({"-v", "--count", "port 2007"});
  EXPECT_EQ(told.out, "1 packet\n");
  EXPECT_NE(told.err.find("4 files, 2 of them with an index"), std::string::npos) << told.err;
  EXPECT_EQ(count({}), "400 packets\n");
}

TEST_F(QueryCommand, SelectsByTime) {
  write_segment(first_, pcapng(1000));
  write_segment(second_, pcapng(2000, kStart + 400 * kSecond));
  EXPECT_EQ(count({"--from", "@1700000098", "--to", "@1700000402"}), "5 packets\n");
  EXPECT_EQ(count({"--from", "+98s", "--to", "+402s"}), "5 packets\n");
  EXPECT_EQ(count({"--from", "-10m"}), "0 packets\n");
  EXPECT_EQ(count({"--from", "2023-11-14 22:20:00Z"}), "100 packets\n");
  EXPECT_EQ(query({"--from", "-1s", "--to", "-2s"}).status, (ExitStatus{2, 0}));
}

TEST_F(QueryCommand, ReadsASegmentWholeWhoseIndexIsDamagedOrMissing) {
  write_segment(first_, pcapng(1000));
  Bytes index = write_segment(second_, pcapng(2000));
  index[100] ^= std::byte{1};
  write_bytes(second_ + ".index", index);
  Finished found = query({"--count", "port 2007"});
  EXPECT_EQ(found.status, (ExitStatus{0, 0}));
  EXPECT_EQ(found.out, "1 packet\n");
  EXPECT_EQ(found.err, "ringtap: " + second_ + ": its index is damaged, so all of the file is read\n");
  std::filesystem::remove(second_ + ".index");
  found = query({"--count", "port 2007"});
  EXPECT_EQ(found.status, (ExitStatus{0, 0}));
  EXPECT_EQ(found.out, "1 packet\n");
  EXPECT_NE(found.err.find("1 segment has no index, so all of it is read"), std::string::npos) << found.err;
}

TEST_F(QueryCommand, GoesOnAfterASegmentThatIsDamaged) {
  write_segment(first_, pcapng(1000));
  write_segment(second_, pcapng(2000));
  Bytes file = read_bytes(second_);
  for (std::size_t n = 0; n < 20; ++n) file[file.size() / 2 + n] = std::byte{0xff};
  write_bytes(second_, file);
  const Finished found = query({"--count", "portrange 1000-1003 or portrange 2000-2099"});
  EXPECT_EQ(found.status, (ExitStatus{1, 0})) << found;
  EXPECT_NE(found.err.find(second_ + ": damaged zstd data (frame at byte "), std::string::npos) << found.err;
  EXPECT_NE(found.err.find("1 file was not read to the end"), std::string::npos) << found.err;
  const std::size_t packets = std::stoul(found.out);
  EXPECT_GT(packets, 4U);
  EXPECT_LT(packets, 104U);
}

TEST_F(QueryCommand, ReadsOfASegmentThatIsBeingWrittenWhatIsIndexed) {
  const std::string part = second_ + ".part";
  write_segment(part, pcapng(2000));
  EXPECT_EQ(count({}), "100 packets\n");
  // Half an entry, and half a frame.
  Bytes index = read_bytes(second_ + ".index");
  index.resize(index.size() / 2);
  write_bytes(second_ + ".index", index);
  const std::size_t some = std::stoul(count({}));
  EXPECT_GT(some, 10U);
  EXPECT_LT(some, 90U);
  Bytes file = read_bytes(part);
  file.resize(file.size() * 2 / 3);
  write_bytes(part, file);
  Finished found = query({"--count"});
  EXPECT_EQ(found.status, (ExitStatus{0, 0}));
  EXPECT_EQ(std::stoul(found.out), some);
  // The index may be behind, or not there yet.
  for (const std::size_t size : {16, 0}) {
    write_bytes(second_ + ".index", Bytes(index.begin(), index.begin() + static_cast<std::ptrdiff_t>(size)));
    found = query({"--count"});
    EXPECT_EQ(found.status, (ExitStatus{0, 0})) << found;
    EXPECT_EQ(found.err, "");
    EXPECT_GE(std::stoul(found.out), some);
  }
  // Under both names: it is complete since.
  write_bytes(second_, file);
  EXPECT_EQ(query({"--count"}).out, found.out);
  std::filesystem::remove(second_);
  // Just begun.
  write_bytes(part, Bytes(file.begin(), file.begin() + 5));
  write_segment(first_, pcapng(1000));
  found = query({"--count"});
  EXPECT_EQ(found.status, (ExitStatus{0, 0})) << found;
  EXPECT_EQ(found.out, "100 packets\n");
}

TEST_F(QueryCommand, SaysWhichSegmentIsGone) {
  write_segment(first_, pcapng(1000));
  write_segment(second_, pcapng(2000, kStart + 400 * kSecond));
  std::filesystem::create_symlink(path("nowhere"), path("a.pcapng"));
  // The text of the first segment blocks the pipe, so that the second one is still closed when it is removed.
  const Bytes many = [] {
    Bytes all;
    for (int n = 0; n < 40; ++n) append_bytes(all, pcapng(1000, kStart + static_cast<std::uint64_t>(n)));
    return all;
  }();
  write_segment(first_, many);
  const std::string status = path("status");
  const Finished found = run_shell("{ " + ringtap_binary() + " query " + path("") + " -n -X; echo $? > " + status +
                                   "; } | (read line; rm " + second_ + "; cat) | grep -c UDP");
  EXPECT_EQ(found.out, "3999\n") << found;  // but the line that was read
  EXPECT_NE(found.err.find("open " + second_ + ": No such file or directory"), std::string::npos) << found.err;
  std::string code;
  std::ifstream(status) >> code;
  EXPECT_EQ(code, "1");
}

TEST_F(QueryCommand, RefusesWhatIsNoFolder) {
  EXPECT_EQ(run({ringtap_binary(), "query"}).status, (ExitStatus{2, 0}));
  const Finished none = run({ringtap_binary(), "query", path("none")});
  EXPECT_EQ(none.status, (ExitStatus{1, 0}));
  EXPECT_NE(none.err.find("query " + path("none") + ": No such file or directory"), std::string::npos) << none.err;
  EXPECT_NE(query({}).err.find("there is no capture file in it"), std::string::npos);
  write_segment(first_, pcapng(1000));
  EXPECT_EQ(query({"-r", "x"}).status, (ExitStatus{2, 0}));
  EXPECT_EQ(query({"-w", first_}).status, (ExitStatus{2, 0}));
  EXPECT_EQ(query({"prot 80"}).status, (ExitStatus{2, 0}));
}

}  // namespace
}  // namespace ringtap
