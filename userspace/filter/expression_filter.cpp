// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/expression_filter.hpp"

#include <linux/filter.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "filter/run_tables.hpp"

namespace ringtap {
namespace {

// `ret #0`
ClassicProgram nothing_matches(LinkType link_type) {
  return {.insns = {ClassicInsn{.code = BPF_RET | BPF_K}}, .link_type = link_type};
}

// libpcap makes a loop (protochain) by an unconditional jump back.
bool has_loop(const ClassicProgram& program) {
  return std::any_of(program.insns.begin(), program.insns.end(), [](const ClassicInsn& insn) {
    return insn.code == (BPF_JMP | BPF_JA) && static_cast<std::int32_t>(insn.k) < 0;
  });
}

}  // namespace

Result<ExpressionFilter> ExpressionFilter::create(const FilterOptions& options, const std::vector<LinkType>& link_types,
                                                  const ExpressionContext& context) {
  ExpressionFilter filter(options, context);
  std::optional<Error> first_error;
  for (const LinkType link_type : link_types) {
    auto added = filter.add(link_type);
    if (!added && !first_error) first_error = added.take_error();
  }
  if (filter.programs_.empty() && first_error) return std::move(*first_error);
  for (const LinkType link_type : link_types) static_cast<void>(filter.program(link_type));
  return filter;
}

ExpressionFilter ExpressionFilter::another() const {
  ExpressionFilter filter(options_, context_);
  for (const auto& [link_type, compiled] : programs_) filter.programs_[link_type].program = compiled.program;
  filter.has_directions_ = has_directions_;
  return filter;
}

Result<> ExpressionFilter::add(LinkType link_type) {
  FilterRequest request;
  request.expression = options_.expression;
  request.link_type = link_type;
  request.optimise = options_.optimise;
  request.any_vlan = options_.any_vlan;
  request.netmask = context_.netmask;
  request.live = context_.live;
  request.has_directions = has_directions_;
  auto program = compile(request);
  if (!program) return program.take_error();
  programs_[link_type].program = program.take();
  return ok();
}

Result<> ExpressionFilter::require(LinkType link_type, bool has_directions) {
  has_directions_ = has_directions;
  return programs_.contains(link_type) ? ok() : add(link_type);
}

const ClassicProgram& ExpressionFilter::program(LinkType link_type) {
  if (!programs_.contains(link_type) && !add(link_type)) programs_[link_type].program = nothing_matches(link_type);
  return programs_[link_type].program;
}

Result<const FlowGraph*> ExpressionFilter::prepared(LinkType link_type) {
  const ClassicProgram& compiled = program(link_type);
  auto& prepared = programs_[link_type].prepared;
  if (!prepared) {
    auto made = prepare(compiled);
    if (!made) return made.take_error();
    prepared = made.take();
  }
  return &*prepared;
}

FilterMatcher* ExpressionFilter::matcher(LinkType link_type) {
  if (!programs_.contains(link_type) && !add(link_type)) return nullptr;
  Compiled& compiled = programs_[link_type];
  if (!compiled.matcher) {
    auto made = FilterMatcher::create(compiled.program);
    if (!made) return nullptr;
    compiled.matcher = made.take();
  }
  return &*compiled.matcher;
}

bool ExpressionFilter::matches(const RecordView& record) {
  FilterMatcher* run = matcher(record.link_type);
  if (run == nullptr) return false;
  PacketType packet_type = record.packet_type;
  if (!context_.live && run->asks_direction()) {
    if (record.direction == Direction::kUnknown) {
      ++without_direction_;
      return false;
    }
    // libpcap's inbound and outbound know one packet type that went out, and all others came in.
    packet_type = record.direction == Direction::kOut ? PacketType::kOutgoing : PacketType::kHost;
  }
  return run->verdict(record.data, record.wire_len, {.packet_type = packet_type, .ifindex = record.ifindex}) != 0;
}

std::uint32_t ExpressionFilter::recheck_below() const {
  std::uint32_t below = 0;
  for (const auto& [link_type, compiled] : programs_) {
    if (has_loop(compiled.program)) return std::numeric_limits<std::uint32_t>::max();
    if (!compiled.program.runs.empty()) below = kRecheckBytes;
  }
  return below;
}

}  // namespace ringtap
