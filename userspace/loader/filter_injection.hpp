// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Replaces the stub of a filter (bpf/filter.bpf.h) by the translated filter, and placeholders of kernel functions
// (RINGTAP_CALL_…) by calls, and leaves out functions that the settings rule out, while libbpf loads a program: after
// libbpf's own relocations, before the kernel sees the instructions. The programs' section names ("ringtap/…") are for
// this file. At most one instance at a time; one thread.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "filter/splice.hpp"
#include "loader/features.hpp"

struct bpf_object;
struct bpf_program;
struct bpf_prog_load_opts;

namespace ringtap {

// A filter in the two forms in which it can be used; with the descriptor of its table, if it has one (set_table()).
struct FilterBody {
  std::vector<bpf_insn> inlined;  // TranslateOptions::inlined, with kFilterStackBase
  std::vector<bpf_insn> function;
};

// The programs leave the stack below this to an inlined filter; a filter that needs more is called as a function.
inline constexpr std::uint32_t kFilterStackBase = 256;

class FilterInjection {
 public:
  // Registers the sections with libbpf; to be called before the first object is opened. A second call does nothing.
  // Returns 0 or a negative errno.
  static int register_sections();

  // `bodies`: name of a stub → its replacement. Applies to programs of `object` that are loaded while this lives; a
  // program without any of the stubs is loaded as it is if `bodies` is empty, and refused (ENOENT) otherwise. Borrows
  // `object`. `unused`: functions whose calls are in branches that a cfg_ setting rules out; they and what only they
  // call are left out, since the verifier reads all code first, and takes the longer for it. `inlines`: where that is
  // possible, and no function that the programs call needs the stack.
  FilterInjection(const bpf_object* object, std::map<std::string, FilterBody> bodies, const KernelCalls& calls,
                  std::vector<std::string> unused = {}, bool inlines = true);
  ~FilterInjection();
  FilterInjection(const FilterInjection&) = delete;
  FilterInjection& operator=(const FilterInjection&) = delete;

 private:
  static int on_load(bpf_program* program, bpf_prog_load_opts* options, long cookie);
  int leave_out_unused(bpf_program* program, bpf_prog_load_opts& options);
  int insert_calls(bpf_program* program) const;
  int inject(bpf_program* program, bpf_prog_load_opts& options);
  void move_debug_info(bpf_prog_load_opts& options, const InsnRange& range, std::uint32_t size, bool range_stays);

  const bpf_object* object_;
  std::map<std::string, FilterBody> bodies_;
  KernelCalls calls_;
  std::vector<std::string> unused_;
  bool inlines_;
  std::vector<std::vector<std::uint8_t>> debug_info_;  // shifted copies, kept until the load has ended
};

}  // namespace ringtap
