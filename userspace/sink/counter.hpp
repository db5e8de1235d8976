// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A Sink that only counts (--count). Keeps nothing of a record, so it borrows nothing and cannot fail.
// One thread; 64 bits of records.
#pragma once

#include "ringtap/sink.hpp"

namespace ringtap {

class Counter final : public Sink {
 public:
  Result<> on_interface(const Interface&) override { return ok(); }
  Result<> on_record(const RecordView&) override {
    ++count_;
    return ok();
  }
  Result<> on_statistics(const InterfaceStatistics&) override { return ok(); }
  Result<> flush() override { return ok(); }
  Result<> finish() override { return ok(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return count_; }

 private:
  std::uint64_t count_ = 0;
};

}  // namespace ringtap
