// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Puts the batches of one host into the order of their numbers, drops what comes twice, and finds those that never
// come. A sender has at most kBatchesUnderWay batches on their way: so one is missing for certain if a batch comes that
// is that much later, or once nothing more will come. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace ringtap {

inline constexpr std::uint64_t kBatchesUnderWay = 64;

// Batches that were sent and did not come.
struct MissingBatches {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t packets = 0;
};

template <class T>
class BatchOrder {
 public:
  // `sent_before`: packets in all batches with lower numbers.
  struct Numbered {
    std::uint64_t number = 0;
    std::uint64_t sent_before = 0;
    std::uint64_t packets = 0;
    T batch;
  };

  // False: it came before.
  bool put(Numbered numbered) {
    const std::uint64_t number = numbered.number;
    const bool is_new = number >= next_ && waiting_.try_emplace(number, std::move(numbered)).second;
    repeats_ += is_new ? 0 : 1;
    return is_new;
  }
  // Whether there is one, and it is the next for certain.
  [[nodiscard]] bool can_take() const {
    if (waiting_.empty()) return false;
    return waiting_.begin()->first == next_ || is_over_ || waiting_.rbegin()->first >= next_ + kBatchesUnderWay;
  }
  // The one with the lowest number of those that came, if batches before it are missing for certain.
  [[nodiscard]] const Numbered* after_missing() const {
    return can_take() && waiting_.begin()->first != next_ ? &waiting_.begin()->second : nullptr;
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
    next_ = taken->number + 1;
    expected_ = taken->sent_before + taken->packets;
    return taken;
  }
  // No batch will come that has not come.
  void end() { is_over_ = true; }

  [[nodiscard]] std::uint64_t next() const { return next_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::uint64_t repeats() const { return repeats_; }
  [[nodiscard]] const std::vector<MissingBatches>& missing() const { return missing_; }

 private:
  std::map<std::uint64_t, Numbered> waiting_;
  std::uint64_t next_ = 0;
  std::uint64_t expected_ = 0;  // what the next one should have as sent_before
  std::uint64_t repeats_ = 0;
  bool is_over_ = false;
  std::vector<MissingBatches> missing_;
};

}  // namespace ringtap
