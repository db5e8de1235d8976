// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Any array of classic instructions that libpcap's validator accepts is either refused with an Error or translated
// right: the input is a program, a frame and how the frame lies in memory; the eBPF must end without a fault and, where
// libpcap's interpreter has an answer (it loops for ever on some programs, and aborts on instructions it does not
// know), with the same verdict.
#include <linux/filter.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "filter/compile.hpp"
#include "filter/lower.hpp"
#include "filter/translate.hpp"
#include "support/ebpf_interpreter.hpp"
#include "support/fuzz_input.hpp"

namespace {

using namespace ringtap;  // NOLINT(google-build-using-namespace)
using testing::require;

bool loops(const ClassicProgram& program) {
  return std::any_of(program.insns.begin(), program.insns.end(), [](const ClassicInsn& insn) {
    return insn.code == (BPF_JMP | BPF_JA) && static_cast<std::int32_t>(insn.k) < 0;
  });
}

bool reads_ancillary(const ClassicProgram& program) {
  return std::any_of(program.insns.begin(), program.insns.end(), [](const ClassicInsn& insn) {
    return BPF_CLASS(insn.code) == BPF_LD && BPF_MODE(insn.code) == BPF_ABS &&
           insn.k >= static_cast<std::uint32_t>(SKF_AD_OFF);
  });
}

struct Input {
  ClassicProgram program;
  std::vector<std::uint8_t> frame;
  std::uint8_t layout = 0;
};

// One byte of layout, one that says how many instructions follow (8 bytes each), then the frame.
Input parse(std::span<const std::uint8_t> data) {
  Input input;
  if (data.size() < 2) return input;
  input.layout = data[0];
  const std::size_t count = std::min<std::size_t>(data[1], (data.size() - 2) / 8);
  for (std::size_t n = 0; n < count; ++n) {
    ClassicInsn insn;
    const std::uint8_t* at = data.data() + 2 + 8 * n;
    insn.code = at[0];  // codes above 255 are only another way to be unknown
    insn.jt = at[2];
    insn.jf = at[3];
    std::memcpy(&insn.k, at + 4, 4);
    input.program.insns.push_back(insn);
  }
  input.frame.assign(data.begin() + 2 + 8 * static_cast<std::ptrdiff_t>(count), data.end());
  return input;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Input input = parse({data, size});
  auto matcher = FilterMatcher::create(input.program);
  TranslateOptions options;
  options.hook = static_cast<FilterHook>(input.layout % 5);
  options.vlan_view = (input.layout & 0x10) != 0;
  options.xdp_load_bytes = (input.layout & 0x20) != 0 || options.hook != FilterHook::kXdp;
  options.inlined = (input.layout & 0x40) != 0;
  auto prepared = prepare(input.program, 3);
  if (!prepared) return 0;
  auto code = lower(*prepared, options);
  // What stands beside the frame (protocol, mark, hash …) is neither the model's nor libpcap's interpreter's.
  if (!code || reads_ancillary(input.program)) return 0;
  if (options.inlined) code->insns.push_back(bpf_insn{.code = BPF_JMP | BPF_EXIT});

  const bool in_memory = options.hook == FilterHook::kMemory;
  const bool skb = !in_memory && options.hook != FilterHook::kXdp;
  testing::EbpfFrame memory{.bytes = input.frame,
                            .context = in_memory ? testing::EbpfContext::kMemory
                                       : skb     ? testing::EbpfContext::kSkb
                                                 : testing::EbpfContext::kXdp};
  memory.linear = static_cast<std::uint32_t>(input.frame.size());
  if (options.xdp_load_bytes && (input.layout & 0x80) != 0) memory.linear /= 2;
  std::vector<std::uint8_t> wire = input.frame;
  if (skb && options.vlan_view && (input.layout & 0x08) != 0 && wire.size() >= 14) {
    memory.tagged = true;
    memory.tag_protocol = 0x8100;
    memory.tag_control = 0x2005;
    constexpr std::uint8_t kTag[] = {0x81, 0x00, 0x20, 0x05};
    wire.insert(wire.begin() + 12, std::begin(kTag), std::end(kTag));
  }
  const testing::EbpfRun run = testing::run_ebpf(code->insns, memory);
  require(run.fault.empty());
  // The translator takes only what libpcap's interpreter has a meaning for, so that may be asked now.
  if (!matcher || loops(input.program)) return 0;
  auto seen = std::as_bytes(std::span(wire));
  if (in_memory) seen = seen.first(memory.linear);
  require(run.verdict == matcher->verdict(seen, static_cast<std::uint32_t>(wire.size())));
  return 0;
}
