// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/owner_table.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "record/owner_text.hpp"

namespace ringtap {
namespace {

static_assert(kPidBits == RINGTAP_PID_BITS && kOwnerKindNames.size() == RINGTAP_OWNER_KINDS &&
              static_cast<int>(OwnerKind::kUnknown) == RINGTAP_OWNER_UNKNOWN &&
              static_cast<int>(OwnerKind::kKernel) == RINGTAP_OWNER_KERNEL &&
              static_cast<int>(OwnerKind::kSender) == RINGTAP_OWNER_SENDER &&
              static_cast<int>(OwnerKind::kSocket) == RINGTAP_OWNER_SOCKET &&
              static_cast<int>(OwnerKind::kListener) == RINGTAP_OWNER_LISTENER &&
              static_cast<int>(OwnerKind::kClosed) == RINGTAP_OWNER_CLOSED &&
              static_cast<int>(OwnerKind::kTun) == RINGTAP_OWNER_TUN);

bool is_known(const Owner& owner) {
  return owner.kind == OwnerKind::kKernel || names_process(owner.kind);
}

}  // namespace

void OwnerTable::take(const ringtap_process& about) {
  if (processes_.size() >= sweep_at_) forget(about.monotonic_ns);
  Known& known = processes_[about.process];
  if ((about.flags & RINGTAP_PROCESS_EXITED) != 0) {
    known.exited_ns = about.monotonic_ns;
    return;
  }
  auto process = std::make_shared<Process>();
  process->key = about.process;
  process->since_ns = about.monotonic_ns;
  process->pid = pid_of(about.process);
  process->netns = about.netns;
  process->cgroup = about.cgroup;
  process->comm.assign(about.comm, ::strnlen(about.comm, sizeof about.comm));
  if (sources_.complete) sources_.complete(*process);
  make_texts(*process);
  // Tellings of several CPUs may come in another order than they were made.
  const auto after =
      std::upper_bound(known.states.begin(), known.states.end(), process->since_ns,
                       [](std::uint64_t time_ns, const auto& state) { return time_ns < state->since_ns; });
  known.states.insert(after, std::move(process));
}

OwnerTable::Known* OwnerTable::known(std::uint64_t process) {
  const auto find = [&]() -> Known* {
    const auto found = processes_.find(process);
    return found == processes_.end() || found->second.states.empty() ? nullptr : &found->second;
  };
  if (Known* const known = find()) return known;
  sources_.read();
  if (Known* const known = find()) return known;
  if (const auto told = sources_.find(process)) take(*told);
  return find();
}

Owner OwnerTable::owner_of(const ringtap_owner& told, std::uint64_t monotonic_ns) {
  Owner owner{.kind = static_cast<OwnerKind>(told.kind), .cookie = told.cookie};
  if (!names_process(owner.kind)) return owner;
  const Known* const process = known(told.process);
  // Somebody who has not used the socket yet has it, if it is not closed and its last user is gone.
  const bool is_gone = process != nullptr && process->exited_ns != 0 && process->exited_ns <= monotonic_ns;
  if (is_gone && (owner.kind == OwnerKind::kSocket || owner.kind == OwnerKind::kListener)) {
    owner.kind = OwnerKind::kUnknown;
    return owner;
  }
  owner.key = told.process;
  owner.thread = told.thread;
  owner.uid = told.uid;
  if (told.references > 1 && sources_.holders) {
    owner.shared = sources_.holders(told.cookie, told.references, monotonic_ns);
  }
  if (process == nullptr) return owner;
  const auto after =
      std::upper_bound(process->states.begin(), process->states.end(), monotonic_ns,
                       [](std::uint64_t time_ns, const auto& state) { return time_ns < state->since_ns; });
  owner.process = after == process->states.begin() ? *after : *std::prev(after);
  return owner;
}

const Owners& OwnerTable::of(const ringtap_owners* owners, std::uint64_t monotonic_ns) {
  owners_ = {};
  if (owners == nullptr) {
    owners_.sender.kind = owners_.receiver.kind = OwnerKind::kUnknown;
  } else {
    owners_ = {.sender = owner_of(owners->sender, monotonic_ns), .receiver = owner_of(owners->receiver, monotonic_ns)};
  }
  unattributed_ += is_known(owners_.sender) || is_known(owners_.receiver) ? 0 : 1;
  return owners_;
}

void OwnerTable::forget(std::uint64_t now_ns) {
  std::erase_if(processes_, [now_ns](const auto& entry) {
    const std::uint64_t exited_ns = entry.second.exited_ns;
    return exited_ns != 0 && exited_ns + kForgetNs < now_ns;
  });
  sweep_at_ = std::max(kMostKnown, processes_.size() + kMostKnown / 4);
}

}  // namespace ringtap
