// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The capture file reader: what the writers wrote comes back, pipes are followed live, damage is told and costs
// nothing. libpcap is the judge of what it can read.
#include "file/capture_reader.hpp"

#include <bzlib.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <lzma.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <new>
#include <random>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "file/fd_source.hpp"
#include "file/pcap_writer.hpp"
#include "file/pcapng_parser.hpp"
#include "file/pcapng_writer.hpp"
#include "support/capture_file.hpp"
#include "support/compared_tcpdump.hpp"
#include "support/corpora.hpp"
#include "support/memory_source.hpp"
#include "support/memory_writer.hpp"
#include "support/recording_sink.hpp"
#include "support/wait.hpp"

namespace {

std::size_t g_largest_allocation = 0;

}  // namespace

// Sees what a length in a file makes the reader allocate.
// Not inlined: g++ 12 would see free() of what new returned and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  g_largest_allocation = std::max(g_largest_allocation, size);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace ringtap {
namespace {

using testing::Bytes;
using testing::drain;
using testing::MemorySource;
using testing::MemoryWriter;
using testing::RecordingSink;
using testing::Stored;

constexpr std::uint64_t kTime = 1'700'000'000'123'456'789;

// Puts a file together field by field, in either byte order.
class FileBytes {
 public:
  explicit FileBytes(std::endian order = std::endian::little) : order_(order) {}

  FileBytes& u8(std::uint8_t value) { return number(value, 1); }
  FileBytes& u16(std::uint16_t value) { return number(value, 2); }
  FileBytes& u32(std::uint32_t value) { return number(value, 4); }
  FileBytes& u64(std::uint64_t value) { return number(value, 8); }
  FileBytes& fill(std::size_t size, std::uint8_t value = 0xab) {
    bytes_.resize(bytes_.size() + size, std::byte{value});
    return *this;
  }
  // A pcap file header.
  FileBytes& pcap(std::uint32_t magic = 0xa1b2c3d4, std::uint32_t link_type = 1, std::uint32_t snaplen = 262144,
                  std::uint16_t minor = 4, std::uint16_t major = 2) {
    return u32(magic).u16(major).u16(minor).u64(0).u32(snaplen).u32(link_type);
  }
  FileBytes& packet(std::uint32_t seconds, std::uint32_t fraction, std::uint32_t cap_len, std::uint32_t wire_len) {
    return u32(seconds).u32(fraction).u32(cap_len).u32(wire_len);
  }
  // A pcapng block around what `body` adds.
  FileBytes& block(std::uint32_t type, const std::function<void(FileBytes&)>& body) {
    FileBytes inside(order_);
    body(inside);
    const auto length = static_cast<std::uint32_t>(inside.bytes_.size() + 12);
    u32(type).u32(length);
    bytes_.insert(bytes_.end(), inside.bytes_.begin(), inside.bytes_.end());
    return u32(length);
  }
  FileBytes& section() {
    return block(0x0a0d0d0a, [](FileBytes& b) { b.u32(0x1a2b3c4d).u16(1).u16(0).u64(UINT64_MAX); });
  }
  FileBytes& interface(std::uint16_t link_type = 1, std::uint32_t snaplen = 0) {
    return block(1, [&](FileBytes& b) { b.u16(link_type).u16(0).u32(snaplen); });
  }
  FileBytes& enhanced(std::uint32_t interface, std::uint32_t cap_len, std::uint32_t wire_len) {
    return block(6, [&](FileBytes& b) {
      b.u32(interface).u32(0).u32(5).u32(cap_len).u32(wire_len).fill((cap_len + 3) / 4 * 4);
    });
  }

  operator Bytes() const { return bytes_; }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  FileBytes& number(std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) {
      const unsigned shift = 8 * (order_ == std::endian::little ? i : size - 1 - i);
      bytes_.push_back(static_cast<std::byte>(value >> shift));
    }
    return *this;
  }

  std::endian order_;
  Bytes bytes_;
};

struct ReadBack {
  RecordingSink sink;
  std::string error;  // empty at a clean end
  std::vector<InterfaceStatistics> statistics;
};

ReadBack read(const Bytes& bytes, std::size_t piece = SIZE_MAX) {
  CaptureReader reader(std::make_unique<MemorySource>(bytes, piece), "file");
  ReadBack result;
  if (auto error = drain(reader, result.sink)) result.error = error->text();
  result.statistics = reader.statistics().take();
  return result;
}

struct Sample {
  Bytes bytes;
  std::vector<std::size_t> ends;  // of its blocks
  std::vector<std::size_t> ends_of_records;
};

const std::vector<std::byte>& payload() {
  static const std::vector<std::byte> bytes = [] {
    std::vector<std::byte> made(61);
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::byte>(i);
    return made;
  }();
  return bytes;
}

