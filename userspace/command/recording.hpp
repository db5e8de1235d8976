// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The output of `ringtap record`: a Recorder in the folder that start_segment_service() has opened, and what is said of
// it while it runs and at the end. One thread.
#pragma once

#include "command/outputs.hpp"

namespace ringtap {

Result<Output> open_recording(const OutputContext& context);

}  // namespace ringtap
