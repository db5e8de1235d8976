// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Low-rate wireless networks, IEEE 802.15.4-2015: frames with or without their check sequence, or after the header that
// a receiver adds (https://www.tcpdump.org/linktypes/LINKTYPE_IEEE802_15_4_TAP.html). What is captured of a frame is
// all that counts. Over UDP sniffers send them by ZEP, the ZigBee Encapsulation Protocol.
#include <algorithm>

#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

enum FrameType : std::uint8_t { kBeacon = 0, kCommand = 3, kMultipurpose = 5 };
constexpr std::string_view kFrameTypes[] = {"Beacon",   "Data",         "ACK",      "Command",
                                            "Reserved", "Multipurpose", "Fragment", "Extended"};

// Bits of the two bytes that all types but the multipurpose frame begin with.
enum Control : std::uint16_t {
  kSecured = 0x0008,
  kPanCompressed = 0x0040,
  kNoSequence = 0x0100,
  kElements = 0x0200,
};
constexpr Token kControls[] = {{kSecured, "Security Enabled"},
                               {0x0010, "Frame Pending"},
                               {0x0020, "AR"},
                               {kPanCompressed, "PAN ID Compression"},
                               {kNoSequence, "Sequence Number Suppression"},
                               {kElements, "IE present"}};
// And of the multipurpose frame's; the second byte is there only if kLong is set.
enum MultipurposeControl : std::uint16_t {
  kLong = 0x0008,
  kPanPresent = 0x0100,
  kMultipurposeSecured = 0x0200,
  kMultipurposeNoSequence = 0x0400,
  kMultipurposeElements = 0x8000,
};
constexpr Token kMultipurposeControls[] = {{kMultipurposeSecured, "Security Enabled"},
                                           {0x0800, "Frame Pending"},
                                           {0x4000, "AR"},
                                           {kPanPresent, "PAN ID Present"},
                                           {kMultipurposeNoSequence, "Sequence Number Suppression"},
                                           {kMultipurposeElements, "IE present"}};
constexpr unsigned kVersion2015 = 2;

constexpr std::uint8_t kEncrypted = 4;  // of the security level

enum AddressMode : std::uint8_t { kAbsent = 0, kNotAMode = 1, kShort = 2, kExtended = 3 };
constexpr std::size_t kExtendedSize = 8;

struct Header {
  FrameType type;
  std::uint8_t destination;  // AddressMode
  std::uint8_t source;
  bool destination_pan;
  bool source_pan;
  bool secured;
  bool elements;
  unsigned version;
};

constexpr Token kHeaderElements[] = {
    {0x00, "Vendor Specific Header IE"},
    {0x1a, "LE CSL IE"},
    {0x1b, "LE RIT IE"},
    {0x1c, "DSME PAN descriptor IE"},
    {0x1d, "Rendezvous Time IE"},
    {0x1e, "Time Correction IE"},
    {0x21, "Extended DSME PAN descriptor IE"},
    {0x22, "Fragment Sequence Context Description IE"},
    {0x23, "Simplified Superframe Specification IE"},
    {0x24, "Simplified GTS Specification IE"},
    {0x25, "LECIM Capabilities IE"},
    {0x26, "TRLE Descriptor IE"},
    {0x27, "RCC Capabilities IE"},
    {0x28, "RCCN Descriptor IE"},
    {0x29, "Global Time IE"},
    {0x2a, "Omnibus Header IE"},
    {0x2b, "DA IE"},
    {0x7e, "Header Termination 1 IE"},
    {0x7f, "Header Termination 2 IE"},
};
constexpr std::uint32_t kPayloadFollows = 0x7e;
constexpr std::uint32_t kDataFollows = 0x7f;
constexpr Token kPayloadElements[] = {
    {0x0, "ESDU IE"},
    {0x1, "MLME IE"},
    {0x2, "Vendor Specific Nested IE"},
    {0x3, "Multiplexed IE (802.15.9)"},
    {0x4, "Omnibus Payload Group IE"},
    {0x5, "IETF IE"},
    {0xf, "List termination"},
};
constexpr std::uint32_t kListTermination = 0xf;

