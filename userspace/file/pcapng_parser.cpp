// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/pcapng_parser.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/now.hpp"
#include "record/owner_text.hpp"
#include "record/trace_text.hpp"

namespace ringtap {
namespace {

using pcapng::BlockType;
using Bytes = std::span<const std::byte>;

constexpr std::size_t kMaxBlockOverhead = 1024 * 1024;  // head and options of a block around the longest record

// The tap of a record that has only a verdict (trace_text.hpp).
Tap tap_of(VerdictType verdict, Direction direction) {
  if (verdict == VerdictType::kXdp) return Tap::kXdp;
  if (verdict != VerdictType::kTc || direction == Direction::kUnknown) return Tap::kUnknown;
  return direction == Direction::kOut ? Tap::kTcEgress : Tap::kTcIngress;
}

// An option of `Size` octets; nothing when it has another size.
template <std::integral T>
std::optional<T> number(Bytes value, FieldOrder order) {
  if (value.size() != sizeof(T)) return std::nullopt;
  return order(load<T>(value));
}

std::string text(Bytes value) {
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

template <class Head>
Result<Head> head_of(Bytes body, const char* what) {
  if (body.size() < sizeof(Head)) return Error(std::string(what) + " block too short");
  return load<Head>(body);
}

// tcpdump's words, since scripts look for them; it reads the header of a block and the rest apart.
Error truncated(const InputBuffer& in, std::size_t start, std::size_t wanted) {
  return Error("truncated pcapng dump file; tried to read " + std::to_string(wanted) + " bytes, only got " +
               std::to_string(in.bytes().size() - start) + " (" + in.place(start) + ")");
}

}  // namespace

void TimeScale::set_resolution(std::uint8_t tsresol) {
  const bool is_binary = (tsresol & 0x80) != 0;
  const unsigned exponent = tsresol & 0x7f;
  const Int128 base = is_binary ? 2 : 10;
  // A unit so short that 2^64 of them are less than a nanosecond: all times are 0, as with the largest divisor.
  constexpr Int128 kMaxUnits = Int128{1} << 120;
  units_per_second_ = 1;
  for (unsigned i = 0; i < exponent && units_per_second_ < kMaxUnits; ++i) units_per_second_ *= base;
}

std::uint64_t TimeScale::to_ns(pcapng::Timestamp time) const {
  const std::uint64_t units = std::uint64_t{time.upper} << 32 | time.lower;
  const Int128 second = kNsPerSecond;
  const Int128 ns = units * second / units_per_second_ + offset_s_ * second + offset_ns_;
  return static_cast<std::uint64_t>(std::clamp<Int128>(ns, 0, std::numeric_limits<std::uint64_t>::max()));
}

bool PcapngParser::recognizes(std::uint32_t magic) {
  return magic == static_cast<std::uint32_t>(BlockType::kSectionHeader);
}

Result<ParseStep> PcapngParser::next(InputBuffer& in) {
  for (;;) {
    // The byte-order magic of a section comes right after the block header, whose length cannot be read without it.
    auto state = in.require(sizeof(pcapng::BlockHeader));
    if (!state) return state.take_error();
    if (*state == ReadState::kNothingYet) return ParseStep::kNothingYet;
    if (*state == ReadState::kEnd) {
      if (in.bytes().empty()) return ParseStep::kEnd;
      return truncated(in, 0, sizeof(pcapng::BlockHeader));
    }
    const auto header = load<pcapng::BlockHeader>(in.bytes());
    const bool is_section = header.type == BlockType::kSectionHeader;
    if (is_section) {
      constexpr std::size_t kMagicEnd = sizeof(header) + sizeof(pcapng::kByteOrderMagic);
      state = in.require(kMagicEnd);
      if (!state) return state.take_error();
      if (*state == ReadState::kNothingYet) return ParseStep::kNothingYet;
      if (*state == ReadState::kEnd) return truncated(in, sizeof(header), sizeof(pcapng::kByteOrderMagic));
      const auto magic = load<std::uint32_t>(in.bytes(), sizeof(header));
      order_.is_swapped = magic != pcapng::kByteOrderMagic;
      if (order_(magic) != pcapng::kByteOrderMagic) {
        return Error("wrong byte-order magic in a section header block (" + in.place(sizeof(header)) + ")");
      }
    }

    const std::uint32_t length = order_(header.length);
    const auto type = static_cast<BlockType>(order_(static_cast<std::uint32_t>(header.type)));
    if (length < pcapng::kMinBlockLength || length % pcapng::kBlockAlign != 0) {
      return Error("pcapng block with a length of " + std::to_string(length) + " (" + in.place() + ")");
    }
    if (length > max_block_length_) {
      return Error("pcapng block size " + std::to_string(length) + " > maximum " + std::to_string(max_block_length_) +
                   " (" + in.place() + ")");
    }
    state = in.require(length);
    if (!state) return state.take_error();
    if (*state == ReadState::kNothingYet) return ParseStep::kNothingYet;
    if (*state == ReadState::kEnd) return truncated(in, sizeof(header), length - sizeof(header));
    const std::size_t trailer = length - sizeof(std::uint32_t);
    if (order_(load<std::uint32_t>(in.bytes(), trailer)) != length) {
      return Error("block total length in header and trailer don't match (" + in.place(trailer) + ")");
    }

    const Bytes body = in.bytes().subspan(sizeof(header), trailer - sizeof(header));
    Result<> parsed = ok();
    std::optional<ParseStep> step;
    switch (type) {
      case BlockType::kSectionHeader:
        parsed = parse_section_header(body);
        if (!kept_.empty()) step = ParseStep::kBlock;
        break;
      case BlockType::kInterfaceDescription:
        parsed = parse_interface(body);
        step = ParseStep::kInterface;
        break;
      case BlockType::kEnhancedPacket:
        parsed = parse_enhanced_packet(body);
        step = ParseStep::kRecord;
        break;
      case BlockType::kPacket:
        parsed = parse_obsolete_packet(body);
        step = ParseStep::kRecord;
        break;
      case BlockType::kSimplePacket:
        parsed = parse_simple_packet(body);
        step = ParseStep::kRecord;
        break;
      case BlockType::kInterfaceStatistics:
        parsed = parse_statistics(body);
        break;
      default:
        keep_block(type, body);
        step = ParseStep::kBlock;
        break;
    }
    if (!parsed) return Error(parsed.error().text() + " (block at " + in.place() + ")");
    in.consume(length);
    if (step) return *step;
  }
}

Result<> PcapngParser::parse_section_header(Bytes body) {
  const auto head = head_of<pcapng::SectionHeader>(body, "section header");
  if (!head) return Error(head.error().text());
  const std::uint16_t major = order_(head->version_major);
  const std::uint16_t minor = order_(head->version_minor);
  // The draft: 1.2 was written by mistake and is 1.0.
  if (major != 1 || (minor != 0 && minor != 2)) {
    return Error("unsupported pcapng savefile version " + std::to_string(major) + "." + std::to_string(minor));
  }
  interfaces_.clear();
  kept_.clear();
  auto options = each_option(body.subspan(sizeof(*head)), order_, [&](std::uint16_t code, Bytes value) {
    if (code == pcapng::kShbUserAppl) return;  // that is ringtap then
    const bool is_text = code == pcapng::kShbHardware || code == pcapng::kShbOs;
    if (const auto kept = keep_option(code, value, is_text ? OptionForm::kBytes : OptionForm::kUnknown)) {
      append_option(kept_, code, *kept);
    }
  });
  block_ = {.kind = FileBlockKind::kSection, .type = 0, .body = kept_};
  return options;
}

std::optional<std::vector<std::byte>> PcapngParser::keep_option(std::uint16_t code, Bytes value, OptionForm form) {
  auto kept = kept_value(code, value, form, order_);
  if (!kept) ++options_left_out_;
  return kept;
}

void PcapngParser::keep_block(BlockType type, Bytes body) {
  const auto kind = [type] {
    switch (type) {
      case BlockType::kNameResolution:
        return FileBlockKind::kNames;
      case BlockType::kDecryptionSecrets:
        return FileBlockKind::kSecrets;
      case BlockType::kCustom:
      case BlockType::kSystemdJournal:
        return FileBlockKind::kCustom;
      default:
        return FileBlockKind::kUncopied;
    }
  };
  block_ = {.kind = kind(), .type = static_cast<std::uint32_t>(type), .body = {}};
  auto kept = block_.kind == FileBlockKind::kUncopied ? std::nullopt : kept_body(type, body, order_);
  if (!kept) {
    block_.kind = FileBlockKind::kUncopied;
    return;
  }
  kept_ = std::move(*kept);
  block_.body = kept_;
}

Result<> PcapngParser::parse_interface(Bytes body) {
  const auto head = head_of<pcapng::InterfaceDescription>(body, "interface description");
  if (!head) return Error(head.error().text());
  interface_ = Interface{.link_type = static_cast<LinkType>(order_(head->link_type)), .snaplen = order_(head->snaplen)};
  TimeScale scale;
  const auto keep = [this](std::uint16_t code, Bytes value, OptionForm form) {
    if (auto kept = keep_option(code, value, form)) interface_.options.push_back({code, std::move(*kept)});
  };
  auto options = each_option(body.subspan(sizeof(*head)), order_, [&](std::uint16_t code, Bytes value) {
    switch (code) {
      case pcapng::kIfName:
        interface_.name = text(value);
        break;
      case pcapng::kIfDescription:
        interface_.description = text(value);
        break;
      case pcapng::kIfFilter:
        if (!value.empty() && value[0] == pcapng::kFilterIsText) {
          interface_.filter = text(value.subspan(1));
        } else {
          keep(code, value, OptionForm::kUnknown);
        }
        break;
      case pcapng::kIfFcsLen:
        interface_.fcs_bits = number<std::uint8_t>(value, order_);
        break;
      case pcapng::kIfIpv4Addr:
      case pcapng::kIfIpv6Addr:
      case pcapng::kIfEuiAddr:
      case pcapng::kIfOs:
      case pcapng::kIfHardware:
      case pcapng::kIfIanaTzName:
        keep(code, value, OptionForm::kBytes);
        break;
      case pcapng::kIfSpeed:
      case pcapng::kIfTxSpeed:
      case pcapng::kIfRxSpeed:
      case pcapng::kIfTzone:
        keep(code, value, OptionForm::kNumber);
        break;
      case pcapng::kIfMacAddr:
        if (value.size() == 6) interface_.mac = load<std::array<std::uint8_t, 6>>(value);
        break;
      case pcapng::kIfTsResol:
        if (const auto resolution = number<std::uint8_t>(value, order_)) scale.set_resolution(*resolution);
        break;
      case pcapng::kIfTsOffset:
        if (const auto seconds = number<std::int64_t>(value, order_)) scale.set_offset_seconds(*seconds);
        break;
      case pcapng::kIfTsOffsetNs:
        if (const auto ns = number<std::int32_t>(value, order_)) scale.set_offset_ns(*ns);
        break;
      default:
        keep(code, value, OptionForm::kUnknown);
        break;
    }
  });
  if (!options) return options;
  interfaces_.push_back({next_interface_id_++, interface_.link_type, interface_.snaplen, scale});
  max_block_length_ = std::max(max_block_length_, max_captured_length(interface_.link_type) + kMaxBlockOverhead);
  return ok();
}

Result<> PcapngParser::start_record(std::uint32_t number, std::uint32_t cap_len, std::uint32_t wire_len, Bytes rest) {
  if (number >= interfaces_.size()) {
    return Error("a packet refers to interface " + std::to_string(number) + ", which no block describes");
  }
  if (cap_len > rest.size()) {
    return Error("a packet with " + std::to_string(cap_len) + " captured bytes in a block with room for " +
                 std::to_string(rest.size()));
  }
  record_ = RecordView{.data = rest.first(cap_len),
                       .wire_len = wire_len,
                       .interface_id = interfaces_[number].id,
                       .link_type = interfaces_[number].link_type};
  return ok();
}

Result<> PcapngParser::parse_enhanced_packet(Bytes body) {
  const auto head = head_of<pcapng::EnhancedPacket>(body, "enhanced packet");
  if (!head) return Error(head.error().text());
  const std::uint32_t number = order_(head->interface_id);
  const std::uint32_t cap_len = order_(head->cap_len);
  const Bytes rest = body.subspan(sizeof(*head));
  if (auto started = start_record(number, cap_len, order_(head->wire_len), rest); !started) return started;
  record_.time_ns = interfaces_[number].scale.to_ns({order_(head->time.upper), order_(head->time.lower)});
  return parse_packet_options(rest.subspan(pcapng::padded(cap_len)));
}

Result<> PcapngParser::parse_obsolete_packet(Bytes body) {
  const auto head = head_of<pcapng::ObsoletePacket>(body, "packet");
  if (!head) return Error(head.error().text());
  const std::uint16_t number = order_(head->interface_id);
  const std::uint32_t cap_len = order_(head->cap_len);
  const Bytes rest = body.subspan(sizeof(*head));
  if (auto started = start_record(number, cap_len, order_(head->wire_len), rest); !started) return started;
  record_.time_ns = interfaces_[number].scale.to_ns({order_(head->time.upper), order_(head->time.lower)});
  const std::uint16_t drops = order_(head->drop_count);
  if (drops != pcapng::kDropCountUnknown) record_.lost_before = drops;
  // Its two options, pack_flags and pack_hash, have the codes and the form of epb_flags and epb_hash.
  return parse_packet_options(rest.subspan(pcapng::padded(cap_len)));
}

// Has neither a time nor a captured length, which follows from the snaplen of the interface.
Result<> PcapngParser::parse_simple_packet(Bytes body) {
  const auto head = head_of<pcapng::SimplePacket>(body, "simple packet");
  if (!head) return Error(head.error().text());
  const std::uint32_t wire_len = order_(head->wire_len);
  const std::uint32_t snaplen = interfaces_.empty() ? 0 : interfaces_[0].snaplen;
  const std::uint32_t cap_len = snaplen == 0 ? wire_len : std::min(wire_len, snaplen);
  return start_record(0, cap_len, wire_len, body.subspan(sizeof(*head)));
}

Result<> PcapngParser::parse_packet_options(Bytes options) {
  comments_.clear();
  kept_.clear();
  extras_ = {};
  Bytes process_and_thread;
  const auto keep = [this](std::uint16_t code, Bytes value) {
    if (const auto kept = keep_option(code, value, OptionForm::kUnknown)) append_option(kept_, code, *kept);
  };
  auto parsed = each_option(options, order_, [&](std::uint16_t code, Bytes value) {
    switch (code) {
      case pcapng::kOptComment:
        if (!comments_.empty()) comments_ += '\0';
        comments_ += text(value);
        break;
      case pcapng::kEpbFlags:
        if (const auto flags = number<std::uint32_t>(value, order_)) apply_flags(*flags);
        break;
      case pcapng::kEpbHash:
        if (value.size() != 5 || value[0] != pcapng::kHashToeplitz || record_.hash) {
          keep(code, value);
        } else {
          // Octets in the order in which they are printed, whatever the section's byte order.
          constexpr FieldOrder kBigEndian{std::endian::native == std::endian::little};
          record_.hash = kBigEndian(load<std::uint32_t>(value, 1));
        }
        break;
      case pcapng::kEpbDropCount:
        record_.lost_before = number<std::uint64_t>(value, order_).value_or(0);
        break;
      case pcapng::kEpbPacketId:
        record_.packet_id = number<std::uint64_t>(value, order_);
        break;
      case pcapng::kEpbQueue:
        record_.rx_queue = number<std::uint32_t>(value, order_);
        break;
      case pcapng::kEpbProcessThread:
        process_and_thread = value;
        break;
      case pcapng::kEpbOwners:
        apply_owners(text(value));
        break;
      case pcapng::kEpbProcess:
        if (Process process = read_process_words(text(value)); process.key != 0) {
          make_texts(process);
          processes_.add(std::move(process));
        }
        break;
      case pcapng::kEpbTrace:
        read_trace_words({reinterpret_cast<const char*>(value.data()), value.size()}, record_);
        break;
      case pcapng::kEpbVerdict:
        if (value.size() == 9 && value[0] <= static_cast<std::byte>(VerdictType::kXdp)) {
          record_.verdict = Verdict{static_cast<VerdictType>(value[0]), order_(load<std::int64_t>(value, 1))};
          if (record_.tap == Tap::kUnknown) record_.tap = tap_of(record_.verdict->type, record_.direction);
        } else {
          keep(code, value);
        }
        break;
      default:
        keep(code, value);
        break;
    }
  });
  if (!process_and_thread.empty() && record_.owners == nullptr) keep(pcapng::kEpbProcessThread, process_and_thread);
  record_.comment = comments_;
  extras_.options = kept_;
  if (extras_.flags != 0 || !kept_.empty()) record_.extras = &extras_;
  return parsed;
}

void PcapngParser::apply_owners(std::string_view words) {
  owners_ = read_owner_words(words);
  for (Owner* const end : {&owners_.sender, &owners_.receiver}) end->process = processes_.find(end->key);
  record_.owners = &owners_;
}

void PcapngParser::apply_flags(std::uint32_t flags) {
  const std::uint32_t direction = flags & pcapng::kFlagsDirectionMask;
  if (direction <= static_cast<std::uint32_t>(Direction::kOut)) record_.direction = static_cast<Direction>(direction);
  const std::uint32_t reception = flags >> pcapng::kFlagsReceptionShift & pcapng::kFlagsReceptionMask;
  if (reception < pcapng::kReceptionTypes.size()) record_.packet_type = pcapng::kReceptionTypes[reception];
  if (reception == 0 && record_.direction == Direction::kOut) record_.packet_type = PacketType::kOutgoing;
  if ((flags & pcapng::kFlagsChecksumNotReady) != 0) record_.checksum = ChecksumState::kNotReady;
  if ((flags & pcapng::kFlagsChecksumValid) != 0) record_.checksum = ChecksumState::kValid;
  extras_.flags = flags & pcapng::kFlagsKept;
}

Result<> PcapngParser::parse_statistics(Bytes body) {
  const auto head = head_of<pcapng::InterfaceStatisticsHead>(body, "interface statistics");
  if (!head) return Error(head.error().text());
  const std::uint32_t number_in_section = order_(head->interface_id);
  if (number_in_section >= interfaces_.size()) {
    return Error("statistics refer to interface " + std::to_string(number_in_section) + ", which no block describes");
  }
  const SectionInterface& interface = interfaces_[number_in_section];
  const auto time = [&](pcapng::Timestamp value) {
    return interface.scale.to_ns({order_(value.upper), order_(value.lower)});
  };
  InterfaceStatistics statistics{.interface_id = interface.id, .end_ns = time(head->time), .told = 0};
  auto options = each_option(body.subspan(sizeof(*head)), order_, [&](std::uint16_t code, Bytes value) {
    const bool is_known = code >= pcapng::kIsbStartTime && code <= pcapng::kIsbUsrDeliv && code != pcapng::kIsbIfDrop;
    if (!is_known || value.size() != sizeof(std::uint64_t)) {
      ++options_left_out_;
      return;
    }
    statistics.told |= 1U << code;
    const auto count = order_(load<std::uint64_t>(value));
    switch (code) {
      case pcapng::kIsbStartTime:
        statistics.start_ns = time(load<pcapng::Timestamp>(value));
        break;
      case pcapng::kIsbEndTime:
        statistics.end_ns = time(load<pcapng::Timestamp>(value));
        break;
      case pcapng::kIsbIfRecv:
        statistics.received = count;
        break;
      case pcapng::kIsbFilterAccept:
        statistics.filter_accepted = count;
        break;
      case pcapng::kIsbOsDrop:
        statistics.dropped = count;
        break;
      case pcapng::kIsbUsrDeliv:
        statistics.delivered = count;
        break;
    }
  });
  if (!options) return options;
  // Totals since the capture began: the last ones count.
  std::erase_if(statistics_, [&](const InterfaceStatistics& old) { return old.interface_id == interface.id; });
  statistics_.push_back(statistics);
  return ok();
}

}  // namespace ringtap
