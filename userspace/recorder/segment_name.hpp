// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The names of a recorder's files: "20261129T140319.123456789Z.pcapng", the time (UTC) at which the segment begins,
// with ".zst" behind if it is compressed, ".part" while it is written; its index has ".index" behind the final name.
// What has another name is not the recorder's. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace ringtap {

inline constexpr std::string_view kPartSuffix = ".part";    // of a segment while it is written
inline constexpr std::string_view kIndexSuffix = ".index";  // after the name that the segment gets in the end

enum class SegmentFile : std::uint8_t { kWhole, kPart, kIndex };

struct SegmentName {
  std::uint64_t begin_ns = 0;  // since 1970
  bool compressed = false;

  [[nodiscard]] std::string text(SegmentFile file = SegmentFile::kWhole) const;
  friend bool operator==(const SegmentName&, const SegmentName&) = default;
  friend bool operator<(const SegmentName& one, const SegmentName& other) {
    return std::tie(one.begin_ns, one.compressed) < std::tie(other.begin_ns, other.compressed);
  }
};

struct ParsedSegmentName {
  SegmentName name;
  SegmentFile file;
};
// Nothing if it is not exactly what text() makes.
std::optional<ParsedSegmentName> parse_segment_name(std::string_view text);

}  // namespace ringtap
