// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Sends UDP frames into a veth device by BPF_PROG_TEST_RUN with live frames: XDP_REDIRECT puts them on the receive
// queue of the device's peer, whose receive path runs on this very core. So the time per frame is the price of the
// whole path, whatever hangs on it. Run it in the namespace of the device; the frames go to a MAC address that nobody
// has.
//
// Live frames: bpf_prog_test_run_opts(3) and Documentation/bpf/bpf_prog_run.rst in the kernel's tree.
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <thread>

#include "bench.hpp"
#include "bench_programs.skel.h"

namespace ringtap::bench {
namespace {

constexpr std::size_t kLargest = 1500;
constexpr std::size_t kEthernet = 14;
constexpr std::uint32_t kBatch = 64;
constexpr std::uint64_t kMostPerCall = 1 << 20;
// A slow rate is made of bursts this far apart: each call costs some 20 us of preparation, and a receiver that cannot
// hold a millisecond of traffic is not what is measured.
constexpr std::chrono::microseconds kBurstEvery{1000};

std::array<std::uint8_t, kLargest> frame_template() {
  std::array<std::uint8_t, kLargest> frame = {2, 0, 0, 0, 0, 0x99, 2, 0, 0, 0, 0, 1, 8, 0};
  std::uint8_t* ip = frame.data() + kEthernet;
  ip[0] = 0x45;
  ip[8] = 64;
  ip[9] = IPPROTO_UDP;
  const std::uint8_t addresses[] = {10, 9, 0, 0, 10, 9, 1, 2};
  std::copy(std::begin(addresses), std::end(addresses), ip + 12);
  // RFC 1071 over the header; bench_source keeps id + low source address + length at 0xf000.
  std::uint32_t sum = 0xf000;
  for (int at = 0; at < 20; at += 2) sum += static_cast<std::uint32_t>(ip[at] << 8 | ip[at + 1]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  ip[10] = static_cast<std::uint8_t>(~sum >> 8);
  ip[11] = static_cast<std::uint8_t>(~sum);
  ip[20 + 3] = 9;  // to the discard port, without a checksum
  return frame;
}

void send(int program, std::size_t size, std::uint64_t count, double per_second) {
  std::array<std::uint8_t, kLargest> frame = frame_template();
  LIBBPF_OPTS(bpf_test_run_opts, options);
  options.data_in = frame.data();
  options.data_size_in = static_cast<__u32>(size);
  options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  options.batch_size = kBatch;
  const Stopwatch stopwatch;
  for (std::uint64_t sent = 0; sent < count;) {
    std::uint64_t due = kMostPerCall;
    if (per_second > 0) {
      const double owed = stopwatch.seconds() * per_second;
      due = owed > static_cast<double>(sent) ? static_cast<std::uint64_t>(owed) - sent : 0;
    }
    due = std::min({due, kMostPerCall, count - sent});
    if (due != 0) {
      options.repeat = static_cast<int>(due);
      const int error = bpf_prog_test_run_opts(program, &options);
      if (error == -EINTR) continue;
      if (error != 0) give_up_errno("BPF_PROG_TEST_RUN with live frames");
      sent += due;
    }
    // Spinning would keep the receive path from the core's own softirq thread.
    if (per_second > 0) std::this_thread::sleep_for(kBurstEvery);
  }
  stopwatch.report(count);
}

}  // namespace
}  // namespace ringtap::bench

int main(int argc, char** argv) {
  using namespace ringtap::bench;
  const Arguments arguments(argc, argv, 6,
                            "DEVICE CORE SIZE COUNT FLOWS RATE\n"
                            "  SIZE in bytes without checksum, 42 to 1500, 0 for a mix; FLOWS a power of two;\n"
                            "  RATE in frames per second, 0 for as many as go");
  const bool mixed = arguments.number(3) == 0;
  const unsigned long size = mixed ? kLargest : arguments.number(3);
  const unsigned long flows = arguments.number(5);
  if (size < 42 || size > kLargest) give_up("no such size");
  if (flows == 0 || flows > 4096 || (flows & (flows - 1)) != 0) give_up("FLOWS is a power of two up to 4096");
  pin_to_core(arguments.number(2));

  bench_programs* skeleton = bench_programs__open();
  if (skeleton == nullptr) give_up_errno("open the BPF programs");
  skeleton->rodata->cfg_target = arguments.device(1);
  skeleton->rodata->cfg_flow_mask = static_cast<__u32>(flows - 1);
  skeleton->rodata->cfg_size = static_cast<__u32>(size);
  skeleton->rodata->cfg_mixed = mixed;
  if (bench_programs__load(skeleton) != 0) give_up_errno("load the BPF programs");
  wait_for_start();
  send(bpf_program__fd(skeleton->progs.bench_source), size, arguments.number(4),
       static_cast<double>(arguments.number(6)));
  bench_programs__destroy(skeleton);
}
