// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/format_parser.hpp"

#include <string>

namespace ringtap {

Error truncated_file(const InputBuffer& in, std::size_t start, std::size_t wanted, const char* what) {
  return Error("truncated dump file; tried to read " + std::to_string(wanted) + " " + what + " bytes, only got " +
               std::to_string(in.bytes().size() - start) + " (" + in.place(start) + ")");
}

std::uint32_t max_captured_length(LinkType link_type) {
  switch (static_cast<unsigned>(link_type)) {
    case 231:  // DBUS: the longest message of its specification
      return 128 * 1024 * 1024;
    case 249:  // USBPCAP
      return 1024 * 1024;
    case 279:  // EBHSCR
      return 8 * 1024 * 1024;
    default:
      return 262144;
  }
}

}  // namespace ringtap
