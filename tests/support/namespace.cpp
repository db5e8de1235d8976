// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "support/namespace.hpp"

#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace ringtap::testing {
namespace {

void run_or_throw(std::vector<std::string> argv) {
  std::string line;
  for (const std::string& word : argv) line += word + " ";
  const Finished result = run(std::move(argv));
  if (result.status != ExitStatus{0, 0}) throw std::runtime_error(line + "failed: " + result.err);
}

std::string unique_name() {
  static std::atomic<unsigned> number{0};
  return "ringtap-test-" + std::to_string(::getpid()) + "-" + std::to_string(number++);
}

std::string to_text(const Mac& mac) {
  char text[18];
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
  return text;
}

}  // namespace

Namespace::Namespace() : name_(unique_name()) {
  run_or_throw({"ip", "netns", "add", name_});
  fd_ = ::open(("/run/netns/" + name_).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "open namespace " + name_);
  for (const char* path : {"ipv6/conf/default/accept_dad", "ipv6/conf/default/router_solicitations",
                           "ipv6/conf/default/accept_ra", "ipv6/conf/default/autoconf"}) {
    write_sysctl(path, "0");
  }
  ip("link set lo up");
}

Namespace::~Namespace() {
  remove();
}

void Namespace::remove() {
  if (fd_ < 0) return;
  ::close(fd_);
  fd_ = -1;
  run({"ip", "netns", "del", name_});
}

std::vector<std::string> Namespace::command(std::vector<std::string> argv) const {
  argv.insert(argv.begin(), {"ip", "netns", "exec", name_});
  return argv;
}

void Namespace::ip(std::string_view arguments) const {
  std::vector<std::string> argv = {"ip", "-n", name_};
  std::istringstream words{std::string(arguments)};
  for (std::string word; words >> word;) argv.push_back(word);
  run_or_throw(std::move(argv));
}

void Namespace::write_sysctl(const std::string& path_below_net, std::string_view value) const {
  inside([&] {
    std::ofstream file("/proc/sys/net/" + path_below_net);
    if (!(file << value << std::flush)) throw std::runtime_error("write sysctl net/" + path_below_net);
  });
}

bool Namespace::has_sysctl(const std::string& path_below_net) const {
  bool has = false;
  inside([&] { has = ::access(("/proc/sys/net/" + path_below_net).c_str(), F_OK) == 0; });
  return has;
}

void Namespace::inside(const std::function<void()>& function) const {
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      if (::setns(fd_, CLONE_NEWNET) != 0) throw std::system_error(errno, std::generic_category(), "enter " + name_);
      function();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
}

unsigned Namespace::index_of(const std::string& device) const {
  unsigned index = 0;
  inside([&] { index = ::if_nametoindex(device.c_str()); });
  if (index == 0) throw std::runtime_error("no device " + device + " in " + name_);
  return index;
}

DeviceCounters Namespace::counters(const std::string& device) const {
  std::optional<DeviceCounters> counters;
  inside([&] {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) throw std::system_error(errno, std::generic_category(), "getifaddrs");
    for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
      // getifaddrs(3): the AF_PACKET entry's data is struct rtnl_link_stats.
      if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_PACKET || device != each->ifa_name) continue;
      const auto* stats = static_cast<const rtnl_link_stats*>(each->ifa_data);
      counters = DeviceCounters{stats->rx_packets, stats->tx_packets};
    }
    ::freeifaddrs(all);
  });
  if (!counters) throw std::runtime_error("no device " + device + " in " + name_);
  return *counters;
}

TwoHosts::TwoHosts(unsigned mtu) {
  // Nothing is lost between them, but a busy machine is late with acknowledgements. What a sender then sends again
  // would be a packet more for whoever counts them: no tail loss probe, and a timer (since 6.11) of 2 s instead of 200
  // ms.
  for (const Namespace* host : {&left, &right}) {
    host->write_sysctl("ipv4/tcp_early_retrans", "0");
    if (host->has_sysctl("ipv4/tcp_rto_min_us")) host->write_sysctl("ipv4/tcp_rto_min_us", "2000000");
  }
  add_pair("left", "right", mtu);
  left.ip("link set left address " + to_text(kLeftMac));
  right.ip("link set right address " + to_text(kRightMac));
  left.ip(std::string("addr add ") + kLeftIpv4 + "/24 dev left");
  left.ip(std::string("addr add ") + kLeftIpv6 + "/64 dev left nodad");
  right.ip(std::string("addr add ") + kRightIpv4 + "/24 dev right");
  right.ip(std::string("addr add ") + kRightIpv6 + "/64 dev right nodad");
}

void TwoHosts::without_ipv6() const {
  left.write_sysctl("ipv6/conf/left/disable_ipv6", "1");
  right.write_sysctl("ipv6/conf/right/disable_ipv6", "1");
}

void TwoHosts::add_pair(const std::string& left_device, const std::string& right_device, unsigned mtu) {
  const std::string size = " mtu " + std::to_string(mtu);
  left.ip("link add name " + left_device + size + " type veth peer name " + right_device + size + " netns " +
          right.name());
  // Without a link-local address the kernel sends no multicast listener reports when the device comes up.
  left.ip("link set " + left_device + " addrgenmode none up");
  right.ip("link set " + right_device + " addrgenmode none up");
}

}  // namespace ringtap::testing
