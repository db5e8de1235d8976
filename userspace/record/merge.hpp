// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Merges streams that are each in time order (one ring per CPU) into one time order. A record may become visible a
// little after it was stamped, so only records older than a watermark, now minus kMergeSlackNs, are passed on. A record
// that appears later than that is still delivered, and counted as late.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ringtap {

// How long a record waits for a straggler on another CPU: time from the clock read in the program to the commit in the
// ring, some 100 ns unless the CPU is preempted in between.
inline constexpr std::uint64_t kMergeSlackNs = 1'000'000;

// Stream: `bool ready()` (there is a head), `std::uint64_t time() const` of the head, `void pop()`.
// Calls `take(stream)` for each head in time order, until no head is as old as `watermark` or older, or until `take`
// returns false. `take` must not pop; each head is popped here, also the last one.
template <class Stream, class Take>
void merge_until(std::vector<Stream*>& heap, std::uint64_t watermark, Take&& take) {
  const auto later = [](const Stream* a, const Stream* b) { return a->time() > b->time(); };
  std::make_heap(heap.begin(), heap.end(), later);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    Stream* stream = heap.back();
    // Stays with a stream as long as its head is the oldest: traffic comes in bursts on one CPU.
    const std::uint64_t limit = heap.size() > 1 ? std::min(watermark, heap.front()->time()) : watermark;
    if (stream->time() > limit) return;
    bool more = true;
    do {
      more = take(*stream);
      stream->pop();
    } while (more && stream->ready() && stream->time() <= limit);
    if (!more) return;
    if (stream->ready()) {
      std::push_heap(heap.begin(), heap.end(), later);
    } else {
      heap.pop_back();
    }
  }
}

}  // namespace ringtap
