// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// TLS, RFC 8446 and RFC 5246: the hellos and alerts, which are sent in the clear. tcpdump does not print it.
#include "dissect/service/tls.hpp"

#include <algorithm>

#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kHandshakeHeader = 4;
constexpr std::size_t kRandom = 32;

enum RecordType : std::uint8_t { kAlert = 21, kHandshake = 22 };
enum HandshakeType : std::uint8_t { kClientHello = 1, kServerHello = 2 };
enum Extension : std::uint16_t { kServerName = 0, kProtocols = 16, kVersions = 43 };

constexpr Token kVersionNames[] = {
    {0x0300, "SSL 3"}, {0x0301, "1.0"}, {0x0302, "1.1"}, {0x0303, "1.2"}, {0x0304, "1.3"}};
constexpr Token kCiphers[] = {
    {0x1301, "TLS_AES_128_GCM_SHA256"},
    {0x1302, "TLS_AES_256_GCM_SHA384"},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
    {0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"},
    {0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"},
    {0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"},
    {0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384"},
    {0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    {0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
    {0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
    {0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
    {0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
};
constexpr Token kAlertLevels[] = {{1, "warning"}, {2, "fatal"}};
constexpr Token kAlerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {60, "export_restriction"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {111, "certificate_unobtainable"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
    {121, "ech_required"},
};

// RFC 8446 4.1.3: the random of a server that asks for another hello.
constexpr std::uint8_t kRetry[kRandom] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                                          0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                                          0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

// Skips a vector whose size is in its first one or two bytes; false when that is not there.
bool skip_vector(Cursor& cursor, std::size_t size_bytes) {
  if (cursor.readable() < size_bytes) return false;
  cursor.skip(size_bytes + (size_bytes == 1 ? cursor.u8(0) : cursor.be16(0)));
  return true;
}

// GREASE (RFC 8701): numbers that mean nothing.
bool is_grease(std::uint16_t value) {
  return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

struct Extensions {
  std::uint16_t version = 0;
  std::span<const std::uint8_t> server_name = {};
  bool server_name_cut = false;
  std::span<const std::uint8_t> protocols = {};  // each with its size in front
  bool complete = false;                         // all of them could be read
};

// The part of an extension that was captured.
std::span<const std::uint8_t> rest_of(const Cursor& body, std::size_t offset) {
  const Cursor rest = body.from(offset);
  return rest.bytes().first(std::min(rest.captured(), rest.length()));
}

Extensions find_extensions(Cursor cursor, bool of_client) {
  Extensions found;
  if (cursor.length() == 0) found.complete = true;
  if (cursor.readable() < 2) return found;
  const std::size_t all = cursor.be16(0);
  cursor = cursor.from(2).first(all);
  found.complete = cursor.captured() == all;
  while (cursor.readable() >= 4) {
    const std::uint16_t type = cursor.be16(0);
    const std::size_t size = cursor.be16(2);
    const Cursor body = cursor.from(4).first(size);
    switch (type) {
      case kServerName:  // size of the list, type of the name, size of the name
        if (body.readable() > 5 && body.u8(2) == 0) {
          const auto name = rest_of(body, 5);
          found.server_name = name.first(std::min<std::size_t>(name.size(), body.be16(3)));
          found.server_name_cut = name.size() < body.be16(3);
        }
        break;
      case kProtocols:
        if (body.readable() > 2) found.protocols = rest_of(body, 2);
        break;
      case kVersions: {
        Cursor versions = of_client ? body.from(1) : body;
        while (versions.readable() >= 2) {
          const std::uint16_t version = versions.take_be16();
          if (!is_grease(version)) found.version = std::max(found.version, version);
        }
        break;
      }
      default:
        break;
    }
    cursor.skip(4 + size);
  }
  return found;
}

// `legacy` is the version of a hello without that extension.
void put_version(Context& context, const Extensions& extensions, std::uint16_t legacy) {
  if (extensions.version == 0 && (legacy == 0 || !extensions.complete)) return;
  const std::uint16_t version = extensions.version == 0 ? legacy : extensions.version;
  context.put(' ');
  context.put_name(token(kVersionNames, version), "0x", Hex{version, 4});
}

void put_extensions(Context& context, const Extensions& extensions) {
  if (!extensions.server_name.empty()) {
    context.put(", SNI ");
    context.out.escaped(extensions.server_name);
    if (extensions.server_name_cut) context.put("...");
  }
  std::span<const std::uint8_t> rest = extensions.protocols;
  for (bool first = true; !rest.empty(); first = false) {
    const std::size_t size = std::min<std::size_t>(rest[0], rest.size() - 1);
    context.put(first ? ", ALPN " : ",");
    context.out.escaped(rest.subspan(1, size));
    if (size < rest[0]) context.put("...");
    rest = rest.subspan(1 + size);
  }
  if (!extensions.complete) context.put(", ...");
}

bool print_handshake(Context& context, const Cursor& message) {
  if (message.readable() < kHandshakeHeader + kTlsHelloHead) return false;
  const std::uint8_t type = message.u8(0);
  const std::size_t size = message.be24(1);
  if ((type != kClientHello && type != kServerHello) || message.u8(4) != 3 || size < kTlsHelloHead) return false;
  const Cursor hello = message.from(kHandshakeHeader).first(size);
  context.put(": TLS ");
  if (type == kClientHello) {
    context.put("ClientHello");
    put_client_hello(context, hello, TlsCarrier::kRecords);
  } else {
    put_server_hello(context, hello);
  }
  return true;
}

}  // namespace

void put_client_hello(Context& context, const Cursor& hello, TlsCarrier carrier) {
  const std::uint16_t legacy = carrier == TlsCarrier::kQuic ? 0 : hello.be16(0);
  Cursor cursor = hello.from(kTlsHelloHead);
  // The session, the ciphers and the compressions.
  const bool has_extensions = skip_vector(cursor, 1) && skip_vector(cursor, 2) && skip_vector(cursor, 1);
  const Extensions extensions = has_extensions ? find_extensions(cursor, true) : Extensions{};
  put_version(context, extensions, legacy);
  put_extensions(context, extensions);
}

void put_server_hello(Context& context, const Cursor& hello) {
  const bool retry = std::equal(std::begin(kRetry), std::end(kRetry), hello.block(2, kRandom));
  Cursor cursor = hello.from(kTlsHelloHead);
  const bool has_cipher = skip_vector(cursor, 1) && cursor.readable() >= 3;
  const Extensions extensions = has_cipher ? find_extensions(cursor.from(3), false) : Extensions{};
  context.put(retry ? "HelloRetryRequest" : "ServerHello");
  put_version(context, extensions, hello.be16(0));
  if (has_cipher) {
    const std::uint16_t cipher = cursor.be16(0);
    context.put(", cipher ");
    context.put_name(token(kCiphers, cipher), "0x", Hex{cipher, 4});
  }
  put_extensions(context, extensions);
}

// A record of TLS at the beginning of a segment, on whatever port.
bool print_tls(Context& context, Cursor payload, const Transport&) {
  if (payload.readable() < kRecordHeader + 2 || payload.u8(1) != 3 || payload.u8(2) > 4) return false;
  const std::uint8_t type = payload.u8(0);
  const std::size_t size = payload.be16(3);
  const Cursor record = payload.from(kRecordHeader);
  if (type == kHandshake) return print_handshake(context, record.first(size));
  if (type != kAlert || size != 2) return false;
  const std::uint8_t level = record.u8(0);
  const std::uint8_t alert = record.u8(1);
  const std::string_view level_name = token(kAlertLevels, level);
  if (level_name.empty()) return false;
  context.put(": TLS alert, ", level_name, ", ", named(kAlerts, alert, "unknown"));
  return true;
}

}  // namespace ringtap
