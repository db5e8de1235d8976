// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Frames of wireless networks, IEEE 802.11-2016 chapter 9: LINKTYPE_IEEE802_11, and what the headers of radio
// information (radiotap.cpp, radio_headers.cpp) are followed by. All numbers are little-endian.
#include <array>
#include <optional>

#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"
#include "dissect/link/wifi_codes.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kStation = 6;
constexpr std::size_t kManagementHeader = 24;
constexpr std::size_t kDataHeader = 24;

// Of the first byte: bits 2 to 7.
enum Kind : std::uint8_t { kManagement, kControl, kData };

// Of the second byte.
enum Flag : std::uint8_t {
  kToDs = 0x01,
  kFromDs = 0x02,
  kMoreFragments = 0x04,
  kRetry = 0x08,
  kPowerManagement = 0x10,
  kMoreData = 0x20,
  kProtected = 0x40,
  kOrder = 0x80
};
struct FlagName {
  std::uint8_t flag;
  std::string_view name;
};
constexpr FlagName kFlagNames[] = {{kMoreData, "More Data "},       {kMoreFragments, "More Fragments "},
                                   {kPowerManagement, "Pwr Mgmt "}, {kRetry, "Retry "},
                                   {kOrder, "Strictly Ordered "},   {kProtected, "Protected "}};

enum ManagementType : std::uint8_t {
  kAssociationRequest = 0,
  kAssociationResponse = 1,
  kReassociationRequest = 2,
  kReassociationResponse = 3,
  kProbeRequest = 4,
  kProbeResponse = 5,
  kBeacon = 8,
  kAtim = 9,
  kDisassociation = 10,
  kAuthentication = 11,
  kDeauthentication = 12,
  kAction = 13
};
constexpr std::string_view kManagementNames[] = {"Assoc Request",
                                                 "Assoc Response",
                                                 "ReAssoc Request",
                                                 "ReAssoc Response",
                                                 "Probe Request",
                                                 "Probe Response",
                                                 "",
                                                 "",
                                                 "Beacon",
                                                 "ATIM",
                                                 "Disassociation",
                                                 "Authentication",
                                                 "DeAuthentication",
                                                 "Action"};

enum ControlType : std::uint8_t {
  kWrapper = 7,
  kBlockAckRequest = 8,
  kBlockAck = 9,
  kPowerSavePoll = 10,
  kRequestToSend = 11,
  kClearToSend = 12,
  kAcknowledgment = 13,
  kFreeEnd = 14,
  kFreeEndAcknowledgment = 15
};
struct ControlForm {
  std::string_view name;
  std::size_t size = 0;  // 0: there is no such type
};
constexpr ControlForm kControlForms[16] = {{},
                                           {},
                                           {},
                                           {},
                                           {},
                                           {},
                                           {},
                                           {"Control Wrapper", 16},
                                           {"BAR", 20},
                                           {"BA", 10},
                                           {"Power Save-Poll", 16},
                                           {"Request-To-Send", 16},
                                           {"Clear-To-Send", 10},
                                           {"Acknowledgment", 10},
                                           {"CF-End", 16},
                                           {"CF-End+CF-Ack", 16}};

// Of a data frame's type.
constexpr std::uint8_t kHasNoData = 4;
constexpr std::uint8_t kHasQos = 8;
constexpr std::string_view kDataNames[] = {"", "CF Ack ", "CF Poll ", "CF Ack/Poll "};
constexpr std::string_view kQosNames[] = {"CF +QoS ", "CF Ack+QoS ", "CF Poll+QoS ", "CF Ack/Poll+QoS "};

struct Frame {
  const Cursor& bytes;
  Kind kind;
  std::uint8_t type;
  std::uint8_t flags;

  [[nodiscard]] bool has(Flag flag) const { return (flags & flag) != 0; }
  [[nodiscard]] bool has_four_addresses() const { return has(kToDs) && has(kFromDs); }
  [[nodiscard]] const std::uint8_t* address(std::size_t number) const {  // from 1 on
    return bytes.block(number == 4 ? kDataHeader : 4 + (number - 1) * kStation, kStation);
  }
};

