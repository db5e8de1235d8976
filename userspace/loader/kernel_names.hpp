// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The running kernel's names for numbers from its tracepoints: the reason for a drop, and the function that contains an
// address. Values once loaded; one thread. Results live as long as the object.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ringtap/abi.h"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class KernelTypes;

// enum skb_drop_reason (include/net/dropreason-core.h), as the kernel's own type information lists it.
class DropReasons {
 public:
  // Without type information every reason is shown as a number.
  static DropReasons load();
  static DropReasons of(const KernelTypes& types);
  // "NETFILTER_DROP"; "reason_1234" for a reason that the enumeration does not have (a subsystem's own).
  // Empty for 0 on a kernel that has no reasons.
  [[nodiscard]] std::string_view name(std::uint32_t reason);

 private:
  std::unordered_map<std::uint32_t, std::string> names_;
};

// Functions of /proc/kallsyms. Where addresses are hidden (kptr_restrict, no CAP_SYSLOG) no name is known.
class KernelSymbols {
 public:
  static KernelSymbols load(const std::string& path = "/proc/kallsyms");
  static KernelSymbols read(std::istream& lines);
  [[nodiscard]] bool empty() const { return addresses_.empty(); }
  // The function whose code contains `address`, or ends right before it (a return address); empty: unknown.
  [[nodiscard]] std::string_view function(std::uint64_t address) const;

 private:
  std::vector<std::uint64_t> addresses_;  // in ascending order
  std::vector<std::uint32_t> name_at_;    // of each, where its name begins in `names_`, which a zero ends
  std::string names_;
};

// Both kinds of names, for records of the drop and end taps. Empty unless loaded, which takes as long as all the rest
// of the start, so that another thread does it.
class TraceNames {
 public:
  static TraceNames load();
  // True once: for who says what is missing.
  bool is_first_use() { return !std::exchange(used_, true); }
  [[nodiscard]] bool has_functions() const { return !symbols_.empty(); }
  // The function and the reason of a record whose trace has a location.
  void complete(RecordView& record, const ringtap_trace& trace) {
    record.trace->function = symbols_.function(trace.location);
    if (record.tap == Tap::kDrop) record.trace->reason = reasons_.name(trace.reason);
  }

 private:
  bool used_ = false;
  DropReasons reasons_;
  KernelSymbols symbols_;
};

}  // namespace ringtap
