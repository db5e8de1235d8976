// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Translated filters against libpcap's interpreter, at every hook and view, in the model of eBPF that is
// ebpf_interpreter.hpp. RINGTAP_FILTER_PAIRS sets how many (program, frame, variant) runs are compared; the default
// keeps a test at a few seconds, a soak uses 10000000. One thread.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "filter/compile.hpp"
#include "filter/lower.hpp"
#include "filter/run_tables.hpp"
#include "filter/translate.hpp"
#include "support/ebpf_interpreter.hpp"
#include "support/filter_inputs.hpp"

namespace ringtap::testing {

struct Variant {
  const char* name;
  TranslateOptions options;
  bool fragments;  // the linear part may be shorter than the frame; in memory: the frame may be cut
  bool tag;        // half of the frames carry a tag in metadata
};

inline const std::vector<Variant>& variants() {
  static const std::vector<Variant> all = {
      {"XDP linear", {.hook = FilterHook::kXdp, .xdp_load_bytes = false}, false, false},
      {"XDP", {.hook = FilterHook::kXdp}, true, false},
      {"tc ingress", {.hook = FilterHook::kTcIngress}, true, true},
      {"tc egress", {.hook = FilterHook::kTcEgress}, true, true},
      {"tc inlined", {.hook = FilterHook::kTcIngress, .inlined = true, .stack_base = 64}, true, true},
      {"tc without view", {.hook = FilterHook::kTcIngress, .vlan_view = false}, true, false},
      {"packet", {.hook = FilterHook::kPacket}, true, true},
      {"packet inlined", {.hook = FilterHook::kPacket, .inlined = true, .stack_base = 64}, true, true},
      {"memory", {.hook = FilterHook::kMemory}, true, false},
      {"memory inlined", {.hook = FilterHook::kMemory, .inlined = true, .stack_base = 64}, true, false},
  };
  return all;
}

inline EbpfContext context_of(FilterHook hook) {
  if (hook == FilterHook::kMemory) return EbpfContext::kMemory;
  return hook == FilterHook::kXdp ? EbpfContext::kXdp : EbpfContext::kSkb;
}

inline std::span<const std::byte> as_bytes(const RawFrame& frame) {
  return std::as_bytes(std::span(frame));
}

inline RawFrame with_tag(const RawFrame& frame, std::uint16_t protocol, std::uint16_t control) {
  RawFrame out(frame.begin(), frame.begin() + 12);
  for (const int half : {protocol >> 8, protocol & 255, control >> 8, control & 255})
    out.push_back(static_cast<std::uint8_t>(half));
  out.insert(out.end(), frame.begin() + 12, frame.end());
  return out;
}

struct Tally {
  std::uint64_t pairs = 0;
  std::uint64_t accepted = 0;
  std::uint64_t slow = 0;
  std::uint64_t tagged = 0;
  std::uint64_t rechecks = 0;
  std::uint64_t differences = 0;
  std::string first_difference;
};

inline bool loops(const ClassicProgram& program) {
  for (const auto& insn : program.insns)
    if (insn.code == (BPF_JMP | BPF_JA) && static_cast<std::int32_t>(insn.k) < 0) return true;
  return false;
}

// One frame through one translated program, compared with libpcap.
inline void compare(const Variant& variant, const FilterCode& code, const ClassicProgram& program,
                    FilterMatcher& matcher, const RawFrame& frame, FilterInputs& random, const std::string& name,
                    Tally& tally) {
  RawFrame wire = frame;
  EbpfFrame memory{
      .bytes = frame, .context = context_of(variant.options.hook), .ifindex = 1 + random.below(3), .table = code.table};
  memory.linear = static_cast<std::uint32_t>(frame.size());
  if (variant.fragments && random.one_in(2)) memory.linear = random.below(frame.size() + 1);
  if (variant.tag && frame.size() >= 14 && random.one_in(2)) {
    memory.tagged = true;
    memory.tag_protocol = random.one_in(2) ? 0x8100 : 0x88a8;
    memory.tag_control = static_cast<std::uint16_t>(random.one_in(2) ? random.below(12) : random.below(65536));
    wire = with_tag(frame, memory.tag_protocol, memory.tag_control);
  }
  FrameMetadata metadata{.packet_type = PacketType::kHost, .ifindex = memory.ifindex};
  if (variant.options.hook == FilterHook::kTcEgress) metadata.packet_type = PacketType::kOutgoing;
  if (variant.options.hook == FilterHook::kTcIngress || variant.options.hook == FilterHook::kPacket) {
    memory.packet_type = random.below(4);
    metadata.packet_type = static_cast<PacketType>(memory.packet_type);
  }
  auto bytes = as_bytes(wire);
  if (variant.options.hook == FilterHook::kMemory) {
    memory.outgoing = random.one_in(2);
    if (memory.outgoing) metadata.packet_type = PacketType::kOutgoing;
    bytes = bytes.first(memory.linear);
  }
  const std::uint32_t expected = matcher.verdict(bytes, static_cast<std::uint32_t>(wire.size()), metadata);
  const EbpfRun run = run_ebpf(code.insns, memory);
  ++tally.pairs;
  tally.accepted += expected != 0 ? 1 : 0;
  tally.slow += run.helper_loads ? 1 : 0;
  tally.tagged += memory.tagged ? 1 : 0;
  if (run.fault.empty() && run.verdict == expected) return;
  const bool short_of_a_run = !program.runs.empty() && bytes.size() < kRecheckBytes;
  if (run.fault.empty() && run.verdict == kRecheckVerdict && (loops(program) || short_of_a_run)) {
    ++tally.rechecks;
    return;
  }
  if (tally.differences++ != 0) return;
  tally.first_difference = name + " (" + variant.name + "), frame of " + std::to_string(frame.size()) + " bytes, " +
                           std::to_string(memory.linear) + " linear, " + (memory.tagged ? "tagged" : "untagged") +
                           ": libpcap says " + std::to_string(expected) + ", eBPF " +
                           (run.fault.empty() ? std::to_string(run.verdict) : "faults: " + run.fault) + "\n" +
                           print_program(program, ProgramFormat::kAssembly);
}

using Mutation = std::function<std::optional<std::vector<bpf_insn>>(std::vector<bpf_insn>)>;

// Every variant of one program over `frames` frames each. `mutate` changes the code first, or leaves the variant out.
inline void compare_all(const ClassicProgram& program, const std::string& name, int frames, FilterInputs& random,
                        Tally& tally, const Mutation& mutate = {}) {
  auto matcher = FilterMatcher::create(program);
  ASSERT_TRUE(matcher) << name << ": " << matcher.error().text();
  const auto prepared = prepare(program);
  ASSERT_TRUE(prepared) << name << ": " << prepared.error().text();
  for (const Variant& variant : variants()) {
    TranslateOptions options = variant.options;
    options.long_jumps = true;
    const bool ethernet = program.link_type == LinkType::kEthernet;
    options.vlan_view = options.vlan_view && ethernet;
    auto code = lower(*prepared, options);
    ASSERT_TRUE(code) << name << " (" << variant.name << "): " << code.error().text();
    if (options.inlined) code->insns.push_back(bpf_insn{.code = BPF_JMP | BPF_EXIT});
    Variant used = variant;
    used.tag = used.tag && ethernet;
    if (mutate) {
      auto mutated = mutate(code->insns);
      if (!mutated) continue;
      code->insns = std::move(*mutated);
    }
    for (int n = 0; n < frames; ++n) {
      RawFrame frame = random.frame();
      if (!ethernet) frame.erase(frame.begin(), frame.begin() + std::min<std::ptrdiff_t>(14, std::ssize(frame)));
      compare(used, *code, program, *matcher, frame, random, name, tally);
    }
  }
}

inline std::uint64_t wanted_pairs() {
  const char* value = std::getenv("RINGTAP_FILTER_PAIRS");
  return value == nullptr ? 200'000 : std::strtoull(value, nullptr, 10);
}

inline void report(const Tally& tally, std::size_t programs) {
  std::printf("%zu programs, %llu runs: %llu accepted, %llu over the slow path, %llu tagged, %llu rechecks\n", programs,
              static_cast<unsigned long long>(tally.pairs), static_cast<unsigned long long>(tally.accepted),
              static_cast<unsigned long long>(tally.slow), static_cast<unsigned long long>(tally.tagged),
              static_cast<unsigned long long>(tally.rechecks));
  EXPECT_EQ(tally.differences, 0U) << tally.first_difference;
}

}  // namespace ringtap::testing
