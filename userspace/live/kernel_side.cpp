// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/kernel_side.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "live/load_programs.hpp"
#include "live/stages.hpp"
#include "loader/cpus.hpp"

namespace ringtap {
namespace {

constexpr std::uint32_t kLargestUsualFrame = 65549;  // 64 KiB of GSO superframe with its Ethernet header

Result<Rings> rings_of(std::uint64_t bytes) {
  auto cpus = online_cpus();
  return cpus ? Rings::create(bytes, *cpus) : cpus.take_error();
}

}  // namespace

KernelSide::Beginning::Beginning(std::uint64_t ring_bytes, bool who)
    : programs([who] { return OpenTapPrograms::open(who); }), rings(rings_of(ring_bytes)) {}

Result<KernelSide> KernelSide::load(const LiveOptions& options, LinkType link_type, std::uint32_t slots,
                                    Beginning begun, const Notice& notice) {
  KernelSide made;
  auto possible = ringtap::possible_cpus();
  if (!possible) return possible.take_error();
  made.possible_cpus_ = *possible;
  for (unsigned cpu = 0; options.threads > 1 && cpu < *possible; ++cpu) {
    made.memory_nodes_.push_back(memory_node_of(cpu));
  }
  if (!begun.rings) return begun.rings.take_error();
  made.rings_.emplace(begun.rings.take());
  const std::size_t largest = std::min(options.snaplen, kLargestUsualFrame) + sizeof(ringtap_event);
  if (made.rings_->bytes_each() < largest) {
    notice("each CPU has a ring of " + std::to_string(made.rings_->bytes_each() / 1024) +
           " KiB: longer packets do not fit and will be counted as dropped; use a larger -B or a smaller -s");
  }
  auto open = begun.programs.get();
  if (!open) return open.take_error();
  auto loaded = load_programs(open.take(), options, link_type, *made.rings_, slots, notice);
  if (!loaded) return loaded.take_error();
  made.programs_.emplace(std::move(loaded->programs));
  if (auto filled = made.rings_->filled(); !filled) return filled.take_error();
  made.filter_in_user_space_ = loaded->filter_in_user_space;
  made.buffer_note_ = options.buffer_note;
  made.has_stages_ = options.features->stage_flusher;
  if (made.may_get_cpus()) made.cpu_watch_.open();
  return made;
}

std::string KernelSide::buffer_text() const {
  if (!rings_) return "no rings";
  const std::size_t rings = rings_->cpus().size();
  return std::to_string(rings) + (rings == 1 ? " ring of " : " rings of ") +
         std::to_string(rings_->bytes_each() / 1024) + " KiB" + (buffer_note_.empty() ? "" : " (" + buffer_note_ + ")");
}

std::vector<int> KernelSide::wake_fds() const {
  if (!rings_) return {};
  std::vector<int> fds = rings_->fds();
  fds.push_back(cpu_watch_.fd());
  return fds;
}

std::vector<NewRing> KernelSide::look_for_cpus(std::uint64_t now_ns, const Notice& notice) {
  std::vector<NewRing> made;
  if (!may_get_cpus() || !cpu_watch_.look(now_ns)) return made;
  for (unsigned cpu = 0; cpu < possible_cpus_; ++cpu) {
    const std::vector<unsigned>& known = rings_->cpus();
    const bool has_ring = std::find(known.begin(), known.end(), cpu) != known.end();
    if (has_ring || without_ring_.contains(cpu) || !programs_->flush_stage(cpu, true)) continue;
    if (auto added = add_cpu(cpu); added) {
      made.push_back({.number = rings_->cpus().size() - 1, .cpu = cpu, .fd = rings_->fds().back()});
    } else {
      without_ring_.insert(cpu);
      notice(added.error().text() + "; what it captures is counted as lost");
    }
  }
  return made;
}

// Packets are captured once there are stages; by then there is a ring for them.
Result<> KernelSide::add_cpu(unsigned cpu) {
  if (auto added = rings_->add(cpu); !added) return added;
  return programs_->add_stages(cpu);
}

Result<> KernelSide::start_helper() const {
  return may_get_cpus() ? CpuMaps::start_helper({&rings_->maps(), &programs_->stages()}) : ok();
}

Result<> KernelSide::watch_softirqs() {
  return programs_ ? programs_->watch_softirqs() : ok();
}

Result<> KernelSide::start_owners(bool wanted) {
  return programs_ ? owners_.start(*programs_, wanted) : ok();
}

Result<> KernelSide::assign_slot(const rtnetlink::Device& device, std::uint32_t slot) {
  return programs_ ? programs_->assign_slot({.ifindex = device.ifindex, .netns = device.netns}, slot) : ok();
}

void KernelSide::release_slot(const rtnetlink::Device& device) {
  if (programs_) programs_->release_slot({.ifindex = device.ifindex, .netns = device.netns});
}

std::vector<RingShare> KernelSide::shares(std::size_t threads) const {
  std::vector<RingShare> shares(threads);
  if (!rings_) return shares;
  const std::vector<unsigned>& cpus = rings_->cpus();
  std::vector<std::size_t> numbers(cpus.size());
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  if (!memory_nodes_.empty()) {
    std::stable_sort(numbers.begin(), numbers.end(),
                     [&](std::size_t a, std::size_t b) { return memory_nodes_[cpus[a]] < memory_nodes_[cpus[b]]; });
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    shares[i * threads / numbers.size()].add(numbers[i], cpus[numbers[i]]);
  }
  return shares;
}

std::uint64_t KernelSide::collect(const RingShare& share, std::uint64_t due_ns, bool stopped,
                                  std::vector<EventStream*>& heads) {
  if (!rings_) return due_ns;
  const std::uint64_t watermark = has_stages_ ? collect_stages(*programs_, share.cpus, due_ns, stopped) : due_ns;
  for (const std::size_t number : share.numbers) {
    RingReader& reader = rings_->readers()[number];
    if (reader.refresh()) heads.push_back(&reader);
  }
  owners_.read();  // after the records, which name no process that was not told of before
  return watermark;
}

bool KernelSide::release(const RingShare& share) {
  bool left = false;
  if (!rings_) return left;
  for (const std::size_t number : share.numbers) {
    RingReader& reader = rings_->readers()[number];
    reader.release();
    left = left || reader.ready();
  }
  return left;
}

bool KernelSide::has_news(const RingShare& share) {
  if (!rings_) return false;
  return !are_stages_empty(*programs_, share.cpus) ||
         std::any_of(share.numbers.begin(), share.numbers.end(),
                     [this](std::size_t number) { return rings_->readers()[number].refresh(); });
}

Result<std::vector<ringtap_counters>> KernelSide::counters(std::uint32_t slot, ringtap_tap tap) const {
  if (!programs_) return std::vector<ringtap_counters>();
  return programs_->counters(slot, tap);
}

void KernelSide::count_rest(SourceAccount& account) {
  owners_.count(account);
  if (!rings_) return;
  for (const unsigned cpu : rings_->cpus()) {
    account.time_batch_missed += __atomic_load_n(&programs_->stage(cpu).time_batch_missed, __ATOMIC_RELAXED);
  }
  for (const RingReader& reader : rings_->readers()) account.malformed += reader.malformed();
}

}  // namespace ringtap
