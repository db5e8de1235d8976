// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Syslog, RFC 3164: "<priority>message".
#include "dissect/hexdump.hpp"
#include "dissect/service/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr Token kSeverities[] = {{0, "emergency"}, {1, "alert"},  {2, "critical"}, {3, "error"},
                                 {4, "warning"},   {5, "notice"}, {6, "info"},     {7, "debug"}};
constexpr Token kFacilities[] = {{0, "kernel"},    {1, "user"},    {2, "mail"},    {3, "daemon"},    {4, "auth"},
                                 {5, "syslog"},    {6, "lpr"},     {7, "news"},    {8, "uucp"},      {9, "cron"},
                                 {10, "authpriv"}, {11, "ftp"},    {12, "ntp"},    {13, "security"}, {14, "console"},
                                 {15, "cron"},     {16, "local0"}, {17, "local1"}, {18, "local2"},   {19, "local3"},
                                 {20, "local4"},   {21, "local5"}, {22, "local6"}, {23, "local7"}};
constexpr std::size_t kMaxDigits = 3;

}  // namespace

void print_syslog(Context& context, Cursor payload, const Transport&) {
  context.protocol("syslog");
  if (payload.u8(0) != '<') return context.truncated() ? void() : context.put_invalid();
  std::size_t at = 1;
  std::uint32_t priority = 0;
  bool closed = false;
  for (; at <= kMaxDigits + 1 && !closed; ++at) {
    const std::uint8_t byte = payload.u8(at);
    if (context.truncated()) return;
    if (byte == '>') {
      closed = true;
    } else if (byte >= '0' && byte <= '9' && at <= kMaxDigits) {
      priority = priority * 10 + (byte - '0');
    } else {
      return context.put_invalid();
    }
  }
  const std::uint32_t severity = priority & 7;
  const std::uint32_t facility = priority >> 3;
  const std::size_t length = payload.length();
  const auto put_facility = [&] { context.put_name(token(kFacilities, facility), "unknown (", facility, ')'); };
  if (!context.verbose()) {
    context.put("SYSLOG ");
    put_facility();
    return context.put('.', token(kSeverities, severity), ", length: ", length);
  }
  context.put("SYSLOG, length: ", length, "\n\tFacility ");
  put_facility();
  context.put(" (", facility, ')');
  context.put(", Severity ");
  context.put(named(kSeverities, severity, "unknown"));
  context.put("\n\tMsg: ");
  for (; at < length && !context.truncated(); ++at) {
    const std::uint8_t byte = payload.u8(at);
    context.out.escaped(byte);
  }
  if (context.verbose(2)) dump_captured(context, payload);
}

}  // namespace ringtap
