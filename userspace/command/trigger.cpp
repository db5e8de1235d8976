// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Asks the recorder of a folder to write what it holds in memory.
#include <sys/file.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "command/commands.hpp"
#include "command/messages.hpp"
#include "recorder/segment_folder.hpp"

namespace ringtap {
namespace {

Result<> ask_recorder(const std::string& path) {
  auto process = recorder_of(path);
  if (!process) return process.take_error();
  // The descriptor is of the process that holds the folder's lock: a signal by number could reach another one.
  if (::syscall(SYS_pidfd_send_signal, process->get(), SIGUSR2, nullptr, 0) == 0) return ok();
  return Error::from_errno(errno, "signal the recorder of " + path).hint("it takes root, or the user who records");
}

}  // namespace

int trigger(const Options& options) {
  auto asked = ask_recorder(options.folder);
  return asked ? 0 : fail(asked.error());
}

}  // namespace ringtap
