// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// -h and --version
#include <cstdio>

#include "command/commands.hpp"

namespace ringtap {

int show_text(const Options& options) {
  std::fputs(options.text.c_str(), stdout);
  return 0;
}

}  // namespace ringtap
