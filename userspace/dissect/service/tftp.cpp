// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// TFTP, RFC 1350; options, RFC 2347.
#include "dissect/service/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

enum Operation : std::uint16_t { kRead = 1, kWrite = 2, kData = 3, kAck = 4, kError = 5, kOptionAck = 6 };
constexpr Token kOperations[] = {{kRead, "RRQ"}, {kWrite, "WRQ"},   {kData, "DATA"},
                                 {kAck, "ACK"},  {kError, "ERROR"}, {kOptionAck, "OACK"}};
constexpr Token kErrors[] = {{0, "EUNDEF"}, {1, "ENOTFOUND"}, {2, "EACCESS"}, {3, "ENOSPACE"},
                             {4, "EBADOP"}, {5, "EBADID"},    {6, "EEXISTS"}, {7, "ENOUSER"}};

// The next string, and `rest` after its NUL; false when the packet ends before that.
bool put_string(Context& context, Cursor& rest) {
  const std::size_t there = rest.readable();
  const bool ended = put_text(context, rest.bytes().first(there));
  std::size_t size = 0;
  while (size < there && rest.data()[size] != 0) ++size;
  rest.skip(size + 1);
  return ended;
}

void put_strings(Context& context, Cursor rest) {
  while (rest.length() > 0) {
    if (rest.captured() > 0 && rest.data()[0] != 0) context.put(' ');
    if (!put_string(context, rest)) return rest.truncated();
  }
}

}  // namespace

void print_tftp(Context& context, Cursor payload, const Transport&) {
  context.protocol("tftp");
  context.put("TFTP, length ", payload.length());
  if (payload.length() < 2) return payload.truncated();
  const std::uint16_t operation = payload.be16(0);
  const std::string_view name = token(kOperations, operation);
  context.put(", ");
  if (name.empty()) return context.put("tftp-#", operation);
  context.put(name);
  Cursor rest = payload.from(2);
  switch (operation) {
    case kRead:
    case kWrite:
      if (rest.length() == 0) return payload.truncated();
      context.put(" \"");
      if (!put_string(context, rest)) {
        context.put('"');
        return payload.truncated();
      }
      context.put('"');
      if (rest.length() == 0) return payload.truncated();
      context.put(' ');
      if (!put_string(context, rest)) return payload.truncated();
      put_strings(context, rest);
      break;
    case kOptionAck:
      put_strings(context, rest);
      break;
    case kData:
    case kAck:
      if (rest.length() < 2) return payload.truncated();
      context.put(" block ", rest.be16(0));
      break;
    case kError: {
      if (rest.length() < 2) return payload.truncated();
      const std::uint16_t code = rest.be16(0);
      context.put(' ');
      context.put_name(token(kErrors, code), "tftp-err-#", code, " \"");
      rest.skip(2);
      if (rest.length() == 0) return payload.truncated();
      context.put(" \"");
      const bool ended = put_string(context, rest);
      context.put('"');
      if (!ended) payload.truncated();
      break;
    }
    default:
      break;
  }
}

}  // namespace ringtap
