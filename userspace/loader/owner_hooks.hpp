// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The hooks that learn which process owns a socket (bpf/owner_hooks.bpf.c), and what they tell of processes. The
// programs and maps belong to the object of the taps, which has to outlive this; the attachments and the mapped ring
// are owned here. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "loader/features.hpp"
#include "ringtap/abi.h"
#include "ringtap/result.hpp"
#include "ringtap/tap.hpp"
#include "ringtap/unique_fd.hpp"

struct bpf_object;

namespace ringtap {

// What is to be known of owners.
struct OwnerWishes {
  bool who = false;             // else there are no hooks, and no maps
  bool counts_holders = false;  // look_at_holders() is possible
  bool command = false;         // what a process starts is to be known
  TapSet taps;                  // those that will ask who owns a socket
};
// Before `object` is loaded: which of the hooks are wanted, and this kernel has.
void choose_owner_programs(const bpf_object* object, const OwnerWishes& wishes, const KernelFeatures& features);

class OwnerHooks {
 public:
  // After that, owners are learnt, and those of the sockets that exist are known: in that order, so that none is
  // missed.
  static Result<OwnerHooks> attach(const bpf_object* object);
  OwnerHooks(OwnerHooks&&) noexcept;
  OwnerHooks& operator=(OwnerHooks&&) noexcept;
  ~OwnerHooks();

  // Hands over what was told since the last call. No system call.
  void read(const std::function<void(const ringtap_process&)>& take);
  // What was told last of a process, even where the ring had no room for it.
  [[nodiscard]] std::optional<ringtap_process> find(std::uint64_t process) const;
  // Adds every descriptor of sockets that several may have, of all processes of this pid namespace; false if the kernel
  // does not let this process look, if more than RINGTAP_MOST_OPEN_FILES are open, or if that was not wished for. Takes
  // some 0.7 us a file.
  [[nodiscard]] bool look_at_holders(std::vector<ringtap_holder>& found) const;

 private:
  struct Ring;
  OwnerHooks(std::vector<UniqueFd> links, std::unique_ptr<Ring> ring, int processes_fd, UniqueFd holders);

  std::vector<UniqueFd> links_;
  std::unique_ptr<Ring> ring_;
  int processes_fd_;
  UniqueFd holders_;  // of the iterator, which outlives the right to attach it; -1: not wished for
};

}  // namespace ringtap
