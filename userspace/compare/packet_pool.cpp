// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/packet_pool.hpp"

#include <algorithm>

namespace ringtap {

std::uint32_t PacketPool::add() {
  ++open_;
  std::uint32_t index = static_cast<std::uint32_t>(packets_.size());
  if (free_packets_.empty()) {
    packets_.emplace_back();
  } else {
    index = free_packets_.back();
    free_packets_.pop_back();
    packets_[index] = Packet{};
  }
  packets_[index].is_open = true;
  return index;
}

void PacketPool::release(std::uint32_t index) {
  for (std::uint32_t at = packets_[index].first_block; at != kNone; at = blocks_[at].next) free_blocks_.push_back(at);
  packets_[index].is_open = false;
  packets_[index].history.number = 0;
  free_packets_.push_back(index);
  --open_;
}

std::uint32_t PacketPool::oldest() const {
  const std::uint32_t one = ages_[0].oldest;
  const std::uint32_t other = ages_[1].oldest;
  if (one == kNone || other == kNone) return one == kNone ? other : one;
  return packets_[one].history.last_ns < packets_[other].history.last_ns ? one : other;
}

void PacketPool::leave_age(std::uint32_t index) {
  const Packet& packet = packets_[index];
  Ages& ages = ages_[packet.is_freed ? 1 : 0];
  (packet.older == kNone ? ages.oldest : packets_[packet.older].newer) = packet.newer;
  (packet.newer == kNone ? ages.newest : packets_[packet.newer].older) = packet.older;
}

void PacketPool::enter_age(std::uint32_t index) {
  Packet& packet = packets_[index];
  packet.is_freed = packet.history.drop.time_ns != 0 || packet.history.end.time_ns != 0;
  Ages& ages = ages_[packet.is_freed ? 1 : 0];
  packet.older = ages.newest;
  packet.newer = kNone;
  (ages.newest == kNone ? ages.oldest : packets_[ages.newest].newer) = index;
  ages.newest = index;
}

Observation* PacketPool::find_observation(std::uint32_t packet, std::uint16_t place) {
  std::uint32_t left = packets_[packet].observations;
  for (std::uint32_t at = packets_[packet].first_block; at != kNone; at = blocks_[at].next) {
    Block& block = blocks_[at];
    const std::size_t here = std::min<std::size_t>(left, kObservationsInBlock);
    for (std::size_t i = 0; i < here; ++i) {
      if (block.observations[i].place == place) return &block.observations[i];
    }
    left -= static_cast<std::uint32_t>(here);
  }
  return nullptr;
}

Observation& PacketPool::observation(std::uint32_t index, std::uint16_t place, std::uint64_t time_ns) {
  if (Observation* seen = find_observation(index, place)) return *seen;
  Packet& packet = packets_[index];
  const std::size_t offset = packet.observations % kObservationsInBlock;
  if (offset == 0) {
    std::uint32_t block = static_cast<std::uint32_t>(blocks_.size());
    if (free_blocks_.empty()) {
      blocks_.emplace_back();
    } else {
      block = free_blocks_.back();
      free_blocks_.pop_back();
      blocks_[block].next = kNone;
    }
    (packet.last_block == kNone ? packet.first_block : blocks_[packet.last_block].next) = block;
    packet.last_block = block;
  }
  ++packet.observations;
  Observation& made = blocks_[packet.last_block].observations[offset];
  made = {.time_ns = time_ns, .place = place};
  return made;
}

bool PacketPool::has_passed(std::uint32_t packet, std::uint16_t place, std::uint32_t payload_len) {
  const Observation* seen = find_observation(packet, place);
  if (seen == nullptr) return false;
  const std::uint32_t whole = packets_[packet].history.proof.payload_len;
  return whole == 0 || std::uint64_t{seen->payload} + payload_len > whole;
}

void PacketPool::gather(std::uint32_t packet, std::vector<Observation>& into) const {
  const std::size_t from = into.size();
  std::uint32_t left = packets_[packet].observations;
  for (std::uint32_t at = packets_[packet].first_block; at != kNone; at = blocks_[at].next) {
    const std::size_t here = std::min<std::size_t>(left, kObservationsInBlock);
    into.insert(into.end(), blocks_[at].observations.begin(),
                blocks_[at].observations.begin() + static_cast<std::ptrdiff_t>(here));
    left -= static_cast<std::uint32_t>(here);
  }
  std::stable_sort(into.begin() + static_cast<std::ptrdiff_t>(from), into.end(),
                   [](const Observation& a, const Observation& b) { return a.time_ns < b.time_ns; });
}

}  // namespace ringtap
