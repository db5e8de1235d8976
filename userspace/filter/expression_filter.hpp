// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// One expression for all frames of a run: compiled once per link type, translated on demand for the kernel, and run in
// user space where the kernel cannot (files, rechecks). Owns its programs. One thread.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "filter/compile.hpp"
#include "filter/translate.hpp"
#include "ringtap/capture.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// Settings that are not user options.
struct ExpressionContext {
  std::optional<std::uint32_t> netmask;  // of the first interface, for `ip broadcast`
  bool live = true;                      // false: for a file
};

class ExpressionFilter {
 public:
  // Compiles for each of `link_types`. If an expression has no meaning for one of several (an Ethernet address on a raw
  // IP device), it matches nothing there; if it has no meaning for any, this is an Error.
  static Result<ExpressionFilter> create(const FilterOptions& options, const std::vector<LinkType>& link_types,
                                         const ExpressionContext& context);

  // The same filter for another thread; what it needs to run is made anew.
  [[nodiscard]] ExpressionFilter another() const;

  // For a link type that was not given at creation it is compiled now; if that fails, nothing matches.
  [[nodiscard]] const ClassicProgram& program(LinkType link_type);
  // The same program as far as its translation does not depend on where it runs; borrowed from this.
  [[nodiscard]] Result<const FlowGraph*> prepared(LinkType link_type);
  // Null for a link type that was not given at creation and for which the expression cannot be compiled.
  [[nodiscard]] FilterMatcher* matcher(LinkType link_type);
  bool matches(const RecordView& record);
  // An Error if the expression has no meaning for `link_type`. `has_directions`: see FilterRequest.
  Result<> require(LinkType link_type, bool has_directions);
  // Records of files that were rejected because the expression asks for a direction, which they do not have.
  [[nodiscard]] std::uint64_t without_direction() const { return without_direction_; }

  // A body may return kRecheckVerdict for frames shorter than this; 0: it never does.
  [[nodiscard]] std::uint32_t recheck_below() const;

 private:
  struct Compiled {
    ClassicProgram program;
    std::optional<FlowGraph> prepared;
    std::optional<FilterMatcher> matcher;
  };
  ExpressionFilter(FilterOptions options, const ExpressionContext& context)
      : options_(std::move(options)), context_(context) {}
  Result<> add(LinkType link_type);

  FilterOptions options_;
  ExpressionContext context_;
  std::map<LinkType, Compiled> programs_;
  bool has_directions_ = false;
  std::uint64_t without_direction_ = 0;
};

}  // namespace ringtap
