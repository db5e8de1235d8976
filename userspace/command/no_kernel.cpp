// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The commands that need the kernel side, in a program that was built without it.
#include "command/commands.hpp"
#include "command/filter_input.hpp"
#include "command/libraries.hpp"
#include "command/messages.hpp"
#include "command/system_report.hpp"

namespace ringtap {
namespace {

Error refusal(const char* command) {
  return std::move(Error("this ringtap was built without the kernel side (RINGTAP_KERNEL=OFF): it cannot " +
                             std::string(command),
                         ErrorKind::kUsage))
      .hint("-r and -V read files");
}

}  // namespace

int capture(const Options&) {
  return fail(refusal("capture"));
}

int compare_live(const Options&) {
  return fail(refusal("follow packets"));
}

int extcap(const Options&) {
  return fail(refusal("capture for Wireshark"));
}

SystemReport examine_system() {
  return {.text = error_text(refusal("capture")) + "\n", .can_capture = false};
}

std::string bug_report_text() {
  return "";
}

int list_devices(const Options&) {
  return fail(refusal("list interfaces"));
}

int list_link_types(const Options&) {
  return fail(refusal("list the link types of interfaces"));
}

int list_time_stamp_types(const Options&) {
  return fail(refusal("list the time stamp types of interfaces"));
}

std::string kernel_library_version() {
  return "without libbpf";
}

Result<FilteredFrames> frames_of_interfaces(const Options&) {
  return refusal("compile a filter for an interface");
}

}  // namespace ringtap
