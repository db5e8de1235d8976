// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a comparison knows of one packet: where it was observed, and all that decides its outcome. Plain values.
// Owned by the packet pool of a correlator; one thread.
#pragma once

#include <cstdint>

#include "record/packet_key.hpp"

namespace ringtap {

inline constexpr std::uint32_t kNoText = 0;  // of reasons, functions, rules and processes: there is none

// What was seen of one packet at one place. Places are numbered by the caller.
struct Observation {
  std::uint64_t time_ns = 0;  // of the first record
  std::uint32_t records = 0;
  std::uint32_t wire_bytes = 0;
  std::uint32_t payload = 0;  // sum over the records: tells whether all of the packet has passed
  std::uint16_t place = 0;
};

struct Freed {
  std::uint32_t reason = kNoText;
  std::uint32_t function = kNoText;
  std::uint64_t time_ns = 0;  // 0: has not happened
  bool other_netns = false;   // in another network namespace
  bool bridge_port = false;   // at a port of a bridge
  std::uint16_t place = 0;
};

enum class Taken : std::uint8_t { kNo, kYes, kAndBack };

// Everything that determines a packet's outcome.
struct PacketHistory {
  std::uint64_t number = 0;  // from 1
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  Endpoints endpoints;
  NatProof proof;
  std::uint64_t first_content = 0;  // PacketKey::content of its first record, and after NAT; 0: cut too short
  std::uint64_t last_content = 0;
  std::uint64_t flow = 0;           // of its first record
  std::uint64_t last_flow = 0;      // after NAT
  std::uint8_t hop_limit = 0;       // of its first record: TTL or hop limit of IP
  std::uint8_t last_hop_limit = 0;  // the lowest of all: that with which it left
  std::uint32_t payload_len = 0;
  std::uint32_t delivered = 0;         // sk_buffs that sockets received and that were not dropped afterwards
  std::uint32_t sent = 0;              // the same for those that went to a driver and did not come back
  std::uint16_t delivered_at = 0;      // the place
  std::uint16_t sent_at = 0;           // the place, also of an AF_PACKET record on the way out
  bool asks_connection = false;        // TCP: SYN without ACK
  bool packet_out = false;             // AF_PACKET saw it on its way out
  bool came_back = false;              // sent and then received by this host: loopback, both ends of a veth
  bool replaced = false;               // an sk_buff of it, by a copy
  bool unwrapped = false;              // what was in it went on as another packet
  Taken taken = Taken::kNo;            // `end` is tc's, which may have redirected it
  bool xdp_dropped = false;            // dropped by ringtap's XDP tap
  bool has_skb = false;                // its sk_buff address is known
  bool is_merged = false;              // one of several frames that GRO merged
  bool is_superframe = false;          // a record had segmentation offload: it is or will be several frames
  bool is_evicted = false;             // finished early because too many packets were open
  std::uint64_t reassembled_into = 0;  // number of the datagram
  Freed drop;                          // the packet's own sk_buff
  Freed end;
  Freed cut;        // freed after it became segments or fragments
  Freed copy_drop;  // an sk_buff with its content that was not seen before
  std::uint32_t rule = kNoText;
  std::uint32_t sender = kNoText;  // with --who
  std::uint32_t receiver = kNoText;
};

}  // namespace ringtap
