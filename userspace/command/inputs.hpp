// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The input of a command that reads files: what -r or -V names, announced as tcpdump does, with the expression as a
// filter on its records. And what -y asks for. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/options.hpp"
#include "filter/expression_filter.hpp"
#include "record/filtered_source.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

struct FileInput {
  std::unique_ptr<ExpressionFilter> filter;  // borrowed by `source`; none: every packet is accepted
  std::unique_ptr<RecordSource> source;      // filtered
};

// The first file is open and the expression compiled when this returns. `of_refused`: what the expression refuses and
// the source hands over all the same.
Result<FileInput> open_files(const Options& options, OfRefused of_refused);

// Says how many packets were left out because the file does not say which way they went, where there were any.
void report_without_direction(const FileInput& files);

// "reading from file …" on standard error.
void announce_file(const std::string& path, const Interface& first);

// -y; none: nothing was asked for.
Result<std::optional<LinkType>> asked_link_type(const Options& options);

}  // namespace ringtap
