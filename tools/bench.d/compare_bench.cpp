// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a comparison costs per record: packets through all taps of a receive path, made in memory, a thousand of them on
// their way at once, one core. Prints records a second for distinct UDP packets, for equal ones, and for frames that
// GRO merges; after a warm-up that lets the pools grow. Time is this process's on the CPU. Needs no privilege.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <vector>

#include "compare/comparer.hpp"

namespace ringtap {
namespace {

class NullWriter final : public ByteWriter {
 public:
  Result<> write(Parts) override { return ok(); }
  Result<> flush() override { return ok(); }
  Result<> close() override { return ok(); }
  [[nodiscard]] std::uint64_t bytes_taken() const override { return 0; }
  [[nodiscard]] std::uint64_t blocks_stored() const override { return 0; }
};

enum class Kind { kDistinct, kEqual, kMerged };
constexpr std::size_t kFrame = 142, kInFlight = 1000, kMerge = 10;
using Frame = std::array<std::byte, kFrame>;

void put16(Frame& frame, std::size_t at, unsigned value) {
  frame[at] = std::byte(value >> 8);
  frame[at + 1] = std::byte(value & 0xff);
}

Frame frame_of(Kind kind, std::uint64_t number) {
  Frame frame{};
  put16(frame, 12, 0x0800);
  frame[14] = std::byte{0x45};
  put16(frame, 16, kFrame - 14);
  if (kind != Kind::kEqual) put16(frame, 18, number & 0xffff);
  frame[23] = std::byte{kind == Kind::kMerged ? std::uint8_t{6} : std::uint8_t{17}};
  frame[29] = std::byte{1};
  frame[33] = std::byte{2};
  put16(frame, 34, kind == Kind::kDistinct ? static_cast<std::uint32_t>(1024 + number / 0x10000 % 50000) : 40000);
  put16(frame, 36, 5000);
  frame[46] = std::byte{0x50};
  if (kind == Kind::kMerged) {
    constexpr unsigned kPayload = kFrame - 14 - 20 - 20;
    const auto sequence = static_cast<std::uint32_t>(number * kPayload);
    put16(frame, 38, sequence >> 16);
    put16(frame, 40, sequence & 0xffff);
  }
  return frame;
}

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Run {
  Comparer comparer{{}, std::make_unique<NullWriter>(), nullptr};
  std::uint64_t time_ns = 1'700'000'000'000'000'000;
  std::uint64_t records = 0;

  void give(Tap tap, const Frame& frame, std::uint64_t skb, std::uint32_t wire_len, NetfilterHook hook = {},
            bool last = false) {
    RecordView record;
    record.time_ns = time_ns += 500;
    record.data = frame;
    record.wire_len = wire_len;
    record.tap = tap;
    record.direction = Direction::kIn;
    record.ifindex = 2;
    if (skb != 0) record.trace = Trace{.skb = skb, .hook = hook, .last = last, .in_ifindex = 2};
    if (tap == Tap::kEnd) record.trace->function = "skb_free_datagram";
    ++records;
    if (!comparer.on_record(record)) std::abort();
  }
  // A batch of packets as NAPI makes them: all at XDP, then each through the stack.
  void batch(Kind kind, std::uint64_t from) {
    for (std::uint64_t i = 0; i < kInFlight; ++i) give(Tap::kXdp, frame_of(kind, from + i), 0, kFrame);
    const std::uint64_t step = kind == Kind::kMerged ? kMerge : 1;
    for (std::uint64_t i = 0; i < kInFlight; i += step) {
      Frame frame = frame_of(kind, from + i);
      std::uint32_t wire_len = kFrame;
      if (kind == Kind::kMerged) {
        wire_len = 54 + (kFrame - 54) * kMerge;
        put16(frame, 16, wire_len - 14);
      }
      const std::uint64_t skb = 0xffff888100000000 + 0x100 * (i % 64);
      give(Tap::kPacketIn, frame, 0, wire_len);
      for (const Tap tap : {Tap::kStackIn, Tap::kTcIngress}) give(tap, frame, skb, wire_len);
      for (const NetfilterHook hook : {NetfilterHook::kPrerouting, NetfilterHook::kInput}) {
        for (const bool last : {false, true}) give(Tap::kNetfilter, frame, skb, wire_len, hook, last);
      }
      give(Tap::kSocket, frame, skb, wire_len);
      give(Tap::kEnd, frame, skb, wire_len);
    }
  }
};

void measure(const char* name, Kind kind) {
  Run run;
  std::uint64_t from = 0;
  const auto more = [&](std::uint64_t records) {
    for (const std::uint64_t until = run.records + records; run.records < until; from += kInFlight) {
      run.batch(kind, from);
    }
  };
  constexpr std::uint64_t kWarmUp = 5'000'000, kMeasured = 5'000'000;
  more(kWarmUp);
  const std::uint64_t before = run.records;
  const double start = cpu_seconds();
  more(kMeasured);
  const double taken = cpu_seconds() - start;
  const CompareTotals totals = run.comparer.totals();
  std::printf("%-9s %6.2f M records/s  (%llu of %llu records tied)\n", name,
              static_cast<double>(run.records - before) / taken / 1e6,
              static_cast<unsigned long long>(totals.counts.matched),
              static_cast<unsigned long long>(totals.counts.records));
}

}  // namespace
}  // namespace ringtap

int main() {
  ringtap::measure("distinct", ringtap::Kind::kDistinct);
  ringtap::measure("equal", ringtap::Kind::kEqual);
  ringtap::measure("merged", ringtap::Kind::kMerged);
}
