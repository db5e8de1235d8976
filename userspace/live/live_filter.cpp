// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/live_filter.hpp"

#include "loader/filter_body.hpp"

namespace ringtap {

std::vector<LinkType> met_link_types(LinkType framed, TapSet taps) {
  if (framed == LinkType::kLinuxSll2 || (framed == LinkType::kRaw && taps.contains_any(kHostTaps))) {
    return {LinkType::kEthernet, LinkType::kRaw};
  }
  return {framed};
}

LiveFilter live_filter(const FilterOptions& options, ExpressionFilter& filter) {
  LiveFilter live;
  live.expression = options.expression;
  live.any_vlan = options.any_vlan;
  live.recheck_below = filter.recheck_below();
  live.matches = [&filter](const RecordView& record) { return filter.matches(record); };
  live.bodies = [&filter](FilterPlace place, const KernelFeatures& features) -> Result<FilterCode> {
    auto prepared = filter.prepared(place.l3 ? LinkType::kRaw : LinkType::kEthernet);
    if (!prepared) return prepared.take_error();
    return filter_body(**prepared, place, features);
  };
  return live;
}

}  // namespace ringtap
