// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What has to be remembered between packets to print Rx: a reply does not say which procedure it answers. Keeps the
// last 64 calls, as many as tcpdump. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ringtap {

class RxState {
 public:
  struct Call {
    std::array<std::uint8_t, 32> addresses{};  // the client's, then the server's; 4 or 16 bytes each
    unsigned version = 0;                      // of IP; 0: unused
    std::uint32_t number = 0;
    std::uint16_t port = 0;
    std::uint16_t service = 0;
    std::uint32_t procedure = 0;
  };

  void add(const Call& call) {
    calls_[next_] = call;
    next_ = (next_ + 1) % calls_.size();
  }
  // By hosts, port, service and number, from the place of the last call found on, as tcpdump does: clients number the
  // calls of each connection on their own. nullptr when it is not known.
  [[nodiscard]] const Call* find(const Call& wanted) {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const std::size_t place = (last_found_ + i) % calls_.size();
      const Call& known = calls_[place];
      if (known.number != wanted.number || known.version != wanted.version || known.port != wanted.port ||
          known.service != wanted.service || known.addresses != wanted.addresses) {
        continue;
      }
      last_found_ = place;
      return &known;
    }
    return nullptr;
  }

 private:
  std::array<Call, 64> calls_{};
  std::size_t next_ = 0;
  std::size_t last_found_ = 0;
};

}  // namespace ringtap
