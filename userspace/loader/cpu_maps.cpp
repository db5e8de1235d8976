// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/cpu_maps.hpp"

#include <bpf/bpf.h>
#include <linux/capability.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "loader/cpus.hpp"
#include "loader/refusal.hpp"
#include "sandbox/helper_process.hpp"
#include "sandbox/user.hpp"

namespace ringtap {
namespace {

std::optional<HelperProcess>& map_helper() {
  static std::optional<HelperProcess> helper;
  return helper;
}

// Whether the kernel is of this version or a later one.
bool is_since(unsigned major, unsigned minor) {
  utsname names{};
  unsigned own_major = 0;
  unsigned own_minor = 0;
  if (::uname(&names) != 0 || std::sscanf(names.release, "%u.%u", &own_major, &own_minor) != 2) return false;
  return std::pair(own_major, own_minor) >= std::pair(major, minor);
}

// None, with errno.
UniqueFd make_inner(const CpuMaps::Kind& kind, unsigned cpu, std::uint32_t entries) {
  const int node = memory_node_of(cpu);
  LIBBPF_OPTS(bpf_map_create_opts, options,
              .map_flags = kind.flags | (node >= 0 ? static_cast<std::uint32_t>(BPF_F_NUMA_NODE) : 0U),
              .numa_node = node >= 0 ? static_cast<std::uint32_t>(node) : 0U);
  return UniqueFd(bpf_map_create(kind.type, kind.name.c_str(), kind.key_size, kind.value_size, entries, &options));
}

UniqueFd add_here(int outer, const CpuMaps::Kind& kind, unsigned cpu, std::uint32_t entries) {
  UniqueFd inner = make_inner(kind, cpu, entries);
  const int fd = inner.get();
  if (inner && bpf_map_update_elem(outer, &cpu, &fd, BPF_ANY) != 0) {
    const int err = errno;
    inner.reset();
    errno = err;
  }
  return inner;
}

struct Request {
  int outer;
  unsigned cpu;
  std::uint32_t entries;
};

UniqueFd ask(const Request& request) {
  return map_helper()->ask_for_file({reinterpret_cast<const char*>(&request), sizeof request});
}

Error refused(const CpuMaps::Kind& kind, unsigned cpu, std::uint32_t entries, int err) {
  const bool is_ring = kind.type == BPF_MAP_TYPE_RINGBUF;
  const std::uint64_t bytes = is_ring ? entries : std::uint64_t{entries} * kind.value_size;
  return Error::from_errno(err, std::string("create a ") + (is_ring ? "ring" : "staging buffer") + " of " +
                                    std::to_string(bytes / 1024) + " KiB for CPU " + std::to_string(cpu))
      .hint(refusal_hint(err));
}

}  // namespace

Result<CpuMaps> CpuMaps::create(Kind kind, unsigned cpu) {
  auto possible = possible_cpus();
  if (!possible) return possible.take_error();
  // The kernel compares with it what is put in: of a ring all but the size, since Linux 5.10 (kernel/bpf/map_in_map.c
  // bpf_map_meta_equal(), kernel/bpf/arraymap.c array_map_meta_equal()).
  const bool is_small = kind.type == BPF_MAP_TYPE_RINGBUF && is_since(5, 10);
  const std::uint32_t entries = is_small ? static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE)) : kind.entries;
  const UniqueFd pattern = make_inner(kind, cpu, entries);
  if (!pattern) return refused(kind, cpu, entries, errno);
  LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = static_cast<std::uint32_t>(pattern.get()));
  UniqueFd outer(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, kind.name.c_str(), sizeof(std::uint32_t),
                                sizeof(std::uint32_t), *possible, &options));
  if (!outer) {
    const int err = errno;
    return Error::from_errno(err, "create the map of CPUs " + kind.name).hint(refusal_hint(err));
  }
  return CpuMaps(std::move(outer), std::move(kind));
}

Result<std::vector<UniqueFd>> CpuMaps::make(std::span<const unsigned> cpus) const {
  std::vector<UniqueFd> inner;
  for (const unsigned cpu : cpus) {
    inner.push_back(make_inner(kind_, cpu, kind_.entries));
    if (!inner.back()) return refused(kind_, cpu, kind_.entries, errno);
  }
  return inner;
}

// In one call: each single update of a map of maps waits for an RCU grace period (kernel/bpf/syscall.c,
// maybe_wait_bpf_programs), which is seconds on a machine with hundreds of CPUs. Older kernels lack the batch.
Result<> CpuMaps::fill(std::span<const unsigned> cpus, std::span<const UniqueFd> maps) const {
  std::vector<int> fds(maps.size());
  std::transform(maps.begin(), maps.end(), fds.begin(), [](const UniqueFd& map) { return map.get(); });
  auto count = static_cast<std::uint32_t>(cpus.size());
  if (bpf_map_update_batch(fd(), cpus.data(), fds.data(), &count, nullptr) == 0) return ok();
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    if (bpf_map_update_elem(fd(), &cpus[i], &fds[i], BPF_ANY) != 0)
      return refused(kind_, cpus[i], kind_.entries, errno);
  }
  return ok();
}

Result<UniqueFd> CpuMaps::add(unsigned cpu, std::uint32_t entries) const {
  UniqueFd inner = map_helper() ? ask({fd(), cpu, entries}) : add_here(fd(), kind_, cpu, entries);
  if (!inner) return refused(kind_, cpu, entries, errno);
  return inner;
}

Result<> CpuMaps::start_helper(std::vector<const CpuMaps*> maps) {
  const auto serve = [&maps](std::string_view text) -> HelperProcess::Answer {
    Request request{};
    if (text.size() != sizeof request) return {std::to_string(EINVAL), {}};
    std::memcpy(&request, text.data(), sizeof request);
    const auto outer =
        std::find_if(maps.begin(), maps.end(), [&](const CpuMaps* one) { return one->fd() == request.outer; });
    if (outer == maps.end()) return {std::to_string(EBADF), {}};
    if (request.entries > (*outer)->kind_.entries) return {std::to_string(E2BIG), {}};
    return HelperProcess::Answer::of(add_here(request.outer, (*outer)->kind_, request.cpu, request.entries));
  };
  std::vector<int> files(maps.size());
  std::transform(maps.begin(), maps.end(), files.begin(), [](const CpuMaps* one) { return one->fd(); });
  auto helper = HelperProcess::start({.name = "ringtap-cpus",
                                      .without = "packets on CPUs that come online are lost",
                                      .files = std::move(files),
                                      .prepare = [] { return keep_only(capability_set({CAP_BPF})); },
                                      .serve = serve});
  if (!helper) return helper.take_error();
  map_helper().emplace(helper.take());
  return ok();
}

}  // namespace ringtap
