// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The table of families: a new one is a file with its class and a row in tap_families.cpp. A family that is
// made is attached to nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "taps/tap_family.hpp"

namespace ringtap {

std::unique_ptr<TapFamily> make_stack_taps();
std::unique_ptr<TapFamily> make_drop_tap();
std::unique_ptr<TapFamily> make_end_tap();
std::unique_ptr<TapFamily> make_socket_tap();
std::unique_ptr<TapFamily> make_netfilter_tap();
std::unique_ptr<TapFamily> make_packet_taps();
std::unique_ptr<TapFamily> make_tc_taps();
std::unique_ptr<TapFamily> make_xdp_tap();

using TapFamilies = std::vector<std::unique_ptr<TapFamily>>;
// All of them, in the order in which they are attached: taps that a packet meets late come first, so that a packet that
// was seen once is seen at every later tap as well.
TapFamilies make_tap_families();

// Of the interface that a file has for this tap's family at `device`; empty: it is none of these families.
[[nodiscard]] std::string description(const TapFamilies& families, Tap tap, const LiveOptions& options,
                                      const rtnetlink::Device& device);
// The host taps of this capture that see the packets of a device.
[[nodiscard]] TapSet host_taps_at(const TapFamilies& families, const LiveOptions& options,
                                  const rtnetlink::Device& device);
// RINGTAP_SLOT_… of a device, for the programs of all families.
[[nodiscard]] std::uint32_t slot_flags(const TapFamilies& families, const LiveOptions& options,
                                       const rtnetlink::Device& device);

}  // namespace ringtap
