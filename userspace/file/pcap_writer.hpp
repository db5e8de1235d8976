// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A Sink that writes a pcap file (draft-ietf-opsawg-pcap). The file header follows the first interface; one file holds
// one link type. Owns its ByteWriter. One thread. Times beyond 2106 wrap: the format has 32 bits for the seconds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "record/capture_format.hpp"
#include "ringtap/byte_writer.hpp"
#include "ringtap/output.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

struct PcapOptions {
  TimePrecision precision = TimePrecision::kMicroseconds;
  // For the file header; no record may be longer, since libpcap would cut it. The default is libpcap's own maximum,
  // which holds for every source: pcap cannot express "no limit".
  std::uint32_t snaplen = 262144;
};

std::array<std::byte, sizeof(pcap::FileHeader)> encode_pcap_file_header(TimePrecision precision, LinkType link_type,
                                                                        std::uint32_t snaplen);
std::array<std::byte, sizeof(pcap::PacketHeader)> encode_pcap_packet_header(TimePrecision precision,
                                                                            std::uint64_t time_ns,
                                                                            std::uint32_t cap_len,
                                                                            std::uint32_t wire_len);

class PcapWriter final : public Sink {
 public:
  PcapWriter(std::unique_ptr<ByteWriter> out, PcapOptions options) : out_(std::move(out)), options_(options) {}

  Result<> on_interface(const Interface& interface) override;
  Result<> on_record(const RecordView& record) override;
  Result<> on_statistics(const InterfaceStatistics&) override { return ok(); }  // pcap has no place for them
  Result<> flush() override { return out_->flush(); }
  // A capture without any interface gives an empty Ethernet file.
  Result<> finish() override;
  [[nodiscard]] std::uint64_t records_stored() const override;

 private:
  Result<> write_file_header(LinkType link_type);

  std::unique_ptr<ByteWriter> out_;
  PcapOptions options_;
  std::optional<LinkType> link_type_;  // set with the file header
};

}  // namespace ringtap