constexpr Token kCommands[] = {
    {0x01, "Association Request command"},
    {0x02, "Association Response command"},
    {0x03, "Disassociation Notification command"},
    {0x04, "Data Request command"},
    {0x05, "PAN ID Conflict Notification command"},
    {0x06, "Orphan Notification command"},
    {0x07, "Beacon Request command"},
    {0x08, "Coordinator realignment command"},
    {0x09, "GTS request command"},
    {0x0a, "TRLE Management Request command"},
    {0x0b, "TRLE Management Response command"},
    {0x13, "DSME Association Request command"},
    {0x14, "DSME Association Response command"},
    {0x15, "DSME GTS Request command"},
    {0x16, "DSME GTS Response command"},
    {0x17, "DSME GTS Notify command"},
    {0x18, "DSME Information Request command"},
    {0x19, "DSME Information Response command"},
    {0x1a, "DSME Beacon Allocation Notification command"},
    {0x1b, "DSME Beacon Collision Notification command"},
    {0x1c, "DSME Link Report command"},
    {0x20, "RIT Data Request command"},
    {0x21, "DBS Request command"},
    {0x22, "DBS Response command"},
    {0x23, "RIT Data Response command"},
    {0x24, "Vendor Specific command"},
};

// CRC of ITU-T with the lowest bit first and a start of 0, 7.2.10.
std::uint16_t check_sequence(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = 0;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x8408 : crc >> 1;
  }
  return static_cast<std::uint16_t>(crc);
}

// What is wrong with a frame; nothing of it is printed after that.
bool fail(Context& context, std::string_view reason) {
  context.put(reason);
  return false;
}

void put_flags_set(Context& context, std::span<const Token> flags, std::uint32_t control) {
  for (const Token& flag : flags) {
    if ((control & flag.value) != 0) context.put(flag.name, ", ");
  }
}

// The highest byte, which is the last, first.
void put_extended(Context& context, const std::uint8_t* address) {
  for (std::size_t i = kExtendedSize; i > 0; --i) context.put(Hex{address[i - 1], 2}, i == 1 ? "" : ":");
}

// False if it is cut, after the reason was put; so it is with the functions after this one.
bool put_address(Context& context, Cursor& frame, std::uint8_t mode, bool pan) {
  if (!pan) {
    context.put("-:");
  } else {
    // tcpdump says the same of the source.
    if (!frame.has(2)) return fail(context, "[ERROR: Truncated before dst_pan]");
    context.put(Hex{frame.le16(0), 4}, ':');
    frame.skip(2);
  }
  if (mode == kAbsent) {
    context.put("none");
    return true;
  }
  const std::size_t size = mode == kShort ? 2 : kExtendedSize;
  if (!frame.has(size)) return fail(context, "[ERROR: Truncated before dst_addr]");
  if (mode == kShort) {
    context.put(Hex{frame.le16(0), 4});
  } else {
    put_extended(context, frame.block(0, kExtendedSize));
  }
  frame.skip(size);
  return true;
}

bool put_addresses(Context& context, Cursor& frame, const Header& header, std::string_view between) {
  if (!put_address(context, frame, header.destination, header.destination_pan)) return false;
  context.put(between);
  if (!put_address(context, frame, header.source, header.source_pan)) return false;
  context.put(' ');
  return true;
}

// 7.2.1.5: which of the two networks are named.
void set_pans(Context& context, Header& header, bool compressed) {
  const bool destination = header.destination != kAbsent;
  const bool source = header.source != kAbsent;
  if (header.version < kVersion2015) {
    if (compressed && !(destination && source)) {
      context.put("[ERROR: PAN ID Compression != 0, and only one address with frame version < 2]");
    }
    header.destination_pan = destination;
    header.source_pan = source && !compressed;
  } else if (destination && source) {
    header.destination_pan = !(compressed && header.destination == kExtended && header.source == kExtended);
    header.source_pan = !compressed && header.source == kShort;
  } else {
    header.destination_pan = source ? false : destination != compressed;
    header.source_pan = source && !compressed;
  }
}

