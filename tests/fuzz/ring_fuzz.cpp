// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// libFuzzer target: what a capture reads out of a ring's memory. The first byte is the size of the ring and of its
// second copy; then, again and again, how far the producer moves and how many bytes are put where it stood, and these
// bytes. After each move the ring is read to its end. A second reading of the same memory, byte by byte, says what has
// to come out: the same records, as many malformed ones, and every byte either given back or not committed yet. Each
// record then goes where a capture sends it: into a RecordView, behind a LINUX_SLL2 header, to the slicing and to the
// keys of a comparison.
#include <linux/bpf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "record/cooked.hpp"
#include "record/packet_key.hpp"
#include "record/ring_reader.hpp"
#include "record/slice.hpp"
#include "record/trace_text.hpp"
#include "support/fuzz_input.hpp"

namespace {

using namespace ringtap;
using testing::FuzzInput;
using testing::require;

constexpr std::uint32_t kSnaplen = 96;

std::uint64_t round_up_8(std::uint64_t value) {
  return (value + 7) & ~std::uint64_t{7};
}

// The memory of a ring that anyone may write.
class Ring {
 public:
  // `more`: how much of the data there is a second time.
  Ring(std::size_t size, std::size_t more)
      : size_(size), more_(more), words_(std::make_unique<std::uint64_t[]>((size + more) / 8)) {}

  [[nodiscard]] RingMemory memory() {
    return {&producer_, &consumer_, {reinterpret_cast<const std::byte*>(words_.get()), size_ + more_}, size_};
  }
  void put(std::uint64_t advance, std::span<const std::uint8_t> bytes) {
    auto* data = reinterpret_cast<std::uint8_t*>(words_.get());
    for (std::size_t n = 0; n < std::min(bytes.size(), size_); ++n) {
      const std::size_t at = (producer_ + n) % size_;
      data[at] = bytes[n];
      if (at < more_) data[at + size_] = bytes[n];
    }
    producer_ += advance;
  }
  [[nodiscard]] std::vector<std::byte> copy(std::uint64_t position, std::size_t count) const {
    std::vector<std::byte> bytes(count);
    const auto* data = reinterpret_cast<const std::byte*>(words_.get());
    for (std::size_t n = 0; n < count; ++n) bytes[n] = data[(position + n) % size_];
    return bytes;
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool holds(std::uint64_t position, std::size_t count) const {
    return position % size_ + count <= size_ + more_;
  }
  [[nodiscard]] std::uint64_t producer() const { return producer_; }
  [[nodiscard]] std::uint64_t consumer() const { return consumer_; }

 private:
  std::size_t size_;
  std::size_t more_;
  std::unique_ptr<std::uint64_t[]> words_;
  std::uint64_t producer_ = 0;
  std::uint64_t consumer_ = 0;
};

// What has to come out of it.
struct Expected {
  std::vector<std::vector<std::byte>> records;  // header, trace, owners and captured bytes
  std::uint64_t malformed = 0;
  std::uint64_t position = 0;
  std::uint64_t seen = 0;  // of the producer

  void read_sample(const std::vector<std::byte>& sample) {
    for (std::size_t at = 0; at < sample.size();) {
      ringtap_event header{};
      ringtap_trace trace{};
      std::size_t size = sizeof header;
      const std::size_t left = sample.size() - at;
      if (left >= sizeof header) std::memcpy(&header, sample.data() + at, sizeof header);
      const bool traced = (header.flags & RINGTAP_EVENT_TRACE) != 0;
      if (traced) size += sizeof trace;
      const bool owned = (header.flags & RINGTAP_EVENT_OWNERS) != 0;
      const std::size_t owners_at = size;
      ringtap_owners owners{};
      if (owned) size += sizeof owners;
      bool is_valid = left >= size && left - size >= header.cap_len && header.cap_len <= header.wire_len &&
                      header.tap < RINGTAP_TAP_COUNT;
      if (is_valid && traced) {
        std::memcpy(&trace, sample.data() + at + sizeof header, sizeof trace);
        is_valid = trace.hook < 5;
      }
      if (is_valid && owned) {
        std::memcpy(&owners, sample.data() + at + owners_at, sizeof owners);
        is_valid = owners.sender.kind < RINGTAP_OWNER_KINDS && owners.receiver.kind < RINGTAP_OWNER_KINDS;
      }
      if (!is_valid) {
        ++malformed;
        return;
      }
      size += header.cap_len;
      records.emplace_back(sample.begin() + static_cast<std::ptrdiff_t>(at),
                           sample.begin() + static_cast<std::ptrdiff_t>(at + size));
      at += round_up_8(size);
    }
  }

