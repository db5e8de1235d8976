// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/compile.hpp"

#include <net/if.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "filter/compose.hpp"
#include "filter/expression_tree.hpp"
#include "filter/link_type_name.hpp"

namespace ringtap {
namespace {

// The optimiser's time grows with the cube of the program: 3000 instructions take 60 ms, 9000 take 1.5 s, 30000 a
// minute.
constexpr std::size_t kOptimiserLimit = 4000;

// libpcap's code generator recurses over the whole program: 10,000 hosts overflow a stack of 8 MiB.
constexpr std::size_t kMaxOperators = 2000;
constexpr std::size_t kFewOperators = 256;

// SKF_AD_OFF, SKF_AD_PKTTYPE and SKF_AD_IFINDEX of <linux/filter.h>, whose struct bpf_insn users cannot come in here.
constexpr std::uint32_t kAncillaryArea = 0xffff'f000;
constexpr std::uint32_t kAncillaryPacketType = kAncillaryArea + 4;
constexpr std::uint32_t kAncillaryIfindex = kAncillaryArea + 8;

constexpr const char* kLanguageHint = "pcap-filter(7) describes the language";

struct PcapCloser {
  void operator()(pcap_t* handle) const noexcept { pcap_close(handle); }
};
using PcapHandle = std::unique_ptr<pcap_t, PcapCloser>;

Error usage(const std::string& text) {
  return Error(text, ErrorKind::kUsage).hint(kLanguageHint);
}

bool rejects_everything(const Error& error) {
  return error.text() == "expression rejects all packets";
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("_-.:", c) != nullptr;
}

// How often `or` and `and` occur, in any form.
std::size_t count_operators(std::string_view expression) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < expression.size();) {
    std::size_t end = at;
    while (end < expression.size() && is_word(expression[end])) ++end;
    const auto word = expression.substr(at, std::max<std::size_t>(end - at, 2));
    if (word == "or" || word == "and" || word == "||" || word == "&&") ++count;
    at = std::max(end, at + 1);
  }
  return count;
}

bool is_ancillary(const ClassicInsn& insn) {
  return BPF_CLASS(insn.code) == BPF_LD && BPF_MODE(insn.code) == BPF_ABS && insn.k >= kAncillaryArea;
}

// A dead handle: the program tests the bytes of the frame as a file has them. On a live one libpcap would emit tests of
// the tag in skb metadata, which is not where the frame had it.
Result<ClassicProgram> compile_once(const FilterRequest& request, const std::string& expression, bool optimise) {
  const PcapHandle handle(pcap_open_dead(to_dlt(request.link_type), static_cast<int>(request.snaplen)));
  if (!handle) return Error("libpcap: out of memory");
  bpf_program compiled{};
  const bpf_u_int32 netmask = request.netmask.value_or(PCAP_NETMASK_UNKNOWN);
  if (pcap_compile(handle.get(), &compiled, expression.c_str(), optimise ? 1 : 0, netmask) != 0)
    return usage(pcap_geterr(handle.get()));
  ClassicProgram program{.insns = {}, .link_type = request.link_type};
  for (const bpf_insn& insn : std::span(compiled.bf_insns, compiled.bf_len))
    program.insns.push_back({insn.code, insn.jt, insn.jf, insn.k});
  pcap_freecode(&compiled);
  return program;
}

// An expression that no frame matches is an Error of libpcap's optimiser, but not for the whole if it is only a part.
Result<ClassicProgram> compile_part(const FilterRequest& request, const std::string& expression) {
  auto program = compile_once(request, expression, request.optimise);
  if (program || !rejects_everything(program.error())) return program;
  return ClassicProgram{.insns = {{.code = BPF_RET | BPF_K}}, .link_type = request.link_type};
}

