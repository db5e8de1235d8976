// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "compare/fate.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ringtap {
namespace {

constexpr std::array<std::string_view, 9> kFateNames = {
    "delivered", "sent", "dropped", "xdp-dropped", "consumed", "cut", "reassembled", "vanished", "evicted"};

// Names of enum skb_drop_reason, include/net/dropreason-core.h, and where in the kernel they are given. The first that
// a reason begins with counts.
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

// Where no reason is given, by the function: net/core/dev.c, drivers/net/veth.c. Of other drivers XDP frees no sk_buff.
constexpr std::array<std::pair<std::string_view, DropSite>, 3> kSitesOfFunctions = {{
    {"do_xdp_generic", DropSite::kGenericXdp},
    {"netif_receive_generic_xdp", DropSite::kGenericXdp},
    {"veth_xdp_rcv_skb", DropSite::kXdp},
}};

bool begins_with_any(std::string_view text, std::span<const std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view b) { return text.starts_with(b); });
}

// Seen before the rules of a hook and not behind them; of several the one it came to last.
const Sighting* open_hook(std::span<const Sighting> sightings, const Places& places) {
  const Sighting* open = nullptr;
  for (const Sighting& sighting : sightings) {
    const Place& place = places[sighting.place];
    if (place.tap != Tap::kNetfilter || place.last) continue;
    const bool left = std::any_of(sightings.begin(), sightings.end(), [&](const Sighting& other) {
      const Place& behind = places[other.place];
      return behind.tap == Tap::kNetfilter && behind.last && behind.hook == place.hook &&
             behind.elsewhere == place.elsewhere;
    });
    if (!left) open = &sighting;
  }
  return open;
}

DropSite site_of(std::string_view name, std::span<const std::pair<std::string_view, DropSite>> sites) {
  const auto found = std::find_if(sites.begin(), sites.end(), [&](const auto& s) { return name.starts_with(s.first); });
  return found == sites.end() ? DropSite::kUnknown : found->second;
}

void place_drop(Fate& fate, std::span<const Sighting> sightings, const Places& places, std::string_view reason,
                std::string_view function, TapSet ran) {
  fate.site = site_of(reason, kSites);
  if (fate.site == DropSite::kUnknown) fate.site = site_of(function, kSitesOfFunctions);
  // A driver that gives no reason.
  if (fate.site == DropSite::kUnknown && places[fate.place].tap == Tap::kStackOut) fate.site = DropSite::kDevice;
  if (fate.site != DropSite::kNetfilter) return;
  if (const Sighting* open = open_hook(sightings, places)) {
    fate.site = DropSite::kHook;
    fate.hook = places[open->place].hook;
    return;
  }
  if (!ran.contains(Tap::kNetfilter)) {
    fate.undecided = {Tap::kNetfilter};
    return;
  }
  const Place& last = places[fate.place];
  const bool before_ip =
      last.tap == Tap::kXdp || last.tap == Tap::kStackIn || last.tap == Tap::kPacketIn || last.tap == Tap::kTcIngress;
  if (before_ip) fate.site = DropSite::kNetdevIngress;
  if (last.tap == Tap::kNetfilter && last.last && last.hook == NetfilterHook::kPostrouting) {
    fate.site = DropSite::kNetdevEgress;
  }
}

}  // namespace

std::uint32_t Texts::number_of(std::string_view text) {
  if (text.empty()) return kNoText;
  std::uint32_t& number = numbers_[mix_bytes(text.size(), std::as_bytes(std::span(text)))];
  if (number == 0) {
    number = static_cast<std::uint32_t>(texts_.size());
    texts_.emplace_back(text);
  }
  return number;
}

std::string_view fate_name(FateKind kind) {
  return kFateNames[static_cast<std::size_t>(kind)];
}

