// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <memory>
#include <utility>

#include "api/packet_sink.hpp"
#include "filter/expression_filter.hpp"
#include "live/live_source.hpp"
#include "loader/filter_body.hpp"
#include "ringtap/ringtap.hpp"

namespace ringtap {
namespace {

// Borrows `filter`.
LiveFilter live_filter(const std::string& expression, ExpressionFilter& filter) {
  LiveFilter live;
  live.expression = expression;
  live.may_recheck = filter.may_recheck();
  live.matches = [&filter](const RecordView& record) { return filter.matches(record); };
  live.bodies = [&filter](FilterPlace place, const KernelFeatures& features) {
    return filter_body(filter.program(place.l3 ? LinkType::kRaw : LinkType::kEthernet), place, features);
  };
  return live;
}

}  // namespace

Result<> capture(const CaptureOptions& options, const OnPacket& on_packet) {
  LiveOptions live;
  live.interfaces = {options.device};
  live.promiscuous = options.promiscuous;
  std::unique_ptr<ExpressionFilter> filter;  // outlives the source
  if (!options.filter.empty()) {
    auto framed = link_type_of(live.interfaces);
    if (!framed) return framed.take_error();
    std::vector<LinkType> link_types = {*framed};
    if (*framed == LinkType::kLinuxSll2) link_types = {LinkType::kEthernet, LinkType::kRaw};
    auto made = ExpressionFilter::create({.expression = options.filter}, link_types, {});
    if (!made) return made.take_error();
    filter = std::make_unique<ExpressionFilter>(made.take());
    live.filter = live_filter(options.filter, *filter);
  }
  auto source = LiveSource::create(live, [](const std::string&) {});
  if (!source) return source.take_error();
  if (auto attached = (*source)->attach(); !attached) return attached.take_error();
  return PacketSink(on_packet, options.max_count).take_all_from(**source);
}

}  // namespace ringtap
