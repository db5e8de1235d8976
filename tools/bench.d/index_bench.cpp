// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the index of a recording costs a packet, and how large it is: packets of 64 and of 700 bytes, of 1,000, 100,000
// and 1,000,000 flows, in frames of 1 MiB of pcapng. The least of several runs, without what the making of the packets
// takes; time is this process's on the CPU. Needs no privilege.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <span>
#include <vector>

#include "flow_frames.hpp"
#include "recorder/frame_index.hpp"

namespace ringtap {
namespace {

constexpr int kRuns = 10;
constexpr unsigned long kPackets = 400'000;
constexpr std::size_t kBlock = 32 + 12;  // of pcapng around a packet: head and tail, and the option of its direction

struct Cost {
  double seconds = 0;
  std::size_t bytes = 0;  // of the index
};

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

Cost run(std::size_t size, unsigned long flows, FrameIndexer* indexer) {
  std::vector<unsigned char> packet(size);
  bench::FlowFrames frames(packet, flows);
  RecordView record;
  record.data = std::as_bytes(std::span(packet));
  record.wire_len = static_cast<std::uint32_t>(size);
  record.tap = Tap::kTcIngress;
  record.time_ns = 1'700'000'000'000'000'000;
  Cost cost;
  std::size_t filled = 0;
  const double begun = cpu_seconds();
  for (unsigned long n = 0; n < kPackets; ++n) {
    frames.next();
    record.time_ns += 1000;
    if (indexer == nullptr) continue;
    indexer->add(record, LinkType::kEthernet);
    filled += size + kBlock;
    if (filled + size + kBlock <= kMostFrameBytes) continue;
    const auto bytes = static_cast<std::uint32_t>(filled);
    cost.bytes += indexer->finish(0, bytes, bytes).size();
    filled = 0;
  }
  cost.seconds = cpu_seconds() - begun;
  return cost;
}

}  // namespace
}  // namespace ringtap

int main() {
  using namespace ringtap;
  for (const std::size_t size : {64, 700}) {
    for (const unsigned long flows : {1'000UL, 100'000UL, 1'000'000UL}) {
      FrameIndexer indexer;
      double least = 1;
      double bare = 1;
      std::size_t bytes = 0;
      for (int number = 0; number < kRuns; ++number) {
        bare = std::min(bare, run(size, flows, nullptr).seconds);
        const Cost cost = run(size, flows, &indexer);
        least = std::min(least, cost.seconds);
        bytes = cost.bytes;
      }
      std::printf("%zu bytes, %lu flows: %.1f ns a packet, index %.2f %% of the packets' bytes\n", size, flows,
                  (least - bare) * 1e9 / kPackets,
                  100.0 * static_cast<double>(bytes) / static_cast<double>(kPackets * size));
    }
  }
}