std::vector<RecordView> records() {
  RecordView plain{.time_ns = kTime, .data = payload(), .wire_len = 1514};
  RecordView full = plain;
  full.time_ns += 1;
  full.direction = Direction::kIn;
  full.packet_type = PacketType::kBroadcast;
  full.checksum = ChecksumState::kValid;
  full.lost_before = 1ull << 40;
  full.packet_id = 7;
  full.rx_queue = 0;
  full.hash = 0xa1b2c3d4;
  full.verdict = Verdict{VerdictType::kXdp, 2};
  RecordView sent = plain;
  sent.direction = Direction::kOut;
  sent.packet_type = PacketType::kOutgoing;
  sent.checksum = ChecksumState::kNotReady;
  sent.verdict = Verdict{VerdictType::kTc, -1};
  RecordView empty = plain;
  empty.data = {};
  empty.wire_len = 0;
  return {plain, full, sent, empty};
}

Sample write(bool is_pcapng, PcapOptions options = {}) {
  auto stored = std::make_shared<Stored>();
  std::unique_ptr<Sink> sink;
  if (is_pcapng) {
    sink = std::make_unique<PcapngWriter>(std::make_unique<MemoryWriter>(stored), PcapngOptions{.application = "test"});
  } else {
    sink = std::make_unique<PcapWriter>(std::make_unique<MemoryWriter>(stored), options);
  }
  Sample sample;
  EXPECT_TRUE(sink->on_interface({.name = "eth0", .description = "tc", .filter = "udp", .mac = {{2, 0, 0, 0, 0, 1}}}));
  for (const RecordView& view : records()) {
    EXPECT_TRUE(sink->on_record(view));
    sample.ends_of_records.push_back(stored->bytes.size());
  }
  EXPECT_TRUE(sink->on_statistics(
      {.start_ns = kTime, .end_ns = kTime + 5, .received = 9, .filter_accepted = 8, .dropped = 1, .delivered = 7}));
  EXPECT_TRUE(sink->finish());
  sample.bytes = stored->bytes;
  sample.ends = stored->block_ends;
  return sample;
}

void expect_same(const RecordView& actual, const RecordView& expected) {
  EXPECT_EQ(actual.time_ns, expected.time_ns);
  EXPECT_TRUE(std::equal(actual.data.begin(), actual.data.end(), expected.data.begin(), expected.data.end()));
  EXPECT_EQ(actual.wire_len, expected.wire_len);
  EXPECT_EQ(actual.interface_id, expected.interface_id);
  EXPECT_EQ(actual.link_type, expected.link_type);
  EXPECT_EQ(actual.direction, expected.direction);
  EXPECT_EQ(actual.packet_type, expected.packet_type);
  EXPECT_EQ(actual.checksum, expected.checksum);
  EXPECT_EQ(actual.lost_before, expected.lost_before);
  EXPECT_EQ(actual.packet_id, expected.packet_id);
  EXPECT_EQ(actual.rx_queue, expected.rx_queue);
  EXPECT_EQ(actual.hash, expected.hash);
  ASSERT_EQ(actual.verdict.has_value(), expected.verdict.has_value());
  if (actual.verdict) {
    EXPECT_EQ(actual.verdict->type, expected.verdict->type);
    EXPECT_EQ(actual.verdict->value, expected.verdict->value);
  }
}

TEST(CaptureReader, ReturnsWhatThePcapngWriterWrote) {
  const auto back = read(write(true).bytes);
  EXPECT_EQ(back.error, "");
  ASSERT_EQ(back.sink.interfaces.size(), 1u);
  const Interface& interface = back.sink.interfaces[0];
  EXPECT_EQ(interface.name, "eth0");
  EXPECT_EQ(interface.description, "tc");
  EXPECT_EQ(interface.filter, "udp");
  EXPECT_EQ(interface.mac, (std::array<std::uint8_t, 6>{2, 0, 0, 0, 0, 1}));
  const auto expected = records();
  ASSERT_EQ(back.sink.records.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(back.sink.records[i].view, expected[i]);
  }
  ASSERT_EQ(back.statistics.size(), 1u);
  EXPECT_EQ(back.statistics[0].start_ns, kTime);
  EXPECT_EQ(back.statistics[0].end_ns, kTime + 5);
  EXPECT_EQ(back.statistics[0].received, 9u);
  EXPECT_EQ(back.statistics[0].filter_accepted, 8u);
  EXPECT_EQ(back.statistics[0].dropped, 1u);
  EXPECT_EQ(back.statistics[0].delivered, 7u);
}

TEST(CaptureReader, ReturnsWhatThePcapWriterWrote) {
  for (const auto precision : {TimePrecision::kMicroseconds, TimePrecision::kNanoseconds}) {
    const auto back = read(write(false, {.precision = precision}).bytes);
    EXPECT_EQ(back.error, "");
    ASSERT_EQ(back.sink.interfaces.size(), 1u);
    EXPECT_EQ(back.sink.interfaces[0].snaplen, 262144u);
    const auto expected = records();
    ASSERT_EQ(back.sink.records.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::uint64_t unit = precision == TimePrecision::kMicroseconds ? 1000 : 1;
      expect_same(
          back.sink.records[i].view,
          {.time_ns = expected[i].time_ns / unit * unit, .data = expected[i].data, .wire_len = expected[i].wire_len});
    }
  }
}

