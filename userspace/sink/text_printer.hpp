// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A sink that prints each record as tcpdump does. Owns the Dissector and the text on its way (sink/line_output.hpp).
// Borrows the descriptor and the resolver. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/terminal.hpp"
#include "dissect/dissector.hpp"
#include "ringtap/sink.hpp"
#include "ringtap/text_style.hpp"
#include "sink/line_output.hpp"
#include "sink/numbered_devices.hpp"

namespace ringtap {

class TextPrinter final : public Sink {
 public:
  TextPrinter(int fd, const TextOptions& options, NameResolver* resolver = nullptr);
  ~TextPrinter() override;

  // Of a live capture on several devices tcpdump does not print the outermost VLAN tag, which the kernel keeps beside
  // the packet; in ringtap's records it is in its place.
  void hide_cooked_tags() { hides_cooked_tags_ = true; }

  Result<> on_interface(const Interface& interface) override;
  Result<> on_record(const RecordView& record) override;
  Result<> on_statistics(const InterfaceStatistics& statistics) override;
  Result<> flush() override;
  // Leaves the descriptor open, which belongs to the caller.
  Result<> finish() override;
  [[nodiscard]] std::uint64_t records_stored() const override { return lines_.records_stored() + unprinted_; }

 private:
  struct Mark {  // the colour from here on
    std::size_t at;
    Color color;
  };
  // Apart, so that lines without colours take no more work than before there were any.
  template <bool kColored>
  Result<> print(const RecordView& record);
  template <bool kColored>
  void mark(Color color) {
    if constexpr (kColored) marks_.push_back({out_.size(), color});
  }
  Result<> end_colored_line();
  // The record itself, or one that lives until the next call.
  const RecordView& without_cooked_tag(const RecordView& record);
  [[nodiscard]] bool shows_interface(const RecordView& record) const;
  void put_trace(const RecordView& record);
  void put_owners(const Owners& owners);
  void put_owner(const Owner& owner);
  Result<> end_line();
  void put_time(std::uint64_t time_ns);
  void put_difference(std::uint64_t time_ns, std::uint64_t since_ns);
  void put_fraction(std::uint64_t nanoseconds);
  void put_dump(const RecordView& record, std::size_t header_size);

  TextOptions options_;
  bool has_color_;
  std::vector<Mark> marks_;  // of the present line
  std::vector<ShownInterface> interfaces_;
  bool several_names_ = false;
  bool hides_cooked_tags_ = false;
  RecordView untagged_;  // a record without its tag
  std::vector<std::byte> untagged_bytes_;
  std::unique_ptr<NumberedDevices> device_names_;
  Dissector dissector_;  // borrows device_names_
  LineOutput lines_;
  Appender& out_;                // lines_' text
  std::uint64_t unprinted_ = 0;  // by TextOptions::print_every: as good as printed
  std::uint64_t count_ = 0;
  std::optional<std::uint64_t> reference_ns_;  // the previous or the first record's time
  std::int64_t minute_ = -1;                   // since the epoch, of the broken-down time below
  std::string minute_text_;                    // "2023-11-14 23:13:" or "23:13:"
};

}  // namespace ringtap
