// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The taps, the points in the kernel where a packet can be recorded, and their properties. kTapTraits is the only list
// of them; sets, names and the words of --tap are made from it. Plain values, no state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ringtap {

enum class Direction : std::uint8_t { kUnknown = 0, kIn = 1, kOut = 2 };  // values of pcapng epb_flags

// Where in the kernel a record was captured.
enum class Tap : std::uint8_t {
  kUnknown,    // read from a file that does not say
  kXdp,        // before there is an sk_buff
  kTcIngress,  // first in the chain
  kTcEgress,   // before the qdisc and software GSO
  kStackIn,    // where AF_PACKET's receive tap (ptype_all) begins
  kStackOut,   // after AF_PACKET's transmit tap (dev_queue_xmit_nit), just before the driver
  kNetfilter,  // Trace::hook says which hook
  kSocket,     // the packet is delivered to its socket
  kDrop,       // freed as a drop, Trace::reason says why
  kEnd,        // freed after use
  kPacketIn,   // an AF_PACKET socket, received packets
  kPacketOut,  // an AF_PACKET socket, sent packets
};

// How a tap gets its packets.
enum class TapScope : std::uint8_t {
  kDevice,  // one program at one device
  kHost,    // a "host tap": one program for the whole host, which picks the packets of the captured devices
  kSocket,  // a program at an AF_PACKET socket, of one device or all; or the packets that such a socket receives
};

struct TapTraits {
  Tap tap;
  std::string_view name;    // in files and in the accounting
  std::string_view family;  // the word of --tap, and the end of an interface's name in a file: "eth0:tc"
  std::string_view word;    // the word of --tap for this tap alone; empty: there is only the family's
  Direction direction;      // of all packets at this tap; kUnknown: of either
  TapScope scope;
  bool at_device;     // its records are seen at a device, which is their interface
  bool needs_pcapng;  // its records have information that pcap cannot store
  bool in_capture;    // available to captures, not only to comparisons
};

inline constexpr std::array<TapTraits, 12> kTapTraits = {{
    {Tap::kUnknown, "unknown", "unknown", "", Direction::kUnknown, TapScope::kDevice, false, false, false},
    {Tap::kXdp, "xdp", "xdp", "", Direction::kIn, TapScope::kDevice, true, false, true},
    {Tap::kTcIngress, "tc-ingress", "tc", "tc-in", Direction::kIn, TapScope::kDevice, true, false, true},
    {Tap::kTcEgress, "tc-egress", "tc", "tc-out", Direction::kOut, TapScope::kDevice, true, false, true},
    {Tap::kStackIn, "stack-in", "stack", "stack-in", Direction::kIn, TapScope::kHost, true, false, true},
    {Tap::kStackOut, "stack-out", "stack", "stack-out", Direction::kOut, TapScope::kHost, true, false, true},
    {Tap::kNetfilter, "netfilter", "netfilter", "", Direction::kUnknown, TapScope::kHost, false, true, true},
    {Tap::kSocket, "socket", "socket", "", Direction::kIn, TapScope::kHost, false, false, true},
    {Tap::kDrop, "drop", "drop", "", Direction::kUnknown, TapScope::kHost, false, true, true},
    {Tap::kEnd, "end", "end", "", Direction::kUnknown, TapScope::kHost, false, false, false},
    {Tap::kPacketIn, "packet-in", "packet", "packet-in", Direction::kIn, TapScope::kSocket, true, false, true},
    {Tap::kPacketOut, "packet-out", "packet", "packet-out", Direction::kOut, TapScope::kSocket, true, false, true},
}};
static_assert(
    [] {
      for (std::size_t i = 0; i < kTapTraits.size(); ++i) {
        if (static_cast<std::size_t>(kTapTraits[i].tap) != i) return false;
      }
      return true;
    }(),
    "a tap's number is the index of its row");

[[nodiscard]] constexpr const TapTraits& tap_traits(Tap tap) {
  return kTapTraits[static_cast<std::size_t>(tap)];
}
[[nodiscard]] constexpr std::string_view tap_name(Tap tap) {
  return tap_traits(tap).name;
}
// The word of --tap for this tap alone: "tc-in", "socket".
[[nodiscard]] constexpr std::string_view tap_word(Tap tap) {
  return tap_traits(tap).word.empty() ? tap_name(tap) : tap_traits(tap).word;
}
[[nodiscard]] constexpr std::string_view tap_family(Tap tap) {
  return tap_traits(tap).family;
}

