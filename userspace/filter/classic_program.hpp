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

// A long `or`: its terms stand one behind the other, and two more instructions behind them. A term begins with nothing
// in A, X and memory, and goes to the next one, behind the last one to `end`, or to `on_true`, where the run leads when
// a term matches. All are instruction numbers, in this order; on_true is end + 1.
struct ClassicRun {
  std::vector<std::uint32_t> terms;
  std::uint32_t end = 0;

  [[nodiscard]] std::uint32_t on_true() const { return end + 1; }
  [[nodiscard]] std::uint32_t behind(std::size_t term) const { return term + 1 < terms.size() ? terms[term + 1] : end; }
};

struct ClassicProgram {
  std::vector<ClassicInsn> insns;
  LinkType link_type = LinkType::kEthernet;  // that the offsets in it are for
  std::vector<ClassicRun> runs;              // disjoint, in order; the meaning of the program does not depend on them
};

}  // namespace ringtap
