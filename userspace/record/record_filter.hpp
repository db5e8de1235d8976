// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The part of a filter that runs in user space: checks each record, counts those that are rejected, and carries the
// losses recorded in them over to the next accepted record of their stream. A stream is anything that counts its own
// losses, such as an interface; streams are numbered from 0, and memory grows with the largest number that has losses.
// Owns the predicate. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "record/link_header.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

class RecordFilter {
 public:
  using Matches = std::function<bool(const RecordView&)>;

  RecordFilter() = default;
  explicit RecordFilter(Matches matches) : matches_(std::move(matches)) {}

  // Without a predicate every record matches.
  [[nodiscard]] bool matches(const RecordView& record) const { return !matches_ || matches_(record); }
  // To be called for a record that is rejected. Its losses are added to the next take_lost() of `stream`.
  void refuse(const RecordView& record, std::size_t stream) {
    ++refused_;
    if (has_vlan_tag(record)) ++refused_tagged_;
    if (record.lost_before == 0) return;
    if (stream >= lost_.size()) lost_.resize(stream + 1);
    lost_[stream] += record.lost_before;
  }
  // The losses from rejected records of `stream` since the last call.
  [[nodiscard]] std::uint64_t take_lost(std::size_t stream) {
    return stream < lost_.size() ? std::exchange(lost_[stream], 0) : 0;
  }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  // Of these, the Ethernet frames with a VLAN tag.
  [[nodiscard]] std::uint64_t refused_tagged() const { return refused_tagged_; }

 private:
  Matches matches_;
  std::vector<std::uint64_t> lost_;  // [stream]
  std::uint64_t refused_ = 0;
  std::uint64_t refused_tagged_ = 0;
};

}  // namespace ringtap