// The device of an interface, which is called "eth0:xdp" where several taps run.
[[nodiscard]] constexpr std::string_view device_of_interface(std::string_view interface, Tap tap) {
  const std::string_view family = tap_family(tap);
  if (interface.size() <= family.size() + 1 || !interface.ends_with(family)) return interface;
  const std::size_t colon = interface.size() - family.size() - 1;
  return interface[colon] == ':' ? interface.substr(0, colon) : interface;
}

class TapSet {
 public:
  constexpr TapSet() = default;
  constexpr TapSet(std::initializer_list<Tap> taps) {
    for (const Tap tap : taps) insert(tap);
  }
  constexpr void insert(Tap tap) { bits_ |= bit(tap); }
  constexpr void insert(TapSet taps) { bits_ |= taps.bits_; }
  constexpr void erase(TapSet taps) { bits_ &= ~taps.bits_; }
  [[nodiscard]] constexpr bool contains(Tap tap) const { return (bits_ & bit(tap)) != 0; }
  [[nodiscard]] constexpr bool contains_any(TapSet taps) const { return (bits_ & taps.bits_) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const TapSet&) const = default;

 private:
  static constexpr std::uint32_t bit(Tap tap) { return std::uint32_t{1} << static_cast<unsigned>(tap); }
  std::uint32_t bits_ = 0;
};

// The taps whose traits satisfy `condition`; kUnknown is never among them.
template <class Condition>
[[nodiscard]] constexpr TapSet taps_where(Condition condition) {
  TapSet taps;
  for (const TapTraits& traits : kTapTraits) {
    if (traits.tap != Tap::kUnknown && condition(traits)) taps.insert(traits.tap);
  }
  return taps;
}

inline constexpr TapSet kTcTaps = taps_where([](const TapTraits& tap) { return tap.family == "tc"; });
inline constexpr TapSet kStackTaps = taps_where([](const TapTraits& tap) { return tap.family == "stack"; });
inline constexpr TapSet kDeviceTaps = taps_where([](const TapTraits& tap) { return tap.scope == TapScope::kDevice; });
inline constexpr TapSet kPacketTaps = taps_where([](const TapTraits& tap) { return tap.scope == TapScope::kSocket; });
inline constexpr TapSet kBpfTaps = taps_where([](const TapTraits& tap) { return tap.scope != TapScope::kSocket; });
inline constexpr TapSet kHostTaps = taps_where([](const TapTraits& tap) { return tap.scope == TapScope::kHost; });
inline constexpr TapSet kInTaps = taps_where([](const TapTraits& tap) { return tap.direction == Direction::kIn; });
inline constexpr TapSet kOutTaps = taps_where([](const TapTraits& tap) { return tap.direction == Direction::kOut; });
inline constexpr TapSet kPcapngTaps = taps_where([](const TapTraits& tap) { return tap.needs_pcapng; });
inline constexpr TapSet kCaptureTaps = taps_where([](const TapTraits& tap) { return tap.in_capture; });
inline constexpr TapSet kAllTaps = taps_where([](const TapTraits&) { return true; });

// How many interfaces one device has in a file: one for each family of taps.
[[nodiscard]] constexpr std::size_t family_count(TapSet taps) {
  std::size_t count = 0;
  for (const TapTraits& traits : kTapTraits) {
    bool first = taps.contains(traits.tap);
    for (const TapTraits& other : kTapTraits) {
      if (other.tap == traits.tap) break;
      if (other.family == traits.family && taps.contains(other.tap)) first = false;
    }
    count += first ? 1 : 0;
  }
  return count;
}

// The taps that a word of --tap means; empty: no tap of `known` has that word.
[[nodiscard]] constexpr TapSet taps_of_word(std::string_view word, TapSet known) {
  return taps_where([&](const TapTraits& tap) {
    return known.contains(tap.tap) && !word.empty() && (tap.family == word || tap.word == word);
  });
}

// All words for the taps of `known`: "xdp, tc, tc-in, …".
[[nodiscard]] inline std::string tap_words(TapSet known) {
  std::string words;
  std::string_view family;
  for (const TapTraits& traits : kTapTraits) {
    if (!known.contains(traits.tap)) continue;
    if (traits.family != family) words.append(words.empty() ? "" : ", ").append(traits.family);
    if (!traits.word.empty()) words.append(", ").append(traits.word);
    family = traits.family;
  }
  return words;
}

}  // namespace ringtap
