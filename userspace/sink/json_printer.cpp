// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "sink/json_printer.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <span>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/now.hpp"
#include "base/vlan.hpp"
#include "record/community_id.hpp"
#include "record/link_header.hpp"
#include "ringtap/bytes.hpp"
#include "ringtap/owner.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kEthernetHeader = 14;

// As in EVE; empty: its number with three digits.
std::string_view protocol_name(std::uint8_t protocol) {
  switch (protocol) {
    case IPPROTO_ICMP:
      return "ICMP";
    case IPPROTO_IGMP:
      return "IGMP";
    case IPPROTO_IPIP:
      return "IPv4";
    case IPPROTO_TCP:
      return "TCP";
    case IPPROTO_UDP:
      return "UDP";
    case IPPROTO_DCCP:
      return "DCCP";
    case IPPROTO_IPV6:
      return "IPv6";
    case IPPROTO_GRE:
      return "GRE";
    case IPPROTO_ESP:
      return "ESP";
    case IPPROTO_AH:
      return "AH";
    case IPPROTO_ICMPV6:
      return "IPv6-ICMP";
    case IPPROTO_PIM:
      return "PIM";
    case IPPROTO_SCTP:
      return "SCTP";
    case IPPROTO_UDPLITE:
      return "UDPLite";
    default:
      return "";
  }
}

bool is_icmp(const Endpoints& ends) {
  return ends.protocol == IPPROTO_ICMP || ends.protocol == IPPROTO_ICMPV6;
}

std::string_view direction_word(Direction direction) {
  switch (direction) {
    case Direction::kIn:
      return "in";
    case Direction::kOut:
      return "out";
    case Direction::kUnknown:
      break;
  }
  return "";
}

std::string_view verdict_word(VerdictType type) {
  switch (type) {
    case VerdictType::kHardware:
      return "hardware";
    case VerdictType::kTc:
      return "tc";
    case VerdictType::kXdp:
      return "xdp";
  }
  return "";
}

// LINUX_SLL2 has it in its header.
std::uint32_t device_number(const RecordView& record) {
  constexpr std::size_t kNumberAt = 4, kHeader = 20;
  if (record.ifindex != 0 || record.link_type != LinkType::kLinuxSll2 || record.data.size() < kHeader) {
    return record.ifindex;
  }
  return load_be32(record.data.data() + kNumberAt);
}

}  // namespace

JsonPrinter::JsonPrinter(int fd, const TextOptions& options)
    : fields_(options.json.fields),
      nanoseconds_(options.nanoseconds),
      print_every_(options.print_every),
      lines_(fd, options.line_buffered),
      out_(lines_.text()),
      device_names_(interfaces_) {
  if (options.number) fields_.insert(JsonField::kPcapCnt);
}

Result<> JsonPrinter::on_interface(const Interface& interface) {
  interfaces_.push_back({interface.name, interface.name, interface.ifindex});
  return ok();
}

Result<> JsonPrinter::on_statistics(const InterfaceStatistics&) {
  return ok();
}

Result<> JsonPrinter::on_record(const RecordView& record) {
  ++count_;
  if (print_every_ > 1 && count_ % print_every_ != 0) {
    ++unprinted_;
    return ok();
  }
  separator_ = '{';
  const PacketKey key = packet_key(record);
  if (wants(JsonField::kTimestamp)) put_time(record.time_ns);
  if (wants(JsonField::kFlowId) && key.has_flow()) {
    out_.put(separator(), "\"flow_id\":", flow_id(key.endpoints));
  }
  if (wants(JsonField::kPcapCnt)) out_.put(separator(), "\"pcap_cnt\":", count_);
  if (wants(JsonField::kInIface)) put_interface(record);
  if (wants(JsonField::kEventType)) {
    out_.put(separator(), "\"event_type\":\"", record.tap == Tap::kDrop ? "drop" : "packet", '"');
  }
  if (wants(JsonField::kVlan)) put_vlan(record);
  put_network(record, key);
  if (wants(JsonField::kEther)) put_ether(record);
  if (wants(JsonField::kPacket)) put_packet(record);
  if (fields_.contains_any(kOwnJsonFields)) put_own(record);
  out_.put(separator_ == '{' ? "{}\n" : "}\n");
  return lines_.end_record();
}

char JsonPrinter::separator() {
  const char c = separator_;
  separator_ = ',';
  return c;
}

void JsonPrinter::put_string(std::string_view text) {
  scratch_.clear();
  append_json_string(scratch_, text);
  out_.put(std::string_view(scratch_));
}

void JsonPrinter::put_time(std::uint64_t time_ns) {
  const auto second = static_cast<std::int64_t>(time_ns / kNsPerSecond);
  if (second != second_) {
    const auto when = static_cast<std::time_t>(second);
    std::tm utc{};
    gmtime_r(&when, &utc);
    std::array<char, 40> text{};
    second_text_.assign(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc));
    second_ = second;
  }
  out_.put(separator(), "\"timestamp\":\"", std::string_view(second_text_), '.');
  const std::uint64_t fraction = time_ns % kNsPerSecond;
  if (nanoseconds_) {
    out_.put(Padded{fraction, 9}, "+0000\"");
  } else {
    out_.put(Padded{fraction / 1000, 6}, "+0000\"");
  }
}

