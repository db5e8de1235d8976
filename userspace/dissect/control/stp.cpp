// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Spanning tree: IEEE 802.1D, rapid 802.1w, multiple 802.1s and shortest path 802.1aq (802.1Q-2018 clause 14).
#include "dissect/control/printers.hpp"

namespace ringtap {
namespace {

constexpr Token kVersions[] = {{0, "STP 802.1d"}, {2, "STP 802.1w"}, {3, "STP 802.1s"}, {4, "STP 802.1aq"}};
constexpr std::uint8_t kVersionRapid = 2;
constexpr std::uint8_t kVersionMultiple = 3;
constexpr std::uint8_t kVersionShortest = 4;

enum Type : std::uint8_t { kConfig = 0, kRapid = 2, kTopologyChange = 0x80 };
constexpr Token kTypes[] = {{kConfig, "Config"}, {kRapid, "Rapid STP"}, {kTopologyChange, "Topology Change"}};
constexpr Token kFlags[] = {{0x01, "Topology change"}, {0x02, "Proposal"},  {0x10, "Learn"},
                            {0x20, "Forward"},         {0x40, "Agreement"}, {0x80, "Topology change ACK"}};
constexpr std::string_view kRoles[] = {"Unknown", "Alternate", "Root", "Designated"};

constexpr std::size_t kConfigSize = 35;
constexpr std::size_t kRapidSize = 36;
constexpr std::size_t kMultipleSize = 102;
constexpr std::size_t kVersion3 = 38;  // where the part begins whose length precedes it
constexpr std::size_t kInstanceSize = 16;

std::string_view role(std::uint8_t flags) {
  return kRoles[flags >> 2 & 3];
}

void put_bridge(Context& context, const Cursor& bpdu, std::size_t at) {
  const std::uint8_t* id = bpdu.block(at, 8);
  context.put(Hex{load_be16(id), 4}, '.');
  context.out.separated_hex(id + 2, 6, ':');
}

// Times are 1/256 s.
void put_time(Context& context, std::string_view name, const Cursor& bpdu, std::size_t at) {
  constexpr std::uint32_t kSecond = 256;
  const std::uint32_t ticks = bpdu.be16(at);
  // Rounded to the nearest hundredth, of two to the even one.
  std::uint32_t hundredths = ticks * 100 / kSecond;
  const std::uint32_t rest = ticks * 100 % kSecond;
  if (rest > kSecond / 2 || (rest == kSecond / 2 && hundredths % 2 != 0)) ++hundredths;
  context.put(name, hundredths / 100, '.', Padded{hundredths % 100, 2}, 's');
}

void put_times(Context& context, const Cursor& bpdu) {
  put_time(context, "\n\tmessage-age ", bpdu, 27);
  put_time(context, ", max-age ", bpdu, 29);
  put_time(context, ", hello-time ", bpdu, 31);
  put_time(context, ", forwarding-delay ", bpdu, 33);
}

void print_config(Context& context, const Cursor& bpdu, std::size_t length, std::uint8_t version) {
  const std::uint8_t flags = bpdu.u8(4);
  context.put(", Flags [");
  context.put_flags(kFlags, flags);
  context.put(']');
  if (!bpdu.has(27)) return (void)bpdu.span(0, 27);
  context.put(", bridge-id ");
  put_bridge(context, bpdu, 17);
  context.put('.', Hex{bpdu.be16(25), 4}, ", length ", length);
  if (!context.verbose()) return;
  if (!bpdu.has(kConfigSize)) return (void)bpdu.span(0, kConfigSize);
  put_times(context, bpdu);
  context.put("\n\troot-id ");
  put_bridge(context, bpdu, 5);
  context.put(", root-pathcost ", bpdu.be32(13));
  if (version == kVersionRapid) context.put(", port-role ", role(flags));
}

void put_instance(Context& context, const Cursor& instance) {
  const std::uint8_t flags = instance.u8(0);
  const std::uint16_t priority = instance.be16(1);
  context.put("\n\tMSTI ", static_cast<std::uint32_t>(priority & 0xfff), ", Flags [");
  context.put_flags(kFlags, flags);
  context.put("], port-role ", role(flags));
  (void)instance.block(1, 12);
  context.put("\n\t\tMSTI regional-root-id ");
  put_bridge(context, instance, 1);
  context.put(", pathcost ", instance.be32(9));
  context.put("\n\t\tMSTI bridge-prio ", static_cast<std::uint32_t>(instance.u8(13) >> 4), ", port-prio ",
              static_cast<std::uint32_t>(instance.u8(14) >> 4), ", hops ", instance.u8(15));
}

// What shortest path bridging adds after the instances: its own configuration and the neighbors' agreement on it.
void put_shortest_path(Context& context, const Cursor& part, std::size_t length) {
  constexpr std::size_t kSize = 85;
  const std::size_t size = part.be16(0);
  if (context.truncated()) return;
  if (size < kSize || length < 2 + size) return context.put_invalid();
  if (!context.verbose()) return;
  context.put("\n\tv4len ", size, ", AUXMCID Name ");
  for (std::size_t i = 0; i < 32; ++i) {
    const std::uint8_t byte = part.u8(3 + i);
    if (byte == 0 || context.truncated()) break;
    context.out.escaped(byte);
  }
  (void)part.block(35, 18);
  context.put(", Rev ", part.be16(35), ",\n\t\tdigest ");
  for (std::size_t at = 37; at < 53; at += 4) context.put(Hex{part.be32(at), 8});
  (void)part.block(53, 34);
  const std::uint32_t agreement = part.u8(53);
  const std::uint32_t format = part.u8(55);
  const std::uint32_t convention = part.u8(56);
  context.put("\n\tAgreement num ", agreement >> 6, ", Discarded Agreement num ", agreement >> 4 & 3,
              ", Agreement valid-flag ", agreement >> 3 & 1, ",\n\tRestricted role-flag: ", agreement >> 2 & 1,
              ", Format id ", format >> 4, " cap ", format, ", Convention id ", convention >> 4, " cap ", convention,
              ",\n\tEdge count ", part.be16(57), ", Agreement digest ");
  for (std::size_t at = 67; at < 87; at += 4) context.put(Hex{part.be32(at), 8});
}

void print_multiple(Context& context, const Cursor& bpdu, std::size_t length) {
  const std::uint8_t flags = bpdu.u8(4);
  context.put(", CIST Flags [");
  context.put_flags(kFlags, flags);
  context.put("], length ", length);
  if (!context.verbose()) return;
  context.put("\n\tport-role ", role(flags), ", CIST root-id ");
  put_bridge(context, bpdu, 5);
  context.put(", CIST ext-pathcost ", bpdu.be32(13), "\n\tCIST regional-root-id ");
  put_bridge(context, bpdu, 17);
  context.put(", CIST port-id ", Hex{bpdu.be16(25), 4}, ',');
  put_times(context, bpdu);
  const std::uint16_t version3 = bpdu.be16(36);
  context.put("\n\tv3len ", version3, ", MCID Name ");
  // The name ends at the first NUL of its 32 bytes.
  for (std::size_t i = 0; i < 32 && !context.truncated(); ++i) {
    const std::uint8_t byte = bpdu.u8(39 + i);
    if (byte == 0 || context.truncated()) break;
    context.out.escaped(byte);
  }
  (void)bpdu.block(71, 18);
  context.put(", rev ", bpdu.be16(71), ",\n\t\tdigest ");
  for (std::size_t at = 73; at < 89; at += 4) context.put(Hex{bpdu.be32(at), 8});
  context.put(", ");
  context.put("CIST int-root-pathcost ", bpdu.be32(89), ",");
  (void)bpdu.block(93, 8);
  context.put("\n\tCIST bridge-id ");
  put_bridge(context, bpdu, 93);
  context.put(", ");
  context.put("CIST remaining-hops ", bpdu.u8(101));
  // 64 bytes of version 3 data come before the instances.
  std::size_t left = version3 < 64 ? 0 : version3 - 64u;
  for (Cursor instance = bpdu.from(kMultipleSize); left >= kInstanceSize && !context.truncated();
       left -= kInstanceSize, instance.skip(kInstanceSize)) {
    put_instance(context, instance);
  }
}

}  // namespace

void print_stp(Context& context, Cursor bpdu) {
  context.protocol("stp");
  const std::size_t length = bpdu.length();
  if (length < 4) return context.put_invalid();
  const std::uint16_t protocol = bpdu.be16(0);
  if (context.truncated()) return;
  if (protocol != 0) return context.put("unknown STP version, length ", length);
  const std::uint8_t version = bpdu.u8(2);
  if (context.truncated()) return;
  const std::string_view version_name = token(kVersions, version);
  if (version_name.empty()) return context.put("STP Unknown STP protocol (0x", Hex{version, 2}, ')');
  context.put(version_name);
  const std::uint8_t type = bpdu.u8(3);
  const std::string_view type_name = token(kTypes, type);
  if (type_name.empty()) return context.put(", Unknown BPDU Type (0x", Hex{type, 2}, ')');
  context.put(", ", type_name);
  if (type == kTopologyChange) return;
  if (type == kConfig) {
    if (length < kConfigSize) return context.put_invalid();
    return print_config(context, bpdu, length, version);
  }
  switch (version) {
    case kVersionRapid:
      if (length < kRapidSize) return context.put_invalid();
      return print_config(context, bpdu, length, version);
    case kVersionMultiple:
    case kVersionShortest:
      if (length < kMultipleSize) return context.put_invalid();
      if (length < kVersion3 + bpdu.be16(36) && !context.truncated()) return context.put_invalid();
      print_multiple(context, bpdu, length);
      if (version == kVersionShortest && !context.truncated()) {
        const std::size_t end = kVersion3 + bpdu.be16(36);
        put_shortest_path(context, bpdu.from(end), length - end);
      }
      return;
    default:
      return;
  }
}

}  // namespace ringtap
