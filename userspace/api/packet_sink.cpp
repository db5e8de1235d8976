// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "api/packet_sink.hpp"

#include <chrono>
#include <limits>

namespace ringtap {
namespace {

constexpr std::chrono::milliseconds kLongestWait{100};

DissectOptions text_options() {
  DissectOptions options;
  options.no_names = 1;
  return options;
}

}  // namespace

PacketSink::PacketSink(const OnPacket& on_packet, std::uint64_t max_count)
    : on_packet_(on_packet), max_count_(max_count), dissector_(text_options()) {}

Result<> PacketSink::on_record(const RecordView& record) {
  if (done_) return ok();
  text_.clear();
  if (!Dissector::print_if_invalid(record, text_)) dissector_.print(record, text_);
  ++count_;
  const bool more = on_packet_({.time_ns = record.time_ns,
                                .wire_len = record.wire_len,
                                .interface_id = record.interface_id,
                                .data = record.data,
                                .text = text_.text()});
  done_ = !more || count_ == max_count_;
  return ok();
}

Result<> PacketSink::take_all_from(RecordSource& source) {
  while (!done_) {
    const std::uint64_t most = max_count_ == 0 ? std::numeric_limits<std::uint64_t>::max() : max_count_ - count_;
    auto state = source.turn(*this, most, kLongestWait);
    if (!state) return state.take_error();
    if (*state == SourceState::kEnd) return ok();
  }
  return source.stop();
}

}  // namespace ringtap
