// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the index of a frame must say if a packet of the frame matches a pcap-filter(7) expression: `and` and `or` over
// keys. Necessary, not sufficient; of what is not understood here, nothing is demanded: negations, names, comparisons
// of bytes; and the same for chosen processes. Holds for the expression as it is and with --any-vlan, since the keys
// are those after every tag. Values; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "recorder/frame_index.hpp"
#include "ringtap/capture.hpp"

namespace ringtap {

class IndexCondition {
 public:
  // Whether the expression is correct is libpcap's to say.
  static IndexCondition of(std::string_view expression);
  // For packets of chosen processes.
  static IndexCondition of(const OwnerSelection& selection);
  static IndexCondition all_of(std::vector<IndexCondition> parts);

  [[nodiscard]] bool may_match(const FrameEntry& entry) const;
  // Every frame may match.
  [[nodiscard]] bool demands_nothing() const { return kind_ == Kind::kNothing; }

 private:
  friend class LeafReader;
  friend class ConditionReader;
  enum class Kind : std::uint8_t { kNothing, kKey, kOwnerKey, kAnd, kOr };

  static IndexCondition key(std::uint32_t hash);
  static IndexCondition owner(std::uint32_t hash);
  static IndexCondition one_of(std::vector<IndexCondition> parts);

  Kind kind_ = Kind::kNothing;
  std::uint32_t key_ = 0;
  std::vector<IndexCondition> parts_;
};

}  // namespace ringtap
