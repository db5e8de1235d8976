// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/outcome.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/mix.hpp"
#include "base/plain_text.hpp"

namespace ringtap {
namespace {

constexpr std::array<std::string_view, 12> kOutcomeNames = {"delivered", "sent",      "dropped",     "xdp-dropped",
                                                            "consumed",  "cut",       "reassembled", "unwrapped",
                                                            "requested", "under-way", "vanished",    "evicted"};

// Prefixes of names in enum skb_drop_reason, include/net/dropreason-core.h, and where in the kernel they are used. The
// first one that matches counts.
constexpr std::array<std::pair<std::string_view, DropSite>, 30> kSites = {{
    {"NETFILTER", DropSite::kNetfilter},
    {"XDP", DropSite::kGenericXdp},
    {"TC_INGRESS", DropSite::kTcIngress},
    {"TC_EGRESS", DropSite::kTcEgress},
    {"QDISC", DropSite::kQdisc},
    {"TC_", DropSite::kQdisc},
    {"CPU_BACKLOG", DropSite::kIpInput},
    {"NEIGH", DropSite::kNeighbour},
    {"IP_RPFILTER", DropSite::kRouting},
    {"IP_INNOROUTES", DropSite::kRouting},
    {"IP_OUTNOROUTES", DropSite::kRouting},
    {"IP_INVALID", DropSite::kRouting},
    {"IP_LOCAL", DropSite::kRouting},
    {"BPF_OUTPUT", DropSite::kSocket},
    {"IP_", DropSite::kIpInput},
    {"IPV6", DropSite::kIpInput},
    {"OTHERHOST", DropSite::kIpInput},
    {"UNICAST_IN_L2_MULTICAST", DropSite::kIpInput},
    {"UNHANDLED_PROTO", DropSite::kIpInput},
    {"PKT_TOO", DropSite::kIpInput},
    {"NO_SOCKET", DropSite::kSocket},
    {"SOCKET", DropSite::kSocket},
    {"PROTO_MEM", DropSite::kSocket},
    {"TCP", DropSite::kSocket},
    {"UDP_CSUM", DropSite::kSocket},
    {"XFRM", DropSite::kRouting},
    {"DEV", DropSite::kDevice},
    {"FULL_RING", DropSite::kDevice},
    {"TAP", DropSite::kDevice},
    {"SKB_GSO_SEG", DropSite::kDevice},
}};

// Without a reason, by the function: net/core/dev.c, drivers/net/veth.c, net/netfilter/core.c, net/ipv4/route.c,
// net/ipv6/route.c, net/core/dst.c (routes of the types blackhole, prohibit, unreachable). With other drivers XDP frees
// no sk_buff.
constexpr std::array<std::pair<std::string_view, DropSite>, 9> kSitesOfFunctions = {{
    {"ip_error", DropSite::kRouting},
    {"ip6_pkt_", DropSite::kRouting},
    {"dst_discard", DropSite::kRouting},
    {"ip_forward", DropSite::kRouting},
    {"ip6_forward", DropSite::kRouting},
    {"do_xdp_generic", DropSite::kGenericXdp},
    {"netif_receive_generic_xdp", DropSite::kGenericXdp},
    {"veth_xdp_rcv_skb", DropSite::kXdp},
    {"nf_hook_slow", DropSite::kNetfilter},
}};

bool begins_with_any(std::string_view text, std::span<const std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view b) { return text.starts_with(b); });
}

// The hook before whose rules it was seen, and not after them; if there are several, the last one.
const Observation* open_hook(std::span<const Observation> observations, const Places& places) {
  const Observation* open = nullptr;
  for (const Observation& observation : observations) {
    const Place& place = places[observation.place];
    if (place.tap != Tap::kNetfilter || place.last) continue;
    const bool left = std::any_of(observations.begin(), observations.end(),
                                  [&](const Observation& other) { return is_after_rules(place, places[other.place]); });
    if (!left) open = &observation;
  }
  return open;
}

DropSite site_of(std::string_view name, std::span<const std::pair<std::string_view, DropSite>> sites) {
  const auto found = std::find_if(sites.begin(), sites.end(), [&](const auto& s) { return name.starts_with(s.first); });
  return found == sites.end() ? DropSite::kUnknown : found->second;
}

