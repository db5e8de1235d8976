// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "sink/numbered_devices.hpp"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/plain_text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kMostNames = 4096;

}  // namespace

NumberedDevices::NumberedDevices(const std::vector<ShownInterface>& announced)
    : announced_(announced), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

std::string_view NumberedDevices::name(std::uint32_t ifindex) {
  const auto is_named = [&](const ShownInterface& one) {
    return one.ifindex == ifindex && ifindex != 0 && !one.name.empty();
  };
  // A device has several interfaces where several taps are, and after it was renamed.
  if (of_record_ < announced_.size() && is_named(announced_[of_record_])) return announced_[of_record_].shown;
  // In a file of several network namespaces ("web/eth0") a number may mean a device in each of them.
  const auto is_of_netns = [](const ShownInterface& one) { return one.name.find('/') != std::string::npos; };
  if (of_record_ < announced_.size() && announced_[of_record_].ifindex == 0 &&
      std::any_of(announced_.begin(), announced_.end(), is_of_netns)) {
    return announced_[of_record_].shown;
  }
  const auto other = std::find_if(announced_.begin(), announced_.end(), is_named);
  if (other != announced_.end()) return other->shown;
  if (names_.size() == kMostNames) names_.clear();
  const auto [known, is_new] = names_.try_emplace(ifindex);
  if (is_new) known->second = name_here(ifindex);
  return known->second;
}

// netdevice(7); empty if there is no such device.
std::string NumberedDevices::name_here(std::uint32_t ifindex) const {
  ifreq request{};
  request.ifr_ifindex = static_cast<int>(ifindex);
  return ::ioctl(socket_.get(), SIOCGIFNAME, &request) == 0 ? plain_line(request.ifr_name) : std::string();
}

}  // namespace ringtap
