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

std::optional<LinkType> link_type_named(const std::string& name) {
  const int dlt = pcap_datalink_name_to_val(name.c_str());
  if (dlt < 0) return std::nullopt;
  constexpr int kLastRenumbered = 106;
  for (int number = 100; number <= kLastRenumbered; ++number) {
    if (to_dlt(LinkType(number)) == dlt) return LinkType(number);
  }
  return LinkType(dlt);
}

std::string link_type_text(LinkType link_type) {
  const char* name = pcap_datalink_val_to_name(to_dlt(link_type));
  if (name == nullptr) return std::to_string(static_cast<unsigned>(link_type));
  return std::string(name) + " (" + pcap_datalink_val_to_description(to_dlt(link_type)) + ")";
}

}  // namespace ringtap
