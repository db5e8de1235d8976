// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// --version: the program, its libraries and the kernel it runs on, one per line, as in tcpdump;
// with --verbose also what a bug report needs.
#include <sys/utsname.h>

#include "command/commands.hpp"
#include "command/libraries.hpp"
#include "command/messages.hpp"
#include "command/system_report.hpp"
#include "filter/compile.hpp"
#include "ringtap/version.hpp"

namespace ringtap {

int show_version(const Options& options) {
  std::string text = version_text();
  text += "\n" + kernel_library_version() + "\n" + libpcap_version() + "\n";
  utsname system{};
  if (::uname(&system) == 0) text += std::string(system.sysname) + " " + system.release + "\n";
  if (options.text_style.dissect.verbosity > 0) text += bug_report_text();
  return print(text);
}

}  // namespace ringtap