void JsonPrinter::put_interface(const RecordView& record) {
  device_names_.set_interface(record.interface_id);
  std::string_view name;
  if (record.trace && !record.trace->device.empty()) {
    name = record.trace->device;
  } else if (record.link_type == LinkType::kLinuxSll2) {
    name = device_names_.name(device_number(record));
  } else if (record.interface_id < interfaces_.size()) {
    name = device_of_interface(interfaces_[record.interface_id].name, record.tap);
  }
  if (name.empty()) return;
  out_.put(separator(), "\"in_iface\":");
  put_string(name);
}

void JsonPrinter::put_vlan(const RecordView& record) {
  if (!has_vlan_tag(record)) return;
  constexpr std::uint16_t kIdentifier = 0xfff;
  out_.put(separator(), "\"vlan\":");
  char before = '[';
  for (std::size_t at = kEthernetHeader - 2; at + 4 <= record.data.size(); at += kVlanTagSize) {
    if (!is_vlan_ethertype(load_be16(record.data.data() + at))) break;
    out_.put(before, static_cast<std::uint16_t>(load_be16(record.data.data() + at + 2) & kIdentifier));
    before = ',';
  }
  out_.put(before == '[' ? "[]" : "]");
}

void JsonPrinter::put_address(const std::array<std::byte, 16>& address, std::uint8_t version) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(address.data());
  if (version == 4) {
    out_.ipv4(bytes);
  } else {
    out_.ipv6(bytes);
  }
  out_.put('"');
}

void JsonPrinter::put_network(const RecordView& record, const PacketKey& key) {
  const Endpoints& ends = key.endpoints;
  if (ends.version == 0) {
    if (ends.ether_type == kEthertypeArp && wants(JsonField::kProto)) out_.put(separator(), "\"proto\":\"ARP\"");
    return;
  }
  const bool has_ports = key.ports_known && !is_icmp(ends);
  if (wants(JsonField::kSrcIp)) {
    out_.put(separator(), "\"src_ip\":\"");
    put_address(ends.source, ends.version);
  }
  if (wants(JsonField::kSrcPort) && has_ports) out_.put(separator(), "\"src_port\":", ends.source_port);
  if (wants(JsonField::kDestIp)) {
    out_.put(separator(), "\"dest_ip\":\"");
    put_address(ends.destination, ends.version);
  }
  if (wants(JsonField::kDestPort) && has_ports) out_.put(separator(), "\"dest_port\":", ends.destination_port);
  if (wants(JsonField::kProto)) {
    out_.put(separator(), "\"proto\":\"");
    if (const std::string_view name = protocol_name(ends.protocol); !name.empty()) {
      out_.put(name, '"');
    } else {
      out_.put(Padded{ends.protocol, 3}, '"');
    }
  }
  put_transport(record, key);
}

void JsonPrinter::put_transport(const RecordView& record, const PacketKey& key) {
  const Endpoints& ends = key.endpoints;
  if (is_icmp(ends) && key.ports_known) {
    if (wants(JsonField::kIcmpType)) out_.put(separator(), "\"icmp_type\":", ends.source_port);
    if (wants(JsonField::kIcmpCode)) out_.put(separator(), "\"icmp_code\":", ends.destination_port);
  }
  constexpr std::size_t kFlagsAt = 13;
  if (wants(JsonField::kTcp) && ends.protocol == IPPROTO_TCP && key.ports_known &&
      key.transport_at + kFlagsAt < record.data.size()) {
    const auto flags = std::to_integer<std::uint8_t>(record.data[key.transport_at + kFlagsAt]);
    out_.put(separator(), "\"tcp\":{\"tcp_flags\":\"", Hex{flags, 2}, "\"}");
  }
  if (wants(JsonField::kCommunityId) && key.has_flow()) {
    out_.put(separator(), "\"community_id\":\"", CommunityId(ends).text(), '"');
  }
}

void JsonPrinter::put_ether(const RecordView& record) {
  if (record.link_type != LinkType::kEthernet || record.data.size() < kEthernetHeader) return;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(record.data.data());
  out_.put(separator(), "\"ether\":{\"ether_type\":", network_start(record).ether_type, ",\"src_mac\":\"");
  out_.mac(bytes + 6);
  out_.put("\",\"dest_mac\":\"");
  out_.mac(bytes);
  out_.put("\"}");
}

void JsonPrinter::put_packet(const RecordView& record) {
  scratch_.resize(base64_size(record.data.size()));
  write_base64(scratch_.data(), record.data);
  out_.put(separator(), "\"packet\":\"", std::string_view(scratch_), '"');
}

