// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Matches the records of all taps to packets. A record belongs to a packet because its sk_buff address is that of a
// packet which has not been freed; or else because its content is that of a packet which has not been seen at this
// place yet (first in, first out); or else because it holds the same bytes divided differently: GRO's frames, GSO's
// segments, fragments. Anything else is counted, never guessed. docs/compare.md explains this.
//
// Memory is limited: at most `max_packets` are open, and a packet is finished `age_ns` after its last record. Once the
// pools have grown, records need no allocation. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/hash_map.hpp"
#include "compare/chains.hpp"
#include "compare/packet_history.hpp"
#include "compare/packet_pool.hpp"
#include "record/packet_key.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

// Where a record was captured.
struct RecordPlace {
  std::uint16_t number = 0;  // tap, device, direction, hook. There are at most 65536 places
  std::uint64_t device = 0;  // which no device of another network namespace shares
};

// Whose packet it is, as a record tells; texts by number.
struct ToldOwners {
  std::uint32_t sender = kNoText;
  std::uint32_t receiver = kNoText;
  bool is_final = false;  // the receiver is the socket that got it, or did not take it
};

// What a drop or an end means, from its reason and function.
struct FreedBy {
  std::uint32_t reason = kNoText;
  std::uint32_t function = kNoText;
  std::uint32_t rule = kNoText;
  bool ends_nothing = false;  // a copy, or a part of something that continues
  bool is_cut = false;        // it continues as segments or fragments
  bool is_replaced = false;   // by a copy that goes on in its place
  bool is_taken = false;      // tc took it: it may continue as a copy on another device
  bool after_use = false;     // freed like a drop, but was not one
  bool bridge_port = false;   // at a port of a bridge
  bool was_queued = false;    // it was in the queue of a socket that closed, and came long before
};

struct CorrelatorOptions {
  std::uint64_t age_ns = 4'000'000'000;      // from the last record to the end of a packet …
  std::uint64_t freed_age_ns = 100'000'000;  // … and of one whose sk_buff was freed
  std::uint32_t max_packets = 1U << 19;
  std::uint64_t follow = UINT64_MAX;  // how many packets are followed; later ones are not
};

struct CorrelatorCounts {
  std::uint64_t records = 0;
  std::uint64_t matched = 0;
  std::uint64_t ambiguous = 0;    // cut too short to tell which of several packets it is
  std::uint64_t unknown_end = 0;  // freed after use, matching no packet
  std::uint64_t other_netns = 0;  // in another network namespace, matching no packet seen here
  std::uint64_t reused_skb = 0;   // another packet at a known sk_buff address
  std::uint64_t over_limit = 0;   // after the last packet that is followed
  std::uint64_t packets = 0;
  std::uint64_t evicted = 0;
};

// The number of a packet that was first seen before begin() or after end(): it is followed, so that its records are not
// taken for those of another packet, but it belongs to no table. Its number has this bit.
inline constexpr std::uint64_t kOutside = std::uint64_t{1} << 63;

class Correlator {
 public:
  // Called once for each packet when it is finished, with its observations in the order of their first record; both are
  // borrowed until it returns. For frames that GRO merged it is called once per frame, with the history of the
  // superframe and its observations after the frame's own.
  using Finished = std::function<void(const PacketHistory&, std::span<const Observation>)>;

  Correlator(CorrelatorOptions options, Finished finished) : options_(options), finished_(std::move(finished)) {}

  // Returns the number of the record's packet, or 0 for none.
  std::uint64_t add(const RecordView& record, const PacketKey& key, const RecordPlace& at, const FreedBy& freed,
                    const ToldOwners& owners = {});
  // Assigns a verdict of nftables to its packet; among identical packets, to the first without a rule. `dropped`: only
  // to a packet whose drop was seen. Returns the packet's number, 0 if there is none.
  std::uint64_t set_rule(const PacketKey& key, std::uint32_t rule, bool dropped);

  // All taps are attached, or are about to be detached. What was under way then was not seen by all of them: a packet
  // whose first record is before the one or after the other is outside. Without these calls none is.
  void begin(std::uint64_t now_ns) { begin_ns_ = now_ns; }
  void end(std::uint64_t now_ns) { end_ns_ = now_ns; }
  [[nodiscard]] bool is_outside(std::uint64_t time_ns) const { return time_ns < begin_ns_ || time_ns >= end_ns_; }
  // The end tap runs, so that an sk_buff whose end was not seen still exists.
  void set_sees_frees() { sees_frees_ = true; }
  // Finishes packets whose last record is more than their age before `now_ns`.
  void expire(std::uint64_t now_ns);
  void finish_all();

