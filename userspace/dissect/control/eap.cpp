// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// EAP over LANs, IEEE 802.1X; EAP, RFC 3748; TLS, RFC 5216; TTLS, RFC 5281; FAST, RFC 4851; SIM and AKA, RFC 4186
// and 4187.
#include "dissect/control/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr Token kFrames[] = {
    {0, "EAP packet"}, {1, "EAPOL start"}, {2, "EAPOL logoff"}, {3, "EAPOL key"}, {4, "Encapsulated ASF alert"}};
constexpr Token kCodes[] = {{1, "Request"}, {2, "Response"}, {3, "Success"}, {4, "Failure"}};
enum Method : std::uint8_t {
  kIdentity = 1,
  kNotification = 2,
  kNak = 3,
  kTls = 13,
  kSim = 18,
  kTtls = 21,
  kAka = 23,
  kFast = 43
};
constexpr Token kMethods[] = {{0, "No proposed"},
                              {kIdentity, "Identity"},
                              {kNotification, "Notification"},
                              {kNak, "Nak"},
                              {4, "MD5-challenge"},
                              {5, "OTP"},
                              {6, "GTC"},
                              {kTls, "TLS"},
                              {kSim, "SIM"},
                              {kTtls, "TTLS"},
                              {kAka, "AKA"},
                              {kFast, "FAST"},
                              {254, "Expanded types"},
                              {255, "Experimental"}};
constexpr Token kTlsFlags[] = {{0x80, "Length included"}, {0x40, "More fragments"}, {0x20, "Start bit"}};
constexpr Token kSubtypes[] = {
    {1, "Challenge"},  {2, "Authentication reject"}, {4, "Synchronization failure"}, {10, "Start"},
    {11, "Challenge"}, {12, "Notification"},         {13, "Reauthentication"},       {14, "Client error"}};

void put_tls_flags(Context& context, std::uint8_t flags) {
  context.put(" flags [");
  context.put_flags(kTlsFlags, flags);
  context.put("] 0x", Hex{flags, 2});
}

}  // namespace

void print_eap(Context& context, Cursor packet) {
  context.protocol("eap");
  const std::uint8_t code = packet.u8(0);
  const std::uint8_t id = packet.u8(1);
  const std::size_t length = packet.be16(2);
  context.put(named(kCodes, code, "unknown"));
  context.put(", id ", id);
  context.put(", len ", length);
  if (length > packet.length()) {
    context.put(" (too long for remaining data)");
    return context.put_invalid();
  }
  if (code != 1 && code != 2) return;
  if (length < 5) return context.put(" (too short for EAP request/response)");
  if (!packet.has(length)) return packet.truncated();
  const std::uint8_t method = packet.u8(4);
  context.put("\n\t\t Type ");
  context.put(named(kMethods, method, "unknown"));
  switch (method) {
    case kIdentity:
    case kNotification:
      if (length > 5) {
        context.put(method == kIdentity ? ", Identity: " : ", Notification: ");
        for (std::size_t at = 5; at < length && !context.truncated(); ++at) {
          const std::uint8_t byte = packet.u8(at);
          context.out.escaped(byte);
        }
      }
      break;
    case kNak:
      for (std::size_t at = 5; at < length && !context.truncated(); ++at) {
        const std::uint8_t wanted = packet.u8(at);
        context.put(at == 5 ? " " : ", ");
        context.put(named(kMethods, wanted, "unknown"));
      }
      break;
    case kTls:
      if (length > 5) put_tls_flags(context, packet.u8(5));
      break;
    case kTtls:
      if (length > 5) {
        context.put(" TTLSv", static_cast<std::uint32_t>(packet.u8(5) & 7));
        put_tls_flags(context, packet.u8(5));
      }
      break;
    case kFast:
      if (length > 5) {
        context.put(" FASTv", static_cast<std::uint32_t>(packet.u8(5) & 7));
        put_tls_flags(context, packet.u8(5));
      }
      break;
    case kSim:
    case kAka:
      if (length > 5) {
        context.put(" subtype [", token(kSubtypes, packet.u8(5), "unknown"), "] 0x", Hex{packet.u8(5), 2});
      }
      break;
    default:
      break;
  }
}

void print_eapol(Context& context, Cursor packet, const LinkHeader&) {
  context.protocol("eap");
  if (!packet.has(4)) return packet.truncated();
  const std::uint8_t type = packet.u8(1);
  const std::size_t length = packet.be16(2);
  context.put(named(kFrames, type, "unknown"));
  context.put(" v", packet.u8(0), ", len ", length);
  if (!context.verbose() || type != 0) return;
  if (packet.length() < 8) return packet.truncated();
  if (length > 0 && packet.length() < 4 + length) return context.put(", EAP fragment?");
  context.put(", ");
  print_eap(context, packet.from(4));
}

}  // namespace ringtap
