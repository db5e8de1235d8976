// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// SOME/IP, AUTOSAR "SOME/IP Protocol Specification" (document 696), section 4.1.
#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 16;
constexpr std::uint32_t kEvent = 0x8000;
constexpr Token kTypes[] = {{0x00, "REQUEST"},
                            {0x01, "REQUEST_NO_RETURN"},
                            {0x02, "NOTIFICATION"},
                            {0x20, "TP_REQUEST"},
                            {0x21, "TP_REQUEST_NO_RETURN"},
                            {0x22, "TP_NOTIFICATION"},
                            {0x80, "RESPONSE"},
                            {0x81, "ERROR"},
                            {0xa0, "TP_RESPONSE"},
                            {0xa1, "TP_ERROR"}};
constexpr Token kReturnCodes[] = {{0x00, "E_OK"},
                                  {0x01, "E_NOT_OK"},
                                  {0x02, "E_UNKNOWN_SERVICE"},
                                  {0x03, "E_UNKNOWN_METHOD"},
                                  {0x04, "E_NOT_READY"},
                                  {0x05, "E_NOT_REACHABLE"},
                                  {0x06, "E_TIMEOUT"},
                                  {0x07, "E_WRONG_PROTOCOL_VERSION"},
                                  {0x08, "E_WRONG_INTERFACE_VERSION"},
                                  {0x09, "E_MALFORMED_MESSAGE"},
                                  {0x0a, "E_WRONG_MESSAGE_TYPE"},
                                  {0x0b, "E_E2E_REPEATED"},
                                  {0x0c, "E_E2E_WRONG_SEQUENCE"},
                                  {0x0d, "E_E2E"},
                                  {0x0e, "E_E2E_NOT_AVAILABLE"},
                                  {0x0f, "E_E2E_NO_NEW_DATA"}};

}  // namespace

void print_someip(Context& context, Cursor message, const Transport&) {
  context.protocol("someip");
  context.put("SOMEIP");
  if (message.length() < kHeader) return context.put_invalid();
  const std::uint32_t id = message.take_be32();
  context.put(", service ", id >> 16, (id & kEvent) != 0 ? ", event " : ", method ", id & 0x7fff);
  const std::uint32_t length = message.take_be32();
  context.put(", len ", length);
  const std::uint32_t request = message.take_be32();
  context.put(", client ", request >> 16, ", session ", request & 0xffff);
  const std::uint8_t protocol = message.take_u8();
  context.put(", pver ", protocol);
  const std::uint8_t interface = message.take_u8();
  context.put(", iver ", interface);
  const std::uint8_t type = message.take_u8();
  context.put(", msgtype ", token(kTypes, type, "Unknown"));
  const std::uint8_t code = message.take_u8();
  context.put(", retcode ", token(kReturnCodes, code, "Unknown"), '\n');
}

}  // namespace ringtap
