// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The commands of captures over many hosts, in a program that was built without them.
#include "command/commands.hpp"
#include "command/messages.hpp"

namespace ringtap {
namespace {

int refuse() {
  return fail(Error("this ringtap was built without captures over many hosts (RINGTAP_FLEET=OFF)", ErrorKind::kUsage));
}

}  // namespace

int agent(const Options&) {
  return refuse();
}

int fleet(const Options&) {
  return refuse();
}

}  // namespace ringtap
