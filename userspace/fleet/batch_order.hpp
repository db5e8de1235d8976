// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Puts the batches of one host into the order of their numbers, drops what comes twice, and finds those that never
// come. A sender has at most kBatchesUnderWay batches on their way: so one has not come for certain if a batch comes
// that is that much later, or once nothing more will come. It is looked for by reading the stream again before it is
// missing. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace ringtap {

inline constexpr std::uint64_t kBatchesUnderWay = 64;

// nats-server 2.9 at times keeps a message on two of its three copies only when servers fail, and does not notice. Each
// reading is of any of the copies: all of these are of the one without the message once in a thousand such cases. Where
// a stream has one copy they find nothing more.
inline constexpr unsigned kMostReadings = 6;

// Batches that were sent and did not come.
struct MissingBatches {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t packets = 0;
};

template <class T>
class BatchOrder {
 public:
  // `sequence`: where it is in the stream. `sent_before`: packets in all batches with lower numbers.
  struct Numbered {
    std::uint64_t number = 0;
    std::uint64_t sequence = 0;
    std::uint64_t sent_before = 0;
    std::uint64_t packets = 0;
    T batch;
  };

  // False: it came before. It is a repeat unless it was only read again.
  bool put(Numbered numbered) {
    const bool is_read_again = numbered.sequence <= highest_;
    highest_ = std::max(highest_, numbered.sequence);
    const std::uint64_t number = numbered.number;
    const bool is_new = number >= next_ && waiting_.try_emplace(number, std::move(numbered)).second;
    repeats_ += is_new || is_read_again ? 0 : 1;
    return is_new;
  }
  // Whether there is one, and it is the next for certain.
  [[nodiscard]] bool can_take() const {
    if (waiting_.empty()) return false;
    return waiting_.begin()->first == next_ || is_over_ || waiting_.rbegin()->first >= next_ + kBatchesUnderWay;
  }
  enum class Search : std::uint8_t {
    kNone,      // nothing is missing
    kUnderWay,  // the stream is being read again
    kNext,      // it has been in vain so far: read_again()
    kOver,      // in vain for good: take() leaves out what is missing
  };
  // `next_sequence`: how far the stream has been read; `is_caught_up`: to its end.
  [[nodiscard]] Search search(std::uint64_t next_sequence, bool is_caught_up) const {
    if (!can_take() || waiting_.begin()->first == next_) return Search::kNone;
    if (next_sequence <= waiting_.begin()->second.sequence && !is_caught_up) return Search::kUnderWay;
    return readings_ < kMostReadings ? Search::kNext : Search::kOver;
  }
  // From where in the stream. What is missing may have been stored before batches with lower numbers.
  std::uint64_t read_again() {
    ++readings_;
    if (taken_.size() < kBatchesUnderWay) return 1;
    return *std::min_element(taken_.begin(), taken_.end());
  }
  // The next one, none if it may still come.
  std::optional<Numbered> take() {
    if (!can_take()) return std::nullopt;
    const auto first = waiting_.begin();
    if (first->first != next_) {
      const std::uint64_t sent_before = first->second.sent_before;
      missing_.push_back({next_, first->first - 1, sent_before > expected_ ? sent_before - expected_ : 0});
    }
    std::optional<Numbered> taken = std::move(first->second);
    waiting_.erase(first);
    readings_ = 0;
    taken_.push_back(taken->sequence);
    if (taken_.size() > kBatchesUnderWay) taken_.pop_front();
    next_ = taken->number + 1;
    expected_ = taken->sent_before + taken->packets;
    return taken;
  }
  // No batch will come that has not come.
  void end() { is_over_ = true; }

  // The highest sequence that came.
  [[nodiscard]] std::uint64_t highest() const { return highest_; }
  [[nodiscard]] std::uint64_t next() const { return next_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::uint64_t repeats() const { return repeats_; }
  [[nodiscard]] const std::vector<MissingBatches>& missing() const { return missing_; }

 private:
  std::map<std::uint64_t, Numbered> waiting_;
  std::uint64_t next_ = 0;
  std::uint64_t expected_ = 0;  // what the next one should have as sent_before
  std::uint64_t repeats_ = 0;
  std::uint64_t highest_ = 0;
  std::deque<std::uint64_t> taken_;  // sequences of the last ones, kBatchesUnderWay at most
  unsigned readings_ = 0;            // again, of what is missing before those that wait
  bool is_over_ = false;
  std::vector<MissingBatches> missing_;
};

}  // namespace ringtap
