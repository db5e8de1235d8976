// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// -r and -V.
#include "command/commands.hpp"
#include "command/inputs.hpp"
#include "command/messages.hpp"
#include "command/run.hpp"

namespace ringtap {

int read_file(const Options& options) {
  auto signals = Signals::create();
  if (!signals) return fail(signals.error());
  auto user = other_user(options);
  if (!user) return fail(user.error());
  auto files = open_files(options, OfRefused::kNothing);
  if (!files) return fail(files.error());
  auto names = host_names(options, {.interrupt_fd = signals->wake_fd()});
  if (!names) return fail(names.error());
  auto output = open_outputs({.options = options,
                              .snaplen = options.capture.snaplen,
                              .names = names->get(),
                              .source = files->source.get(),
                              .user = *user});
  if (!output) return fail(output.error());
  if (*user) {
    if (auto changed = become(**user, Keep::kNothing); !changed) return fail(changed.error());
  }
  signals->install();
  const Ended ended = run_session(*files->source, *output, *signals, options, [](const SessionTotals& totals) {
    say(std::to_string(totals.written) + " packets so far");
  });
  report_without_direction(*files);
  if (!options.output.count_only) return ended.result ? 0 : fail_run(ended.result.error(), ended.totals.written);
  const std::uint64_t count = ended.totals.written;
  const int printed = print(std::to_string(count) + (count == 1 ? " packet\n" : " packets\n"));
  return ended.result ? printed : fail_run(ended.result.error(), count);
}

}  // namespace ringtap
