// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The stages of all CPUs, in which records are built (struct ringtap_stage), in maps that user space reads through
// shared memory: only the header of the first stage of each CPU, since the second is never left with records. Owns the
// maps. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/thread.hpp"
#include "loader/cpu_maps.hpp"
#include "ringtap/abi.h"
#include "ringtap/result.hpp"

namespace ringtap {

class StageMaps {
 public:
  // `bytes`: of one stage.
  static Result<StageMaps> create(std::uint32_t bytes, std::span<const unsigned> cpus);
  Result<> add(unsigned cpu);
  // Before packets come: waits until every CPU has its stages.
  Result<> filled();

  [[nodiscard]] const CpuMaps& maps() const { return *maps_; }
  // An empty one for a CPU that has none.
  [[nodiscard]] const ringtap_stage& first_of(unsigned cpu) const {
    static constexpr ringtap_stage kNone{};
    return cpu < headers_.size() && headers_[cpu] ? *headers_[cpu] : kNone;
  }

 private:
  struct Unmap {
    void operator()(const ringtap_stage* header) const noexcept;
  };

  explicit StageMaps(CpuMaps maps) : maps_(std::make_shared<const CpuMaps>(std::move(maps))) {}
  Result<> map(const UniqueFd& stages, unsigned cpu);

  std::shared_ptr<const CpuMaps> maps_;
  std::optional<Meanwhile<>> filling_;
  std::vector<std::unique_ptr<const ringtap_stage, Unmap>> headers_;  // index is the CPU number
};

}  // namespace ringtap
