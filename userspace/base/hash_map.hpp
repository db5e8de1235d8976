// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The hash table of this project: open addressing, linear probing, a power of two of slots of which seven in ten are
// used at most. Allocates when it grows only, and never shrinks but by clear(). A hash is 64 bits, of which the highest
// choose the slot. Values; any thread.
#pragma once

#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

namespace ringtap {

inline constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;  // 2^64 divided by it, odd: spreads by a product

// For keys that are numbers, hashes themselves most of all.
struct NumberHash {
  std::uint64_t operator()(std::uint64_t key) const { return key * kGoldenRatio; }
};

// For keys that packets bring: whoever sends them cannot choose the slots they go to. The bytes of a key are its value.
class SeededHash {
 public:
  SeededHash() {
    // Without random bytes the slots are guessable, nothing worse.
    [[maybe_unused]] const auto got = ::getrandom(&seed_, sizeof seed_, GRND_NONBLOCK);
  }
  template <class Key>
  requires std::has_unique_object_representations_v<Key> std::uint64_t operator()(const Key& key) const {
    std::uint64_t hash = seed_;
    for (std::size_t at = 0; at < sizeof key; at += sizeof hash) {
      std::uint64_t word = 0;
      std::memcpy(&word, reinterpret_cast<const std::byte*>(&key) + at, std::min(sizeof word, sizeof key - at));
      hash = ((hash ^ hash >> 32) ^ word) * kGoldenRatio;
    }
    return hash;
  }

 private:
  std::uint64_t seed_ = 0;
};

// A pointer that find() or operator[] gives is good until the next operator[] or erase().
template <class Key, class Value, class Hash = NumberHash>
class HashMap {
 public:
  [[nodiscard]] Value* find(const Key& key) {
    if (slots_.empty()) return nullptr;
    for (std::size_t at = home(key);; at = next(at)) {
      if (!slots_[at].used) return nullptr;
      if (slots_[at].key == key) return &slots_[at].value;
    }
  }
  // A new value is Value{}.
  Value& operator[](const Key& key) {
    Value* const found = find(key);
    return found != nullptr ? *found : add(key, {});
  }
  // For a key that is not there.
  Value& add(const Key& key, Value value) {
    if (10 * (size_ + 1) > 7 * slots_.size()) {
      refill(std::max<std::size_t>(64, 2 * slots_.size()), [](const Value&) { return true; });
    }
    return insert(key, std::move(value));
  }
  void erase(const Key& key) {
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
    refill(slots_.size(), [&unwanted](const Value& value) { return !unwanted(value); });
  }
  void clear() {
    slots_.clear();
    size_ = 0;
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Slot {
    Key key{};
    Value value{};
    bool used = false;
  };

  [[nodiscard]] std::size_t home(const Key& key) const { return static_cast<std::size_t>(hash_(key) >> shift_); }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  // For a key that is not there, where there is room.
  Value& insert(const Key& key, Value&& value) {
    std::size_t at = home(key);
    while (slots_[at].used) at = next(at);
    slots_[at] = {key, std::move(value), true};
    ++size_;
    return slots_[at].value;
  }
  template <class Wanted>
  void refill(std::size_t slots, Wanted wanted) {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
    shift_ = 64 - std::countr_zero(slots);
    size_ = 0;
    for (Slot& slot : old) {
      if (slot.used && wanted(slot.value)) insert(slot.key, std::move(slot.value));
    }
  }

  std::vector<Slot> slots_;  // a power of two, or none
  std::size_t size_ = 0;
  int shift_ = 64;  // 64 - the logarithm of the number of slots
  [[no_unique_address]] Hash hash_;
};

// A table that stays bounded however many keys come. When a generation of `generation` keys is full the one before it
// is forgotten and a new one begins; a key that is asked for moves to the newest. So what is asked for at least once in
// a generation stays, and the size is two generations at most.
template <class Key, class Value, class Hash>
class RecentMap {
 public:
  explicit RecentMap(std::size_t generation) : generation_(generation) {}
  [[nodiscard]] Value* find(const Key& key) {
    if (Value* found = young_.find(key)) return found;
    Value* found = old_.find(key);
    return found != nullptr ? &add(key, std::move(*found)) : nullptr;
  }
  // For a key that find() does not know.
  Value& add(const Key& key, Value value) {
    if (young_.size() >= generation_) {
      std::swap(young_, old_);
      young_.clear();
    }
    return young_.add(key, std::move(value));
  }
  [[nodiscard]] std::size_t size() const { return young_.size() + old_.size(); }

 private:
  std::size_t generation_;
  HashMap<Key, Value, Hash> young_;
  HashMap<Key, Value, Hash> old_;
};

}  // namespace ringtap
