// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "dissect/fields.hpp"

namespace ringtap {
namespace {

std::uint64_t take_number(Cursor& record, char size) {
  switch (size) {
    case '1':
      return record.take_u8();
    case '2':
      return record.take_be16();
    case '4':
      return record.take_be32();
    default:
      return record.take_be64();
  }
}

}  // namespace

void put_fields(Context& context, Cursor& record, std::string_view format) {
  std::size_t place = 0;
  while ((place = format.find('%')) != std::string_view::npos) {
    const std::string_view text = format.substr(0, place);
    const char kind = format[place + 1];
    format.remove_prefix(place + 2);
    switch (kind) {
      case '-':
        context.put(text);
        record.skip(static_cast<std::size_t>(format[0] - '0'));
        format.remove_prefix(1);
        break;
      case 'h': {
        const auto digits = static_cast<unsigned>(format[0] - '0') * 2;
        const std::uint64_t value = take_number(record, format[0]);
        format.remove_prefix(1);
        context.put(text, Hex{value, digits});
        break;
      }
      case 'm': {
        const std::uint8_t* station = record.block(0, 6);
        context.put(text);
        context.station(station);
        record.skip(6);
        break;
      }
      case 'a':
      case 'A': {
        const std::size_t size = kind == 'a' ? 4 : 16;
        const std::uint8_t* address = record.block(0, size);
        context.put(text);
        if (kind == 'a') {
          context.host4(address);
        } else {
          context.host6(address);
        }
        record.skip(size);
        break;
      }
      default:
        context.put(text, take_number(record, kind));
        break;
    }
    if (context.truncated()) return;
  }
  context.put(format);
}

}  // namespace ringtap
