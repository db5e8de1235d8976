// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/stage_maps.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "loader/refusal.hpp"

namespace ringtap {

void StageMaps::Unmap::operator()(const ringtap_stage* header) const noexcept {
  ::munmap(const_cast<ringtap_stage*>(header), sizeof *header);
}

Result<StageMaps> StageMaps::create(std::uint32_t bytes, std::span<const unsigned> cpus) {
  auto made = CpuMaps::create({.name = "stages",
                               .type = BPF_MAP_TYPE_ARRAY,
                               .key_size = sizeof(std::uint32_t),
                               .value_size = bytes,
                               .entries = RINGTAP_STAGES_PER_CPU,
                               .flags = BPF_F_MMAPABLE},
                              cpus.front());
  if (!made) return made.take_error();
  StageMaps stages(made.take());
  auto own = stages.maps_->make(cpus);
  if (!own) return own.take_error();
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    if (auto mapped = stages.map((*own)[i], cpus[i]); !mapped) return mapped.take_error();
  }
  stages.filling_.emplace([maps = stages.maps_, of = std::vector<unsigned>(cpus.begin(), cpus.end()),
                           own = own.take()] { return maps->fill(of, own); });
  return stages;
}

Result<> StageMaps::filled() {
  if (!filling_) return ok();
  auto result = filling_->get();
  filling_.reset();
  return result;
}

Result<> StageMaps::add(unsigned cpu) {
  auto made = maps_->add(cpu, RINGTAP_STAGES_PER_CPU);
  return made ? map(*made, cpu) : Result<>(made.take_error());
}

Result<> StageMaps::map(const UniqueFd& stages, unsigned cpu) {
  void* const memory = ::mmap(nullptr, sizeof(ringtap_stage), PROT_READ, MAP_SHARED, stages.get(), 0);
  if (memory == MAP_FAILED) {
    const int err = errno;
    return Error::from_errno(err, "map the staging buffers of CPU " + std::to_string(cpu)).hint(refusal_hint(err));
  }
  ::madvise(memory, sizeof(ringtap_stage), MADV_DONTFORK);  // packets are not for helper processes
  headers_.resize(std::max<std::size_t>(headers_.size(), cpu + 1));
  headers_[cpu].reset(static_cast<const ringtap_stage*>(memory));
  return ok();
}

}  // namespace ringtap
