// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/capture_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "file/fd_source.hpp"
#include "file/pcap_parser.hpp"
#include "file/pcapng_parser.hpp"

namespace ringtap {
namespace {

// Keeps the sum of now and the wait within the range of the clock.
constexpr std::chrono::nanoseconds kLongestWait = std::chrono::hours(1);

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
    } else if (!in_.unpack()) {
      return Error("unknown file format")
          .hint("ringtap reads pcap and pcapng files, plain or compressed with gzip or zstd");
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

Result<const Interface*> CaptureReader::first_interface() {
  for (;;) {
    in_.set_deadline(std::chrono::steady_clock::now() + kLongestWait);
    auto step = next();
    if (!step) return step.take_error().context(name_);
    if (*step == ParseStep::kNothingYet) continue;
    read_ahead_ = *step;
    return *step == ParseStep::kInterface ? &parser_->interface() : nullptr;
  }
}

Result<ParseStep> CaptureReader::next() {
  if (read_ahead_) return *std::exchange(read_ahead_, std::nullopt);
  if (parser_ == nullptr) {
    auto known = detect();
    if (!known) return known.take_error();
    if (!*known) return ParseStep::kNothingYet;
  }
  return parser_->next(in_);
}

Result<SourceState> CaptureReader::turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) {
  in_.set_deadline(std::chrono::steady_clock::now() + std::min(wait, kLongestWait));
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
  UniqueFd fd(is_stdin ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const std::string name = is_stdin ? "standard input" : path;
  if (!fd) return Error::from_errno(errno, "open " + name);
  auto source = std::make_unique<FdSource>(std::move(fd));
  const bool answers_at_once = source->is_regular();
  auto reader = std::make_unique<CaptureReader>(std::move(source), name, buffer);
  if (answers_at_once) {
    if (auto detected = reader->detect_format(); !detected) return detected.take_error();
  }
  return reader;
}

}  // namespace ringtap
