// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Holds an XDP program on a device until SIGTERM: "drop" counts and drops, the ceiling for any XDP tap that consumes;
// "pass" only returns XDP_PASS, the floor for any that passes. Prints what it counted.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <signal.h>

#include <numeric>
#include <string_view>
#include <vector>

#include "bench.hpp"
#include "bench_programs.skel.h"

int main(int argc, char** argv) {
  using namespace ringtap::bench;
  const Arguments arguments(argc, argv, 2, "DEVICE drop|pass");
  const std::string_view verdict = arguments.text(2);
  if (verdict != "drop" && verdict != "pass") give_up("drop or pass");

  sigset_t endings;
  sigemptyset(&endings);
  sigaddset(&endings, SIGTERM);
  sigaddset(&endings, SIGINT);
  sigprocmask(SIG_BLOCK, &endings, nullptr);

  bench_programs* skeleton = bench_programs__open_and_load();
  if (skeleton == nullptr) give_up_errno("load the BPF programs");
  bpf_program* program = verdict == "drop" ? skeleton->progs.bench_drop : skeleton->progs.bench_pass;
  bpf_link* link = bpf_program__attach_xdp(program, static_cast<int>(arguments.device(1)));
  if (link == nullptr) give_up_errno("attach");
  std::printf("attached\n");
  std::fflush(stdout);

  int signal = 0;
  sigwait(&endings, &signal);
  bpf_link__destroy(link);
  const __u32 key = 0;
  std::vector<__u64> counts(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  if (bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.frames), &key, counts.data()) != 0)
    give_up_errno("read the count");
  std::printf("frames=%llu\n",
              static_cast<unsigned long long>(std::accumulate(counts.begin(), counts.end(), __u64{0})));
  bench_programs__destroy(skeleton);
}