void JsonPrinter::put_own(const RecordView& record) {
  out_.put(separator(), "\"ringtap\":");
  separator_ = '{';
  if (wants(JsonField::kTimeNs)) out_.put(separator(), "\"time_ns\":\"", record.time_ns, '"');
  if (wants(JsonField::kTap) && record.tap != Tap::kUnknown) {
    out_.put(separator(), "\"tap\":\"", tap_name(record.tap), '"');
  }
  if (const auto word = direction_word(record.direction); wants(JsonField::kDirection) && !word.empty()) {
    out_.put(separator(), "\"direction\":\"", word, '"');
  }
  if (wants(JsonField::kLength)) out_.put(separator(), "\"len\":", record.wire_len);
  if (wants(JsonField::kCapturedLength) && record.data.size() < record.wire_len) {
    out_.put(separator(), "\"cap_len\":", record.data.size());
  }
  if (record.trace) put_trace(record);
  if (record.owners != nullptr && wants(JsonField::kSender)) put_owner("sender", record.owners->sender);
  if (record.owners != nullptr && wants(JsonField::kReceiver)) put_owner("receiver", record.owners->receiver);
  if (wants(JsonField::kVerdict) && record.verdict) {
    const auto value = static_cast<std::int64_t>(record.verdict->value);
    out_.put(separator(), "\"verdict\":{\"type\":\"", verdict_word(record.verdict->type),
             "\",\"value\":", Signed{value}, '}');
  }
  const auto number = [&](JsonField field, std::string_view name, std::uint64_t value) {
    if (wants(field) && value != 0) out_.put(separator(), '"', name, "\":", value);
  };
  if (wants(JsonField::kPacketId) && record.packet_id) {
    out_.put(separator(), "\"packet_id\":\"", *record.packet_id, '"');
  }
  number(JsonField::kLostBefore, "lost_before", record.lost_before);
  if (wants(JsonField::kQueue) && record.rx_queue) out_.put(separator(), "\"queue\":", *record.rx_queue);
  if (wants(JsonField::kHash) && record.hash) out_.put(separator(), "\"hash\":", *record.hash);
  number(JsonField::kMark, "mark", record.mark);
  if (wants(JsonField::kCpu)) out_.put(separator(), "\"cpu\":", record.cpu);
  if (wants(JsonField::kGso) && record.gso_size != 0) {
    out_.put(separator(), "\"gso\":{\"size\":", record.gso_size, ",\"segments\":", record.gso_segs, '}');
  }
  if (wants(JsonField::kComment) && !record.comment.empty()) {
    out_.put(separator(), "\"comment\":");
    put_string(record.comment.substr(0, record.comment.find('\0')));
  }
  out_.put(separator_ == '{' ? "{}" : "}");
  separator_ = ',';
}

// "kind" says how it is known; "unknown" and "kernel" name no process.
void JsonPrinter::put_owner(std::string_view name, const Owner& owner) {
  if (owner.kind == OwnerKind::kNotAsked) return;
  out_.put(separator(), '"', name, "\":{\"kind\":\"", kOwnerKindNames[static_cast<std::size_t>(owner.kind)], '"');
  if (names_process(owner.kind)) {
    out_.put(",\"pid\":", pid_of(owner.key), ",\"uid\":", owner.uid);
    if (owner.shared != 0) out_.put(",\"shared\":", owner.shared);
    const auto text = [&](std::string_view key, std::string_view value) {
      if (value.empty()) return;
      out_.put(",\"", key, "\":");
      put_string(value);
    };
    if (const Process* process = owner.process.get(); process != nullptr) {
      text("comm", process->comm);
      text("container", process->container_name.empty() ? process->container : process->container_name);
      text("runtime", process->runtime);
      text("pod", process->pod);
      text("netns", process->netns_name);
    }
  }
  out_.put('}');
}

void JsonPrinter::put_trace(const RecordView& record) {
  const Trace& trace = *record.trace;
  if (record.tap == Tap::kNetfilter) {
    const auto hook = static_cast<std::size_t>(trace.hook);
    if (wants(JsonField::kHook)) out_.put(separator(), "\"hook\":\"", kNetfilterHookNames[hook], '"');
    if (wants(JsonField::kStage)) out_.put(separator(), "\"stage\":\"", trace.last ? "post" : "pre", '"');
  }
  const auto text = [&](JsonField field, std::string_view name, std::string_view value) {
    if (!wants(field) || value.empty()) return;
    out_.put(separator(), '"', name, "\":");
    put_string(value);
  };
  text(JsonField::kReason, "reason", trace.reason);
  text(JsonField::kFunction, "function", trace.function);
  text(JsonField::kRule, "rule", trace.rule);
  if (!wants(JsonField::kNetns) || !trace.other_netns) return;
  if (!trace.netns_name.empty()) {
    text(JsonField::kNetns, "netns", trace.netns_name);
  } else {
    out_.put(separator(), "\"netns\":\"", trace.netns, '"');
  }
}

}  // namespace ringtap
