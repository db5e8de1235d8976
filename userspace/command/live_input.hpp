// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The input of a command that captures: the names of the interfaces, the filter for kernel and user space, and a source
// whose programs are loaded. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "filter/expression_filter.hpp"
#include "live/live_source.hpp"

namespace ringtap {

struct LiveInput {
  std::vector<std::string> interfaces;
  std::vector<LinkType> link_types;           // what the filter is compiled for
  std::unique_ptr<ExpressionFilter> filter;   // borrowed by the source; none: every packet is accepted
  std::unique_ptr<ExpressionFilter> trigger;  // a recorder's, borrowed too; none: it waits for no packet
  std::unique_ptr<LiveSource> source;
};

// Loads, but attaches nothing. `follow`: see LiveOptions. A wait ends when `interrupt_fd` or `command_fd` becomes
// readable.
Result<LiveInput> open_live(const Options& options, bool follow, int interrupt_fd, int command_fd = -1);

// The names of the interfaces in the system; the first one of -D if none is given.
Result<std::vector<std::string>> interface_names(const CaptureSettings& options);

// The helper processes of the source; none with --sandbox off. Before attach(), so that no packet is in their memory,
// and before a thread is started: of the locks that another thread holds, a forked process has copies that nobody
// opens.
Result<> start_helpers(const Options& options, LiveSource& source);

// Attaches. The result is what the capture has to keep when rights are given up.
Result<SandboxNeeds> attach(const Options& options, LiveSource& source);

}  // namespace ringtap
