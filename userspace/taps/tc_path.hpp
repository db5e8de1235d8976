// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Whether the packets of a device pass tc's hooks, and do so as frames of the device: known by what made the device,
// and shown for every kind by tests/netns/devices_test. Pure function, any thread.
#pragma once

#include <string>

#include "net/rtnetlink.hpp"

namespace ringtap {

struct TcPath {
  enum class Sees { kAll, kNotAll, kUnknown };
  Sees sees = Sees::kAll;
  std::string why;  // for the user, if it is not kAll: "packets of a VRF pass tc by"
};

TcPath tc_path(const rtnetlink::Device& device);

}  // namespace ringtap
