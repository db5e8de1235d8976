// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the commands that move records have in common: the user to become, the names of hosts, and the run itself. One
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

// -Z, where there is something to give up.
Result<std::optional<User>> other_user(const Options& options);

// None where numbers are printed.
Result<std::unique_ptr<HostNames>> host_names(const Options& options, const HostNames::Options& how);

struct Ended {
  Result<> result;
  SessionTotals totals;
};
// From the source into the output until something ends it; says so when that was the last file of a file set.
// `on_counts_asked` as of Session.
Ended run_session(RecordSource& source, const Output& output, Signals& signals, const Options& options,
                  std::function<void(const SessionTotals&)> on_counts_asked);

// --ready-file
Result<> make_ready_file(const Options& options);

}  // namespace ringtap
