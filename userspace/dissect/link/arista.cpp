// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Arista Ethernet Extended Headers, https://www.arista.com/assets/data/pdf/Whitepapers/Overview_Arista_Timestamps.pdf
#include "dissect/link/arista.hpp"

#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::uint32_t kNanoseconds = 1000000000;
constexpr std::uint16_t kTimestamp = 1;
constexpr Token kSubtypes[] = {{kTimestamp, "Timestamp"}};
constexpr Token kTimescales[] = {{0, "TAI"}, {1, "UTC"}};
enum Format : std::uint8_t { k64Bits = 1, k48Bits = 2 };
constexpr Token kFormats[] = {{k64Bits, "64-bit"}, {k48Bits, "48-bit"}};
constexpr Token kHardware[] = {{0, "R/R2"}, {1, "R3"}};

}  // namespace

std::size_t put_arista(Context& context, const Cursor& header) {
  context.protocol("arista");
  const std::uint16_t subtype = header.be16(0);
  context.put("SubType ", NamedHex{token(kSubtypes, subtype, "Unknown"), subtype, 4}, ", ");
  if (subtype != kTimestamp) return 0;
  const std::uint8_t timescale = header.u8(2);
  context.put("Timescale ", Named{token(kTimescales, timescale, "Unknown"), timescale}, ", ");
  const std::uint8_t format = header.u8(3) >> 4;
  const std::uint8_t hardware = header.u8(3) & 0xf;
  context.put("Format ", Named{token(kFormats, format, "Unknown"), format}, ", HwInfo ",
              Named{token(kHardware, hardware, "Unknown"), hardware}, ", Timestamp ");
  std::size_t size = 4;
  if (format == k64Bits) {
    const std::uint32_t seconds = header.be32(size);
    const std::uint32_t nanoseconds = header.be32(size + 4);
    put_utc(context, seconds + nanoseconds / kNanoseconds, ' ');
    context.put('.', Padded{nanoseconds % kNanoseconds, 9});
    size += 8;
  } else if (format == k48Bits) {
    const std::uint16_t seconds = header.be16(size);
    const std::uint32_t nanoseconds = header.be32(size + 2);
    context.put(seconds + nanoseconds / kNanoseconds, '.', Padded{nanoseconds % kNanoseconds, 9});
    size += 6;
  } else {
    return 0;
  }
  context.put(": ");
  return size;
}

}  // namespace ringtap
