// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/cpus.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cstdint>
#include <numeric>
#include <string>

#include "loader/probe_program.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {
namespace {

constexpr int kMostNodes = 1024;  // MAX_NUMNODES, include/linux/numa.h

bool is_node(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

}  // namespace

Result<unsigned> possible_cpus() {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) return Error::from_errno(cpus, "count the possible CPUs");
  return static_cast<unsigned>(cpus);
}

Result<std::vector<unsigned>> online_cpus() {
  auto possible = possible_cpus();
  if (!possible) return possible.take_error();
  // On a CPU that is not online it cannot run.
  const UniqueFd fd = load_returning(0, BPF_PROG_TYPE_RAW_TRACEPOINT, "cpu_probe");
  std::vector<unsigned> online;
  for (unsigned cpu = 0; fd && cpu < *possible; ++cpu) {
    std::uint64_t argument = 0;
    LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &argument, .ctx_size_in = sizeof(argument),
                .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = cpu);
    if (bpf_prog_test_run_opts(fd.get(), &options) == 0) online.push_back(cpu);
  }
  if (online.empty()) {
    online.resize(*possible);
    std::iota(online.begin(), online.end(), 0U);
  }
  return online;
}

int memory_node_of(unsigned cpu) {
  if (!is_node("/sys/devices/system/node/node1")) return -1;
  const std::string folder = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/node";
  for (int node = 0; node < kMostNodes; ++node) {
    if (is_node(folder + std::to_string(node))) return node;
  }
  return 0;
}

}  // namespace ringtap
