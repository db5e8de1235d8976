// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Signalling and status of frame relay: ITU-T Q.933 with its annex A, and ANSI T1.617 annex D.
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr Token kMessages[] = {
    {0x00, "ESC to National"}, {0x01, "Alert"},        {0x02, "Call proceeding"}, {0x03, "Progress"},
    {0x05, "Setup"},           {0x07, "Connect"},      {0x0f, "Connect ACK"},     {0x45, "Disconnect"},
    {0x46, "Restart"},         {0x4d, "Release"},      {0x4e, "Restart ACK"},     {0x5a, "Release Complete"},
    {0x75, "Status Enquiry"},  {0x7d, "Status Reply"},
};

constexpr std::uint8_t kAnsi = 0x95;  // the shift that ANSI's messages have
constexpr std::uint8_t kShift = 0x90;
constexpr std::uint8_t kOnce = 0x08;  // for one element only
constexpr std::uint8_t kSingle = 0x80;

enum class Kind : std::uint8_t { kReport, kLinkVerify, kPvcStatus };
struct Element {
  std::uint8_t id;
  std::string_view name;
  Kind kind;
};
constexpr Element kElements[] = {
    {0x01, "ANSI Report Type", Kind::kReport},    {0x03, "ANSI Link Verify", Kind::kLinkVerify},
    {0x07, "ANSI PVC Status", Kind::kPvcStatus},  {0x19, "ANSI Link Verify", Kind::kLinkVerify},
    {0x51, "CCITT Report Type", Kind::kReport},   {0x53, "CCITT Link Verify", Kind::kLinkVerify},
    {0x57, "CCITT PVC Status", Kind::kPvcStatus},
};

const Element* find_element(std::uint8_t id, unsigned codeset) {
  if (codeset != 0 && codeset != 5) return nullptr;
  for (const Element& element : kElements) {
    if (element.id == id) return &element;
  }
  return nullptr;
}

// Where there are no lines of their own for the elements, a comma comes before each.
std::string_view separator(const Context& context) {
  return context.verbose() ? "" : ", ";
}

void put_pvc_status(Context& context, const Cursor& value) {
  constexpr std::uint8_t kLast = 0x80;
  const std::size_t size = value.length();
  const auto last = [&value](std::size_t i) { return (value.u8(i) & kLast) != 0; };
  const bool valid = size >= 3 && size <= 5 && !last(0) &&
                     (size == 3   ? last(1)
                      : size == 4 ? !last(1) && last(2)
                                  : !last(1) && !last(2) && last(3)) &&
                     last(size - 1);
  if (!valid) return context.put(separator(context), "Invalid DLCI in PVC STATUS IE");
  std::uint32_t dlci = (value.u8(0) & 0x3fU) << 4 | (value.u8(1) & 0x78U) >> 3;
  if (size == 4) dlci = dlci << 6 | (value.u8(2) & 0x7eU) >> 1;
  if (size == 5) dlci = dlci << 13 | (value.u8(2) & 0x7fU) | (value.u8(3) & 0x7eU) >> 1;  // as tcpdump adds them
  const std::uint8_t status = value.u8(size - 1);
  context.put(separator(context), "DLCI ", dlci, ": status ", (status & 0x8) != 0 ? "New, " : "",
              (status & 0x2) != 0 ? "Active" : "Inactive");
}

void put_value(Context& context, const Cursor& value, Kind kind) {
  constexpr Token kReports[] = {{0, "Full Status"}, {1, "Link verify"}, {2, "Async PVC Status"}};
  switch (kind) {
    case Kind::kReport:
      if (!context.verbose()) return;
      if (value.length() < 1) return context.put("Invalid REPORT TYPE IE");
      return context.put(named(kReports, value.u8(0), "unknown"));
    case Kind::kLinkVerify:
      if (value.length() < 2) return context.put(separator(context), "Invalid LINK VERIFY IE");
      return context.put(separator(context), "TX Seq: ", Padded{value.u8(0), 3, ' '},
                         ", RX Seq: ", Padded{value.u8(1), 3, ' '});
    case Kind::kPvcStatus:
      return put_pvc_status(context, value);
  }
}

enum class End : std::uint8_t {
  kRegular,
  kEmpty,  // an element without data or of type 0, after which tcpdump says nothing more
  kCut
};

End put_elements(Context& context, Cursor elements, unsigned codeset) {
  unsigned once = codeset;  // of the next element
  while (elements.length() > 0) {
    if (!elements.has(1)) return End::kCut;
    const std::uint8_t id = elements.u8(0);
    if ((id & kSingle) != 0) {
      if ((id & 0xf0U) == kShift) {
        once = id & 7U;
        if ((id & kOnce) == 0) codeset = once;
      }
      elements.skip(1);
      continue;
    }
    if (elements.length() < 2 || !elements.has(2)) return End::kCut;
    const std::size_t size = elements.u8(1);
    const Element* element = find_element(id, once);
    once = codeset;
    if (context.verbose()) {
      context.put("\n\t", element == nullptr ? "unknown" : element->name, " IE (0x", Hex{id, 2}, "), length ", size,
                  ": ");
    }
    elements.skip(2);
    if (size == 0 || id == 0) return End::kEmpty;
    if (size > elements.length() || !elements.has(size)) return End::kCut;
    const Cursor value = elements.first(size);
    if (element != nullptr) put_value(context, value, element->kind);
    if (element == nullptr && context.verbose()) dump_hex(context.out, value.bytes());
    if (element != nullptr && context.verbose(2)) dump_hex(context.out, value.bytes(), "\n\t  ");
    elements.skip(size);
  }
  return End::kRegular;
}

}  // namespace

void print_q933(Context& context, Cursor message) {
  const std::size_t length = message.length();
  context.protocol("q.933");
  if (!context.options.link_header) context.put("Q.933, ");
  const auto cut_off = [&] {
    context.put("length ", length);
    message.truncated();
  };
  if (length < 2 || !message.has(2)) return cut_off();
  const std::size_t reference_size = message.u8(0) & 0xfU;
  if (!message.has(reference_size + 2) || length < reference_size + 2) return cut_off();
  if (length > reference_size + 2 && !message.has(reference_size + 3)) return cut_off();
  const Cursor reference = message.first(1 + reference_size).from(1);
  message.skip(1 + reference_size);
  const std::uint8_t type = message.take_u8();
  const bool shifted = message.has(1) && message.length() > 0 && (message.u8(0) & 0xf0U) == kShift;
  const std::uint8_t shift = shifted ? message.u8(0) : 0;
  const unsigned codeset = shift & 7U;
  context.put(shift == kAnsi ? "ANSI" : "CCITT", ", codeset ", codeset);
  // A reference of one zero is none; tcpdump looks for the zero one byte after the message's type.
  if (reference_size == 1 && !message.has(1)) return message.truncated();
  if (reference_size > 1 || (reference_size == 1 && message.u8(0) != 0)) {
    context.put(", Call Ref: 0x");
    put_hex(context, reference.bytes());
  }
  context.put(", ");
  const std::string_view name = token(kMessages, type);
  if (context.verbose()) {
    context.put(NamedHex{name_or(name, "unknown message"), type}, ", length ", length);
  } else {
    context.put_name(name, "unknown message 0x", Hex{type, 2});
  }
  const End end = put_elements(context, message, 0);
  if (end != End::kEmpty && !context.verbose()) context.put(", length ", length);
  if (end == End::kCut) message.truncated();
}

}  // namespace ringtap