void place_drop(Outcome& outcome, const Freed& how, std::span<const Observation> observations, const Places& places,
                const Texts& texts, TapSet ran) {
  const std::string_view reason = texts[how.reason];
  const std::string_view function = texts[how.function];
  outcome.site = site_of(reason, kSites);
  if (outcome.site == DropSite::kUnknown) outcome.site = site_of(function, kSitesOfFunctions);
  // A driver without a reason.
  if (outcome.site == DropSite::kUnknown && places[outcome.place].tap == Tap::kStackOut)
    outcome.site = DropSite::kDevice;
  if (outcome.site != DropSite::kNetfilter) return;
  const Place& last = places[outcome.place];
  const bool before_ip =
      last.tap == Tap::kXdp || last.tap == Tap::kStackIn || last.tap == Tap::kPacketIn || last.tap == Tap::kTcIngress;
  const bool at_other_device = last.device != places[how.place].device;
  const std::string_view rule = texts[outcome.rule];
  if (rule.starts_with("bridge ")) {
    outcome.site = DropSite::kBridge;
    return;
  }
  if (rule.starts_with("netdev ")) {
    outcome.site = before_ip && !at_other_device ? DropSite::kNetdevIngress : DropSite::kNetdevEgress;
    return;
  }
  if (const Observation* open = open_hook(observations, places)) {
    outcome.site = DropSite::kHook;
    outcome.hook = places[open->place].hook;
    return;
  }
  if (!ran.contains(Tap::kNetfilter) || !places.sees_netfilter(places[how.place])) {
    outcome.undecided = {Tap::kNetfilter};
    return;
  }
  // A port meets the hooks of its bridge and, before and after them, its own. What a bridge takes for the host is
  // dropped at its own device, where the stack's tap would have seen it after the hook; with br_netfilter it has been
  // through PREROUTING already.
  const bool after_hook = last.tap == Tap::kNetfilter && last.last;
  if (how.bridge_port) {
    outcome.site = DropSite::kBridgeOrNetdev;
  } else if (before_ip) {
    outcome.site = at_other_device && ran.contains(Tap::kStackIn) ? DropSite::kBridge : DropSite::kNetdevIngress;
  } else if (after_hook && last.hook == NetfilterHook::kPrerouting) {
    outcome.site = DropSite::kBridge;
  } else if (after_hook && last.hook == NetfilterHook::kPostrouting) {
    outcome.site = DropSite::kNetdevEgress;
  }
}

}  // namespace

std::uint32_t Texts::number_of(std::string_view text) {
  if (text.empty()) return kNoText;
  const std::uint64_t key = mix_bytes(text.size(), std::as_bytes(std::span(text)));
  if (const std::uint32_t* known = numbers_.find(key)) return *known;
  const auto next = static_cast<std::uint32_t>(texts_.size());
  if (other_ == 0 && next >= kMost) {
    other_ = next;
    texts_.emplace_back("one of too many texts");
  }
  if (other_ != 0) return other_;
  numbers_.add(key, next);
  texts_.push_back(plain_line(text.substr(0, kLongest)));
  return next;
}

std::string_view outcome_name(OutcomeKind kind) {
  return kOutcomeNames[static_cast<std::size_t>(kind)];
}

std::uint64_t Outcome::key() const {
  const auto word = [](auto value) { return static_cast<std::uint64_t>(value); };
  const std::uint64_t what = word(kind) | word(site) << 8 | word(hook) << 16 | word(other_netns) << 24 |
                             word(!undecided.empty()) << 25 | word(place) << 32;
  // All three are small numbers, which mix() alone would let cancel each other out.
  const std::uint64_t how = mix(mix(mix(0, what), word(reason) << 32 | function), word(netns) << 32 | rule);
  return sender == kNoText && receiver == kNoText ? how : mix(how, word(sender) << 32 | receiver);
}

bool ends_nothing(std::string_view reason, std::string_view function) {
  // net/packet/af_packet.c; drivers/net/veth.c and net/core/skbuff.c: a copy that XDP may write to takes its place;
  // skb_release_data(): frames that GRO hung to the first one.
  static constexpr std::array<std::string_view, 6> kFunctions = {
      "packet_rcv", "tpacket_rcv", "packet_recvmsg", "skb_pp_cow_data", "veth_convert_skb", "skb_release_data"};
  return reason == "PACKET_SOCK_ERROR" || begins_with_any(function, kFunctions);
}

bool is_cut(std::string_view function) {
  // net/core/dev.c, net/ipv4/ip_output.c, net/ipv6/ip6_output.c.
  static constexpr std::array<std::string_view, 3> kFunctions = {"validate_xmit_", "ip_do_fragment", "ip6_fragment"};
  return begins_with_any(function, kFunctions);
}

bool is_taken_by_tc(std::string_view function) {
  // net/core/dev.c, sch_handle_egress() and sch_handle_ingress(): TC_ACT_STOLEN and the like.
  static constexpr std::array<std::string_view, 4> kFunctions = {"sch_handle_", "__dev_queue_xmit", "tcf_mirred",
                                                                 "__netif_receive_skb_core"};
  return begins_with_any(function, kFunctions);
}

