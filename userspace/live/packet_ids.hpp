// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The numbers that the records of a capture get (epb_packetid). Records of several taps that hold the same packet in
// the same sk_buff share one; all others have a number of their own. An address is reused at once, so the packet must
// be the same as well, and must not have been at this tap of the device before. Knows at most kMostBuffers sk_buffs:
// with more it forgets all of them, and what follows is a new packet. One thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/hash_map.hpp"
#include "record/packet_key.hpp"

namespace ringtap {

class PacketIds {
 public:
  static constexpr std::size_t kMostBuffers = std::size_t{1} << 16;

  // One of `parts` that number packets independently of each other, and never alike.
  explicit PacketIds(std::uint32_t part = 0, std::uint32_t parts = 1)
      : last_(std::uint64_t{part} + 1 - parts), step_(parts) {}

  std::uint64_t of(const RecordView& record);

 private:
  struct Buffer {
    std::uint64_t id = 0;
    std::uint64_t places = 0;  // the taps at its last device that have seen it, each a bit
    std::uint32_t ifindex = 0;
    std::uint32_t netns = 0;
    NatProof proof;
  };

  HashMap<std::uint64_t, Buffer> buffers_;  // by address
  std::uint64_t next() { return last_ += step_; }

  std::uint64_t last_;
  std::uint64_t step_;
};

}  // namespace ringtap
