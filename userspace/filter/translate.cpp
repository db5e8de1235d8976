// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/translate.hpp"

#include <utility>

#include "filter/decode.hpp"
#include "filter/flow_graph.hpp"
#include "filter/lower.hpp"
#include "filter/run_tables.hpp"
#include "filter/search_tree.hpp"
#include "filter/simplify.hpp"

namespace ringtap {

Result<FlowGraph> prepare(const ClassicProgram& program, unsigned unroll) {
  auto decoded = decode(program);
  if (!decoded) return decoded.take_error();
  std::vector<LookupTable> tables;
  auto graph = build_flow_graph(tabulate_runs(decoded.take(), program.runs, tables), unroll);
  if (!graph) return graph;
  graph->tables = std::move(tables);
  simplify(*graph);
  build_search_trees(*graph);
  return graph;
}

Result<FilterCode> translate(const ClassicProgram& program, const TranslateOptions& options) {
  auto prepared = prepare(program);
  if (!prepared) return prepared.take_error();
  return lower(*prepared, options);
}

void set_table(std::vector<bpf_insn>& insns, int map_fd) {
  for (bpf_insn& insn : insns)
    if (insn.code == (BPF_LD | BPF_IMM | BPF_DW) && insn.src_reg == BPF_PSEUDO_MAP_VALUE) insn.imm = map_fd;
}

}  // namespace ringtap
