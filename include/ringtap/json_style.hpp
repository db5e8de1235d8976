// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The members of the JSON object that --json prints for a packet. kJsonFields is the only list of them; the words of
// --json, the help and the printer are made from it. Names are those of Suricata's EVE format where it has one; what
// only ringtap knows is a member of "ringtap". Plain values, no state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ringtap {

enum class JsonField : std::uint8_t {
  kTimestamp,  // ISO 8601, UTC
  kFlowId,     // the same for both directions of a flow
  kPcapCnt,    // the number of the packet in this run
  kInIface,
  kEventType,  // "packet", or "drop" at the drop tap
  kVlan,       // identifiers of the tags, outermost first
  kSrcIp,
  kSrcPort,
  kDestIp,
  kDestPort,
  kProto,
  kIcmpType,
  kIcmpCode,
  kTcp,  // {"tcp_flags":"12"}
  kCommunityId,
  kEther,   // addresses and type
  kPacket,  // the captured bytes, base64
  kTimeNs,  // from here on members of "ringtap": since the epoch; text, since it needs more than 53 bits
  kTap,
  kDirection,
  kLength,          // on the wire
  kCapturedLength,  // if it is less
  kHook,            // of netfilter
  kStage,           // … before its rules or after them
  kReason,          // why the kernel dropped it
  kFunction,        // … where
  kRule,            // … by which rule
  kVerdict,         // the return code of the program at the tap's hook
  kSender,          // --who: the process that sent it
  kReceiver,        // … that gets it
  kPacketId,
  kLostBefore,
  kQueue,
  kHash,
  kMark,
  kCpu,
  kGso,
  kNetns,
  kComment,
};

struct JsonFieldRow {
  JsonField field;
  std::string_view name;
  bool usual;  // written unless fields are chosen
};
inline constexpr std::array<JsonFieldRow, 39> kJsonFields = {{
    {JsonField::kTimestamp, "timestamp", true},
    {JsonField::kFlowId, "flow_id", true},
    {JsonField::kPcapCnt, "pcap_cnt", false},
    {JsonField::kInIface, "in_iface", true},
    {JsonField::kEventType, "event_type", true},
    {JsonField::kVlan, "vlan", true},
    {JsonField::kSrcIp, "src_ip", true},
    {JsonField::kSrcPort, "src_port", true},
    {JsonField::kDestIp, "dest_ip", true},
    {JsonField::kDestPort, "dest_port", true},
    {JsonField::kProto, "proto", true},
    {JsonField::kIcmpType, "icmp_type", true},
    {JsonField::kIcmpCode, "icmp_code", true},
    {JsonField::kTcp, "tcp", true},
    {JsonField::kCommunityId, "community_id", true},
    {JsonField::kEther, "ether", false},
    {JsonField::kPacket, "packet", false},
    {JsonField::kTimeNs, "ringtap.time_ns", true},
    {JsonField::kTap, "ringtap.tap", true},
    {JsonField::kDirection, "ringtap.direction", true},
    {JsonField::kLength, "ringtap.len", true},
    {JsonField::kCapturedLength, "ringtap.cap_len", true},
    {JsonField::kHook, "ringtap.hook", true},
    {JsonField::kStage, "ringtap.stage", true},
    {JsonField::kReason, "ringtap.reason", true},
    {JsonField::kFunction, "ringtap.function", true},
    {JsonField::kRule, "ringtap.rule", true},
    {JsonField::kVerdict, "ringtap.verdict", true},
    {JsonField::kSender, "ringtap.sender", true},
    {JsonField::kReceiver, "ringtap.receiver", true},
    {JsonField::kPacketId, "ringtap.packet_id", true},
    {JsonField::kLostBefore, "ringtap.lost_before", true},
    {JsonField::kQueue, "ringtap.queue", true},
    {JsonField::kHash, "ringtap.hash", true},
    {JsonField::kMark, "ringtap.mark", true},
    {JsonField::kCpu, "ringtap.cpu", false},
    {JsonField::kGso, "ringtap.gso", true},
    {JsonField::kNetns, "ringtap.netns", true},
    {JsonField::kComment, "ringtap.comment", true},
}};

class JsonFields {
 public:
  constexpr void insert(JsonField field) { bits_ |= bit(field); }
  constexpr void insert(JsonFields fields) { bits_ |= fields.bits_; }
  [[nodiscard]] constexpr bool contains(JsonField field) const { return (bits_ & bit(field)) != 0; }
  [[nodiscard]] constexpr bool contains_any(JsonFields fields) const { return (bits_ & fields.bits_) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const JsonFields&) const = default;

 private:
  static constexpr std::uint64_t bit(JsonField field) { return std::uint64_t{1} << static_cast<unsigned>(field); }
  std::uint64_t bits_ = 0;
};

template <class Condition>
[[nodiscard]] constexpr JsonFields json_fields_where(Condition condition) {
  JsonFields fields;
  for (const JsonFieldRow& row : kJsonFields) {
    if (condition(row)) fields.insert(row.field);
  }
  return fields;
}

inline constexpr JsonFields kUsualJsonFields = json_fields_where([](const JsonFieldRow& row) { return row.usual; });
inline constexpr JsonFields kOwnJsonFields =
    json_fields_where([](const JsonFieldRow& row) { return row.name.starts_with("ringtap."); });

// The fields that a word means: one of the names, or "ringtap" for all of its members; empty: there is none such.
[[nodiscard]] constexpr JsonFields json_fields_of_word(std::string_view word) {
  if (word == "ringtap") return kOwnJsonFields;
  return json_fields_where([&](const JsonFieldRow& row) { return row.name == word; });
}

// How --json prints packets.
struct JsonStyle {
  JsonFields fields;  // empty: packets are printed as text
};

}  // namespace ringtap
