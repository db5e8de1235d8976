// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The input of a command that reads files: the files of -r or -V, announced as tcpdump does, with the expression as a
// filter on their records, selected and cut; also the link type of -y. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/options.hpp"
#include "file/capture_files.hpp"
#include "filter/expression_filter.hpp"
#include "record/filtered_source.hpp"
#include "record/packet_selection.hpp"
#include "recorder/segment_input.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

struct FileInput {
  std::unique_ptr<ExpressionFilter> filter;    // borrowed by `source`; none: every packet is accepted
  std::unique_ptr<PacketSelection> selection;  // the same
  std::unique_ptr<Query> query;                // the same; of a query
  std::unique_ptr<RecordSource> source;        // filtered and cut
  const CaptureFiles* files = nullptr;         // owned by `source`
};

// When this returns, the files are open and the expression is compiled. `of_refused`: which of the records that the
// expression rejects are handed over nevertheless.
// `announced`: their lines on standard error were printed before.
Result<FileInput> open_files(const Options& options, OfRefused of_refused, bool announced = false);

// Prints how many packets were left out because the file does not record their direction, if there were any.
void report_without_direction(const FileInput& files);

// "reading from file …" on standard error.
void announce_file(const std::string& path, const Interface& first);

// The link type of -y; none if it is not given.
Result<std::optional<LinkType>> asked_link_type(const Options& options);

}  // namespace ringtap
