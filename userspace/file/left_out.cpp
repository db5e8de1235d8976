// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/left_out.hpp"

#include <array>

#include "file/pcapng_blocks.hpp"

namespace ringtap {
namespace {

struct Words {
  const char* one;
  const char* several;
};
constexpr std::array<Words, kFileParts> kWords = {{
    {"comment", "comments"},
    {"block of resolved names", "blocks of resolved names"},
    {"block of decryption secrets", "blocks of decryption secrets"},
    {"custom block", "custom blocks"},
    {"block that is of an unknown type or must not be copied",
     "blocks that are of unknown types or must not be copied"},
    {"other option", "other options"},
    {"direction of a packet", "directions of packets"},
    {"count of packets lost", "counts of packets lost"},
}};

}  // namespace

void leave_out(const FileBlockView& block, Conversion& conversion) {
  switch (block.kind) {
    case FileBlockKind::kSection:
      // The block was read before, so its options are well-formed.
      static_cast<void>(each_option(block.body, {}, [&](std::uint16_t code, std::span<const std::byte>) {
        conversion.leave_out(code == pcapng::kOptComment ? FilePart::kComments : FilePart::kOptions);
      }));
      return;
    case FileBlockKind::kNames:
      return conversion.leave_out(FilePart::kNames);
    case FileBlockKind::kSecrets:
      return conversion.leave_out(FilePart::kSecrets);
    case FileBlockKind::kCustom:
      return conversion.leave_out(FilePart::kCustom);
    case FileBlockKind::kUncopied:
      return conversion.leave_out(FilePart::kUncopied);
  }
}

std::string left_out_text(const Conversion& conversion) {
  std::string text;
  for (std::size_t i = 0; i < kFileParts; ++i) {
    const std::uint64_t count = conversion.left_out[i];
    if (count == 0) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + (count == 1 ? kWords[i].one : kWords[i].several);
  }
  return text;
}

}  // namespace ringtap