TEST(CaptureReader, GivesTheSameInWhateverPiecesTheBytesCome) {
  for (const bool is_pcapng : {false, true}) {
    const auto bytes = write(is_pcapng).bytes;
    for (const std::size_t piece : {1, 2, 3, 7, 64}) {
      const auto back = read(bytes, piece);
      EXPECT_EQ(back.error, "");
      EXPECT_EQ(back.sink.records.size(), records().size());
    }
  }
}

TEST(CaptureReader, ReadsPcapOfEveryByteOrderAndPrecision) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    for (const std::uint32_t magic : {0xa1b2c3d4u, 0xa1b23c4du}) {
      const auto back = read(FileBytes(order).pcap(magic, 0x14000071).packet(0xffffffff, 123456, 5, 70000).fill(5));
      EXPECT_EQ(back.error, "");
      ASSERT_EQ(back.sink.records.size(), 1u);
      EXPECT_EQ(back.sink.records[0].view.time_ns,
                0xffffffffull * 1'000'000'000 + (magic == 0xa1b23c4d ? 123'456u : 123'456'000u));
      EXPECT_EQ(back.sink.records[0].view.wire_len, 70000u);
      EXPECT_EQ(back.sink.records[0].data, Bytes(5, std::byte{0xab}));
      EXPECT_EQ(back.sink.interfaces[0].link_type, LinkType::kLinuxSll) << "without the FCS length in the upper bits";
    }
  }
}

TEST(CaptureReader, ReadsTheModifiedPcapForm) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    const auto back = read(FileBytes(order)
                               .pcap(0xa1b2cd34)
                               .packet(1, 2, 5, 5)
                               .u32(3)
                               .u16(8)
                               .u8(4)
                               .u8(0)
                               .fill(5)
                               .packet(1, 2, 0, 5)
                               .u64(UINT64_MAX));
    EXPECT_EQ(back.error, "");
    ASSERT_EQ(back.sink.records.size(), 2u);
    EXPECT_EQ(back.sink.records[0].view.ifindex, 3u);
    EXPECT_EQ(back.sink.records[0].view.packet_type, PacketType::kOutgoing);
    EXPECT_EQ(back.sink.records[0].data.size(), 5u);
    EXPECT_EQ(back.sink.records[1].view.packet_type, PacketType::kUnknown);
  }
}

TEST(CaptureReader, ReadsPcapOfIxiaAndOfOlderVersions) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    for (const std::uint32_t magic : {0x1c0001acu, 0x1c0001abu}) {
      const auto back = read(FileBytes(order).pcap(magic).u32(21).packet(1, 5, 5, 60).fill(5));
      EXPECT_EQ(back.error, "");
      ASSERT_EQ(back.sink.records.size(), 1u);
      EXPECT_EQ(back.sink.records[0].view.time_ns, 1'000'005'000u);
      EXPECT_EQ(back.sink.records[0].view.wire_len, 60u);
    }
  }
  // The lengths in the other order: always, or if they cannot be in this one.
  const std::pair<std::uint16_t, std::uint16_t> kVersions[] = {{2, 2}, {2, 3}, {543, 0}};
  for (const auto& [major, minor] : kVersions) {
    const auto back = read(FileBytes().pcap(0xa1b2c3d4, 1, 65535, minor, major).packet(1, 5, 60, 5).fill(5));
    EXPECT_EQ(back.error, "") << major << '.' << minor;
    ASSERT_EQ(back.sink.records.size(), 1u);
    EXPECT_EQ(back.sink.records[0].view.wire_len, 60u);
    EXPECT_EQ(back.sink.records[0].data.size(), 5u);
  }
  const auto in_order = read(FileBytes().pcap(0xa1b2c3d4, 1, 65535, 3).packet(1, 5, 5, 60).fill(5));
  EXPECT_EQ(in_order.error, "");
  ASSERT_EQ(in_order.sink.records.size(), 1u);
  EXPECT_EQ(in_order.sink.records[0].view.wire_len, 60u);
}

FileBytes snoop(std::uint32_t version = 2, std::uint32_t data_link = 4) {
  return FileBytes(std::endian::big).u32(0x736e6f6f).u32(0x70000000).u32(version).u32(data_link);
}

TEST(CaptureReader, ReadsSnoopCutAnywhere) {
  const FileBytes header = snoop();
  const FileBytes first = FileBytes(header).u32(60).u32(5).u32(32).u32(0).packet(7, 9, 0xabababab, 0xabababab);
  const Bytes whole = FileBytes(first).u32(4).u32(4).u32(28).u32(3).u32(8).u32(0).fill(4);
  for (std::size_t size = 4; size <= whole.size(); ++size) {
    SCOPED_TRACE(size);
    const auto back = read(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), size % 7 + 1);
    const bool is_end = size == header.size() || size == first.size() || size == whole.size();
    EXPECT_EQ(back.error.empty(), is_end) << back.error;
    EXPECT_EQ(back.error.find("truncated") != std::string::npos, !is_end) << back.error;
    EXPECT_EQ(back.sink.records.size(), size < first.size() ? 0u : size < whole.size() ? 1u : 2u);
  }
  const auto back = read(whole);
  EXPECT_EQ(back.sink.interfaces[0].link_type, LinkType::kEthernet);
  EXPECT_EQ(back.sink.records[0].view.time_ns, 7'000'009'000u);
  EXPECT_EQ(back.sink.records[0].view.wire_len, 60u);
  EXPECT_EQ(back.sink.records[0].data, Bytes(5, std::byte{0xab})) << "without what pads the record";
  EXPECT_EQ(back.sink.records[1].data.size(), 4u);
  ASSERT_EQ(back.statistics.size(), 1u);
  EXPECT_EQ(back.statistics[0].dropped, 3u);
}

