// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// One expression for everything a run may meet: compiled once per link type, translated on demand for the kernel, run
// in user space where the kernel cannot (files, rechecks). Owns its programs. One thread.
#pragma once

#include <linux/bpf.h>

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

// What the user's options do not say.
struct ExpressionContext {
  std::optional<std::uint32_t> netmask;  // of the first interface, for `ip broadcast`
  bool live = true;                      // false: for a file
};

class ExpressionFilter {
 public:
  // Compiles for each of `link_types`. Where an expression has no meaning for one of several (an Ethernet address on a
  // raw IP device) nothing matches there; it is an Error where it has a meaning for none.
  static Result<ExpressionFilter> create(const FilterOptions& options, const std::vector<LinkType>& link_types,
                                         const ExpressionContext& context);

  // Of a link type that was not asked for at creation: compiled now, or nothing matches.
  [[nodiscard]] const ClassicProgram& program(LinkType link_type);
  // Null for a link type that was not asked for at creation and cannot be compiled for.
  [[nodiscard]] FilterMatcher* matcher(LinkType link_type);
  bool matches(const RecordView& record);
  // An Error where the expression has no meaning for `link_type`. `has_directions`: as of FilterRequest.
  Result<> require(LinkType link_type, bool has_directions);
  // Records of files that were refused because they do not say which way they went, and the expression asks for it.
  [[nodiscard]] std::uint64_t without_direction() const { return without_direction_; }

  // True when a body may answer kRecheckVerdict.
  [[nodiscard]] bool may_recheck() const;

 private:
  struct Compiled {
    ClassicProgram program;
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
