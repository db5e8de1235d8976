// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/filter_body.hpp"

#include <net/if_arp.h>

#include <cstddef>

#include "filter/lower.hpp"
#include "filter/lower_both.hpp"
#include "filter/run_tables.hpp"
#include "loader/filter_injection.hpp"
#include "ringtap/abi.h"

namespace ringtap {
namespace {

static_assert(sizeof(MemoryFrame) == sizeof(ringtap_memory_frame) &&
              offsetof(MemoryFrame, address) == offsetof(ringtap_memory_frame, address) &&
              offsetof(MemoryFrame, length) == offsetof(ringtap_memory_frame, length) &&
              offsetof(MemoryFrame, wire_length) == offsetof(ringtap_memory_frame, wire_length) &&
              offsetof(MemoryFrame, ifindex) == offsetof(ringtap_memory_frame, ifindex) &&
              offsetof(MemoryFrame, outgoing) == offsetof(ringtap_memory_frame, outgoing));
static_assert(kRecheckBytes <= RINGTAP_HEAD_BYTES, "such frames are recorded whole where headers are looked for");
static_assert(kRecheckVerdict == RINGTAP_VERDICT_RECHECK && kTriggerVerdict == RINGTAP_VERDICT_TRIGGER,
              "the taps act on what the translator returns");

FilterHook hook_of(ringtap_tap tap) {
  switch (tap) {
    case RINGTAP_TAP_XDP:
      return FilterHook::kXdp;
    case RINGTAP_TAP_TC_INGRESS:
      return FilterHook::kTcIngress;
    case RINGTAP_TAP_TC_EGRESS:
      return FilterHook::kTcEgress;
    case RINGTAP_TAP_PACKET_IN:
    case RINGTAP_TAP_PACKET_OUT:
      return FilterHook::kPacket;
    case RINGTAP_TAP_STACK_IN:
    case RINGTAP_TAP_STACK_OUT:
    case RINGTAP_TAP_NETFILTER:
    case RINGTAP_TAP_SOCKET:
    case RINGTAP_TAP_DROP:
    case RINGTAP_TAP_END:
    case RINGTAP_TAP_COUNT:
      return FilterHook::kMemory;
  }
  return FilterHook::kMemory;
}

}  // namespace

Result<FilterCode> filter_body(const FlowGraph& prepared, const FlowGraph* trigger, const FilterPlace& place,
                               const KernelFeatures& features) {
  TranslateOptions options;
  options.hook = hook_of(place.tap);
  options.vlan_view = !place.l3;
  options.hardware_type = place.l3 ? ARPHRD_NONE : ARPHRD_ETHER;
  options.xdp_load_bytes = features.xdp_load_bytes;
  options.long_jumps = features.long_jumps;
  options.inlined = place.inlined;
  if (place.inlined) options.stack_base = kFilterStackBase;
  return trigger == nullptr ? lower(prepared, options) : lower_both(prepared, *trigger, options);
}

}  // namespace ringtap