TEST(CaptureReader, TellsDamageOfSnoop) {
  EXPECT_NE(read(snoop(1)).error.find("version 1"), std::string::npos);
  EXPECT_NE(read(snoop(2, 3)).error.find("data link type 3"), std::string::npos);
  EXPECT_NE(read(FileBytes(std::endian::big).u32(0x736e6f6f).u32(0x70000001).u64(0)).error.find("unknown file format"),
            std::string::npos);
  for (const std::uint32_t record_length : {27u, 93u, 0xffffffffu}) {
    const auto back = read(snoop().u32(4).u32(4).u32(record_length).u32(0).u64(0).fill(4));
    EXPECT_NE(back.error.find("record length " + std::to_string(record_length)), std::string::npos) << back.error;
  }
  EXPECT_NE(read(snoop().u32(4).u32(0x7fffffff).u32(8).u32(0).u64(0)).error.find("capture length"), std::string::npos);
}

TEST(CaptureReader, NumbersTheInterfacesOfLaterSectionsOn) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    Bytes bytes = FileBytes().section().interface(1).interface(113).enhanced(1, 4, 4);
    const Bytes second =
        FileBytes(order).section().interface(101).enhanced(0, 8, 8).block(5, [](FileBytes& b) { b.u32(0).u64(0); });
    bytes.insert(bytes.end(), second.begin(), second.end());
    const auto back = read(bytes);
    EXPECT_EQ(back.error, "");
    ASSERT_EQ(back.sink.interfaces.size(), 3u);
    EXPECT_EQ(back.sink.interfaces[2].link_type, LinkType::kRaw);
    ASSERT_EQ(back.sink.records.size(), 2u);
    EXPECT_EQ(back.sink.records[0].view.interface_id, 1u);
    EXPECT_EQ(back.sink.records[0].view.link_type, LinkType::kLinuxSll);
    EXPECT_EQ(back.sink.records[1].view.interface_id, 2u);
    EXPECT_EQ(back.sink.records[1].view.link_type, LinkType::kRaw);
    ASSERT_EQ(back.statistics.size(), 1u);
    EXPECT_EQ(back.statistics[0].interface_id, 2u);
  }
}

