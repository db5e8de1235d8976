// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How many processes have a socket, of those that several may have. Looks at all open files when a packet of such a
// socket comes, not more often than kShare of the time and kPauseNs allow, and ever more rarely for a socket for which
// it is in vain; what was found holds for packets up to kNearNs before and after. A number is only given if every
// reference to the socket's file is a descriptor that was found, and if there were as many when the packet passed. One
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "ringtap/abi.h"

namespace ringtap {

class SocketHolders {
 public:
  static constexpr std::uint64_t kNearNs = 500'000'000;
  static constexpr std::uint64_t kPauseNs = 100'000'000;
  static constexpr std::uint64_t kLongestPauseNs = 5'000'000'000;  // for a socket for which looking is in vain
  static constexpr std::uint64_t kShare = 50;                      // at most this part of the time is spent
  static constexpr std::size_t kMostInVain = 4096;                 // sockets, of which it is known that it is in vain

  struct Sources {
    // Every descriptor of the sockets whose files have several references; false if they cannot be known.
    std::function<bool(std::vector<ringtap_holder>&)> look;
    std::function<std::uint64_t()> now_ns;  // CLOCK_MONOTONIC
  };
  explicit SocketHolders(Sources sources) : sources_(std::move(sources)) {}

  // 2 or more, or 0: one process has it, or it is not known. `references`: to its file, when the packet passed.
  [[nodiscard]] std::uint32_t count(std::uint64_t cookie, std::uint32_t references, std::uint64_t packet_ns);

 private:
  struct Found {
    std::uint32_t references = 0;
    std::uint32_t processes = 0;  // 0: not certain
  };
  struct InVain {
    std::uint64_t pause_ns = kPauseNs;
    std::uint64_t next_ns = 0;  // not to look for it before
  };
  [[nodiscard]] const Found* found(std::uint64_t cookie, std::uint32_t references, std::uint64_t packet_ns) const;
  void look();

  Sources sources_;
  std::vector<ringtap_holder> holders_;
  std::unordered_map<std::uint64_t, Found> sockets_;  // by cookie, those looked at last
  std::uint64_t begun_ns_ = 0;
  std::uint64_t ended_ns_ = 0;                         // 0: not looked yet
  std::uint64_t next_ns_ = 0;                          // not to look before
  std::unordered_map<std::uint64_t, InVain> in_vain_;  // by cookie
};

}  // namespace ringtap
