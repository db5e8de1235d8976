// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Ties the records of one packet at all taps together. A record is of a packet because its sk_buff has the address of
// one whose life has not ended, else because its content is that of one which has not passed this place yet (first in,
// first out), else because it holds the packet's bytes in another cut: GRO's N frames, GSO's segments, IPv4 fragments.
// Whatever else it could be is counted, never guessed. docs/compare.md says how.
//
// Memory is bounded: at most `max_packets` are open, and one is finished `age_ns` after its last record. Nothing is
// allocated for a record once the pools have grown. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "compare/chains.hpp"
#include "compare/hash.hpp"
#include "compare/packet_history.hpp"
#include "compare/packet_key.hpp"
#include "compare/packet_pool.hpp"
#include "ringtap/record.hpp"

namespace ringtap {

// What the text after a drop or an end is to the correlator.
struct FreedBy {
  std::uint32_t reason = kNoText;
  std::uint32_t function = kNoText;
  bool ends_nothing = false;  // a copy, or a part of something that goes on
  bool is_cut = false;        // it goes on as segments or fragments
  bool after_use = false;     // freed like a drop, and was none
  bool was_queued = false;    // it lay in a socket that closed: it came long before
};

struct CorrelatorOptions {
  std::uint64_t age_ns = 4'000'000'000;      // from the last record to the end of a packet …
  std::uint64_t freed_age_ns = 100'000'000;  // … and of one whose sk_buff was freed
  std::uint32_t max_packets = 1U << 19;
  std::uint64_t follow = UINT64_MAX;  // packets followed; what comes then is not started
};

struct CorrelatorCounts {
  std::uint64_t records = 0;
  std::uint64_t matched = 0;
  std::uint64_t ambiguous = 0;    // cut too short to say which of several packets it is
  std::uint64_t unknown_end = 0;  // freed after use, of no packet seen
  std::uint64_t other_netns = 0;  // in another network namespace, of no packet seen here
  std::uint64_t reused_skb = 0;   // an address known from earlier, and another packet
  std::uint64_t over_limit = 0;   // after the last packet to follow
  std::uint64_t packets = 0;
  std::uint64_t evicted = 0;
};

class Correlator {
 public:
  // Called once for each packet when it is finished, with its observations in the order of their first record; both are
  // borrowed until it returns. Frames that GRO merged come one by one with the history of their superframe and its
  // observations after their own.
  using Finished = std::function<void(const PacketHistory&, std::span<const Observation>)>;

  Correlator(CorrelatorOptions options, Finished finished) : options_(options), finished_(std::move(finished)) {}

  // The number of the packet the record is of, 0 none. `place` is where the record was taken: tap, device, direction,
  // hook. At most 65536 of them.
  std::uint64_t add(const RecordView& record, const PacketKey& key, std::uint16_t place, const FreedBy& freed);
  // What nftables decided of a packet, of equal ones the first without a rule; `dropped`: only of one whose drop was
  // seen. False where there is none.
  bool set_rule(const PacketKey& key, std::uint32_t rule, bool dropped);

  // Finishes what has had no record since `age` before `now_ns`.
  void expire(std::uint64_t now_ns);
  void finish_all();

  [[nodiscard]] const CorrelatorCounts& counts() const { return counts_; }
  [[nodiscard]] std::uint32_t open_packets() const { return packets_.open(); }

 private:
  using Packet = PacketPool::Packet;
  static constexpr std::uint32_t kNone = PacketPool::kNone;
  static constexpr std::uint32_t kAmbiguous = kNone - 1;
  static constexpr std::size_t kFewBuffers = 1U << 16;

  // The chains a packet can stand in; its node there is packet * kNodes + kind.
  enum Node : std::uint32_t {
    kFirstContent,  // as it was seen first
    kLastContent,   // as NAT has made it
    kOutline,       // without its payload, for records that are cut short
    kPath,          // frames that GRO may merge, superframes that may be cut, fragments
    kNodes,
  };

  // An sk_buff in its life.
  struct Buffer {
    std::uint64_t number = 0;  // of the packet, which may be finished
    std::uint32_t packet = kNone;
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

  Buffer* buffer_of(std::uint64_t address, const PacketKey& key, std::uint16_t place, bool is_freed);
  std::uint32_t by_content(const PacketKey& key, std::uint16_t place, const RecordView& record, bool is_freed);
  std::uint32_t by_outline(const PacketKey& key, std::uint16_t place);
  std::uint32_t first_fit(std::uint64_t hash, const PacketKey& key, std::uint16_t place, std::uint64_t time_ns);
  std::uint32_t merge(const RecordView& record, const PacketKey& key);
  std::uint32_t superframe_of(const RecordView& record, const PacketKey& key, std::uint16_t place);

  std::uint32_t start(const RecordView& record, const PacketKey& key);
  void see(std::uint32_t packet, const RecordView& record, const PacketKey& key, std::uint16_t place, Buffer* buffer,
           const FreedBy& freed);
  void note_outcome(std::uint32_t packet, const RecordView& record, std::uint16_t place, Buffer* buffer,
                    const FreedBy& freed);
  void note_path(std::uint32_t packet, const RecordView& record, const PacketKey& key);
  void note_content(std::uint32_t packet, const PacketKey& key);
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
  HashMap<Buffer> buffers_;  // by address
  HashMap<Cursor> cursors_;  // by chain and place: where the search for the first fit goes on
  std::vector<Observation> gathered_;
  std::uint64_t now_ns_ = 0;
  std::uint64_t numbers_ = 0;
  std::uint32_t open_outlines_ = 0;  // open packets whose payload is not known
  std::vector<std::uint32_t> merging_;
  std::size_t sweep_at_ = kFewBuffers;
};

}  // namespace ringtap