TEST(TimeScale, TurnsEveryResolutionIntoNanoseconds) {
  const auto ns = [](std::uint8_t resolution, std::uint64_t units, std::int64_t offset_s = 0,
                     std::int32_t offset_ns = 0) {
    TimeScale scale;
    scale.set_resolution(resolution);
    scale.set_offset_seconds(offset_s);
    scale.set_offset_ns(offset_ns);
    return scale.to_ns({static_cast<std::uint32_t>(units >> 32), static_cast<std::uint32_t>(units)});
  };
  EXPECT_EQ(TimeScale().to_ns({0, 7}), 7'000u) << "microseconds unless told otherwise";
  EXPECT_EQ(ns(6, 7), 7'000u);
  EXPECT_EQ(ns(9, UINT64_MAX), UINT64_MAX);
  EXPECT_EQ(ns(0, 3), 3'000'000'000u);
  EXPECT_EQ(ns(12, 1'999), 1u);
  EXPECT_EQ(ns(0x7f, UINT64_MAX), 0u);
  EXPECT_EQ(ns(0x80, 3), 3'000'000'000u);
  EXPECT_EQ(ns(0x80 | 10, 1536), 1'500'000'000u);
  EXPECT_EQ(ns(0x80 | 63, 1ull << 62), 500'000'000u);
  EXPECT_EQ(ns(0x80 | 64, 1ull << 63), 500'000'000u);
  EXPECT_EQ(ns(0xff, UINT64_MAX), 0u);
  EXPECT_EQ(ns(6, 1, 10, 5), 10'000'001'005u);
  EXPECT_EQ(ns(6, 20'000'000, -10, -5), 9'999'999'995u);
  EXPECT_EQ(ns(6, 0, -10), 0u) << "before 1970";
  EXPECT_EQ(ns(0, UINT64_MAX), UINT64_MAX) << "after 2554";
  EXPECT_EQ(ns(6, 0, INT64_MAX), UINT64_MAX);
  EXPECT_EQ(ns(6, 0, INT64_MIN), 0u);
}

TEST(CaptureReader, PassesOverOptionsOfAnUnexpectedSize) {
  const auto back = read(FileBytes().section().interface().block(6, [](FileBytes& b) {
    b.u32(0).u64(0).u32(0).u32(0);
    b.u16(2).u16(2).u32(0xffff);      // two octets of flags
    b.u16(3).u16(5).u8(2).fill(7);    // a CRC32
    b.u16(7).u16(9).u8(9).fill(11);   // a verdict of no known kind
    b.u16(2).u16(4).u32(0xffffffff);  // contradictory flags
    b.u16(0).u16(0).fill(8);          // what follows the end mark is no option
  }));
  EXPECT_EQ(back.error, "");
  ASSERT_EQ(back.sink.records.size(), 1u);
  const RecordView& view = back.sink.records[0].view;
  EXPECT_EQ(view.direction, Direction::kUnknown);
  EXPECT_EQ(view.packet_type, PacketType::kUnknown);
  EXPECT_FALSE(view.hash);
  EXPECT_FALSE(view.verdict);
}

// Damage, in libpcap's words where it has some.
struct Damaged {
  const char* name;
  Bytes bytes;
  std::size_t good_records;
  const char* place;
};
std::vector<Damaged> damaged_files() {
  const auto pcap = [] { return FileBytes().pcap().packet(1, 2, 60, 60).fill(60); };
  const auto pcapng = [] { return FileBytes().section().interface().enhanced(0, 60, 60); };
  return {
      {"empty", {}, 0, ""},
      {"three bytes", FileBytes().u16(1).u8(1), 0, ""},
      {"unknown", FileBytes().fill(100), 0, ""},
      {"half a file header", FileBytes().u32(0xa1b2c3d4).fill(6), 0, "byte 0"},
      {"version 2.5", FileBytes().pcap(0xa1b2c3d4, 1, 65535, 5), 0, ""},
      {"version 3.4", FileBytes().pcap(0xa1b2c3d4, 1, 65535, 4, 3), 0, ""},
      {"half a packet header", pcap().fill(7), 1, "byte 100"},
      {"half a packet", pcap().packet(1, 2, 60, 60).fill(20), 1, "byte 116"},
      {"an impossible packet", pcap().packet(1, 2, 262145, 262145).fill(300'000), 1, "byte 100"},
      {"the largest length", pcap().packet(1, 2, UINT32_MAX, 60).fill(60), 1, "byte 100"},
      {"an impossible D-Bus message", FileBytes().pcap(0xa1b2c3d4, 231, 0).packet(1, 2, 0x8000001, 60).fill(60), 0,
       "byte 24"},
      {"half a block header", pcapng().u32(6), 1, "byte 140"},
      {"half a block", pcapng().u32(6).u32(92).fill(64), 1, "byte 148"},
      {"a huge block", pcapng().u32(99).u32(0x7ffffff0).fill(64), 1, "byte 140"},
      {"no trailer", pcapng().u32(99).u32(16).u32(0).u32(20), 1, "byte 152"},
  };
}

TEST(CaptureReader, HandsOverTheGoodPartAndTellsTheDamageAsLibpcapDoes) {
  const testing::TempDir directory;
  for (const Damaged& damaged : damaged_files()) {
    SCOPED_TRACE(damaged.name);
    const auto back = read(damaged.bytes);
    EXPECT_EQ(back.sink.records.size(), damaged.good_records);
    EXPECT_NE(back.error.find(damaged.place), std::string::npos) << back.error;
    EXPECT_TRUE(back.error.starts_with("file: ")) << back.error;

    const std::string path = directory / "damaged";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(damaged.bytes.data()), static_cast<std::streamsize>(damaged.bytes.size()));
    const auto libpcap = testing::read_capture(path);
    EXPECT_EQ(libpcap.frames.size(), damaged.good_records);
    ASSERT_FALSE(libpcap.error.empty());
    // Of a file header libpcap counts only what follows the magic number as got.
    const std::string words = libpcap.error.substr(0, libpcap.error.find(", only got 6"));
    EXPECT_NE(back.error.find(words), std::string::npos) << back.error << "\nlibpcap: " << libpcap.error;
  }
}

TEST(CaptureReader, TellsDamageOfPcapngBlocks) {
  const auto pcapng = [] { return FileBytes().section().interface().enhanced(0, 60, 60); };
  const struct {
    const char* expected;
    Bytes bytes;
  } cases[] = {
      {"length of 8 (byte 140)", pcapng().u32(99).u32(8)},
      {"length of 17 (byte 140)", pcapng().u32(99).u32(17)},
      {"interface 1, which no block describes (block at byte 140)", pcapng().enhanced(1, 4, 4)},
      {"interface 0, which no block describes (block at byte 28)",
       FileBytes().section().block(3, [](FileBytes& b) { b.u32(0); })},
      {"61 captured bytes in a block with room for 60",
       pcapng().block(6, [](FileBytes& b) { b.u32(0).u64(0).u32(61).u32(61).fill(60); })},
      {"option 2 with a length of 5 extends beyond its block",
       pcapng().block(6, [](FileBytes& b) { b.u32(0).u64(0).u32(0).u32(0).u16(2).u16(5).u32(0); })},
      {"enhanced packet block too short", pcapng().block(6, [](FileBytes& b) { b.u32(0).u64(0).u32(0); })},
      {"packet block too short", pcapng().block(2, [](FileBytes& b) { b.u32(0).u64(0).u32(0); })},
      {"simple packet block too short", pcapng().block(3, [](FileBytes&) {})},
      {"interface description block too short", pcapng().block(1, [](FileBytes& b) { b.u32(0); })},
      {"interface statistics block too short", pcapng().block(5, [](FileBytes& b) { b.u32(0); })},
      {"statistics refer to interface 7", pcapng().block(5, [](FileBytes& b) { b.u32(7).u64(0); })},
      {"section header block too short", pcapng().block(0x0a0d0d0a, [](FileBytes& b) { b.u32(0x1a2b3c4d); })},
      {"wrong byte-order magic in a section header block (byte 148)",
       pcapng().block(0x0a0d0d0a, [](FileBytes& b) { b.u32(0x1a2b3c4c).u16(1).u16(0).u64(0); })},
      {"unsupported pcapng savefile version 2.0",
       pcapng().block(0x0a0d0d0a, [](FileBytes& b) { b.u32(0x1a2b3c4d).u16(2).u16(0).u64(0); })},
  };
  for (const auto& [expected, bytes] : cases) {
    const auto back = read(bytes);
    EXPECT_NE(back.error.find(expected), std::string::npos) << "expected: " << expected << "\nactual: " << back.error;
    EXPECT_EQ(back.sink.records.size(), std::string(expected).find("byte 28") == std::string::npos ? 1u : 0u);
  }
}

TEST(CaptureReader, AllocatesByWhatHasArrivedNotByWhatALengthSays) {
  for (const Bytes& bytes :
       {Bytes(FileBytes().section().interface().u32(6).u32(16 * 1024 * 1024).fill(1000)),
        Bytes(FileBytes().section().interface(231).u32(6).u32(100 * 1024 * 1024).fill(1000)),
        Bytes(FileBytes().pcap(0xa1b2c3d4, 231, 0).packet(1, 2, 128 * 1024 * 1024, 60).fill(1000))}) {
    CaptureReader reader(std::make_unique<MemorySource>(bytes), "file");
    RecordingSink sink;
    g_largest_allocation = 0;
    EXPECT_TRUE(drain(reader, sink));
    EXPECT_LE(g_largest_allocation, 512u * 1024);
  }
}

TEST(CaptureReader, EveryTruncationIsTheEndOrAnError) {
  for (const bool is_pcapng : {false, true}) {
    const Sample sample = write(is_pcapng);
    for (std::size_t size = 4; size < sample.bytes.size(); ++size) {
      SCOPED_TRACE(size);
      const auto back = read(Bytes(sample.bytes.begin(), sample.bytes.begin() + static_cast<std::ptrdiff_t>(size)));
      const bool is_whole = std::find(sample.ends.begin(), sample.ends.end(), size) != sample.ends.end();
      EXPECT_EQ(back.error.empty(), is_whole) << back.error;
      EXPECT_EQ(back.error.find("truncated") != std::string::npos, !is_whole) << back.error;
      const auto whole_records = std::count_if(sample.ends_of_records.begin(), sample.ends_of_records.end(),
                                               [&](std::size_t end) { return end <= size; });
      EXPECT_EQ(back.sink.records.size(), static_cast<std::size_t>(whole_records));
    }
  }
}

TEST(CaptureReader, RandomDamageIsAnErrorOrOtherRecordsButNoMore) {
  std::mt19937 random(20'240'601);
  for (const bool is_pcapng : {false, true}) {
    const Bytes good = write(is_pcapng).bytes;
    std::size_t errors = 0;
    for (int round = 0; round < 20'000; ++round) {
      Bytes bytes = good;
      for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
        bytes[random() % bytes.size()] = static_cast<std::byte>(random() % 3 == 0 ? 0xff : random());
      }
      const auto back = read(bytes);
      errors += back.error.empty() ? 0 : 1;
      std::size_t captured = 0;
      for (const auto& record : back.sink.records) captured += record.data.size();
      EXPECT_LE(captured, bytes.size());
    }
    EXPECT_GT(errors, 100u);
  }
}

TEST(CaptureReader, TurnsAsFarAsItIsToldAndGoesOnAfterASinkThatRefused) {
  CaptureReader reader(std::make_unique<MemorySource>(write(true).bytes), "file");
  RecordingSink sink;
  auto state = reader.turn(sink, 0, std::chrono::seconds(0));
  ASSERT_TRUE(state);
  EXPECT_EQ(*state, SourceState::kMore);
  EXPECT_EQ(sink.records.size(), 0u);
  ASSERT_TRUE(reader.turn(sink, 1, std::chrono::seconds(0)));
  EXPECT_EQ(sink.records.size(), 1u);
  sink.refuse_after = 1;
  auto refused = reader.turn(sink, 1, std::chrono::seconds(0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(), "enough") << "the sink's words, unchanged";
  sink.refuse_after = UINT64_MAX;
  EXPECT_FALSE(drain(reader, sink, 1));
  EXPECT_EQ(sink.records.size(), 3u) << "the refused one counts as handed over";
  EXPECT_EQ(sink.records.back().view.wire_len, 0u);
}

TEST(CaptureReader, EndsWithTheTurnAfterStop) {
  CaptureReader reader(std::make_unique<MemorySource>(write(true).bytes), "file");
  RecordingSink sink;
  ASSERT_TRUE(reader.turn(sink, 1, std::chrono::seconds(0)));
  ASSERT_TRUE(reader.stop());
  auto state = reader.turn(sink, 100, std::chrono::seconds(0));
  ASSERT_TRUE(state);
  EXPECT_EQ(*state, SourceState::kEnd);
  EXPECT_EQ(sink.records.size(), 1u);
}

class PipeReader : public ::testing::Test {
 protected:
  PipeReader() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    write_end_ = UniqueFd(ends[1]);
    reader_ = std::make_unique<CaptureReader>(std::make_unique<FdSource>(UniqueFd(ends[0])), "pipe");
  }

  void send(std::span<const std::byte> bytes) {
    ASSERT_EQ(::write(write_end_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  // What is ready now.
  SourceState turn() {
    auto state = reader_->turn(sink_, UINT64_MAX, std::chrono::nanoseconds(0));
    EXPECT_TRUE(state) << state.error().text();
    return state ? *state : SourceState::kEnd;
  }

  UniqueFd write_end_;
  std::unique_ptr<CaptureReader> reader_;
  RecordingSink sink_;
};

TEST_F(PipeReader, HandsOverEachRecordAsSoonAsItIsWhole) {
  const Sample sample = write(true);
  std::size_t sent = 0;
  EXPECT_EQ(turn(), SourceState::kMore);
  for (const std::size_t end : sample.ends) {
    const std::size_t before = sink_.records.size();
    // All of the block but its last byte gives nothing.
    send(std::span(sample.bytes).subspan(sent, end - sent - 1));
    EXPECT_EQ(turn(), SourceState::kMore);
    EXPECT_EQ(sink_.records.size(), before);
    send(std::span(sample.bytes).subspan(end - 1, 1));
    EXPECT_EQ(turn(), SourceState::kMore);
    const auto& records_end = sample.ends_of_records;
    const bool is_record = std::find(records_end.begin(), records_end.end(), end) != records_end.end();
    EXPECT_EQ(sink_.records.size(), before + (is_record ? 1 : 0));
    sent = end;
  }
  write_end_.reset();
  EXPECT_EQ(turn(), SourceState::kEnd);
  EXPECT_EQ(sink_.records.size(), records().size());
}

TEST_F(PipeReader, IsWokenByASignal) {
  // Signals come again and again, so none can be missed between the check and the wait.
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGALRM, &action, nullptr), 0);
  const itimerval often{{0, 5000}, {0, 5000}};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &often, nullptr), 0);
  auto state = reader_->turn(sink_, 1, std::chrono::nanoseconds::max());
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ASSERT_TRUE(state);
  EXPECT_EQ(*state, SourceState::kMore);
}

Bytes gzip(const Bytes& bytes) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes packed(::deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

Bytes zstd(const Bytes& bytes) {
  Bytes packed(::ZSTD_compressBound(bytes.size()));
  const std::unique_ptr<ZSTD_CCtx, decltype(&::ZSTD_freeCCtx)> context(::ZSTD_createCCtx(), ::ZSTD_freeCCtx);
  ::ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  packed.resize(::ZSTD_compress2(context.get(), packed.data(), packed.size(), bytes.data(), bytes.size()));
  return packed;
}

Bytes xz(const Bytes& bytes) {
  Bytes packed(::lzma_stream_buffer_bound(bytes.size()));
  std::size_t size = 0;
  EXPECT_EQ(
      ::lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                bytes.size(), reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size()),
      LZMA_OK);
  packed.resize(size);
  return packed;
}

Bytes bzip2(const Bytes& bytes) {
  Bytes packed(bytes.size() + bytes.size() / 100 + 600);  // the most, by its manual
  auto size = static_cast<unsigned>(packed.size());
  auto* const in = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
  EXPECT_EQ(::BZ2_bzBuffToBuffCompress(reinterpret_cast<char*>(packed.data()), &size, in,
                                       static_cast<unsigned>(bytes.size()), 1, 0, 0),
            BZ_OK);
  packed.resize(size);
  return packed;
}

Bytes lz4(const Bytes& bytes) {
  LZ4F_preferences_t with_checksum{};
  with_checksum.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  Bytes packed(::LZ4F_compressFrameBound(bytes.size(), &with_checksum));
  packed.resize(::LZ4F_compressFrame(packed.data(), packed.size(), bytes.data(), bytes.size(), &with_checksum));
  return packed;
}

constexpr std::array kPackers = {gzip, zstd, xz, bzip2, lz4};

// gzip(1), xz(1) and bzip2(1) read them; those of LZ4 and zstd do not.
TEST(CaptureReader, PassesOverZerosBehindAPackedFile) {
  for (const auto pack : {gzip, xz, bzip2}) {
    Bytes packed = pack(write(true).bytes);
    packed.resize(packed.size() + 1000);
    for (const std::size_t piece : {std::size_t{1}, SIZE_MAX}) {
      const auto back = read(packed, piece);
      EXPECT_EQ(back.error, "");
      EXPECT_EQ(back.sink.records.size(), records().size());
    }
    packed.push_back(std::byte{'x'});
    EXPECT_NE(read(packed).error, "") << "what is not zero is damage";
  }
}

TEST(CaptureReader, ReadsPackedFilesOfOneAndOfSeveralParts) {
  for (const auto pack : kPackers) {
    for (const bool is_pcapng : {false, true}) {
      const Bytes bytes = write(is_pcapng).bytes;
      for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, bytes.size() / 2}) {
        Bytes packed;
        if (cut > 0) packed = pack(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)));
        const Bytes rest = pack(Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(cut), bytes.end()));
        packed.insert(packed.end(), rest.begin(), rest.end());
        for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, SIZE_MAX}) {
          const auto back = read(packed, piece);
          EXPECT_EQ(back.error, "");
          EXPECT_EQ(back.sink.records.size(), records().size());
        }
      }
    }
  }
}

TEST(CaptureReader, UnpacksMoreThanItsBuffers) {
  FileBytes file;
  file.pcap();
  for (std::uint32_t i = 0; i < 1000; ++i) file.packet(i, 0, 5000, 5000).fill(5000, static_cast<std::uint8_t>(i * i));
  for (const auto pack : kPackers) {
    const auto back = read(pack(file));
    EXPECT_EQ(back.error, "");
    ASSERT_EQ(back.sink.records.size(), 1000u);
    EXPECT_EQ(back.sink.records[999].data, Bytes(5000, static_cast<std::byte>(999 * 999 % 256)));
  }
}

TEST(CaptureReader, EveryTruncationOfAPackedFileIsAnErrorAfterItsGoodPart) {
  for (const auto pack : kPackers) {
    const Bytes packed = pack(write(true).bytes);
    for (std::size_t size = 4; size < packed.size(); ++size) {
      const auto back = read(Bytes(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size)));
      EXPECT_EQ(back.error, "file: truncated compressed data");
    }
  }
}

