// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A RecordSource over a capture file: pcap, pcapng or snoop, plain or compressed, distinguished by the
// first bytes. Records are handed over as soon as they are complete, so a pipe is followed live. A damaged file gives
// an Error after its good part. Owns the input. One thread; a turn reads the input until there are records, and then
// hands over what was read; what the last record borrows stays as it is until the next turn.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "file/format_parser.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

// Of a turn: keeps the sum of now and the wait within the range of the clock.
inline constexpr std::chrono::nanoseconds kLongestWait = std::chrono::hours(1);

class CaptureReader final : public RecordSource {
 public:
  // `name` is for messages; `buffer` is the size to begin with.
  CaptureReader(std::unique_ptr<ByteSource> source, std::string name, std::size_t buffer = InputBuffer::kUsualSize)
      : in_(std::move(source), buffer), name_(std::move(name)) {}

  Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) override;
  Result<> stop() override;
  // The totals from interface statistics blocks so far.
  Result<std::vector<InterfaceStatistics>> statistics() override;

  // The interfaces at the beginning: reads ahead until there is one, however long that takes, and on to the first
  // packet as far as the data is at hand. Empty for a file without any. To be called before the first turn.
  Result<std::vector<Interface>> first_interfaces();
  [[nodiscard]] ReadPosition position() const { return in_.position(); }
  // As in FormatParser.
  [[nodiscard]] std::uint64_t options_left_out() const { return parser_ == nullptr ? 0 : parser_->options_left_out(); }

  // As in FormatParser; valid once the first interface is known.
  [[nodiscard]] bool has_directions() const { return parser_ != nullptr && parser_->has_directions(); }

  // Determines the format; waits for the first bytes, however long that takes. turn() does this too, within its wait.
  Result<> detect_format();

 private:
  Result<ParseStep> next();
  Result<> hand_over_ahead(Sink& sink);
  Result<bool> detect();  // false: not enough bytes yet

  InputBuffer in_;
  std::string name_;
  std::unique_ptr<FormatParser> parser_;  // null until the format is known
  // Made by first_interfaces() and not yet handed over: interfaces and blocks, then the step after them.
  struct OwnedBlock {
    FileBlockView view;
    std::vector<std::byte> body;
  };
  std::vector<std::variant<Interface, OwnedBlock>> ahead_;
  std::optional<Result<ParseStep>> read_ahead_;
  bool is_over_ = false;
};

// "-" is standard input. When this returns, the format of a regular file is known; that of a pipe may not be.
Result<std::unique_ptr<CaptureReader>> open_capture(const std::string& path,
                                                    std::size_t buffer = InputBuffer::kUsualSize);

}  // namespace ringtap
