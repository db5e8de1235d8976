// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Who opened an IKE exchange: a later packet of it says only which cookie it belongs to. Keeps the last twenty, as
// tcpdump 4.99.3 does, and forgets the oldest. Plain values; one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ringtap {

class IkeState {
 public:
  struct Exchange {
    std::uint64_t cookie = 0;
    std::array<std::uint8_t, 32> addresses{};  // the initiator's, then the responder's; 4 or 16 bytes each
    unsigned version = 0;                      // of IP; 0: unused
  };

  [[nodiscard]] const Exchange* find(std::uint64_t cookie) const {
    for (const Exchange& exchange : exchanges_) {
      if (exchange.version != 0 && exchange.cookie == cookie) return &exchange;
    }
    return nullptr;
  }
  void add(const Exchange& exchange) {
    exchanges_[next_] = exchange;
    next_ = (next_ + 1) % exchanges_.size();
  }

 private:
  std::array<Exchange, 20> exchanges_{};
  std::size_t next_ = 0;
};

}  // namespace ringtap
