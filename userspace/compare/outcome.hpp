// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What became of a packet, from all that was seen of it, and the words for it. Pure functions, any thread; Texts has
// one owner and one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compare/correlator.hpp"
#include "compare/hash.hpp"
#include "compare/places.hpp"

namespace ringtap {

// Texts by number; 0 is the empty one. Owns them. Grows with the number of different texts.
class Texts {
 public:
  std::uint32_t number_of(std::string_view text);
  [[nodiscard]] const std::string& operator[](std::uint32_t number) const { return texts_[number]; }

 private:
  HashMap<std::uint32_t> numbers_;
  std::vector<std::string> texts_ = {""};
};

enum class OutcomeKind : std::uint8_t {
  kDelivered,
  kSent,
  kDropped,
  kXdpDropped,
  kConsumed,
  kCut,
  kReassembled,
  kVanished,
  kEvicted,
};
std::string_view outcome_name(OutcomeKind kind);  // of JSON: "delivered", "sent", "dropped", "xdp-dropped" …

enum class DropSite : std::uint8_t {
  kUnknown,  // after the last place
  kHook,
  kNetfilter,  // some hook
  kNetdevIngress,
  kNetdevEgress,
  kXdp,  // of another program, as is the next
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
  std::uint16_t place = 0;                          // kSent: where to; kVanished and a drop at kUnknown: the last one
  bool other_netns = false;                         // in another network namespace
  std::uint32_t reason = kNoText;
  std::uint32_t function = kNoText;
  std::uint32_t rule = kNoText;
  // What would decide between this outcome and others, and did not run: "consumed" without the socket tap.
  TapSet undecided;

  [[nodiscard]] std::uint64_t key() const;  // the same for equal outcomes
};

// Frees that do not end the packet: an AF_PACKET socket's copy, a frame that is a part of a superframe.
bool ends_nothing(std::string_view reason, std::string_view function);
// A superframe or datagram that goes on in pieces.
bool is_cut(std::string_view function);

// Data that nobody read before its socket closed. Once it lay there it says no longer in which network namespace it
// came.
bool was_queued(std::string_view function);

// TCP frees a segment without data this way once it has done what it says.
bool is_after_use(std::string_view reason, std::string_view function);

// The last place before it was freed; the first of all when there is none before.
std::uint16_t last_place(std::span<const Observation> observations, const Places& places);
// `ran`: the taps that could have seen the packet. Nothing is concluded from what another did not see.
Outcome outcome_of(const PacketHistory& history, std::span<const Observation> observations, const Places& places,
                   const Texts& texts, TapSet ran);

// "dropped at INPUT by netfilter (NETFILTER_DROP in nf_hook_slow)"
std::string outcome_text(const Outcome& outcome, const Places& places, const Texts& texts);
// "INPUT", "tc-ingress", "qdisc"; empty unknown. The stable word of JSON.
std::string_view site_name(const Outcome& outcome);

}  // namespace ringtap
