// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// sFlow version 5, "sFlow Version 5" (sflow.org, 2004).
#include "dissect/hexdump.hpp"
#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

constexpr std::uint32_t kVersion = 5;
constexpr std::size_t kHeaderV4 = 28;
constexpr std::size_t kHeaderV6 = 40;
constexpr std::uint32_t kAgentV4 = 1;

enum Sample : std::uint32_t { kFlow = 1, kCounter = 2, kExpandedFlow = 3, kExpandedCounter = 4 };
constexpr Token kSamples[] = {
    {kFlow, "flow sample"},
    {kCounter, "counter sample"},
    {kExpandedFlow, "expanded flow sample"},
    {kExpandedCounter, "expanded counter sample"},
};

constexpr Token kHeaderProtocols[] = {
    {1, "Ethernet"}, {2, "Token bus"}, {3, "Token ring"}, {4, "FDDI"},  {5, "Frame Relay"}, {6, "X.25"},  {7, "PPP"},
    {8, "SMDS"},     {9, "AAL5"},      {10, "AAL5-IP"},   {11, "IPv4"}, {12, "IPv6"},       {13, "MPLS"}, {14, "POS"},
};
constexpr Token kDirections[] = {{0, "unknown"}, {1, "full-duplex"}, {2, "half-duplex"}, {3, "in"}, {4, "out"}};

// A record of a fixed layout as text with fields in it: %4 and %8 stand for the next four or eight bytes, in decimal.
void put_fields(Context& context, Cursor record, std::string_view format) {
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      context.put(format[i]);
    } else if (format[++i] == '4') {
      context.put(record.take_be32());
    } else {
      context.put(record.take_be64());
    }
  }
}

void put_generic_counters(Context& context, const Cursor& record) {
  const std::uint32_t direction = record.be32(16);
  const std::uint32_t status = record.be32(20);
  put_fields(context, record, "\n\t      ifindex %4, iftype %4, ifspeed %8, ifdirection %4 (");
  context.put(token(kDirections, direction, "Unknown"), ")\n\t      ifstatus ", status,
              ", adminstatus: ", (status & 1) != 0 ? "up" : "down",
              ", operstatus: ", (status & 2) != 0 ? "up" : "down");
  put_fields(context, record.from(24),
             "\n\t      In octets %8, unicast pkts %4, multicast pkts %4, broadcast pkts %4, discards %4"
             "\n\t      In errors %4, unknown protos %4"
             "\n\t      Out octets %8, unicast pkts %4, multicast pkts %4, broadcast pkts %4, discards %4"
             "\n\t      Out errors %4, promisc mode %4");
}

void put_raw_packet(Context& context, const Cursor& record) {
  const std::uint32_t protocol = record.be32(0);
  context.put("\n\t      protocol ", named(kHeaderProtocols, protocol, "Unknown"));
  put_fields(context, record.from(4), ", length %4, stripped bytes %4, header_size %4");
}

struct Record {
  std::uint32_t format;
  std::string_view name;
  std::size_t size = 0;  // of what is printed of it; 0: only its name
  std::string_view text = {};
  void (*put)(Context&, const Cursor&) = nullptr;
};
constexpr Record kFlowRecords[] = {
    {1, "Raw packet", 16, {}, put_raw_packet},
    {2, "Ethernet frame", 24, "\n\t      frame len %4, type "},
    {3, "IPv4 Data"},
    {4, "IPv6 Data"},
    {1001, "Extended Switch data", 16, "\n\t      src vlan %4, src pri %4, dst vlan %4, dst pri %4"},
    {1002, "Extended Router data"},
    {1003, "Extended Gateway data"},
    {1004, "Extended User data"},
    {1005, "Extended URL data"},
    {1006, "Extended MPLS data"},
    {1007, "Extended NAT data"},
    {1008, "Extended MPLS tunnel"},
    {1009, "Extended MPLS VC"},
    {1010, "Extended MPLS FEC"},
    {1011, "Extended MPLS LVP FEC"},
    {1012, "Extended VLAN Tunnel"},
};
constexpr Record kCounterRecords[] = {
    {1, "Generic counter", 88, {}, put_generic_counters},
    {2, "Ethernet counter", 52,
     "\n\t      align errors %4, fcs errors %4, single collision %4, multiple collision %4, test error %4"
     "\n\t      deferred %4, late collision %4, excessive collision %4, mac trans error %4"
     "\n\t      carrier error %4, frames too long %4, mac receive errors %4, symbol errors %4"},
    {3, "Token ring counter"},
    {4, "100 BaseVG counter", 80,
     "\n\t      in high prio frames %4, in high prio octets %8"
     "\n\t      in norm prio frames %4, in norm prio octets %8"
     "\n\t      in ipm errors %4, oversized %4, in data errors %4, null addressed frames %4"
     "\n\t      out high prio frames %4, out high prio octets %8, trans into frames %4"
     "\n\t      in hc high prio octets %8, in hc norm prio octets %8, out hc high prio octets %8"},
    {5, "Vlan counter", 28,
     "\n\t      vlan_id %4, octets %8, unicast_pkt %4, multicast_pkt %4, broadcast_pkt %4, discards %4"},
    {1001, "Processor counter", 28, "\n\t      5sec %4, 1min %4, 5min %4, total_mem %8, total_mem %8"},
};

