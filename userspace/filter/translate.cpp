// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/translate.hpp"

#include "filter/decode.hpp"
#include "filter/flow_graph.hpp"
#include "filter/lower.hpp"
#include "filter/search_tree.hpp"
#include "filter/simplify.hpp"

namespace ringtap {

Result<std::vector<bpf_insn>> translate(const ClassicProgram& program, const TranslateOptions& options) {
  auto decoded = decode(program);
  if (!decoded) return decoded.take_error();
  auto graph = build_flow_graph(*decoded, options.unroll);
  if (!graph) return graph.take_error();
  simplify(*graph);
  build_search_trees(*graph);
  return lower(*graph, options);
}

}  // namespace ringtap
