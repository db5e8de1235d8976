// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "kernel/tap_programs.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>

#include "kernel/handles.hpp"
#include "kernel/libbpf_log.hpp"
#include "taps.skel.h"

namespace ringtap {

struct TapPrograms::Impl {
  Skeleton<taps> skeleton;
  bool single_slot = true;
};

namespace {

constexpr std::size_t kStageHeader = 8;  // struct stage of bpf/emit.bpf.h before its event

std::uint32_t stage_size(std::uint32_t snaplen) {
  const auto size = kStageHeader + sizeof(ringtap_event) + std::size_t{snaplen};
  return static_cast<std::uint32_t>((size + 7) / 8 * 8);
}

}  // namespace

TapPrograms::TapPrograms(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TapPrograms::TapPrograms(TapPrograms&&) noexcept = default;
TapPrograms& TapPrograms::operator=(TapPrograms&&) noexcept = default;
TapPrograms::~TapPrograms() = default;

Result<TapPrograms> TapPrograms::load(const TapProgramsConfig& config) {
  const LibbpfLog log;
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) return Error::from_errno(cpus, "count the possible CPUs");
  auto impl = std::make_unique<Impl>();
  impl->single_slot = config.single_slot;
  impl->skeleton.reset(taps::open());
  taps* skeleton = impl->skeleton.get();
  if (skeleton == nullptr) return Error::from_errno(errno, "open the BPF programs");

  skeleton->rodata->cfg_snaplen = config.snaplen;
  skeleton->rodata->cfg_only_slot = config.single_slot ? 1 : 0;
  skeleton->rodata->cfg_kernel_skb = config.features.kernel_skb;
  skeleton->rodata->cfg_xdp_load_bytes = config.features.xdp_load_bytes;

  bpf_program__set_autoload(skeleton->progs.xdp_tap, config.xdp);
  bpf_program__set_autoload(skeleton->progs.tc_ingress_tap, config.tc_ingress);
  bpf_program__set_autoload(skeleton->progs.tc_egress_tap, config.tc_egress);
  bpf_program__set_autoload(skeleton->progs.xdp_frags_tap, config.xdp && config.features.xdp_load_bytes);

  const std::uint32_t counter_rows = (config.slots + 1) * RINGTAP_TAP_COUNT;
  int err = bpf_map__reuse_fd(skeleton->maps.rings, config.rings_fd);
  if (err == 0) err = bpf_map__set_max_entries(skeleton->maps.stages, static_cast<std::uint32_t>(cpus));
  if (err == 0) err = bpf_map__set_value_size(skeleton->maps.stages, stage_size(config.snaplen));
  if (err == 0) err = bpf_map__set_max_entries(skeleton->maps.counters, counter_rows);
  if (err == 0) err = bpf_map__set_max_entries(skeleton->maps.slots, config.slots + 1);
  if (err != 0) return Error::from_errno(err, "size the BPF maps");

  err = taps::load(skeleton);
  if (err != 0) {
    const std::string reason = log.reason();
    auto error = Error::from_errno(err, "load the BPF programs" + (reason.empty() ? "" : " (" + reason + ")"));
    if (err == -EPERM || err == -EACCES) return std::move(error).hint(capability_hint());
    return error;
  }
  return TapPrograms(std::move(impl));
}

int TapPrograms::tc_ingress_fd() const {
  return bpf_program__fd(impl_->skeleton->progs.tc_ingress_tap);
}
int TapPrograms::tc_egress_fd() const {
  return bpf_program__fd(impl_->skeleton->progs.tc_egress_tap);
}
int TapPrograms::xdp_frags_fd() const {
  return bpf_program__fd(impl_->skeleton->progs.xdp_frags_tap);
}
int TapPrograms::xdp_plain_fd() const {
  return bpf_program__fd(impl_->skeleton->progs.xdp_tap);
}

ringtap_control& TapPrograms::control() const {
  return impl_->skeleton->bss->control;
}

Result<> TapPrograms::assign_slot(std::uint32_t ifindex, std::uint32_t slot) {
  if (impl_->single_slot) return ok();
  if (bpf_map_update_elem(bpf_map__fd(impl_->skeleton->maps.slots), &ifindex, &slot, BPF_ANY) != 0) {
    return Error::from_errno(errno, "assign a counter slot to interface " + std::to_string(ifindex));
  }
  return ok();
}

Result<std::vector<ringtap_counters>> TapPrograms::counters(std::uint32_t slot, ringtap_tap tap) const {
  std::vector<ringtap_counters> rows(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  const std::uint32_t key = slot * RINGTAP_TAP_COUNT + tap;
  if (bpf_map_lookup_elem(bpf_map__fd(impl_->skeleton->maps.counters), &key, rows.data()) != 0) {
    return Error::from_errno(errno, "read the counters");
  }
  return rows;
}

}  // namespace ringtap
