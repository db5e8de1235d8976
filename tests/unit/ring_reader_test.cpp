// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A ring in ordinary memory, into which the test writes what the kernel should never write.
#include "record/ring_reader.hpp"

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <array>
#include <cstring>
#include <vector>

namespace ringtap {
namespace {

constexpr std::size_t kSize = 256;
constexpr std::uint32_t kRecord = sizeof(ringtap_event);  // of a record without bytes

class Ring {
 public:
  // A sample of one record without bytes, whose header says `length`; the producer moves past the record.
  Ring& add(std::uint32_t length, std::uint64_t time_ns) {
    const ringtap_event event{.monotonic_ns = time_ns, .tap = RINGTAP_TAP_XDP};
    put(producer, &length, sizeof length);
    put(producer + BPF_RINGBUF_HDR_SZ, &event, sizeof event);
    producer += BPF_RINGBUF_HDR_SZ + sizeof event;
    return *this;
  }
  RingMemory memory() { return {&producer, &consumer, std::as_bytes(std::span(words_)), kSize}; }

  std::uint64_t producer = 0;
  std::uint64_t consumer = 0;

 private:
  void put(std::uint64_t at, const void* from, std::size_t size) {
    auto* bytes = reinterpret_cast<std::byte*>(words_.data());
    for (std::size_t n = 0; n < size; ++n) {
      const std::byte byte = static_cast<const std::byte*>(from)[n];
      bytes[(at + n) % kSize] = bytes[(at + n) % kSize + kSize] = byte;
    }
  }
  std::array<std::uint64_t, kSize / 4> words_{};
};

std::vector<std::uint64_t> times(RingReader& reader) {
  std::vector<std::uint64_t> times;
  for (; reader.refresh(); reader.pop()) times.push_back(reader.time());
  reader.release();
  return times;
}

TEST(RingReader, ReadsWhatWasCommittedAroundTheEndOfTheRing) {
  Ring ring;
  RingReader reader(ring.memory());
  for (std::uint64_t round = 0; round < 10; ++round) {
    ring.add(kRecord, 2 * round).add(kRecord | BPF_RINGBUF_DISCARD_BIT, 99).add(kRecord, 2 * round + 1);
    EXPECT_EQ(times(reader), (std::vector<std::uint64_t>{2 * round, 2 * round + 1}));
    EXPECT_EQ(ring.consumer, ring.producer);
  }
  EXPECT_EQ(reader.malformed(), 0U);
}

TEST(RingReader, WaitsForASampleThatIsBeingWritten) {
  Ring ring;
  RingReader reader(ring.memory());
  ring.add(kRecord, 1).add(kRecord | BPF_RINGBUF_BUSY_BIT, 2);
  EXPECT_EQ(times(reader), std::vector<std::uint64_t>{1});
  EXPECT_EQ(ring.consumer, ring.producer / 2);
}

TEST(RingReader, CountsASampleThatIsNoRecordAndReadsTheNext) {
  Ring ring;
  RingReader reader(ring.memory());
  ring.add(kRecord - 8, 1);
  ring.producer -= 8;
  ring.add(kRecord, 2);
  EXPECT_EQ(times(reader), std::vector<std::uint64_t>{2});
  EXPECT_EQ(reader.malformed(), 1U);
}

TEST(RingReader, SkipsASampleThatIsLongerThanWhatThereIs) {
  Ring ring;
  RingReader reader(ring.memory());
  ring.add(kRecord, 1).add(kRecord + 8, 2);
  EXPECT_EQ(times(reader), std::vector<std::uint64_t>{1});
  EXPECT_EQ(reader.malformed(), 1U);
  EXPECT_EQ(ring.consumer, ring.producer);
  ring.add(kRecord, 3);
  EXPECT_EQ(times(reader), std::vector<std::uint64_t>{3});
  ring.add((std::uint32_t{1} << 30) - 1, 4);
  EXPECT_EQ(times(reader), std::vector<std::uint64_t>{});
  EXPECT_EQ(reader.malformed(), 2U);
}

TEST(RingReader, SkipsWhatIsMoreThanTheRingHolds) {
  Ring ring;
  RingReader reader(ring.memory());
  ring.add(kRecord, 1);
  ring.producer = kSize + 9;
  EXPECT_EQ(times(reader), std::vector<std::uint64_t>{});
  EXPECT_EQ(reader.malformed(), 1U);
  EXPECT_EQ(ring.consumer, kSize + 16);  // samples are aligned
  ring.producer = kSize + 16;
  ring.add(kRecord, 2);
  EXPECT_EQ(times(reader), std::vector<std::uint64_t>{2});
}

TEST(RingReader, CountsASampleThatGoesPastWhatIsMapped) {
  Ring ring;
  RingMemory memory = ring.memory();
  memory.data = memory.data.first(kSize + 8);
  RingReader reader(memory);
  ring.add(kRecord, 1).add(kRecord, 2).add(kRecord, 3);
  EXPECT_EQ(times(reader), (std::vector<std::uint64_t>{1, 2, 3}));
  ring.add(kRecord, 4);
  EXPECT_EQ(times(reader), std::vector<std::uint64_t>{});
  EXPECT_EQ(reader.malformed(), 1U);
  EXPECT_EQ(ring.consumer, ring.producer);
}

TEST(RingReader, AsksForMemoryBeforeItReadsThere) {
  struct Growth : RingGrowth {
    std::uint64_t read_up_to(std::uint64_t position) override {
      asked.push_back(position);
      return position < kSize ? position + kRecord : UINT64_MAX;
    }
    std::vector<std::uint64_t> asked;
  } growth;
  Ring ring;
  RingMemory memory = ring.memory();
  memory.growth = &growth;
  RingReader reader(memory);
  const std::uint64_t sample = BPF_RINGBUF_HDR_SZ + kRecord;
  for (std::uint64_t n = 1; n <= 3 * kSize / sample; ++n) {
    ring.add(kRecord, n);
    EXPECT_EQ(times(reader), std::vector<std::uint64_t>{n});
    EXPECT_LE(growth.asked.back(), ring.producer);
    EXPECT_TRUE(growth.asked.back() >= kSize || growth.asked.back() + kRecord >= ring.producer);
  }
  EXPECT_GE(growth.asked.back(), kSize) << "and then no more";
  EXPECT_LT(growth.asked.back(), kSize + sample);
}

TEST(RingReader, StaysAtTheEndOfAllNumbers) {
  Ring ring;
  RingReader reader(ring.memory());
  ring.add((std::uint32_t{1} << 30) - 1, 1);
  for (const std::uint64_t producer : {UINT64_MAX - 3, UINT64_MAX - 1, UINT64_MAX}) {
    ring.producer = producer;
    EXPECT_EQ(times(reader), std::vector<std::uint64_t>{});
  }
  EXPECT_GE(reader.malformed(), 1U);
}

}  // namespace
}  // namespace ringtap
