// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/filter_injection.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "loader/uapi.hpp"
#include "ringtap/abi.h"

namespace ringtap {
namespace {

FilterInjection* active = nullptr;

// Records of func_info and line_info may be longer than the headers know; both begin with the instruction's offset.
template <class Record>
Record read_record(const void* table, std::uint32_t record_size, std::uint32_t index) {
  Record record;
  std::memcpy(&record, static_cast<const std::uint8_t*>(table) + std::size_t{record_size} * index, sizeof(record));
  return record;
}

// What a program says of a function: calls, and addresses of it.
struct Uses {
  std::uint32_t calls = 0;
  std::uint32_t addresses = 0;
  std::uint32_t last_call = 0;  // its place, if there is a call
};

Uses uses_of(std::span<const bpf_insn> program, std::uint32_t target) {
  Uses uses;
  for (std::uint32_t n = 0; n < program.size(); ++n) {
    const bpf_insn& insn = program[n];
    const bool call = insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == BPF_PSEUDO_CALL;
    const bool address = insn.code == (BPF_LD | BPF_IMM | BPF_DW) && insn.src_reg == BPF_PSEUDO_FUNC;
    if ((!call && !address) || n + 1 + static_cast<std::uint32_t>(insn.imm) != target) continue;
    uses.calls += call;
    uses.addresses += address;
    if (call) uses.last_call = n;
  }
  return uses;
}

std::vector<InsnRange> functions_of(const bpf_prog_load_opts& options, std::uint32_t insn_count) {
  std::vector<InsnRange> functions;
  for (std::uint32_t i = 0; options.func_info != nullptr && i < options.func_info_cnt; ++i) {
    const auto begin = read_record<bpf_func_info>(options.func_info, options.func_info_rec_size, i).insn_off;
    if (!functions.empty()) functions.back().end = begin;
    functions.push_back({begin, insn_count});
  }
  return functions;
}

std::optional<InsnRange> find_function(const btf* types, const bpf_prog_load_opts& options, std::uint32_t insn_count,
                                       std::string_view name) {
  const std::vector<InsnRange> functions = functions_of(options, insn_count);
  for (std::uint32_t i = 0; i < functions.size(); ++i) {
    const auto info = read_record<bpf_func_info>(options.func_info, options.func_info_rec_size, i);
    const btf_type* type = btf__type_by_id(types, info.type_id);
    if (type != nullptr && name == btf__name_by_offset(types, type->name_off)) return functions[i];
  }
  return std::nullopt;
}

// The functions that a program calls come after it, each with a stack of its own.
std::size_t size_of_main(const bpf_prog_load_opts& options, std::size_t insn_count) {
  const std::vector<InsnRange> functions = functions_of(options, static_cast<std::uint32_t>(insn_count));
  return functions.empty() ? insn_count : functions.front().end;
}

// The cookie of programs that have no filter of their own.
constexpr long kNoFilter = 1;

// Whether no instruction can mean a stack slot further down than kFilterStackBase: by R10 and an offset, or by an
// address made of R10 and a constant.
bool leaves_stack_to_filter(std::span<const bpf_insn> program) {
  constexpr int kLimit = -static_cast<int>(kFilterStackBase);
  constexpr int kStack = -512;  // MAX_BPF_STACK, include/linux/filter.h
  return std::none_of(program.begin(), program.end(), [](const bpf_insn& insn) {
    const int insn_class = BPF_CLASS(insn.code);
    const bool load = insn_class == BPF_LDX && insn.src_reg == BPF_REG_10;
    const bool store = (insn_class == BPF_ST || insn_class == BPF_STX) && insn.dst_reg == BPF_REG_10;
    if (load || store) return insn.off < kLimit;
    return insn.code == (BPF_ALU64 | BPF_ADD | BPF_K) && insn.imm < kLimit && insn.imm >= kStack;
  });
}

// Adjusts the offsets of func_info or line_info. Records inside the range are removed, except for the one at its start
// if the range remains a function (the kernel wants one there, kernel/bpf/verifier.c check_btf_line()).
std::vector<std::uint8_t> moved_records(const void* table, std::uint32_t count, std::uint32_t record_size,
                                        const InsnRange& range, std::uint32_t size, bool range_stays) {
  std::vector<std::uint8_t> moved;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto offset = read_record<std::uint32_t>(table, record_size, i);
    if (range.contains(offset) && !(range_stays && offset == range.begin)) continue;
    const std::uint32_t new_offset = moved_offset(offset, range, size);
    const auto* record = static_cast<const std::uint8_t*>(table) + std::size_t{record_size} * i;
    moved.insert(moved.end(), record, record + record_size);
    std::memcpy(moved.data() + moved.size() - record_size, &new_offset, sizeof(new_offset));
  }
  return moved;
}

}  // namespace