// False when a record cannot be what it says. As in tcpdump 4.99.3 the message bounds a record, not its sample.
bool put_records(Context& context, Cursor& sample, std::uint32_t count, std::span<const Record> known, bool counters) {
  for (std::uint32_t i = 0; i < count; ++i) {
    if (sample.length() < 8) return false;
    const std::uint32_t type = sample.be32(0);
    const std::size_t size = sample.be32(4);
    if (context.truncated()) return true;
    // The enterprise is the upper 20 bits; of a counter's, tcpdump 4.99.3 shows the upper 12.
    const std::uint32_t enterprise = type >> (counters ? 20 : 12);
    const std::uint32_t format = type & 0xfff;
    sample.skip(8);
    const Record* record = nullptr;
    if (enterprise == 0) {
      for (const Record& candidate : known) {
        if (candidate.format == format) record = &candidate;
      }
    }
    context.put("\n\t    enterprise ", enterprise, counters ? ", " : " ",
                Named{record == nullptr ? std::string_view("Unknown") : record->name, format}, " length ", size);
    if (sample.length() < size) return false;
    const Cursor value = sample.with_length(size);
    if (record != nullptr && record->size != 0) {
      if (sample.length() < record->size) return false;
      if (record->put != nullptr) {
        record->put(context, value);
      } else {
        put_fields(context, value, record->text);
        // The type follows the stations.
        if (record->text.ends_with("type ")) context.put(value.be32(20));
      }
    } else if (record == nullptr && enterprise == 0 && !context.verbose(2)) {
      (void)value.span(0, size);
      if (context.truncated()) return true;
      dump_hex(context.out, value.first(size).bytes(), "\n\t\t");
    }
    sample.skip(size);
  }
  return true;
}

bool put_sample(Context& context, Cursor sample, std::uint32_t type) {
  const bool expanded = type == kExpandedFlow || type == kExpandedCounter;
  const bool flow = type == kFlow || type == kExpandedFlow;
  const std::size_t fields = (flow ? (expanded ? 11 : 8) : (expanded ? 4 : 3)) * 4;
  if (sample.length() < fields) return false;
  const std::uint32_t sequence = sample.take_be32();
  std::uint32_t source_type = sample.take_be32();
  std::uint32_t source_index = 0;
  if (expanded) {
    source_index = sample.take_be32();
  } else {
    source_index = source_type & 0xffffff;
    source_type >>= 24;
  }
  if (context.truncated()) return true;
  context.put(" seqnum ", sequence, ", type ", source_type, ", idx ", source_index);
  if (flow) {
    put_fields(context, sample, ", rate %4, pool %4, drops %4");
    sample.skip(12);
    if (expanded) {
      sample.skip(16);
      context.put(',');
    } else {
      put_fields(context, sample, ", input %4 output %4");
      sample.skip(8);
    }
  } else {
    context.put(',');
  }
  const std::uint32_t records = sample.take_be32();
  context.put(" records ", records);
  if (context.truncated()) return true;
  return put_records(context, sample, records, flow ? std::span<const Record>(kFlowRecords) : kCounterRecords, !flow);
}

}  // namespace

void print_sflow(Context& context, Cursor message, const Transport&) {
  context.protocol("sflow");
  const std::size_t length = message.length();
  const std::uint32_t version = message.be32(0);
  // Nothing is printed of a header that is cut.
  if (length >= kHeaderV4) (void)message.block(0, kHeaderV4);
  if (context.truncated()) return;
  if (version != kVersion) {
    return context.put("sFlow version ", version, " packet not supported");
  }
  const bool wide = message.be32(4) != kAgentV4;
  if (wide && context.verbose() && length >= kHeaderV6) (void)message.block(0, kHeaderV6);
  context.put("sFlowv", version);
  if (length < kHeaderV4) {
    context.put(" [length ", length, " < ", kHeaderV4, ']');
    return context.put_invalid();
  }
  if (wide && length < kHeaderV6) {
    context.put(" [length ", length, " < ", kHeaderV6, ']');
    return context.put_invalid();
  }
  const std::size_t address_size = wide ? 16 : 4;
  context.put(wide ? ", IPv6 agent " : ", IPv4 agent ");
  if (wide) {
    context.host6(message.block(8, address_size));
  } else {
    context.host4(message.block(8, address_size));
  }
  Cursor rest = message.from(8 + address_size);
  context.put(", agent-id ", rest.be32(0));
  const std::uint32_t samples = context.verbose() ? rest.be32(12) : 0;
  if (context.verbose()) put_fields(context, rest.from(4), ", seqnum %4, uptime %4, samples %4");
  context.put(", length ", length);
  if (!context.verbose()) return;
  rest.skip(16);
  const auto put_invalid = [&] {
    context.put_invalid();
    (void)message.span(0, length);
  };
  for (std::uint32_t i = 0; i < samples && rest.length() > 0 && !context.truncated(); ++i) {
    if (rest.length() < 8) return put_invalid();
    const std::uint32_t type = rest.be32(0);
    const std::size_t size = rest.be32(4);
    if (context.truncated()) return;
    rest.skip(8);
    const std::string_view name = token(kSamples, type & 0xfff);
    context.put("\n\t", Named{name_or(name, "Unknown"), type & 0xfff}, ", length ", size, ',');
    if (size > rest.length()) {
      if (!name.empty()) put_invalid();
      return;
    }
    const std::span<const std::uint8_t> data = rest.span(0, size);
    if (context.truncated()) return;
    if (name.empty()) {
      if (!context.verbose(2)) dump_hex(context.out, data, "\n\t    ");
    } else if (!put_sample(context, rest, type & 0xfff)) {
      return put_invalid();
    }
    rest.skip(size);
  }
}

}  // namespace ringtap
