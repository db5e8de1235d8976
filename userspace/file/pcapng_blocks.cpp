// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/pcapng_blocks.hpp"

#include <algorithm>

namespace ringtap {
namespace {

using Bytes = std::span<const std::byte>;
using Kept = std::optional<std::vector<std::byte>>;

std::vector<std::byte> copy_of(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

void append(std::vector<std::byte>& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

template <class T>
void append_value(std::vector<std::byte>& to, T value) {
  append(to, file_bytes(value));
}

// A number of any usual size.
Kept swapped(Bytes value) {
  std::vector<std::byte> bytes = copy_of(value);
  if (bytes.size() != 1 && bytes.size() != 2 && bytes.size() != 4 && bytes.size() != 8) return std::nullopt;
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

// Options whose values are text or addresses.
bool append_options(std::vector<std::byte>& to, Bytes options, FieldOrder order) {
  bool is_complete = true;
  const auto read = each_option(options, order, [&](std::uint16_t code, Bytes value) {
    const Kept kept = kept_value(code, value, OptionForm::kBytes, order);
    if (kept) append_option(to, code, *kept);
    is_complete = is_complete && kept;
  });
  append_value(to, pcapng::OptionHeader{.code = pcapng::kOptEnd, .length = 0});
  return read && is_complete;
}

// Records of a type and a length, up to one of type 0, with options behind them.
Kept names_in_order(Bytes body, FieldOrder order) {
  std::vector<std::byte> kept;
  for (bool is_end = false; !is_end;) {
    if (body.size() < sizeof(pcapng::OptionHeader)) return std::nullopt;
    const auto header = load<pcapng::OptionHeader>(body);
    const std::uint16_t length = order(header.length);
    const std::size_t size = sizeof(header) + pcapng::padded(length);
    is_end = header.code == 0;
    if (size > body.size()) return std::nullopt;
    append_value(kept, pcapng::OptionHeader{.code = order(header.code), .length = length});
    append(kept, body.subspan(sizeof(header), size - sizeof(header)));
    body = body.subspan(size);
  }
  if (!body.empty() && !append_options(kept, body, order)) return std::nullopt;
  return kept;
}

// A type and a length, the secrets, options.
Kept secrets_in_order(Bytes body, FieldOrder order) {
  struct Head {
    std::uint32_t type;
    std::uint32_t length;
  };
  if (body.size() < sizeof(Head)) return std::nullopt;
  const auto head = load<Head>(body);
  const std::uint32_t length = order(head.length);
  body = body.subspan(sizeof(Head));
  if (pcapng::padded(length) > body.size()) return std::nullopt;
  std::vector<std::byte> kept;
  append_value(kept, Head{.type = order(head.type), .length = length});
  append(kept, body.first(pcapng::padded(length)));
  body = body.subspan(pcapng::padded(length));
  if (!body.empty() && !append_options(kept, body, order)) return std::nullopt;
  return kept;
}

}  // namespace

Kept kept_value(std::uint16_t code, Bytes value, OptionForm form, FieldOrder order) {
  switch (code) {
    case pcapng::kOptUncopiedText:
    case pcapng::kOptUncopiedBytes:
      return std::nullopt;
    case pcapng::kOptComment:
      return copy_of(value);
    case pcapng::kOptCustomText: {
      if (!order.is_swapped) return copy_of(value);
      if (value.size() < sizeof(std::uint32_t)) return std::nullopt;
      std::vector<std::byte> bytes = copy_of(value);
      std::reverse(bytes.begin(), bytes.begin() + sizeof(std::uint32_t));
      return bytes;
    }
    case pcapng::kOptCustomBytes:
      form = OptionForm::kUnknown;
      break;
    default:
      break;
  }
  if (!order.is_swapped || form == OptionForm::kBytes) return copy_of(value);
  return form == OptionForm::kNumber ? swapped(value) : std::nullopt;
}

void append_option(std::vector<std::byte>& options, std::uint16_t code, Bytes value) {
  append_value(options, pcapng::OptionHeader{.code = code, .length = static_cast<std::uint16_t>(value.size())});
  append(options, value);
  options.resize(pcapng::padded(options.size()));
}

Kept kept_body(pcapng::BlockType type, Bytes body, FieldOrder order) {
  if (!order.is_swapped || type == pcapng::BlockType::kSystemdJournal) return copy_of(body);
  if (type == pcapng::BlockType::kNameResolution) return names_in_order(body, order);
  if (type == pcapng::BlockType::kDecryptionSecrets) return secrets_in_order(body, order);
  return std::nullopt;
}

}  // namespace ringtap
