// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Tells the user how far work is that takes long, as attaching to hundreds of interfaces: nothing in the first second,
// then a line a second, "attaching: 60 of 250 interfaces". Borrows the notice; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/now.hpp"
#include "taps/live_options.hpp"

namespace ringtap {

class LongWork {
 public:
  LongWork(const Notice& notice, std::string what, std::size_t interfaces, std::uint64_t now_ns = monotonic_now_ns())
      : notice_(notice), what_(std::move(what)), interfaces_(interfaces), said_ns_(now_ns) {}

  // The next interface.
  void step(std::uint64_t now_ns = monotonic_now_ns()) {
    ++done_;
    if (now_ns - said_ns_ < kSecondNs || done_ == interfaces_) return;
    said_ns_ = now_ns;
    notice_(what_ + ": " + std::to_string(done_) + " of " + std::to_string(interfaces_) + " interfaces");
  }

 private:
  static constexpr std::uint64_t kSecondNs = 1'000'000'000;

  const Notice& notice_;
  std::string what_;
  std::size_t interfaces_;
  std::size_t done_ = 0;
  std::uint64_t said_ns_;
};

}  // namespace ringtap
