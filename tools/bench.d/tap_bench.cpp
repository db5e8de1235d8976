// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What one run of a tap program costs, by BPF_PROG_TEST_RUN: the ring is emptied by a thread on the second core
// meanwhile. The fastest of many short runs counts, so other work on the machine does little harm; it is the program
// alone, without the receive path that its cache lines compete with.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "bench.hpp"
#include "bench_programs.skel.h"
#include "loader/cpus.hpp"
#include "loader/rings.hpp"
#include "loader/tap_programs.hpp"

namespace ringtap::bench {
namespace {

constexpr std::uint64_t kRingBytes = std::uint64_t{64} << 20;
constexpr int kRepeat = 20'000;

std::vector<std::byte> udp_frame(std::size_t size) {
  std::vector<std::byte> frame(size);
  const std::array<std::uint8_t, 24> head = {2, 0, 0,    0, 0, 0x99, 2, 0, 0, 0, 0,  1,
                                             8, 0, 0x45, 0, 0, 50,   0, 0, 0, 0, 64, 17};
  for (std::size_t i = 0; i < head.size(); ++i) frame[i] = std::byte{head[i]};
  return frame;
}

double ns_per_run(int program, bool skb, const std::vector<std::byte>& frame) {
  __sk_buff context{};
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_size_in = static_cast<__u32>(frame.size()),
              .repeat = kRepeat);
  if (skb) {
    options.ctx_in = &context;
    options.ctx_size_in = sizeof(context);
  }
  if (bpf_prog_test_run_opts(program, &options) != 0) give_up_errno("BPF_PROG_TEST_RUN");
  return options.duration;
}

struct Contestant {
  std::string name;
  int program;
  bool skb;
  std::vector<double> ns;
};

// Takes everything out of the rings, in batches, until told to end.
void drain(std::vector<RingReader>& readers, const std::atomic<bool>& end, std::atomic<std::uint64_t>& records) {
  while (!end) {
    for (RingReader& reader : readers) {
      std::uint64_t count = 0;
      for (reader.refresh(); reader.ready(); reader.pop()) ++count;
      reader.release();
      records += count;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(250));
  }
}

}  // namespace
}  // namespace ringtap::bench

int main(int argc, char** argv) {
  using namespace ringtap::bench;
  using namespace ringtap;
  const Arguments arguments(argc, argv, 4, "CORE CONSUMER_CORE SIZE ROUNDS");
  auto features = probe_features();
  if (!features) give_up(features.error().text());
  const auto cpus = online_cpus();
  if (!cpus) give_up(cpus.error().text());
  auto rings = Rings::create(kRingBytes * cpus->size(), *cpus);
  if (!rings) give_up(rings.error().text());
  TapProgramsConfig config;
  config.taps = {Tap::kXdp, Tap::kTcIngress, Tap::kTcEgress};
  config.snaplen = 96;
  config.rings = &*rings;
  config.features = *features;
  auto taps = TapPrograms::load(config);
  if (!taps) give_up(taps.error().text());
  if (auto filled = rings->filled(); !filled) give_up(filled.error().text());
  bench_programs* yardsticks = bench_programs__open_and_load();
  if (yardsticks == nullptr) give_up_errno("load the BPF programs");

  std::atomic<bool> end{false};
  std::atomic<std::uint64_t> records{0};
  std::thread consumer([&] {
    pin_to_core(arguments.number(2));
    drain(rings->readers(), end, records);
  });
  pin_to_core(arguments.number(1));

  const auto frame = udp_frame(arguments.number(3));
  std::vector<Contestant> contestants = {
      {"xdp_count_and_drop", bpf_program__fd(yardsticks->progs.bench_drop), false, {}},
      {"xdp_frags_tap", taps->fd(TapProgram::kXdpFrags), false, {}},
      {"xdp_tap", taps->fd(TapProgram::kXdp), false, {}},
      {"tc_ingress_tap", taps->fd(TapProgram::kTcIngress), true, {}},
      {"tc_egress_tap", taps->fd(TapProgram::kTcEgress), true, {}},
  };
  for (unsigned long round = 0; round < arguments.number(4); ++round) {
    for (Contestant& each : contestants) each.ns.push_back(ns_per_run(each.program, each.skb, frame));
  }
  end = true;
  consumer.join();
  for (Contestant& each : contestants) {
    std::sort(each.ns.begin(), each.ns.end());
    std::printf("%-20s ns=%.0f median=%.0f\n", each.name.c_str(), each.ns.front(), each.ns[each.ns.size() / 2]);
  }
  bench_programs__destroy(yardsticks);
}
