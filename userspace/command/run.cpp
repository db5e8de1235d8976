// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/run.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "command/messages.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

Result<std::optional<User>> other_user(const Options& options) {
  if (options.user.empty()) return std::optional<User>();
  auto user = find_user(options.user);
  if (!user) return user.take_error();
  if (::geteuid() != 0) {
    say("-Z " + options.user + ": ignored, since ringtap does not run as root");
    return std::optional<User>();
  }
  return std::optional(user.take());
}

Result<std::unique_ptr<HostNames>> host_names(const Options& options, const HostNames::Options& how) {
  if (!options.output.print || options.text_style.dissect.no_names > 0) return std::unique_ptr<HostNames>();
  return HostNames::start(how);
}

Ended run_session(RecordSource& source, const Output& output, Signals& signals, const Options& options,
                  std::function<void(const SessionTotals&)> on_counts_asked,
                  std::function<void(const SessionTotals&)> on_progress) {
  Session session(source, *output.sink, signals,
                  {.limits = options.limits,
                   .flush_each_record = options.output.flush_each_record,
                   .is_done = output.is_done,
                   .on_progress = std::move(on_progress)},
                  std::move(on_counts_asked));
  Result<> result = session.run();
  // tcpdump's message at the end of -G with -W.
  if (session.stopped_by_sink()) {
    print_to_stderr("Maximum file limit reached: " + std::to_string(options.output.rotation.files) + "\n");
  }
  return {.result = std::move(result), .totals = session.totals()};
}

Result<> make_ready_file(const Options& options) {
  if (options.ready_file.empty()) return ok();
  const UniqueFd file(open(options.ready_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) return Error::from_errno(errno, "--ready-file " + options.ready_file);
  return ok();
}

}  // namespace ringtap
