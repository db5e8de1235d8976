// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Puts a filter translated with TranslateOptions::inlined in the place of one instruction of a program: of the call
// that would have run it. Jumps, calls and function addresses across that place are mended; func_info and line_info
// offsets are the caller's to move (moved_offset). Pure; any thread.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ringtap {

// Where the instruction at `offset` stands after the one at `at` became `body_size` instructions.
constexpr std::uint32_t moved_offset(std::uint32_t offset, std::uint32_t at, std::uint32_t body_size) {
  return offset <= at ? offset : offset - 1 + body_size;
}

// Nothing if a jump across the body would no longer reach its target: then a function has to do.
std::optional<std::vector<bpf_insn>> inline_body(std::span<const bpf_insn> program, std::uint32_t at,
                                                 std::span<const bpf_insn> body);

}  // namespace ringtap
