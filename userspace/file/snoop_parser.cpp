// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/snoop_parser.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "base/now.hpp"

namespace ringtap {
namespace {

constexpr FieldOrder kBigEndian{std::endian::native == std::endian::little};
constexpr std::uint32_t kVersion = 2;

struct FileHeader {
  char magic[8];
  std::uint32_t version;
  std::uint32_t data_link;
};
static_assert(sizeof(FileHeader) == 16);
constexpr char kMagic[sizeof(FileHeader::magic)] = {'s', 'n', 'o', 'o', 'p'};

struct RecordHeader {
  std::uint32_t wire_len;
  std::uint32_t cap_len;
  std::uint32_t record_len;  // with this header and what pads the data
  std::uint32_t dropped;     // since the capture began
  std::uint32_t seconds;
  std::uint32_t microseconds;
};
static_assert(sizeof(RecordHeader) == 24);

struct DataLink {
  std::uint32_t number;
  LinkType type;
};
constexpr DataLink kDataLinks[] = {{0, LinkType::kEthernet}, {2, LinkType{6}},    {4, LinkType::kEthernet},
                                   {8, LinkType{10}},        {16, LinkType{122}}, {18, LinkType{123}}};

}  // namespace

bool SnoopParser::recognizes(std::uint32_t magic) {
  return std::memcmp(&magic, kMagic, sizeof(magic)) == 0;
}

Result<ParseStep> SnoopParser::read_file_header(InputBuffer& in) {
  auto state = in.require(sizeof(FileHeader));
  if (!state) return state.take_error();
  if (*state == ReadState::kNothingYet) return ParseStep::kNothingYet;
  if (*state == ReadState::kEnd) return truncated_file(in, 0, sizeof(FileHeader), "file header");
  const auto header = load<FileHeader>(in.bytes());
  const std::uint32_t version = kBigEndian(header.version);
  if (!std::equal(std::begin(kMagic), std::end(kMagic), header.magic)) return Error("unknown file format");
  if (version != kVersion) return Error("unsupported snoop file version " + std::to_string(version));
  const std::uint32_t number = kBigEndian(header.data_link);
  const auto* const link = std::find_if(std::begin(kDataLinks), std::end(kDataLinks),
                                        [number](const DataLink& known) { return known.number == number; });
  if (link == std::end(kDataLinks)) return Error("unsupported data link type " + std::to_string(number) + " of snoop");
  interface_.link_type = link->type;
  record_.link_type = link->type;
  in.consume(sizeof(header));
  has_header_ = true;
  return ParseStep::kInterface;
}

Result<ParseStep> SnoopParser::next(InputBuffer& in) {
  if (!has_header_) return read_file_header(in);

  auto state = in.require(sizeof(RecordHeader));
  if (!state) return state.take_error();
  if (*state == ReadState::kNothingYet) return ParseStep::kNothingYet;
  if (*state == ReadState::kEnd) {
    if (in.bytes().empty()) return ParseStep::kEnd;
    return truncated_file(in, 0, sizeof(RecordHeader), "header");
  }
  const auto header = load<RecordHeader>(in.bytes());
  const std::uint32_t cap_len = kBigEndian(header.cap_len);
  const std::uint32_t record_len = kBigEndian(header.record_len);
  if (const std::uint32_t limit = max_captured_length(interface_.link_type); cap_len > limit) {
    return Error("invalid packet capture length " + std::to_string(cap_len) + ", bigger than " + std::to_string(limit) +
                 " (" + in.place() + ")");
  }
  // The padding is of a few bytes; a length that is not near is damaged, and would be skipped over without a word.
  constexpr std::uint32_t kMostPadding = 64;
  const std::uint32_t least = sizeof(RecordHeader) + cap_len;
  if (record_len < least || record_len > least + kMostPadding) {
    return Error("invalid record length " + std::to_string(record_len) + " of " + std::to_string(cap_len) +
                 " captured bytes (" + in.place() + ")");
  }
  state = in.require(record_len);
  if (!state) return state.take_error();
  if (*state == ReadState::kNothingYet) return ParseStep::kNothingYet;
  if (*state == ReadState::kEnd)
    return truncated_file(in, sizeof(RecordHeader), record_len - sizeof(header), "captured");

  record_.time_ns = kBigEndian(header.seconds) * kNsPerSecond + std::uint64_t{kBigEndian(header.microseconds)} * 1000;
  record_.data = in.bytes().subspan(sizeof(header), cap_len);
  record_.wire_len = kBigEndian(header.wire_len);
  dropped_ = kBigEndian(header.dropped);
  has_record_ = true;
  in.consume(record_len);
  return ParseStep::kRecord;
}

std::vector<InterfaceStatistics> SnoopParser::statistics() const {
  constexpr std::uint32_t kDropped = 1U << 7;  // isb_osdrop of pcapng
  if (!has_record_) return {};
  return {{.end_ns = record_.time_ns, .dropped = dropped_, .told = kDropped}};
}

}  // namespace ringtap
