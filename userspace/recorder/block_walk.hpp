// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Where the blocks of a pcapng file begin and end. Knows the byte order of the section, and believes no length that
// does not stand at the end of the block as well. Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "file/format_parser.hpp"
#include "record/capture_format.hpp"

namespace ringtap {

class BlockWalk {
 public:
  struct Block {
    pcapng::BlockType type;
    std::size_t size;  // more than `bytes` has: it is not complete
  };

  // The block with which `bytes` begins; none: they do not begin with one, or with too little of it.
  std::optional<Block> first(std::span<const std::byte> bytes) {
    constexpr std::size_t kMagicEnd = sizeof(pcapng::BlockHeader) + sizeof(std::uint32_t);
    if (bytes.size() < kMagicEnd) return std::nullopt;
    const auto header = load<pcapng::BlockHeader>(bytes);
    if (header.type == pcapng::BlockType::kSectionHeader) {
      const auto magic = load<std::uint32_t>(bytes, sizeof header);
      order_.is_swapped = magic != pcapng::kByteOrderMagic;
      if (order_(magic) != pcapng::kByteOrderMagic) return std::nullopt;
      has_section_ = true;
    }
    const std::uint32_t size = order_(header.length);
    if (!has_section_ || size < pcapng::kMinBlockLength || size % pcapng::kBlockAlign != 0 || size > kMostBlockBytes) {
      return std::nullopt;
    }
    const Block block{static_cast<pcapng::BlockType>(order_(static_cast<std::uint32_t>(header.type))), size};
    if (size <= bytes.size() && order_(load<std::uint32_t>(bytes, size - sizeof size)) != size) return std::nullopt;
    return block;
  }

  static bool is_packet(pcapng::BlockType type) {
    return type == pcapng::BlockType::kEnhancedPacket || type == pcapng::BlockType::kSimplePacket ||
           type == pcapng::BlockType::kPacket;
  }

  static constexpr std::size_t kMostBlockBytes = std::size_t{160} << 20;  // a netlink record has up to 128 MiB

 private:
  FieldOrder order_;
  bool has_section_ = false;
};

}  // namespace ringtap
