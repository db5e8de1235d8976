// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a wireless card tells about a frame: LINKTYPE_IEEE802_11_RADIOTAP, https://www.radiotap.org/. A header with
// words that say which fields follow, each aligned to its size from the beginning of the header, little-endian.
#include <algorithm>
#include <cmath>

#include "dissect/link/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kFixed = 8;  // version, padding, length, the first word
constexpr unsigned kBitsPerWord = 32;

// Bits of a word that are no fields.
constexpr unsigned kRadiotapNamespace = 29;
constexpr unsigned kVendorNamespace = 30;
constexpr unsigned kAnotherWord = 31;

enum Field : std::uint8_t {
  kTime = 0,
  kFlags = 1,
  kRate = 2,
  kChannel = 3,
  kHopping = 4,
  kSignalDbm = 5,
  kNoiseDbm = 6,
  kLockQuality = 7,
  kAttenuation = 8,
  kAttenuationDb = 9,
  kPowerDbm = 10,
  kAntenna = 11,
  kSignalDb = 12,
  kNoiseDb = 13,
  kReceiveFlags = 14,
  kExtendedChannel = 18,
  kMcs = 19,
  kAggregate = 20,
  kVht = 21
};
struct FieldForm {
  std::uint8_t size;  // 0: a field that is not known, nor what follows it
  std::uint8_t alignment;
};
// Attenuation in dB is a field of two bytes by the definition, and of one by every tcpdump.
constexpr FieldForm kForms[] = {{8, 8}, {1, 1}, {1, 1}, {4, 2}, {2, 1}, {1, 1}, {1, 1}, {2, 2},
                                {2, 2}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {2, 2}, {0, 1},
                                {0, 1}, {0, 1}, {8, 4}, {3, 1}, {8, 4}, {12, 2}};

// Of the field of flags.
enum FrameFlag : std::uint8_t {
  kContentionFree = 0x01,
  kShortPreamble = 0x02,
  kWep = 0x04,
  kFragmented = 0x08,
  kHasCheckSequence = 0x10,
  kIsPadded = 0x20,
  kBadCheckSequence = 0x40
};
constexpr std::size_t kCheckSequence = 4;

void put_halves(Context& context, std::uint32_t halves) {
  context.put(halves / 2, halves % 2 != 0 ? ".5" : ".0", " Mb/s ");
}

// The combinations of channel flags that have names.
void put_channel(Context& context, std::uint32_t frequency, std::uint32_t flags, bool has_mcs) {
  constexpr std::uint32_t kTurbo = 0x10;
  constexpr std::uint32_t k11b = 0xa0;
  constexpr std::uint32_t k11g = 0xc0;
  constexpr std::uint32_t k11gMixed = 0x480;
  constexpr std::uint32_t k11a = 0x140;
  constexpr std::uint32_t kHoppingSpectrum = 0x880;
  constexpr std::uint32_t kHalf = 0x4000;
  constexpr std::uint32_t kQuarter = 0x8000;
  constexpr std::uint32_t kHt20 = 0x10000;
  constexpr std::uint32_t kHt40Up = 0x20000;
  constexpr std::uint32_t kHt40Down = 0x40000;
  const auto has = [&](std::uint32_t all) { return (flags & all) == all; };
  const std::string_view width = has(kHalf) ? "/10Mhz " : has(kQuarter) ? "/5Mhz " : " ";
  context.put(frequency, " MHz ");
  if (has_mcs) {
    context.put("11n ");
  } else {
    if (has(kHoppingSpectrum)) context.put("FHSS ");
    if (has(k11a)) context.put("11a", width);
    if (has(k11g) || has(k11gMixed)) {
      context.put("11g", width);
    } else if (has(k11b)) {
      context.put("11b ");
    }
    if (has(kTurbo)) context.put("Turbo ");
  }
  if (has(kHt20)) {
    context.put("ht/20 ");
  } else if (has(kHt40Down)) {
    context.put("ht/40- ");
  } else if (has(kHt40Up)) {
    context.put("ht/40+ ");
  }
}

// IEEE 802.11-2016, 19.5: data bits per symbol of 20 MHz; 0 where the index is reserved.
std::uint32_t bits_per_symbol(std::uint32_t mcs) {
  constexpr std::uint16_t kOfStream[] = {26, 52, 78, 104, 156, 208, 234, 260};
  constexpr std::uint32_t kUnequal = 33;  // from here on streams differ
  constexpr std::uint16_t kOfUnequal[] = {156, 208, 260, 234, 312, 390, 208, 260, 260, 312, 364, 364, 416, 312, 390,
                                          390, 468, 546, 546, 624, 260, 312, 364, 312, 364, 416, 468, 416, 468, 520,
                                          520, 572, 390, 468, 546, 468, 546, 624, 702, 624, 702, 780, 780, 858};
  if (mcs < 32) return kOfStream[mcs % 8] * (mcs / 8 + 1);
  return mcs >= kUnequal && mcs - kUnequal < std::size(kOfUnequal) ? kOfUnequal[mcs - kUnequal] : 0;
}

