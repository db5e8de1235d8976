// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Network namespaces that a test makes and removes, and the devices in them. A namespace goes with its object, also
// when the test fails; devices and BPF links in it go with it. Needs root (REQUIRE_ROOT first); throws when the machine
// refuses. One thread; inside() runs its function on a thread that has entered the namespace.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "support/packet.hpp"
#include "support/process.hpp"

namespace ringtap::testing {

struct DeviceCounters {
  std::uint64_t rx_packets = 0;
  std::uint64_t tx_packets = 0;
};

class Namespace {
 public:
  // No address but ::1 and 127.0.0.1 on lo, which is up; the kernel sends nothing of its own accord (no router
  // solicitation, no duplicate address detection), so a capture holds what the test sent.
  Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;
  ~Namespace();

  [[nodiscard]] const std::string& name() const { return name_; }
  // argv that runs `argv` inside; the process keeps its number.
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> argv) const;
  // As a prefix for a shell script.
  [[nodiscard]] std::string prefix() const { return "ip netns exec " + name_ + " "; }
  // `ip` with these arguments, split at blanks, inside; throws with its message when it fails.
  void ip(std::string_view arguments) const;
  void write_sysctl(const std::string& path_below_net, std::string_view value) const;
  [[nodiscard]] bool has_sysctl(const std::string& path_below_net) const;
  void inside(const std::function<void()>& function) const;

  [[nodiscard]] unsigned index_of(const std::string& device) const;
  [[nodiscard]] DeviceCounters counters(const std::string& device) const;
  // Deletes it before the object goes.
  void remove();

 private:
  std::string name_;
  int fd_ = -1;
};

// Two hosts joined by a veth pair: device "left" in left, "right" in right, both up, with these addresses.
struct TwoHosts {
  static constexpr Mac kLeftMac = {0x02, 0, 0, 0, 0, 0x01};
  static constexpr Mac kRightMac = {0x02, 0, 0, 0, 0, 0x02};
  static constexpr const char* kLeftIpv4 = "192.0.2.1";
  static constexpr const char* kRightIpv4 = "192.0.2.2";
  static constexpr const char* kLeftIpv6 = "2001:db8::1";
  static constexpr const char* kRightIpv6 = "2001:db8::2";

  explicit TwoHosts(unsigned mtu = 1500);
  // Takes IPv6 off both devices. The kernel reports its multicast groups by itself and again some time later; a test
  // that counts frames one by one cannot have that.
  void without_ipv6() const;
  // One more pair, named as given, without addresses.
  void add_pair(const std::string& left_device, const std::string& right_device, unsigned mtu = 1500);

  Namespace left;
  Namespace right;
};

}  // namespace ringtap::testing
