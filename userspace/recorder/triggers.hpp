// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Decides for each record whether it is an event that a recorder waits for, and says why. Rates are counted in seconds
// of the packets' own time. Pure but for its counts; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "ringtap/record.hpp"
#include "ringtap/recording.hpp"

namespace ringtap {

class Triggers {
 public:
  // `matches`: EventSettings::expression, for records that do not say it themselves; null if there is none.
  Triggers(EventSettings settings, std::function<bool(const RecordView&)> matches)
      : settings_(std::move(settings)), matches_(std::move(matches)) {}

  // Why this record is an event: "drop NETFILTER_DROP"; nothing if it is none.
  std::optional<std::string> look(const RecordView& record);

 private:
  // Events in the second of the present record.
  struct Rate {
    std::uint64_t second = 0;
    std::uint64_t count = 0;
    std::uint64_t add(std::uint64_t time_ns);
  };

  const EventSettings settings_;
  std::function<bool(const RecordView&)> matches_;
  Rate packets_;
  Rate drops_;
};

}  // namespace ringtap