bool put_security(Context& context, Cursor& frame) {
  constexpr std::uint8_t kCounterSuppressed = 0x20;
  const bool detailed = context.verbose(2);
  if (!frame.has(1)) return fail(context, "[ERROR: Truncated before Aux Security Header]");
  const std::uint8_t control = frame.take_u8();
  const std::uint32_t key_mode = control >> 3 & 3U;
  if (context.verbose()) {
    context.put("\n\tSecurity Level ", control & 7U, ", Key Id Mode ", key_mode, ", ");
  }
  if ((control & kCounterSuppressed) == 0) {
    if (!frame.has(4)) return fail(context, "[ERROR: Truncated before Frame Counter]");
    if (detailed) context.put("Frame Counter 0x", Hex{frame.le32(0), 8}, ' ');
    frame.skip(4);
  }
  if (key_mode == 0) {
    if (detailed) context.put("Implicit");
  } else {
    const std::size_t source = key_mode == 1 ? 0 : key_mode == 2 ? 4 : kExtendedSize;
    if (!frame.has(source)) return fail(context, "[ERROR: Truncated before Key Source]");
    if (detailed && source == 4) {
      context.put("KeySource 0x", Hex{frame.le16(0), 4}, ':', Hex{frame.le16(2)}, "4x, ");  // a slip of tcpdump's
    } else if (detailed && source != 0) {
      context.put("KeySource ");
      put_extended(context, frame.block(0, kExtendedSize));
      context.put(", ");
    }
    frame.skip(std::min<std::size_t>(source, 4));  // tcpdump goes on in the middle of a source of eight bytes
    if (!frame.has(1)) return fail(context, "[ERROR: Truncated before Key Index]");
    const std::uint8_t index = frame.take_u8();
    if (detailed) context.put("KeyIndex 0x", Hex{index, 2}, ", ");
  }
  return true;
}

// What an element has after its number and its name, and `end`.
bool put_element(Context& context, Cursor& frame, std::size_t size, std::string_view end) {
  if (!frame.has(size)) return fail(context, "[ERROR: Truncated IE data]");
  if (size > 0) {
    context.put("IE Data = ");
    put_hex(context, frame.bytes().first(size), " ");
  }
  context.put(end);
  frame.skip(size);
  return true;
}

void put_element_name(Context& context, std::span<const Token> names, std::uint32_t id, std::size_t size) {
  context.put("\n\t");
  context.put_name(token(names, id), "Reserved 0x", Hex{id, 2});
  context.put(" [");
  if (size > 0) context.put(" length = ", size, ", ");
}

// `last` is the number of the element that ended them, 0 if the frame did.
bool put_header_elements(Context& context, Cursor& frame, std::uint32_t& last) {
  do {
    if (!frame.has(2)) return fail(context, "[ERROR: Truncated header IE]");
    const std::uint16_t head = frame.le16(0);
    const std::size_t size = head & 0x7fU;
    const std::uint32_t id = head >> 7 & 0xffU;
    frame.skip(2);
    if ((head & 0x8000) != 0) context.put("[ERROR: Header IE with type 1] ");
    if (id >= 0x80) {
      context.put("Reserved Element ID ", Hex{id, 2}, ", length = ", size, ' ');
    } else {
      put_element_name(context, kHeaderElements, id, size);
    }
    if (!put_element(context, frame, size, "] ")) return false;
    if (id == kPayloadFollows || id == kDataFollows) {
      last = id;
      return true;
    }
  } while (frame.captured() > 0);
  return true;
}

bool put_payload_elements(Context& context, Cursor& frame) {
  std::uint32_t id = 0;
  do {
    if (!frame.has(2)) return fail(context, "[ERROR: Truncated header IE]");
    const std::uint16_t head = frame.le16(0);
    const std::size_t size = head & 0x3ffU;
    id = head >> 11 & 0xfU;
    frame.skip(2);
    if ((head & 0x8000) == 0) context.put("[ERROR: Payload IE with type 0] ");
    put_element_name(context, kPayloadElements, id, size);
    if (!put_element(context, frame, size, "]\n\t")) return false;
  } while (id != kListTermination && frame.captured() > 0);
  return true;
}

bool put_time_slots(Context& context, Cursor& frame) {
  if (!frame.has(1)) return fail(context, "[ERROR: Truncated before GTS info]");
  constexpr std::size_t kSlot = 3;
  const std::size_t count = frame.u8(0) & 7U;
  if (count == 0) {
    if (context.verbose()) context.put("\n\tGTS Descriptor Count = 0, ");
    frame.skip(1);
    return true;
  }
  if (!frame.has(2 + kSlot * count)) return fail(context, " [ERROR: Truncated GTS Info List]");
  if (context.verbose(2)) {
    context.put("GTS Descriptor Count = ", count, ", GTS Directions Mask = ", Hex{frame.u8(1) & 0x7fU, 2}, ", [ ");
    for (std::size_t at = 2; at < 2 + kSlot * count; at += kSlot) {
      const std::uint32_t slots = frame.u8(at + 1);  // tcpdump takes the address' second byte for the third
      context.put("[ ", Hex{frame.le16(at), 4}, ", Start slot = ", slots & 0xf, ", Length = ", slots >> 4, " ] ");
    }
    context.put(']');
  }
  frame.skip(2 + kSlot * count);
  return true;
}

