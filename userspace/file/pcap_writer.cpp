// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/pcap_writer.hpp"

#include <string>

namespace ringtap {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

}  // namespace

std::array<std::byte, sizeof(pcap::FileHeader)> encode_pcap_file_header(TimePrecision precision, LinkType link_type,
                                                                        std::uint32_t snaplen) {
  return file_bytes(pcap::FileHeader{
      .magic = precision == TimePrecision::kMicroseconds ? pcap::kMagicMicroseconds : pcap::kMagicNanoseconds,
      .snaplen = snaplen,
      .link_type = static_cast<std::uint32_t>(link_type)});
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

Result<> PcapWriter::write_file_header(LinkType link_type) {
  link_type_ = link_type;
  return out_->write(encode_pcap_file_header(options_.precision, link_type, options_.snaplen));
}

Result<> PcapWriter::on_interface(const Interface& interface) {
  if (!link_type_) return write_file_header(interface.link_type);
  if (*link_type_ == interface.link_type) return ok();
  return Error("a pcap file has one link type: " + std::to_string(static_cast<unsigned>(*link_type_)) +
                   " so far, but " + (interface.name.empty() ? "another interface" : interface.name) + " has " +
                   std::to_string(static_cast<unsigned>(interface.link_type)),
               ErrorKind::kOutput)
      .hint("write pcapng: --format pcapng, or a name that ends in .pcapng");
}

Result<> PcapWriter::on_record(const RecordView& record) {
  const auto header = encode_pcap_packet_header(options_.precision, record.time_ns,
                                                static_cast<std::uint32_t>(record.data.size()), record.wire_len);
  return out_->write({header, record.data});
}

Result<> PcapWriter::finish() {
  Result<> header = link_type_ ? ok() : write_file_header(LinkType::kEthernet);
  Result<> closed = out_->close();
  return header ? std::move(closed) : std::move(header);
}

std::uint64_t PcapWriter::records_stored() const {
  const std::uint64_t blocks = out_->blocks_stored();
  return blocks == 0 ? 0 : blocks - 1;  // the file header is a block too
}

}  // namespace ringtap