std::size_t header_size(const Frame& frame) {
  switch (frame.kind) {
    case kManagement:
      return kManagementHeader;
    case kControl:
      return kControlForms[frame.type].size;
    case kData:
      return kDataHeader + (frame.has_four_addresses() ? kStation : 0) + ((frame.type & kHasQos) != 0 ? 2 : 0);
  }
  return 0;
}

void put_station(Context& context, std::string_view name, const std::uint8_t* address) {
  context.put(name, ':');
  context.station(address);
  context.put(' ');
}

void put_station(Context& context, std::string_view name, const Frame& frame, std::size_t number) {
  put_station(context, name, frame.address(number));
}

// ---- headers, with -e ----

void put_block_request(Context& context, const Frame& frame) {
  put_station(context, "RA", frame, 1);
  put_station(context, "TA", frame, 2);
  context.put("CTL(", Hex{frame.bytes.le16(16)}, ") SEQ(", frame.bytes.le16(18), ") ");
}

void put_control_header(Context& context, const Frame& frame) {
  switch (frame.type) {
    case kBlockAckRequest:
      context.put(' ');
      return put_block_request(context, frame);
    case kPowerSavePoll:
      put_station(context, "BSSID", frame, 1);
      return put_station(context, "TA", frame, 2);
    case kRequestToSend:
      put_station(context, "RA", frame, 1);
      return put_station(context, "TA", frame, 2);
    case kFreeEnd:
    case kFreeEndAcknowledgment:
      put_station(context, "RA", frame, 1);
      return put_station(context, "BSSID", frame, 2);
    case kWrapper:
      return;
    default:
      return put_station(context, "RA", frame, 1);
  }
}

// Which address is what, by the flags: [to, from].
constexpr std::array<std::array<std::string_view, 4>, 4> kAddressNames = {
    {{"DA", "SA", "BSSID", ""}, {"BSSID", "SA", "DA", ""}, {"DA", "BSSID", "SA", ""}, {"RA", "TA", "DA", "SA"}}};

void put_data_header(Context& context, const Frame& frame) {
  const unsigned role = frame.type & 3U;
  context.put((frame.type & kHasQos) != 0 ? kQosNames[role] : kDataNames[role]);
  const auto& names = kAddressNames[frame.flags & (kToDs | kFromDs)];
  for (std::size_t number = 1; number <= 4; ++number) {
    if (!names[number - 1].empty()) put_station(context, names[number - 1], frame, number);
  }
}

// IEEE 802.11s, 9.2.4.7.3: an address for each number of the first two bits.
void put_mesh_header(Context& context, const Cursor& mesh) {
  context.put("MeshData (AE ", mesh.u8(0) & 3U, " TTL ", mesh.u8(1), " seq ", mesh.le32(2));
  for (std::size_t number = 0; number < (mesh.u8(0) & 3U); ++number) {
    context.put(" A", number + 4, ':');
    context.station(mesh.block(6 + number * kStation, kStation));
  }
  context.put(") ");
}

void put_header(Context& context, const Frame& frame) {
  if (context.verbose()) {
    for (const FlagName& name : kFlagNames) {
      if ((frame.flags & name.flag) != 0) context.put(name.name);
    }
    const bool has_duration = frame.kind != kControl || frame.type != kPowerSavePoll;
    if (has_duration) context.put(frame.bytes.le16(2), "us ");
  }
  switch (frame.kind) {
    case kManagement:
      put_station(context, "BSSID", frame, 3);
      put_station(context, "DA", frame, 1);
      return put_station(context, "SA", frame, 2);
    case kControl:
      return put_control_header(context, frame);
    case kData:
      return put_data_header(context, frame);
  }
}

// ---- bodies ----

// The first words of what is encrypted: false if they are not there.
bool put_encrypted(Context& context, const Cursor& body) {
  if (body.readable() < 4) return false;
  const std::uint32_t vector = body.le32(0);
  const std::uint32_t number = vector & 0xffffff;
  const std::size_t digits = number < 0x10 ? 1 : number < 0x100 ? 2 : 3;
  context.put(" IV:", Repeat{' ', 3 - digits}, Hex{number}, " Pad ", Hex{vector >> 24 & 0x3f}, " KeyID ",
              Hex{vector >> 30});
  return true;
}

