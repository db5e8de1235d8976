// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Parser of the files that Solaris's snoop writes: version 2 of RFC 1761, with the data links of RFC 3827 that have a
// link type here. The padding of a record is passed over. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "file/format_parser.hpp"

namespace ringtap {

class SnoopParser final : public FormatParser {
 public:
  // Recognises the format by the first four bytes of a file.
  static bool recognizes(std::uint32_t magic);

  Result<ParseStep> next(InputBuffer& in) override;
  // What each record says of packets that were lost before it.
  [[nodiscard]] std::vector<InterfaceStatistics> statistics() const override;

 private:
  Result<ParseStep> read_file_header(InputBuffer& in);

  bool has_header_ = false;
  bool has_record_ = false;  // each tells of losses
  std::uint32_t dropped_ = 0;
};

}  // namespace ringtap
