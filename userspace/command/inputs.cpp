// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/inputs.hpp"

#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/plain_text.hpp"
#include "command/messages.hpp"
#include "file/codec.hpp"
#include "filter/link_type_name.hpp"
#include "record/link_header.hpp"

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

namespace {

constexpr std::string_view direction_word(Direction direction) {
  return direction == Direction::kIn ? "in" : "out";
}

// Whether what the options ask can be had of this file.
Result<> check_file(const Options& options, const std::optional<LinkType>& asked, const CaptureFiles::File& file) {
  const LinkType type = file.first.link_type;
  if (asked && *asked != type) {
    return Error("-y " + options.link_type + ": " + file.path + " has the link type " + link_type_text(type),
                 ErrorKind::kUsage);
  }
  const bool has_directions = file.has_directions || type == LinkType::kLinuxSll || type == LinkType::kLinuxSll2;
  if (options.selection.direction != Direction::kUnknown && !has_directions) {
    return Error("-Q " + std::string(direction_word(options.selection.direction)) + ": " + file.path +
                     " does not record the direction of packets",
                 ErrorKind::kUsage)
        .hint("pcapng files and the link types LINUX_SLL and LINUX_SLL2 do");
  }
  if (options.capture.reduction.slice_layer != 0 && !has_known_header(type)) {
    return Error("--slice: " + file.path + " has the link type " + link_type_text(type) +
                     ", in which ringtap does not find the headers",
                 ErrorKind::kUsage)
        .hint("-s cuts at a fixed length");
  }
  return ok();
}

std::string left_out_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " packet was" : " packets were") + " left out: ";
}

// What rules out frames before they are read.
std::unique_ptr<Query> query_of(const Options& options) {
  auto query = std::make_unique<Query>();
  query->condition =
      IndexCondition::all_of({IndexCondition::of(options.filter.expression), IndexCondition::of(options.selection.of)});
  query->tell = say;
  for (const auto* time : {&options.selection.from, &options.selection.to}) {
    query->needs_first_packet |= *time && (*time)->base != FileTime::Base::kEpoch;
  }
  if (query->needs_first_packet) return query;
  if (options.selection.from) query->from_ns = options.selection.from->ns;
  if (options.selection.to) query->to_ns = options.selection.to->ns;
  return query;
}

std::vector<std::unique_ptr<CaptureInput>> segments(const Options& options, Query& query) {
  std::vector<std::unique_ptr<CaptureInput>> inputs;
  inputs.reserve(options.read_paths.size());
  for (const std::string& path : options.read_paths) inputs.push_back(std::make_unique<SegmentInput>(path, query));
  return inputs;
}

}  // namespace

Result<FileInput> open_files(const Options& options, OfRefused of_refused, bool announced) {
  const auto asked = asked_link_type(options);
  if (!asked) return Error(asked.error().text(), asked.error().kind());
  load_codec_libraries();
  FileInput files;
  if (!options.filter.expression.empty()) {
    auto filter = ExpressionFilter::create(options.filter, {}, {.netmask = 0, .live = false});
    if (!filter) return filter.take_error();
    files.filter = std::make_unique<ExpressionFilter>(filter.take());
  }
  const bool queries = options.action == Action::kQuery;
  const auto begin = [&](const CaptureFiles::File& file) -> Result<> {
    if (!announced && !queries) announce_file(file.path, file.first);
    if (auto checked = check_file(options, *asked, file); !checked) return checked;
    return files.filter == nullptr ? ok() : files.filter->require(file.first.link_type, file.has_directions);
  };
  if (queries) files.query = query_of(options);
  auto source = queries ? CaptureFiles::open(segments(options, *files.query), begin,
                                             [](const Error& error) { say(error_text(error)); })
                        : CaptureFiles::open(options.read_paths, begin);
  if (!source) return source.take_error();
  // A wrong expression is found before any output is created.
  if (files.filter != nullptr && (*source)->link_types().empty()) {
    if (auto meant = files.filter->require(LinkType::kEthernet, false); !meant) return meant.take_error();
  }
  if (queries && !announced && files.query->counts.unindexed > 0) {
    const std::uint64_t count = files.query->counts.unindexed;
    say(options.folder + ": " + std::to_string(count) +
        (count == 1 ? " segment has no index, so all of it is read"
                    : " segments have no index, so all of them is read"));
  }
  files.files = source->get();
  if (options.selection.selects()) files.selection = std::make_unique<PacketSelection>(options.selection);
  const Reduction& reduction = options.capture.reduction;
  // In a comparison, snaplen is that of a capture.
  const bool cuts = options.action == Action::kReadFile || queries;
  const Cut cut = cuts ? Cut{options.capture.snaplen, reduction.slice_layer, reduction.slice_more} : Cut{};
  if (files.filter == nullptr && files.selection == nullptr && !cut.cuts()) {
    files.source = source.take();
    return files;
  }
  RecordFilter filter([filter = files.filter.get(), selection = files.selection.get()](const RecordView& record) {
    return (selection == nullptr || selection->matches(record)) && (filter == nullptr || filter->matches(record));
  });
  files.source = std::make_unique<FilteredSource>(source.take(), std::move(filter), of_refused, cut);
  return files;
}

void report_without_direction(const FileInput& files) {
  const std::uint64_t by_filter = files.filter == nullptr ? 0 : files.filter->without_direction();
  if (by_filter != 0) {
    say(left_out_text(by_filter) +
        "the filter asks for a direction (inbound or outbound) that the file does not record for them");
  }
  const std::uint64_t by_option = files.selection == nullptr ? 0 : files.selection->without_direction();
  if (by_option != 0) say(left_out_text(by_option) + "-Q asks for a direction that the file does not record for them");
  const std::uint64_t without_owner = files.selection == nullptr ? 0 : files.selection->without_owner();
  if (without_owner != 0) say(left_out_text(without_owner) + "the file does not say whose they are");
}

}  // namespace ringtap
