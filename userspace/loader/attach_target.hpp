// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Where a program of one device is attached. Plain values; the name is only for messages, since a device may be
// renamed while something is attached to it.
#pragma once

#include <cstdint>
#include <string>

namespace ringtap {

enum class TcDirection { kIngress, kEgress };

struct AttachTarget {
  std::uint32_t ifindex;
  std::string name;
  std::uint32_t netns = 0;  // inode number of its network namespace; 0: this one
};

}  // namespace ringtap
