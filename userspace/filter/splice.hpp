// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Replaces a range of instructions of a program: a function's body, or the one instruction that calls it (then by a
// filter translated with TranslateOptions::inlined). Jumps, calls and function addresses across the range are
// adjusted; the caller has to adjust the offsets of func_info and line_info (moved_offset). Pure; any thread.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ringtap {

// [begin, end)
struct InsnRange {
  std::uint32_t begin;
  std::uint32_t end;
  [[nodiscard]] bool contains(std::uint32_t offset) const { return offset >= begin && offset < end; }
};

// Where the instruction at `offset` is once `range` is `size` instructions long. Code outside the range refers only to
// its first instruction.
constexpr std::uint32_t moved_offset(std::uint32_t offset, const InsnRange& range, std::uint32_t size) {
  return offset < range.end ? offset : offset - (range.end - range.begin) + size;
}

// Nothing if a jump across the range could no longer reach its target.
std::optional<std::vector<bpf_insn>> replace_insns(std::span<const bpf_insn> program, const InsnRange& range,
                                                   std::span<const bpf_insn> replacement);

}  // namespace ringtap
