// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/pcap_parser.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include "base/now.hpp"
#include "record/capture_format.hpp"

namespace ringtap {
namespace {

constexpr std::array kMagics = {pcap::kMagicMicroseconds, pcap::kMagicNanoseconds, pcap::kMagicModified,
                                pcap::kMagicIxiaHardware, pcap::kMagicIxiaSoftware};

bool is_one_of_ours(std::uint32_t magic) {
  return std::find(kMagics.begin(), kMagics.end(), magic) != kMagics.end();
}

// Before version 2.3 the two lengths of a record were in the other order, and some writers of 2.3 kept to that; so does
// Digital Unix, by its own version number.
constexpr std::uint16_t kDigitalUnix = 543;

}  // namespace

bool PcapParser::recognizes(std::uint32_t magic) {
  return is_one_of_ours(magic) || is_one_of_ours(FieldOrder{true}(magic));
}

Result<ParseStep> PcapParser::read_file_header(InputBuffer& in) {
  auto state = in.require(sizeof(pcap::FileHeader));
  if (!state) return state.take_error();
  if (*state == ReadState::kNothingYet) return ParseStep::kNothingYet;
  if (*state == ReadState::kEnd) return truncated_file(in, 0, sizeof(pcap::FileHeader), "file header");
  const auto header = load<pcap::FileHeader>(in.bytes());

  order_.is_swapped = !is_one_of_ours(header.magic);
  const std::uint32_t magic = order_(header.magic);
  is_modified_ = magic == pcap::kMagicModified;
  if (magic == pcap::kMagicNanoseconds) ns_per_unit_ = 1;

  const std::uint16_t major = order_(header.version_major);
  const std::uint16_t minor = order_(header.version_minor);
  const bool is_digital_unix = major == kDigitalUnix && minor == 0;
  if (!is_digital_unix && (major != 2 || minor > 4)) {
    return Error("unsupported pcap savefile version " + std::to_string(major) + "." + std::to_string(minor));
  }
  if (is_digital_unix || minor < 3) lengths_ = Lengths::kSwapped;
  if (major == 2 && minor == 3) lengths_ = Lengths::kSwappedIfLonger;
  // Ixia's files also have their size, which is not needed.
  const bool is_ixia = magic == pcap::kMagicIxiaHardware || magic == pcap::kMagicIxiaSoftware;
  const std::size_t size = sizeof(header) + (is_ixia ? sizeof(std::uint32_t) : 0);
  state = in.require(size);
  if (!state) return state.take_error();
  if (*state == ReadState::kNothingYet) return ParseStep::kNothingYet;
  if (*state == ReadState::kEnd) return truncated_file(in, 0, size, "file header");

  const std::uint32_t link_type = order_(header.link_type);
  interface_.link_type = static_cast<LinkType>(link_type & 0xffff);
  if ((link_type & pcap::kFcsPresent) != 0) {
    interface_.fcs_bits = static_cast<std::uint8_t>((link_type >> pcap::kFcsShift) * pcap::kFcsUnitBits);
  }
  record_.link_type = interface_.link_type;
  interface_.snaplen = order_(header.snaplen);
  constexpr std::uint32_t kMaxSigned = std::numeric_limits<std::int32_t>::max();
  const bool is_unlimited = interface_.snaplen == 0 || interface_.snaplen > kMaxSigned;
  snaplen_ = is_unlimited ? kMaxSigned : interface_.snaplen;

  in.consume(size);
  has_header_ = true;
  return ParseStep::kInterface;
}

Result<ParseStep> PcapParser::next(InputBuffer& in) {
  if (!has_header_) return read_file_header(in);

  const std::size_t header_size = sizeof(pcap::PacketHeader) + (is_modified_ ? sizeof(pcap::ModifiedPacketTail) : 0);
  if (!in.has(header_size)) {
    auto state = in.require(header_size);
    if (!state) return state.take_error();
    if (*state == ReadState::kNothingYet) return ParseStep::kNothingYet;
    if (*state == ReadState::kEnd) {
      if (in.bytes().empty()) return ParseStep::kEnd;
      return truncated_file(in, 0, header_size, "header");
    }
  }

  const auto header = load<pcap::PacketHeader>(in.bytes());
  std::uint32_t cap_len = order_(header.cap_len);
  std::uint32_t wire_len = order_(header.wire_len);
  if (lengths_ == Lengths::kSwapped || (lengths_ == Lengths::kSwappedIfLonger && cap_len > wire_len)) {
    std::swap(cap_len, wire_len);
  }
  if (const std::uint32_t limit = max_captured_length(interface_.link_type); cap_len > limit) {
    return Error("invalid packet capture length " + std::to_string(cap_len) + ", bigger than snaplen of " +
                 std::to_string(limit) + " (" + in.place() + ")");
  }

  if (!in.has(header_size + cap_len)) {
    auto state = in.require(header_size + cap_len);
    if (!state) return state.take_error();
    if (*state == ReadState::kNothingYet) return ParseStep::kNothingYet;
    if (*state == ReadState::kEnd) return truncated_file(in, header_size, cap_len, "captured");
  }

  record_.time_ns = order_(header.seconds) * kNsPerSecond + std::uint64_t{order_(header.fraction)} * ns_per_unit_;
  record_.data = in.bytes().subspan(header_size, std::min(cap_len, snaplen_));
  record_.wire_len = wire_len;
  if (is_modified_) {
    const auto tail = load<pcap::ModifiedPacketTail>(in.bytes(), sizeof(header));
    record_.ifindex = order_(tail.ifindex);
    const bool is_known = tail.packet_type <= static_cast<std::uint8_t>(PacketType::kOutgoing);
    record_.packet_type = is_known ? static_cast<PacketType>(tail.packet_type) : PacketType::kUnknown;
  }
  in.consume(header_size + cap_len);
  return ParseStep::kRecord;
}

}  // namespace ringtap
