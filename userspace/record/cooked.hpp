// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// LINUX_SLL2 framing (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html): one link type for frames of all
// kinds of devices, used for `-i any`. Unlike libpcap, a VLAN tag stays in the frame: protocol 0x8100, then the tag.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ringtap/record.hpp"

namespace ringtap {

inline constexpr std::size_t kSll2HeaderLength = 20;
inline constexpr std::size_t kSllHeaderLength = 16;  // type 2, ARPHRD 2, address length 2, address 8, protocol 2

// Rewrites records of all devices: those with an Ethernet header, an IP header or one of libpcap's "cooked" headers
// (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html, LINKTYPE_NETLINK.html) first; of any other link type, the
// whole frame is the payload, of unknown protocol. Keeps one frame of scratch space. Not thread-safe.
class Sll2Framer {
 public:
  // `hardware_type` is the device's ARPHRD_*. The result's data lives until the next call and is at most `snaplen`
  // bytes.
  RecordView frame(const RecordView& record, std::uint16_t hardware_type, std::uint32_t snaplen);

 private:
  std::vector<std::byte> scratch_;
};

}  // namespace ringtap
