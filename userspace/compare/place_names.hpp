// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What places are called in the picture of a comparison, for readers who know the kernel and not the words of --tap;
// and from where packets come that were seen first at a place. Pure functions, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "compare/places.hpp"

namespace ringtap {

enum Origin : std::uint8_t { kWire, kHost, kOtherNetns, kUnseen, kOrigins };
inline constexpr std::array<const char*, kOrigins> kOriginNames = {"from the wire", "from this host",
                                                                   "from another network namespace", "not seen before"};

inline Origin origin_of(const Place& place) {
  if (place.other_netns) return kOtherNetns;
  switch (place.tap) {
    case Tap::kXdp:
    case Tap::kStackIn:
    case Tap::kPacketIn:
    case Tap::kTcIngress:
      return kWire;
    case Tap::kNetfilter:
      return place.hook == NetfilterHook::kPrerouting ? kWire : place.hook == NetfilterHook::kOutput ? kHost : kUnseen;
    case Tap::kSocket:
    case Tap::kTcEgress:
    case Tap::kPacketOut:
    case Tap::kStackOut:
    case Tap::kDrop:
    case Tap::kEnd:
    case Tap::kUnknown:
      return kUnseen;
  }
  return kUnseen;
}

inline std::string_view tap_for_people(Tap tap) {
  switch (tap) {
    case Tap::kXdp:
      return "XDP";
    case Tap::kStackIn:
      return "stack, in";
    case Tap::kPacketIn:
    case Tap::kPacketOut:
      return "AF_PACKET";
    case Tap::kTcIngress:
      return "tc ingress";
    case Tap::kTcEgress:
      return "tc egress";
    case Tap::kStackOut:
      return "driver";
    case Tap::kNetfilter:
    case Tap::kSocket:
    case Tap::kDrop:
    case Tap::kEnd:
    case Tap::kUnknown:
      break;
  }
  return tap_word(tap);
}

}  // namespace ringtap
