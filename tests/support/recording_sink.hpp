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

#include "ringtap/sink.hpp"
#include "ringtap/source.hpp"

namespace ringtap::testing {

class RecordingSink final : public Sink {
 public:
  struct Texts {
    std::string comment, reason, function;
  };
  struct Kept {
    RecordView view;  // borrows from the other two
    std::vector<std::byte> data;
    std::shared_ptr<const Texts> texts;
  };

  Result<> on_interface(const Interface& interface) override {
    interfaces.push_back(interface);
    return ok();
  }
  Result<> on_record(const RecordView& record) override {
    if (record.interface_id >= interfaces.size()) return Error("a record before its interface");
    if (records.size() == refuse_after) return Error("enough");
    Kept kept{.view = record, .data = {record.data.begin(), record.data.end()}, .texts = nullptr};
    Texts texts{.comment = std::string(record.comment), .reason = {}, .function = {}};
    if (record.trace) {
      texts.reason = record.trace->reason;
      texts.function = record.trace->function;
    }
    kept.texts = std::make_shared<const Texts>(std::move(texts));
    kept.view.comment = kept.texts->comment;
    if (kept.view.trace) {
      kept.view.trace->reason = kept.texts->reason;
      kept.view.trace->function = kept.texts->function;
    }
    kept.view.data = kept.data;
    records.push_back(std::move(kept));
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
