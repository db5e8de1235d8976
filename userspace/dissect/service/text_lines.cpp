// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Protocols whose messages are lines of text: HTTP RFC 9112, FTP RFC 959, SMTP RFC 5321, WHOIS RFC 3912, RTSP RFC 7826,
// SIP RFC 3261, and the identification line of SSH, RFC 4253 4.2.
#include "dissect/service/printers.hpp"

namespace ringtap {
namespace {

struct TextProtocol {
  std::string_view name;                       // as printed
  std::string_view lower;                      // as in a truncation mark
  std::span<const std::string_view> commands;  // what a message begins with; none: any text is a message
};

constexpr std::string_view kHttpCommands[] = {"GET",
                                              "PUT",
                                              "COPY",
                                              "HEAD",
                                              "LOCK",
                                              "MOVE",
                                              "POLL",
                                              "POST",
                                              "BCOPY",
                                              "BMOVE",
                                              "MKCOL",
                                              "TRACE",
                                              "LABEL",
                                              "MERGE",
                                              "DELETE",
                                              "SEARCH",
                                              "UNLOCK",
                                              "REPORT",
                                              "UPDATE",
                                              "NOTIFY",
                                              "BDELETE",
                                              "CONNECT",
                                              "OPTIONS",
                                              "CHECKIN",
                                              "PROPFIND",
                                              "CHECKOUT",
                                              "CCM_POST",
                                              "SUBSCRIBE",
                                              "PROPPATCH",
                                              "BPROPFIND",
                                              "BPROPPATCH",
                                              "UNCHECKOUT",
                                              "MKACTIVITY",
                                              "MKWORKSPACE",
                                              "UNSUBSCRIBE",
                                              "RPC_CONNECT",
                                              "VERSION-CONTROL",
                                              "BASELINE-CONTROL"};
constexpr std::string_view kRtspCommands[] = {"OPTIONS",       "DESCRIBE", "ANNOUNCE", "SETUP",
                                              "PLAY",          "PAUSE",    "TEARDOWN", "GET_PARAMETER",
                                              "SET_PARAMETER", "REDIRECT", "RECORD"};
constexpr std::string_view kSipCommands[] = {"INVITE",   "ACK",   "BYE",       "CANCEL", "OPTIONS",
                                             "REGISTER", "PRACK", "SUBSCRIBE", "NOTIFY", "PUBLISH",
                                             "INFO",     "REFER", "MESSAGE",   "UPDATE"};

constexpr TextProtocol kHttp{"HTTP", "http", kHttpCommands};
constexpr TextProtocol kRtsp{"RTSP", "rtsp", kRtspCommands};
constexpr TextProtocol kSip{"SIP", "sip", kSipCommands};
constexpr TextProtocol kFtp{"FTP", "ftp", {}};
constexpr TextProtocol kSmtp{"SMTP", "smtp", {}};
constexpr TextProtocol kWhois{"WHOIS", "whois", {}};

constexpr std::size_t kMaxToken = 127;

bool is_space(std::uint8_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_text(std::uint8_t c) {
  return c == '\t' || (c >= 0x20 && c < 0x7f);
}

// One line at the front of `text`.
struct Line {
  enum class End {
    kNewline,   // a line
    kData,      // the payload ended first
    kSnapshot,  // the capture ended first
    kNotText,   // something that is not text came first
  };
  End end;
  std::size_t size = 0;  // of the text
  std::size_t next = 0;  // where the next line begins
};
Line find_line(const Cursor& text) {
  const std::uint8_t* data = text.data();
  const std::size_t readable = text.readable();
  for (std::size_t i = 0; i < readable; ++i) {
    if (data[i] == '\n') return {Line::End::kNewline, i, i + 1};
    if (data[i] == '\r') {
      if (i + 1 >= text.length()) return {Line::End::kNotText};
      if (i + 1 >= readable) return {Line::End::kSnapshot};
      if (data[i + 1] != '\n') return {Line::End::kNotText};
      return {Line::End::kNewline, i, i + 2};
    }
    if (!is_text(data[i])) return {Line::End::kNotText};
  }
  if (readable < text.length()) return {Line::End::kSnapshot};
  return {Line::End::kData, readable, readable};
}

// The blank-separated word at the front; `next` is where the one after it begins, 0 when there is no word.
std::string_view first_word(const Cursor& text, std::size_t& next) {
  next = 0;
  const std::size_t readable = text.readable();
  std::size_t size = 0;
  while (size < readable && !is_space(text.data()[size])) ++size;
  const bool cut = size == readable && readable < text.length();
  if (size == 0 || cut || size > kMaxToken) return {};
  next = size;
  while (next < readable && text.data()[next] == ' ') ++next;
  return {reinterpret_cast<const char*>(text.data()), size};
}

bool equal_ignoring_case(std::string_view word, std::string_view upper) {
  return word.size() == upper.size() && std::equal(word.begin(), word.end(), upper.begin(), [](char a, char b) {
           return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
         });
}

// A request begins with one of the commands, a reply with a word and a code of three digits.
bool is_message(const TextProtocol& protocol, const Cursor& text) {
  if (protocol.commands.empty()) return true;
  std::size_t next;
  const std::string_view word = first_word(text, next);
  if (word.empty()) return false;
  for (const std::string_view command : protocol.commands) {
    if (equal_ignoring_case(word, command)) return true;
  }
  const std::string_view code = first_word(text.from(next), next);
  return code.size() == 3 && std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void put_line(Context& context, const Cursor& text, std::size_t size) {
  context.put(std::string_view(reinterpret_cast<const char*>(text.data()), size));
}

void print_text(Context& context, Cursor text, const TextProtocol& protocol, std::string_view prefix) {
  context.protocol(protocol.lower);
  context.put(prefix, protocol.name);
  if (!is_message(protocol, text)) return;
  const bool verbose = context.verbose();
  if (verbose) context.put(", length: ", text.length());
  while (text.length() > 0) {
    const Line line = find_line(text);
    if (line.end == Line::End::kNotText) return;
    if (line.end == Line::End::kSnapshot) return (void)text.span(0, text.length());
    context.put(verbose ? "\n\t" : ": ");
    put_line(context, text, line.size);
    if (line.end == Line::End::kData) return context.put_truncated();
    if (!verbose) return;
    text.skip(line.next);
  }
}

// TCP's text ends with the length of the data, UDP's with the ports.
constexpr std::string_view kAfterTcp = ": ";
constexpr std::string_view kAfterUdp = "";

}  // namespace

void print_http(Context& context, Cursor payload, const Transport&) {
  print_text(context, payload, kHttp, kAfterTcp);
}
void print_rtsp(Context& context, Cursor payload, const Transport&) {
  print_text(context, payload, kRtsp, kAfterTcp);
}
void print_ftp(Context& context, Cursor payload, const Transport&) {
  print_text(context, payload, kFtp, kAfterTcp);
}
void print_smtp(Context& context, Cursor payload, const Transport&) {
  print_text(context, payload, kSmtp, kAfterTcp);
}
void print_whois(Context& context, Cursor payload, const Transport&) {
  print_text(context, payload, kWhois, kAfterTcp);
}
void print_sip(Context& context, Cursor payload, const Transport&) {
  print_text(context, payload, kSip, kAfterUdp);
}

void print_ssh(Context& context, Cursor payload, const Transport&) {
  constexpr std::string_view kStart = "SSH-";
  context.protocol("ssh");
  const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.readable());
  const std::string_view start = text.substr(0, kStart.size());
  if (!kStart.starts_with(start)) return;
  if (start.size() < kStart.size()) {
    if (payload.length() >= kStart.size()) (void)payload.span(0, kStart.size());
    return;
  }
  const Line line = find_line(payload);
  if (line.end == Line::End::kSnapshot) return (void)payload.span(0, payload.length());
  if (line.end != Line::End::kNewline) return;
  context.put(": SSH: ");
  put_line(context, payload, line.size);
}

}  // namespace ringtap
