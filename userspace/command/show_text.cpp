// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// -h
#include "command/commands.hpp"
#include "command/messages.hpp"

namespace ringtap {

int show_text(const Options& options) {
  return print(options.text);
}

}  // namespace ringtap
