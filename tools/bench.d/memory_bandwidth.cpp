// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How many bytes one core copies per second between two areas that no cache holds: the measure that the bytes of a
// capture are set against. The best of several rounds, since whatever else runs only takes away.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "bench.hpp"

int main(int argc, char** argv) {
  using namespace ringtap::bench;
  const Arguments arguments(argc, argv, 1, "CORE");
  pin_to_core(arguments.number(1));
  constexpr std::size_t kBytes = std::size_t{256} << 20;
  std::vector<char> from(kBytes, 1);
  std::vector<char> to(kBytes, 2);
  double best = 0;
  for (int round = 0; round < 5; ++round) {
    from[static_cast<std::size_t>(round)] = 3;
    const Stopwatch stopwatch;
    std::memcpy(to.data(), from.data(), kBytes);
    best = std::max(best, static_cast<double>(kBytes) / stopwatch.seconds());
    // The copy has to be seen to be used, or the compiler may leave it out.
    if (to[static_cast<std::size_t>(round)] != 3) give_up("memcpy did not copy");
  }
  std::printf("bytes_per_second=%.0f\n", best);
}
