// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/inputs.hpp"

#include <limits>
#include <string>
#include <utility>

#include "base/plain_text.hpp"
#include "command/messages.hpp"
#include "command/outputs.hpp"
#include "file/capture_files.hpp"
#include "filter/link_type_name.hpp"
#include "record/capture_format.hpp"

namespace ringtap {

// tcpdump's text, since scripts look for it. For libpcap a snaplen of "no limit" means its own maximum.
void announce_file(const std::string& path, const Interface& first) {
  constexpr std::uint32_t kMostSigned = std::numeric_limits<std::int32_t>::max();
  const bool unlimited = first.snaplen == 0 || first.snaplen > kMostSigned;
  const std::uint32_t snaplen = unlimited ? max_captured_length(first.link_type) : first.snaplen;
  print_to_stderr("reading from file " + plain_line(path) + ", link-type " + link_type_text(first.link_type) +
                  ", snapshot length " + std::to_string(snaplen) + "\n");
  // The interface numbers are those of the host that wrote the file, the names those of this one.
  if (first.link_type == LinkType::kLinuxSll2) print_to_stderr("Warning: interface names might be incorrect\n");
}

// In tcpdump's words.
Result<std::optional<LinkType>> asked_link_type(const Options& options) {
  if (options.link_type.empty()) return std::optional<LinkType>();
  const auto type = link_type_named(options.link_type);
  if (!type) return Error("invalid data link type " + options.link_type, ErrorKind::kUsage);
  return type;
}

Result<FileInput> open_files(const Options& options, OfRefused of_refused) {
  if (const auto* read = find_same_file(options.read_paths, options.output.path)) {
    return Error("-w " + options.output.path + ": this is the input file " + *read, ErrorKind::kUsage);
  }
  FileInput files;
  if (!options.filter.expression.empty()) {
    auto filter = ExpressionFilter::create(options.filter, {}, {.netmask = 0, .live = false});
    if (!filter) return filter.take_error();
    files.filter = std::make_unique<ExpressionFilter>(filter.take());
  }
  auto source = CaptureFiles::open(
      options.read_paths,
      [filter = files.filter.get()](const CaptureFiles& all, const std::string& path, const Interface& first) {
        announce_file(path, first);
        return filter == nullptr ? ok() : filter->require(first.link_type, all.has_directions());
      });
  if (!source) return source.take_error();
  if (files.filter == nullptr) {
    files.source = source.take();
    return files;
  }
  // A wrong expression is found before any output is created.
  auto first = (*source)->first_interface();
  if (!first) return first.take_error();
  if (*first == nullptr) {
    if (auto meant = files.filter->require(LinkType::kEthernet, false); !meant) return meant.take_error();
  }
  RecordFilter filter([&filter = *files.filter](const RecordView& record) { return filter.matches(record); });
  files.source = std::make_unique<FilteredSource>(source.take(), std::move(filter), of_refused);
  return files;
}

void report_without_direction(const FileInput& files) {
  const std::uint64_t count = files.filter == nullptr ? 0 : files.filter->without_direction();
  if (count == 0) return;
  say(std::to_string(count) + (count == 1 ? " packet was" : " packets were") +
      " left out: the filter asks for a direction (inbound or outbound) that the file does not record for them");
}

}  // namespace ringtap
