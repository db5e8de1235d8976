// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the commands that capture or read records share: giving up rights, host names, and the run itself. What is
// borrowed has to outlive the call. One thread.
#pragma once

#include <functional>
#include <memory>

#include "app/session.hpp"
#include "cli/options.hpp"
#include "command/outputs.hpp"
#include "names/host_names.hpp"
#include "sandbox/sandbox.hpp"

namespace ringtap {

// Early: from now on the loss of a helper process is said; an Error if there is no such user as -Z says; a message if
// -Z has no effect because the process is not root.
Result<> begin_run(const Options& options);
// The exit code of a run that would end with `code`: not 0 if a helper process was lost.
int end_run(int code);

// After the last privilege was used: give_up_privileges() or, with --sandbox off, only the change to the user of -Z.
Result<> give_up_privileges(const Options& options, const SandboxNeeds& needs);
// Before the first packet is looked at: confine(), unless --sandbox is off. With -vv it says what the kernel lacks.
void confine(const Options& options, const SandboxNeeds& needs);

// None if numbers are printed. Looked up by a helper process that has no rights.
Result<std::unique_ptr<HostNames>> host_names(const Options& options, const HostNames::Options& how);

struct Ended {
  Result<> result;
  SessionTotals totals;
};
// Passes records from the source to the output until something ends the run; prints a message if that was the last file
// of a file set. `on_counts_asked`, `on_progress`: see Session.
Ended run_session(RecordSource& source, const Output& output, Signals& signals, const Options& options,
                  std::function<void(const SessionTotals&)> on_counts_asked,
                  std::function<void(const SessionTotals&)> on_progress = {});

// --ready-file
Result<> make_ready_file(const Options& options);

}  // namespace ringtap
