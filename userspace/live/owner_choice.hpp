// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The processes that were chosen by the user, as the kernel side compares them: cgroups, containers and pods become
// numbers of the cgroups that are there now.
#pragma once

#include "ringtap/abi.h"
#include "ringtap/capture.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// An Error of kind kUsage if there is no such cgroup, container or pod, or more than OwnerSelection::kMost.
Result<ringtap_choice> choice_of(const OwnerSelection& selection);

}  // namespace ringtap
