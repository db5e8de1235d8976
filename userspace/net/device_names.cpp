// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "net/device_names.hpp"

#include <linux/capability.h>
#include <net/if.h>
#include <sys/prctl.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/now.hpp"
#include "base/process_start.hpp"
#include "ringtap/unique_fd.hpp"
#include "sandbox/helper_process.hpp"
#include "sandbox/user.hpp"

namespace ringtap {
namespace {

constexpr std::uint64_t kAskAgainNs = 1'000'000'000;

std::string name_here(std::uint32_t ifindex) {
  std::array<char, IF_NAMESIZE> name{};
  return ::if_indextoname(ifindex, name.data()) == nullptr ? "" : name.data();
}

std::string name_there(std::uint32_t netns, std::uint32_t ifindex) {
  std::string name;
  if (netns_of(netns).inode != 0) (void)in_netns(netns, [&] { name = name_here(ifindex); });
  return name;
}

std::string netns_with_id(std::int32_t id) {
  for (const Netns& netns : list_netns()) {
    if (netns.name.empty()) continue;
    const UniqueFd fd = open_netns(netns.inode);
    if (fd && rtnetlink::netns_id(fd.get()) == id) return netns.name;
  }
  return "";
}

// Those with a number above `after`, as many as fit into an answer.
std::string list_here(std::uint32_t after) {
  std::string lines;
  for (Netns netns : list_netns()) {
    if (netns.inode <= after) continue;
    const UniqueFd fd = open_netns(netns.inode);
    if (!fd) continue;  // it is gone
    netns.id = rtnetlink::make_netns_id(fd.get()).value_or(-1);
    const std::string line = netns_line(netns);
    if (lines.size() + line.size() > HelperProcess::kMaxMessage) break;
    lines += line;
  }
  return lines;
}

UniqueFd socket_here(std::uint32_t netns) {
  UniqueFd made;
  int err = 0;
  auto entered = in_netns(netns, [&] {
    made = rtnetlink::open_route_socket();
    err = errno;
  });
  errno = entered ? err : entered.error().errno_value();
  return made;
}

HelperProcess::Answer answer_here(const DeviceQuestion& question) {
  switch (question.kind) {
    case DeviceQuestion::kDevice:
      return {question.netns == 0 ? name_here(question.ifindex) : name_there(question.netns, question.ifindex), {}};
    case DeviceQuestion::kNetns: {
      Netns netns = netns_of(question.netns);
      if (netns.pid != 0) netns.start_ns = process_start_ns(netns.pid).value_or(0);
      return {netns_line(netns), {}};
    }
    case DeviceQuestion::kNetnsById:
      return {netns_with_id(question.id), {}};
    case DeviceQuestion::kList:
      return {list_here(question.netns), {}};
    case DeviceQuestion::kSocket:
      return HelperProcess::Answer::of(socket_here(question.netns));
  }
  return {};
}

std::optional<HelperProcess>& the_helper() {
  static std::optional<HelperProcess> helper;
  return helper;
}

std::string answer_to(const DeviceQuestion& question) {
  if (!the_helper()) return answer_here(question).text;
  auto answer = the_helper()->ask({reinterpret_cast<const char*>(&question), sizeof question});
  return answer ? std::move(answer->text) : "";
}

Result<> keep_entering(bool gives_ids) {
  drop_bounding_set();
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return keep_capabilities(kCapabilitiesToEnter | (gives_ids ? capability_set({CAP_NET_ADMIN}) : 0));
}

}  // namespace

std::optional<DeviceQuestion> parse_device_question(std::string_view request) {
  DeviceQuestion question{};
  if (request.size() != sizeof question) return std::nullopt;
  std::memcpy(&question, request.data(), sizeof question);
  if (question.kind > DeviceQuestion::kSocket) return std::nullopt;
  return question;
}

std::string netns_called(std::int32_t id) {
  return answer_to({.kind = DeviceQuestion::kNetnsById, .id = id});
}

Netns netns_about(std::uint32_t inode) {
  std::vector<Netns> told = parse_netns_lines(answer_to({.kind = DeviceQuestion::kNetns, .netns = inode}));
  return told.empty() ? Netns{} : std::move(told.front());
}

std::vector<Netns> all_netns() {
  std::vector<Netns> all;
  for (;;) {
    const std::uint32_t after = all.empty() ? 0 : all.back().inode;
    const std::vector<Netns> more = parse_netns_lines(answer_to({.kind = DeviceQuestion::kList, .netns = after}));
    if (more.empty() || more.back().inode <= after) return all;
    all.insert(all.end(), more.begin(), more.end());
  }
}

Result<std::vector<rtnetlink::Device>> devices_in(std::uint32_t netns) {
  const DeviceQuestion question{.kind = DeviceQuestion::kSocket, .netns = netns};
  UniqueFd socket = the_helper()
                        ? the_helper()->ask_for_file({reinterpret_cast<const char*>(&question), sizeof question})
                        : socket_here(netns);
  if (!socket) {
    const int err = errno;
    auto error = Error::from_errno(err, "look into a network namespace");
    return err == EPERM ? std::move(error).hint("needs CAP_SYS_ADMIN: run ringtap with sudo") : std::move(error);
  }
  auto devices = rtnetlink::devices_of(std::move(socket));
  if (devices) {
    for (rtnetlink::Device& device : *devices) device.netns = netns;
  }
  return devices;
}

Result<> start_device_name_helper(bool follows_netns) {
  const auto serve = [follows_netns](std::string_view request) -> HelperProcess::Answer {
    const auto question = parse_device_question(request);
    if (!question || (question->kind > DeviceQuestion::kNetnsById && !follows_netns)) return {};
    return answer_here(*question);
  };
  auto helper = HelperProcess::begin({.name = "ringtap-netns",
                                      .without = "interfaces in other network namespaces have no name",
                                      .files = {},
                                      .prepare = [follows_netns] { return keep_entering(follows_netns); },
                                      .serve = serve});
  if (!helper) return helper.take_error();
  the_helper().emplace(helper.take());
  return ok();
}

bool DeviceNames::is_due(const Name& name) {
  return name.text.empty() && (name.asked_ns == 0 || monotonic_now_ns() - name.asked_ns >= kAskAgainNs);
}

std::string_view DeviceNames::device(std::uint32_t netns, std::uint32_t ifindex) {
  if (devices_.size() >= kMostNames) devices_.clear();
  Name& name = devices_[{netns, ifindex}];
  if (is_due(name)) {
    name = {answer_to({.kind = DeviceQuestion::kDevice, .netns = netns, .ifindex = ifindex}), monotonic_now_ns()};
  }
  return name.text;
}

std::string_view DeviceNames::netns(std::uint32_t netns) {
  if (netns == 0) return "";
  if (namespaces_.size() >= kMostNames) namespaces_.clear();
  Name& name = namespaces_[netns];
  if (is_due(name)) name = {netns_about(netns).name, monotonic_now_ns()};
  return name.text;
}

void DeviceNames::forget_here() {
  std::erase_if(devices_, [](const auto& entry) { return entry.first.first == 0; });
}

}  // namespace ringtap