// Tenths of a megabit a second; 0 where there is none.
std::uint32_t mcs_rate(std::uint32_t mcs, bool is_40_mhz, bool has_short_guard) {
  constexpr std::uint32_t kDuplicate = 32;  // 40 MHz only
  double bits = bits_per_symbol(mcs) * (is_40_mhz ? 108.0 / 52 : 1.0);
  if (mcs == kDuplicate) bits = is_40_mhz ? 24 : 0;
  return static_cast<std::uint32_t>(std::floor(bits / (has_short_guard ? 3.6 : 4.0) * 10 + 0.5));
}

void put_guard(Context& context, bool is_short) {
  context.put(is_short ? "short GI " : "long GI ");
}

void put_mcs(Context& context, const Cursor& field) {
  enum Known : std::uint8_t { kBandwidth = 1, kIndex = 2, kGuard = 4, kFormat = 8, kCoding = 16, kStreams = 32 };
  constexpr std::string_view kWidths[] = {"20 MHz ", "40 MHz ", "20 MHz (L) ", "20 MHz (U) "};
  const std::uint8_t known = field.u8(0);
  const std::uint8_t flags = field.u8(1);
  const std::uint8_t mcs = field.u8(2);
  const std::uint8_t width = flags & 3;
  const bool has_short_guard = (flags & 4) != 0;
  if ((known & kIndex) != 0) {
    const std::uint32_t rate = (known & (kBandwidth | kGuard)) != 0 ? mcs_rate(mcs, width == 1, has_short_guard) : 0;
    if (rate != 0) context.put(rate / 10, '.', rate % 10, " Mb/s ");
    context.put("MCS ", mcs, ' ');
  }
  if ((known & kBandwidth) != 0) context.put(kWidths[width]);
  if ((known & kGuard) != 0) put_guard(context, has_short_guard);
  if ((known & kFormat) != 0) context.put((flags & 8) != 0 ? "greenfield " : "mixed ");
  if ((known & kCoding) != 0) context.put((flags & 16) != 0 ? "LDPC FEC " : "BCC FEC ");
  if ((known & kStreams) != 0) context.put("RX-STBC", flags >> 5 & 3U, ' ');
}

void put_vht(Context& context, const Cursor& field) {
  constexpr std::uint16_t kKnowsGuard = 0x0004;
  constexpr std::uint16_t kKnowsBandwidth = 0x0040;
  constexpr std::string_view kWidths[] = {
      "20 MHz",        "40 MHz",        "20 MHz (L)",    "20 MHz (U)",    "80 MHz",       "80 MHz (L)",
      "80 MHz (U)",    "80 MHz (LL)",   "80 MHz (LU)",   "80 MHz (UL)",   "80 MHz (UU)",  "160 MHz",
      "160 MHz (L)",   "160 MHz (U)",   "160 MHz (LL)",  "160 MHz (LU)",  "160 MHz (UL)", "160 MHz (UU)",
      "160 MHz (LLL)", "160 MHz (LLU)", "160 MHz (LUL)", "160 MHz (UUU)",  // tcpdump's name of LUU
      "160 MHz (ULL)", "160 MHz (ULU)", "160 MHz (UUL)", "160 MHz (UUU)"};
  const std::uint16_t known = field.le16(0);
  const std::uint32_t width = field.u8(3) & 0x1fU;
  for (std::size_t user = 0; user < 4; ++user) {
    const std::uint8_t streams = field.u8(4 + user);
    if ((streams & 0x0f) == 0) continue;
    const bool is_ldpc = (field.u8(8) >> user & 1) != 0;
    context.put("User ", user, " MCS ", static_cast<std::uint32_t>(streams >> 4), ' ', is_ldpc ? "LDPC" : "BCC",
                " FEC ");
  }
  if ((known & kKnowsBandwidth) != 0) {
    context.put_name(width < std::size(kWidths) ? kWidths[width] : "", "unknown (", width, ')');
    context.put(' ');
  }
  if ((known & kKnowsGuard) != 0) put_guard(context, (field.u8(2) & 4) != 0);
}

void put_flags(Context& context, std::uint8_t flags) {
  if ((flags & kContentionFree) != 0) context.put("cfp ");
  if ((flags & kShortPreamble) != 0) context.put("short preamble ");
  if ((flags & kWep) != 0) context.put("wep ");
  if ((flags & kFragmented) != 0) context.put("fragmented ");
  if ((flags & kBadCheckSequence) != 0) context.put("bad-fcs ");
}

