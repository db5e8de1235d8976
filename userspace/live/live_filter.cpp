// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/live_filter.hpp"

#include <algorithm>
#include <memory>

#include "loader/filter_body.hpp"

namespace ringtap {

std::vector<LinkType> met_link_types(LinkType framed, TapSet taps) {
  if (framed == LinkType::kLinuxSll2 || (framed == LinkType::kRaw && taps.contains_any(kHostTaps))) {
    return {LinkType::kEthernet, LinkType::kRaw};
  }
  return {framed};
}

LiveFilter live_filter(const FilterOptions& options, ExpressionFilter& filter, ExpressionFilter* trigger) {
  LiveFilter live;
  live.expression = options.expression;
  live.any_vlan = options.any_vlan;
  live.recheck_below = std::max(filter.recheck_below(), trigger == nullptr ? 0 : trigger->recheck_below());
  live.matcher = [&filter] {
    return [own = std::make_shared<ExpressionFilter>(filter.another())](const RecordView& record) {
      return own->matches(record);
    };
  };
  if (trigger != nullptr) live.triggers = [trigger](const RecordView& record) { return trigger->matches(record); };
  live.bodies = [&filter, trigger](FilterPlace place, const KernelFeatures& features) -> Result<FilterCode> {
    const LinkType link_type = place.l3 ? LinkType::kRaw : LinkType::kEthernet;
    auto prepared = filter.prepared(link_type);
    if (!prepared) return prepared.take_error();
    if (trigger == nullptr) return filter_body(**prepared, nullptr, place, features);
    auto second = trigger->prepared(link_type);
    if (!second) return second.take_error();
    return filter_body(**prepared, *second, place, features);
  };
  return live;
}

}  // namespace ringtap
