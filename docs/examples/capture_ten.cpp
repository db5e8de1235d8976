// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Captures ten packets and prints them: capture_ten DEVICE [FILTER]. Needs root or ringtap's capabilities.
#include <cstdio>
#include <ctime>

#include "ringtap/ringtap.hpp"
#include "ringtap/version.hpp"

namespace {

void print(const ringtap::Packet& packet) {
  const auto seconds = static_cast<std::time_t>(packet.time_ns / 1'000'000'000);
  std::tm local{};
  localtime_r(&seconds, &local);
  char clock[16];
  std::strftime(clock, sizeof(clock), "%H:%M:%S", &local);
  std::printf("%s.%06u %u bytes, %.*s\n", clock, static_cast<unsigned>(packet.time_ns % 1'000'000'000 / 1000),
              packet.wire_len, static_cast<int>(packet.text.size()), packet.text.data());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: %s DEVICE [FILTER]\n(%s)\n", argv[0], ringtap::version_text());
    return 2;
  }
  ringtap::CaptureOptions options;
  options.device = argv[1];
  options.max_count = 10;
  if (argc == 3) options.filter = argv[2];
  const auto result = ringtap::capture(options, [](const ringtap::Packet& packet) {
    print(packet);
    return true;
  });
  if (result) return 0;
  std::fprintf(stderr, "%s\n", result.error().text().c_str());
  if (!result.error().hint().empty()) std::fprintf(stderr, "(%s)\n", result.error().hint().c_str());
  return 1;
}