bool is_replaced(std::string_view function) {
  // drivers/net/veth.c, net/core/skbuff.c.
  static constexpr std::array<std::string_view, 2> kFunctions = {"skb_pp_cow_data", "veth_convert_skb"};
  return begins_with_any(function, kFunctions);
}

bool was_queued(std::string_view function) {
  // net/ipv4/udp.c, net/ipv4/af_inet.c, net/core/stream.c.
  static constexpr std::array<std::string_view, 3> kFunctions = {"udp_destruct_common", "inet_sock_destruct",
                                                                 "sk_stream_kill_queues"};
  return begins_with_any(function, kFunctions);
}

bool is_after_use(std::string_view reason, std::string_view function) {
  // net/ipv4/ping.c: an echo reply that no ping socket waits for; raw sockets, most pings', have had their copies.
  if (function == "ping_rcv") return true;
  // net/ipv4/tcp_input.c, tcp_rcv_state_process(): "discard" without a reason.
  return reason == "NOT_SPECIFIED" && function.starts_with("tcp_");
}

std::uint16_t last_place(std::span<const Observation> observations, const Places& places) {
  std::uint16_t last = observations.front().place;
  for (const Observation& observation : observations) {
    const Tap tap = places[observation.place].tap;
    if (tap != Tap::kDrop && tap != Tap::kEnd) last = observation.place;
  }
  return last;
}

Outcome outcome_of(const PacketHistory& history, std::span<const Observation> observations, const Places& places,
                   const Texts& texts, TapSet ran) {
  Outcome outcome;
  const auto lacks = [&](TapSet taps) {
    for (const TapTraits& traits : kTapTraits) {
      if (taps.contains(traits.tap) && !ran.contains(traits.tap)) outcome.undecided.insert(traits.tap);
    }
  };
  const auto freed = [&](OutcomeKind kind, const Freed& how) {
    outcome.kind = kind;
    outcome.reason = how.reason;
    outcome.function = how.function;
    outcome.other_netns = how.other_netns;
    outcome.netns = places[how.place].netns;
    if (kind != OutcomeKind::kDropped) return;
    outcome.place = last_place(observations, places);
    outcome.rule = history.rule;
    place_drop(outcome, how, observations, places, texts, ran);
    if (outcome.site != DropSite::kUnknown) outcome.place = 0;
  };
  if (history.delivered > 0) {
    outcome.kind = history.asks_connection ? OutcomeKind::kRequested : OutcomeKind::kDelivered;
    outcome.other_netns = places[history.delivered_at].other_netns;
    outcome.netns = places[history.delivered_at].netns;
  } else if (history.sent > 0 || (history.packet_out && !history.came_back && history.drop.time_ns == 0)) {
    outcome.kind = OutcomeKind::kSent;
    outcome.place = history.sent_at;
  } else if (history.drop.time_ns != 0) {
    freed(OutcomeKind::kDropped, history.drop);
  } else if (history.reassembled_into != 0) {
    outcome.kind = OutcomeKind::kReassembled;
  } else if (history.unwrapped) {
    outcome.kind = OutcomeKind::kUnwrapped;
    outcome.place = last_place(observations, places);
  } else if (history.xdp_dropped) {
    outcome.kind = OutcomeKind::kXdpDropped;
  } else if (history.end.time_ns != 0) {
    freed(OutcomeKind::kConsumed, history.end);
    lacks({Tap::kSocket});
  } else if (history.cut.time_ns != 0) {
    outcome.kind = OutcomeKind::kCut;
    outcome.place = last_place(observations, places);
  } else if (history.copy_drop.time_ns != 0) {
    freed(OutcomeKind::kDropped, history.copy_drop);
  } else {
    outcome.kind = history.is_evicted ? OutcomeKind::kEvicted : OutcomeKind::kVanished;
    outcome.place = last_place(observations, places);
    if (outcome.kind == OutcomeKind::kVanished) lacks({Tap::kDrop, Tap::kEnd, Tap::kSocket, Tap::kStackOut});
  }
  outcome.sender = history.sender;
  outcome.receiver = history.receiver;
  // A rule may also take the packet over.
  if (outcome.kind == OutcomeKind::kVanished) outcome.rule = history.rule;
  return outcome;
}

