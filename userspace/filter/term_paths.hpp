// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the terms of a ClassicRun ask: each as a list of conjunctions of tests of fields, found by following all paths
// through its few instructions. Only for terms that compute in A with constants and use X only for the length of a
// header, which is what libpcap makes of addresses, nets, protocols and ports. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "filter/decode.hpp"
#include "filter/filter_ops.hpp"

namespace ringtap {

// How a value comes into A: a load, then arithmetic with constants.
struct TermField {
  std::optional<std::uint32_t> header_at;  // of an indirect load: X = 4 * (packet[this] & 15)
  std::vector<FilterOp> ops;

  friend bool operator==(const TermField&, const TermField&) = default;
};

constexpr std::uint8_t kTestRange = 0xe0;

struct TermTest {
  std::size_t field = 0;  // index into TermReader::fields()
  std::uint8_t test = 0;  // BPF_JEQ …; in the result of matching() also kTestRange: from k to last
  std::uint32_t k = 0;
  bool result = false;
  std::uint32_t last = 0;  // of kTestRange only

  [[nodiscard]] bool is_value() const;  // the field is known to be k
  friend bool operator==(const TermTest&, const TermTest&) = default;
};

// All of them hold.
using TermPath = std::vector<TermTest>;

// How many bytes loads need: from the frame's first byte, and from X on.
struct TermReach {
  std::uint64_t absolute = 0;
  std::optional<std::uint32_t> header_at;
  std::uint64_t from_x = 0;
};

struct Term {
  std::uint32_t begin;
  std::uint32_t end;
  std::uint32_t on_true;  // a jump there: it matches; any other jump out of [begin, end): it does not
};

class TermReader {
 public:
  explicit TermReader(std::span<const DecodedInsn> insns) : insns_(insns) {}

  // The frames in which all loads are inside and the term matches are those of the paths. They may overlap: tests that
  // only say that another path did not match are left out, and upper and lower bounds of a field are joined. Nothing if
  // the term is not as described above.
  std::optional<std::vector<TermPath>> matching(const Term& term);

  // Adds what the term's loads need if `known` holds; false if that is not known.
  bool add_reach(const Term& term, const TermPath& known, TermReach& reach);

  [[nodiscard]] const std::vector<TermField>& fields() const { return fields_; }

 private:
  struct Walk;
  template <class OnPath>
  bool follow(const Term& term, const TermPath& known, TermReach* reach, OnPath on_path);
  bool step(Walk& walk, const FilterOp& op, TermReach* reach) const;
  std::size_t field_number(const TermField& field);
  bool always_matches(const Term& term, const TermPath& known);
  TermPath shortened(const Term& term, const TermPath& path);

  std::span<const DecodedInsn> insns_;
  std::vector<TermField> fields_;
};

}  // namespace ringtap