int FilterInjection::register_sections() {
  static const int result = [] {
    LIBBPF_OPTS(libbpf_prog_handler_opts, handler, .prog_prepare_load_fn = on_load);
    LIBBPF_OPTS(libbpf_prog_handler_opts, calls_only, .cookie = kNoFilter, .prog_prepare_load_fn = on_load);
    struct Section {
      const char* name;
      unsigned type;
      bpf_attach_type attach_type;
    };
    for (const Section& section :
         {Section{"ringtap/xdp", BPF_PROG_TYPE_XDP, BPF_XDP}, Section{"ringtap/tc", BPF_PROG_TYPE_SCHED_CLS, {}},
          Section{"ringtap/packet", BPF_PROG_TYPE_SOCKET_FILTER, {}},
          Section{"ringtap/netfilter", kNetfilterProgramType, kAttachNetfilter},
          Section{"ringtap/socket", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS},
          Section{"ringtap/tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, {}},
          Section{"ringtap/fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY},
          Section{"ringtap/fexit", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT}}) {
      const int err =
          taking_number(libbpf_register_prog_handler)(section.name, section.type, section.attach_type, &handler);
      if (err < 0) return err;
    }
    const int err = libbpf_register_prog_handler("ringtap/owner", BPF_PROG_TYPE_SCHED_CLS, {}, &calls_only);
    if (err < 0) return err;
    return 0;
  }();
  return result;
}

FilterInjection::FilterInjection(const bpf_object* object, std::map<std::string, FilterBody> bodies,
                                 const KernelCalls& calls, std::vector<std::string> unused, bool inlines)
    : object_(object), bodies_(std::move(bodies)), calls_(calls), unused_(std::move(unused)), inlines_(inlines) {
  active = this;
}

FilterInjection::~FilterInjection() {
  active = nullptr;
}

int FilterInjection::on_load(bpf_program* program, bpf_prog_load_opts* options, long cookie) {
  if (active == nullptr) return 0;
  if (const int err = active->leave_out_unused(program, *options); err != 0) return err;
  if (const int err = active->insert_calls(program); err != 0) return err;
  return cookie == kNoFilter ? 0 : active->inject(program, *options);
}

// Only for functions that exist: other placeholders are in branches that a cfg_ setting rules out.
int FilterInjection::insert_calls(bpf_program* program) const {
  const std::span<const bpf_insn> insns(bpf_program__insns(program), bpf_program__insn_cnt(program));
  std::vector<bpf_insn> changed(insns.begin(), insns.end());
  bool any = false;
  for (bpf_insn& insn : changed) {
    if (insn.code != (BPF_JMP | BPF_CALL) || insn.src_reg != 0) continue;
    const std::uint32_t id = insn.imm == RINGTAP_CALL_CAST_TO_KERN_CTX ? calls_.cast_to_kern_ctx
                             : insn.imm == RINGTAP_CALL_RDONLY_CAST    ? calls_.rdonly_cast
                                                                       : 0;
    if (id == 0) continue;
    insn.src_reg = BPF_PSEUDO_KFUNC_CALL;
    insn.imm = static_cast<std::int32_t>(id);
    any = true;
  }
  return any ? bpf_program__set_insns(program, changed.data(), changed.size()) : 0;
}

int FilterInjection::leave_out_unused(bpf_program* program, bpf_prog_load_opts& options) {
  // Some call stays in a branch that is never taken.
  constexpr bpf_insn kNothing[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  const std::span<const bpf_insn> whole(bpf_program__insns(program), bpf_program__insn_cnt(program));
  std::vector<bpf_insn> insns(whole.begin(), whole.end());
  const auto replace = [&](const InsnRange& range, std::span<const bpf_insn> by) {
    auto replaced = replace_insns(insns, range, by);
    if (!replaced) return false;
    insns = std::move(*replaced);
    move_debug_info(options, range, static_cast<std::uint32_t>(by.size()), !by.empty());
    return true;
  };
  for (const std::string& name : unused_) {
    const auto function =
        find_function(bpf_object__btf(object_), options, static_cast<std::uint32_t>(insns.size()), name);
    if (function && !replace(*function, kNothing)) return -E2BIG;
  }
  if (insns.size() == whole.size()) return 0;
  // Their own functions: the verifier refuses code that cannot be reached.
  for (bool again = true; again;) {
    const std::vector<InsnRange> functions = functions_of(options, static_cast<std::uint32_t>(insns.size()));
    const auto uncalled = std::find_if(functions.begin() + 1, functions.end(), [&](const InsnRange& function) {
      const Uses uses = uses_of(insns, function.begin);
      return uses.calls + uses.addresses == 0;
    });
    again = uncalled != functions.end();
    if (again && !replace(*uncalled, {})) return -E2BIG;
  }
  return bpf_program__set_insns(program, insns.data(), insns.size());
}

void FilterInjection::move_debug_info(bpf_prog_load_opts& options, const InsnRange& range, std::uint32_t size,
                                      bool range_stays) {
  const auto move = [&](const void*& table, std::uint32_t& count, std::uint32_t record_size) {
    if (table == nullptr || count == 0) return;
    auto& records = debug_info_.emplace_back(moved_records(table, count, record_size, range, size, range_stays));
    count = static_cast<std::uint32_t>(records.size() / record_size);
    table = records.data();
  };
  move(options.func_info, options.func_info_cnt, options.func_info_rec_size);
  move(options.line_info, options.line_info_cnt, options.line_info_rec_size);
}

int FilterInjection::inject(bpf_program* program, bpf_prog_load_opts& options) {
  if (bodies_.empty()) return 0;
  const std::span<const bpf_insn> insns(bpf_program__insns(program), bpf_program__insn_cnt(program));
  for (const auto& [stub, body] : bodies_) {
    const auto function =
        find_function(bpf_object__btf(object_), options, static_cast<std::uint32_t>(insns.size()), stub);
    if (!function) continue;
    const Uses uses = uses_of(insns, function->begin);
    if (uses.calls == 1 && uses.addresses == 0 && inlines_ &&
        leaves_stack_to_filter(insns.first(size_of_main(options, insns.size())))) {
      // The stub is removed: it is no longer called, and the verifier refuses unreachable code.
      const auto without_stub = replace_insns(insns, *function, {});
      const std::uint32_t call = moved_offset(uses.last_call, *function, 0);
      const InsnRange place{call, call + 1};
      const auto inlined = without_stub ? replace_insns(*without_stub, place, body.inlined) : std::nullopt;
      if (inlined) {
        move_debug_info(options, *function, 0, false);
        move_debug_info(options, place, static_cast<std::uint32_t>(body.inlined.size()), true);
        return bpf_program__set_insns(program, const_cast<bpf_insn*>(inlined->data()), inlined->size());
      }
    }
    auto spliced = replace_insns(insns, *function, body.function);
    if (!spliced) return -E2BIG;
    move_debug_info(options, *function, static_cast<std::uint32_t>(body.function.size()), true);
    return bpf_program__set_insns(program, spliced->data(), spliced->size());
  }
  return -ENOENT;  // a program without the requested filter must not run
}

}  // namespace ringtap