std::string_view site_name(const Outcome& outcome) {
  switch (outcome.site) {
    case DropSite::kHook:
      return kNetfilterHookNames[static_cast<std::size_t>(outcome.hook)];
    case DropSite::kNetfilter:
      return "netfilter";
    case DropSite::kNetdevIngress:
      return "netdev-ingress";
    case DropSite::kNetdevEgress:
      return "netdev-egress";
    case DropSite::kBridge:
      return "bridge";
    case DropSite::kBridgeOrNetdev:
      return "bridge-or-netdev";
    case DropSite::kXdp:
    case DropSite::kGenericXdp:
      return "xdp";
    case DropSite::kTcIngress:
      return "tc-ingress";
    case DropSite::kTcEgress:
      return "tc-egress";
    case DropSite::kQdisc:
      return "qdisc";
    case DropSite::kNeighbour:
      return "neighbour";
    case DropSite::kRouting:
      return "routing";
    case DropSite::kIpInput:
      return "ip-input";
    case DropSite::kSocket:
      return "socket";
    case DropSite::kDevice:
      return "device";
    default:
      return "";
  }
}

namespace {

std::string site_text(const Outcome& outcome, const Places& places) {
  switch (outcome.site) {
    case DropSite::kHook:
      return "at " + std::string(site_name(outcome)) + " by netfilter";
    case DropSite::kNetfilter:
      return "by netfilter";
    case DropSite::kNetdevIngress:
      return "at netdev ingress by netfilter";
    case DropSite::kNetdevEgress:
      return "at netdev egress by netfilter";
    case DropSite::kBridge:
      return "in the bridge by netfilter";
    case DropSite::kBridgeOrNetdev:
      return "in the bridge or at a netdev hook by netfilter";
    case DropSite::kXdp:
      return "by XDP";
    case DropSite::kGenericXdp:
      return "by generic XDP";
    case DropSite::kTcIngress:
      return "at tc ingress";
    case DropSite::kTcEgress:
      return "at tc egress";
    case DropSite::kQdisc:
      return "in the qdisc";
    case DropSite::kNeighbour:
      return "for lack of a neighbour's address";
    case DropSite::kRouting:
      return "by routing";
    case DropSite::kIpInput:
      return "at IP input";
    case DropSite::kSocket:
      return "at the socket";
    case DropSite::kDevice:
      return "by the device";
    default:
      return places[outcome.place].tap == Tap::kDrop ? "" : "after " + places.text(places[outcome.place]);
  }
}

}  // namespace

std::string owners_text(const Outcome& outcome, const Texts& texts) {
  std::string text;
  if (outcome.sender != kNoText) text = "from " + texts[outcome.sender];
  if (outcome.receiver != kNoText) text += (text.empty() ? "to " : ", to ") + texts[outcome.receiver];
  return text;
}

std::string outcome_text(const Outcome& outcome, const Places& places, const Texts& texts) {
  const std::string& reason = texts[outcome.reason];
  const std::string& function = texts[outcome.function];
  const std::string namespaced = outcome.other_netns  ? " in another namespace"
                                 : outcome.netns != 0 ? " in " + places.netns(outcome.netns)
                                                      : "";
  switch (outcome.kind) {
    case OutcomeKind::kDelivered:
      return "delivered" + namespaced;
    case OutcomeKind::kSent: {
      const std::string device = places.device(places[outcome.place]);
      return "sent" + (device.empty() ? "" : " on " + device);
    }
    case OutcomeKind::kDropped: {
      std::string text = "dropped" + namespaced;
      if (const std::string where = site_text(outcome, places); !where.empty()) text += " " + where;
      return text + " (" + (reason.empty() ? "no reason" : reason) + (function.empty() ? "" : " in " + function) + ")";
    }
    case OutcomeKind::kRequested:
      return "given to a listening socket" + namespaced + "; whether it accepted the connection is unknown";
    case OutcomeKind::kUnwrapped:
      return "unwrapped after " + places.text(places[outcome.place]) + "; what was in it is another packet";
    case OutcomeKind::kUnderWay:
      return "still under way after " + places.text(places[outcome.place]) + " at the end of the run";
    case OutcomeKind::kXdpDropped:
      return "dropped by XDP (consumed by ringtap)";
    case OutcomeKind::kConsumed:
      return (outcome.undecided.empty() ? "consumed by the kernel" : "consumed by the kernel or delivered") +
             namespaced + (function.empty() ? "" : " in " + function);
    case OutcomeKind::kCut:
      return "split into pieces after " + places.text(places[outcome.place]) + "; the pieces were not seen";
    case OutcomeKind::kReassembled:
      return "a fragment, reassembled";
    case OutcomeKind::kEvicted:
      return "given up after " + places.text(places[outcome.place]) + ": too many packets at once";
    case OutcomeKind::kVanished:
      break;
  }
  // Without these taps it is not known that it was lost.
  const bool unknown =
      outcome.records_lost || outcome.undecided.contains_any({Tap::kDrop, Tap::kSocket, Tap::kStackOut});
  return (unknown ? "unknown after " : "vanished after ") + places.text(places[outcome.place]);
}

}  // namespace ringtap
