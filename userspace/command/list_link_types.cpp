// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// -L
#include <cstdio>

#include "command/commands.hpp"
#include "command/live_input.hpp"
#include "command/messages.hpp"
#include "filter/link_type_name.hpp"

namespace ringtap {

int list_link_types(const Options& options) {
  auto interfaces = interface_names(options.capture);
  if (!interfaces) return fail(interfaces.error());
  auto type = link_type_of(*interfaces);
  if (!type) return fail(type.error());
  std::string names;
  for (const std::string& name : *interfaces) names += (names.empty() ? "" : ", ") + name;
  std::printf("Data link types for %s:\n  %s\n", names.c_str(), link_type_text(*type).c_str());
  return 0;
}

}  // namespace ringtap
