// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dissect/names.hpp"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <iterator>

namespace ringtap {
namespace {

// The organizations that tcpdump 4.99.3 has a name for, of all 2^24.
constexpr Token kOrganizations[] = {
    {0x000000, "Ethernet"},
    {0x00000c, "Cisco"},
    {0x00005e, "IANA"},
    {0x000081, "Nortel Networks SONMP"},
    {0x0000f8, "Cisco bridged"},
    {0x00049f, "Freescale"},
    {0x0004ea, "HP-Labs"},
    {0x001018, "Broadcom"},
    {0x00120f, "IEEE 802.3 Private"},
    {0x0012bb, "ANSI/TIA"},
    {0x0015ad, "Netronome"},
    {0x001b21, "DCBX"},
    {0x002320, "Nicira Networks"},
    {0x002481, "HP"},
    {0x0080c2, "Ethernet bridged"},
    {0x009069, "Juniper"},
    {0x00a03e, "ATM Forum"},
    {0x00e004, "PMC-Sierra"},
    {0x00e02f, "DOCSIS Spanning Tree"},
    {0x080007, "Appletalk"},
    {0x080009, "Hewlett-Packard"},
    {0x5c16c7, "Big Switch Networks"},
    {0x748771, "Infoblox Inc"},
    {0xa42305, "Open Networking Lab"},
    {0xb0d2f5, "Vello Systems"},
    {0xd0f0db, "Ericsson"},
};

// IANA, Protocol Numbers, as tcpdump 4.99.3 spells them; it does not look into protocols(5).
constexpr Token kIpProtocols[] = {{0, "hopopt"},
                                  {1, "icmp"},
                                  {2, "igmp"},
                                  {3, "ggp"},
                                  {4, "ipencap"},
                                  {5, "st"},
                                  {6, "tcp"},
                                  {7, "cbt"},
                                  {8, "egp"},
                                  {9, "igp"},
                                  {10, "bbn-rcc-mon"},
                                  {11, "nvp-ii"},
                                  {12, "pup"},
                                  {13, "argus"},
                                  {14, "emcon"},
                                  {15, "xnet"},
                                  {16, "chaos"},
                                  {17, "udp"},
                                  {18, "mux"},
                                  {19, "dcn-meas"},
                                  {20, "hmp"},
                                  {21, "prm"},
                                  {22, "xns-idp"},
                                  {23, "trunk-1"},
                                  {24, "trunk-2"},
                                  {25, "leaf-1"},
                                  {26, "leaf-2"},
                                  {27, "rdp"},
                                  {28, "irtp"},
                                  {29, "iso-tp4"},
                                  {30, "netblt"},
                                  {31, "mfe-nsp"},
                                  {32, "merit-inp"},
                                  {33, "dccp"},
                                  {34, "3pc"},
                                  {35, "idpr"},
                                  {36, "xtp"},
                                  {37, "ddp"},
                                  {38, "idpr-cmtp"},
                                  {39, "tp++"},
                                  {40, "il"},
                                  {41, "ipv6"},
                                  {42, "sdrp"},
                                  {43, "ipv6-route"},
                                  {44, "ipv6-frag"},
                                  {45, "idrp"},
                                  {46, "rsvp"},
                                  {47, "gre"},
                                  {48, "dsr"},
                                  {49, "bna"},
                                  {50, "esp"},
                                  {51, "ah"},
                                  {52, "i-nlsp"},
                                  {53, "swipe"},
                                  {54, "narp"},
                                  {55, "mobile"},
                                  {56, "tlsp"},
                                  {57, "skip"},
                                  {58, "ipv6-icmp"},
                                  {59, "ipv6-nonxt"},
                                  {60, "ipv6-opts"},
                                  {62, "cftp"},
                                  {64, "sat-expak"},
                                  {65, "kryptolan"},
                                  {66, "rvd"},
                                  {67, "ippc"},
                                  {69, "sat-mon"},
                                  {70, "visa"},
                                  {71, "ipcv"},
                                  {72, "cpnx"},
                                  {73, "rspf"},
                                  {74, "wsn"},
                                  {75, "pvp"},
                                  {76, "br-sat-mon"},
                                  {77, "sun-nd"},
                                  {78, "wb-mon"},
                                  {79, "wb-expak"},
                                  {80, "iso-ip"},
                                  {81, "vmtp"},
                                  {82, "secure-vmtp"},
                                  {83, "vines"},
                                  {84, "ttp"},
                                  {85, "nsfnet-igp"},
                                  {86, "dgp"},
                                  {87, "tcf"},
                                  {88, "eigrp"},
                                  {89, "ospf"},
                                  {90, "sprite-rpc"},
                                  {91, "larp"},
                                  {92, "mtp"},
                                  {93, "ax.25"},
                                  {94, "ipip"},
                                  {95, "micp"},
                                  {96, "scc-sp"},
                                  {97, "etherip"},
                                  {98, "encap"},
                                  {100, "gmtp"},
                                  {101, "ifmp"},
                                  {102, "pnni"},
                                  {103, "pim"},
                                  {104, "aris"},
                                  {105, "scps"},
                                  {106, "qnx"},
                                  {107, "a/n"},
                                  {108, "ipcomp"},
                                  {109, "snp"},
                                  {110, "compaq-peer"},
                                  {111, "ipx-in-ip"},
                                  {112, "vrrp"},
                                  {113, "pgm"},
                                  {115, "l2tp"},
                                  {116, "ddx"},
                                  {117, "iatp"},
                                  {118, "stp"},
                                  {119, "srp"},
                                  {120, "uti"},
                                  {121, "smp"},
                                  {122, "sm"},
                                  {123, "ptp"},
                                  {124, "isis"},
                                  {125, "fire"},
                                  {126, "crtp"},
                                  {127, "crudp"},
                                  {128, "sscopmce"},
                                  {129, "iplt"},
                                  {130, "sps"},
                                  {131, "pipe"},
                                  {132, "sctp"},
                                  {133, "fc"},
                                  {134, "rsvp-e2e-ignore"},
                                  {135, "mobility-header"},
                                  {136, "udplite"},
                                  {137, "mpls-in-ip"},
                                  {138, "manet"},
                                  {139, "hip"},
                                  {140, "shim6"},
                                  {141, "wesp"},
                                  {142, "rohc"},
                                  {253, "exptest-253"},
                                  {254, "exptest-254"},
                                  {255, "reserved"}};
constexpr auto kIpProtocolNames = [] {
  std::array<std::string_view, 256> names{};
  for (const Token& row : kIpProtocols) names[row.value] = row.name;
  return names;
}();

// https://www.iana.org/assignments/enterprise-numbers
constexpr Token kEnterprises[] = {
    {0, "IETF (reserved)"},
    {5, "ACC"},
    {9, "Cisco"},
    {11, "Hewlett Packard"},
    {42, "Sun Microsystems"},
    {61, "Merit"},
    {74, "AT&T"},
    {161, "Motorola"},
    {166, "Shiva"},
    {193, "Ericsson AB"},
    {255, "Cisco VPN 5000"},
    {307, "Livingston"},
    {311, "Microsoft"},
    {429, "3Com"},
    {529, "Ascend"},
    {1584, "Bay Networks"},
    {1991, "Foundry"},
    {2180, "Versanet"},
    {2352, "Redback"},
    {2636, "Juniper Networks"},
    {2637, "Aptis"},
    {2937, "Deutsche Telekom AG"},
    {3054, "Ixia Communications"},
    {3076, "Cisco VPN 3000"},
    {3085, "CoSine Communications"},
    {3199, "Shasta"},
    {3224, "Netscreen"},
    {3309, "Nomadix"},
    {3414, "T-Mobile"},
    {3561, "The Broadband Forum"},
    {3902, "ZTE"},
    {4329, "Siemens"},
    {4491, "CableLabs"},
    {4874, "Unisphere Networks"},
    {5263, "Cisco BBSM"},
    {5535, "3rd Generation Partnership Project 2 (3GPP2)"},
    {5806, "SK Telecom"},
    {5925, "ipUnplugged"},
    {5948, "Issanni Communications"},
    {5951, "Netscaler"},
    {6490, "T-Mobile"},
    {6618, "Quintum"},
    {6728, "Interlink"},
    {7951, "CNCTC"},
    {8164, "Starent Networks"},
    {8744, "Colubris"},
    {10415, "3GPP"},
    {10529, "Gemtek-Systems"},
    {10704, "Barracuda Networks"},
    {10923, "Ericsson AB - Packet Core Networks"},
    {11665, "dacom"},
    {11862, "Columbia University"},
    {12356, "Fortinet"},
    {12951, "Verizon Wireless"},
    {13745, "Plixer"},
    {14122, "Wi-Fi Alliance"},
    {16787, "T-Systems Nova"},
    {20942, "China Telecom - Guangzhou Research Institute"},
    {26866, "Gigamon Systems"},
    {32622, "CACE Technologies"},
    {35632, "ntop"},
    {46098, "Ericsson Canada"},
};

// https://www.iana.org/assignments/address-family-numbers
constexpr Token kAddressFamilies[] = {
    {0, "Reserved"},   {1, "IPv4"},         {2, "IPv6"},          {3, "NSAP"},
    {4, "HDLC"},       {5, "BBN 1822"},     {6, "802"},           {7, "E.163"},
    {8, "E.164"},      {9, "F.69"},         {10, "X.121"},        {11, "Novell IPX"},
    {12, "Appletalk"}, {13, "Decnet IV"},   {14, "Banyan Vines"}, {15, "E.164 with NSAP subaddress"},
    {25, "VPLS"},      {196, "Layer-2 VPN"}};

// RFC 4446 3.2.
constexpr Token kPseudowires[] = {
    {0, "Reserved"},
    {1, "Frame Relay DLCI (Martini Mode)"},
    {2, "ATM AAL5 SDU VCC transport"},
    {3, "ATM transparent cell transport"},
    {4, "Ethernet VLAN"},
    {5, "Ethernet"},
    {6, "Cisco-HDLC"},
    {7, "PPP"},
    {8, "SONET/SDH Circuit Emulation Service over MPLS"},
    {9, "ATM n-to-one VCC cell transport"},
    {10, "ATM n-to-one VPC cell transport"},
    {11, "IP Layer2 Transport"},
    {12, "ATM one-to-one VCC Cell Mode"},
    {13, "ATM one-to-one VPC Cell Mode"},
    {14, "ATM AAL5 PDU VCC transport"},
    {15, "Frame-Relay Port mode"},
    {16, "SONET/SDH Circuit Emulation over Packet"},
    {17, "Structure-agnostic E1 over Packet"},
    {18, "Structure-agnostic T1 (DS1) over Packet"},
    {19, "Structure-agnostic E3 over Packet"},
    {20, "Structure-agnostic T3 (DS3) over Packet"},
    {21, "CESoPSN basic mode"},
    {22, "TDMoIP basic mode"},
    {23, "CESoPSN TDM with CAS"},
    {24, "TDMoIP TDM with CAS"},
    {25, "Frame Relay DLCI"},
};

}  // namespace

std::string_view enterprise_name(std::uint32_t number) {
  return token(kEnterprises, number, "Unknown");
}

std::string_view address_family_name(std::uint16_t family) {
  return token(kAddressFamilies, family);
}

std::string_view pseudowire_name(std::uint16_t type, std::string_view otherwise) {
  return token(kPseudowires, type, otherwise);
}

std::string_view organization_name(std::uint32_t oui) {
  const auto* const row = std::ranges::lower_bound(kOrganizations, oui, {}, &Token::value);
  return row != std::end(kOrganizations) && row->value == oui ? row->name : "Unknown";
}

ServiceNames ServiceNames::of_this_host() {
  ServiceNames names;
  names.tcp_.resize(65536);
  names.udp_.resize(65536);
  setservent(1);
  while (const servent* entry = getservent()) {
    const std::string_view protocol(entry->s_proto);
    const std::size_t port = ntohs(static_cast<std::uint16_t>(entry->s_port));
    if (protocol == "tcp") {
      names.tcp_[port] = entry->s_name;
    } else if (protocol == "udp") {
      names.udp_[port] = entry->s_name;
    }
  }
  endservent();
  return names;
}

std::string_view ServiceNames::ip_protocol(std::uint8_t protocol) const {
  return tcp_.empty() ? std::string_view() : kIpProtocolNames[protocol];
}

}  // namespace ringtap