// What the printers show of the elements of a management frame; of each the first.
struct Elements {
  std::optional<Cursor> ssid;
  std::optional<Cursor> rates;
  std::optional<std::uint8_t> channel;
  bool whole = false;  // all of them could be read
};

Elements read_elements(Cursor body) {
  constexpr std::size_t kHead = 2;
  enum Id : std::uint8_t { kSsid = 0, kRates = 1, kChannel = 3, kTraffic = 5, kChallenge = 16 };
  Elements found;
  for (; body.length() > 0;) {
    if (body.readable() < kHead) return found;
    const std::size_t size = body.u8(1);
    const std::uint8_t id = body.u8(0);
    const bool is_longer_than_may_be = (id == kSsid && size > 32) || (id == kRates && size > 16) ||
                                       (id == kTraffic && size > 254) || (id == kChallenge && size > 253);
    if (body.readable() < kHead + size || is_longer_than_may_be) return found;
    const Cursor value = body.from(kHead).first(size);
    if (id == kSsid && !found.ssid) found.ssid = value;
    if (id == kRates && !found.rates) found.rates = value;
    if (id == kChannel && size == 1 && !found.channel) found.channel = value.u8(0);
    body.skip(kHead + size);
  }
  found.whole = true;
  return found;
}

void put_ssid(Context& context, const Elements& elements) {
  if (!elements.ssid) return;
  context.put(" (");
  put_text(context, elements.ssid->bytes());
  context.put(')');
}

void put_rates(Context& context, const Elements& elements) {
  if (!elements.rates || elements.rates->length() == 0) return;
  char before = '[';
  context.put(' ');
  for (const std::uint8_t rate : elements.rates->bytes()) {
    const std::uint32_t halves = rate & 0x7fU;
    context.put(before, halves / 2, halves % 2 != 0 ? ".5" : ".0", (rate & 0x80) != 0 ? "*" : "");
    before = ' ';
  }
  context.put(" Mbit]");
}

void put_channel(Context& context, const Elements& elements, bool is_private) {
  if (elements.channel) context.put(" CH: ", *elements.channel);
  if (is_private) context.put(", PRIVACY");
}

constexpr std::uint16_t kEss = 0x0001;
constexpr std::uint16_t kPrivacy = 0x0010;

// Each returns false where something is missing.
bool put_beacon(Context& context, Cursor body, bool is_beacon) {
  constexpr std::size_t kFixed = 12;  // time, interval, capabilities
  if (body.readable() < kFixed) return false;
  const std::uint16_t capabilities = body.le16(10);
  const Elements elements = read_elements(body.from(kFixed));
  put_ssid(context, elements);
  put_rates(context, elements);
  if (is_beacon) context.put((capabilities & kEss) != 0 ? " ESS" : " IBSS");
  put_channel(context, elements, (capabilities & kPrivacy) != 0);
  return elements.whole;
}

bool put_association_request(Context& context, Cursor body, bool again) {
  const std::size_t fixed = again ? 10 : 4;  // capabilities, interval, the present access point
  if (body.readable() < fixed) return false;
  const Elements elements = read_elements(body.from(fixed));
  put_ssid(context, elements);
  if (again) {
    context.put(" AP : ");
    context.station(body.block(4, kStation));
  } else {
    put_rates(context, elements);
  }
  return elements.whole;
}

bool put_association_response(Context& context, Cursor body) {
  constexpr std::size_t kFixed = 6;  // capabilities, status, association id
  if (body.readable() < kFixed) return false;
  const bool is_private = (body.le16(0) & kPrivacy) != 0;
  context.put(" AID(", Hex{body.le16(4) & 0x3fffU}, ") :", is_private ? " PRIVACY " : "", ": ",
              wifi_status(body.le16(2)));
  return read_elements(body.from(kFixed)).whole;
}

