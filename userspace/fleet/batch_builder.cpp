// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/batch_builder.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "record/capture_format.hpp"

namespace ringtap {
namespace {

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

// Another processor has written it, so each block would be waited for. Packets in a row often have one size: if those
// after this one do, the end of one and the beginning of the next are there when they are looked at.
void fetch_ahead(const std::byte* block, std::size_t length) {
  constexpr std::size_t kBlocks = 4;
  __builtin_prefetch(block + kBlocks * length - sizeof(pcapng::EnhancedPacket));
  __builtin_prefetch(block + kBlocks * length);
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
    return false;
  }
  if (type == pcapng::BlockType::kEnhancedPacket) {
    if (block.size() < kLeastBlock + sizeof(pcapng::EnhancedPacket)) return damaged();
    const auto packet = load_at<pcapng::EnhancedPacket>(block, sizeof(pcapng::BlockHeader));
    if (packet.cap_len > block.size() - kLeastBlock - sizeof(packet)) return damaged();
    const std::uint64_t time_ns = std::uint64_t{packet.time.upper} << 32U | packet.time.lower;
    if (built_.packets++ == 0) built_.first_ns = time_ns;
    built_.first_ns = std::min(built_.first_ns, time_ns);
    built_.last_ns = std::max(built_.last_ns, time_ns);
    newest_ns_ = std::max(newest_ns_, time_ns);
    built_.lost += lost_of(block, packet.cap_len);
  }
  return true;
}

Result<> BatchBuilder::look(std::span<std::byte> waiting, std::size_t full, std::size_t longest) {
  is_full_ = false;
  while (waiting.size() - looked_ >= sizeof(pcapng::BlockHeader)) {
    const std::size_t length = load_at<pcapng::BlockHeader>(waiting, looked_).length;
    if (length < kLeastBlock || length > longest || length % 4 != 0) return damaged();
    is_full_ = !is_empty() && head_.size() + (end_ - begin_) + length > full;
    if (is_full_ || length > waiting.size() - looked_) break;
    fetch_ahead(waiting.data() + looked_, length);
    auto stays = look_at(waiting.subspan(looked_, length));
    if (!stays) return stays.take_error();
    if (*stays) {
      close_gap(waiting);
      end_ += length;
    }
    looked_ += length;
  }
  has_looked_at_all_ = looked_ == waiting.size();
  return ok();
}

// The section moves over the blocks after it that do not stay.
void BatchBuilder::close_gap(std::span<std::byte> waiting) {
  const std::size_t gap = looked_ - end_;
  if (gap == 0) return;
  std::memmove(waiting.data() + begin_ + gap, waiting.data() + begin_, end_ - begin_);
  begin_ += gap;
  end_ += gap;
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

BuiltSection BatchBuilder::take(std::span<std::byte> waiting) {
  BuiltSection built = std::exchange(built_, {});
  built.before = std::exchange(taken_, counters_);
  built.after = counters_;
  built.used = looked_;
  if (!is_empty()) {
    std::byte* const blocks = waiting.data() + begin_;
    std::copy(head_.begin(), head_.end(), blocks - head_.size());
    built.message = {blocks - front(), front() + (end_ - begin_)};
  }
  begin_ = end_ = looked_ = 0;
  is_full_ = false;
  return built;
}

BuiltSection BatchBuilder::take_statistics(std::size_t most_bytes) {
  BuiltSection built;
  built.before = std::exchange(taken_, counters_);
  built.after = counters_;
  if (statistics_.empty()) return built;
  last_.resize(kBatchRoom);
  last_.insert(last_.end(), head_.begin(), head_.end());
  do {
    const auto first = statistics_.begin();
    last_.insert(last_.end(), first->second.block.begin(), first->second.block.end());
    statistics_.erase(first);
  } while (!statistics_.empty() && last_.size() - kBatchRoom + statistics_.begin()->second.block.size() <= most_bytes);
  built.message = last_;
  return built;
}

}  // namespace ringtap
