// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Ethernet with a tag of the switch chip that the frame came through or is meant for: LINKTYPE_DSA_TAG_DSA,
// LINKTYPE_DSA_TAG_EDSA (net/dsa/tag_dsa.c), LINKTYPE_DSA_TAG_BRCM and LINKTYPE_DSA_TAG_BRCM_PREPEND
// (net/dsa/tag_brcm.c).
#include "dissect/link/printers.hpp"
#include "dissect/tables.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kTag = 4;

enum Mode : std::uint8_t { kToCpu, kFromCpu, kToSniffer, kForward };
constexpr Token kModes[] = {
    {kToCpu, "To CPU"}, {kFromCpu, "From CPU"}, {kToSniffer, "To Sniffer"}, {kForward, "Forward"}};
constexpr Token kCodes[] = {{0, "BPDU (MGMT) Trap"}, {1, "Frame2Reg"},  {2, "IGMP/MLD Trap"},
                            {3, "Policy Trap"},      {4, "ARP Mirror"}, {5, "Policy Mirror"}};

void put_dsa(Context& context, const Cursor& tag) {
  const std::uint8_t first = tag.u8(0);
  const std::uint8_t second = tag.u8(1);
  const std::uint16_t last = tag.be16(2);
  const auto mode = static_cast<std::uint8_t>(first >> 6);
  const bool tagged = (first & 0x20) != 0;
  const std::uint32_t device = first & 0x1fU;
  const std::uint32_t port = second >> 3;
  const bool flag = (second & 4) != 0;  // a trunk, or a received frame
  const std::uint32_t vlan = last & 0xfffU;
  if (!context.options.link_header) {
    switch (mode) {
      case kToCpu:
        context.put("port ", device, '.', port, " > CPU, ");
        break;
      case kFromCpu:
        context.put("CPU > port ", device, '.', port, ", ");
        break;
      case kToSniffer:
        context.put("port ", device, '.', port, " > ", flag ? "Rx" : "Tx", " Sniffer, ");
        break;
      default:
        context.put("Forward ", flag ? "trunk " : "port ", device, '.', port, ", ");
        break;
    }
    context.put("VLAN ", vlan, tagged ? "t, " : "u, ");
    return;
  }
  context.put("mode ", token(kModes, mode), ", ");
  switch (mode) {
    case kToCpu: {
      const std::uint32_t code = (second & 6U) | (last >> 12 & 1U);
      context.put("source dev ", device, ", port ", port, ", code ", token(kCodes, code, "reserved"), ", ");
      break;
    }
    case kFromCpu:
      context.put("target dev ", device, ", port ", port, ", ");
      break;
    case kToSniffer:
      context.put("source dev ", device, ", port ", port, flag ? ", ingress sniff, " : ", egress sniff, ");
      break;
    default:
      context.put("dev ", device, flag ? ", trunk " : ", port ", port, ", ");
      break;
  }
  context.put(tagged ? "tagged, " : "untagged, ", (second & 1) != 0 ? "CFI, " : "", "VID ", vlan, ", FPri ",
              last >> 13 & 7U, ", ");
}

void put_dsa_tag(Context& context, const Cursor& tag) {
  context.put(context.options.link_header ? "Marvell DSA " : "DSA ");
  put_dsa(context, tag);
}

void put_edsa_tag(Context& context, const Cursor& tag) {
  const std::uint16_t type = tag.be16(0);
  if (context.options.link_header) {
    context.put("Marvell EDSA ethertype 0x", Hex{type, 4}, " (", ethertype_name(type), "), rsvd ", tag.u8(2), ' ',
                tag.u8(3), ", ");
  } else {
    context.put("EDSA 0x", Hex{type, 4}, ", ");
  }
  put_dsa(context, tag.from(kTag));
}

constexpr Token kTagEnforcements[] = {{0, "None"}, {1, "Untag"}, {2, "Header"}, {3, "Reserved"}};
constexpr Token kReasons[] = {{0x01, "mirror"},    {0x02, "MAC learning"}, {0x04, "switching"},
                              {0x08, "prot term"}, {0x10, "prot snoop"},   {0x20, "exception"}};

void put_brcm_tag(Context& context, const Cursor& tag) {
  const std::uint8_t first = tag.u8(0);
  const std::uint8_t second = tag.u8(1);
  context.put("BRCM tag OP: ", first != 0 ? "IG" : "EG", ", ");
  if ((first & 0x20) != 0) {
    context.put("TC: ", second >> 2 & 7U, ", TE: ", token(kTagEnforcements, second & 3U), ", TS: ", second >> 7 & 1U,
                ", DST map: 0x", Hex{tag.be16(2) & 0x1ffU, 4}, ", ");
    return;
  }
  context.put("CID: ", second, ", RC: ", token(kReasons, tag.u8(2), "reserved"), ", TC: ", tag.u8(3) >> 5 & 7U,
              ", port: ", tag.u8(3) & 0x1fU, ", ");
}

constexpr SwitchTag kDsa{.size = kTag, .protocol = "dsa", .put = put_dsa_tag};
constexpr SwitchTag kEdsa{.size = 2 * kTag, .protocol = "edsa", .put = put_edsa_tag};
constexpr SwitchTag kBrcm{.size = kTag, .protocol = "brcm-tag", .put = put_brcm_tag};

}  // namespace

void print_dsa(Context& context, Cursor packet) {
  context.link_header_size = print_ethernet_frame(context, packet, &kDsa);
}

void print_edsa(Context& context, Cursor packet) {
  context.link_header_size = print_ethernet_frame(context, packet, &kEdsa);
}

void print_brcm(Context& context, Cursor packet) {
  context.link_header_size = print_ethernet_frame(context, packet, &kBrcm);
}

void print_brcm_prepend(Context& context, Cursor packet) {
  context.protocol("brcm-tag-prepend");
  if (packet.length() < kTag || !packet.has(kTag)) {
    context.put_truncated();
    return;
  }
  if (context.options.link_header) put_brcm_tag(context, packet.first(kTag));
  context.link_header_size = kTag + print_ethernet_frame(context, packet.from(kTag));
}

}  // namespace ringtap
