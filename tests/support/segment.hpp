// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Segments as a recorder leaves them, made from a pcapng file in memory: cut into frames at block borders, compressed
// or not, with their index. Frames are small, so that a small segment has many. For tests that link ringtap_recorder.
#pragma once

#include <fcntl.h>
#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "recorder/block_walk.hpp"
#include "recorder/build_index.hpp"
#include "recorder/frame_index.hpp"
#include "recorder/segment_name.hpp"

namespace ringtap::testing {

inline void append_bytes(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

inline void write_bytes(const std::string& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

inline std::vector<std::byte> read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::vector<std::byte> bytes;
  append_bytes(bytes, std::as_bytes(std::span(text)));
  return bytes;
}

inline UniqueFd open_bytes(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

// The frames: blocks of one kind, packets or others, and at most so many bytes unless one block is larger.
inline std::vector<std::vector<std::byte>> cut_into_frames(std::span<const std::byte> pcapng, std::size_t frame_bytes) {
  std::vector<std::vector<std::byte>> frames;
  BlockWalk walk;
  bool had_packets = false;
  while (!pcapng.empty()) {
    const auto block = walk.first(pcapng);
    if (!block || block->size > pcapng.size()) break;
    const bool has_packets = BlockWalk::is_packet(block->type);
    if (frames.empty() || has_packets != had_packets || frames.back().size() + block->size > frame_bytes) {
      frames.emplace_back();
    }
    had_packets = has_packets;
    append_bytes(frames.back(), pcapng.first(block->size));
    pcapng = pcapng.subspan(block->size);
  }
  return frames;
}

// Each frame compressed by itself, some in two parts with padding between them and before the next one; and zstd's seek
// table.
inline std::vector<std::byte> zstd_segment(std::span<const std::byte> pcapng, std::size_t frame_bytes) {
  std::vector<std::byte> file;
  std::vector<std::byte> table;
  const auto put = [&table](std::uint32_t number) { append_bytes(table, std::as_bytes(std::span(&number, 1))); };
  std::uint32_t count = 0;
  for (const auto& frame : cut_into_frames(pcapng, frame_bytes)) {
    const bool is_parted = count % 4 == 2;
    const std::size_t border = is_parted ? frame.size() / 3 : frame.size();
    for (const auto part : {std::span(frame).first(border), std::span(frame).subspan(border)}) {
      if (part.empty()) continue;
      std::vector<std::byte> packed(ZSTD_compressBound(part.size()));
      packed.resize(ZSTD_compress(packed.data(), packed.size(), part.data(), part.size(), 1));
      put(static_cast<std::uint32_t>(packed.size()));
      put(static_cast<std::uint32_t>(part.size()));
      append_bytes(file, packed);
      ++count;
      if (!is_parted) continue;
      const std::uint32_t padding[] = {0x184d2a5e, 8, 0, 0};
      append_bytes(file, std::as_bytes(std::span(padding)));
      put(sizeof padding);
      put(0);
      ++count;
    }
  }
  put(count);
  table.push_back(std::byte{0});
  put(0x8f92eab1);
  const std::uint32_t header[] = {0x184d2a5e, static_cast<std::uint32_t>(table.size())};
  append_bytes(file, std::as_bytes(std::span(header)));
  append_bytes(file, table);
  return file;
}

// Writes the segment and its index, which it returns.
inline std::vector<std::byte> write_segment(const std::string& path, std::span<const std::byte> pcapng,
                                            std::size_t frame_bytes = 1024) {
  const bool compresses = path.ends_with(".zst") || path.ends_with(".zst.part");
  if (compresses) {
    write_bytes(path, zstd_segment(pcapng, frame_bytes));
  } else {
    write_bytes(path, pcapng);
  }
  auto built = build_index(open_bytes(path), frame_bytes);
  if (!built) return {};
  const std::string name = path.ends_with(kPartSuffix) ? path.substr(0, path.size() - kPartSuffix.size()) : path;
  write_bytes(name + std::string(kIndexSuffix), built->file);
  return std::move(built->file);
}

}  // namespace ringtap::testing
