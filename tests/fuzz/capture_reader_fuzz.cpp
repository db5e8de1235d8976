// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// libFuzzer target: the capture file reader over arbitrary bytes. The first byte chooses what stands before the rest,
// so that the fuzzer need not guess a magic number. Beyond memory safety it holds that the pieces in which bytes arrive
// change nothing, and that what was read survives being written as pcapng.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "file/capture_reader.hpp"
#include "file/pcapng_writer.hpp"
#include "support/fuzz_input.hpp"
#include "support/memory_source.hpp"
#include "support/memory_writer.hpp"
#include "support/recording_sink.hpp"

namespace {

using namespace ringtap;
using testing::MemorySource;
using testing::RecordingSink;
using testing::require;

using namespace std::string_view_literals;
constexpr std::string_view kOpenings[] = {
    "\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0"sv,  // pcap, microseconds
    "\xa1\xb2\x3c\x4d\0\x02\0\x04\0\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\x01"sv,  // pcap, big-endian, nanoseconds
    "\x34\xcd\xb2\xa1\x02\0\x04\0"sv,                                      // pcap, modified
    "\x1c\x00\x01\xac\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0"sv,  // pcap, Ixia
    "\xd4\xc3\xb2\xa1\x1f\x02\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0"sv,  // pcap 543.0
    "snoop\0\0\0\0\0\0\x02\0\0\0\x04"sv,
    "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0"
    "\x01\0\0\0\x14\0\0\0\x01\0\0\0\0\0\0\0\x14\0\0\0"sv,  // pcapng with an interface
    "\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d\0\x01\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\x1c"sv,  // big-endian
    "\x1f\x8b\x08\0\0\0\0\0\0\x03"sv,                                                                    // gzip
    "\x28\xb5\x2f\xfd"sv,                                                                                // zstd
    ""sv,
};

struct Outcome {
  RecordingSink sink;
  bool is_damaged = false;
};

Outcome read(const std::vector<std::byte>& bytes, std::size_t piece) {
  CaptureReader reader(std::make_unique<MemorySource>(bytes, piece), "input");
  Outcome outcome;
  outcome.is_damaged = testing::drain(reader, outcome.sink, 3).has_value();
  return outcome;
}

void require_same(const Outcome& one, const Outcome& other) {
  require(one.sink.interfaces.size() == other.sink.interfaces.size());
  require(one.sink.records.size() == other.sink.records.size());
  for (std::size_t i = 0; i < one.sink.records.size(); ++i) {
    const auto& a = one.sink.records[i];
    const auto& b = other.sink.records[i];
    require(a.data == b.data && a.view.time_ns == b.view.time_ns && a.view.wire_len == b.view.wire_len);
    require(a.view.interface_id == b.view.interface_id && a.view.lost_before == b.view.lost_before);
    require(a.view.direction == b.view.direction && a.view.checksum == b.view.checksum);
    require(a.view.packet_id == b.view.packet_id && a.view.hash == b.view.hash && a.view.rx_queue == b.view.rx_queue);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto opening = std::as_bytes(std::span(kOpenings[data[0] % std::size(kOpenings)]));
  std::vector<std::byte> bytes(opening.begin(), opening.end());
  const auto rest = std::as_bytes(std::span(data + 1, size - 1));
  bytes.insert(bytes.end(), rest.begin(), rest.end());

  const Outcome whole = read(bytes, SIZE_MAX);
  const Outcome in_pieces = read(bytes, 5);
  require(whole.is_damaged == in_pieces.is_damaged);
  require_same(whole, in_pieces);

  const auto stored = std::make_shared<testing::Stored>();
  PcapngWriter writer(std::make_unique<testing::MemoryWriter>(stored), {});
  for (Interface interface : whole.sink.interfaces) {
    interface.link_type = LinkType::kEthernet;  // the writer wants them equal
    require(static_cast<bool>(writer.on_interface(interface)));
  }
  for (const auto& record : whole.sink.records) {
    require(static_cast<bool>(writer.on_record(record.view)));
  }
  require(static_cast<bool>(writer.finish()));
  const Outcome rewritten = read(stored->bytes, SIZE_MAX);
  require(!rewritten.is_damaged);
  require_same(whole, rewritten);
  return 0;
}
