// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The packets that a comparison follows at the moment, with what was observed of each, and the order in which they end
// when nothing more is heard of them. An index is good until release(); memory is kept and used again. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "compare/chains.hpp"
#include "compare/packet_history.hpp"
#include "compare/packet_key.hpp"

namespace ringtap {

class PacketPool {
 public:
  static constexpr std::uint32_t kNone = Chains::kNone;

  struct Packet {
    PacketHistory history;
    NatProof proof;
    std::uint64_t flow = 0;
    std::uint32_t sent_ifindex = 0;
    std::uint32_t older = kNone;  // by last record
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

  // A new one, open and in no order of age. References to others are void.
  std::uint32_t add();
  void release(std::uint32_t packet);

  // By the last record, those whose sk_buff was freed apart from the others. A packet leaves before its history changes
  // and enters again after it.
  void leave_age(std::uint32_t packet);
  void enter_age(std::uint32_t packet);
  // The one with the oldest last record, kNone if there is none.
  [[nodiscard]] std::uint32_t oldest() const;
  [[nodiscard]] std::uint32_t oldest(bool freed) const { return ages_[freed ? 1 : 0].oldest; }

  // What was observed of the packet at the place; nullptr where nothing was.
  [[nodiscard]] Observation* find_observation(std::uint32_t packet, std::uint16_t place);
  // The same, made where there is none. Good until the next call.
  Observation& observation(std::uint32_t packet, std::uint16_t place, std::uint64_t time_ns);
  // Whether `payload_len` bytes more than were seen at the place would be more than the packet has.
  [[nodiscard]] bool has_passed(std::uint32_t packet, std::uint16_t place, std::uint32_t payload_len);
  // Appends all that was observed of the packet, in the order of time.
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
