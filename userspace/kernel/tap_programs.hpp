// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The tap programs, configured and loaded. Owns programs and maps; the rings' map is borrowed at load and kept alive by
// the kernel. Attaching is somebody else's (attachment.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernel/features.hpp"
#include "ringtap/abi.h"
#include "ringtap/result.hpp"

namespace ringtap {

struct TapProgramsConfig {
  bool tc_ingress = true;
  bool tc_egress = true;
  bool xdp = false;
  std::uint32_t snaplen = RINGTAP_MAX_SNAPLEN;
  std::uint32_t slots = 1;  // attachments, RINGTAP_SLOT_UNKNOWN not counted
  bool single_slot = true;  // slot 1 is the only one: no look-up per packet
  int rings_fd = -1;
  KernelFeatures features;
};

class TapPrograms {
 public:
  static Result<TapPrograms> load(const TapProgramsConfig& config);
  TapPrograms(TapPrograms&&) noexcept;
  TapPrograms& operator=(TapPrograms&&) noexcept;
  ~TapPrograms();

  [[nodiscard]] int tc_ingress_fd() const;
  [[nodiscard]] int tc_egress_fd() const;
  [[nodiscard]] int xdp_frags_fd() const;  // -1 where the kernel has no multi-buffer XDP
  [[nodiscard]] int xdp_plain_fd() const;
  // Shared page: see ringtap_control.
  [[nodiscard]] ringtap_control& control() const;

  // Frames of this interface are counted in `slot` from now on.
  Result<> assign_slot(std::uint32_t ifindex, std::uint32_t slot);
  // Counters of one slot and tap, one element per possible CPU.
  Result<std::vector<ringtap_counters>> counters(std::uint32_t slot, ringtap_tap tap) const;

 private:
  struct Impl;
  explicit TapPrograms(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringtap
