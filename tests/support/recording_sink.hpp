// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A Sink that keeps copies of all it is given, and a loop that reads a source to its end. For small captures: nothing
// is ever dropped. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "record/owned_record.hpp"
#include "ringtap/sink.hpp"
#include "ringtap/source.hpp"

namespace ringtap::testing {

class RecordingSink final : public Sink {
 public:
  struct Kept {
    RecordView view;  // borrows from the other
    std::vector<std::byte> data;
    std::shared_ptr<const OwnedRecord> record;
  };

  Result<> on_interface(const Interface& interface) override {
    interfaces.push_back(interface);
    return ok();
  }
  Result<> on_record(const RecordView& record) override {
    if (record.interface_id >= interfaces.size()) return Error("a record before its interface");
    if (records.size() == refuse_after) return Error("enough");
    auto owned = std::make_shared<const OwnedRecord>(record);
    const RecordView view = owned->view();
    records.push_back({.view = view, .data = {view.data.begin(), view.data.end()}, .record = std::move(owned)});
    return ok();
  }
  Result<> on_statistics(const InterfaceStatistics& totals) override {
    statistics.push_back(totals);
    return ok();
  }
  Result<> flush() override { return ok(); }
  Result<> finish() override {
    ++finished;
    return ok();
  }
  [[nodiscard]] std::uint64_t records_stored() const override { return records.size(); }

  std::vector<Interface> interfaces;
  std::vector<Kept> records;
  std::vector<InterfaceStatistics> statistics;
  int finished = 0;
  std::uint64_t refuse_after = UINT64_MAX;  // the record that meets an Error is not kept
};

// Turns until the end; the Error that came instead of it, if one did.
inline std::optional<Error> drain(RecordSource& source, Sink& sink, std::uint64_t max_records_a_turn = UINT64_MAX) {
  for (;;) {
    auto state = source.turn(sink, max_records_a_turn, std::chrono::hours(1));
    if (!state) return state.take_error();
    if (*state == SourceState::kEnd) return std::nullopt;
  }
}

}  // namespace ringtap::testing
