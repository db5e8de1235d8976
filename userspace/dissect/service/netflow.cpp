// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// NetFlow 1, 5 and 6, printed only with -T cnfp: "NetFlow Export Datagram Format" of Cisco. The other versions have
// nothing that tcpdump prints but their number.
#include <algorithm>

#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::string_view kFlags = "FSRPAU";

void put_milliseconds(Context& context, std::uint32_t value) {
  context.put(value / 1000, '.', Padded{value % 1000, 3});
}

void put_end(Context& context, const std::uint8_t* address, std::uint32_t mask_and_as, bool has_as,
             std::uint16_t port) {
  context.host4(address);
  if (has_as) context.put('/', mask_and_as >> 16, ':', mask_and_as & 0xffff);
  context.put(':', port);
}

void put_record(Context& context, const std::uint8_t* record, unsigned version) {
  context.put("\n  started ");
  put_milliseconds(context, load_be32(record + 24));
  context.put(", last ");
  put_milliseconds(context, load_be32(record + 28));
  context.put("\n    ");
  const bool has_as = version != 1;
  const auto mask_and_as = [record](std::size_t mask, std::size_t as) {
    return std::uint32_t{record[mask]} << 16 | load_be16(record + as);
  };
  put_end(context, record, mask_and_as(44, 40), has_as, load_be16(record + 32));
  context.put(" > ");
  put_end(context, record + 4, mask_and_as(45, 42), has_as, load_be16(record + 34));
  context.put(" >> ");
  context.host4(record + 8);
  context.put("\n    ");
  const std::uint8_t protocol = record[38];
  context.put_name(context.services.ip_protocol(protocol), protocol);
  context.put(' ');
  const std::uint8_t flags = record[version == 1 ? 40 : 37];
  if (protocol == kTcp && flags != 0) {
    for (std::size_t bit = 0; bit < kFlags.size(); ++bit) {
      if ((flags & 1U << bit) != 0) context.put(kFlags[bit]);
    }
    context.put(' ');
  }
  context.put("tos ", record[39], ", ", load_be32(record + 16), " (", load_be32(record + 20), " octets) ");
  if (version == 6) context.put('(', record[46], "<>", record[47], " encaps)");
}

}  // namespace

void print_netflow(Context& context, Cursor datagram, const Transport&) {
  context.protocol("cnfp");
  const std::uint16_t version = datagram.be16(0);
  context.protocol("cnfp", true);
  const bool is_known = version == 1 || version == 5 || version == 6;
  const std::size_t header = version == 1 ? 16 : 24;
  if (is_known) (void)datagram.block(0, header);
  context.put("NetFlow v", Hex{version});
  if (!is_known || context.truncated()) return;
  // tcpdump takes the count to be 32 bits wide, together with the time that follows it.
  const std::uint32_t count = datagram.be32(2);
  context.put(", ");
  put_milliseconds(context, datagram.be32(4));
  context.put(" uptime, ", datagram.be32(8), '.', Padded{datagram.be32(12), 9});
  if (version != 1) context.put(", #", datagram.be32(16));
  context.put(", ", Padded{count, 2, ' '}, " recs");
  datagram.skip(header);
  constexpr std::size_t kRecord = 52;
  const std::size_t needed = version == 1 ? 48 : kRecord;
  for (std::uint32_t i = 0; i < count && !context.truncated(); ++i) {
    const std::uint8_t* record = datagram.block(0, needed);
    put_record(context, record, version);
    datagram.skip(kRecord);
  }
}

}  // namespace ringtap
