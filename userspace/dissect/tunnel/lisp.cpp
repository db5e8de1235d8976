// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// LISP's control messages: RFC 6833 (now 9301), xTR-ID and site-ID of draft-ietf-lisp-rfc6833bis. Registrations and
// their notifications are read, others named.
#include "dissect/hexdump.hpp"
#include "dissect/text.hpp"
#include "dissect/tunnel/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 16;
constexpr std::size_t kRecord = 12;
constexpr std::size_t kLocator = 8;
constexpr std::size_t kXtrId = 16;
constexpr std::size_t kSiteId = 8;
enum Type : std::uint8_t { kMapRegister = 3, kMapNotify = 4 };
constexpr Token kTypes[] = {{0, "LISP-Reserved"},
                            {1, "LISP-Map-Request"},
                            {2, "LISP-Map-Reply"},
                            {kMapRegister, "LISP-Map-Register"},
                            {kMapNotify, "LISP-Map-Notify"},
                            {8, "LISP-Encapsulated-Contol-Message"}};
// Bits of the first word.
constexpr std::uint32_t kRegisterHasXtr = 0x02000000;
constexpr std::uint32_t kNotifyHasXtr = 0x08000000;
constexpr Token kRegisterFlags[] = {{0x08000000, "P-Proxy-Map-Reply"},
                                    {0x04000000, "S-LISP-SEC-Capable"},
                                    {kRegisterHasXtr, "I-xTR-ID-Present"},
                                    {0x01000000, "R-Build-For-RTR"},
                                    {0x00000100, "M-Want-Map-Notify"}};
constexpr Token kNotifyFlags[] = {{kNotifyHasXtr, "I-xTR-ID-Present"}, {0x04000000, "R-Build-For-RTR"}};
constexpr Token kAuthentications[] = {{0, "None"}, {1, "SHA1"}, {2, "SHA256"}};
constexpr Token kActions[] = {{0, "No-Action"}, {1, "Natively-Forward"}, {2, "Send-Map-Request"}, {3, "Drop"}};
constexpr Token kLocatorFlags[] = {{4, "Local-Locator"}, {2, "RLoc-Probed"}, {1, "Reachable"}};

// The size of an address of this family; 0 when it is not known.
constexpr std::size_t address_size(std::uint16_t family) {
  return family == 1 ? 4 : (family == 2 ? 16 : 0);
}

void put_address(Context& context, const std::uint8_t* address, std::size_t size) {
  if (size == 4) {
    context.host4(address);
  } else {
    context.host6(address);
  }
}

// False where an address is of a family that is not known: what follows cannot be found.
bool put_record(Context& context, Cursor& rest) {
  if (!rest.has(kRecord)) rest.truncated();
  const std::uint32_t ttl = rest.be32(0);
  const std::uint8_t locators = rest.u8(4);
  const std::uint8_t mask = rest.u8(5);
  const std::uint16_t action = rest.be16(6);
  const std::uint16_t version = rest.be16(8);
  const std::uint16_t family = rest.be16(10);
  rest.skip(kRecord);
  context.put('\n');
  if (context.verbose()) {
    context.put("      Record TTL ", ttl, (action & 0x1000) != 0 ? ", Authoritative, " : ", Non-Authoritative, ",
                token(kActions, action >> 13, "unknown"),
                ", Map Version: ", static_cast<std::uint32_t>(version & 0xfff), ',');
  }
  const std::size_t size = address_size(family);
  if (size == 0) return false;
  const std::uint8_t* endpoint = rest.block(0, size);
  context.put(" EID ");
  put_address(context, endpoint, size);
  context.put('/', mask, ", ", locators, " locator(s)");
  rest.skip(size);
  for (unsigned i = 0; i < locators && !context.truncated(); ++i) {
    if (!rest.has(kLocator)) rest.truncated();
    const std::uint8_t priority = rest.u8(0);
    const std::uint8_t weight = rest.u8(1);
    const std::uint8_t multicast_priority = rest.u8(2);
    const std::uint8_t multicast_weight = rest.u8(3);
    const std::uint16_t flags = rest.be16(4);
    const std::size_t locator_size = address_size(rest.be16(6));
    rest.skip(kLocator);
    if (context.verbose()) context.put("\n       ");
    if (locator_size != 0) {
      if (!rest.has(locator_size)) rest.truncated();
      const std::uint8_t* locator = rest.block(0, locator_size);
      context.put(" LOC ");
      put_address(context, locator, locator_size);
      rest.skip(locator_size);
    }
    if (!context.verbose()) continue;
    context.put("\n          Priority/Weight ", priority, '/', weight, ", Multicast Priority/Weight ",
                multicast_priority, '/', multicast_weight, ", flags [");
    context.put_flags(kLocatorFlags, flags);
    context.put("],");
  }
  return true;
}

}  // namespace

void print_lisp(Context& context, Cursor message, const Transport&) {
  context.protocol("lisp");
  if (!message.has(kHeader)) return message.truncated();
  const std::uint32_t first = message.be32(0);
  const std::uint8_t type = static_cast<std::uint8_t>(first >> 28);
  context.put_name(token(kTypes, type), "unknown-type-", type);
  context.put(',');
  if (type != kMapRegister && type != kMapNotify) return;
  if (context.verbose()) {
    context.put(" flags [");
    context.put_flags(type == kMapRegister ? std::span<const Token>(kRegisterFlags) : kNotifyFlags, first);
    context.put("],\n   ");
  }
  const std::uint8_t records = first & 0xff;
  context.put(' ', records, " record(s),");
  const std::size_t authentication = message.be16(14);
  Cursor rest = message.from(kHeader);
  if (context.verbose())
    context.put(" Authentication ", token(kAuthentications, message.be16(12), "unknown-type"), ',');
  if (context.verbose() && authentication > 0) {
    dump_layer(context, rest, 0, authentication, "\n    Authentication-Data: ");
    (void)rest.span(0, authentication);
  }
  rest.skip(authentication);
  if (records == 0) return context.put_invalid();
  for (unsigned i = 0; i < records && rest.length() > 0 && !context.truncated(); ++i) {
    if (!put_record(context, rest)) return;
  }
  if ((first & (type == kMapRegister ? kRegisterHasXtr : kNotifyHasXtr)) != 0) {
    if (rest.readable() < kXtrId + kSiteId) return context.put_invalid();
    dump_layer(context, rest, 0, kXtrId, "\n    xTR-ID: ");
    const std::uint64_t site = rest.be64(kXtrId);
    context.put("\n    SITE-ID: ", site);
  } else if (rest.length() > 0) {
    dump_layer(context, rest, 0, rest.length(), "\n    Data: ");
  }
}

}  // namespace ringtap