// `tags`: what comes before every part, see compile_any_vlan().
Result<ClassicProgram> compile_within_limit(const FilterRequest& request, const std::string& tags,
                                            const std::string& expression) {
  // For a file libpcap's optimised program is the better one, as long as it takes no time to make.
  const bool whole_is_cheap = !request.live && count_operators(expression) <= kFewOperators;
  const auto tree = whole_is_cheap ? std::nullopt : parse_expression(expression);
  if (tree && has_run(*tree)) {
    return compose(*tree, request.snaplen, [&](const std::string& part) {
      return compile_part(request, tags.empty() ? part : tags + "(" + part + ")");
    });
  }
  const std::string whole = tags.empty() ? expression : tags + "(" + expression + ")";
  if (count_operators(whole) > kMaxOperators) return usage("the expression has more terms than libpcap can compile");
  auto plain = compile_once(request, whole, false);
  if (!plain || !request.optimise || plain->insns.size() > kOptimiserLimit) return plain;
  return compile_once(request, whole, true);
}

// `ifname eth0` and `on eth0` are for pf's log only in libpcap. At a tap they mean the interface, which libpcap can
// test by number; the words are exchanged before it sees them.
Result<std::string> resolve_interface_names(std::string_view expression) {
  std::string out;
  bool name_follows = false;
  for (std::size_t at = 0; at < expression.size();) {
    std::size_t end = at;
    while (end < expression.size() && is_word(expression[end])) ++end;
    if (end == at) {
      out += expression[at++];
      continue;
    }
    const std::string word(expression.substr(at, end - at));
    at = end;
    if (std::exchange(name_follows, false)) {
      const unsigned index = if_nametoindex(word.c_str());
      if (index == 0) return usage("ifname " + word + ": no such interface");
      out += std::to_string(index);
    } else if (word == "ifname" || word == "on") {
      out += "ifindex";
      name_follows = true;
    } else {
      out += word;
    }
  }
  return out;
}

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c) != 0; });
}

// "expression or (vlan and expression) or (vlan and vlan and expression) …", each compiled by itself, because `vlan`
// shifts the offsets of all that follows it in one expression. What one alternative refuses the next one tries; a load
// outside the frame ends the whole, as it does in libpcap's own `or`.
Result<ClassicProgram> compile_any_vlan(const FilterRequest& request, const std::string& expression) {
  auto all = compile_within_limit(request, "", expression);
  if (!all) return all;
  std::string tags;
  for (int depth = 1; depth <= kAnyVlanTags; ++depth) {
    tags += "vlan and ";
    auto behind = compile_within_limit(request, tags, expression);
    if (!behind && rejects_everything(behind.error())) continue;
    if (!behind) return behind;
    all = joined_by_or(all.take(), *behind);
  }
  return all;
}

std::vector<bpf_insn> to_pcap(const ClassicProgram& program) {
  std::vector<bpf_insn> insns;
  for (const auto& insn : program.insns) insns.push_back({insn.code, insn.jt, insn.jf, insn.k});
  return insns;
}

}  // namespace

Result<ClassicProgram> compile(const FilterRequest& request) {
  std::string expression = request.expression;
  if (request.live) {
    auto resolved = resolve_interface_names(expression);
    if (!resolved) return resolved.take_error();
    expression = resolved.take();
  }
  const bool any_vlan = request.any_vlan && request.link_type == LinkType::kEthernet && !is_blank(expression);
  auto program = any_vlan ? compile_any_vlan(request, expression) : compile_within_limit(request, "", expression);
  const auto is_missing = [&request](const ClassicInsn& insn) {
    return is_ancillary(insn) && !(request.has_directions && insn.k == kAncillaryPacketType);
  };
  if (program && !request.live && std::any_of(program->insns.begin(), program->insns.end(), is_missing))
    return usage("this file does not record what inbound, outbound and ifindex ask for");
  return program;
}

std::string libpcap_version() {
  return pcap_lib_version();
}