bool put_pending_addresses(Context& context, Cursor& frame) {
  if (!frame.has(1)) return fail(context, "[ERROR: Truncated before pending addresses]");
  const std::size_t shorts = frame.u8(0) & 7U;
  const std::size_t extended = frame.u8(0) >> 4 & 7U;
  frame.skip(1);
  if (context.verbose()) {
    context.put("\n\tPending address list, # short addresses = ", shorts, ", # extended addresses = ", extended);
  }
  if (!frame.has(2 * shorts + kExtendedSize * extended)) {
    context.put(" [ERROR: Pending address list truncated]");
    return false;
  }
  const bool detailed = context.verbose(2);
  if (detailed && shorts > 0) {
    context.put(", Short address list = [ ");
    for (std::size_t i = 0; i < shorts; ++i) context.put(Hex{frame.le16(2 * i), 4}, ' ');
    context.put(']');
  }
  frame.skip(2 * shorts);
  if (detailed && extended > 0) {
    context.put(", Extended address list = [ ");
    for (std::size_t i = 0; i < extended; ++i) {
      put_extended(context, frame.block(kExtendedSize * i, kExtendedSize));
      context.put(' ');
    }
    context.put(']');
  }
  frame.skip(kExtendedSize * extended);
  return true;
}

// 7.3.1, before the 2015 edition.
bool put_beacon(Context& context, Cursor& frame) {
  if (!frame.has(2)) return fail(context, "[ERROR: Truncated before beacon information]");
  constexpr Token kFlags[] = {
      {0x1000, ", BLE enabled"}, {0x4000, ", PAN Coordinator"}, {0x8000, ", Association Permit"}};
  const std::uint32_t superframe = frame.take_u8() | static_cast<std::uint32_t>(frame.take_u8() << 8);
  if (context.verbose()) {
    context.put("\n\tBeacon order = ", superframe & 0xf, ", Superframe order = ", superframe >> 4 & 0xf,
                ", Final CAP Slot = ", superframe >> 8 & 0xf);
    for (const Token& flag : kFlags) {
      if ((superframe & flag.value) != 0) context.put(flag.name);
    }
  }
  return put_time_slots(context, frame) && put_pending_addresses(context, frame);
}

void put_association_request(Context& context, std::uint8_t capabilities) {
  constexpr Token kCapabilities[] = {{0x04, "AC powered"},
                                     {0x08, "Receiver on when idle"},
                                     {0x10, "Fast association"},
                                     {0x40, "Security supported"},
                                     {0x80, "Allocate address"}};
  context.put((capabilities & 0x02) != 0 ? "FFD, " : "RFD, ");
  put_flags_set(context, kCapabilities, capabilities);
}

void put_association_response(Context& context, const Cursor& data) {
  constexpr Token kStatus[] = {{0x00, "Association successful"},
                               {0x01, "PAN at capacity"},
                               {0x02, "PAN access denied"},
                               {0x03, "Hooping sequence offset duplication"},
                               {0x80, "Fast association successful"}};
  const std::uint8_t status = data.u8(2);
  context.put("Short address = ", Hex{data.le16(0), 4}, ", ");
  context.put_name(token(kStatus, status), "Status = 0x", Hex{status, 2});
}

void put_disassociation(Context& context, const Cursor& data) {
  constexpr std::string_view kReasons[] = {"Reserved", "Reason = The coordinator wishes the device to leave PAN",
                                           "Reason = The device wishes to leave the PAN"};
  const std::uint8_t reason = data.u8(0);
  if (reason < std::size(kReasons)) {
    context.put(kReasons[reason]);
  } else {
    (void)data.u8(1);  // tcpdump takes the others, which are reserved, for the end of what was captured
  }
}

