// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How much memory a capture uses for what waits to be read: the rings, and the buffers of AF_PACKET sockets. All
// follows from -B and from the memory that this process may use (loader/memory_limit.hpp). No state.
#pragma once

#include <cstdint>

#include "ringtap/result.hpp"
#include "taps/live_options.hpp"

namespace ringtap {

// Sets the buffer's size, and the note if it is less than usual. An Error if what was asked for does not fit.
Result<> choose_buffers(LiveOptions& options);

// How many devices that appear later can be captured: each needs counters, which the kernel reserves for every possible
// CPU.
std::uint32_t slots_for_newcomers(const LiveOptions& options);

}  // namespace ringtap
