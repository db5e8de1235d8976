// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dissect/dissector.hpp"

#include "dissect/hexdump.hpp"
#include "dissect/tables.hpp"

namespace ringtap {

Dissector::Dissector(const DissectOptions& options, NameResolver* resolver, InterfaceNames* interfaces)
    : options_(options),
      services_(options.no_names > 0 ? ServiceNames() : ServiceNames::of_this_host()),
      resolver_(options.no_names > 0 ? nullptr : resolver),
      interfaces_(interfaces) {}

bool Dissector::print_if_invalid(const RecordView& packet, Appender& out) {
  const std::size_t captured = packet.data.size();
  if (captured > 0 && packet.wire_len >= captured) return false;
  out.put("[Invalid header:");
  if (captured == 0) out.put(" caplen==0");
  if (packet.wire_len == 0) {
    out.put(captured == 0 ? ", len==0" : " len==0");
  } else if (packet.wire_len < captured) {
    out.put(" len(", packet.wire_len, ") < caplen(", captured, ")");
  }
  out.put(']');
  return true;
}

std::size_t Dissector::print(const RecordView& packet, Appender& out) {
  Context context{.options = options_,
                  .out = out,
                  .services = services_,
                  .resolver = resolver_,
                  .interfaces = interfaces_,
                  .tcp_state = tcp_state_,
                  .ike_state = ike_state_,
                  .nfs_state = nfs_state_,
                  .rx_state = rx_state_};
  const std::span<const std::uint8_t> data(reinterpret_cast<const std::uint8_t*>(packet.data.data()),
                                           packet.data.size());
  const Cursor cursor(data, packet.wire_len, context.truncation);
  if (const LinkPrinter printer = link_printer(context, packet.link_type)) {
    printer(context, cursor);
  } else {
    context.put("UNSUPPORTED");
    dump_hex_and_ascii(out, data);
  }
  if (context.truncation.hit) {
    out.cut(context.truncation.at);
    context.put(" [|", context.truncation.hit_protocol, "]", context.truncation.suffix);
    // tcpdump 4.99.3 gives up on such a packet before it knows the link header's size.
    if (context.truncation.by_read) return 0;
  }
  return std::min(context.link_header_size, data.size());
}

}  // namespace ringtap