void put_realignment(Context& context, const Cursor& data) {
  constexpr std::size_t kWithPage = 8;
  context.put("Pan ID = 0x", Hex{data.le16(0), 4}, ", Coordinator short address = ", Hex{data.le16(2), 4});
  const std::uint32_t channel = data.u8(4);
  const std::uint32_t page = data.captured() == kWithPage ? data.u8(7) : 0;
  context.put(", Channel Number = ", (page & 0x80) != 0 ? (page & 0x7f) << 8 | channel : channel);
  if (data.captured() == kWithPage && (page & 0x80) == 0) context.put(", page = ", page);
  context.put(", Short address = ", Hex{data.le16(5), 4});
}

void put_slot_request(Context& context, const Cursor& data) {
  const std::uint8_t slots = data.u8(0);
  context.put("GTS Length = ", slots & 0xfU, ", ", (slots & 0x10) != 0 ? "Receive-only" : "Transmit-only", " GTS, ",
              (slots & 0x20) != 0 ? "GTS allocation" : "GTS deallocations");
}

// True if the command is complete: what is left of the frame then is not its data.
bool put_command_data(Context& context, std::uint8_t command, const Cursor& data) {
  enum Command : std::uint8_t { kAssociate = 1, kAssociated = 2, kDisassociate = 3, kRealign = 8, kSlots = 9 };
  const std::size_t size = data.captured();
  switch (command) {
    case kAssociate:
      if (size != 1) return fail(context, "Invalid Association request command length");
      put_association_request(context, data.u8(0));
      return true;
    case kAssociated:
      if (size != 3) return fail(context, "Invalid Association response command length");
      put_association_response(context, data);
      return true;
    case kDisassociate:
      if (size != 1) return fail(context, "Invalid Disassociation Notification command length");
      put_disassociation(context, data);
      return true;
    case kRealign:
      if (size < 7 || size > 8) return fail(context, "Invalid Coordinator Realignment command length");
      put_realignment(context, data);
      return true;
    case kSlots:
      if (size != 1) return fail(context, "Invalid GTS Request command length");
      put_slot_request(context, data);
      return true;
    case 4:
    case 5:
    case 6:
    case 7:
      return false;  // have no data
    default:
      context.put("Command Data = ");
      put_hex(context, data.bytes(), " ");
      return false;
  }
}

bool put_command(Context& context, Cursor& frame) {
  if (!frame.has(1)) return fail(context, "[ERROR: Truncated before Command ID]");
  const std::uint8_t command = frame.take_u8();
  context.put("Command ID = ");
  context.put_name(token(kCommands, command), "Reserved 0x", Hex{command, 2});
  context.put(' ');
  if (frame.captured() > 0 && put_command_data(context, command, frame)) frame.skip(frame.captured());
  return true;
}

struct CheckSequence {
  std::uint16_t stored;
  std::uint16_t computed;
};

// From after the addresses on: security, information elements, and the payload.
bool put_body(Context& context, Cursor frame, const Header& header, const CheckSequence& check) {
  constexpr std::size_t kMicSizes[] = {0, 4, 8, 16};
  std::uint8_t security = 0;
  if (header.secured) {
    if (frame.has(1)) security = frame.u8(0);
    if (!put_security(context, frame)) return false;
  }
  const std::size_t mic_size = kMicSizes[security & 3U];
  if (!frame.has(mic_size)) return fail(context, "[ERROR: Truncated before MIC]");
  const std::span<const std::uint8_t> mic = frame.bytes().last(mic_size);
  frame = frame.first(frame.captured() - mic_size);
  std::uint32_t last = 0;
  if (header.elements && !put_header_elements(context, frame, last)) return false;
  if (last == kPayloadFollows) {
    if ((security & kEncrypted) != 0) {
      context.put("Payload IEs present, but encrypted, cannot print ");
    } else if (!put_payload_elements(context, frame)) {
      return false;
    }
  }
  if (context.verbose(3) && !mic.empty()) {
    context.put("\n\tMIC ");
    put_hex(context, mic);
    context.put(' ');
  }
  if (context.verbose(3)) {
    if (check.stored == check.computed) {
      context.put("FCS ", Hex{check.stored}, ' ');
    } else {
      context.put("wrong FCS ", Hex{check.stored}, " vs ", Hex{check.computed}, " (assume no FCS stored) ");
    }
  }
  bool complete = true;
  if (header.type == kBeacon && header.version < kVersion2015) complete = put_beacon(context, frame);
  if (header.type == kCommand) complete = put_command(context, frame);
  if (complete) dump_unknown(context, frame);
  return true;
}

