// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The commands. Each runs to its end, reports errors on standard error and returns the exit code: 0 success, 1 failure,
// 2 wrong usage, 3 loss with --strict-loss, 4 output that could not be written. The main thread calls one of them,
// once.
#pragma once

#include "cli/options.hpp"

namespace ringtap {

int capture(const Options& options);
int read_file(const Options& options);
int query(const Options& options);
int compare_live(const Options& options);
int compare_file(const Options& options);
int trigger(const Options& options);
int extcap(const Options& options);
int doctor(const Options& options);
int agent(const Options& options);
int fleet(const Options& options);
int show_filter(const Options& options);
int list_devices(const Options& options);
int list_link_types(const Options& options);
int list_time_stamp_types(const Options& options);
int show_text(const Options& options);
int show_version(const Options& options);

}  // namespace ringtap