bool put_probe_request(Context& context, Cursor body) {
  const Elements elements = read_elements(body);
  put_ssid(context, elements);
  put_rates(context, elements);
  return elements.whole;
}

constexpr std::string_view kAlgorithms[] = {"Open System", "Shared Key", "EAP"};
constexpr std::uint16_t kSharedKey = 1;

bool put_authentication(Context& context, Cursor body) {
  constexpr std::size_t kFixed = 6;  // algorithm, number in the sequence, status
  if (body.readable() < kFixed) return false;
  const std::uint16_t algorithm = body.le16(0);
  const std::uint16_t number = body.le16(2);
  const bool has_challenge = algorithm == kSharedKey && (number == 2 || number == 3);
  context.put(" (", algorithm < std::size(kAlgorithms) ? kAlgorithms[algorithm] : "Reserved", ")-", Hex{number},
              has_challenge ? " [Challenge Text] " : ": ", number % 2 != 0 ? wifi_status(body.le16(4)) : "");
  return read_elements(body.from(kFixed)).whole;
}

bool put_end(Context& context, const Frame& frame, const Cursor& body) {
  if (body.readable() < 2) return false;
  if (frame.type == kDeauthentication && !context.options.link_header) {
    context.put(" (");
    context.station(frame.address(2));
    context.put(')');
  }
  context.put(": ", wifi_reason(body.le16(0)));
  return true;
}

constexpr Token kCategories[] = {{0, "Spectrum Management"},
                                 {1, "QoS"},
                                 {2, "DLS"},
                                 {3, "BA"},
                                 {7, "HT"},
                                 {13, "MeshAction"},
                                 {14, "MultiohopAction"},
                                 {15, "SelfprotectAction"},
                                 {127, "Vendor"}};
constexpr Token kActions[] = {{0x0300, "ADDBA Request"},
                              {0x0301, "ADDBA Response"},
                              {0x0302, "DELBA"},
                              {0x0700, "TxChWidth"},
                              {0x0701, "MIMOPwrSave"},
                              {0x0d00, "MeshLink"},
                              {0x0d01, "HWMP"},
                              {0x0d02, "Gate Announcement"},
                              {0x0d03, "Congestion Control"},
                              {0x0d04, "MCCA Setup Request"},
                              {0x0d05, "MCCA Setup Reply"},
                              {0x0d06, "MCCA Advertisement Request"},
                              {0x0d07, "MCCA Advertisement"},
                              {0x0d08, "MCCA Teardown"},
                              {0x0d09, "TBTT Adjustment Request"},
                              {0x0d0a, "TBTT Adjustment Response"},
                              {0x0e00, "Proxy Update"},
                              {0x0e01, "Proxy Update Confirmation"},
                              {0x0f01, "Peering Open"},
                              {0x0f02, "Peering Confirm"},
                              {0x0f03, "Peering Close"},
                              {0x0f04, "Group Key Inform"},
                              {0x0f05, "Group Key Acknowledge"}};

bool put_action(Context& context, const Frame& frame, const Cursor& body) {
  if (body.readable() < 2) return false;
  if (!context.options.link_header) {
    context.put(" (");
    context.station(frame.address(2));
    context.put(')');
  }
  const std::uint8_t category = body.u8(0);
  const std::uint8_t action = body.u8(1);
  context.put(": ");
  context.put_name(token(kCategories, category), "Reserved(", category, ')');
  context.put(' ');
  context.put_name(token(kActions, static_cast<std::uint32_t>(category << 8 | action)), "Act#", action);
  return true;
}

bool put_management_body(Context& context, const Frame& frame, const Cursor& body) {
  switch (frame.type) {
    case kAssociationRequest:
    case kReassociationRequest:
      return put_association_request(context, body, frame.type == kReassociationRequest);
    case kAssociationResponse:
    case kReassociationResponse:
      return put_association_response(context, body);
    case kProbeRequest:
      return put_probe_request(context, body);
    case kProbeResponse:
    case kBeacon:
      return put_beacon(context, body, frame.type == kBeacon);
    case kDisassociation:
    case kDeauthentication:
      return put_end(context, frame, body);
    case kAuthentication:
      return put_authentication(context, body);
    case kAction:
      return put_action(context, frame, body);
    default:
      return true;
  }
}

