// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Where a capture takes its packets: which devices, at which taps, as frames of which link type. Functions of the
// settings and of the devices that are present; any thread.
#pragma once

#include <string>
#include <vector>

#include "live/captured_netns.hpp"
#include "net/rtnetlink.hpp"
#include "ringtap/capture.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// "any": every device that is up, including devices that appear later.
[[nodiscard]] bool has_any(const std::vector<std::string>& names);

// The present devices that are called so (Device::is_called()), in every namespace, each once and in this order; for
// `any`, those that are up and can be captured.
Result<std::vector<rtnetlink::Device>> choose_devices(const std::vector<rtnetlink::Device>& present,
                                                      const CaptureSettings& settings);
// The taps at this device: those of the settings; if these were not chosen by the user and tc does not see the
// device's packets, AF_PACKET sockets for the same directions.
[[nodiscard]] TapSet taps_at(const rtnetlink::Device& device, const CaptureSettings& settings);
// Whether its frames can be understood at these taps: anything at an AF_PACKET socket, Ethernet and IP at the others.
[[nodiscard]] bool can_capture(const rtnetlink::Device& device, const CaptureSettings& settings);
// What the user should know about these devices and tc; at most one line for what is done, and one for what is unknown.
[[nodiscard]] std::vector<std::string> notices_about(const std::vector<rtnetlink::Device>& devices,
                                                     const CaptureSettings& settings);

struct DevicePlan {
  std::vector<rtnetlink::Device> devices;
  LinkType framed;  // theirs and that of all their taps if these agree; otherwise, and for `any`, LINUX_SLL2
  TapSet taps;      // at any of them, and with `any` at devices that appear later
  CapturedNetnsSet namespaces;
};
// Every device in the namespaces of the settings.
Result<std::vector<rtnetlink::Device>> present_devices(const CaptureSettings& settings);
// For the devices that are present now. Asks the kernel; for AF_PACKET on other devices than Ethernet it opens a
// socket, to know their link type as libpcap does.
Result<DevicePlan> plan_devices(const CaptureSettings& settings);
// The link type of the interfaces when they are captured together (DevicePlan::framed).
Result<LinkType> link_type_of(const CaptureSettings& settings);

}  // namespace ringtap
