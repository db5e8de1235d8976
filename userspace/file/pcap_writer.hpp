// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A Sink that writes a pcap file (draft-ietf-opsawg-pcap). The file header is written with the first record, or when
// the file is flushed before that and all interfaces agree: one file holds one link type and has one snaplen, the
// largest of the interfaces known then. Owns its ByteWriter, borrows the Conversion. One thread. Times beyond 2106
// wrap: the format has 32 bits for the seconds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "file/file_sink.hpp"
#include "record/capture_format.hpp"
#include "ringtap/byte_writer.hpp"
#include "ringtap/output.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

struct PcapOptions {
  TimePrecision precision = TimePrecision::kMicroseconds;
  Conversion* conversion = nullptr;  // of a run that reads files
};

std::array<std::byte, sizeof(pcap::FileHeader)> encode_pcap_file_header(TimePrecision precision,
                                                                        const Interface& interface);
std::array<std::byte, sizeof(pcap::PacketHeader)> encode_pcap_packet_header(TimePrecision precision,
                                                                            std::uint64_t time_ns,
                                                                            std::uint32_t cap_len,
                                                                            std::uint32_t wire_len);

class PcapWriter final : public FileSink {
 public:
  PcapWriter(std::unique_ptr<ByteWriter> out, PcapOptions options) : out_(std::move(out)), options_(options) {}

  Result<> on_interface(const Interface& interface) override;
  Result<> on_record(const RecordView& record) override;
  Result<> on_block(const FileBlockView& block) override;
  Result<> on_statistics(const InterfaceStatistics&) override { return ok(); }  // pcap has no place for them
  Result<> flush() override;
  // A capture without any interface gives an empty Ethernet file.
  Result<> finish() override;
  Result<> restart(std::unique_ptr<ByteWriter> next) override;
  [[nodiscard]] std::unique_ptr<RecordEncoder> encoder() const override;
  Result<> on_encoded(const EncodedRecord& record) override;
  [[nodiscard]] std::uint64_t records_stored() const override;

 private:
  Result<> write_file_header(const Interface& interface);
  // Writes the file header if this is the first record; an Error if the record has no place in the file.
  Result<> begin_record(LinkType link_type, std::size_t cap_len);
  [[nodiscard]] Error refusal(std::string what) const;
  void note_left_out(const RecordView& record);

  std::unique_ptr<ByteWriter> out_;
  PcapOptions options_;
  std::vector<Interface> interfaces_;  // what the file header needs to know of them, until it is written
  std::optional<LinkType> link_type_;  // set with the file header …
  std::uint32_t snaplen_ = 0;          // … and so is this
  Interface described_;                // … from this
  std::uint64_t stored_before_ = 0;    // records in files that are complete
};

}  // namespace ringtap
