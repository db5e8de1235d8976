// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Parser of pcap files: both byte orders, micro- and nanoseconds, Kuznetzov's "modified" form and Ixia's, versions 2.0
// to 2.4 and Digital Unix's 543.0.
// Records are cut to the snaplen of the file header, as libpcap does. One thread.
#pragma once

#include <cstdint>

#include "file/format_parser.hpp"

namespace ringtap {

class PcapParser final : public FormatParser {
 public:
  // Recognises the format by the first four bytes of a file.
  static bool recognizes(std::uint32_t magic);

  Result<ParseStep> next(InputBuffer& in) override;

 private:
  Result<ParseStep> read_file_header(InputBuffer& in);

  bool has_header_ = false;
  FieldOrder order_;
  bool is_modified_ = false;
  std::uint32_t ns_per_unit_ = 1000;
  enum class Lengths : std::uint8_t { kInOrder, kSwappedIfLonger, kSwapped } lengths_ = Lengths::kInOrder;
  std::uint32_t snaplen_ = 0;
};

}  // namespace ringtap