// `word`: which fields there are together.
void put_field(Context& context, unsigned number, std::uint32_t word, const Cursor& field) {
  const auto is_there = [&](Field other) { return (word >> other & 1) != 0; };
  const auto as_signed = [&] { return Signed{static_cast<std::int8_t>(field.u8(0))}; };
  switch (number) {
    case kTime:
      return context.put(field.le64(0), "us tsft ");
    case kFlags:
      return put_flags(context, field.u8(0));
    case kRate: {
      const std::uint8_t rate = field.u8(0);
      if (rate >= 0x80 && rate <= 0x8f) return context.put("MCS ", rate & 0x7fU, ' ');
      return put_halves(context, rate);
    }
    case kChannel:
      if (is_there(kExtendedChannel)) return;
      return put_channel(context, field.le16(0), field.le16(2), is_there(kMcs));
    case kHopping:
      return context.put("fhset ", field.u8(0), " fhpat ", field.u8(1), ' ');
    case kSignalDbm:
      return context.put(as_signed(), "dBm signal ");
    case kNoiseDbm:
      return context.put(as_signed(), "dBm noise ");
    case kLockQuality:
      return context.put(field.le16(0), " sq ");
    case kAttenuation:
      return context.put(Signed{-static_cast<std::int16_t>(field.le16(0))}, " tx power ");
    case kAttenuationDb:
      return context.put(Signed{-static_cast<std::int8_t>(field.u8(0))}, "dB tx attenuation ");
    case kPowerDbm:
      return context.put(as_signed(), "dBm tx power ");
    case kAntenna:
      return context.put("antenna ", field.u8(0), ' ');
    case kSignalDb:
      return context.put(field.u8(0), "dB signal ");
    case kNoiseDb:
      return context.put(field.u8(0), "dB noise ");
    case kExtendedChannel:
      return put_channel(context, field.le16(4), field.le32(0), is_there(kMcs));
    case kMcs:
      return put_mcs(context, field);
    case kVht:
      return put_vht(context, field);
    default:
      return;
  }
}

// The fields of the header one after the other.
class Fields {
 public:
  Fields(Context& context, const Cursor& header, std::size_t at) : context_(context), header_(header), at_(at) {}

  // The fields of one word, whose first has this number; false where the rest cannot be read.
  bool put(std::uint32_t word, unsigned first) {
    for (unsigned bit = 0; bit < kRadiotapNamespace; ++bit) {
      if ((word >> bit & 1) == 0) continue;
      const unsigned number = first + bit;
      if (number >= std::size(kForms) || kForms[number].size == 0) {
        context_.put("[bit ", number, "] ");
        return false;
      }
      const FieldForm form = kForms[number];
      if (!align(form.alignment) || header_.length() - at_ < form.size) return cut();
      const Cursor field = header_.from(at_).first(form.size);
      if (number == kFlags) flags_ = field.u8(0);
      put_field(context_, number, word, field);
      at_ += form.size;
    }
    return true;
  }

  // Passes over the fields of a vendor, and who that is. As tcpdump has it, words that follow are read even where that
  // is missing, but not where there are fewer bytes than it says.
  bool skip_vendor() {
    constexpr std::size_t kWho = 4;
    constexpr std::size_t kVendor = kWho + 2;  // and the length of its fields
    if (!align(2)) return !cut();
    if (header_.length() - at_ < kVendor) {
      at_ = std::min(at_ + kWho, header_.length());
      return !cut();
    }
    at_ += kVendor + header_.le16(at_ + 4);
    return at_ <= header_.length();
  }

  [[nodiscard]] std::uint8_t flags() const { return flags_; }

 private:
  bool align(std::size_t to) {
    const std::size_t aligned = (at_ + to - 1) / to * to;
    if (aligned > header_.length()) return false;
    at_ = aligned;
    return true;
  }
  bool cut() {
    context_.put_truncated();
    return false;
  }

  Context& context_;
  const Cursor& header_;
  std::size_t at_;
  std::uint8_t flags_ = 0;
};

// Returns the flags of the frame.
std::uint8_t put_fields(Context& context, const Cursor& header, std::size_t words) {
  Fields fields(context, header, 4 + 4 * words);
  unsigned first = 0;  // number of the word's first field in its namespace
  bool is_vendors = false;
  for (std::size_t number = 0; number < words; ++number) {
    const std::uint32_t word = header.le32(4 + 4 * number);
    if (!is_vendors && !fields.put(word, first)) break;
    if ((word >> kRadiotapNamespace & 1) != 0) {
      first = 0;
      is_vendors = false;
    } else if ((word >> kVendorNamespace & 1) != 0) {
      if (!fields.skip_vendor()) break;
      is_vendors = true;
    } else {
      first += kBitsPerWord;
    }
  }
  return fields.flags();
}

}  // namespace

void print_radiotap(Context& context, Cursor packet) {
  context.protocol("802.11_radio", true);
  context.link_header_size = packet.captured();
  if (packet.readable() < kFixed) return context.put_truncated();
  const std::size_t size = packet.le16(2);
  if (size < kFixed || packet.readable() < size) return context.put_truncated();
  const Cursor header = packet.first(size);
  std::size_t words = 1;
  for (; (header.le32(4 * words) >> kAnotherWord) != 0; ++words) {
    if (4 + 4 * (words + 1) > size) return context.put_truncated();
  }
  const std::uint8_t flags = put_fields(context, header, words);
  context.link_header_size = size + print_wifi_frame(context, packet.from(size), (flags & kIsPadded) != 0,
                                                     (flags & kHasCheckSequence) != 0 ? kCheckSequence : 0);
}

}  // namespace ringtap
