// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Writes a pcap stream to standard output that a recorder makes an archive of: FlowFrames, 1 µs apart, and with them
// 100 packets of one flow between 172.16.0.1 and 172.16.0.2 at port 4711, evenly spread. Ends after so many bytes of
// packets.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "bench.hpp"
#include "flow_frames.hpp"

namespace {

using namespace ringtap::bench;

constexpr std::size_t kHeader = 16;
constexpr unsigned long kRarePackets = 100;

void write_whole(const std::vector<unsigned char>& bytes, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = write(STDOUT_FILENO, bytes.data() + done, size - done);
    if (got < 0) give_up_errno("write");
    done += static_cast<std::size_t>(got);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, 3, "BYTES SIZE FLOWS, SIZE of a packet");
  const unsigned long total = arguments.number(1);
  const std::size_t size = arguments.number(2);
  const unsigned long flows = arguments.number(3);
  if (size < 64 || size > 9000 || flows == 0) give_up("a size from 64 to 9000, and at least one flow");

  const std::array<unsigned, 6> file_header = {0xa1b23c4d, 0x00040002, 0, 0, 262144, 1};
  std::vector<unsigned char> frame(kHeader + size);
  const std::span packet = std::span(frame).subspan(kHeader);
  FlowFrames frames(packet, flows);

  std::vector<unsigned char> out(1 << 20);
  std::memcpy(out.data(), file_header.data(), sizeof file_header);
  std::size_t used = sizeof file_header;
  const unsigned long packets = total / size;
  const unsigned long step = std::max(1UL, packets / kRarePackets);
  for (unsigned long n = 0; n < packets; ++n) {
    const std::array<unsigned, 4> header = {1'700'000'000 + static_cast<unsigned>(n / 1'000'000),
                                            static_cast<unsigned>(n % 1'000'000) * 1000, static_cast<unsigned>(size),
                                            static_cast<unsigned>(size)};
    std::memcpy(frame.data(), header.data(), sizeof header);
    if (n % step == step / 2 && n / step < kRarePackets) {
      const std::array<unsigned char, 12> rare = {172, 16, 0, 1, 172, 16, 0, 2, 0x12, 0x67, 0x12, 0x67};
      std::copy(rare.begin(), rare.end(), packet.begin() + 26);
    } else {
      frames.next();
    }
    if (used + frame.size() > out.size()) {
      write_whole(out, used);
      used = 0;
    }
    std::memcpy(out.data() + used, frame.data(), frame.size());
    used += frame.size();
  }
  write_whole(out, used);
}
