// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Bidirectional forwarding detection: RFC 5880 (version 1; version 0 as in its drafts), single hop RFC 5881, multihop
// RFC 5883, link aggregates RFC 7130.
#include "dissect/control/printers.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 24;
constexpr std::uint16_t kLagPort = 6784;
constexpr std::uint16_t kMultihopPort = 4784;
constexpr std::uint8_t kHasAuthentication = 0x04;

constexpr Token kDiagnostics[] = {
    {0, "No Diagnostic"},
    {1, "Control Detection Time Expired"},
    {2, "Echo Function Failed"},
    {3, "Neighbor Signaled Session Down"},
    {4, "Forwarding Plane Reset"},
    {5, "Path Down"},
    {6, "Concatenated Path Down"},
    {7, "Administratively Down"},
    {8, "Reverse Concatenated Path Down"},
};
constexpr Token kStates[] = {{0, "AdminDown"}, {1, "Down"}, {2, "Init"}, {3, "Up"}};
constexpr Token kFlagsV0[] = {
    {0x80, "I Hear You"},
    {0x40, "Demand"},
    {0x20, "Poll"},
    {0x10, "Final"},
    {0x08, "Control Plane Independent"},
    {0x04, "Authentication Present"},
    {0x02, "Reserved"},
    {0x01, "Reserved"},
};
constexpr Token kFlags[] = {
    {0x20, "Poll"},
    {0x10, "Final"},
    {0x08, "Control Plane Independent"},
    {kHasAuthentication, "Authentication Present"},
    {0x02, "Demand"},
    {0x01, "Multipoint"},
};

// RFC 5880 4.2 to 4.4; `size` is what the section has to say of its own length, 0 where it varies.
struct Authentication {
  std::string_view name;
  std::uint8_t size;
  std::string_view digest;
};
constexpr Authentication kAuthentications[] = {
    {"Simple Password", 0, {}}, {"Keyed MD5", 24, "Digest"},           {"Meticulous Keyed MD5", 24, "Digest"},
    {"Keyed SHA1", 28, "Hash"}, {"Meticulous Keyed SHA1", 28, "Hash"},
};
constexpr std::uint8_t kMinPassword = 1;
constexpr std::uint8_t kMaxPassword = 16;

void put_authentication(Context& context, const Cursor& section) {
  const std::size_t left = section.length();
  if (left < 2) return context.put_truncated();
  const std::uint8_t type = section.u8(0);
  const std::uint8_t size = section.u8(1);
  const std::uint8_t key = section.u8(2);
  (void)section.block(0, 4);
  if (context.truncated()) return;
  const Authentication* known =
      type >= 1 && type <= std::size(kAuthentications) ? &kAuthentications[type - 1] : nullptr;
  context.put("\n\tAuthentication: ", Named{known == nullptr ? std::string_view("Unknown") : known->name, type},
              ", length: ", size);
  context.put("\n\t  Auth Key ID: ", key);
  if (known == nullptr) return;
  const auto invalid = [&] { context.put("[invalid length ", size, "]"); };
  if (known->size == 0) {
    if (size < 3 + kMinPassword || size > 3 + kMaxPassword) return invalid();
    context.put(", Password: ");
    for (unsigned i = 3; i < size; ++i) {
      const std::uint8_t byte = section.u8(i);
      if (context.truncated()) return;
      context.out.escaped(byte);
    }
    return;
  }
  if (size != known->size) return invalid();
  context.put(", Sequence Number: 0x", Hex{section.be32(4), 8});
  const std::span<const std::uint8_t> digest = section.span(8, size - 8u);
  context.put("\n\t  ", known->digest, ": ");
  put_hex(context, digest);
}

}  // namespace

void print_bfd(Context& context, Cursor message, const Transport& transport) {
  context.protocol("bfd");
  const std::size_t length = message.length();
  if (length < 4) return context.put_truncated();
  (void)message.block(0, kHeader);
  if (context.truncated()) return;
  const std::uint8_t version = message.u8(0) >> 5;
  const std::uint8_t diagnostic = message.u8(0) & 0x1f;
  const std::uint8_t flags = message.u8(1);
  const bool lag = transport.destination_port == kLagPort;
  const std::string_view kind = lag ? "Lag" : (transport.destination_port == kMultihopPort ? "Multihop" : "Control");
  context.put("BFDv", version, ", ");
  if (version > 1) {
    context.put("Control, length: ", length);
    if (context.verbose()) dump_captured(context, message, "\n\t");
    return;
  }
  if (context.verbose()) context.put("length: ", length, "\n\t");
  if (version == 0) {
    context.put("Control, Flags: [");
    context.put_flags(kFlagsV0, flags);
  } else {
    context.put(kind, ", State ", token(kStates, flags >> 6), ", Flags: [");
    context.put_flags(kFlags, flags & 0x3f);
  }
  context.put(']');
  if (!context.verbose()) return context.put(", length: ", length);
  context.put(", Diagnostic: ", named_hex(kDiagnostics, diagnostic, "unknown"));
  const std::uint8_t multiplier = message.u8(2);
  const std::uint32_t min_transmit = message.be32(12);
  context.put("\n\tDetection Timer Multiplier: ", multiplier, " (", multiplier * min_transmit / 1000,
              " ms Detection time), BFD Length: ", message.u8(3));
  context.put("\n\tMy Discriminator: 0x", Hex{message.be32(4), 8});
  context.put(", Your Discriminator: 0x", Hex{message.be32(8), 8});
  context.put("\n\t  Desired min Tx Interval:    ", Padded{message.be32(12) / 1000, 4, ' '}, " ms");
  context.put("\n\t  Required min Rx Interval:   ", Padded{message.be32(16) / 1000, 4, ' '}, " ms");
  context.put("\n\t  Required min Echo Interval: ", Padded{message.be32(20) / 1000, 4, ' '}, " ms");
  if ((flags & kHasAuthentication) != 0) {
    put_authentication(context, message.from(kHeader));
  }
}

void print_bfd_echo(Context& context, Cursor message, const Transport&) {
  context.protocol("bfd");
  context.put("BFD, Echo, length: ", message.length());
  if (context.verbose()) dump_captured(context, message, "\n\t");
}

bool print_seamless_bfd(Context& context, Cursor message, const Transport& transport) {
  if (!message.has(kHeader) || message.u8(0) >> 5 != 1) return false;
  const std::uint8_t size = message.u8(3);
  if (size < kHeader || size > message.length()) return false;
  print_bfd(context, message, transport);
  return true;
}

}  // namespace ringtap
