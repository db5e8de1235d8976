// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/captured_netns.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "base/process_start.hpp"
#include "net/device_names.hpp"
#include "net/namespaces.hpp"

namespace ringtap {
namespace {

constexpr std::uint64_t kRootCgroup = 1;
constexpr std::size_t kShortId = 12;
constexpr std::string_view kContainer = "container:";
constexpr std::string_view kPod = "pod:";

// The plugins of container networks (CNI) give namespaces names that say nothing.
bool is_telling(std::string_view name) {
  return !name.empty() && !name.starts_with("cni-");
}

CgroupQuestion question_about(const Netns& netns) {
  return {.cgroup = kRootCgroup, .start_ns = netns.start_ns, .pid = netns.pid};
}

}  // namespace

void CapturedNetnsSet::add(CapturedNetns netns) {
  if (netns.inode == own_) netns = {};
  const auto same = [&](const CapturedNetns& one) { return one.inode == netns.inode; };
  if (std::any_of(all_.begin(), all_.end(), same)) return;
  const auto has_name = [&](const CapturedNetns& one) { return netns.inode != 0 && one.name == netns.name; };
  if (std::any_of(all_.begin(), all_.end(), has_name)) netns.name += "-" + std::to_string(netns.inode);
  all_.push_back(std::move(netns));
}

std::string CapturedNetnsSet::make_name(const Netns& netns) {
  if (is_telling(netns.name)) return netns.name;
  if (netns.pid != 0) {
    const ContainerFound found = containers_.find(question_about(netns));
    // Of a capture in a container it is the container of every process.
    const bool is_ours = found.container == own_container_;
    if (is_ours) return netns.name.empty() ? std::to_string(netns.inode) : netns.name;
    if (!found.pod.empty()) return found.pod.substr(found.pod.rfind('/') + 1);
    if (!found.container_name.empty()) return found.container_name;
    if (!found.container.empty()) return found.container.substr(0, kShortId);
  }
  return netns.name.empty() ? std::to_string(netns.inode) : netns.name;
}

Result<std::size_t> CapturedNetnsSet::add_of(ContainerKind kind, const std::string& name) {
  std::size_t processes = 0;
  auto cgroups = find_containers(kind, name);
  if (!cgroups) return cgroups.take_error();
  const std::string called = name.substr(name.rfind('/') + 1);
  for (const FoundCgroup& cgroup : *cgroups) {
    for (const std::uint32_t pid : processes_in(cgroup)) {
      auto netns = find_netns("/proc/" + std::to_string(pid) + "/ns/net");
      if (!netns && netns.error().kind() == ErrorKind::kUsage) continue;  // the process has ended
      if (!netns) return netns.take_error();
      add({.inode = netns->inode, .id = rtnetlink::kNoNetnsId, .name = called});
      ++processes;
    }
  }
  return processes;
}

Result<CapturedNetnsSet> CapturedNetnsSet::find(const CaptureSettings& settings) {
  CapturedNetnsSet set;
  if (!settings.looks_into_namespaces()) return set;
  set.all_.clear();
  set.own_ = own_netns();
  const auto pid = static_cast<std::uint32_t>(::getpid());
  set.own_container_ =
      set.containers_.find(question_about({.pid = pid, .start_ns = process_start_ns(pid).value_or(0)})).container;
  for (const std::string& word : settings.namespaces) {
    if (word == "all") {
      set.follows_ = true;
      continue;
    }
    const auto kind = word.starts_with(kContainer) ? std::optional(ContainerKind::kContainer)
                      : word.starts_with(kPod)     ? std::optional(ContainerKind::kPod)
                                                   : std::nullopt;
    if (kind) {
      auto processes = set.add_of(*kind, word.substr(word.find(':') + 1));
      if (!processes) return processes.take_error();
      if (*processes != 0) continue;
      return Error("--netns " + word + ": no process runs in it, so that its network namespace is not known");
    }
    auto netns = find_netns(word);
    if (!netns) return netns.take_error();
    set.add({.inode = netns->inode, .id = rtnetlink::kNoNetnsId, .name = netns->name});
  }
  if (settings.namespaces.empty()) {
    for (const auto& [names, kind] : {std::pair{&settings.of.containers, ContainerKind::kContainer},
                                      std::pair{&settings.of.pods, ContainerKind::kPod}}) {
      for (const std::string& name : *names) {
        if (auto added = set.add_of(kind, name); !added) return added.take_error();
      }
    }
    // Nothing runs there yet: whatever does will be seen here, if at all.
    if (set.all_.empty()) set.all_.push_back({});
  }
  if (set.follows_) {
    set.all_.push_back({});
    (void)set.look_for_new();
  }
  for (CapturedNetns& netns : set.all_) {
    if (netns.inode == 0 || netns.id != rtnetlink::kNoNetnsId) continue;
    const UniqueFd fd = open_netns(netns.inode);
    if (!fd) return Error::from_errno(errno, "enter the network namespace " + netns.name);
    netns.id = rtnetlink::make_netns_id(fd.get()).value_or(rtnetlink::kNoNetnsId);
  }
  return set;
}

std::string_view CapturedNetnsSet::name_of(std::uint32_t inode) {
  if (names_.size() >= kMost) names_.clear();
  const auto [found, is_new] = names_.try_emplace(inode);
  if (is_new) {
    const Netns netns = netns_about(inode);
    if (netns.inode != 0) found->second = make_name(netns);
    if (found->second == std::to_string(inode)) found->second.clear();
  }
  return found->second;
}

bool CapturedNetnsSet::has_own() const {
  return with_id(rtnetlink::kNoNetnsId) != nullptr;
}

Result<std::vector<rtnetlink::Device>> CapturedNetnsSet::devices(const CapturedNetns& netns) const {
  if (netns.inode == 0) return rtnetlink::devices();
  auto devices = devices_in(netns.inode);
  if (!devices) return std::move(devices.take_error()).context(netns.name);
  for (rtnetlink::Device& device : *devices) device.name.insert(0, netns.name + "/");
  return devices;
}

Result<std::vector<rtnetlink::Device>> CapturedNetnsSet::devices() {
  std::vector<rtnetlink::Device> all;
  for (const CapturedNetns& netns : all_) {
    auto devices = this->devices(netns);
    if (!devices && devices.error().errno_value() == ENOENT) continue;
    if (!devices) return devices.take_error();
    std::move(devices->begin(), devices->end(), std::back_inserter(all));
  }
  return all;
}

const CapturedNetns* CapturedNetnsSet::with_id(std::int32_t id) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [id](const CapturedNetns& one) {
    return id == rtnetlink::kNoNetnsId ? one.inode == 0 : one.inode != 0 && one.id == id;
  });
  return found == all_.end() ? nullptr : &*found;
}

