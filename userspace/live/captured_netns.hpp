// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The network namespaces of a capture (--netns; --container and --pod mean those of their processes), and what their
// devices are called: "web/eth0", those of the capture's own namespace as always. Keeps no namespace from ending. What
// needs rights is asked of a helper process once there is one. At most kMost. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "container/cgroup_search.hpp"
#include "container/container_lookup.hpp"
#include "net/device_names.hpp"
#include "net/namespaces.hpp"
#include "net/rtnetlink.hpp"
#include "ringtap/capture.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"
#include "taps/live_options.hpp"

namespace ringtap {

struct CapturedNetns {
  std::uint32_t inode = 0;  // 0: the capture's own
  std::int32_t id = rtnetlink::kNoNetnsId;
  std::string name;
};

class CapturedNetnsSet {
 public:
  static constexpr std::size_t kMost = 4096;

  // The capture's own alone.
  CapturedNetnsSet() : all_{CapturedNetns{}} {}
  // Those that the settings mean, as they are now. Errors are of kind kUsage where there is none of that name.
  static Result<CapturedNetnsSet> find(const CaptureSettings& settings);

  [[nodiscard]] const std::vector<CapturedNetns>& all() const { return all_; }
  [[nodiscard]] bool has_own() const;
  [[nodiscard]] bool has_others() const { return follows_ || all_.size() > (has_own() ? 1U : 0U); }
  // Whether namespaces that appear are captured, too.
  [[nodiscard]] bool follows() const { return follows_; }

  // Every device, by namespace and index. A namespace that is gone meanwhile has none.
  [[nodiscard]] Result<std::vector<rtnetlink::Device>> devices();
  // Of one namespace.
  [[nodiscard]] Result<std::vector<rtnetlink::Device>> devices(const CapturedNetns& netns) const;

  // The one with this id, kNoNetnsId for the capture's own; nullptr: it is not captured.
  [[nodiscard]] const CapturedNetns* with_id(std::int32_t id) const;
  [[nodiscard]] const CapturedNetns* with_inode(std::uint32_t inode) const;
  void remove(std::int32_t id);
  // The pod or container of a process in any namespace, else the namespace's name; empty: not known.
  [[nodiscard]] std::string_view name_of(std::uint32_t inode);
  // Those in which something may stay attached, since they were named: they then last until the capture ends.
  [[nodiscard]] std::vector<HookNetns> named() const;
  // Of a record with a trace, in a comparison of several: which of them it is in, or whether it is in none.
  void place(RecordView& record, const rtnetlink::Device* at) const;
  // Where they are followed: those that have appeared since the last call.
  [[nodiscard]] std::vector<CapturedNetns> look_for_new();

 private:
  void add(CapturedNetns netns);
  std::string make_name(const Netns& netns);
  // Those of the processes in a container or pod; how many processes there are.
  Result<std::size_t> add_of(ContainerKind kind, const std::string& name);

  std::vector<CapturedNetns> all_;
  bool follows_ = false;
  std::uint32_t own_ = 0;  // its inode
  std::string own_container_;
  std::map<std::uint32_t, std::string> names_;  // of those that were asked for
  ContainerLookup containers_;
};

// Of a record with a trace: names its device if that is no captured one (`at` null), and its namespace. In a comparison
// of several namespaces it tells which of them it is, or whether it is another one.
void name_place(RecordView& record, const rtnetlink::Device* at, DeviceNames& names, CapturedNetnsSet& namespaces,
                const LiveOptions& options);

}  // namespace ringtap
