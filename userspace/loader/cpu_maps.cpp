// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/cpu_maps.hpp"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/capability.h>

#include <algorithm>
#include <cerrno>
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

// In one call: each single update of a map of maps waits for an RCU grace period (kernel/bpf/syscall.c,
// maybe_wait_bpf_programs), which is seconds on a machine with hundreds of CPUs. Older kernels lack the batch.
Result<> fill(const CpuMaps::Kind& kind, int outer, const std::vector<unsigned>& cpus,
              const std::vector<UniqueFd>& inner) {
  std::vector<int> fds(inner.size());
  std::transform(inner.begin(), inner.end(), fds.begin(), [](const UniqueFd& map) { return map.get(); });
  auto count = static_cast<std::uint32_t>(cpus.size());
  if (bpf_map_update_batch(outer, cpus.data(), fds.data(), &count, nullptr) == 0) return ok();
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    if (bpf_map_update_elem(outer, &cpus[i], &fds[i], BPF_ANY) != 0) {
      return refused(kind, cpus[i], kind.entries, errno);
    }
  }
  return ok();
}

Result<std::vector<UniqueFd>> duplicates(const std::vector<UniqueFd>& of) {
  std::vector<UniqueFd> made;
  for (const UniqueFd& fd : of) {
    made.emplace_back(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
    if (!made.back())
      return Error::from_errno(errno, "duplicate the descriptor of a BPF map").hint(refusal_hint(errno));
  }
  return made;
}

}  // namespace

Result<CpuMaps::Made> CpuMaps::create(const Kind& kind, std::span<const unsigned> cpus) {
  auto possible = possible_cpus();
  if (!possible) return possible.take_error();
  std::vector<UniqueFd> inner;
  for (const unsigned cpu : cpus) {
    inner.push_back(make_inner(kind, cpu, kind.entries));
    if (!inner.back()) return refused(kind, cpu, kind.entries, errno);
  }
  LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = static_cast<std::uint32_t>(inner.front().get()));
  UniqueFd outer(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, kind.name.c_str(), sizeof(std::uint32_t),
                                sizeof(std::uint32_t), *possible, &options));
  if (!outer) {
    const int err = errno;
    return Error::from_errno(err, "create the map of CPUs " + kind.name).hint(refusal_hint(err));
  }
  CpuMaps maps(std::move(outer), kind);
  auto own = duplicates(inner);
  if (!own) return own.take_error();
  maps.filling_.emplace([kind, fd = maps.fd(), of = std::vector<unsigned>(cpus.begin(), cpus.end()), own = own.take()] {
    return fill(kind, fd, of, own);
  });
  return Made{std::move(maps), std::move(inner)};
}

Result<> CpuMaps::filled() {
  if (!filling_) return ok();
  auto result = filling_->get();
  filling_.reset();
  return result;
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