TEST(CaptureReader, DamageOfAPackedFileNeverPassesUnseen) {
  std::mt19937 random(20'240'602);
  for (const auto pack : kPackers) {
    const Bytes good = pack(write(true).bytes);
    for (int round = 0; round < 5'000; ++round) {
      Bytes bytes = good;
      bytes[random() % bytes.size()] ^= static_cast<std::byte>(1 + random() % 255);
      const auto back = read(bytes);
      if (!back.error.empty()) continue;
      ASSERT_EQ(back.sink.records.size(), records().size())
          << "harmless: a name or a time in the header of the packed file";
      for (std::size_t i = 0; i < records().size(); ++i) expect_same(back.sink.records[i].view, records()[i]);
    }
  }
}

TEST(CaptureReader, SaysWhereAPackedFileIsDamaged) {
  const Bytes file = FileBytes().pcap().packet(1, 2, 60, 60).fill(60).fill(7);
  EXPECT_EQ(read(gzip(file)).error,
            "file: truncated dump file; tried to read 16 header bytes, only got 7 (byte 100 of the uncompressed data)");
  EXPECT_EQ(read(gzip(gzip(file))).error, "file: unknown file format") << "packed once is enough";
}

TEST(OpenCapture, NamesWhatItCannotOpen) {
  const testing::TempDir directory;
  auto missing = open_capture(directory / "missing.pcap");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().errno_value(), ENOENT);
  EXPECT_NE(missing.error().text().find("missing.pcap"), std::string::npos);
  std::ofstream(directory / "text") << "not a capture";
  auto text = open_capture(directory / "text");
  ASSERT_FALSE(text) << "told before anything else is done";
  EXPECT_NE(text.error().text().find("unknown file format"), std::string::npos);
  auto folder = open_capture(directory.path());
  RecordingSink sink;
  ASSERT_TRUE(folder);
  const auto error = drain(**folder, sink);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->errno_value(), EISDIR);
}

