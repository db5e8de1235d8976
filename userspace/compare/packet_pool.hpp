// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The packets that a comparison is following, with the observations of each, and the order in which they expire when no
// more records come. An index is valid until release(); memory is kept and reused. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "compare/chains.hpp"
#include "compare/packet_history.hpp"
#include "record/packet_key.hpp"

namespace ringtap {

class PacketPool {
 public:
  static constexpr std::uint32_t kNone = Chains::kNone;

  struct Packet {
    PacketHistory history;
    std::uint64_t flow = 0;
    std::uint32_t fragment_id = 0;  // of its IPv6 fragments; 0: none was seen
    std::uint64_t received_at = 0;  // the device at whose stack tap it was last received …
    std::uint64_t back_at = 0;      // … and at which it last came back
    std::uint32_t older = kNone;    // by last record
    std::uint32_t newer = kNone;
    std::uint32_t first_block = kNone;  // of observations
    std::uint32_t last_block = kNone;
    std::uint32_t observations = 0;
    std::uint32_t members = kNone;      // first of the frames that GRO merged into it …
    std::uint32_t next_member = kNone;  // … and the next one
    bool payload_known = true;
    bool is_open = false;
    bool is_freed = false;  // is in that list
  };

  [[nodiscard]] Packet& operator[](std::uint32_t packet) { return packets_[packet]; }
  [[nodiscard]] const Packet& operator[](std::uint32_t packet) const { return packets_[packet]; }
  [[nodiscard]] std::uint32_t open() const { return open_; }

  // A new packet, open and in no list of ages. Invalidates references to others.
  std::uint32_t add();
  void release(std::uint32_t packet);

  // The lists of ages, by last record; packets whose sk_buff was freed have their own. A packet leaves its list before
  // its history changes, and enters again afterwards.
  void leave_age(std::uint32_t packet);
  void enter_age(std::uint32_t packet);
  // The one with the oldest last record, kNone if there is none.
  [[nodiscard]] std::uint32_t oldest() const;
  [[nodiscard]] std::uint32_t oldest(bool freed) const { return ages_[freed ? 1 : 0].oldest; }

  // The observation of the packet at the place; nullptr: none.
  [[nodiscard]] Observation* find_observation(std::uint32_t packet, std::uint16_t place);
  // The place of the first observation; the packet has one.
  [[nodiscard]] std::uint16_t first_place(std::uint32_t packet) const {
    return blocks_[packets_[packet].first_block].observations[0].place;
  }
  // The same, created if there is none. Valid until the next call.
  Observation& observation(std::uint32_t packet, std::uint16_t place, std::uint64_t time_ns);
  // Whether another `payload_len` bytes at the place would exceed the packet's length.
  [[nodiscard]] bool has_passed(std::uint32_t packet, std::uint16_t place, std::uint32_t payload_len);
  // Appends all observations of the packet in time order.
  void gather(std::uint32_t packet, std::vector<Observation>& into) const;

 private:
  static constexpr std::size_t kObservationsInBlock = 6;
  struct Block {
    std::array<Observation, kObservationsInBlock> observations;
    std::uint32_t next = kNone;
  };
  struct Ages {
    std::uint32_t oldest = kNone;
    std::uint32_t newest = kNone;
  };

  std::vector<Packet> packets_;
  std::vector<std::uint32_t> free_packets_;
  std::vector<Block> blocks_;
  std::vector<std::uint32_t> free_blocks_;
  std::array<Ages, 2> ages_;  // [1]: freed
  std::uint32_t open_ = 0;
};

}  // namespace ringtap
