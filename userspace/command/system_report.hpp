// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What this machine, this kernel and this process's rights allow, for `doctor` and for bug reports. Asks the system at
// each call, which loads programs and attaches nothing. One thread.
#pragma once

#include <string>

namespace ringtap {

struct SystemReport {
  std::string text;  // a line for each question: what works, and what does not, with the reason and the remedy
  bool can_capture = false;
};
// Tries every tap.
SystemReport examine_system();

// For --version --verbose: rights, limits, and what the kernel offers the taps.
std::string bug_report_text();

}  // namespace ringtap
