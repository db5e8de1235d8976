// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/commands.hpp"
#include "command/messages.hpp"
#include "command/system_report.hpp"

namespace ringtap {

int doctor(const Options&) {
  const SystemReport report = examine_system();
  const int printed = print(report.text);
  return printed == 0 && !report.can_capture ? 1 : printed;
}

}  // namespace ringtap
