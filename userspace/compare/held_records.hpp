// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Delays the records on their way to a file, so that the rule that dropped a packet, which becomes known after the
// record of the drop, is stored with it. Owns the file's sink. Holds at most kMostBytes; more goes on without waiting.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/hash_map.hpp"
#include "record/owned_record.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

class HeldRecords final : public Sink {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;

  HeldRecords(std::unique_ptr<Sink> file, std::uint64_t delay_ns) : file_(std::move(file)), delay_ns_(delay_ns) {}

  // Stores the rule with the drop of the packet with this number, if it is still held.
  void set_rule(std::uint64_t packet_id, const std::string& rule);

  Result<> on_interface(const Interface& interface) override { return file_->on_interface(interface); }
  Result<> on_record(const RecordView& record) override;
  // They come after the records: the last of each interface are stored at the end.
  Result<> on_statistics(const InterfaceStatistics& statistics) override;
  void on_time(std::uint64_t until_ns) override { until_ns_ = until_ns; }
  // Only what has waited long enough.
  Result<> flush() override;
  Result<> finish() override;
  [[nodiscard]] std::uint64_t records_stored() const override { return file_->records_stored(); }

 private:
  Result<> release_until(std::uint64_t time_ns, std::size_t most_bytes);

  std::unique_ptr<Sink> file_;
  std::uint64_t delay_ns_;
  std::uint64_t until_ns_ = 0;  // on_time()
  std::deque<OwnedRecord> records_;
  std::uint64_t released_ = 0;                   // records before the first one in `records_`
  HashMap<std::uint64_t, std::uint64_t> drops_;  // by packet: the number of the drop's record among all
  std::vector<InterfaceStatistics> statistics_;
  std::size_t bytes_ = 0;
};

}  // namespace ringtap