std::string print_program(const ClassicProgram& program, ProgramFormat format) {
  std::string out;
  if (format == ProgramFormat::kDecimal) out = std::to_string(program.insns.size()) + "\n";
  const auto insns = to_pcap(program);
  for (std::size_t n = 0; n < insns.size(); ++n) {
    const bpf_insn& insn = insns[n];
    std::array<char, 80> line{};
    if (format == ProgramFormat::kAssembly) {
      out += bpf_image(&insn, static_cast<int>(n));
    } else {
      const char* pattern = format == ProgramFormat::kCArray ? "{ 0x%x, %u, %u, 0x%08x }," : "%u %u %u %u";
      std::snprintf(line.data(), line.size(), pattern, insn.code, insn.jt, insn.jf, insn.k);
      out += line.data();
    }
    out += '\n';
  }
  return out;
}

struct FilterMatcher::State {
  std::vector<bpf_insn> insns;
  std::vector<std::size_t> packet_type_loads;
  std::vector<std::size_t> ifindex_loads;
};

namespace {

std::size_t clear_read_words(const ClassicProgram& program, std::vector<bpf_insn>& insns) {
  for (u_int word = 0; word < BPF_MEMWORDS; ++word) {
    const bool read = std::any_of(program.insns.begin(), program.insns.end(), [&](const ClassicInsn& insn) {
      return (insn.code == (BPF_LD | BPF_MEM) || insn.code == (BPF_LDX | BPF_MEM)) && insn.k == word;
    });
    if (read) insns.push_back({.code = BPF_ST, .jt = 0, .jf = 0, .k = word});
  }
  return insns.size();
}

}  // namespace

FilterMatcher::FilterMatcher(std::unique_ptr<State> state) : state_(std::move(state)) {}
FilterMatcher::FilterMatcher(FilterMatcher&&) noexcept = default;
FilterMatcher& FilterMatcher::operator=(FilterMatcher&&) noexcept = default;
FilterMatcher::~FilterMatcher() = default;

Result<FilterMatcher> FilterMatcher::create(const ClassicProgram& program) {
  auto state = std::make_unique<State>();
  // Memory words are 0 at the start, as in the kernel: libpcap's interpreter leaves them unset up to 1.10.5, and some
  // of its own programs (`mpls or geneve`) read words that were not written. A is 0 here, so storing it clears them.
  const std::size_t offset = clear_read_words(program, state->insns);
  const auto body = to_pcap(program);
  state->insns.insert(state->insns.end(), body.begin(), body.end());
  if (bpf_validate(state->insns.data(), static_cast<int>(state->insns.size())) == 0)
    return Error("libpcap rejects the filter program");
  // libpcap's interpreter knows no ancillary loads; what they would load is put in as a constant before each run.
  for (std::size_t n = 0; n < program.insns.size(); ++n) {
    if (!is_ancillary(program.insns[n])) continue;
    if (program.insns[n].k == kAncillaryPacketType) {
      state->packet_type_loads.push_back(offset + n);
    } else if (program.insns[n].k == kAncillaryIfindex) {
      state->ifindex_loads.push_back(offset + n);
    } else {
      return Error("the filter program reads data that is not recorded with a frame");
    }
    state->insns[offset + n].code = BPF_LD | BPF_IMM;
  }
  return FilterMatcher(std::move(state));
}

bool FilterMatcher::asks_direction() const {
  return !state_->packet_type_loads.empty();
}

std::uint32_t FilterMatcher::verdict(std::span<const std::byte> bytes, std::uint32_t wire_len,
                                     const FrameMetadata& metadata) {
  for (const auto n : state_->packet_type_loads) state_->insns[n].k = static_cast<std::uint32_t>(metadata.packet_type);
  for (const auto n : state_->ifindex_loads) state_->insns[n].k = metadata.ifindex;
  return bpf_filter(state_->insns.data(), reinterpret_cast<const u_char*>(bytes.data()), wire_len,
                    static_cast<u_int>(bytes.size()));
}

}  // namespace ringtap
