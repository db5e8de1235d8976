// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// -J, in tcpdump's words.
#include "command/commands.hpp"
#include "command/live_input.hpp"
#include "command/messages.hpp"

namespace ringtap {

int list_time_stamp_types(const Options& options) {
  auto interfaces = interface_names(options.capture);
  if (!interfaces) return fail(interfaces.error());
  return print("Time stamp types for " + interfaces->front() + " (use option -j to set):\n  host (Host)\n");
}

}  // namespace ringtap
