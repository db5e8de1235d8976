// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The names of RFC 3471 3.1.1, and of RFC 3471 and RFC 4328 for what a path carries.
#include "dissect/routing/gmpls.hpp"

#include "dissect/names.hpp"

namespace ringtap {
namespace {

constexpr Token kSwitchings[] = {
    {1, "Packet-Switch Capable-1"}, {2, "Packet-Switch Capable-2"}, {3, "Packet-Switch Capable-3"},
    {4, "Packet-Switch Capable-4"}, {51, "Layer-2 Switch Capable"}, {100, "Time-Division-Multiplex"},
    {150, "Lambda-Switch Capable"}, {200, "Fiber-Switch Capable"},
};
constexpr Token kEncodings[] = {
    {1, "Packet"},          {2, "Ethernet V2/DIX"},   {3, "ANSI/ETSI PDH"},
    {4, "Reserved"},        {6, "Reserved"},          {5, "SDH ITU-T G.707/SONET ANSI T1.105"},
    {7, "Digital Wrapper"}, {8, "Lambda (photonic)"}, {9, "Fiber"},
    {10, "Reserved"},       {11, "FiberChannel"},
};
// By number, from 1 on.
constexpr std::string_view kPayloads[] = {
    "Reserved",
    "Reserved",
    "Reserved",
    "Reserved",
    "Asynchronous mapping of E4",
    "Asynchronous mapping of DS3/T3",
    "Asynchronous mapping of E3",
    "Bit synchronous mapping of E3",
    "Byte synchronous mapping of E3",
    "Asynchronous mapping of DS2/T2",
    "Bit synchronous mapping of DS2/T2",
    "Reserved",
    "Asynchronous mapping of E1",
    "Byte synchronous mapping of E1",
    "Byte synchronous mapping of 31 * DS0",
    "Asynchronous mapping of DS1/T1",
    "Bit synchronous mapping of DS1/T1",
    "Byte synchronous mapping of DS1/T1",
    "VC-11 in VC-12",
    "Reserved",
    "Reserved",
    "DS1 SF Asynchronous",
    "DS1 ESF Asynchronous",
    "DS3 M23 Asynchronous",
    "DS3 C-Bit Parity Asynchronous",
    "VT/LOVC",
    "STS SPE/HOVC",
    "POS - No Scrambling, 16 bit CRC",
    "POS - No Scrambling, 32 bit CRC",
    "POS - Scrambling, 16 bit CRC",
    "POS - Scrambling, 32 bit CRC",
    "ATM mapping",
    "Ethernet PHY",
    "SONET/SDH",
    "Reserved (SONET deprecated)",
    "Digital Wrapper",
    "Lambda",
    "ANSI/ETSI PDH",
    "Reserved",
    "Link Access Protocol SDH (X.85 and X.86)",
    "FDDI",
    "DQDB (ETSI ETS 300 216)",
    "FiberChannel-3 (Services)",
    "HDLC",
    "Ethernet V2/DIX (only)",
    "Ethernet 802.3 (only)",
    "G.709 ODUj",
    "G.709 OTUk(v)",
    "CBR/CBRa",
    "CBRb",
    "BSOT",
    "BSNT",
    "IP/PPP (GFP)",
    "Ethernet MAC (framed GFP)",
    "Ethernet PHY (transparent GFP)",
    "ESCON",
    "FICON",
    "Fiber Channel",
};

}  // namespace

std::string_view gmpls_switching_name(std::uint8_t type, std::string_view otherwise) {
  return token(kSwitchings, type, otherwise);
}

std::string_view gmpls_encoding_name(std::uint8_t type, std::string_view otherwise) {
  return token(kEncodings, type, otherwise);
}

std::string_view gmpls_payload_name(std::uint16_t id, std::string_view otherwise) {
  return id >= 1 && id <= std::size(kPayloads) ? kPayloads[id - 1] : otherwise;
}

}  // namespace ringtap
