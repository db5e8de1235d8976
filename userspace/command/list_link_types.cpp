// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// -L
#include "command/commands.hpp"
#include "command/live_input.hpp"
#include "command/messages.hpp"
#include "filter/link_type_name.hpp"
#include "live/device_plan.hpp"

namespace ringtap {

int list_link_types(const Options& options) {
  auto interfaces = interface_names(options.capture);
  if (!interfaces) return fail(interfaces.error());
  CaptureSettings settings = options.capture;
  settings.interfaces = *interfaces;
  auto type = link_type_of(settings);
  if (!type) return fail(type.error());
  std::string names;
  for (const std::string& name : *interfaces) names += (names.empty() ? "" : ", ") + name;
  return print("Data link types for " + names + ":\n  " + link_type_text(*type) + "\n");
}

}  // namespace ringtap
