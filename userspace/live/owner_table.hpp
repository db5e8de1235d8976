// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// From the owners of a record in the ring to those that sinks see: joins the numbers of processes with what they were
// called at the time of the record. When more than kMostKnown processes are known, those that ended long ago are
// forgotten. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "ringtap/abi.h"
#include "ringtap/owner.hpp"

namespace ringtap {

class OwnerTable {
 public:
  static constexpr std::size_t kMostKnown = std::size_t{1} << 16;
  static constexpr std::uint64_t kForgetNs = 60'000'000'000;

  struct Sources {
    // Has take() called for what the kernel side has told meanwhile.
    std::function<void()> read;
    // What the kernel side told last of a process whose telling was lost.
    std::function<std::optional<ringtap_process>(std::uint64_t process)> find;
    // Fills in names that have to be looked up, before the texts are made; may be null.
    std::function<void(Process&)> complete;
    // How many processes have a socket whose file has so many references, 0 unless it is certain; may be null.
    std::function<std::uint32_t(std::uint64_t cookie, std::uint32_t references, std::uint64_t monotonic_ns)> holders =
        nullptr;
  };
  explicit OwnerTable(Sources sources) : sources_(std::move(sources)) {}

  void take(const ringtap_process& about);
  // `monotonic_ns`: of the record. `owners` null: the tap cannot know them. The result lives until the next call.
  const Owners& of(const ringtap_owners* owners, std::uint64_t monotonic_ns);

  // Records of which no end is known.
  [[nodiscard]] std::uint64_t unattributed() const { return unattributed_; }

 private:
  struct Known {
    std::vector<std::shared_ptr<const Process>> states;  // by time
    std::uint64_t exited_ns = 0;
  };

  [[nodiscard]] Owner owner_of(const ringtap_owner& told, std::uint64_t monotonic_ns);
  Known* known(std::uint64_t process);
  void forget(std::uint64_t now_ns);

  Sources sources_;
  std::unordered_map<std::uint64_t, Known> processes_;
  Owners owners_;
  std::uint64_t unattributed_ = 0;
  std::size_t sweep_at_ = kMostKnown;
};

}  // namespace ringtap
