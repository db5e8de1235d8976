// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The smallest program of a type: all that it does is to return a number. Whether the kernel takes it, attaches it and
// runs it tells what the kernel has. Any thread.
#pragma once

#include <bpf/bpf.h>

#include <iterator>

#include "loader/uapi.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

// `type`: a bpf_prog_type, perhaps newer than the headers. None, with errno, if the kernel refuses.
inline UniqueFd load_returning(int number, unsigned type, const char* name, bpf_prog_load_opts* options = nullptr) {
  const bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = number},
      {.code = BPF_JMP | BPF_EXIT},
  };
  return UniqueFd(taking_number(bpf_prog_load)(type, name, "Dual BSD/GPL", program, std::size(program), options));
}

}  // namespace ringtap