  void read(const Ring& ring) {
    for (;;) {
      if (position >= seen) {
        seen = ring.producer();
        if (position >= seen) return;
        if (seen - position > ring.size()) {
          skip();
          continue;
        }
      }
      std::uint32_t length = 0;
      std::memcpy(&length, ring.copy(position, sizeof length).data(), sizeof length);
      if ((length & BPF_RINGBUF_BUSY_BIT) != 0) return;
      const std::uint32_t size = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
      if (round_up_8(std::uint64_t{BPF_RINGBUF_HDR_SZ} + size) > seen - position) {
        skip();
        continue;
      }
      const bool is_discarded = (length & BPF_RINGBUF_DISCARD_BIT) != 0;
      const bool is_there = ring.holds(position, BPF_RINGBUF_HDR_SZ + size);
      if (!is_discarded && is_there) read_sample(ring.copy(position + BPF_RINGBUF_HDR_SZ, size));
      if (!is_discarded && !is_there) ++malformed;
      position += round_up_8(BPF_RINGBUF_HDR_SZ + size);
    }
  }
  void skip() {
    ++malformed;
    position = seen > UINT64_MAX - 7 ? UINT64_MAX : round_up_8(seen);
  }
};

std::vector<std::byte> bytes_of(const EventView& event) {
  const auto header = std::as_bytes(std::span(event.header, 1));
  std::vector<std::byte> bytes(header.begin(), header.end());
  if (event.trace != nullptr) {
    const auto trace = std::as_bytes(std::span(event.trace, 1));
    bytes.insert(bytes.end(), trace.begin(), trace.end());
  }
  if (event.owners != nullptr) {
    const auto owners = std::as_bytes(std::span(event.owners, 1));
    bytes.insert(bytes.end(), owners.begin(), owners.end());
  }
  bytes.insert(bytes.end(), event.data.begin(), event.data.end());
  return bytes;
}

// What becomes of a record in a capture.
void use(const EventView& event) {
  RecordView record = to_record(event);
  require(record.data.size() <= record.wire_len && record.trace.has_value() == (event.trace != nullptr));
  record.link_type = (event.header->flags & RINGTAP_EVENT_NO_LINK) != 0 ? LinkType::kRaw : LinkType::kEthernet;
  for (const int layer : {2, 3, 4}) {
    RecordView cut = record;
    Cut{.snaplen = kSnaplen, .layer = layer, .more = event.header->mark % 64}.apply_to(cut);
    require(cut.data.size() <= record.data.size() && cut.data.data() == record.data.data());
    require(cut.wire_len == record.wire_len);
  }
  Sll2Framer framer;
  const RecordView cooked = framer.frame(record, 1, kSnaplen);
  require(cooked.data.size() <= kSnaplen && cooked.data.size() <= cooked.wire_len);
  const std::string text = endpoints_text(packet_key(record).endpoints);
  require(!text.empty() && text == endpoints_text(packet_key(record).endpoints));

  std::string words;
  append_trace_words(words, record);
  RecordView read{.ifindex = 0};
  read_trace_words(words, read);
  require(read.tap == record.tap && (!record.trace || read.ifindex == record.ifindex));
  std::string again;
  append_trace_words(again, read);
  require(words == again || !read.trace);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  const auto choices = input.take<std::uint8_t>();
  const std::size_t ring_size = std::size_t{64} << (choices % 5);
  Ring ring(ring_size, (choices & 0x80) != 0 ? 32 : ring_size);
  RingReader reader(ring.memory());
  Expected expected;
  std::size_t records = 0;
  while (!input.empty()) {
    const std::uint64_t advance = input.take<std::uint16_t>();
    const std::size_t given = input.take<std::uint16_t>();
    // The largest of all stands for a producer that is anywhere.
    ring.put(advance == UINT16_MAX ? input.take<std::uint64_t>() : advance, input.take_bytes(given));
    expected.read(ring);
    while (reader.refresh()) {
      require(records < expected.records.size());
      require(bytes_of(reader.head()) == expected.records[records++]);
      use(reader.head());
      reader.pop();
    }
    reader.release();
    require(records == expected.records.size() && reader.malformed() == expected.malformed);
    require(ring.consumer() == expected.position);
  }
  return 0;
}
