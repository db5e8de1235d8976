// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// compare -r and compare -V.
#include "command/commands.hpp"
#include "command/comparison.hpp"
#include "command/file_service.hpp"
#include "command/inputs.hpp"
#include "command/messages.hpp"
#include "command/reading_progress.hpp"
#include "command/run.hpp"

namespace ringtap {

int compare_file(const Options& options) {
  auto signals = Signals::create();
  if (!signals) return fail(signals.error());
  if (auto begun = begin_run(options); !begun) return fail(begun.error());
  if (auto started = start_file_service(options); !started) return fail(started.error());
  if (auto gone = give_up_privileges(options, {}); !gone) return fail(gone.error());
  auto files = open_files(options, OfRefused::kFollowed);
  if (!files) return fail(files.error());
  auto comparer = make_comparer(options, options.read_paths, {});
  if (!comparer) return fail(comparer.error());
  confine(options, {});
  signals->install();
  ReadingProgress progress(*files, options);
  const EndedComparison ended = run_comparison(progress.source(), **comparer, *signals, options,
                                               {.on_progress = [&](const SessionTotals&) { progress.look(); }});
  report_without_direction(*files);
  return end_run(ended.code);
}

}  // namespace ringtap
