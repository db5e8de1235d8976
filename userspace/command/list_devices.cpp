// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// -D
#include <cstdio>

#include "command/commands.hpp"
#include "command/messages.hpp"
#include "net/device_list.hpp"

namespace ringtap {

int list_devices(const Options&) {
  auto lines = device_list();
  if (!lines) return fail(lines.error());
  for (const std::string& line : *lines) std::printf("%s\n", line.c_str());
  return 0;
}

}  // namespace ringtap
