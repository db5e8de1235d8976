// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The pcap and pcapng writers: bytes, failure, and what tcpdump, tshark and capinfos say of their files.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "file/file_writer.hpp"
#include "file/pcap_writer.hpp"
#include "file/pcapng_writer.hpp"
#include "sink/tee.hpp"
#include "support/capture_file.hpp"
#include "support/memory_writer.hpp"
#include "support/packet.hpp"
#include "support/process.hpp"
#include "support/recording_sink.hpp"
#include "support/requirements.hpp"
#include "support/wait.hpp"

namespace {

std::size_t g_allocations = 0;

}  // namespace

// Counts what the whole program allocates: proof that writing a record allocates nothing.
// Not inlined: g++ 12 would see free() of what new returned and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++g_allocations;
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

using testing::Ethernet;
using testing::FailingWriter;
using testing::Ipv4;
using testing::MemoryWriter;
using testing::Payload;
using testing::RecordingSink;
using testing::Stored;
using testing::Udp;

constexpr std::uint64_t kTime = 1'700'000'000'123'456'789;

const testing::Bytes& frame() {
  static const testing::Bytes bytes = (Ethernet{} / Ipv4{} / Udp{} / Payload{"seven b"}).bytes();
  return bytes;
}

RecordView record(std::uint64_t number = 0) {
  return {
      .time_ns = kTime + number * 1'000'000, .data = frame(), .wire_len = static_cast<std::uint32_t>(frame().size())};
}

RecordView record_with_everything() {
  RecordView view = record();
  view.direction = Direction::kOut;
  view.packet_type = PacketType::kMulticast;
  view.checksum = ChecksumState::kNotReady;
  view.gso_size = 1448;
  view.lost_before = 0x1122334455667788;
  view.packet_id = 0x0102030405060708;
  view.rx_queue = 3;
  view.hash = 0xa1b2c3d4;
  view.verdict = Verdict{VerdictType::kTc, -1};
  return view;
}

Interface interface(const std::string& name, LinkType link_type = LinkType::kEthernet) {
  return {.name = name, .link_type = link_type, .snaplen = 262144};
}

std::string hex(std::span<const std::byte> bytes) {
  return testing::hex({bytes.begin(), bytes.end()});
}

std::unique_ptr<PcapWriter> pcap_to(std::unique_ptr<ByteWriter> out, PcapOptions options = {}) {
  return std::make_unique<PcapWriter>(std::move(out), options);
}
std::unique_ptr<PcapngWriter> pcapng_to(std::unique_ptr<ByteWriter> out) {
  return std::make_unique<PcapngWriter>(std::move(out), PcapngOptions{});
}

// The expectations below are written for a little-endian machine.
#define REQUIRE_LITTLE_ENDIAN() \
  if (std::endian::native != std::endian::little) GTEST_SKIP() << "the expected bytes are little-endian"

TEST(PcapWriter, WritesTheHeadersByteForByte) {
  REQUIRE_LITTLE_ENDIAN();
  EXPECT_EQ(hex(encode_pcap_file_header(TimePrecision::kMicroseconds, {.snaplen = 262144})),
            "d4c3b2a1020004000000000000000000"
            "0000040001000000");
  EXPECT_EQ(
      hex(encode_pcap_file_header(TimePrecision::kNanoseconds, {.link_type = LinkType::kLinuxSll2, .snaplen = 96})),
      "4d3cb2a1020004000000000000000000"
      "6000000014010000");
  EXPECT_EQ(hex(encode_pcap_packet_header(TimePrecision::kMicroseconds, kTime, 96, 1514)),
            "00f1536540e2010060000000ea050000");
  EXPECT_EQ(hex(encode_pcap_packet_header(TimePrecision::kNanoseconds, kTime, 96, 1514)),
            "00f1536515cd5b0760000000ea050000");
}

TEST(PcapWriter, RefusesAPacketOfASecondLinkTypeAndNamesPcapng) {
  Conversion conversion;
  auto writer = pcap_to(std::make_unique<MemoryWriter>(std::make_shared<Stored>()), {.conversion = &conversion});
  // An interface without packets is no obstacle.
  ASSERT_TRUE(writer->on_interface(interface("tun0", LinkType::kRaw)));
  ASSERT_TRUE(writer->on_interface(interface("eth0")));
  ASSERT_TRUE(writer->flush());
  ASSERT_TRUE(writer->on_record(record()));
  EXPECT_FALSE(conversion.needs_pcapng);
  RecordView raw = record();
  raw.link_type = LinkType::kRaw;
  auto refused = writer->on_record(raw);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("1 so far, but the next packet has 101"), std::string::npos)
      << refused.error().text();
  EXPECT_NE(refused.error().hint().find("pcapng"), std::string::npos);
  EXPECT_TRUE(conversion.needs_pcapng);
}

