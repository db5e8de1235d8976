// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A sink that prints each record as one JSON object on a line, with the fields of ringtap/json_style.hpp. The text is
// valid UTF-8 whatever names, rules and comments hold. A field that a packet does not have is left out; one that only a
// later fragment's first part has, too. Allocates nothing per record. Borrows the descriptor. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/packet_key.hpp"
#include "ringtap/json_style.hpp"
#include "ringtap/sink.hpp"
#include "ringtap/text_style.hpp"
#include "sink/line_output.hpp"
#include "sink/numbered_devices.hpp"

namespace ringtap {

class JsonPrinter final : public Sink {
 public:
  // Of `options`: json, nanoseconds, print_every, number, line_buffered.
  JsonPrinter(int fd, const TextOptions& options);

  Result<> on_interface(const Interface& interface) override;
  Result<> on_record(const RecordView& record) override;
  Result<> on_statistics(const InterfaceStatistics& statistics) override;
  Result<> flush() override { return lines_.flush(); }
  // Leaves the descriptor open, which belongs to the caller.
  Result<> finish() override { return lines_.flush(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return lines_.records_stored() + unprinted_; }

 private:
  [[nodiscard]] bool wants(JsonField field) const { return fields_.contains(field); }
  // Before each member: '{' or ','.
  char separator();
  void put_string(std::string_view text);  // with its quotes
  void put_time(std::uint64_t time_ns);
  void put_interface(const RecordView& record);
  void put_vlan(const RecordView& record);
  void put_network(const RecordView& record, const PacketKey& key);
  void put_address(const std::array<std::byte, 16>& address, std::uint8_t version);
  void put_transport(const RecordView& record, const PacketKey& key);
  void put_ether(const RecordView& record);
  void put_packet(const RecordView& record);
  void put_own(const RecordView& record);
  void put_trace(const RecordView& record);
  void put_owner(std::string_view name, const Owner& owner);

  JsonFields fields_;
  bool nanoseconds_;
  std::uint64_t print_every_;
  LineOutput lines_;
  Appender& out_;  // lines_' text
  char separator_ = '{';
  std::vector<ShownInterface> interfaces_;
  NumberedDevices device_names_;  // borrows interfaces_
  std::string scratch_;           // of strings on their way
  std::int64_t second_ = -1;      // since the epoch, of the text below
  std::string second_text_;       // "2023-11-14T23:13:20"
  std::uint64_t count_ = 0;
  std::uint64_t unprinted_ = 0;  // by TextOptions::print_every: as good as printed
};

}  // namespace ringtap
