// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A sink that passes each record with its text to the callback of a program that uses the library. Borrows the
// callback. One thread.
#pragma once

#include "dissect/dissector.hpp"
#include "ringtap/ringtap.hpp"
#include "ringtap/sink.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

class PacketSink final : public Sink {
 public:
  // `max_count` 0: no limit.
  PacketSink(const OnPacket& on_packet, std::uint64_t max_count);

  // Runs turns of the source until it ends or done(); then stops the source.
  Result<> take_all_from(RecordSource& source);
  // The callback has returned false, or the limit is reached; later records are not handed over.
  [[nodiscard]] bool done() const { return done_; }

  Result<> on_interface(const Interface&) override { return ok(); }
  Result<> on_record(const RecordView& record) override;
  Result<> on_statistics(const InterfaceStatistics&) override { return ok(); }
  Result<> flush() override { return ok(); }
  Result<> finish() override { return ok(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return count_; }

 private:
  const OnPacket& on_packet_;
  std::uint64_t max_count_;
  std::uint64_t count_ = 0;
  bool done_ = false;
  Appender text_;
  Dissector dissector_;
};

}  // namespace ringtap
