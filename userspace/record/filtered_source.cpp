// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/filtered_source.hpp"

namespace ringtap {

// Filters records before the sink of a turn.
class FilteredSource::FilteringSink final : public Sink {
 public:
  FilteringSink(FilteredSource& source, Sink& sink) : source_(source), sink_(sink) {}

  Result<> on_interface(const Interface& interface) override {
    const std::uint32_t snaplen = source_.cut_.snaplen;
    if (snaplen >= kMaxSnaplen || (interface.snaplen != 0 && interface.snaplen <= snaplen)) {
      return sink_.on_interface(interface);
    }
    Interface cut = interface;
    cut.snaplen = snaplen;
    return sink_.on_interface(cut);
  }
  Result<> on_record(const RecordView& record) override { return source_.filter_into(sink_, record); }
  void on_time(std::uint64_t until_ns) override { sink_.on_time(until_ns); }
  Result<> on_block(const FileBlockView& block) override { return sink_.on_block(block); }
  Result<> on_statistics(const InterfaceStatistics& statistics) override { return sink_.on_statistics(statistics); }
  Result<> flush() override { return sink_.flush(); }
  Result<> finish() override { return sink_.finish(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return sink_.records_stored(); }

 private:
  FilteredSource& source_;
  Sink& sink_;
};

Result<SourceState> FilteredSource::turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) {
  FilteringSink filtering(*this, sink);
  return source_->turn(filtering, max_records, wait);
}

Result<SourceAccount> FilteredSource::account() {
  auto account = source_->account();
  if (account) account->refused += filter_.refused();
  return account;
}

Result<> FilteredSource::filter_into(Sink& sink, const RecordView& record) {
  const bool may_follow = of_refused_ == OfRefused::kFollowed && record.trace;
  const bool accepted = (may_follow && record.trace->followed) || filter_.matches(record);
  if (!accepted && (!may_follow || record.trace->skb == 0)) {
    filter_.refuse(record, record.interface_id);
    return ok();
  }
  const std::uint64_t lost = filter_.take_lost(record.interface_id);
  if (accepted && lost == 0 && !cut_.cuts()) return sink.on_record(record);
  RecordView passed = record;
  cut_.apply_to(passed);
  passed.lost_before += lost;
  if (!accepted) passed.trace->followed = true;
  return sink.on_record(passed);
}

}  // namespace ringtap