bool put_sequence(Context& context, Cursor& frame) {
  if (!frame.has(1)) {
    context.link_header_size = 0;
    context.put_truncated();
    return false;
  }
  const std::uint8_t sequence = frame.take_u8();
  if (context.verbose()) context.put("seq ", Hex{sequence, 2}, ' ');
  return true;
}

// A frame of any type but multipurpose, from after its control field on.
bool print_general(Context& context, Cursor frame, std::uint16_t control, const CheckSequence& check) {
  Header header{.type = static_cast<FrameType>(control & 7U),
                .destination = static_cast<std::uint8_t>(control >> 10 & 3U),
                .source = static_cast<std::uint8_t>(control >> 14),
                .secured = (control & kSecured) != 0,
                .elements = (control & kElements) != 0,
                .version = control >> 12 & 3U};
  context.put('v', header.version, ' ');
  if (context.verbose(3)) put_flags_set(context, kControls, control);
  if ((control & kNoSequence) == 0) {
    if (!put_sequence(context, frame)) return false;
  } else {
    if (header.version < kVersion2015) {
      context.put("[ERROR: Sequence number suppressed on frames where version < 2]");
    }
    if (context.verbose()) context.put("seq suppressed ");
  }
  if (header.source == kNotAMode) return fail(context, "[ERROR: Invalid src address mode]");
  if (header.destination == kNotAMode) return fail(context, "[ERROR: Invalid dst address mode]");
  set_pans(context, header, (control & kPanCompressed) != 0);
  return put_addresses(context, frame, header, " < ") && put_body(context, frame, header, check);
}

bool print_multipurpose(Context& context, Cursor frame, std::uint16_t control, const CheckSequence& check) {
  const bool brief = (control & kLong) == 0;
  if (brief) control &= 0xff;
  const Header header{.type = kMultipurpose,
                      .destination = static_cast<std::uint8_t>(control >> 4 & 3U),
                      .source = static_cast<std::uint8_t>(control >> 6 & 3U),
                      .destination_pan = (control & kPanPresent) != 0,
                      .secured = (control & kMultipurposeSecured) != 0,
                      .elements = (control & kMultipurposeElements) != 0,
                      .version = control >> 12 & 3U};
  if (!brief) context.put('v', header.version, ' ');
  if (context.verbose(3)) put_flags_set(context, kMultipurposeControls, control);
  if ((control & kMultipurposeNoSequence) == 0 && !put_sequence(context, frame)) return false;
  if (header.source == kNotAMode) return fail(context, "[ERROR: Invalid src address mode]");
  if (header.destination == kNotAMode) return fail(context, "[ERROR: Invalid dst address mode]");
  return put_addresses(context, frame, header, " <  ") && put_body(context, frame, header, check);
}

// A dump of the packet leaves out what comes before the frame, and one byte more if nothing was wrong with the frame's
// header, as tcpdump's does.
void print_frame(Context& context, Cursor frame, std::size_t before) {
  constexpr std::size_t kCheckSequence = 2;
  context.protocol("802.15.4");
  if (!frame.has(2)) {
    context.link_header_size = before + frame.captured();
    return context.put_truncated();
  }
  context.link_header_size = before;
  const std::uint16_t control = frame.le16(0);
  const std::uint8_t type = control & 7U;
  context.put("IEEE 802.15.4 ", kFrameTypes[type], " packet ");
  if (type > kCommand && type != kMultipurpose) return;
  const std::size_t size = type == kMultipurpose && (control & kLong) == 0 ? 1 : 2;
  CheckSequence check{};
  if (frame.captured() >= size + kCheckSequence) {
    const std::size_t checked = frame.captured() - kCheckSequence;
    check = {frame.le16(checked), check_sequence(frame.bytes().first(checked))};
    if (check.stored == check.computed) frame = frame.first(checked);
  }
  const bool complete = type == kMultipurpose ? print_multipurpose(context, frame.from(size), control, check)
                                              : print_general(context, frame.from(size), control, check);
  if (complete) context.link_header_size = before + 1;
}

