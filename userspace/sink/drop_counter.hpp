// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A Sink that counts the records of the drop tap by the kernel's reason, for metrics. Keeps the names of reasons, of
// which a kernel has some hundred, and allocates only when a new one comes; at most 1024. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "ringtap/sink.hpp"

namespace ringtap {

class DropCounter final : public Sink {
 public:
  using Reasons = std::map<std::string, std::uint64_t, std::less<>>;

  Result<> on_interface(const Interface&) override { return ok(); }
  Result<> on_record(const RecordView& record) override {
    ++count_;
    if (record.tap != Tap::kDrop) return ok();
    const std::string_view reason = !record.trace || record.trace->reason.empty() ? kUnknown : record.trace->reason;
    auto found = reasons_.find(reason);
    if (found == reasons_.end()) found = reasons_.emplace(reasons_.size() < kMost ? reason : kUnknown, 0).first;
    ++found->second;
    return ok();
  }
  Result<> on_statistics(const InterfaceStatistics&) override { return ok(); }
  Result<> flush() override { return ok(); }
  Result<> finish() override { return ok(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return count_; }

  [[nodiscard]] const Reasons& reasons() const { return reasons_; }

 private:
  static constexpr std::string_view kUnknown = "unknown";
  static constexpr std::size_t kMost = 1024;

  std::uint64_t count_ = 0;
  Reasons reasons_;
};

}  // namespace ringtap
