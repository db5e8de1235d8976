// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The counts of a run as metrics in Prometheus' text format, version 0.0.4, and the answers of an HTTP server that has
// nothing else. docs/outputs.md lists the metrics. Pure functions, any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "app/run_counts.hpp"

namespace ringtap {

// `version`: of the program.
std::string metrics_text(const RunCounts& counts, const std::string& version);

// The whole answer to the request whose first bytes these are; none: it has not ended yet. `metrics` is called for one
// that asks for them.
std::optional<std::string> answer_to_request(std::string_view request, const std::function<std::string()>& metrics);

// More than any client sends; a longer request is refused.
inline constexpr std::size_t kMostRequestBytes = 8192;

}  // namespace ringtap
