// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The vocabulary of a capture: interfaces, records, statistics. Sources of records (a live capture, a file reader) fill
// these in; sinks see nothing else. Views borrow: they are valid until the call that received them returns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ringtap/owner.hpp"
#include "ringtap/tap.hpp"

namespace ringtap {

// Link-layer header types, numbered as in files, https://www.tcpdump.org/linktypes.html. A file may have any other
// number, which is kept as it is.
enum class LinkType : std::uint16_t {
  kNull = 0,
  kEthernet = 1,
  kPpp = 9,
  kPppHdlc = 50,
  kRaw = 101,
  kCiscoHdlc = 104,
  kFrameRelay = 107,
  kLoop = 108,
  kLinuxSll = 113,
  kIpv4 = 228,
  kIpv6 = 229,
  kNetlink = 253,
  kLinuxSll2 = 276,
};

// Values of sll_pkttype, <linux/if_packet.h>.
enum class PacketType : std::uint8_t {
  kHost = 0,
  kBroadcast = 1,
  kMulticast = 2,
  kOtherHost = 3,
  kOutgoing = 4,
  kUnknown = 255,
};

enum class ChecksumState : std::uint8_t {
  kUnknown,
  kNotReady,  // the device will fill it in (CHECKSUM_PARTIAL)
  kValid,     // the device has verified it (CHECKSUM_UNNECESSARY)
};

// What one kernel program returned for the frame; values of pcapng epb_verdict's first octet.
enum class VerdictType : std::uint8_t { kHardware = 0, kTc = 1, kXdp = 2 };
struct Verdict {
  VerdictType type;
  std::int64_t value;
};

// Values of NF_INET_…, <linux/netfilter.h>.
enum class NetfilterHook : std::uint8_t { kPrerouting, kInput, kForward, kOutput, kPostrouting };
inline constexpr std::array<std::string_view, 5> kNetfilterHookNames = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT",
                                                                        "POSTROUTING"};

// What a host tap knows about an sk_buff in addition to the frame. Text is borrowed, like the record.
struct Trace {
  std::uint64_t skb = 0;                            // its address: the same until the packet is freed, then reused
  NetfilterHook hook = NetfilterHook::kPrerouting;  // kNetfilter
  bool last = false;                                // kNetfilter: after all rules of the hook, otherwise before them
  bool followed = false;          // rejected by the filter, but its sk_buff was accepted at another point
  bool other_netns = false;       // seen in a different network namespace from the capture's
  std::uint32_t netns = 0;        // … its inode number, 0 unknown
  std::string_view netns_name;    // … its name in /run/netns; empty: none
  std::string_view device;        // of a device that is not captured, so that no interface names it; empty: unknown
  std::uint32_t in_ifindex = 0;   // kNetfilter, 0 none
  std::uint32_t out_ifindex = 0;  // kNetfilter, 0 none
  bool bridge_port = false;       // kDrop: the device is a port of a bridge
  std::string_view reason;        // kDrop: enum skb_drop_reason without its prefix: "NETFILTER_DROP"
  std::string_view function;      // kDrop, kEnd: the function that freed it; empty: unknown
  std::string_view rule;          // kDrop: the rule of nftables that did it; empty: not known
};

// An option of a pcapng block that has no field of its own here, in the byte order of this machine.
struct FileOption {
  std::uint16_t code;
  std::vector<std::byte> value;
};

// One capture point: a network device at one family of taps. Sinks number interfaces from 0 in the order in which they
// are announced.
struct Interface {
  std::string name;           // "eth0", or "eth0:xdp" when several taps run; from a file: if_name, may be empty
  std::string description;    // "tc ingress and egress"; may be empty
  std::string filter;         // expression, may be empty
  std::uint32_t ifindex = 0;  // 0: unknown
  LinkType link_type = LinkType::kEthernet;
  std::uint32_t snaplen = 0;  // 0: no limit
  std::optional<std::array<std::uint8_t, 6>> mac;
  bool ingress_only = false;             // the tap cannot see packets that the host sends (XDP)
  std::optional<std::uint8_t> fcs_bits;  // length of the frame check sequence at the end of each frame
  std::vector<FileOption> options;       // from a file
};

// What a pcapng file tells of a packet and no field of RecordView holds.
struct FileExtras {
  std::uint32_t flags = 0;             // bits of epb_flags
  std::span<const std::byte> options;  // as they are in a file of this machine
};

// One captured frame. `data` is what was captured (cap_len = data.size()), wire_len what was on the wire.
struct RecordView {
  std::uint64_t time_ns = 0;  // since the epoch
  std::span<const std::byte> data;
  std::uint32_t wire_len = 0;
  std::uint32_t interface_id = 0;
  LinkType link_type = LinkType::kEthernet;
  Tap tap = Tap::kUnknown;
  Direction direction = Direction::kUnknown;
  PacketType packet_type = PacketType::kUnknown;
  ChecksumState checksum = ChecksumState::kUnknown;

  std::uint64_t lost_before = 0;  // records of this interface lost since the previous one
  bool triggers = false;          // live: it matches the expression that a recorder waits for
  std::optional<std::uint64_t> packet_id;
  std::optional<std::uint32_t> rx_queue;
  std::optional<std::uint32_t> hash;
  std::optional<Verdict> verdict;
  std::uint32_t cpu = 0;
  std::uint32_t mark = 0;
  std::uint32_t gso_size = 0;
  std::uint32_t gso_segs = 0;
  std::uint32_t ifindex = 0;  // the device, from the record itself (also in LINUX_SLL2); 0: unknown
  std::optional<Trace> trace;
  const Owners* owners = nullptr;      // --who; borrowed
  std::string_view comment;            // from a file, several with '\0' between them; borrowed like data
  const FileExtras* extras = nullptr;  // from a file; borrowed, too
};

// A part of a pcapng file that is neither an interface nor a packet, nor statistics. Borrowed.
enum class FileBlockKind : std::uint8_t {
  kSection,  // the options of a section header
  kNames,    // name resolution
  kSecrets,  // decryption secrets
  kCustom,   // a custom block that may be copied
  kUncopied  // a custom block that must not be copied, one of an unknown type, or one whose byte order is unknown
};
struct FileBlockView {
  FileBlockKind kind;
  std::uint32_t type;
  std::span<const std::byte>
      body;  // between the block's header and its length at the end, as in a file of this machine
};

// Totals of one interface since the capture began; written to pcapng's interface statistics block.
struct InterfaceStatistics {
  std::uint32_t interface_id = 0;
  std::uint64_t start_ns = 0;         // epoch
  std::uint64_t end_ns = 0;           // epoch, the moment of this reading
  std::uint64_t received = 0;         // isb_ifrecv: frames that reached the tap
  std::uint64_t filter_accepted = 0;  // isb_filteraccept
  std::uint64_t dropped = 0;          // isb_osdrop: accepted frames that the kernel side lost
  std::uint64_t delivered = 0;        // isb_usrdeliv
  std::uint32_t told = ~0U;           // which of these are known, a bit for each option code: a file may lack some
};

}  // namespace ringtap
