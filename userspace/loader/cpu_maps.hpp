// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A BPF map of maps that has room for one map of each possible CPU, of which those that are online have one, in memory
// of their own node. A CPU that comes online later is given its map by add(): by this process, or once it may not do
// that any more by a helper process that has the same maps of maps. Owns the outer map; the inner ones are handed over.
// One thread, except where it says otherwise.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class CpuMaps {
 public:
  // What all inner maps have in common; of a ring `entries` is its size in bytes and the most that add() takes.
  struct Kind {
    std::string name;
    bpf_map_type type;
    std::uint32_t key_size;
    std::uint32_t value_size;
    std::uint32_t entries;
    std::uint32_t flags;
  };

  // The outer map, which is empty. `cpu`: any that will get a map.
  static Result<CpuMaps> create(Kind kind, unsigned cpu);
  // The maps of these CPUs, in their order, which are not in the outer one yet. Any thread.
  [[nodiscard]] Result<std::vector<UniqueFd>> make(std::span<const unsigned> cpus) const;
  // Puts them there, which takes a grace period. Any thread.
  [[nodiscard]] Result<> fill(std::span<const unsigned> cpus, std::span<const UniqueFd> maps) const;

  [[nodiscard]] int fd() const { return outer_.get(); }
  // The new map of a CPU that has none; with `entries` entries.
  Result<UniqueFd> add(unsigned cpu, std::uint32_t entries) const;

  // From now on the helper process adds maps, to these only, and keeps CAP_BPF for it.
  static Result<> start_helper(std::vector<const CpuMaps*> maps);

 private:
  CpuMaps(UniqueFd outer, Kind kind) : outer_(std::move(outer)), kind_(std::move(kind)) {}

  UniqueFd outer_;
  Kind kind_;
};

}  // namespace ringtap