bool put_management(Context& context, const Frame& frame, const Cursor& body) {
  const std::string_view name = frame.type < std::size(kManagementNames) ? kManagementNames[frame.type] : "";
  context.put_name(name, "Unhandled Management subtype(", Hex{frame.type}, ')');
  if (frame.has(kProtected)) return put_encrypted(context, body);
  return put_management_body(context, frame, body);
}

void put_control(Context& context, const Frame& frame) {
  context.put(kControlForms[frame.type].name);
  if (frame.type == kPowerSavePoll) context.put(" AID(", Hex{frame.bytes.le16(2)}, ')');
  if (context.options.link_header || frame.type == kWrapper || frame.type == kPowerSavePoll) return;
  context.put(' ');
  if (frame.type == kBlockAckRequest) return put_block_request(context, frame);
  if (frame.type == kRequestToSend) return put_station(context, "TA", frame, 2);
  put_station(context, "RA", frame, 1);
}

LinkHeader stations_of(const Frame& frame) {
  switch (frame.flags & (kToDs | kFromDs)) {
    case kToDs:
      return {frame.address(2), frame.address(3)};
    case kFromDs:
      return {frame.address(3), frame.address(1)};
    case kToDs | kFromDs:
      return {frame.address(4), frame.address(3)};
    default:
      return {frame.address(2), frame.address(1)};
  }
}

void put_data(Context& context, const Frame& frame, const Cursor& body, std::size_t& header) {
  if (frame.has(kProtected)) {
    context.put("Data");
    if (!put_encrypted(context, body)) context.put_truncated();
    return;
  }
  if (!print_llc(context, body, stations_of(frame), header)) dump_unknown(context, body);
}

}  // namespace

std::size_t print_wifi_frame(Context& context, Cursor frame, bool padded, std::size_t check_sequence) {
  context.protocol("802.11", true);
  const auto cut = [&](std::size_t size) {
    context.put_truncated();
    return size;
  };
  if (frame.length() < check_sequence) return cut(frame.captured());
  const std::size_t captured = frame.captured();
  frame = frame.first(frame.length() - check_sequence);
  if (frame.readable() < 2) return cut(captured);
  const auto kind = static_cast<std::uint8_t>(frame.u8(0) >> 2 & 3);
  const Frame view{frame, static_cast<Kind>(kind), static_cast<std::uint8_t>(frame.u8(0) >> 4), frame.u8(1)};
  if (kind > kData) {
    context.put("unknown 802.11 frame type (", kind, ')');
    return 0;
  }
  std::size_t size = header_size(view);
  if (size == 0) {
    context.put("unknown 802.11 ctrl frame subtype (", view.type, ')');
    return 0;
  }
  if (padded) size = (size + 3) & ~std::size_t{3};
  if (frame.readable() < size) return cut(size);
  if (context.options.mesh_headers && view.kind == kData && (view.type & kHasQos) != 0) {
    const Cursor mesh = frame.from(size);
    if (mesh.readable() < 1) return cut(size);
    const std::size_t mesh_size = 6 + (mesh.u8(0) & 3U) * kStation;
    if ((mesh.u8(0) & ~3U) == 0) {
      if (mesh.readable() < mesh_size) return cut(size);
      if (context.options.link_header) put_mesh_header(context, mesh);
      size += mesh_size;
    }
  }
  if (context.options.link_header) put_header(context, view);
  const Cursor body = frame.from(size);
  if (view.kind == kManagement) {
    if (!put_management(context, view, body)) context.put_truncated();
  } else if (view.kind == kControl) {
    put_control(context, view);
  } else if ((view.type & kHasNoData) == 0) {
    put_data(context, view, body, size);
  }
  return size;
}

void print_wifi(Context& context, Cursor packet) {
  context.link_header_size = print_wifi_frame(context, packet);
}

}  // namespace ringtap