  [[nodiscard]] const CorrelatorCounts& counts() const { return counts_; }
  [[nodiscard]] std::uint32_t open_packets() const { return packets_.open(); }

 private:
  using Packet = PacketPool::Packet;
  static constexpr std::uint32_t kNone = PacketPool::kNone;
  static constexpr std::uint32_t kAmbiguous = kNone - 1;
  static constexpr std::size_t kFewBuffers = 1U << 16;

  // The chains that a packet can be in; its node there is packet * kNodes + kind.
  enum Node : std::uint32_t {
    kFirstContent,  // as it was first seen
    kLastContent,   // as changed by NAT
    kOutline,       // without its payload, for records that are cut short
    kPath,          // frames that GRO may merge, superframes that may be segmented, fragments
    kNodes,
  };

  // An sk_buff until it is freed.
  struct Buffer {
    std::uint64_t number = 0;  // of the packet, which may already be finished
    std::uint32_t packet = kNone;
    Tap tap = Tap::kUnknown;  // where it was seen last, kUnknown: nowhere yet
    std::uint64_t device = 0;
    bool delivered = false;
    bool sent = false;
    NatProof proof;
  };
  struct Cursor {
    std::uint64_t number = 0;
    std::uint32_t node = kNone;
  };

  static std::uint32_t node(std::uint32_t packet, Node kind) { return packet * kNodes + kind; }
  static std::uint32_t packet_of(std::uint32_t node) { return node / kNodes; }

  Buffer* buffer_of(std::uint64_t address, const RecordView& record, const PacketKey& key, std::uint16_t place,
                    bool joins);
  bool is_reassembled(std::uint64_t address);
  bool unwrap(Buffer& buffer, const RecordView& record, const PacketKey& key);
  std::uint32_t by_content(const PacketKey& key, std::uint16_t place, const RecordView& record, bool is_freed);
  std::uint32_t by_outline(const PacketKey& key, std::uint16_t place);
  std::uint32_t taken_by_tc(const PacketKey& key, std::uint16_t place, std::uint64_t time_ns);
  std::uint32_t first_fit(std::uint64_t hash, const PacketKey& key, std::uint16_t place, std::uint64_t time_ns);
  std::uint32_t merge(const RecordView& record, const PacketKey& key);
  std::uint32_t superframe_of(const RecordView& record, const PacketKey& key, std::uint16_t place);

  std::uint32_t start(const RecordView& record, const PacketKey& key);
  void see(std::uint32_t packet, const RecordView& record, const PacketKey& key, std::uint16_t place, Buffer* buffer,
           const FreedBy& freed);
  void note_outcome(std::uint32_t packet, const RecordView& record, std::uint16_t place, Buffer* buffer,
                    const FreedBy& freed);
  static void come_back(Packet& packet, std::uint64_t device);
  void note_return(Packet& packet, const RecordView& record, Buffer& buffer) const;
  void note_path(std::uint32_t packet, const RecordView& record, const PacketKey& key);
  void note_content(std::uint32_t packet, const PacketKey& key);
  void link_path(std::uint32_t packet, const RecordView& record, const PacketKey& key);
  std::optional<std::uint32_t> whole_fragments_of(std::uint64_t chain, std::uint32_t payload_len);
  void end_fragments(std::uint64_t number, const PacketKey& key);
  void forget_buffers();

  void link_content(std::uint32_t packet, const PacketKey& key);
  void leave_chains(std::uint32_t packet);
  void finish(std::uint32_t packet, bool evicted);

  CorrelatorOptions options_;
  Finished finished_;
  CorrelatorCounts counts_;
  PacketPool packets_;
  Chains chains_;
  HashMap<std::uint64_t, Buffer> buffers_;  // by address
  HashMap<std::uint64_t, Cursor> cursors_;  // by chain and place: where the search for the first match continues
  std::vector<Observation> gathered_;
  ToldOwners owners_;         // of the record that is being added
  std::uint64_t device_ = 0;  // the same
  std::uint64_t now_ns_ = 0;
  std::uint64_t begin_ns_ = 0;
  std::uint64_t end_ns_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t outside_ = 0;
  bool sees_frees_ = false;
  std::uint32_t open_outlines_ = 0;  // open packets whose payload is not known
  std::vector<std::uint32_t> merging_;
  std::size_t sweep_at_ = kFewBuffers;
};

}  // namespace ringtap
