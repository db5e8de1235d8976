// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Chains of packets with the same hash, first in, first out: a node is in at most one chain, and chains are found by
// their hash. Nodes are numbers that the caller assigns; memory grows with the highest of them. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/hash_map.hpp"

namespace ringtap {

// Of a search through a chain of identical packets: how many are looked at, and after how many steps over those that
// do not fit a cursor remembers the last of them.
inline constexpr int kLookAhead = 64;
inline constexpr int kStepsWithoutCursor = 4;

class Chains {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  void append(std::uint32_t node, std::uint64_t hash) {
    if (node >= links_.size()) links_.resize(std::size_t{node} + 1);
    Ends& ends = chains_[hash];
    links_[node] = {hash, ends.last, kNone, true};
    (ends.last == kNone ? ends.first : links_[ends.last].next) = node;
    ends.last = node;
  }
  void remove(std::uint32_t node) {
    if (!contains(node)) return;
    const Link link = links_[node];
    links_[node].linked = false;
    Ends& ends = *chains_.find(link.hash);
    (link.previous == kNone ? ends.first : links_[link.previous].next) = link.next;
    (link.next == kNone ? ends.last : links_[link.next].previous) = link.previous;
    if (ends.first == kNone) chains_.erase(link.hash);
  }
  [[nodiscard]] std::uint32_t first(std::uint64_t hash) {
    const Ends* ends = chains_.find(hash);
    return ends == nullptr ? kNone : ends->first;
  }
  [[nodiscard]] std::uint32_t last(std::uint64_t hash) {
    const Ends* ends = chains_.find(hash);
    return ends == nullptr ? kNone : ends->last;
  }
  [[nodiscard]] std::uint32_t next(std::uint32_t node) const { return links_[node].next; }
  [[nodiscard]] std::uint32_t previous(std::uint32_t node) const { return links_[node].previous; }
  [[nodiscard]] bool contains(std::uint32_t node) const { return node < links_.size() && links_[node].linked; }
  // Only for a node that is in a chain.
  [[nodiscard]] std::uint64_t hash_of(std::uint32_t node) const { return links_[node].hash; }

 private:
  struct Link {
    std::uint64_t hash = 0;
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
    bool linked = false;
  };
  struct Ends {
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
  };

  std::vector<Link> links_;
  HashMap<std::uint64_t, Ends> chains_;
};

}  // namespace ringtap
