// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "kernel/filter_injection.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace ringtap {
namespace {

FilterInjection* active = nullptr;

// The instructions [begin, end) of one function.
struct Range {
  std::uint32_t begin;
  std::uint32_t end;
  [[nodiscard]] bool contains(std::uint32_t offset) const { return offset >= begin && offset < end; }
};

// Records of func_info and line_info may be longer than the headers know; both begin with the instruction's offset.
template <class Record>
Record read_record(const void* table, std::uint32_t record_size, std::uint32_t index) {
  Record record;
  std::memcpy(&record, static_cast<const std::uint8_t*>(table) + std::size_t{record_size} * index, sizeof(record));
  return record;
}

std::optional<Range> find_function(const btf* types, const bpf_prog_load_opts& options, std::uint32_t insn_count,
                                   std::string_view name) {
  for (std::uint32_t i = 0; options.func_info != nullptr && i < options.func_info_cnt; ++i) {
    const auto info = read_record<bpf_func_info>(options.func_info, options.func_info_rec_size, i);
    const btf_type* type = btf__type_by_id(types, info.type_id);
    if (type == nullptr || name != btf__name_by_offset(types, type->name_off)) continue;
    const bool last = i + 1 == options.func_info_cnt;
    const std::uint32_t end =
        last ? insn_count : read_record<bpf_func_info>(options.func_info, options.func_info_rec_size, i + 1).insn_off;
    return Range{info.insn_off, end};
  }
  return std::nullopt;
}

bool refers_to_function(const bpf_insn& insn) {
  const bool call = insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == BPF_PSEUDO_CALL;
  const bool address = insn.code == (BPF_LD | BPF_IMM | BPF_DW) && insn.src_reg == BPF_PSEUDO_FUNC;
  return call || address;
}

// Where an instruction stands once `stub` is replaced by `size` instructions. Jumps never leave a function, so only
// offsets outside the stub are ever asked for.
struct Shift {
  Range stub;
  std::uint32_t size;
  [[nodiscard]] std::uint32_t operator()(std::uint32_t offset) const {
    return offset < stub.end ? offset : offset - (stub.end - stub.begin) + size;
  }
};

std::vector<bpf_insn> splice(std::span<const bpf_insn> program, const Shift& shift, const std::vector<bpf_insn>& body) {
  std::vector<bpf_insn> spliced(program.begin(), program.begin() + shift.stub.begin);
  spliced.insert(spliced.end(), body.begin(), body.end());
  spliced.insert(spliced.end(), program.begin() + shift.stub.end, program.end());
  for (std::uint32_t i = 0; i < program.size(); ++i) {
    if (shift.stub.contains(i) || !refers_to_function(program[i])) continue;
    const std::uint32_t target = i + 1 + static_cast<std::uint32_t>(program[i].imm);
    spliced[shift(i)].imm = static_cast<std::int32_t>(shift(target) - shift(i) - 1);
  }
  return spliced;
}

// func_info or line_info with its offsets moved; lines inside the stub go, the record at its start stays (the kernel
// wants one at each function's start, kernel/bpf/verifier.c check_btf_line()).
std::vector<std::uint8_t> shift_records(const void* table, std::uint32_t count, std::uint32_t record_size,
                                        const Shift& shift) {
  std::vector<std::uint8_t> shifted;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto offset = read_record<std::uint32_t>(table, record_size, i);
    if (shift.stub.contains(offset) && offset != shift.stub.begin) continue;
    const std::uint32_t moved = shift(offset);
    const auto* record = static_cast<const std::uint8_t*>(table) + std::size_t{record_size} * i;
    shifted.insert(shifted.end(), record, record + record_size);
    std::memcpy(shifted.data() + shifted.size() - record_size, &moved, sizeof(moved));
  }
  return shifted;
}

}  // namespace

int FilterInjection::register_sections() {
  static const int result = [] {
    LIBBPF_OPTS(libbpf_prog_handler_opts, handler, .prog_prepare_load_fn = on_load);
    const int xdp = libbpf_register_prog_handler("ringtap/xdp", BPF_PROG_TYPE_XDP, BPF_XDP, &handler);
    const int tc =
        libbpf_register_prog_handler("ringtap/tc", BPF_PROG_TYPE_SCHED_CLS, static_cast<bpf_attach_type>(0), &handler);
    return xdp < 0 ? xdp : tc < 0 ? tc : 0;
  }();
  return result;
}

FilterInjection::FilterInjection(const bpf_object* object, std::map<std::string, std::vector<bpf_insn>> bodies)
    : object_(object), bodies_(std::move(bodies)) {
  active = this;
}

FilterInjection::~FilterInjection() {
  active = nullptr;
}

int FilterInjection::on_load(bpf_program* program, bpf_prog_load_opts* options, long /*cookie*/) {
  return active == nullptr ? 0 : active->inject(program, *options);
}

int FilterInjection::inject(bpf_program* program, bpf_prog_load_opts& options) {
  if (bodies_.empty()) return 0;
  const std::span<const bpf_insn> insns(bpf_program__insns(program), bpf_program__insn_cnt(program));
  for (const auto& [stub, body] : bodies_) {
    const auto range = find_function(bpf_object__btf(object_), options, static_cast<std::uint32_t>(insns.size()), stub);
    if (!range) continue;
    const Shift shift{*range, static_cast<std::uint32_t>(body.size())};
    auto spliced = splice(insns, shift, body);
    options.func_info =
        debug_info_
            .emplace_back(shift_records(options.func_info, options.func_info_cnt, options.func_info_rec_size, shift))
            .data();
    if (options.line_info_cnt > 0) {
      auto lines = shift_records(options.line_info, options.line_info_cnt, options.line_info_rec_size, shift);
      options.line_info_cnt = static_cast<std::uint32_t>(lines.size() / options.line_info_rec_size);
      options.line_info = debug_info_.emplace_back(std::move(lines)).data();
    }
    return bpf_program__set_insns(program, spliced.data(), spliced.size());
  }
  return -ENOENT;  // a program that wants everything instead of what was asked for must not run
}

}  // namespace ringtap
