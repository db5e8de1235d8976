// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Telnet commands, RFC 854 and 855; options by the IANA registry; authentication, RFC 2941; encryption, RFC 2946.
// Commands are printed where a segment begins with one; what a user types is not.
#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

enum Command : std::uint8_t { kFirst = 236, kSe = 240, kSb = 250, kWill = 251, kWont, kDo, kDont, kIac };
constexpr std::string_view kCommands[] = {"EOF", "SUSP", "ABORT", "EOR", "SE", "NOP",  "DMARK", "BRK", "IP",   "AO",
                                          "AYT", "EC",   "EL",    "GA",  "SB", "WILL", "WONT",  "DO",  "DONT", "IAC"};
constexpr std::string_view kOptions[] = {"BINARY",
                                         "ECHO",
                                         "RCP",
                                         "SUPPRESS GO AHEAD",
                                         "NAME",
                                         "STATUS",
                                         "TIMING MARK",
                                         "RCTE",
                                         "NAOL",
                                         "NAOP",
                                         "NAOCRD",
                                         "NAOHTS",
                                         "NAOHTD",
                                         "NAOFFD",
                                         "NAOVTS",
                                         "NAOVTD",
                                         "NAOLFD",
                                         "EXTEND ASCII",
                                         "LOGOUT",
                                         "BYTE MACRO",
                                         "DATA ENTRY TERMINAL",
                                         "SUPDUP",
                                         "SUPDUP OUTPUT",
                                         "SEND LOCATION",
                                         "TERMINAL TYPE",
                                         "END OF RECORD",
                                         "TACACS UID",
                                         "OUTPUT MARKING",
                                         "TTYLOC",
                                         "3270 REGIME",
                                         "X.3 PAD",
                                         "NAWS",
                                         "TSPEED",
                                         "LFLOW",
                                         "LINEMODE",
                                         "XDISPLOC",
                                         "OLD-ENVIRON",
                                         "AUTHENTICATION",
                                         "ENCRYPT",
                                         "NEW-ENVIRON"};
constexpr std::uint8_t kAuthentication = 37;
constexpr std::uint8_t kEncrypt = 38;
constexpr std::string_view kAsk[] = {"IS", "SEND", "INFO"};
constexpr std::string_view kAuthenticate[] = {"IS", "SEND", "REPLY", "NAME"};
constexpr std::string_view kEncryption[] = {"IS",  "SUPPORT",       "REPLY",       "START",
                                            "END", "REQUEST-START", "REQUEST-END", "END_KEYID"};

void put_or_hex(Context& context, std::span<const std::string_view> names, std::uint8_t value) {
  if (value < names.size()) {
    context.put(names[value]);
  } else {
    context.put("0x", Hex{value});
  }
}

// After "SB": the option, what is asked of it, and its bytes up to IAC SE.
std::size_t put_subnegotiation(Context& context, const Cursor& rest) {
  const std::uint8_t option = rest.u8(0);
  context.put(' ');
  put_or_hex(context, kOptions, option);
  const std::uint8_t verb = rest.u8(1);
  context.put(' ');
  put_or_hex(context,
             option == kAuthentication ? std::span<const std::string_view>(kAuthenticate)
             : option == kEncrypt      ? std::span<const std::string_view>(kEncryption)
                                       : std::span<const std::string_view>(kAsk),
             verb);
  std::size_t at = 2;
  while (at < rest.length() && !context.truncated()) {
    const std::uint8_t byte = rest.u8(at);
    if (byte == kIac && at + 1 < rest.length() && rest.u8(at + 1) == kSe) {
      context.put(" SE");
      return at + 2;
    }
    context.put(byte == 0 ? " " : " 0x", Hex{byte});
    ++at;
  }
  return at;
}

// One command; 0 at its end, when there is none.
std::size_t put_command(Context& context, const Cursor& rest) {
  if (rest.length() < 2 || rest.u8(0) != kIac) return 0;
  const std::uint8_t command = rest.u8(1);
  if (context.truncated() || command < kFirst) return 0;
  if (command == kIac) {
    context.put("IAC IAC");
    return 2;
  }
  if (command >= kWill && command <= kDont) {
    if (rest.length() < 3) return 0;
    const std::uint8_t option = rest.u8(2);
    context.put(kCommands[command - kFirst], ' ');
    put_or_hex(context, kOptions, option);
    return 3;
  }
  context.put(kCommands[command - kFirst]);
  if (command != kSb) return 2;
  return 2 + put_subnegotiation(context, rest.from(2));
}

}  // namespace

void print_telnet(Context& context, Cursor payload, const Transport&) {
  context.protocol("telnet");
  bool any = false;
  while (payload.length() > 0 && !context.truncated()) {
    const std::size_t before = context.out.size();
    context.put(any ? ", " : " [telnet ");
    const std::size_t used = put_command(context, payload);
    if (context.truncated()) return context.truncation.pull_back(before);
    if (used == 0) {
      context.out.cut(before);
      break;
    }
    any = true;
    payload.skip(used);
  }
  if (any) context.put(']');
}

}  // namespace ringtap
