// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "taps/tap_families.hpp"

#include <algorithm>
#include <utility>

namespace ringtap {

TapFamilies make_tap_families() {
  TapFamilies families;
  for (const auto& make : {make_stack_taps, make_drop_tap, make_end_tap, make_socket_tap, make_netfilter_tap,
                           make_packet_taps, make_tc_taps, make_xdp_tap}) {
    families.push_back(make());
  }
  return families;
}

std::string description(const TapFamilies& families, Tap tap, const LiveOptions& options,
                        const rtnetlink::Device& device) {
  const auto family =
      std::find_if(families.begin(), families.end(), [tap](const auto& one) { return one->taps().contains(tap); });
  return family == families.end() ? "" : (*family)->description(options, device);
}

std::uint32_t slot_flags(const TapFamilies& families, const LiveOptions& options, const rtnetlink::Device& device) {
  std::uint32_t flags = 0;
  for (const auto& family : families) flags |= family->slot_flags(options, device);
  return flags;
}

TapSet host_taps_at(const TapFamilies& families, const LiveOptions& options, const rtnetlink::Device& device) {
  TapSet taps;
  for (const auto& family : families) {
    if (!family->sees(options, device)) continue;
    for (const TapTraits& traits : kTapTraits) {
      const bool is_its = family->taps().contains(traits.tap) && kHostTaps.contains(traits.tap);
      if (is_its && options.taps.contains(traits.tap)) taps.insert(traits.tap);
    }
  }
  return taps;
}

Result<> lack_tap(TapPlan& plan, Tap tap, const std::string& what) {
  if (!plan.options.taps.contains(tap)) return ok();
  const std::string text = "the " + std::string(tap_family(tap)) + " tap: this kernel has no " + what;
  if (!plan.options.follow)
    return Error(text).hint("--tap drop shows where packets are dropped on every kernel since 5.17");
  plan.notice(text + "; continuing with the other taps");
  plan.options.taps.erase({tap});
  return ok();
}

Result<> keep_if_attached(const TapContext& context, Tap tap, Result<Attachment> attachment,
                          std::vector<Attachment>& attached) {
  if (attachment) {
    attached.push_back(attachment.take());
    return ok();
  }
  if (!context.options.follow) return attachment.take_error();
  context.notice(attachment.error().text() + "; continuing with the other taps");
  context.do_without(tap);
  return ok();
}

void count_misses(const TapContext& context, TapSet taps, std::vector<TapCounts>& rows) {
  for (const TapTraits& traits : kTapTraits) {
    if (!taps.contains(traits.tap)) continue;
    const std::uint64_t misses = context.programs->misses(traits.tap);
    if (misses == 0) continue;
    rows.push_back({.slot = 0, .tap = traits.tap, .delivered = 0, .reason = Drop::kRecursion, .dropped = misses});
  }
}

}  // namespace ringtap
