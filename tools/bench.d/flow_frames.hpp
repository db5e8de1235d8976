// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// TCP packets of one size, from 64 bytes on, over Ethernet and IPv4, of random flows between hosts of 10.0.0.0/8. The
// same flows in every run. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace ringtap::bench {

class FlowFrames {
 public:
  // Makes the packet, but for its flow, in the bytes, which it borrows.
  FlowFrames(std::span<unsigned char> packet, unsigned long flows) : packet_(packet), flows_(flows) {
    for (std::size_t at = 0; at < packet.size(); ++at) packet[at] = static_cast<unsigned char>(at * 167 >> 3);
    const std::array<unsigned char, 16> link_and_version = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0};
    const std::array<unsigned char, 6> rest = {0, 0, 0x40, 0, 64, 6};
    std::copy(link_and_version.begin(), link_and_version.end(), packet.begin());
    packet[16] = static_cast<unsigned char>((packet.size() - 14) >> 8);
    packet[17] = static_cast<unsigned char>(packet.size() - 14);
    std::copy(rest.begin(), rest.end(), packet.begin() + 18);
  }

  // Makes it one of the next random flow, to port 443.
  void next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    unsigned long flow = (state_ % flows_ + 1) * 0x9e3779b97f4a7c15UL;
    flow ^= flow >> 29;
    std::memcpy(packet_.data() + 26, &flow, 8);
    packet_[26] = packet_[30] = 10;
    flow *= 0xbf58476d1ce4e5b9UL;
    std::memcpy(packet_.data() + 34, &flow, 2);
    packet_[36] = 443 >> 8;
    packet_[37] = 443 & 0xff;
  }

 private:
  std::span<unsigned char> packet_;
  unsigned long flows_;
  unsigned long state_ = 88172645463325252UL;
};

}  // namespace ringtap::bench
