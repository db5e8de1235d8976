// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/capture_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "file/fd_source.hpp"
#include "file/open_file.hpp"
#include "file/pcap_parser.hpp"
#include "file/pcapng_parser.hpp"
#include "file/snoop_parser.hpp"

namespace ringtap {
namespace {

Result<UniqueFd> standard_input() {
  UniqueFd fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!fd) return Error::from_errno(errno, "open standard input");
  return fd;
}

}  // namespace

Result<bool> CaptureReader::detect() {
  while (parser_ == nullptr) {
    std::uint32_t magic = 0;
    auto state = in_.require(sizeof(magic));
    if (!state) return state.take_error();
    if (*state == ReadState::kNothingYet) return false;
    if (*state == ReadState::kEnd) {
      return Error("truncated dump file; tried to read 4 file header bytes, only got " +
                   std::to_string(in_.bytes().size()));
    }
    magic = load<std::uint32_t>(in_.bytes());
    if (PcapParser::recognizes(magic)) {
      parser_ = std::make_unique<PcapParser>();
    } else if (PcapngParser::recognizes(magic)) {
      parser_ = std::make_unique<PcapngParser>();
    } else if (SnoopParser::recognizes(magic)) {
      parser_ = std::make_unique<SnoopParser>();
    } else if (!in_.unpack()) {
      return Error("unknown file format")
          .hint("ringtap reads pcap, pcapng and snoop files, plain or compressed with gzip, zstd, xz, bzip2 or LZ4");
    }
  }
  return true;
}

Result<> CaptureReader::detect_format() {
  while (parser_ == nullptr) {
    in_.set_deadline(std::chrono::steady_clock::now() + kLongestWait);
    if (auto known = detect(); !known) return known.take_error().context(name_);
  }
  return ok();
}

Result<std::vector<Interface>> CaptureReader::first_interfaces() {
  std::vector<Interface> interfaces;
  for (;;) {
    in_.set_deadline(interfaces.empty() ? std::optional(std::chrono::steady_clock::now() + kLongestWait)
                                        : std::nullopt);
    auto step = next();
    if (!step && interfaces.empty()) return step.take_error().context(name_);
    if (step && *step == ParseStep::kInterface) {
      ahead_.emplace_back(interfaces.emplace_back(parser_->interface()));
    } else if (step && *step == ParseStep::kBlock) {
      const FileBlockView& block = parser_->block();
      ahead_.emplace_back(OwnedBlock{block, {block.body.begin(), block.body.end()}});
    } else if (!step || *step != ParseStep::kNothingYet) {
      read_ahead_ = std::move(step);
      return interfaces;
    } else if (!interfaces.empty()) {
      return interfaces;
    }
  }
}

Result<> CaptureReader::hand_over_ahead(Sink& sink) {
  for (const auto& part : std::exchange(ahead_, {})) {
    if (const auto* interface = std::get_if<Interface>(&part)) {
      if (auto taken = sink.on_interface(*interface); !taken) return taken;
      continue;
    }
    const auto& block = std::get<OwnedBlock>(part);
    const FileBlockView view{block.view.kind, block.view.type, block.body};
    if (auto taken = sink.on_block(view); !taken) return taken;
  }
  return ok();
}

Result<ParseStep> CaptureReader::next() {
  if (read_ahead_) {
    auto step = std::move(*read_ahead_);
    read_ahead_.reset();
    return step;
  }
  if (parser_ == nullptr) {
    auto known = detect();
    if (!known) return known.take_error();
    if (!*known) return ParseStep::kNothingYet;
  }
  return parser_->next(in_);
}

Result<SourceState> CaptureReader::turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) {
  in_.set_deadline(std::chrono::steady_clock::now() + std::min(wait, kLongestWait));
  if (!ahead_.empty() && !is_over_) {
    if (auto handed_over = hand_over_ahead(sink); !handed_over) return handed_over.take_error();
  }
  for (std::uint64_t handed_over = 0; !is_over_ && handed_over < max_records;) {
    auto step = next();
    if (!step) {
      is_over_ = true;
      return step.take_error().context(name_);
    }
    switch (*step) {
      case ParseStep::kRecord:
        ++handed_over;
        if (auto taken = sink.on_record(parser_->record()); !taken) return taken.take_error();
        // From here on only data that has arrived: the first record must not wait for the second.
        in_.set_deadline(std::nullopt);
        break;
      case ParseStep::kInterface:
        if (auto taken = sink.on_interface(parser_->interface()); !taken) return taken.take_error();
        break;
      case ParseStep::kBlock:
        if (auto taken = sink.on_block(parser_->block()); !taken) return taken.take_error();
        break;
      case ParseStep::kNothingYet:
        return SourceState::kMore;
      case ParseStep::kEnd:
        is_over_ = true;
        break;
    }
  }
  return is_over_ ? SourceState::kEnd : SourceState::kMore;
}

Result<> CaptureReader::stop() {
  is_over_ = true;
  return ok();
}

Result<std::vector<InterfaceStatistics>> CaptureReader::statistics() {
  return parser_ == nullptr ? std::vector<InterfaceStatistics>{} : parser_->statistics();
}

Result<std::unique_ptr<CaptureReader>> open_capture(const std::string& path, std::size_t buffer) {
  const bool is_stdin = path == "-";
  const std::string name = is_stdin ? "standard input" : path;
  auto fd = is_stdin ? standard_input() : open_file(path, FileUse::kRead);
  if (!fd) return fd.take_error();
  auto source = std::make_unique<FdSource>(fd.take());
  const bool answers_at_once = source->is_regular();
  auto reader = std::make_unique<CaptureReader>(std::move(source), name, buffer);
  if (answers_at_once) {
    if (auto detected = reader->detect_format(); !detected) return detected.take_error();
  }
  return reader;
}

}  // namespace ringtap