TEST(PcapWriter, HasTheLargestSnaplenAndTheFcsLengthOfItsInterfaces) {
  REQUIRE_LITTLE_ENDIAN();
  const auto header = [](const std::vector<Interface>& interfaces) {
    auto stored = std::make_shared<Stored>();
    auto writer = pcap_to(std::make_unique<MemoryWriter>(stored));
    for (const Interface& one : interfaces) EXPECT_TRUE(writer->on_interface(one));
    EXPECT_TRUE(writer->finish());
    return hex(stored->bytes).substr(2 * 16);
  };
  EXPECT_EQ(header({{.snaplen = 96}}), "6000000001000000");
  EXPECT_EQ(header({{.snaplen = 96}, {.snaplen = 128}}), "8000000001000000");
  EXPECT_EQ(header({{.snaplen = 0}}), "0000040001000000");
  EXPECT_EQ(header({{.snaplen = 96, .fcs_bits = 32}}), "6000000001000024");
  EXPECT_EQ(header({{.snaplen = 96, .fcs_bits = 4}}), "6000000001000024");  // octets, as some write it
  // Never a header that makes libpcap cut a packet.
  auto writer = pcap_to(std::make_unique<MemoryWriter>(std::make_shared<Stored>()));
  ASSERT_TRUE(writer->on_interface({.snaplen = 10}));
  EXPECT_FALSE(writer->on_record(record()));
}

TEST(PcapngWriter, TakesInterfacesOfSeveralLinkTypes) {
  auto stored = std::make_shared<Stored>();
  auto writer = pcapng_to(std::make_unique<MemoryWriter>(stored));
  ASSERT_TRUE(writer->on_interface(interface("eth0")));
  ASSERT_TRUE(writer->on_interface(interface("tun0", LinkType::kRaw)));
  ASSERT_TRUE(writer->on_record(record()));
  EXPECT_EQ(writer->records_stored(), 1U);
}

std::string record_hex(PcapngBlock& block, const RecordView& record) {
  NamedProcesses named;
  const auto [head, tail] = encode_record(block, record, named);
  return hex(head) + hex(record.data) + hex(tail);
}

TEST(PcapngWriter, WritesOnlyTheOptionsThatAreSet) {
  REQUIRE_LITTLE_ENDIAN();
  PcapngBlock block;
  EXPECT_EQ(hex(encode_section_header(block, {})),
            "0a0d0d0a1c000000"
            "4d3c2b1a01000000ffffffffffffffff"
            "1c000000");
  EXPECT_EQ(hex(encode_interface(block, {})),
            "0100000020000000"
            "0100000000000000"
            "0900010009000000"
            "00000000"
            "20000000");
  const std::array<std::byte, 5> five{};
  EXPECT_EQ(record_hex(block, {.time_ns = 0x0000000100000002, .data = five, .wire_len = 6, .interface_id = 7}),
            "0600000028000000"
            "07000000"
            "0100000002000000"
            "0500000006000000"
            "0000000000000000"
            "28000000");
}

TEST(PcapngWriter, WritesEveryOptionAtItsPlace) {
  REQUIRE_LITTLE_ENDIAN();
  PcapngBlock block;
  RecordView view = record_with_everything();
  view.data = {};
  EXPECT_EQ(record_hex(block, view).substr(2 * 28),
            "020004000a0a0000"                  // flags: outbound, multicast, checksum not ready, segmentation offload
            "0300050005a1b2c3d4000000"          // hash
            "040008008877665544332211"          // drops
            "050008000807060504030201"          // packet id
            "0600040003000000"                  // queue
            "0700090001ffffffffffffffff000000"  // verdict
            "00000000"
            "68000000");
  Interface eth0 = interface("eth0");
  eth0.snaplen = 96;
  eth0.description = "tc";
  eth0.filter = "udp";
  eth0.mac = {2, 0, 0, 0, 0, 1};
  EXPECT_EQ(hex(encode_interface(block, eth0)).substr(2 * 16),
            "0200040065746830"
            "0300020074630000"
            "060006000200000000010000"
            "0900010009000000"
            "0b00040000756470"
            "00000000"
            "44000000");
  EXPECT_EQ(hex(encode_statistics(block, {.interface_id = 1,
                                          .start_ns = 0x100000002,
                                          .end_ns = 0x300000004,
                                          .received = 5,
                                          .filter_accepted = 6,
                                          .dropped = 7,
                                          .delivered = 8})),
            "0500000064000000"
            "010000000300000004000000"
            "020008000100000002000000"
            "030008000300000004000000"
            "040008000500000000000000"
            "060008000600000000000000"
            "070008000700000000000000"
            "080008000800000000000000"
            "00000000"
            "64000000");
}

