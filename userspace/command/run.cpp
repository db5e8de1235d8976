// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/run.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "command/messages.hpp"
#include "ringtap/unique_fd.hpp"
#include "sandbox/helper_process.hpp"
#include "sandbox/user.hpp"

namespace ringtap {

Result<> begin_run(const Options& options) {
  HelperProcess::on_loss(say);
  if (options.user.empty()) return ok();
  if (auto user = find_user(options.user); !user) return user.take_error();
  if (::geteuid() != 0) say("-Z " + options.user + ": ignored, since ringtap does not run as root");
  return ok();
}

int end_run(int code) {
  return code == 0 && HelperProcess::lost() > 0 ? 1 : code;
}

Result<> give_up_privileges(const Options& options, const SandboxNeeds& needs) {
  if (auto prepared = HelperProcess::all_prepared(); !prepared) return prepared;
  if (options.sandbox) {
    auto gone = give_up_privileges(needs, options.user);
    return gone ? ok() : std::move(gone.take_error()).hint("--sandbox off keeps them");
  }
  if (options.user.empty() || ::geteuid() != 0) return ok();
  auto user = find_user(options.user);
  return user ? become(*user, needs.capabilities) : user.take_error();
}

void confine(const Options& options, const SandboxNeeds& needs) {
  if (!options.sandbox) return;
  const std::string missing = confine(needs);
  if (!missing.empty() && options.text_style.dissect.verbosity > 1) say("the sandbox is not whole: " + missing);
}

Result<std::unique_ptr<HostNames>> host_names(const Options& options, const HostNames::Options& how) {
  if (!options.output.print || options.text_style.dissect.no_names > 0) return std::unique_ptr<HostNames>();
  if (!options.sandbox) return HostNames::start(how);
  const auto text_of = [](std::span<const std::uint8_t> address) {
    return std::string_view(reinterpret_cast<const char*>(address.data()), address.size());
  };
  const auto look_up = [](std::string_view address) -> HelperProcess::Answer {
    return {HostNames::look_up_on_this_host({reinterpret_cast<const std::uint8_t*>(address.data()), address.size()}),
            {}};
  };
  auto helper = HelperProcess::start({.name = "ringtap-names",
                                      .without = "host names that are not known yet are printed as numbers",
                                      .files = {},
                                      .prepare = [] { return keep_only(0); },
                                      .serve = look_up});
  if (!helper) return helper.take_error();
  return HostNames::start(
      how, [helper = std::make_shared<HelperProcess>(helper.take()), text_of](std::span<const std::uint8_t> address) {
        auto answer = helper->ask(text_of(address));
        return answer ? std::move(answer->text) : std::string();
      });
}

Ended run_session(RecordSource& source, const Output& output, Signals& signals, const Options& options,
                  std::function<void(const SessionTotals&)> on_counts_asked,
                  std::function<void(const SessionTotals&)> on_progress) {
  Session session(source, *output.sink, signals,
                  {.limits = options.limits,
                   .flush_each_record = options.output.flush_each_record,
                   .is_done = output.is_done,
                   .on_progress = std::move(on_progress),
                   .beside = output.threads == nullptr ? nullptr : std::function([sinks = output.threads] {
                     return SessionOptions::Beside{.taken = sinks->taken(), .refused = sinks->discarded()};
                   }),
                   .start_next_file = output.start_next_file,
                   .on_flush_asked = output.on_flush_asked},
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
