// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// First sequence numbers of TCP conversations, for relative numbers. An open-addressing table per IP version that grows
// with the conversations seen; at kMaxConversations per version it becomes the old generation and a new one begins, so
// a capture that never ends stays bounded and forgets only what was silent for a whole generation. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace ringtap {

template <std::size_t AddressSize>
class TcpConversations {
 public:
  static constexpr std::size_t kMaxConversations = 1 << 18;

  struct Key {
    std::array<std::uint8_t, 2 * AddressSize> addresses;
    std::uint32_t ports;
    bool operator==(const Key&) const = default;
  };
  struct Entry {
    Key key;
    std::uint32_t sequence;  // of the side that the key names first
    std::uint32_t acknowledged;
    bool used;
  };

  // The conversation's entry, and whether it was there.
  struct Found {
    Entry& entry;
    bool known;
  };
  Found find(const Key& key) {
    const std::size_t hash = hash_of(key);
    if (Entry* entry = probe(current_, key, hash); entry != nullptr && entry->used) return {*entry, true};
    const Entry* old = probe(previous_, key, hash);
    if (2 * (count_ + 1) > current_.size()) grow();
    Entry* entry = probe(current_, key, hash);
    ++count_;
    if (old != nullptr && old->used) {
      *entry = *old;
      return {*entry, true};
    }
    entry->key = key;
    entry->used = true;
    return {*entry, false};
  }

 private:
  static std::size_t hash_of(const Key& key) {
    std::uint64_t hash = key.ports * 0x9e3779b97f4a7c15u;
    for (std::size_t i = 0; i < key.addresses.size(); i += 8) {
      std::uint64_t word;
      std::memcpy(&word, key.addresses.data() + i, 8);
      hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
      hash ^= hash >> 32;
    }
    return hash;
  }
  // The entry with this key or the free one where it would be; nullptr in an empty table.
  static Entry* probe(std::vector<Entry>& table, const Key& key, std::size_t hash) {
    if (table.empty()) return nullptr;
    const std::size_t mask = table.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      if (!table[i].used || table[i].key == key) return &table[i];
    }
  }
  void grow() {
    if (count_ >= kMaxConversations) {
      previous_.swap(current_);
      current_.assign(previous_.size(), Entry{});
      count_ = 0;
      return;
    }
    std::vector<Entry> larger(std::max<std::size_t>(1024, 2 * current_.size()));
    larger.swap(current_);
    for (const Entry& entry : larger) {
      if (entry.used) *probe(current_, entry.key, hash_of(entry.key)) = entry;
    }
  }

  std::vector<Entry> current_;
  std::vector<Entry> previous_;
  std::size_t count_ = 0;
};

struct TcpState {
  TcpConversations<4> ipv4;
  TcpConversations<16> ipv6;
};

}  // namespace ringtap
