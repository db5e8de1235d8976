// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Whether a packet whose owners are known belongs to chosen processes, as the programs decide it in a capture
// (bpf/process.bpf.h): of each list that is not empty one element has to fit the process at either end. Pure functions,
// any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ringtap/capture.hpp"
#include "ringtap/owner.hpp"

namespace ringtap {

enum class OwnerMatch : std::uint8_t { kYes, kNo, kUnknown };

// At least so many digits of a container's id name it.
inline constexpr std::size_t kShortestContainerId = 4;

// `owners` null: nothing is known. Unknown: no end that is known fits, and one is not known.
[[nodiscard]] OwnerMatch match_owners(const OwnerSelection& selection, const Owners* owners);

// Whether a cgroup is the chosen one or below it; both are paths below the root.
[[nodiscard]] bool is_cgroup_within(std::string_view path, std::string_view chosen);

}  // namespace ringtap
