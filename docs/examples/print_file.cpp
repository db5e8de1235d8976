// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Prints the packets of a capture file: print_file FILE.
#include <cstdio>

#include "ringtap/ringtap.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FILE\n", argv[0]);
    return 2;
  }
  const auto result = ringtap::read_file(argv[1], [](const ringtap::Packet& packet) {
    std::printf("%.*s\n", static_cast<int>(packet.text.size()), packet.text.data());
    return true;
  });
  if (result) return 0;
  std::fprintf(stderr, "%s\n", result.error().text().c_str());
  return 1;
}
