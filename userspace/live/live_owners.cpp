// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/live_owners.hpp"

#include <sys/stat.h>

#include <string>

#include "base/now.hpp"
#include "loader/owner_hooks.hpp"

namespace ringtap {

Result<> LiveOwners::start(TapPrograms& programs, bool wanted) {
  if (!wanted) return ok();
  if (auto watched = programs.watch_owners(); !watched) return watched;
  hooks_ = programs.owner_hooks();
  struct stat here {};
  if (::stat("/proc/self/ns/net", &here) == 0) netns_ = static_cast<std::uint32_t>(here.st_ino);
  holders_ = std::make_unique<SocketHolders>(SocketHolders::Sources{
      .look = [this](std::vector<ringtap_holder>& found) { return hooks_->look_at_holders(found); },
      .now_ns = monotonic_now_ns,
  });
  table_ = std::make_unique<OwnerTable>(OwnerTable::Sources{
      .read = [this] { read(); },
      .find = [this](std::uint64_t process) { return hooks_->find(process); },
      .complete = [this](Process& process) { complete(process); },
      .holders = [this](std::uint64_t cookie, std::uint32_t references,
                        std::uint64_t monotonic_ns) { return holders_->count(cookie, references, monotonic_ns); },
  });
  return ok();
}

void LiveOwners::read() {
  if (hooks_ != nullptr) hooks_->read([this](const ringtap_process& about) { table_->take(about); });
}

void LiveOwners::set(RecordView& record, const EventView& event) {
  if (hooks_ != nullptr) record.owners = &table_->of(event.owners, event.header->monotonic_ns);
}

void LiveOwners::count(SourceAccount& account) const {
  if (table_) account.unattributed = table_->unattributed();
}

void LiveOwners::complete(Process& process) {
  // The upper bits of the key are when the process started (abi.h).
  const ContainerFound& found =
      containers_.find({.cgroup = process.cgroup, .start_ns = (process.key >> kPidBits) << 16U, .pid = process.pid});
  process.cgroup_path = found.cgroup_path;
  process.runtime = found.runtime;
  process.container = found.container;
  process.container_name = found.container_name;
  process.pod = found.pod;
  if (process.netns == 0 || process.netns == netns_) return;
  process.netns_name = names_.netns(process.netns);
  if (process.netns_name.empty()) process.netns_name = std::to_string(process.netns);
}

}  // namespace ringtap
