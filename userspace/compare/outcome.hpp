// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The outcome of a packet, derived from all observations of it, and its texts. Pure functions, any thread; Texts has
// one owner and one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.hpp"
#include "compare/correlator.hpp"
#include "compare/places.hpp"

namespace ringtap {

// Texts by number, as plain text of one line; 0 is the empty one. Owns them. At most kMost are told apart: each further
// one has the number of the same text, which says so.
class Texts {
 public:
  static constexpr std::size_t kMost = std::size_t{1} << 17;
  static constexpr std::size_t kLongest = 2048;  // bytes of one; the rest is cut off

  std::uint32_t number_of(std::string_view text);
  [[nodiscard]] std::size_t size() const { return texts_.size(); }
  [[nodiscard]] const std::string& operator[](std::uint32_t number) const { return texts_[number]; }

 private:
  HashMap<std::uint64_t, std::uint32_t> numbers_;
  std::vector<std::string> texts_ = {""};
  std::uint32_t other_ = 0;  // the number of all that have none of their own
};

enum class OutcomeKind : std::uint8_t {
  kDelivered,
  kSent,
  kDropped,
  kXdpDropped,
  kConsumed,
  kCut,
  kReassembled,
  kUnwrapped,
  kRequested,  // a connection, of a listening socket
  kUnderWay,   // as the run ended
  kVanished,
  kEvicted,
};
// Delivered or sent: where it was seen last is no news.
constexpr bool has_arrived(OutcomeKind kind) {
  return kind == OutcomeKind::kDelivered || kind == OutcomeKind::kSent || kind == OutcomeKind::kRequested;
}
// How an outcome is shown: green, red, yellow, or neither.
enum class Tone : std::uint8_t { kArrived, kDropped, kUnclear, kOther };
constexpr Tone tone_of(OutcomeKind kind) {
  if (has_arrived(kind)) return Tone::kArrived;
  switch (kind) {
    case OutcomeKind::kDropped:
    case OutcomeKind::kXdpDropped:
      return Tone::kDropped;
    case OutcomeKind::kUnderWay:
    case OutcomeKind::kVanished:
    case OutcomeKind::kEvicted:
      return Tone::kUnclear;
    default:
      return Tone::kOther;
  }
}
std::string_view outcome_name(OutcomeKind kind);  // in JSON: "delivered", "sent", "dropped", "xdp-dropped" …

enum class DropSite : std::uint8_t {
  kUnknown,  // after the last place
  kHook,
  kNetfilter,  // a hook that is not known
  kNetdevIngress,
  kNetdevEgress,
  kBridge,          // a hook of netfilter in a bridge
  kBridgeOrNetdev,  // that, or netdev ingress or egress of its port
  kXdp,             // another XDP program; so is the next
  kGenericXdp,
  kTcIngress,
  kTcEgress,
  kQdisc,
  kNeighbour,
  kRouting,
  kIpInput,
  kSocket,
  kDevice,
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::kVanished;
  DropSite site = DropSite::kUnknown;               // kDropped
  NetfilterHook hook = NetfilterHook::kPrerouting;  // kDropped at kHook
  std::uint16_t place = 0;   // kSent: where it was sent; kVanished, and kDropped at kUnknown: the last one
  bool other_netns = false;  // in another network namespace
  std::uint32_t netns = 0;   // in which of the comparison's, as Place::netns
  std::uint32_t reason = kNoText;
  std::uint32_t function = kNoText;
  std::uint32_t rule = kNoText;
  std::uint32_t sender = kNoText;  // the process that sent it, and the one that got it or would have
  std::uint32_t receiver = kNoText;
  // The taps that did not run and would decide between this outcome and others: "consumed" without the socket tap.
  TapSet undecided;
  bool records_lost = false;  // by the host that saw it, so that nothing follows from where it was seen last

  [[nodiscard]] std::uint64_t key() const;  // the same for equal outcomes
};

// Frees that do not end the packet: an AF_PACKET socket's copy, a frame that is a part of a superframe.
bool ends_nothing(std::string_view reason, std::string_view function);
// A superframe or datagram that continues in pieces.
bool is_cut(std::string_view function);

// What tc redirects, mirrors or takes over otherwise.
bool is_taken_by_tc(std::string_view function);

// A copy that XDP may write to takes its place.
bool is_replaced(std::string_view function);

// Data that nobody read before its socket closed. In a socket's queue a packet's network namespace is no longer known.
bool was_queued(std::string_view function);

// TCP frees a segment without data this way once it has processed it.
bool is_after_use(std::string_view reason, std::string_view function);

// The last place before it was freed; if there is none, the first place of all.
std::uint16_t last_place(std::span<const Observation> observations, const Places& places);
// `ran`: the taps that could have seen the packet. Nothing is concluded from the silence of other taps.
Outcome outcome_of(const PacketHistory& history, std::span<const Observation> observations, const Places& places,
                   const Texts& texts, TapSet ran);

// "from curl 4711 uid 1000, to nginx 812 uid 101"; empty: neither is known.
std::string owners_text(const Outcome& outcome, const Texts& texts);
// "dropped at INPUT by netfilter (NETFILTER_DROP in nf_hook_slow)"
std::string outcome_text(const Outcome& outcome, const Places& places, const Texts& texts);
// "INPUT", "tc-ingress", "qdisc"; empty: unknown. Stable, used in JSON.
std::string_view site_name(const Outcome& outcome);

}  // namespace ringtap
