// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Parse, run the command that was asked for, return its exit code (command/commands.hpp).
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

#include "base/memory_reserve.hpp"
#include "base/open_files.hpp"
#include "cli/options.hpp"
#include "command/commands.hpp"
#include "command/messages.hpp"

namespace ringtap {
namespace {

struct Command {
  Action action;
  int (*run)(const Options& options);
};
constexpr std::array kCommands = {
    Command{Action::kCapture, capture},
    Command{Action::kReadFile, read_file},
    Command{Action::kCompareLive, compare_live},
    Command{Action::kCompareFile, compare_file},
    Command{Action::kQuery, query},
    Command{Action::kTrigger, trigger},
    Command{Action::kExtcap, extcap},
    Command{Action::kDoctor, doctor},
    Command{Action::kAgent, agent},
    Command{Action::kFleet, fleet},
    Command{Action::kShowFilter, show_filter},
    Command{Action::kListDevices, list_devices},
    Command{Action::kListLinkTypes, list_link_types},
    Command{Action::kListTimeStampTypes, list_time_stamp_types},
    Command{Action::kShowText, show_text},
    Command{Action::kShowVersion, show_version},
};

int run(const Options& options) {
  const auto found = std::find_if(kCommands.begin(), kCommands.end(),
                                  [&](const Command& command) { return command.action == options.action; });
  for (const std::string& note : options.notes) say(note);
  return found->run(options);
}

// A descriptor that we open must not become standard output because the caller had closed that.
void occupy_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) std::_Exit(1);
  }
}

}  // namespace
}  // namespace ringtap

int main(int argc, char** argv) {
  ringtap::occupy_standard_descriptors();
  ringtap::OpenFileLimit::raise();
  ringtap::MemoryReserve::install();
  std::signal(SIGXFSZ, SIG_IGN);  // write(2) then returns EFBIG
  auto options = ringtap::parse_options(argc, argv);
  const int code = options ? ringtap::run(*options) : ringtap::fail(options.error());
  return code == 0 && ringtap::MemoryReserve::used() ? 1 : code;
}