// "2208988800.000000000 (1970/01/01 00:00:00)": NTP's. tcpdump has the fraction as a float.
void put_zep_time(Context& context, std::uint64_t time) {
  const auto seconds = static_cast<std::uint32_t>(time >> 32);
  const float fraction = static_cast<float>(static_cast<std::uint32_t>(time)) / 4294967296.0F;
  context.put(seconds, '.', Padded{static_cast<std::uint64_t>(static_cast<double>(fraction) * 1e9), 9});
  if (seconds == 0) return;
  context.put(" (");
  put_utc(context, static_cast<std::uint32_t>(seconds - kNtpEpoch), ' ', '/');
  context.put(')');
}

// A frame that is not there to its end is only named, since its check sequence is read first. False if the frame's
// bytes remain to be dumped.
bool print_zep_frame(Context& context, const Cursor& rest, std::size_t size) {
  context.put("\n\t");
  if (!rest.has(size)) {
    context.protocol("802.15.4");
    const std::uint16_t control = rest.le16(0);
    const std::uint8_t type = control & 7U;
    context.put("IEEE 802.15.4 ", kFrameTypes[type], " packet ");
    if (type > kCommand && type != kMultipurpose) return false;
    (void)rest.span(0, size);
    return true;
  }
  const std::size_t outer = context.link_header_size;
  print_frame(context, rest.first(size), 0);
  const bool complete = context.link_header_size != 0;
  context.link_header_size = outer;
  return complete;
}

}  // namespace

void print_wpan(Context& context, Cursor packet) {
  print_frame(context, packet, 0);
}

void print_wpan_tap(Context& context, Cursor packet) {
  constexpr std::size_t kHeader = 4;
  context.protocol("802.15.4_tap");
  const auto cut_off = [&] {
    context.link_header_size = packet.captured();
    context.put_truncated();
  };
  if (!packet.has(kHeader)) return cut_off();
  const std::uint16_t size = packet.le16(2);
  if (packet.u8(0) != 0 || size < kHeader) return context.put_invalid();
  if (!packet.has(size)) return cut_off();
  print_frame(context, packet.from(size), size);
}

void print_zep(Context& context, Cursor message, const Transport&) {
  constexpr std::uint8_t kAck = 2;
  context.protocol("zep");
  context.put("ZEP");
  const std::uint8_t* preamble = message.block(0, 2);
  if (context.truncated()) return;
  if (preamble[0] != 'E' || preamble[1] != 'X') {
    context.put(" [Preamble Code: ");
    context.out.escaped({preamble, 2});
    context.put(']');
    return context.put_invalid();
  }
  const std::uint8_t version = message.u8(2);
  context.put('v', version, ' ');
  const auto is_shorter = [&context, &message](std::size_t least) {
    if (message.length() >= least) return false;
    context.put(" [len ", message.length(), " < ", least, ']');
    context.put_invalid();
    return true;
  };
  std::size_t header = 16;
  std::size_t at = 3;  // of the channel
  if (version != 1) {
    const std::uint8_t type = message.u8(3);
    if (context.truncated() || is_shorter(type == kAck ? 8 : 32)) return;
    if (type == kAck) {
      context.put("ACK, seq# = ", message.be32(4));
      header = 8;
    } else {
      (void)message.block(4, 3);
      context.put("Type ", type, ", ");
      header = 32;
      at = 4;
    }
  } else if (is_shorter(header)) {
    return;
  }
  std::uint8_t size = 0;
  if (header != 8) {
    const std::uint8_t* device = message.block(at, 3);
    context.put("Channel ID ", device[0], ", Device ID 0x", Hex{load_be16(device + 1), 4}, ", ");
    if (message.u8(at + 3) != 0) {
      context.put("CRC, ");
    } else {
      context.put("LQI ", message.u8(at + 4), ", ");
    }
    if (version != 1) {
      put_zep_time(context, message.be64(9));
      (void)message.block(17, 15);
      context.put(", seq# = ", message.be32(17), ", ");
    }
    size = message.u8(header - 1);
    context.put("inner len = ", size);
  }
  if (context.truncated()) return;
  message.skip(header);
  const bool printed = size != 0 && print_zep_frame(context, message, size);
  if (!printed && message.captured() > 0) dump_unknown(context, message);
  (void)message.span(0, message.length());
}

}  // namespace ringtap
