// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Second pass: decoded instructions → basic blocks without cycles.
// Post-condition (checked by is_well_formed): block 0 is the entry, every branch goes to a block with a greater number,
// every block can be reached, and X changes only in the last operation of a block, so all indirect loads of a block use
// the X of its start; a look-up, too, is the last operation of its block, and a block that ends in kTestInFrame has
// none. A backward jump (protochain) goes into a new copy of the loop; after `unroll` copies the filter ends with
// kRecheckVerdict. Limit: kMaxBlocks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "filter/decode.hpp"
#include "filter/filter_ops.hpp"
#include "filter/lookup_table.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

struct FlowBlock {
  std::vector<FilterOp> ops;
  FilterEnd end;
};

struct FlowGraph {
  std::vector<FlowBlock> blocks;
  std::vector<LookupTable> tables;  // of the look-ups
};

[[nodiscard]] inline bool is_frame_test(const FilterEnd& end) {
  return end.is_test() && end.test == kTestInFrame;
}
[[nodiscard]] inline bool ends_block(const FilterOp& op) {
  return writes_x(op) || op.kind == OpKind::kLookUp;
}

constexpr std::size_t kMaxBlocks = 200'000;
constexpr unsigned kMaxUnroll = 64;  // the verifier did not accept more at tc

Result<FlowGraph> build_flow_graph(std::span<const DecodedInsn> insns, unsigned unroll);

// Drops blocks that no path reaches; keeps the order of the others.
void drop_unreachable(FlowGraph& graph);

[[nodiscard]] bool is_well_formed(const FlowGraph& graph);

}  // namespace ringtap
