// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <memory>
#include <utility>

#include "api/packet_sink.hpp"
#include "filter/expression_filter.hpp"
#include "live/device_plan.hpp"
#include "live/live_filter.hpp"
#include "live/live_source.hpp"
#include "ringtap/ringtap.hpp"

namespace ringtap {
Result<> capture(const CaptureOptions& options, const OnPacket& on_packet) {
  LiveOptions live;
  live.interfaces = {options.device};
  live.promiscuous = options.promiscuous;
  std::unique_ptr<ExpressionFilter> filter;  // outlives the source
  if (!options.filter.empty()) {
    auto framed = link_type_of(live);
    if (!framed) return framed.take_error();
    const FilterOptions expression{.expression = options.filter};
    auto made = ExpressionFilter::create(expression, met_link_types(*framed, live.taps), {});
    if (!made) return made.take_error();
    filter = std::make_unique<ExpressionFilter>(made.take());
    live.filter = live_filter(expression, *filter);
  }
  auto source = LiveSource::create(live, [](const std::string&) {});
  if (!source) return source.take_error();
  if (auto attached = (*source)->attach(); !attached) return attached.take_error();
  return PacketSink(on_packet, options.max_count).take_all_from(**source);
}

}  // namespace ringtap
