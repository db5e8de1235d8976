// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Reading a file and printing it allocates nothing per packet: every operator new of this program is counted.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "file/capture_reader.hpp"
#include "record/capture_format.hpp"
#include "ringtap/unique_fd.hpp"
#include "sink/json_printer.hpp"
#include "sink/text_printer.hpp"
#include "support/memory_source.hpp"
#include "support/packet.hpp"

namespace {

std::uint64_t allocations = 0;  // one thread

}  // namespace

// Not inlined: g++ 12 would see free() of what new returned and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) {
  return ::operator new(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace ringtap {
namespace {

using namespace testing;  // the layers of a frame

std::vector<Bytes> ordinary_traffic() {
  const Bytes stamps = bytes_of("0101080a 00112233 44556677");
  const Bytes query = bytes_of("1267 0100 0001 0000 0000 0000 03777777 076578616d706c65 036f7267 00 0001 0001");
  const Tcp acknowledgement{.ack = 1, .flags = Tcp::kAck, .options = stamps};
  return {
      (Ethernet{} / Ipv4{} / Tcp{}).bytes(),
      (Ethernet{} / Ipv4{} / acknowledgement).bytes(),
      (Ethernet{} / Ipv4{} / acknowledgement / Payload{"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"}).bytes(),
      (Ethernet{} / Ipv6{} / acknowledgement / Payload{"200 OK"}).bytes(),
      (Ethernet{} / Ipv4{} / Udp{.dst_port = 53} / Payload{query}).bytes(),
      (Ethernet{} / Vlan{.id = 7} / Ipv6{} / Udp{} / Payload{"x"}).bytes(),
      (Ethernet{} / Ipv4{} / Icmp{}).bytes(),
      (Ethernet{} / Arp{}).bytes(),
  };
}

template <class T>
void append(std::vector<std::byte>& file, const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  file.insert(file.end(), bytes.begin(), bytes.end());
}

std::vector<std::byte> capture_of(const std::vector<Bytes>& frames, std::uint32_t rounds) {
  std::vector<std::byte> file;
  append(file, pcap::FileHeader{.magic = pcap::kMagicMicroseconds,
                                .version_major = 2,
                                .version_minor = 4,
                                .snaplen = 262144,
                                .link_type = 1});
  for (std::uint32_t i = 0; i < rounds; ++i) {
    for (const Bytes& frame : frames) {
      const auto size = static_cast<std::uint32_t>(frame.size());
      append(file, pcap::PacketHeader{.seconds = i, .fraction = 0, .cap_len = size, .wire_len = size});
      file.insert(file.end(), frame.begin(), frame.end());
    }
  }
  return file;
}

// Reads and prints `file` to its end; the second half allocates nothing.
void expect_no_allocations(const std::vector<std::byte>& file, std::uint64_t total, Sink& printer) {
  CaptureReader reader(std::make_unique<MemorySource>(file), "memory");
  const auto print_until = [&](std::uint64_t records) {
    while (printer.records_stored() < records) {  // a turn hands over what one read has brought
      ASSERT_TRUE(reader.turn(printer, records, std::chrono::seconds(1)));
      ASSERT_TRUE(printer.flush());
    }
  };
  print_until(total / 2);  // tables and buffers take their size
  const std::uint64_t before = allocations;
  print_until(total);
  // The zone file may be read once more; one allocation for a thousand packets would make eighty.
  EXPECT_LE(allocations - before, 8u);
  ASSERT_TRUE(printer.finish());
  EXPECT_EQ(printer.records_stored(), total);
}

TEST(Printing, AllocatesNothingOnceItRuns) {
  constexpr std::uint32_t kRounds = 20'000;
  const std::vector<Bytes> frames = ordinary_traffic();
  const std::uint64_t total = frames.size() * kRounds;
  const std::vector<std::byte> file = capture_of(frames, kRounds);
  const UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  for (const int verbosity : {0, 1, 2}) {
    for (const bool quiet : {false, true}) {
      SCOPED_TRACE("verbosity " + std::to_string(verbosity) + ", quiet " + std::to_string(quiet));
      TextOptions options{.dissect = {.no_names = 1, .verbosity = verbosity, .quiet = quiet, .link_header = true},
                          .time = TimeStyle::kDate,
                          .dump = DumpStyle::kHexAndAscii};
      TextPrinter printer(null.get(), options);
      expect_no_allocations(file, total, printer);
    }
  }
  JsonPrinter printer(null.get(), {.json = {json_fields_where([](const JsonFieldRow&) { return true; })}});
  expect_no_allocations(file, total, printer);
}

}  // namespace
}  // namespace ringtap
