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
  if (const auto before = in_vain_.find(cookie); before != in_vain_.end() && now < before->second.next_ns) return 0;
  look();
  next_ns_ = ended_ns_ + std::max(kPauseNs, kShare * (ended_ns_ - begun_ns_));
  const Found* const known = found(cookie, references, packet_ns);
  if (known != nullptr && known->processes != 0) {
    in_vain_.erase(cookie);
    return known->processes;
  }
  if (in_vain_.size() == kMostInVain) in_vain_.clear();
  InVain& vain = in_vain_[cookie];
  vain.pause_ns = std::min(2 * vain.pause_ns, kLongestPauseNs);
  vain.next_ns = ended_ns_ + vain.pause_ns;
  return 0;
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
  // A table of descriptors that several threads have may be looked at for each.
  const auto place = [](const ringtap_holder& each) { return std::tie(each.cookie, each.table, each.descriptor); };
  std::sort(holders_.begin(), holders_.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  std::vector<std::uint64_t> processes;
  for (std::size_t begin = 0, end = 0; begin < holders_.size(); begin = end) {
    const ringtap_holder& first = holders_[begin];
    std::uint32_t descriptors = 0;
    bool is_steady = true;
    processes.clear();
    for (; end < holders_.size() && holders_[end].cookie == first.cookie; ++end) {
      const ringtap_holder& one = holders_[end];
      const bool is_again = end != begin && place(one) == place(holders_[end - 1]);
      // A table of two processes is one that a new process got when an old one had ended.
      const bool is_of_another = is_again && one.process != holders_[end - 1].process;
      is_steady = is_steady && one.references == first.references && !is_of_another;
      descriptors += is_again ? 0 : 1;
      processes.push_back(one.process);
    }
    std::sort(processes.begin(), processes.end());
    processes.erase(std::unique(processes.begin(), processes.end()), processes.end());
    const bool is_certain = is_steady && descriptors == first.references && processes.size() > 1;
    sockets_[first.cookie] = {.references = first.references,
                              .processes = is_certain ? static_cast<std::uint32_t>(processes.size()) : 0};
  }
}

}  // namespace ringtap