// Every file of tcpdump's own test suite that libpcap opens, hostile ones included: the same frames, and an error where
// it has one.
TEST(CaptureReader, ReadsTcpdumpsOwnTestFilesAsLibpcapDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  const auto files = testing::corpus_files("tcpdump-4.99.3");
  REQUIRE_CORPUS(files);
  std::size_t frames = 0;
  for (const auto& path : files) {
    SCOPED_TRACE(path);
    const auto libpcap = testing::read_capture(path);
    if (libpcap.link_type < 0) continue;
    auto reader = open_capture(path);
    ASSERT_TRUE(reader) << reader.error().text();
    RecordingSink sink;
    const auto error = drain(**reader, sink);
    EXPECT_EQ(error ? error->text() : "", libpcap.error);
    ASSERT_EQ(sink.records.size(), libpcap.frames.size());
    for (std::size_t i = 0; i < libpcap.frames.size(); ++i) {
      // libpcap computes with signed 32 bits: after 2038, and for fractions of many seconds, it is off by 2^32.
      const std::uint64_t time_ns = sink.records[i].view.time_ns;
      const bool is_after_2554 = time_ns == UINT64_MAX;
      EXPECT_TRUE(is_after_2554 || (time_ns - libpcap.frames[i].time_ns) % (1ull << 32) == 0) << i;
      EXPECT_EQ(sink.records[i].view.wire_len, libpcap.frames[i].wire_len) << i;
      EXPECT_TRUE(sink.records[i].data == libpcap.frames[i].data) << i;
    }
    frames += libpcap.frames.size();
  }
  EXPECT_GT(frames, 1000u);
}

}  // namespace
}  // namespace ringtap
