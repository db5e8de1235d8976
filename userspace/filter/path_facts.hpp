// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What is known about the packet at one point of the graph, on every path to it: which field is in A, which header
// length is in X, the results of tests of fields. The packet does not change, so a fact stays true. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "filter/filter_ops.hpp"
#include "filter/flow_graph.hpp"

namespace ringtap {

// packet[k : size], or packet[4 * (packet[header_at] & 15) + k : size].
struct PacketField {
  std::uint32_t k = 0;
  std::uint8_t size = 0;
  std::optional<std::uint32_t> header_at;

  friend bool operator==(const PacketField&, const PacketField&) = default;
};

// What a test (BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET) of `a` against `k` gives.
[[nodiscard]] bool evaluate_test(std::uint8_t test, std::uint32_t a, std::uint32_t k);

struct FieldTest {
  PacketField field;
  std::uint8_t test = 0;
  std::uint32_t k = 0;
  bool result = false;

  friend bool operator==(const FieldTest&, const FieldTest&) = default;
};

class PathFacts {
 public:
  // Merges two paths: only facts known on both remain.
  void meet(const PathFacts& other);

  // Whether the load is redundant: the register already has that value, so the load cannot fail.
  [[nodiscard]] bool makes_redundant(const FilterOp& op) const;
  // Whether the load always succeeds: every path to here has read that far.
  [[nodiscard]] bool cannot_fail(const FilterOp& op) const;
  void step(const FilterOp& op);

  // The result of the test at a block's end, if it is known.
  [[nodiscard]] std::optional<bool> decide(const FilterEnd& end) const;
  void assume(const FilterEnd& end, bool result);

  [[nodiscard]] std::optional<PacketField> loaded_field(const FilterOp& op) const;
  [[nodiscard]] const std::optional<PacketField>& a() const { return a_; }
  [[nodiscard]] const std::optional<std::uint32_t>& x_header_at() const { return x_header_at_; }

 private:
  std::optional<PacketField> a_;
  std::optional<std::uint32_t> x_header_at_;  // X = 4 * (packet[this] & 15)
  std::uint64_t proven_ = 0;                  // absolute loads up to here have succeeded
  std::vector<FieldTest> tests_;              // at most kMaxTests, oldest first
};

// What is known at the start of every block.
std::vector<PathFacts> find_path_facts(const FlowGraph& graph);

}  // namespace ringtap
