// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A filter in classic BPF, as libpcap compiles it and as the translator reads it. Owns its instructions; plain values,
// any thread. Free of <pcap.h> and <linux/bpf.h>, which cannot meet in one translation unit (both define bpf_insn).
#pragma once

#include <cstdint>
#include <vector>

#include "ringtap/record.hpp"

namespace ringtap {

// The same fields as struct bpf_insn of <pcap/bpf.h> and struct sock_filter of <linux/filter.h>.
struct ClassicInsn {
  std::uint16_t code = 0;
  std::uint8_t jt = 0;
  std::uint8_t jf = 0;
  std::uint32_t k = 0;

  friend bool operator==(const ClassicInsn&, const ClassicInsn&) = default;
};

struct ClassicProgram {
  std::vector<ClassicInsn> insns;
  LinkType link_type = LinkType::kEthernet;  // that the offsets in it are for
};

}  // namespace ringtap
