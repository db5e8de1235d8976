// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/link_type_name.hpp"

#include <pcap/pcap.h>

namespace ringtap {

int to_dlt(LinkType link_type) {
  switch (static_cast<int>(link_type)) {
    case 100:
      return DLT_ATM_RFC1483;
    case 101:
      return DLT_RAW;
    case 102:
      return DLT_SLIP_BSDOS;
    case 103:
      return DLT_PPP_BSDOS;
    case 106:
      return DLT_ATM_CLIP;
    default:
      return static_cast<int>(link_type);
  }
}

std::string link_type_text(LinkType link_type) {
  const char* name = pcap_datalink_val_to_name(to_dlt(link_type));
  if (name == nullptr) return std::to_string(static_cast<unsigned>(link_type));
  return std::string(name) + " (" + pcap_datalink_val_to_description(to_dlt(link_type)) + ")";
}

}  // namespace ringtap
