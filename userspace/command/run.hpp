// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the commands that capture or read records share: the user to switch to, host names, and the run itself. One
// thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "app/session.hpp"
#include "app/user.hpp"
#include "cli/options.hpp"
#include "command/outputs.hpp"
#include "names/host_names.hpp"

namespace ringtap {

// The user of -Z; none if it is not given, or if the process is not root.
Result<std::optional<User>> other_user(const Options& options);

// None if numbers are printed.
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
