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

Result<> BatchBuilder::add_block(std::span<const std::byte> block) {
  const auto type = load_at<pcapng::BlockHeader>(block, 0).type;
  if (type == pcapng::BlockType::kSectionHeader) {
    head_.assign(block.begin(), block.end());
    interfaces_ = 0;
    return ok();
  }
  if (head_.empty()) return damaged();
  if (type == pcapng::BlockType::kInterfaceDescription) {
    head_.insert(head_.end(), block.begin(), block.end());
    if (!body_.empty()) body_.insert(body_.end(), block.begin(), block.end());
    ++interfaces_;
    return ok();
  }
  if (type == pcapng::BlockType::kInterfaceStatistics) return add_statistics(block);
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
  if (body_.empty()) {
    body_ = std::exchange(spare_, {});
    body_.assign(head_.begin(), head_.end());
  }
  body_.insert(body_.end(), block.begin(), block.end());
  return ok();
}

Result<std::size_t> BatchBuilder::add(std::span<const std::byte> bytes, std::size_t full) {
  const std::size_t given = bytes.size();
  while (!bytes.empty() && !is_full(full)) {
    // A block that began in an earlier piece is put together first.
    std::size_t wanted = sizeof(pcapng::BlockHeader);
    if (partial_.size() >= wanted) wanted = load_at<pcapng::BlockHeader>(partial_, 0).length;
    if (!partial_.empty()) {
      const std::size_t taken = std::min(wanted - partial_.size(), bytes.size());
      partial_.insert(partial_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
      bytes = bytes.subspan(taken);
      if (partial_.size() < wanted) continue;
      const std::size_t size = load_at<pcapng::BlockHeader>(partial_, 0).length;
      if (size < kLeastBlock || size > kMostBlock || size % 4 != 0) return damaged();
      if (partial_.size() < size) continue;
      if (auto added = add_block(partial_); !added) return added.take_error();
      partial_.clear();
      continue;
    }
    std::size_t size = 0;
    if (bytes.size() >= sizeof(pcapng::BlockHeader)) {
      size = load_at<pcapng::BlockHeader>(bytes, 0).length;
      if (size < kLeastBlock || size > kMostBlock || size % 4 != 0) return damaged();
    }
    if (size == 0 || size > bytes.size()) {
      partial_.assign(bytes.begin(), bytes.end());
      return given;
    }
    if (auto added = add_block(bytes.first(size)); !added) return added.take_error();
    bytes = bytes.subspan(size);
  }
  return given - bytes.size();
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

BuiltSection BatchBuilder::take() {
  BuiltSection built = std::exchange(built_, {});
  built.bytes = std::exchange(body_, {});
  built.before = std::exchange(taken_, counters_);
  built.after = counters_;
  return built;
}

BuiltSection BatchBuilder::take_statistics(std::size_t most_bytes) {
  BuiltSection built;
  built.before = std::exchange(taken_, counters_);
  built.after = counters_;
  while (!statistics_.empty()) {
    const auto first = statistics_.begin();
    const std::vector<std::byte>& block = first->second.block;
    if (built.bytes.empty()) {
      built.bytes = head_;
    } else if (built.bytes.size() + block.size() > most_bytes) {
      break;
    }
    built.bytes.insert(built.bytes.end(), block.begin(), block.end());
    statistics_.erase(first);
  }
  return built;
}

}  // namespace ringtap
