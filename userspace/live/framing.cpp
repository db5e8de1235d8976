// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/framing.hpp"

#include <linux/if_ether.h>

#include <algorithm>

#include "ringtap/bytes.hpp"

namespace ringtap {

void strip_link_header(RecordView& record) {
  std::size_t at = 12;
  const auto type = [&] { return record.data.size() < at + 2 ? 0 : load_be16(record.data.data() + at); };
  while (type() == ETH_P_8021Q || type() == ETH_P_8021AD) at += 4;
  at = std::min(at + 2, record.data.size());
  record.data = record.data.subspan(at);
  record.wire_len -= static_cast<std::uint32_t>(at);
  record.link_type = LinkType::kRaw;
}

}  // namespace ringtap
