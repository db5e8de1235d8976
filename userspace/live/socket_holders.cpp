// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/socket_holders.hpp"

#include <algorithm>
#include <tuple>

namespace ringtap {

std::uint32_t SocketHolders::count(std::uint64_t cookie, std::uint32_t references, std::uint64_t packet_ns) {
  if (references < 2 || cookie == 0) return 0;
  if (const Found* const known = found(cookie, references, packet_ns)) return known->processes;
  const std::uint64_t now = sources_.now_ns();
  if (now < next_ns_ || now > packet_ns + kNearNs) return 0;
  look();
  const Found* const known = found(cookie, references, packet_ns);
  pause_ns_ = known != nullptr ? kPauseNs : std::min(2 * pause_ns_, kLongestPauseNs);
  next_ns_ = ended_ns_ + std::max(pause_ns_, kShare * (ended_ns_ - begun_ns_));
  return known != nullptr ? known->processes : 0;
}

const SocketHolders::Found* SocketHolders::found(std::uint64_t cookie, std::uint32_t references,
                                                 std::uint64_t packet_ns) const {
  if (packet_ns + kNearNs < begun_ns_ || packet_ns > ended_ns_ + kNearNs) return nullptr;
  const auto at = sockets_.find(cookie);
  return at != sockets_.end() && at->second.references == references ? &at->second : nullptr;
}

void SocketHolders::look() {
  holders_.clear();
  sockets_.clear();
  begun_ns_ = sources_.now_ns();
  if (!sources_.look(holders_)) holders_.clear();
  ended_ns_ = sources_.now_ns();
  // A table of descriptors that several threads or processes have is looked at for each.
  const auto place = [](const ringtap_holder& each) { return std::tie(each.cookie, each.table, each.descriptor); };
  std::sort(holders_.begin(), holders_.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  std::vector<std::uint64_t> processes;
  for (std::size_t begin = 0, end = 0; begin < holders_.size(); begin = end) {
    const ringtap_holder& first = holders_[begin];
    std::uint32_t descriptors = 0;
    bool is_steady = true;
    processes.clear();
    for (; end < holders_.size() && holders_[end].cookie == first.cookie; ++end) {
      is_steady = is_steady && holders_[end].references == first.references;
      descriptors += end == begin || place(holders_[end]) != place(holders_[end - 1]) ? 1 : 0;
      processes.push_back(holders_[end].process);
    }
    std::sort(processes.begin(), processes.end());
    processes.erase(std::unique(processes.begin(), processes.end()), processes.end());
    const bool is_certain = is_steady && descriptors == first.references && processes.size() > 1;
    sockets_[first.cookie] = {.references = first.references,
                              .processes = is_certain ? static_cast<std::uint32_t>(processes.size()) : 0};
  }
}

}  // namespace ringtap
