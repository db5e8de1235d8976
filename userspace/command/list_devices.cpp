// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// -D
#include "command/commands.hpp"
#include "command/messages.hpp"
#include "net/device_list.hpp"

namespace ringtap {

int list_devices(const Options&) {
  auto lines = device_list();
  if (!lines) return fail(lines.error());
  std::string text;
  for (const std::string& line : *lines) text += line + "\n";
  return print(text);
}

}  // namespace ringtap
