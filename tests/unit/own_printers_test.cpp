// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Printers of protocols that tcpdump does not print: their texts, that --compat has none of them, and that packets cut
// or damaged give harmless text. The Initial packets of QUIC were sealed by another implementation of its keys.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/compared_printing.hpp"
#include "support/compared_tcpdump.hpp"
#include "support/framed.hpp"
#include "support/packet.hpp"

namespace ringtap {
namespace {

using testing::Bytes;
using testing::bytes_of;
using testing::Cut;
using testing::cut_at_every_length;
using testing::Ethernet;
using testing::first_difference;
using testing::Ipv4;
using testing::Payload;
using testing::printed_by_tcpdump;
using testing::PrintedFamily;
using testing::Tcp;
using testing::Udp;

constexpr std::uint16_t kEphemeral = 50000;

Bytes udp_to(std::uint16_t port, std::string_view hex) {
  return (Ethernet{} / Ipv4{} / Udp{.src_port = kEphemeral, .dst_port = port} / Payload(bytes_of(hex))).bytes();
}
Bytes udp_from(std::uint16_t port, std::string_view hex) {
  return (Ethernet{} / Ipv4{} / Udp{.src_port = port, .dst_port = kEphemeral} / Payload(bytes_of(hex))).bytes();
}
Bytes tcp(std::uint16_t source, std::uint16_t destination, const Bytes& payload) {
  return (Ethernet{} / Ipv4{} / Tcp{.src_port = source, .dst_port = destination, .flags = Tcp::kAck} / Payload(payload))
      .bytes();
}
Bytes tcp_to(std::uint16_t port, std::string_view hex) {
  return tcp(kEphemeral, port, bytes_of(hex));
}
Bytes tcp_from(std::uint16_t port, std::string_view hex) {
  return tcp(port, kEphemeral, bytes_of(hex));
}
// Hexadecimal of text; a NUL for each zero digit.
std::string hex_of(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : text) {
    const char byte = c == '0' ? '\0' : c;
    hex += kDigits[static_cast<unsigned char>(byte) >> 4];
    hex += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return hex;
}

const std::string kRandom(64, '1');
// SNI example.org, ALPN h3, versions 1.3 and a reserved one.
const std::string kHello = "01000051 0303" + kRandom +
                           "00 00021301 0100 0026 0000 0010 000e 00 000b 6578616d706c652e6f7267 "
                           "0010 0005 0003 02 6833 002b 0005 04 0304 1a1a";
const std::string kIp = "4500001c 00010000 401166ce 0a000001 0a000002 03e8 07d0 0008 0000";
// The hello in three pieces, of which the second comes last.
const std::string kInitial =
    "c100000001088394c8f03e51570802616200407ba5b5ca42d1f1893cfe699f55be113aba4b752db2e103e17c8cebd5c2f167b3c8b2267f0523"
    "33"
    "7ed8935a2bf0bbd51c260ad6c71e13f259c4e6107bb0487abfa668a3b25a4ec40d266fc3f3c844719cb6539ec4f89057ed0dee0cc8bdf0dc04"
    "04"
    "635b16ae2be81e48eeecb21d72b6d59e4b8150f8330222e8fc0678";
const std::string kInitial2 =
    "d76b3343cf088394c8f03e51570802616203746f6b407bba1b5af3ffa63bdb95da4275e68535fc24d6915886ba84a4873725c999672e664408"
    "13"
    "7a7821f1bef352a5f0e5489f9a39c64349e091df6c30f48ecc1db367840602140c309810b466536ada0fa0370e2c4f0e2e02bf0793b7876e8e"
    "25"
    "25ddeba85a86075edaee2c3b44572d75010e47448ebcb08368fdd77b9e41";

// The hello is whole and names no version, which QUIC does not allow.
const std::string kInitialWithoutVersions =
    "c900000001088394c8f03e51570802616200405a882d46f4119ad97da327fca54c84d79966d2330101efba41060aa067ae7f"
    "8b3711a51d64f57f551a66486d0636fb11f4f774e80268c331e3ba66a4d3d08b3a0c6c52c720379dd76cfcda63b83301b78c"
    "7857dbf3d7df30f3deae";
// The hello goes on in the next packet, where its version is.
const std::string kInitialOfPart =
    "c800000001088394c8f03e51570802616200405a7f5b46f4119ad97da3278ba54c84d79966d2330101efba41060aa067ae7f"
    "8b3711a51d64f57f551a66486d0636fb11f4f774e80268ca31e3ba66a4d3d08b3a0c6c52c720379dd76cfcdaf3294f71f567"
    "5be7dfddb00bff9d0e07";
// Not even the random is in this packet.
const std::string kInitialOfHead =
    "c600000001088394c8f03e51570802616200403c5ac846f4119abf7da3278ba54c84d79966d2330101efba41060aa067ae7f"
    "8b3711a51d64f57f551a66486d06ca3366f64c3c55c946d4c772df361953";

std::string wireguard(unsigned type, std::size_t size) {
  return "0" + std::to_string(type) + "000000 78563412 01020304 00000000" + std::string(2 * (size - 16), '0');
}

// The first bytes of a segment, in hexadecimal.
std::string first_of(std::string hex, std::size_t bytes) {
  hex.erase(std::remove(hex.begin(), hex.end(), ' '), hex.end());
  return hex.substr(0, 2 * bytes);
}
const std::string kHelloRecord = "1603010055" + kHello;
const std::string kServerHelloRecord = "1603030034 02000030 0303" + kRandom + "00 1301 00 0006 002b 0002 0304";

struct Text {
  Bytes packet;
  std::string text;  // after the endpoints, or after the length of a segment
};

std::vector<Text> texts() {
  return {
      {tcp_to(443, "1603010055" + kHello), "TLS ClientHello 1.3, SNI example.org, ALPN h3"},
      {tcp_to(6443, "1603010055" + kHello), "TLS ClientHello 1.3, SNI example.org, ALPN h3"},
      {tcp_to(443, "160301002d 01000029 0303" + kRandom + "00 0002c02f 0100"), "TLS ClientHello 1.2"},
      {tcp_from(443, "1603030034 02000030 0303" + kRandom + "00 1301 00 0006 002b 0002 0304"),
       "TLS ServerHello 1.3, cipher TLS_AES_128_GCM_SHA256"},
      {tcp_from(443, "160303002a 02000026 0302" + kRandom + "00 fefe 00"), "TLS ServerHello 1.1, cipher 0xfefe"},
      {tcp_from(443,
                "1603030036 02000032 0303 cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c 00 1302 00 "
                "0006 002b 0002 0304"),
       "TLS HelloRetryRequest 1.3, cipher TLS_AES_256_GCM_SHA384"},
      {tcp_to(443, first_of(kHelloRecord, 70)), "TLS ClientHello, SNI example.o..., ..."},
      {tcp_to(443, first_of(kHelloRecord, 74)), "TLS ClientHello, SNI example.org, ..."},
      {tcp_to(443, first_of(kHelloRecord, 88)), "TLS ClientHello 1.3, SNI example.org, ALPN h3, ..."},
      {tcp_to(443, first_of(kHelloRecord, 43)), "TLS ClientHello, ..."},
      {tcp_from(443, first_of(kServerHelloRecord, 47)), "TLS ServerHello, cipher TLS_AES_128_GCM_SHA256, ..."},
      {tcp_from(443, first_of(kServerHelloRecord, 43)), "TLS ServerHello, ..."},
      {tcp_from(443, "1503030002 0228"), "TLS alert, fatal, handshake_failure (40)"},
      {tcp_from(443, "1503030002 0279"), "TLS alert, fatal, ech_required (121)"},
      {tcp_from(443, "1503030002 02c8"), "TLS alert, fatal, unknown (200)"},
      {udp_to(443, kInitial),
       "QUIC v1 Initial, dcid 8394c8f03e515708, scid 6162, TLS ClientHello 1.3, SNI example.org, ALPN h3, length 143"},
      {udp_to(443, kInitial2),
       "QUIC v2 Initial, dcid 8394c8f03e515708, scid 6162, TLS ClientHello 1.3, SNI example.org, ALPN h3, length 146"},
      {udp_to(443, kInitialWithoutVersions),
       "QUIC v1 Initial, dcid 8394c8f03e515708, scid 6162, TLS ClientHello, SNI example.org, length 110"},
      {udp_to(443, kInitialOfPart),
       "QUIC v1 Initial, dcid 8394c8f03e515708, scid 6162, TLS ClientHello, SNI example.org, ..., length 110"},
      {udp_to(443, kInitialOfHead), "QUIC v1 Initial, dcid 8394c8f03e515708, scid 6162, length 80"},
      {udp_from(443, kInitial), "QUIC v1 Initial, dcid 8394c8f03e515708, scid 6162, length 143"},
      {udp_from(443, "c000000000 02 6162 01 63 00000001 6b3343cf"),
       "QUIC Version Negotiation, dcid 6162, scid 63, length 18"},
      {udp_to(443, "e000000001 00 01 63 00"), "QUIC v1 Handshake, scid 63, length 9"},
      {udp_to(51820, wireguard(1, 148)), "WireGuard, handshake initiation, sender 0x12345678, length 148"},
      {udp_to(51820, wireguard(2, 92)),
       "WireGuard, handshake response, sender 0x12345678, receiver 0x04030201, length 92"},
      {udp_to(51820, wireguard(3, 64)), "WireGuard, cookie reply, receiver 0x12345678, length 64"},
      {udp_to(51820, wireguard(4, 32)), "WireGuard, keepalive, receiver 0x12345678, counter 67305985, length 32"},
      {udp_to(51820, wireguard(4, 96)), "WireGuard, data, receiver 0x12345678, counter 67305985, length 96"},
      {udp_to(2152, "30ff001c 00000007" + kIp),
       "GTP-U, T-PDU, TEID 0x00000007, length 28: IP 10.0.0.1.1000 > 10.0.0.2.2000: UDP, length 0"},
      {udp_to(2152, "34ff0024 00000007 00000085 01100900" + kIp),
       "GTP-U, T-PDU, TEID 0x00000007, length 36: IP 10.0.0.1.1000 > 10.0.0.2.2000: UDP, length 0"},
      // Ethernet, and an address that only looks like IP's first byte.
      {udp_to(2152, "30ff0004 00000007 44000000"), "GTP-U, T-PDU, TEID 0x00000007, length 4"},
      {udp_to(2152, "30ff0004 00000007 60000000"), "GTP-U, T-PDU, TEID 0x00000007, length 4"},
      {udp_to(2152, "30fd0000 00000007"), "GTP-U, Tunnel Status, TEID 0x00000007, length 0"},
      {udp_to(2152, "32010004 00000000 00010000"), "GTP-U, Echo Request, TEID 0x00000000, length 4"},
      {udp_to(8805, "2132000c 0000000000000001 00000200"),
       "PFCP, Session Establishment Request, SEID 0x0000000000000001, seq 2, length 12"},
      {udp_to(53,
              "000781800001000100000000016101620000410001c00c004100010000003c001b000100000100060268320268330003000220fb"
              "00040004c0000201"),
       "7 1/0/0 HTTPS 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1 (60)"},
      {udp_to(53, "000781800001000100000000016101620001010001c00c010100010000003c0009000569737375656361"),
       "7 1/0/0 CAA 0 issue \"ca\" (42)"},
      {udp_to(53, "000781800001000100000000016101620000340001c00c003400010000003c0005030101aabb"),
       "7 1/0/0 TLSA 3 1 1 aabb (38)"},
      {udp_to(7784, "20c00318 00000001 00000002 000003e8 000003e8 00000000"),
       "BFDv1, Control, State Up, Flags: [none], length: 24"},
      {testing::over_ip(6, "03e8 01bb 00000001 00000001 5112 ffff 0000 0000"),
       "Flags [S.e], seq 1, ack 1, win 65535, length 0"},
      {testing::over_ip(47,
                        "1000 88be 00000005 10640005 00000007 020000000001 020000000002 0806"
                        "0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000202"),
       "ERSPAN II, vlan 100, session 5, index 7: ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28"},
      {testing::over_ip(47,
                        "0000 88be 020000000001 020000000002 0806"
                        "0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000202"),
       "ERSPAN I, ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28"},
      {testing::over_ip(47, "1000 22eb 00000005 20640005 00000001 00000801 0000000000000000" + kIp),
       "ERSPAN III, vlan 100, session 5: IP 10.0.0.1.1000 > 10.0.0.2.2000: UDP, length 0"},
      {udp_to(8805, "2001000c 00000100 00600004 aabbccdd"), "PFCP, Heartbeat Request, seq 1, length 12"},
      {udp_to(8805, "20100004 00000100"), "PFCP, Session Set Modification Request, seq 1, length 4"},
      {tcp_to(5432, "00000008 04d2162f"), "PostgreSQL TLS request"},
      {tcp_to(5432, "00000020 00030000" + hex_of("user0bob0database0shop00")),
       "PostgreSQL startup user \"bob\" database \"shop\""},
      {tcp_to(5432, "51 00000010" + hex_of("select '\x1b'0")), "PostgreSQL Query \"select '^['\""},
      {tcp_to(5432, "50 00000012" + hex_of("s0select 1000")), "PostgreSQL Parse \"select 1\""},
      {tcp_from(5432, "45 00000020" + hex_of("SERROR0C42PXX0Mno such table00")),
       "PostgreSQL Error \"42PXX\" \"no such table\""},
      {tcp_from(5432, "43 0000000d" + hex_of("SELECT 10")), "PostgreSQL CommandComplete \"SELECT 1\""},
      {tcp_from(3306, "10000000" + hex_of("\n8.9.360") + std::string(16, '1')), "MySQL greeting, version \"8.9.36\""},
      {tcp_to(3306, "09000000 03" + hex_of("select 1")), "MySQL Query \"select 1\""},
      {tcp_to(3306, "0b000000 03 0001" + hex_of("select 1")), "MySQL Query \"select 1\""},
      {tcp_to(3306, "0b000000 03 0201 00 03 00" + hex_of("name") + "00"), "MySQL Query, attributes 2"},
      {tcp_to(3306, "01000000 0e 01000000 0e"), "MySQL Ping"},
      {tcp_from(3306, "0a000000 ff 1004" + hex_of("Full: x")), "MySQL error 1040 \"Full: x\""},
      {tcp_from(3306, "0f000001 ff 1504 23 3238585858" + hex_of("Access")), "MySQL error 1045 \"Access\""},
      {tcp_to(1883, "1010 0004 4d515454 04 02 003c 0004 61626364"), "MQTT CONNECT client \"abcd\""},
      {tcp_to(1883, "1011 0004 4d515454 05 02 003c 00 0004 61626364"), "MQTT CONNECT client \"abcd\""},
      {tcp_to(1883, "330c 0005 612f622f63 0001 78797a"), "MQTT PUBLISH topic \"a/b/c\", QoS 1"},
      {tcp_to(1883, "8208 0001 0003 612f23 00"), "MQTT SUBSCRIBE topic \"a/#\""},
      {tcp_to(1883, "109201 0004 4d515454 05 02 003c 8001" + std::string(256, '0') + "0004 61626364"),
       "MQTT CONNECT client \"abcd\""},
      {tcp_to(1883, "8209 0001 00 0003 612f23 00"), "MQTT SUBSCRIBE topic \"a/#\""},
      {tcp_to(1883, "820b 0001 02 0b01 0003 612f23 00"), "MQTT SUBSCRIBE topic \"a/#\""},
      {tcp_to(1883, "a207 0001 0003 612f23"), "MQTT UNSUBSCRIBE"},
      {tcp_from(1883, "4002 0001 4002 0002"), "MQTT PUBACK"},
      {tcp_from(1883, "4004 0001 10 00"), "MQTT PUBACK"},
      {tcp_to(1883, "c000"), "MQTT PINGREQ"},
      {tcp_to(1883, "e000"), "MQTT DISCONNECT"},
      {tcp_from(1883, "2002 0005"), "MQTT CONNACK code 5"},
      {tcp_to(502, "0001 0000 0006 01 03 006b 0003"),
       "Modbus read holding registers, transaction 1, unit 1, address 107, count 3"},
      {tcp_from(502, "0001 0000 0003 01 83 02"),
       "Modbus read holding registers response, transaction 1, unit 1, exception illegal data address (2)"},
      {tcp_to(9999, hex_of("PRI * HTTP/2.\x30").substr(0, 26) + "30 0d0a0d0a 534d 0d0a0d0a 000006 04 00 00000000 "
                                                                "000300000064 000004 08 00 00000000 00000001"),
       "HTTP/2 preface, SETTINGS, WINDOW_UPDATE"},
  };
}

std::string printed_by_us(const Bytes& packet, std::size_t captured, int verbosity = 0) {
  DissectOptions style;
  style.verbosity = verbosity;
  style.no_names = 1;
  Dissector dissector(style);
  Appender out;
  RecordView record;
  record.data = std::span(packet).first(captured);
  record.wire_len = static_cast<std::uint32_t>(packet.size());
  record.link_type = LinkType::kEthernet;
  dissector.print(record, out);
  return std::string(out.text());
}

TEST(OwnPrinters, SayInALineWhatTheProtocolIsAbout) {
  for (const Text& text : texts()) {
    const std::string line = printed_by_us(text.packet, text.packet.size());
    EXPECT_TRUE(line.ends_with(": " + text.text)) << line << "\nexpected " << text.text;
  }
}

// With -v. Packets, and what is in their text without --compat.
std::vector<Text> verbose_texts() {
  return {
      {testing::over_ipv6(58, "8600 0000 40 00 0708 00000000 00000000 26 02 0258 0064ff9b0000000000000000"),
       "pref64 option (38), length 16 (2):  64:ff9b::/96,"},
      {tcp_to(179, std::string(32, 'f') + "0022 01 04 fde8 00b4 0a000001 05 02 03 09 01 03"),
       "BGP Role (9), length: 1\n\t\tCustomer"},
      {tcp_to(179, std::string(32, 'f') + "0026 01 04 fde8 00b4 0a000001 09 02 07 49 05 02 6131 01 62"),
       "FQDN (73), length: 5\n\t\t"},
  };
}

TEST(OwnPrinters, KnowOptionsThatLaterTcpdumpsKnow) {
  for (const Text& text : verbose_texts()) {
    const std::string printed = printed_by_us(text.packet, text.packet.size(), 1);
    EXPECT_NE(printed.find(text.text), std::string::npos) << printed << "\nexpected " << text.text;
  }
}

TEST(OwnPrinters, LeaveTcpdumpsLineWithCompat) {
  REQUIRE_COMPARED_TCPDUMP();
  std::vector<Cut> packets;
  for (const Text& text : texts()) packets.push_back({text.packet, static_cast<std::uint32_t>(text.packet.size())});
  for (const Text& text : verbose_texts()) {
    packets.push_back({text.packet, static_cast<std::uint32_t>(text.packet.size())});
  }
  for (const char* const option : {"", "-v"}) {
    EXPECT_EQ(first_difference(testing::printed(packets, option, LinkType::kEthernet),
                               printed_by_tcpdump(packets, option, LinkType::kEthernet)),
              "")
        << option;
  }
}

TEST(OwnPrinters, LeaveTcpdumpsLineWhereTheContentsAreOfSomethingElse) {
  REQUIRE_COMPARED_TCPDUMP();
  std::vector<Cut> packets;
  for (const int port : {443, 2152, 8805, 51820}) {
    for (const std::string_view hex :
         {"00", "40aabbccddeeff0011", "05000000aabbccdd", "04000000aabbccddeeff001122334455"}) {
      const Bytes packet = udp_to(static_cast<std::uint16_t>(port), hex);
      packets.push_back({packet, static_cast<std::uint32_t>(packet.size())});
    }
  }
  for (const int port : {443, 502, 1883, 3306, 5432}) {
    for (const std::string_view hex : {"00", "1703030010aabb", "16030100", "ffffffffffffffffffff"}) {
      const Bytes packet = tcp_to(static_cast<std::uint16_t>(port), hex);
      packets.push_back({packet, static_cast<std::uint32_t>(packet.size())});
    }
  }
  EXPECT_EQ(first_difference(testing::printed(packets, "", LinkType::kEthernet, false),
                             printed_by_tcpdump(packets, "", LinkType::kEthernet)),
            "");
}

// What else is sent on the ports of protocols that tcpdump does not print, both ways: records of TLS, which carry those
// protocols, text, the middle of a message, and bytes that mean nothing.
TEST(OwnPrinters, LeaveTcpdumpsLineOnOrdinaryTraffic) {
  REQUIRE_COMPARED_TCPDUMP();
  std::mt19937 random(7);
  const auto bytes = [&random](std::size_t size) {
    Bytes some(size);
    for (std::byte& byte : some) byte = static_cast<std::byte>(random());
    return some;
  };
  std::vector<Bytes> payloads;
  for (unsigned size = 17; size <= 64; ++size) {
    Bytes record = bytes_of("17030300");
    record.push_back(static_cast<std::byte>(size));
    const Bytes sealed = bytes(size);
    record.insert(record.end(), sealed.begin(), sealed.end());
    payloads.push_back(record);
    payloads.push_back(bytes(size));
  }
  for (const std::string_view hex :
       {"140303000101 1703030028 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627",
        "1603030028 0000000000000000aabbccddeeff00112233445566778899aabbccddeeff0011223344556677", "3012 00ff 61",
        "3607 0001 61 00", "d001 00", "4001 00", "2001 00", "10 06 0004 4d515455"}) {
    payloads.push_back(bytes_of(hex));
  }
  for (const std::string_view text :
       {"Hello, world\r\n", "0123456789", "1234", "3.14159265358979", "PUT /x HTTP/1.1\r\nHost: a\r\n\r\n", "POST",
        "@@@@@@@@", "P\x02", "{\"a\": [1, 2, 3], \"b\": \"some text\"}", "\n\n\n\n\n\n\n\n"}) {
    Bytes payload;
    for (const char c : text) payload.push_back(static_cast<std::byte>(c));
    payloads.push_back(payload);
  }
  std::vector<Cut> packets;
  const auto add = [&packets](const Bytes& packet) {
    packets.push_back({packet, static_cast<std::uint32_t>(packet.size())});
  };
  constexpr std::uint16_t kTcpPorts[] = {443, 502, 1883, 3306, 5432, 6443};
  constexpr std::uint16_t kUdpPorts[] = {443, 2152, 8805, 51820};
  for (const Bytes& payload : payloads) {
    for (const std::uint16_t port : kTcpPorts) {
      add(tcp(kEphemeral, port, payload));
      add(tcp(port, kEphemeral, payload));
    }
    for (const std::uint16_t port : kUdpPorts) {
      add((Ethernet{} / Ipv4{} / Udp{.src_port = kEphemeral, .dst_port = port} / Payload(payload)).bytes());
      add((Ethernet{} / Ipv4{} / Udp{.src_port = port, .dst_port = kEphemeral} / Payload(payload)).bytes());
    }
  }
  EXPECT_EQ(first_difference(testing::printed(packets, "", LinkType::kEthernet, false),
                             printed_by_tcpdump(packets, "", LinkType::kEthernet)),
            "");
}

// Both hellos begin with 1.2 and name 1.3 in their last extension.
TEST(OwnPrinters, NameNoVersionOfAHelloWhoseEndWasNotCaptured) {
  for (const Bytes& packet : {tcp_to(443, kHelloRecord), tcp_from(443, kServerHelloRecord)}) {
    for (std::size_t captured = 54; captured < packet.size(); ++captured) {
      const std::string line = printed_by_us(packet, captured);
      EXPECT_EQ(line.find(" 1.2"), std::string::npos) << captured << ": " << line;
      EXPECT_FALSE(line.ends_with(' ')) << captured << ": " << line;
      EXPECT_EQ(line.find("TLS") != std::string::npos, line.ends_with(", ...")) << captured << ": " << line;
    }
  }
}

TEST(OwnPrinters, PrintPacketsCutAndDamagedAsHarmlessText) {
  PrintedFamily family{"own", {}, ""};
  for (const Text& text : texts()) family.packets.push_back(text.packet);
  std::vector<Cut> cuts = cut_at_every_length(family.packets);
  const std::size_t headers = 42;
  for (Cut& cut : testing::damaged(family, headers, 4000)) cuts.push_back(std::move(cut));
  for (const Cut& cut : cuts) {
    for (const char c : printed_by_us(cut.bytes, cut.bytes.size())) {
      ASSERT_TRUE((c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t') << static_cast<int>(c);
    }
  }
}

}  // namespace
}  // namespace ringtap
