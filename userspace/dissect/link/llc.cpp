// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Logical link control, IEEE 802.2, and the SNAP header after it, IEEE 802.
#include "dissect/control/printers.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/network/printers.hpp"
#include "dissect/routing/printers.hpp"
#include "dissect/tables.hpp"

namespace ringtap {
namespace {

constexpr Token kSaps[] = {{0x00, "Null"}, {0x02, "802.1B I"}, {0x04, "SNA"},     {0x06, "IP"},     {0x0e, "ProWay NM"},
                           {0x42, "STP"},  {0x4e, "RS511"},    {0x7e, "ISO8208"}, {0x8e, "ProWay"}, {0xaa, "SNAP"},
                           {0xe0, "IPX"},  {0xf0, "NetBeui"},  {0xfe, "OSI"}};
constexpr std::string_view kSupervisory[] = {"Receiver Ready", "Receiver not Ready", "Reject", "?"};
constexpr std::uint8_t kUi = 0x03;
constexpr std::uint8_t kXid = 0xaf;
constexpr std::uint8_t kBasicFormat = 0x81;  // of XID, IEEE 802.2: then the types of LLC and the receive window
constexpr std::size_t kBasicXid = 3;
constexpr Token kUnnumbered[] = {{0x03, "ui"},    {0x0f, "dm"},   {0x43, "disc"}, {0x63, "ua"},
                                 {0x6f, "sabme"}, {0x87, "frmr"}, {kXid, "xid"},  {0xe3, "test"}};
constexpr std::uint8_t kSapIp = 0x06;
constexpr std::uint8_t kSapIpx = 0xe0;
constexpr std::uint8_t kRawIpx = 0xff;  // Novell's frames without LLC begin with IPX' checksum, which is not used
constexpr std::uint8_t kSapOsi = 0xfe;
constexpr std::uint8_t kSapStp = 0x42;
constexpr std::uint8_t kSapSnap = 0xaa;

constexpr std::uint32_t kOuiEthernet = 0x000000;
constexpr std::uint32_t kOuiCisco = 0x00000c;
constexpr std::uint32_t kOuiCiscoBridged = 0x0000f8;
constexpr std::uint32_t kOuiAppletalk = 0x080007;
constexpr std::uint32_t kOuiBridged = 0x0080c2;

// After two bytes that pad it, RFC 2684, 5.2.
void print_bridged_ethernet(Context& context, Cursor frame) {
  if (!frame.has(2)) return frame.truncated();
  frame.skip(2);
  print_ethernet_frame(context, frame);
}

// Protocols that an organization has numbered itself.
struct SnapRow {
  std::uint32_t oui;
  std::uint16_t pid;
  std::string_view name;
  void (*print)(Context&, Cursor) = nullptr;
};
constexpr SnapRow kSnap[] = {
    {kOuiCisco, 0x2000, "CDP", print_cdp},
    {kOuiCisco, 0x2003, "VTP", print_vtp},
    {kOuiCisco, 0x2004, "DTP", print_dtp},
    {kOuiCisco, 0x010b, "PVST", print_stp},
    {kOuiCisco, 0x010c, "VLAN Bridge", print_stp},
    {kOuiCisco, 0x0111, "UDLD", print_udld},
    {kOuiBridged, 0x0001, "Ethernet + FCS", print_bridged_ethernet},
    {kOuiBridged, 0x0007, "Ethernet w/o FCS", print_bridged_ethernet},
    {kOuiBridged, 0x000d, "Fragments"},
    {kOuiBridged, 0x000e, "BPDU", print_stp},
};

bool is_ethertype_oui(std::uint32_t oui) {
  return oui == kOuiEthernet || oui == kOuiCiscoBridged;
}

void put_sap(Context& context, std::uint8_t sap, std::string_view kind) {
  context.put_name(token(kSaps, sap), "Unknown ", kind, " 0x", Hex{sap, 2});
}

void put_snap_header(Context& context, std::uint32_t oui, std::uint16_t pid, std::size_t length) {
  if (oui != kOuiEthernet || context.options.link_header) {
    context.put("oui ", NamedHex{organization_name(oui), oui, 6}, ", ");
  }
  if (oui == kOuiEthernet) {
    context.put("ethertype ", ethertype_name(pid));
  } else {
    std::string_view name = "Unknown";
    for (const SnapRow& row : kSnap) {
      if (row.oui == oui && row.pid == pid) name = row.name;
    }
    if (oui == kOuiCiscoBridged || oui == kOuiAppletalk) name = ethertype_name(pid);
    context.put("pid ", name);
  }
  context.put(" (0x", Hex{pid, 4}, "), length ", length, ": ");
}

bool print_snap_payload(Context& context, std::uint32_t oui, std::uint16_t pid, const Cursor& payload,
                        const LinkHeader& link) {
  if (is_ethertype_oui(oui) || (oui == kOuiAppletalk && pid == 0x809b)) {
    return print_ethertype(context, pid, payload, link);
  }
  for (const SnapRow& row : kSnap) {
    if (row.oui != oui || row.pid != pid || row.print == nullptr) continue;
    row.print(context, payload);
    return true;
  }
  return false;
}

void put_station_saps(Context& context, const LinkHeader& link, std::uint8_t destination, std::uint8_t source) {
  const bool stations = link.source != nullptr;
  if (stations) context.station(link.source);
  if (source != destination) {
    if (stations) context.put(' ');
    put_sap(context, source, "SSAP");
  }
  if (stations || source != destination) context.put(" > ");
  if (stations) {
    context.station(link.destination);
    context.put(' ');
  }
  put_sap(context, destination, "DSAP");
}

}  // namespace

bool print_snap(Context& context, Cursor frame, const LinkHeader& link, std::size_t& header_size) {
  constexpr std::size_t kSnapHeader = 5;
  context.protocol("snap");
  if (!frame.has(kSnapHeader)) {
    context.put_truncated();
    header_size += frame.captured();
    return true;
  }
  const std::uint32_t oui = frame.be24(0);
  const std::uint16_t pid = frame.be16(3);
  const Cursor payload = frame.from(kSnapHeader);
  header_size += kSnapHeader;
  const bool shown = context.options.link_header;
  if (shown) put_snap_header(context, oui, pid, payload.length());
  if (print_snap_payload(context, oui, pid, payload, link)) return true;
  if (!shown) {
    put_station_saps(context, link, kSapSnap, kSapSnap);
    context.put(", ");
    put_snap_header(context, oui, pid, payload.length());
  }
  return false;
}

bool print_llc(Context& context, Cursor frame, const LinkHeader& link, std::size_t& header_size) {
  context.protocol("llc");
  const std::size_t length = frame.length();
  // What is left of a header is dumped here whatever the options say.
  const auto cut_off = [&](Cursor header) {
    context.put_truncated();
    dump_hex_and_ascii(context.out, header.bytes());
    return true;
  };
  const auto cut_header = [&] {
    header_size += frame.captured();
    return cut_off(frame);
  };
  if (!frame.has(3) || length < 3) return cut_header();
  const std::uint8_t destination = frame.u8(0);
  const std::uint8_t source = frame.u8(1);
  const bool unnumbered = (frame.u8(2) & 3) == 3;
  const std::size_t size = unnumbered ? 3 : 4;
  if (!frame.has(size) || length < size) return cut_header();
  const std::uint16_t control = unnumbered ? frame.u8(2) : frame.le16(2);
  if (destination == kRawIpx && source == kRawIpx) {
    print_ipx_packet(context, frame, "IPX 802.3: ");
    return true;
  }
  header_size += size;
  const std::uint8_t destination_sap = destination & 0xfe;
  const std::uint8_t source_sap = source & 0xfe;
  const bool shown = context.options.link_header;
  if (shown) {
    context.put("LLC, dsap ", named_hex(kSaps, destination_sap, "Unknown"), ' ',
                (destination & 1) != 0 ? "Group" : "Individual", ", ssap ", named_hex(kSaps, source_sap, "Unknown"),
                ' ', (source & 1) != 0 ? "Response" : "Command", ", ctrl 0x", Hex{control, unnumbered ? 2u : 4u}, ": ");
  }
  const Cursor payload = frame.from(size);
  if (unnumbered && control == kUi && destination_sap == source_sap) {
    if (destination_sap == kSapSnap) return print_snap(context, payload, link, header_size);
    if (destination_sap == kSapStp) {
      print_stp(context, payload);
      return true;
    }
    if (destination_sap == kSapIpx) {
      print_ipx_packet(context, payload, "IPX 802.2: ");
      return true;
    }
    if (destination_sap == kSapIp) {
      print_ipv4_packet(context, payload);
      return true;
    }
    if (destination_sap == kSapOsi) {
      print_osi(context, payload);
      return true;
    }
  }
  if (!shown) {
    put_station_saps(context, link, destination_sap, source_sap);
    context.put(' ');
  }
  const bool poll = (control & (unnumbered ? 0x10 : 0x100)) != 0;
  const std::string_view flags = (source & 1) == 0 ? (poll ? "Poll" : "Command") : (poll ? "Final" : "Response");
  if (unnumbered) {
    const std::uint32_t kind = control & 0xefU;
    context.put("Unnumbered, ");
    context.put_name(token(kUnnumbered, kind), Hex{kind, 2});
    context.put(", Flags [", flags, "], length ", length);
    if (kind != kXid) return false;
    if (payload.length() == 0) return true;
    if (!payload.has(1)) return cut_off(payload);
    if (payload.u8(0) != kBasicFormat) return false;
    if (!payload.has(kBasicXid)) return cut_off(payload);
    context.put(": ", Hex{payload.u8(1), 2}, ' ', Hex{payload.u8(2), 2});
    return true;
  }
  if ((control & 1) != 0) {
    context.put("Supervisory, ", kSupervisory[control >> 2 & 3], ", rcv seq ", static_cast<std::uint32_t>(control >> 9),
                ", Flags [", flags, "], length ", length);
    return true;  // has nothing after its header
  }
  context.put("Information, send seq ", static_cast<std::uint32_t>(control >> 1 & 0x7f), ", rcv seq ",
              static_cast<std::uint32_t>(control >> 9), ", Flags [", flags, "], length ", length);
  return false;
}

}  // namespace ringtap
