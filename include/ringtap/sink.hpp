// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Where records go: the screen, a file, a comparison. Calls come from one thread, in this order: every interface before
// its first record, records in time order, finish() once. After an Error only finish() is called.
#pragma once

#include <cstdint>

#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class Sink {
 public:
  virtual ~Sink() = default;

  // Announces interface number 0, 1, 2 …; borrowed until the call returns.
  virtual Result<> on_interface(const Interface& interface) = 0;
  virtual Result<> on_record(const RecordView& record) = 0;
  // Of a live capture: all records up to this time (nanoseconds since 1970) have been handed over to this sink; the
  // largest number: all there are. It need not come while there are many records, and goes back where the clock is set
  // back.
  virtual void on_time(std::uint64_t /*until_ns*/) {}
  // What else a file holds, in its place between the records; the default is to do without it.
  virtual Result<> on_block(const FileBlockView&) { return {}; }
  // Totals of each interface: while running when they are asked for (SIGUSR1), and once at the end.
  virtual Result<> on_statistics(const InterfaceStatistics& statistics) = 0;
  // Writes everything that is buffered to the operating system.
  virtual Result<> flush() = 0;
  // flush() and close; the last chance to report an error. A destructor only releases.
  virtual Result<> finish() = 0;

  // Records that completely reached the operating system; exact after an Error of flush() or after finish().
  [[nodiscard]] virtual std::uint64_t records_stored() const = 0;
  // Records that it accepted and left out on purpose; they are not among those stored.
  [[nodiscard]] virtual std::uint64_t records_left_out() const { return 0; }
};

}  // namespace ringtap
