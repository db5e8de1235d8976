// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/batch_builder.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "record/capture_format.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kMostBlock = std::size_t{16} << 20;
constexpr std::size_t kLeastBlock = sizeof(pcapng::BlockHeader) + sizeof(std::uint32_t);

template <class T>
T load_at(std::span<const std::byte> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

Error damaged() {
  return Error("the capture's output is not pcapng");
}

// The value of an option with 64 bits; 0 if the block, whose options begin at `at`, has none.
std::uint64_t option_of(std::span<const std::byte> block, std::size_t at, std::uint16_t code) {
  while (at + sizeof(pcapng::OptionHeader) <= block.size() - sizeof(std::uint32_t)) {
    const auto option = load_at<pcapng::OptionHeader>(block, at);
    at += sizeof(option);
    if (option.code == pcapng::kOptEnd) return 0;
    if (option.code == code && option.length == sizeof(std::uint64_t) && at + option.length <= block.size()) {
      return load_at<std::uint64_t>(block, at);
    }
    at += pcapng::padded(option.length);
  }
  return 0;
}

// epb_dropcount of an enhanced packet block.
std::uint64_t lost_of(std::span<const std::byte> block, std::uint32_t cap_len) {
  const std::size_t at = sizeof(pcapng::BlockHeader) + sizeof(pcapng::EnhancedPacket) + pcapng::padded(cap_len);
  return option_of(block, at, pcapng::kEpbDropCount);
}

}  // namespace

// False: it does not stay in the section.
Result<bool> BatchBuilder::look_at(std::span<const std::byte> block) {
  const auto type = load_at<pcapng::BlockHeader>(block, 0).type;
  if (head_.empty() != (type == pcapng::BlockType::kSectionHeader)) return damaged();
  if (type == pcapng::BlockType::kInterfaceStatistics) {
    auto added = add_statistics(block);
    return added ? Result<bool>(false) : Result<bool>(added.take_error());
  }
  if (type == pcapng::BlockType::kSectionHeader || type == pcapng::BlockType::kInterfaceDescription) {
    head_.insert(head_.end(), block.begin(), block.end());
    if (type == pcapng::BlockType::kInterfaceDescription) ++interfaces_;
    return true;
  }
  if (type == pcapng::BlockType::kEnhancedPacket) {
    if (block.size() < kLeastBlock + sizeof(pcapng::EnhancedPacket)) return damaged();
    const auto packet = load_at<pcapng::EnhancedPacket>(block, sizeof(pcapng::BlockHeader));
    if (packet.cap_len > block.size() - kLeastBlock - sizeof(packet)) return damaged();
    const std::uint64_t time_ns = std::uint64_t{packet.time.upper} << 32U | packet.time.lower;
    if (built_.packets++ == 0) built_.first_ns = time_ns;
    built_.first_ns = std::min(built_.first_ns, time_ns);
    built_.last_ns = std::max(built_.last_ns, time_ns);
    built_.lost += lost_of(block, packet.cap_len);
  }
  has_content_ = true;
  return true;
}

std::size_t BatchBuilder::end_of_block() const {
  if (end_ - parsed_ < sizeof(pcapng::BlockHeader)) return 0;
  return parsed_ + load_at<pcapng::BlockHeader>(buffer_, kBatchRoom + parsed_).length;
}

std::span<std::byte> BatchBuilder::room(std::size_t full) {
  // Of a block that is too long no more than its end, so that none shares its section.
  const std::size_t to = end_of_block() > full ? end_of_block() : std::max(full, end_ + kLeastRoom);
  buffer_.resize(std::max(buffer_.size(), kBatchRoom + to));
  return std::span(buffer_).subspan(kBatchRoom + end_, to - end_);
}

Result<> BatchBuilder::added(std::size_t size) {
  end_ += size;
  const std::span<std::byte> section = std::span(buffer_).subspan(kBatchRoom, end_);
  std::size_t from = parsed_;
  while (end_ - from >= sizeof(pcapng::BlockHeader)) {
    const std::size_t length = load_at<pcapng::BlockHeader>(section, from).length;
    if (length < kLeastBlock || length > kMostBlock || length % 4 != 0) return damaged();
    if (length > end_ - from) break;
    auto stays = look_at(section.subspan(from, length));
    if (!stays) return stays.take_error();
    if (*stays) {
      if (parsed_ != from) std::memmove(section.data() + parsed_, section.data() + from, length);
      parsed_ += length;
    }
    from += length;
  }
  if (parsed_ != from) std::memmove(section.data() + parsed_, section.data() + from, end_ - from);
  end_ -= from - parsed_;
  return ok();
}

Result<> BatchBuilder::add_statistics(std::span<const std::byte> block) {
  constexpr std::size_t kOptions = sizeof(pcapng::BlockHeader) + sizeof(pcapng::InterfaceStatisticsHead);
  if (block.size() < kOptions + sizeof(std::uint32_t)) return damaged();
  const auto head = load_at<pcapng::InterfaceStatisticsHead>(block, sizeof(pcapng::BlockHeader));
  if (head.interface_id >= interfaces_) return damaged();
  Statistics& statistics = statistics_[head.interface_id];
  const HostCounters last = statistics.counters;
  statistics.block.assign(block.begin(), block.end());
  statistics.counters = {.seen = option_of(block, kOptions, pcapng::kIsbIfRecv),
                         .matched = option_of(block, kOptions, pcapng::kIsbFilterAccept),
                         .ring = option_of(block, kOptions, pcapng::kIsbOsDrop),
                         .at_ns = std::uint64_t{head.time.upper} << 32U | head.time.lower};
  counters_.seen += statistics.counters.seen - last.seen;
  counters_.matched += statistics.counters.matched - last.matched;
  counters_.ring += statistics.counters.ring - last.ring;
  counters_.at_ns = std::max(counters_.at_ns, statistics.counters.at_ns);
  return ok();
}

void BatchBuilder::begin_section(std::span<const std::byte> partial) {
  buffer_ = std::exchange(spare_, {});
  parsed_ = head_.size();
  end_ = parsed_ + partial.size();
  has_content_ = false;
  buffer_.resize(std::max(buffer_.size(), kBatchRoom + end_));
  std::copy(head_.begin(), head_.end(), buffer_.begin() + kBatchRoom);
  std::copy(partial.begin(), partial.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(kBatchRoom + parsed_));
}

BuiltSection BatchBuilder::take() {
  BuiltSection built = std::exchange(built_, {});
  built.before = std::exchange(taken_, counters_);
  built.after = counters_;
  if (!has_content_) return built;
  built.buffer = std::move(buffer_);
  built.size = parsed_;
  begin_section(std::span(built.buffer).subspan(kBatchRoom + parsed_, end_ - parsed_));
  return built;
}

BuiltSection BatchBuilder::take_statistics(std::size_t most_bytes) {
  BuiltSection built;
  built.before = std::exchange(taken_, counters_);
  built.after = counters_;
  if (statistics_.empty()) return built;
  built.buffer.resize(kBatchRoom);
  built.buffer.insert(built.buffer.end(), head_.begin(), head_.end());
  do {
    const auto first = statistics_.begin();
    built.buffer.insert(built.buffer.end(), first->second.block.begin(), first->second.block.end());
    statistics_.erase(first);
    built.size = built.buffer.size() - kBatchRoom;
  } while (!statistics_.empty() && built.size + statistics_.begin()->second.block.size() <= most_bytes);
  return built;
}

}  // namespace ringtap
