// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Parser of pcapng files (draft-ietf-opsawg-pcapng): both byte orders, several sections, whose interfaces are numbered
// consecutively; enhanced, simple and obsolete packet blocks; interface statistics. Other blocks, and options that have
// no field in the vocabulary, are handed on, so that they can be written again. A
// block longer than 16 MiB, or than the largest record of a link type seen so far, counts as damaged. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "file/format_parser.hpp"
#include "file/pcapng_blocks.hpp"
#include "file/process_list.hpp"
#include "record/capture_format.hpp"

namespace ringtap {

__extension__ typedef __int128 Int128;

// From a file's time units to nanoseconds since the epoch, per interface (if_tsresol, if_tsoffset, if_tsoffset_ns).
class TimeScale {
 public:
  void set_resolution(std::uint8_t tsresol);
  void set_offset_seconds(std::int64_t seconds) { offset_s_ = seconds; }
  void set_offset_ns(std::int32_t ns) { offset_ns_ = ns; }

  // Times outside of 1970 to 2554 become the nearest time within.
  [[nodiscard]] std::uint64_t to_ns(pcapng::Timestamp time) const;

 private:
  Int128 units_per_second_ = 1'000'000;
  std::int64_t offset_s_ = 0;
  std::int32_t offset_ns_ = 0;
};

class PcapngParser final : public FormatParser {
 public:
  // Recognises the format by the first four bytes of a file.
  static bool recognizes(std::uint32_t magic);

  Result<ParseStep> next(InputBuffer& in) override;
  [[nodiscard]] bool has_directions() const override { return true; }
  [[nodiscard]] std::vector<InterfaceStatistics> statistics() const override { return statistics_; }

 private:
  struct SectionInterface {
    std::uint32_t id;  // the consecutive number, over all sections
    LinkType link_type;
    std::uint32_t snaplen;
    TimeScale scale;
  };
  using Bytes = std::span<const std::byte>;
  static constexpr std::size_t kMaxBlockLength = 16 * 1024 * 1024;

  // `body` is a block without its header and the length at its end. Errors of these functions do not yet say where in
  // the file.
  Result<> parse_section_header(Bytes body);
  Result<> parse_interface(Bytes body);
  Result<> parse_enhanced_packet(Bytes body);
  Result<> parse_obsolete_packet(Bytes body);
  Result<> parse_simple_packet(Bytes body);
  Result<> parse_statistics(Bytes body);

  // Shared by the packet blocks. `rest` is what follows the block's head: the data, then options.
  Result<> start_record(std::uint32_t number, std::uint32_t cap_len, std::uint32_t wire_len, Bytes rest);
  Result<> parse_packet_options(Bytes options);
  void apply_flags(std::uint32_t flags);
  void apply_owners(std::string_view words);
  std::optional<std::vector<std::byte>> keep_option(std::uint16_t code, Bytes value, OptionForm form);
  void keep_block(pcapng::BlockType type, Bytes body);

  FieldOrder order_;
  std::vector<SectionInterface> interfaces_;  // of this section
  std::vector<InterfaceStatistics> statistics_;
  std::string comments_;  // of record_
  Owners owners_;         // of record_
  ToldProcesses processes_;
  FileExtras extras_;            // of record_
  std::vector<std::byte> kept_;  // options of record_ or of a section, or the body of block_
  std::uint32_t next_interface_id_ = 0;
  std::size_t max_block_length_ = kMaxBlockLength;
};

}  // namespace ringtap
