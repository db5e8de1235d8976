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

#include "container/container_lookup.hpp"
#include "net/device_names.hpp"
#include "net/namespaces.hpp"
#include "net/rtnetlink.hpp"
#include "ringtap/capture.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

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
  void remove(std::int32_t id);
  // The pod or container of a process in any namespace, else the namespace's name; empty: not known.
  [[nodiscard]] std::string_view name_of(std::uint32_t inode);
  // Where they are followed: those that have appeared since the last call.
  [[nodiscard]] std::vector<CapturedNetns> look_for_new();

 private:
  void add(CapturedNetns netns);
  std::string make_name(const Netns& netns);
  Result<> add_of_containers(const OwnerSelection& of);

  std::vector<CapturedNetns> all_;
  bool follows_ = false;
  std::uint32_t own_ = 0;  // its inode
  std::string own_container_;
  std::map<std::uint32_t, std::string> names_;  // of those that were asked for
  ContainerLookup containers_;
};

// Names the device and the namespace of a record that is of no captured device; `containers` null: only by `ip netns`.
void name_place(RecordView& record, DeviceNames& names, CapturedNetnsSet* containers);

}  // namespace ringtap