std::uint64_t Fate::key() const {
  const auto word = [](auto value) { return static_cast<std::uint64_t>(value); };
  const std::uint64_t what = word(kind) | word(site) << 8 | word(hook) << 16 | word(elsewhere) << 24 |
                             word(!undecided.empty()) << 25 | word(place) << 32;
  // All three are small numbers, which mix() alone would let cancel each other out.
  return mix(mix(mix(0, what), word(reason) << 32 | function), rule);
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

std::uint16_t last_place(std::span<const Sighting> sightings, const Places& places) {
  std::uint16_t last = sightings.front().place;
  for (const Sighting& sighting : sightings) {
    const Tap tap = places[sighting.place].tap;
    if (tap != Tap::kDrop && tap != Tap::kEnd) last = sighting.place;
  }
  return last;
}

Fate fate_of(const PacketStory& story, std::span<const Sighting> sightings, const Places& places, const Texts& texts,
             TapSet ran) {
  Fate fate;
  const auto lacks = [&](TapSet taps) {
    for (const TapTraits& traits : kTapTraits) {
      if (taps.contains(traits.tap) && !ran.contains(traits.tap)) fate.undecided.insert(traits.tap);
    }
  };
  const auto freed = [&](FateKind kind, const Freed& how) {
    fate.kind = kind;
    fate.reason = how.reason;
    fate.function = how.function;
    fate.elsewhere = how.elsewhere;
    if (kind != FateKind::kDropped) return;
    fate.place = last_place(sightings, places);
    place_drop(fate, sightings, places, texts[how.reason], texts[how.function], ran);
    if (fate.site != DropSite::kUnknown) fate.place = 0;
  };
  if (story.delivered > 0) {
    fate.kind = FateKind::kDelivered;
    fate.elsewhere = places[story.delivered_at].elsewhere;
  } else if (!story.came_back && (story.sent > 0 || (story.packet_out && story.drop.time_ns == 0))) {
    fate.kind = FateKind::kSent;
    fate.place = story.sent_at;
  } else if (story.drop.time_ns != 0) {
    freed(FateKind::kDropped, story.drop);
  } else if (story.reassembled_into != 0) {
    fate.kind = FateKind::kReassembled;
  } else if (story.xdp_dropped) {
    fate.kind = FateKind::kXdpDropped;
  } else if (story.end.time_ns != 0) {
    freed(FateKind::kConsumed, story.end);
    lacks({Tap::kSocket});
  } else if (story.cut.time_ns != 0) {
    fate.kind = FateKind::kCut;
    fate.place = last_place(sightings, places);
  } else if (story.copy_drop.time_ns != 0) {
    freed(FateKind::kDropped, story.copy_drop);
  } else {
    fate.kind = story.is_evicted ? FateKind::kEvicted : FateKind::kVanished;
    fate.place = last_place(sightings, places);
    if (fate.kind == FateKind::kVanished) lacks({Tap::kDrop, Tap::kEnd, Tap::kSocket, Tap::kStackOut});
  }
  // A rule may keep the packet, too.
  if (fate.kind == FateKind::kDropped || fate.kind == FateKind::kVanished) fate.rule = story.rule;
  return fate;
}

std::string_view site_name(const Fate& fate) {
  switch (fate.site) {
    case DropSite::kHook:
      return kNetfilterHookNames[static_cast<std::size_t>(fate.hook)];
    case DropSite::kNetfilter:
      return "netfilter";
    case DropSite::kNetdevIngress:
      return "netdev-ingress";
    case DropSite::kNetdevEgress:
      return "netdev-egress";
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

std::string site_text(const Fate& fate, const Places& places) {
  switch (fate.site) {
    case DropSite::kHook:
      return "at " + std::string(site_name(fate)) + " by netfilter";
    case DropSite::kNetfilter:
      return "by netfilter";
    case DropSite::kNetdevIngress:
      return "at netdev ingress by netfilter";
    case DropSite::kNetdevEgress:
      return "at netdev egress by netfilter";
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
      return places[fate.place].tap == Tap::kDrop ? "" : "after " + places.text(places[fate.place]);
  }
}

}  // namespace

std::string fate_text(const Fate& fate, const Places& places, const Texts& texts) {
  const std::string& reason = texts[fate.reason];
  const std::string& function = texts[fate.function];
  const std::string namespaced = fate.elsewhere ? " in another namespace" : "";
  switch (fate.kind) {
    case FateKind::kDelivered:
      return "delivered" + namespaced;
    case FateKind::kSent: {
      const std::string device = places.device(places[fate.place]);
      return "sent" + (device.empty() ? "" : " on " + device);
    }
    case FateKind::kDropped: {
      std::string text = "dropped" + namespaced;
      if (const std::string where = site_text(fate, places); !where.empty()) text += " " + where;
      return text + " (" + (reason.empty() ? "no reason" : reason) + (function.empty() ? "" : " in " + function) + ")";
    }
    case FateKind::kXdpDropped:
      return "dropped by XDP (consumed by ringtap)";
    case FateKind::kConsumed:
      return (fate.undecided.empty() ? "consumed by the kernel" : "consumed by the kernel or delivered") + namespaced +
             (function.empty() ? "" : " in " + function);
    case FateKind::kCut:
      return "cut into pieces after " + places.text(places[fate.place]) + ", which were not seen";
    case FateKind::kReassembled:
      return "a fragment, reassembled";
    case FateKind::kEvicted:
      return "given up after " + places.text(places[fate.place]) + ": too many packets at once";
    case FateKind::kVanished:
      break;
  }
  // Without these taps nothing says that it was lost.
  const bool unknown = fate.undecided.contains_any({Tap::kDrop, Tap::kSocket, Tap::kStackOut});
  return (unknown ? "unknown after " : "vanished after ") + places.text(places[fate.place]);
}

}  // namespace ringtap
