// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "net/device_names.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include "base/now.hpp"
#include "base/thread.hpp"
#include "net/rtnetlink.hpp"
#include "ringtap/unique_fd.hpp"
#include "sandbox/helper_process.hpp"
#include "sandbox/user.hpp"

namespace ringtap {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNamedNamespaces = "/run/netns";  // ip-netns(8)
constexpr std::uint64_t kAskAgainNs = 1'000'000'000;

std::string name_here(std::uint32_t ifindex) {
  std::array<char, IF_NAMESIZE> name{};
  return ::if_indextoname(ifindex, name.data()) == nullptr ? "" : name.data();
}

std::string name_there(const std::string& path, std::uint32_t ifindex) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return "";
  std::string name;
  auto thread = start_thread("enters a network namespace", [&] {
    if (::setns(fd.get(), CLONE_NEWNET) == 0) name = name_here(ifindex);
  });
  if (!thread) return "";
  thread->join();
  return name;
}

// Calls `use` with the path of each entry of the folder, which may change meanwhile.
template <class Use>
void for_each_entry(const char* folder, Use use) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    use(entry->path());
  }
}

std::uint32_t inode_of(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint32_t>(status.st_ino) : 0;
}

// Where network namespaces are, listed at most once a second.
class Namespaces {
 public:
  struct Place {
    std::string name;
    std::string path;
  };

  const Place& find(std::uint32_t netns) {
    static const Place kUnknown;
    if (netns == 0) return kUnknown;
    const auto known = places_.find(netns);
    if (known != places_.end()) return known->second;
    const std::uint64_t now = monotonic_now_ns();
    if (listed_ns_ != 0 && now - listed_ns_ < kAskAgainNs) return kUnknown;
    list();
    listed_ns_ = now;
    const auto found = places_.find(netns);
    return found == places_.end() ? kUnknown : found->second;
  }

 private:
  void list() {
    places_.clear();
    for_each_entry(kNamedNamespaces, [&](const fs::path& path) {
      places_.try_emplace(inode_of(path), Place{path.filename(), path});
    });
    // To enter one, any process in it will do.
    for_each_entry("/proc", [&](const fs::path& process) {
      const fs::path path = process / "ns/net";
      if (const std::uint32_t netns = inode_of(path); netns != 0) places_.try_emplace(netns, Place{"", path});
    });
  }

  std::map<std::uint32_t, Place> places_;
  std::uint64_t listed_ns_ = 0;
};

std::string netns_with_id(std::int32_t id) {
  std::string name;
  for_each_entry(kNamedNamespaces, [&](const fs::path& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd && rtnetlink::netns_id(fd.get()) == id) name = path.filename();
  });
  return name;
}

std::string answer_here(const DeviceQuestion& question) {
  static Namespaces namespaces;
  switch (question.kind) {
    case DeviceQuestion::kDevice: {
      if (question.netns == 0) return name_here(question.ifindex);
      const std::string& path = namespaces.find(question.netns).path;
      return path.empty() ? "" : name_there(path, question.ifindex);
    }
    case DeviceQuestion::kNetns:
      return namespaces.find(question.netns).name;
    case DeviceQuestion::kNetnsById:
      return netns_with_id(question.id);
  }
  return "";
}

std::optional<HelperProcess>& the_helper() {
  static std::optional<HelperProcess> helper;
  return helper;
}

std::string answer_to(const DeviceQuestion& question) {
  if (!the_helper()) return answer_here(question);
  auto answer = the_helper()->ask({reinterpret_cast<const char*>(&question), sizeof question});
  return answer ? std::move(answer->text) : "";
}

// setns(2) wants the first, looking at the namespaces of others' processes the other two.
Result<> keep_entering() {
  drop_bounding_set();
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return keep_capabilities(capability_set({CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH}));
}

}  // namespace

std::optional<DeviceQuestion> parse_device_question(std::string_view request) {
  DeviceQuestion question{};
  if (request.size() != sizeof question) return std::nullopt;
  std::memcpy(&question, request.data(), sizeof question);
  if (question.kind > DeviceQuestion::kNetnsById) return std::nullopt;
  return question;
}

std::string netns_called(std::int32_t id) {
  return answer_to({.kind = DeviceQuestion::kNetnsById, .id = id});
}

Result<> start_device_name_helper() {
  const auto serve = [](std::string_view request) -> HelperProcess::Answer {
    const auto question = parse_device_question(request);
    return {question ? answer_here(*question) : "", {}};
  };
  auto helper = HelperProcess::begin({.name = "ringtap-netns",
                                      .without = "interfaces in other network namespaces have no name",
                                      .files = {},
                                      .prepare = keep_entering,
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
  if (is_due(name)) name = {answer_to({.kind = DeviceQuestion::kNetns, .netns = netns}), monotonic_now_ns()};
  return name.text;
}

void DeviceNames::forget_here() {
  std::erase_if(devices_, [](const auto& entry) { return entry.first.first == 0; });
}

}  // namespace ringtap