TEST(PcapngWriter, TellsEveryReceptionTypeAndChecksumState) {
  const auto flags = [](PacketType type, ChecksumState checksum) {
    return encode_epb_flags({.direction = Direction::kIn, .packet_type = type, .checksum = checksum});
  };
  EXPECT_EQ(flags(PacketType::kUnknown, ChecksumState::kUnknown), 0b00001u);
  EXPECT_EQ(flags(PacketType::kHost, ChecksumState::kUnknown), 0b00101u);
  EXPECT_EQ(flags(PacketType::kMulticast, ChecksumState::kUnknown), 0b01001u);
  EXPECT_EQ(flags(PacketType::kBroadcast, ChecksumState::kUnknown), 0b01101u);
  EXPECT_EQ(flags(PacketType::kOtherHost, ChecksumState::kUnknown), 0b10001u);
  EXPECT_EQ(flags(PacketType::kOutgoing, ChecksumState::kUnknown), 0b00001u);
  EXPECT_EQ(flags(PacketType::kUnknown, ChecksumState::kValid), 1u << 10 | 1u);
  EXPECT_EQ(flags(PacketType::kUnknown, ChecksumState::kNotReady), 1u << 9 | 1u);
}

TEST(PcapngWriter, CutsATextThatIsLongerThanAnOptionCanBe) {
  PcapngBlock block;
  Interface eth0 = interface("eth0");
  eth0.filter = std::string(100'000, 'f');
  const auto bytes = encode_interface(block, eth0);
  EXPECT_EQ(bytes.size() % 4, 0u);
  EXPECT_LT(bytes.size(), 66'000u);
}

// Interfaces, records and statistics as a capture has them: the second interface and one reading of the totals come in
// the middle.
struct Written {
  std::uint64_t blocks = 0;
  std::uint64_t records = 0;
};
Result<> write_capture(Sink& sink, Written& written, bool is_pcapng) {
  const auto step = [&](Result<> result, bool is_record, std::uint64_t blocks) {
    if (result) written.blocks += blocks, written.records += is_record ? 1 : 0;
    return result;
  };
  const std::uint64_t others = is_pcapng ? 1 : 0;
  // The section header comes with the first interface, the header of a pcap file with the first record.
  if (auto r = step(sink.on_interface(interface("eth0")), false, 2 * others); !r) return r;
  for (std::uint64_t i = 0; i < 10; ++i) {
    if (i == 5) {
      if (auto r = step(sink.on_interface(interface("eth1")), false, others); !r) return r;
      if (auto r = step(sink.on_statistics({.end_ns = kTime}), false, others); !r) return r;
    }
    RecordView view = i == 7 ? record_with_everything() : record(i);
    view.interface_id = i > 5 && is_pcapng ? 1 : 0;
    if (auto r = step(sink.on_record(view), true, i == 0 ? 2 - others : 1); !r) return r;
  }
  return step(sink.on_statistics({.end_ns = kTime}), false, others);
}

void count_records_at_every_failure(bool is_pcapng) {
  const auto sink_for = [&](std::unique_ptr<ByteWriter> out) -> std::unique_ptr<Sink> {
    if (is_pcapng) return pcapng_to(std::move(out));
    return pcap_to(std::move(out));
  };
  Written whole;
  auto reference = std::make_shared<Stored>();
  ASSERT_TRUE(write_capture(*sink_for(std::make_unique<MemoryWriter>(reference)), whole, is_pcapng));
  ASSERT_EQ(reference->block_ends.size(), whole.blocks);
  for (std::uint64_t room = 0; room < whole.blocks; ++room) {
    SCOPED_TRACE(room);
    auto stored = std::make_shared<Stored>();
    auto sink = sink_for(std::make_unique<FailingWriter>(stored, room));
    Written written;
    auto result = write_capture(*sink, written, is_pcapng);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().errno_value(), ENOSPC);
    EXPECT_EQ(sink->records_stored(), written.records);
    EXPECT_TRUE(std::equal(stored->bytes.begin(), stored->bytes.end(), reference->bytes.begin()));
    EXPECT_EQ(stored->bytes.size(), room == 0 ? 0 : reference->block_ends[room - 1]);
    EXPECT_TRUE(sink->finish());
    EXPECT_TRUE(stored->is_closed);
  }
}

TEST(PcapWriter, CountsTheRecordsOfAFileThatCannotGrow) {
  count_records_at_every_failure(false);
}
TEST(PcapngWriter, CountsTheRecordsOfAFileThatCannotGrow) {
  count_records_at_every_failure(true);
}

TEST(PcapngWriter, CountsRecordsThroughABufferThatStoresLate) {
  const testing::TempDir directory;
  auto out = FileWriter::create(directory / "out.pcapng");
  ASSERT_TRUE(out);
  auto writer = pcapng_to(out.take());
  Written written;
  ASSERT_TRUE(write_capture(*writer, written, true));
  EXPECT_EQ(writer->records_stored(), 0u) << "all is in the buffer";
  ASSERT_TRUE(writer->flush());
  EXPECT_EQ(writer->records_stored(), 10u);
  for (int i = 0; i < 50'000; ++i) {
    ASSERT_TRUE(writer->on_statistics({.end_ns = kTime}));
    ASSERT_TRUE(writer->on_record(record()));
  }
  ASSERT_TRUE(writer->finish());
  EXPECT_EQ(writer->records_stored(), 50'010u);
}

TEST(CaptureWriters, AllocateNothingPerRecord) {
  const testing::TempDir directory;
  for (const bool is_pcapng : {false, true}) {
    auto out = FileWriter::create(directory / "out");
    ASSERT_TRUE(out);
    std::unique_ptr<Sink> sink;
    if (is_pcapng) {
      sink = pcapng_to(out.take());
    } else {
      sink = pcap_to(out.take());
    }
    ASSERT_TRUE(sink->on_interface(interface("eth0")));
    const RecordView view = record_with_everything();
    ASSERT_TRUE(sink->on_record(view));
    const std::size_t before = g_allocations;
    bool ok = true;
    for (int i = 0; i < 10'000; ++i) ok = ok && sink->on_record(view);
    EXPECT_EQ(g_allocations, before);
    EXPECT_TRUE(ok);
  }
}

TEST(CaptureWriters, MakeAFileOfACaptureWithoutInterfaces) {
  for (const bool is_pcapng : {false, true}) {
    auto stored = std::make_shared<Stored>();
    std::unique_ptr<Sink> sink;
    if (is_pcapng) {
      sink = pcapng_to(std::make_unique<MemoryWriter>(stored));
    } else {
      sink = pcap_to(std::make_unique<MemoryWriter>(stored));
    }
    ASSERT_TRUE(sink->finish());
    EXPECT_EQ(stored->bytes.size(), is_pcapng ? 28u : 24u);
    EXPECT_EQ(sink->records_stored(), 0u);
  }
}

// What other tools say of the files.
class WrittenFile : public ::testing::Test {
 protected:
  std::string write(const std::string& name, bool is_pcapng, PcapOptions options = {}) {
    const std::string path = directory_ / name;
    auto out = FileWriter::create(path);
    EXPECT_TRUE(out);
    std::unique_ptr<Sink> sink;
    if (is_pcapng) {
      sink = std::make_unique<PcapngWriter>(out.take(), PcapngOptions::of_this_host("ringtap test"));
    } else {
      sink = pcap_to(out.take(), options);
    }
    Written written;
    EXPECT_TRUE(write_capture(*sink, written, is_pcapng));
    EXPECT_TRUE(sink->finish());
    return path;
  }

  testing::TempDir directory_;
};

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_F(WrittenFile, IsReadByTcpdumpWithoutAComplaint) {
  REQUIRE_TOOL("tcpdump");
  for (const auto& path :
       {write("a.pcap", false), write("b.pcap", false, {TimePrecision::kNanoseconds}), write("c.pcapng", true)}) {
    SCOPED_TRACE(path);
    const auto tcpdump = testing::run({"tcpdump", "-n", "-tt", "--nano", "-r", path});
    EXPECT_EQ(tcpdump.status.code, 0);
    EXPECT_EQ(lines(tcpdump.err), 1u) << "more than 'reading from file': " << tcpdump.err;
    EXPECT_EQ(lines(tcpdump.out), 10u);
    const std::string nanoseconds = path.ends_with("a.pcap") ? "000" : "789";
    EXPECT_TRUE(tcpdump.out.starts_with("1700000000.123456" + nanoseconds + " IP 192.0.2.1.40000 > 192.0.2.2.9: UDP"))
        << tcpdump.out;
  }
}

TEST_F(WrittenFile, ShowsItsOptionsInTshark) {
  REQUIRE_TOOL("tshark");
  const std::string path = write("x.pcapng", true);
  const auto tshark = testing::run({"tshark", "-n",
                                    "-r",     path,
                                    "-Y",     "frame.packet_id",
                                    "-T",     "fields",
                                    "-e",     "frame.number",
                                    "-e",     "frame.interface_name",
                                    "-e",     "frame.packet_flags",
                                    "-e",     "frame.drop_count",
                                    "-e",     "frame.packet_id",
                                    "-e",     "frame.interface_queue",
                                    "-e",     "frame.verdict.ebpf_tc",
                                    "-e",     "frame.time_epoch"});
  EXPECT_EQ(tshark.status.code, 0) << tshark.err;
  EXPECT_EQ(tshark.out, "8\teth1\t0x00000a0a\t" + std::to_string(0x1122334455667788) + "\t" +
                            std::to_string(0x0102030405060708) + "\t3\t-1\t1700000000.123456789\n");
  const auto expert = testing::run({"tshark", "-n", "-r", path, "-q", "-z", "expert"});
  EXPECT_EQ(expert.status.code, 0) << expert.err;
  const auto count = testing::run({"tshark", "-n", "-r", path});
  EXPECT_EQ(lines(count.out), 10u) << count.err;
}

TEST_F(WrittenFile, IsDescribedByCapinfos) {
  REQUIRE_TOOL("capinfos");
  const auto pcapng = testing::run({"capinfos", write("x.pcapng", true)});
  EXPECT_EQ(pcapng.status.code, 0) << pcapng.err;
  for (const char* text : {"Capture application: ringtap test", "Capture oper-sys:", "Capture hardware:",
                           "Number of packets:   10", "Name = eth0", "Name = eth1", "Capture length = 262144",
                           "Time precision = nanoseconds (9)", "Number of stat entries = 2"}) {
    EXPECT_NE(pcapng.out.find(text), std::string::npos) << text << "\n" << pcapng.out;
  }
  const auto pcap = testing::run({"capinfos", write("x.pcap", false)});
  EXPECT_EQ(pcap.status.code, 0) << pcap.err;
  EXPECT_NE(pcap.out.find("Number of packets:   10"), std::string::npos) << pcap.out;
}

// Keeps a call count, and fails in one of the calls.
class CountingSink final : public Sink {
 public:
  CountingSink(int& calls, bool fails) : calls_(calls), fails_(fails) {}
  Result<> on_interface(const Interface&) override { return called(); }
  Result<> on_record(const RecordView&) override { return called(); }
  Result<> on_statistics(const InterfaceStatistics&) override { return called(); }
  Result<> flush() override { return called(); }
  Result<> finish() override { return called(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return static_cast<std::uint64_t>(calls_); }

 private:
  Result<> called() {
    ++calls_;
    return fails_ ? Result<>(Error("sink " + std::to_string(calls_))) : ok();
  }
  int& calls_;
  bool fails_;
};

TEST(Tee, ReachesEverySinkAndReturnsTheFirstError) {
  int first = 0, second = 0, third = 100;
  Tee tee;
  tee.add(std::make_unique<CountingSink>(first, false));
  tee.add(std::make_unique<CountingSink>(second, true));
  tee.add(std::make_unique<CountingSink>(third, true));
  int expected = 0;
  for (const auto& call : std::initializer_list<std::function<Result<>()>>{
           [&] { return tee.on_interface(interface("eth0")); }, [&] { return tee.on_record(record()); },
           [&] { return tee.on_statistics({}); }, [&] { return tee.flush(); }, [&] { return tee.finish(); }}) {
    auto result = call();
    ++expected;
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().text(), "sink " + std::to_string(expected));
    EXPECT_EQ(first, expected);
    EXPECT_EQ(third, 100 + expected);
  }
  EXPECT_EQ(tee.records_stored(), 5u);
}

}  // namespace
}  // namespace ringtap
