// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// 64-bit hashes of small things and an open-addressing map from such a number. Identities of packets are these hashes
// alone: two of a million open packets agree by chance once in some ten million runs. Values; any thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace ringtap {

// One step of the finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators).
constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) + 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

inline std::uint64_t mix_bytes(std::uint64_t hash, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(bytes.size(), sizeof(word));
    std::memcpy(&word, bytes.data(), size);
    hash = mix(hash, word);
    bytes = bytes.subspan(size);
  }
  return hash;
}

// Keys are spread already or become so by mix(). A pointer that find() or operator[] gives is good until the next
// operator[] or erase().
template <class Value>
class HashMap {
 public:
  [[nodiscard]] Value* find(std::uint64_t key) {
    if (slots_.empty()) return nullptr;
    for (std::size_t at = home(key);; at = next(at)) {
      if (!slots_[at].used) return nullptr;
      if (slots_[at].key == key) return &slots_[at].value;
    }
  }
  // A new value is Value{}.
  Value& operator[](std::uint64_t key) {
    if (Value* found = find(key)) return *found;
    if (10 * (size_ + 1) > 7 * slots_.size()) grow();
    std::size_t at = home(key);
    while (slots_[at].used) at = next(at);
    slots_[at] = {key, Value{}, true};
    ++size_;
    return slots_[at].value;
  }
  void erase(std::uint64_t key) {
    if (slots_.empty()) return;
    std::size_t at = home(key);
    for (; slots_[at].key != key || !slots_[at].used; at = next(at)) {
      if (!slots_[at].used) return;
    }
    --size_;
    // What follows moves up unless that would put it before its home.
    for (std::size_t from = next(at);; from = next(from)) {
      if (!slots_[from].used) break;
      const std::size_t mask = slots_.size() - 1;
      if (((from - home(slots_[from].key)) & mask) < ((from - at) & mask)) continue;
      slots_[at] = std::move(slots_[from]);
      at = from;
    }
    slots_[at] = Slot{};
  }
  template <class Unwanted>
  void erase_if(Unwanted unwanted) {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size()));
    size_ = 0;
    for (Slot& slot : old) {
      if (slot.used && !unwanted(slot.value)) (*this)[slot.key] = std::move(slot.value);
    }
  }
  void clear() {
    slots_.clear();
    size_ = 0;
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Slot {
    std::uint64_t key = 0;
    Value value{};
    bool used = false;
  };

  [[nodiscard]] std::size_t home(std::uint64_t key) const {
    return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15) >> (64 - std::countr_zero(slots_.size())));
  }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  void grow() {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(std::max<std::size_t>(64, 2 * slots_.size())));
    size_ = 0;
    for (Slot& slot : old) {
      if (slot.used) (*this)[slot.key] = std::move(slot.value);
    }
  }

  std::vector<Slot> slots_;  // a power of two, or none
  std::size_t size_ = 0;
};

}  // namespace ringtap
