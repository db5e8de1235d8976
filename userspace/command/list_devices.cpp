// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// -D
#include "command/commands.hpp"
#include "command/messages.hpp"
#include "live/device_plan.hpp"
#include "net/device_list.hpp"

namespace ringtap {

int list_devices(const Options& options) {
  auto devices = present_devices(options.capture);
  if (!devices) return fail(devices.error());
  std::string text;
  for (const std::string& line : device_list(*devices)) text += line + "\n";
  return print(text);
}

}  // namespace ringtap
