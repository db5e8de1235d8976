// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/pcap_writer.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "base/now.hpp"
#include "file/format_parser.hpp"
#include "file/left_out.hpp"

namespace ringtap {
namespace {

// pcap has no word for "no limit"; libpcap's own maximum holds for every source.
std::uint32_t snaplen_of(const Interface& interface) {
  constexpr std::uint32_t kMostSigned = std::numeric_limits<std::int32_t>::max();
  const bool is_unlimited = interface.snaplen == 0 || interface.snaplen > kMostSigned;
  return is_unlimited ? max_captured_length(interface.link_type) : interface.snaplen;
}

std::array<std::byte, sizeof(pcap::PacketHeader)> packet_header(TimePrecision precision, const RecordView& record) {
  return encode_pcap_packet_header(precision, record.time_ns, static_cast<std::uint32_t>(record.data.size()),
                                   record.wire_len);
}

class PcapEncoder final : public RecordEncoder {
 public:
  explicit PcapEncoder(TimePrecision precision) : precision_(precision) {}
  void append(const RecordView& record, std::vector<std::byte>& bytes) override {
    const auto header = packet_header(precision_, record);
    bytes.insert(bytes.end(), header.begin(), header.end());
    bytes.insert(bytes.end(), record.data.begin(), record.data.end());
  }

 private:
  TimePrecision precision_;
};

std::uint32_t fcs_field(std::optional<std::uint8_t> bits) {
  if (!bits) return 0;
  // Some writers of pcapng give octets.
  const std::uint32_t units = *bits < pcap::kFcsUnitBits ? *bits / 2U : *bits / pcap::kFcsUnitBits;
  return pcap::kFcsPresent | units << pcap::kFcsShift;
}

}  // namespace

std::array<std::byte, sizeof(pcap::FileHeader)> encode_pcap_file_header(TimePrecision precision,
                                                                        const Interface& interface) {
  return file_bytes(pcap::FileHeader{
      .magic = precision == TimePrecision::kMicroseconds ? pcap::kMagicMicroseconds : pcap::kMagicNanoseconds,
      .snaplen = snaplen_of(interface),
      .link_type = static_cast<std::uint32_t>(interface.link_type) | fcs_field(interface.fcs_bits)});
}

std::array<std::byte, sizeof(pcap::PacketHeader)> encode_pcap_packet_header(TimePrecision precision,
                                                                            std::uint64_t time_ns,
                                                                            std::uint32_t cap_len,
                                                                            std::uint32_t wire_len) {
  const std::uint64_t fraction_ns = time_ns % kNsPerSecond;
  return file_bytes(pcap::PacketHeader{
      .seconds = static_cast<std::uint32_t>(time_ns / kNsPerSecond),
      .fraction =
          static_cast<std::uint32_t>(precision == TimePrecision::kMicroseconds ? fraction_ns / 1000 : fraction_ns),
      .cap_len = cap_len,
      .wire_len = wire_len});
}

Result<> PcapWriter::write_file_header(const Interface& interface) {
  Interface described = interface;
  for (const Interface& other : interfaces_) described.snaplen = std::max(snaplen_of(described), snaplen_of(other));
  interfaces_.clear();
  link_type_ = described.link_type;
  snaplen_ = snaplen_of(described);
  described_ = described;
  return out_->write(encode_pcap_file_header(options_.precision, described));
}

Error PcapWriter::refusal(std::string what) const {
  if (options_.conversion != nullptr) options_.conversion->needs_pcapng = true;
  return Error(std::move(what), ErrorKind::kOutput)
      .hint("write pcapng: --format pcapng, or a name that ends in .pcapng");
}

Result<> PcapWriter::on_interface(const Interface& interface) {
  if (!link_type_) {
    interfaces_.push_back(
        {.link_type = interface.link_type, .snaplen = interface.snaplen, .fcs_bits = interface.fcs_bits});
  }
  if (options_.conversion != nullptr) {
    for (const FileOption& option : interface.options) {
      options_.conversion->leave_out(option.code == pcapng::kOptComment ? FilePart::kComments : FilePart::kOptions);
    }
  }
  return ok();
}

Result<> PcapWriter::on_block(const FileBlockView& block) {
  if (options_.conversion != nullptr) leave_out(block, *options_.conversion);
  return ok();
}

void PcapWriter::note_left_out(const RecordView& record) {
  Conversion& conversion = *options_.conversion;
  if (!record.comment.empty()) {
    const auto more = std::count(record.comment.begin(), record.comment.end(), '\0');
    conversion.leave_out(FilePart::kComments, 1 + static_cast<std::uint64_t>(more));
  }
  if (record.direction != Direction::kUnknown) conversion.leave_out(FilePart::kDirections);
  if (record.lost_before != 0) conversion.leave_out(FilePart::kLosses);
  if (record.extras != nullptr && !record.extras->options.empty()) conversion.leave_out(FilePart::kOptions);
}

Result<> PcapWriter::begin_record(LinkType link_type, std::size_t cap_len) {
  if (!link_type_) {
    const auto of_type = std::find_if(interfaces_.begin(), interfaces_.end(),
                                      [&](const Interface& known) { return known.link_type == link_type; });
    const Interface described = of_type == interfaces_.end() ? Interface{.link_type = link_type} : *of_type;
    if (auto written = write_file_header(described); !written) return written;
  }
  if (link_type != *link_type_) {
    return refusal("a pcap file has one link type: " + std::to_string(static_cast<unsigned>(*link_type_)) +
                   " so far, but the next packet has " + std::to_string(static_cast<unsigned>(link_type)));
  }
  if (cap_len > snaplen_) {
    return refusal("a pcap file has one snapshot length: " + std::to_string(snaplen_) +
                   " was the largest so far, but the next packet has " + std::to_string(cap_len) + " bytes");
  }
  return ok();
}

Result<> PcapWriter::on_record(const RecordView& record) {
  if (auto begun = begin_record(record.link_type, record.data.size()); !begun) return begun;
  if (options_.conversion != nullptr) note_left_out(record);
  return out_->write({packet_header(options_.precision, record), record.data});
}

std::unique_ptr<RecordEncoder> PcapWriter::encoder() const {
  return std::make_unique<PcapEncoder>(options_.precision);
}

Result<> PcapWriter::on_encoded(const EncodedRecord& record) {
  auto begun = begin_record(record.link_type, record.cap_len);
  return begun ? out_->write(record.bytes) : std::move(begun);
}

Result<> PcapWriter::flush() {
  const bool agree = std::all_of(interfaces_.begin(), interfaces_.end(), [this](const Interface& interface) {
    return interface.link_type == interfaces_.front().link_type;
  });
  if (!link_type_ && !interfaces_.empty() && agree) {
    const Interface first = interfaces_.front();
    if (auto written = write_file_header(first); !written) return written;
  }
  return out_->flush();
}

Result<> PcapWriter::finish() {
  Result<> header =
      link_type_ ? ok() : write_file_header(interfaces_.empty() ? Interface{} : Interface(interfaces_.front()));
  Result<> closed = out_->close();
  return header ? std::move(closed) : std::move(header);
}

std::uint64_t PcapWriter::records_stored() const {
  const std::uint64_t blocks = out_->blocks_stored();
  return stored_before_ + (blocks == 0 ? 0 : blocks - 1);  // the file header is a block too
}

Result<> PcapWriter::restart(std::unique_ptr<ByteWriter> next) {
  if (auto finished = finish(); !finished) return finished;
  stored_before_ = records_stored();
  out_ = std::move(next);
  return write_file_header(Interface(described_));
}

}  // namespace ringtap
