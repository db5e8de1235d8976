// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/pcapng_writer.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "file/left_out.hpp"
#include "file/pcapng_blocks.hpp"
#include "record/owner_text.hpp"
#include "record/trace_text.hpp"

namespace ringtap {
namespace {

using pcapng::BlockType;

constexpr std::uint8_t kNanoseconds = 9;  // if_tsresol: a negative power of ten

constexpr pcapng::Timestamp timestamp(std::uint64_t time_ns) {
  return {.upper = static_cast<std::uint32_t>(time_ns >> 32), .lower = static_cast<std::uint32_t>(time_ns)};
}

constexpr std::array<std::byte, 4> big_endian(std::uint32_t value) {
  return {std::byte(value >> 24), std::byte(value >> 16), std::byte(value >> 8), std::byte(value)};
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

PcapngOptions PcapngOptions::of_this_host(std::string application) {
  PcapngOptions options{.hardware = {}, .os = {}, .application = std::move(application)};
  utsname names{};
  if (::uname(&names) == 0) {
    options.hardware = names.machine;
    options.os = std::string(names.sysname) + " " + names.release;
  }
  return options;
}

PcapngBlock& PcapngBlock::data(std::span<const std::byte> packet) {
  data_at_ = size_;
  data_size_ = packet.size();
  pad();
  return *this;
}

PcapngBlock& PcapngBlock::option(std::uint16_t code, std::span<const std::byte> head, std::span<const std::byte> tail) {
  has_options_ = true;
  // The length field has 16 bits; only texts (a filter expression) can be that long, and lose their end.
  constexpr std::size_t kMax = std::numeric_limits<std::uint16_t>::max();
  tail = tail.first(std::min(tail.size(), kMax - head.size()));
  put(pcapng::OptionHeader{.code = code, .length = static_cast<std::uint16_t>(head.size() + tail.size())});
  append(head);
  append(tail);
  pad();
  return *this;
}

PcapngBlock& PcapngBlock::text(std::uint16_t code, std::string_view value) {
  return value.empty() ? *this : option(code, {}, bytes_of(value));
}

PcapngBlock& PcapngBlock::options(std::span<const std::byte> encoded) {
  has_options_ |= !encoded.empty();
  append(encoded);
  return *this;
}

std::span<const std::byte> PcapngBlock::finish() {
  if (has_options_) put(pcapng::OptionHeader{.code = pcapng::kOptEnd, .length = 0});
  const auto length = static_cast<std::uint32_t>(size_ + data_size_ + sizeof(std::uint32_t));
  put(length);
  std::memcpy(memory_.data() + offsetof(pcapng::BlockHeader, length), &length, sizeof(length));
  return std::span(memory_).first(size_);
}

std::span<const std::byte> encode_section_header(PcapngBlock& block, const PcapngOptions& options) {
  return block.start(BlockType::kSectionHeader, pcapng::SectionHeader{})
      .text(pcapng::kShbHardware, options.hardware)
      .text(pcapng::kShbOs, options.os)
      .text(pcapng::kShbUserAppl, options.application)
      .options(options.section_options)
      .finish();
}

std::span<const std::byte> encode_interface(PcapngBlock& block, const Interface& interface) {
  block
      .start(BlockType::kInterfaceDescription,
             pcapng::InterfaceDescription{.link_type = static_cast<std::uint16_t>(interface.link_type),
                                          .snaplen = interface.snaplen})
      .text(pcapng::kIfName, interface.name)
      .text(pcapng::kIfDescription, interface.description);
  if (interface.mac) block.option(pcapng::kIfMacAddr, *interface.mac);
  block.option(pcapng::kIfTsResol, kNanoseconds);
  if (!interface.filter.empty()) {
    block.option(pcapng::kIfFilter, {&pcapng::kFilterIsText, 1}, bytes_of(interface.filter));
  }
  if (interface.fcs_bits) block.option(pcapng::kIfFcsLen, *interface.fcs_bits);
  for (const FileOption& option : interface.options)
    block.option(option.code, std::span<const std::byte>(option.value));
  return block.finish();
}

std::uint32_t encode_epb_flags(const RecordView& record) {
  std::uint32_t flags = static_cast<std::uint32_t>(record.direction);
  for (std::uint32_t reception = 0; reception < pcapng::kReceptionTypes.size(); ++reception) {
    if (pcapng::kReceptionTypes[reception] == record.packet_type) flags |= reception << pcapng::kFlagsReceptionShift;
  }
  if (record.checksum == ChecksumState::kNotReady) flags |= pcapng::kFlagsChecksumNotReady;
  if (record.checksum == ChecksumState::kValid) flags |= pcapng::kFlagsChecksumValid;
  if (record.gso_size != 0) flags |= pcapng::kFlagsSegmentationOffload;
  if (record.extras != nullptr) flags |= record.extras->flags;
  return flags;
}

namespace {

void put_process(PcapngBlock& block, const RecordView& record, const Owner& owner, NamedProcesses& named) {
  if (!named.is_new(owner.process)) return;
  std::string text;
  append_process_comment(text, *owner.process);
  if (record.comment.find(text) == std::string_view::npos) block.text(pcapng::kOptComment, text);
  text.clear();
  append_process_words(text, *owner.process);
  block.text(pcapng::kEpbProcess, text);
}

void put_owners(PcapngBlock& block, const RecordView& record, NamedProcesses& named) {
  const Owners& owners = *record.owners;
  put_process(block, record, owners.sender, named);
  put_process(block, record, owners.receiver, named);
  const Owner& first = names_process(owners.sender.kind) ? owners.sender : owners.receiver;
  if (names_process(first.kind)) {
    const std::array<std::uint32_t, 2> process_and_thread = {pid_of(first.key), first.thread};
    block.option(pcapng::kEpbProcessThread, process_and_thread);
  }
  std::string text;
  append_owner_words(text, owners);
  block.text(pcapng::kEpbOwners, text);
}

}  // namespace

RecordBlock encode_record(PcapngBlock& block, const RecordView& record, NamedProcesses& named) {
  block
      .start(BlockType::kEnhancedPacket,
             pcapng::EnhancedPacket{.interface_id = record.interface_id,
                                    .time = timestamp(record.time_ns),
                                    .cap_len = static_cast<std::uint32_t>(record.data.size()),
                                    .wire_len = record.wire_len})
      .data(record.data);
  if (const std::uint32_t flags = encode_epb_flags(record); flags != 0) block.option(pcapng::kEpbFlags, flags);
  // The draft gives the hash as octets, not as a number of the section's byte order.
  if (record.hash) block.option(pcapng::kEpbHash, {&pcapng::kHashToeplitz, 1}, big_endian(*record.hash));
  if (record.lost_before != 0) block.option(pcapng::kEpbDropCount, record.lost_before);
  if (record.packet_id) block.option(pcapng::kEpbPacketId, *record.packet_id);
  if (record.rx_queue) block.option(pcapng::kEpbQueue, *record.rx_queue);
  if (record.verdict) {
    const auto type = static_cast<std::byte>(record.verdict->type);
    block.option(pcapng::kEpbVerdict, {&type, 1}, file_bytes(record.verdict->value));
  }
  for (std::string_view rest = record.comment; !rest.empty();) {
    const std::string_view comment = rest.substr(0, rest.find('\0'));
    block.text(pcapng::kOptComment, comment);
    rest.remove_prefix(std::min(comment.size() + 1, rest.size()));
  }
  // Without a trace the tap follows from the verdict's type and the direction, if there is one.
  if (!record.trace) {
    if (record.tap != Tap::kUnknown && !record.verdict) block.text(pcapng::kEpbTrace, trace_words_of(record.tap));
  } else {
    std::string text;
    append_trace_comment(text, record);
    if (!record.comment.starts_with(text)) block.text(pcapng::kOptComment, text);
    text.clear();
    append_trace_words(text, record);
    block.text(pcapng::kEpbTrace, text);
  }
  if (record.owners != nullptr) put_owners(block, record, named);
  if (record.extras != nullptr) block.options(record.extras->options);
  block.finish();
  return {.head = block.before_data(), .tail = block.behind_data()};
}

std::span<const std::byte> encode_statistics(PcapngBlock& block, const InterfaceStatistics& statistics) {
  block.start(BlockType::kInterfaceStatistics, pcapng::InterfaceStatisticsHead{.interface_id = statistics.interface_id,
                                                                               .time = timestamp(statistics.end_ns)});
  const auto put = [&](std::uint16_t code, const auto& value) {
    if ((statistics.told & 1U << code) != 0) block.option(code, value);
  };
  put(pcapng::kIsbStartTime, timestamp(statistics.start_ns));
  put(pcapng::kIsbEndTime, timestamp(statistics.end_ns));
  put(pcapng::kIsbIfRecv, statistics.received);
  put(pcapng::kIsbFilterAccept, statistics.filter_accepted);
  put(pcapng::kIsbOsDrop, statistics.dropped);
  put(pcapng::kIsbUsrDeliv, statistics.delivered);
  return block.finish();
}

Result<> PcapngWriter::write_other(std::span<const std::byte> block) {
  // Statistics may be requested every second for days, so the list must not grow with them.
  const auto on_their_way = std::upper_bound(others_.begin(), others_.end(), out_->blocks_stored());
  others_stored_ += static_cast<std::uint64_t>(on_their_way - others_.begin());
  others_.erase(others_.begin(), on_their_way);

  others_.push_back(++blocks_written_);
  return out_->write(block);
}

std::uint64_t PcapngWriter::records_stored() const {
  const std::uint64_t stored = out_->blocks_stored();
  if (stored < others_stored_) return stored_before_;  // what was stored is not certain any more
  const auto others = std::upper_bound(others_.begin(), others_.end(), stored) - others_.begin();
  return stored_before_ + stored - others_stored_ - static_cast<std::uint64_t>(others);
}

Result<> PcapngWriter::restart(std::unique_ptr<ByteWriter> next) {
  if (auto finished = finish(); !finished) return finished;
  stored_before_ = records_stored();
  out_ = std::move(next);
  has_begun_ = false;
  blocks_written_ = others_stored_ = 0;
  others_.clear();
  named_.clear();
  Result<> begun = begin();
  for (const Interface& interface : interfaces_) {
    if (begun) begun = write_other(encode_interface(block_, interface));
  }
  return begun;
}

Result<> PcapngWriter::begin() {
  if (std::exchange(has_begun_, true)) return ok();
  return write_other(encode_section_header(block_, options_));
}

// Comments add up; of hardware and operating system there is one.
void PcapngWriter::keep_section_options(std::span<const std::byte> options) {
  static_cast<void>(each_option(options, {}, [this](std::uint16_t code, std::span<const std::byte> value) {
    std::string* const field = code == pcapng::kShbHardware ? &options_.hardware
                               : code == pcapng::kShbOs     ? &options_.os
                                                            : nullptr;
    if (field == nullptr) return append_option(options_.section_options, code, value);
    if (field->empty()) field->assign(reinterpret_cast<const char*>(value.data()), value.size());
  }));
}

Result<> PcapngWriter::on_block(const FileBlockView& block) {
  if (block.kind == FileBlockKind::kSection && !has_begun_) {
    keep_section_options(block.body);
    return ok();
  }
  if (block.kind == FileBlockKind::kSection || block.kind == FileBlockKind::kUncopied) {
    if (options_.conversion != nullptr) leave_out(block, *options_.conversion);
    return ok();
  }
  if (auto begun = begin(); !begun) return begun;
  return write_other(block_.start_body(static_cast<BlockType>(block.type), block.body).finish());
}

Result<> PcapngWriter::on_interface(const Interface& interface) {
  if (auto begun = begin(); !begun) return begun;
  if (options_.conversion == nullptr) interfaces_.push_back(interface);
  return write_other(encode_interface(block_, interface));
}

Result<> PcapngWriter::on_record(const RecordView& record) {
  ++blocks_written_;
  const auto [head, tail] = encode_record(block_, record, named_);
  return out_->write({head, record.data, tail});
}

namespace {

class PcapngEncoder final : public RecordEncoder {
 public:
  void append(const RecordView& record, std::vector<std::byte>& bytes) override {
    const auto [head, tail] = encode_record(block_, record, named_);
    for (const auto& part : {head, record.data, tail}) bytes.insert(bytes.end(), part.begin(), part.end());
  }

 private:
  PcapngBlock block_;
  NamedProcesses named_;
};

}  // namespace

std::unique_ptr<RecordEncoder> PcapngWriter::encoder() const {
  return std::make_unique<PcapngEncoder>();
}

Result<> PcapngWriter::on_encoded(const EncodedRecord& record) {
  ++blocks_written_;
  return out_->write(record.bytes);
}

Result<> PcapngWriter::on_statistics(const InterfaceStatistics& statistics) {
  return write_other(encode_statistics(block_, statistics));
}

Result<> PcapngWriter::finish() {
  Result<> header = begin();
  Result<> closed = out_->close();
  return header ? std::move(closed) : std::move(header);
}

}  // namespace ringtap