const CapturedNetns* CapturedNetnsSet::with_inode(std::uint32_t inode) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& one) { return one.inode == inode; });
  return found == all_.end() ? nullptr : &*found;
}

std::vector<HookNetns> CapturedNetnsSet::named() const {
  std::vector<HookNetns> named;
  for (const CapturedNetns& netns : all_) {
    if (!follows_ || netns.inode == 0) named.push_back({netns.inode, netns.name});
  }
  return named;
}

void CapturedNetnsSet::place(RecordView& record, const rtnetlink::Device* at) const {
  Trace& trace = *record.trace;
  if (at != nullptr) {
    trace.netns = at->netns;
    if (at->netns != 0) trace.netns_name = std::string_view(at->name).substr(0, at->name.rfind('/'));
    return;
  }
  if (trace.netns == 0) {
    record.ifindex = 0;  // nobody knows where
    return;
  }
  if (trace.netns == own_) trace.netns = 0;
  const CapturedNetns* const netns = with_inode(trace.netns);
  trace.other_netns = netns == nullptr;
  if (netns != nullptr) trace.netns_name = netns->name;
}

void CapturedNetnsSet::remove(std::int32_t id) {
  std::erase_if(all_, [id](const CapturedNetns& one) { return one.inode != 0 && one.id == id; });
}

std::vector<CapturedNetns> CapturedNetnsSet::look_for_new() {
  std::vector<CapturedNetns> added;
  if (!follows_) return added;
  for (const Netns& netns : all_netns()) {
    if (netns.inode == own_ || all_.size() >= kMost) continue;
    const auto same = [&](const CapturedNetns& one) { return one.inode == netns.inode; };
    if (std::any_of(all_.begin(), all_.end(), same)) continue;
    add({.inode = netns.inode, .id = netns.id, .name = make_name(netns)});
    added.push_back(all_.back());
  }
  return added;
}

void name_place(RecordView& record, const rtnetlink::Device* at, DeviceNames& names, CapturedNetnsSet& namespaces,
                const LiveOptions& options) {
  if (options.follow && namespaces.has_others()) namespaces.place(record, at);
  if (at != nullptr) return;
  Trace& trace = *record.trace;
  trace.device = names.device(trace.netns, record.ifindex);
  if (trace.netns == 0 || !trace.netns_name.empty()) return;
  trace.netns_name = names.netns(trace.netns);
  // Then there is the helper process for containers.
  const bool can_ask = options.who || namespaces.has_others();
  if (can_ask && trace.netns_name.empty()) trace.netns_name = namespaces.name_of(trace.netns);
}

}  // namespace ringtap
