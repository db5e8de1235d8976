// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// One expression for everything a run may meet: compiled once per link type, translated on demand for the kernel, run
// in user space where the kernel cannot (files, rechecks). Owns its programs. One thread.
#pragma once

#include <linux/bpf.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "filter/compile.hpp"
#include "filter/translate.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

struct ExpressionOptions {
  bool optimise = true;
  bool any_vlan = false;
  std::optional<std::uint32_t> netmask;
  bool live = true;
};

class ExpressionFilter {
 public:
  // Compiles for each of `link_types`. Where an expression has no meaning for one of several (an Ethernet address on a
  // raw IP device) nothing matches there; it is an Error where it has a meaning for none.
  static Result<ExpressionFilter> create(const std::string& expression, const std::vector<LinkType>& link_types,
                                         const ExpressionOptions& options);

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
  ExpressionFilter(std::string expression, const ExpressionOptions& options)
      : expression_(std::move(expression)), options_(options) {}
  Result<> add(LinkType link_type);

  std::string expression_;
  ExpressionOptions options_;
  std::map<LinkType, Compiled> programs_;
  bool has_directions_ = false;
  std::uint64_t without_direction_ = 0;
};

}  // namespace ringtap
