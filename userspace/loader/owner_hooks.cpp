// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/owner_hooks.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <string>
#include <utility>

#include "container/cgroup_root.hpp"
#include "loader/handles.hpp"
#include "loader/refusal.hpp"

namespace ringtap {
namespace {

constexpr const char* kEarlyOwners = "early_owners";
constexpr std::uint32_t kMostEarlyOwners = 1U << 17;  // 12.6 MB

constexpr std::array kMaps = {"socket_owners",    "closed_sockets",    "processes",    "process_events",
                              "loopback_senders", "command_processes", "last_dropped", "recent_receivers",
                              "recent_records",   kEarlyOwners};

constexpr const char* kAtFork = "owner_forked";   // only with a command
constexpr const char* kAtDrop = "owner_dropped";  // only with the drop tap
constexpr const char* kAtSend = "owner_sent";     // only without the tc tap at egress

struct Hook {
  const char* program;
  bool KernelFeatures::*needs = nullptr;
};
// At tracepoints and functions that the programs were made for. Those that need nothing every kernel with the types
// has.
constexpr std::array kHooks = {Hook{"owner_received", &KernelFeatures::owner_tracepoints},
                               Hook{kAtSend, &KernelFeatures::owner_tracepoints},
                               Hook{"owner_receives", &KernelFeatures::receive_program},
                               Hook{"owner_accepts", &KernelFeatures::accept_program},
                               Hook{"owner_destroyed"},
                               Hook{"owner_renamed"},
                               Hook{"owner_executed"},
                               Hook{"owner_moved"},
                               Hook{"owner_exited"},
                               Hook{kAtFork},
                               Hook{kAtDrop}};
constexpr const char* kAtCreation = "owner_created";  // at the root of cgroup v2
constexpr const char* kAtStart = "owner_at_start";    // an iterator
constexpr const char* kHolders = "owner_holders";     // the same, whenever it is asked

int fd_of(const bpf_object* object, const char* program) {
  return bpf_program__fd(bpf_object__find_program_by_name(object, program));
}

Result<UniqueFd> made(int fd, const std::string& what) {
  if (fd >= 0) return UniqueFd(fd);
  const int error = errno;
  return Error::from_errno(error, what).hint(refusal_hint(error));
}

// Runs the program for each open file of each process.
Result<> look_at_files(int program) {
  auto link = made(bpf_link_create(program, 0, BPF_TRACE_ITER, nullptr), "look at the sockets that are open");
  if (!link) return link.take_error();
  auto files = made(bpf_iter_create(link->get()), "look at the sockets that are open");
  if (!files) return files.take_error();
  std::array<char, 64> nothing{};  // the program writes none
  ssize_t got = 0;
  do {
    got = ::read(files->get(), nothing.data(), nothing.size());
  } while (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)));
  return got == 0 ? ok() : Result<>(Error::from_errno(errno, "look at the sockets that are open"));
}

// Of the whole system, sockets among them.
std::uint32_t open_files() {
  std::uint32_t count = 0;
  std::ifstream("/proc/sys/fs/file-nr") >> count;
  return count;
}

}  // namespace

void choose_owner_programs(const bpf_object* object, const OwnerWishes& wishes, const KernelFeatures& features) {
  for (const Hook& hook : kHooks) {
    const bool possible = hook.needs == nullptr || features.*hook.needs;
    const bool wanted = hook.program == kAtFork   ? wishes.command
                        : hook.program == kAtDrop ? wishes.taps.contains(Tap::kDrop)
                        : hook.program == kAtSend ? !wishes.taps.contains(Tap::kTcEgress)
                                                  : true;
    bpf_program__set_autoload(bpf_object__find_program_by_name(object, hook.program), wishes.who && possible && wanted);
  }
  for (const char* const program : {kAtCreation, kAtStart, kHolders}) {
    bpf_program__set_autoload(bpf_object__find_program_by_name(object, program),
                              wishes.who && (program != kHolders || wishes.counts_holders));
  }
  for (const char* const map : kMaps) bpf_map__set_autocreate(bpf_object__find_map_by_name(object, map), wishes.who);
  const std::uint32_t early = wishes.who && features.kernel_casts ? open_files() : 0;
  bpf_map__set_max_entries(bpf_object__find_map_by_name(object, kEarlyOwners),
                           std::clamp<std::uint32_t>(early, 1, kMostEarlyOwners));
}

struct OwnerHooks::Ring {
  std::unique_ptr<ring_buffer, Releaser<ring_buffer__free>> reader;
  std::function<void(const ringtap_process&)> take;

  static int on_sample(void* self, void* data, std::size_t size) noexcept {
    if (size == sizeof(ringtap_process)) static_cast<Ring*>(self)->take(*static_cast<const ringtap_process*>(data));
    return 0;
  }
};

OwnerHooks::OwnerHooks(std::vector<UniqueFd> links, std::unique_ptr<Ring> ring, int processes_fd, UniqueFd holders)
    : links_(std::move(links)), ring_(std::move(ring)), processes_fd_(processes_fd), holders_(std::move(holders)) {}
OwnerHooks::OwnerHooks(OwnerHooks&&) noexcept = default;
OwnerHooks& OwnerHooks::operator=(OwnerHooks&&) noexcept = default;
OwnerHooks::~OwnerHooks() = default;

Result<OwnerHooks> OwnerHooks::attach(const bpf_object* object) {
  std::vector<UniqueFd> links;
  for (const Hook& hook : kHooks) {
    const int program = fd_of(object, hook.program);
    if (program < 0) continue;
    auto link = made(bpf_raw_tracepoint_open(nullptr, program), std::string("attach ") + hook.program);
    if (!link) return link.take_error();
    links.push_back(link.take());
  }
  auto root = open_cgroup_root();
  if (!root) return root.take_error();
  auto link = made(bpf_link_create(fd_of(object, kAtCreation), root->get(), BPF_CGROUP_INET_SOCK_CREATE, nullptr),
                   "attach to the root of cgroup v2, where new sockets are seen");
  if (!link) return link.take_error();
  links.push_back(link.take());

  auto ring = std::make_unique<Ring>();
  const int events = bpf_object__find_map_fd_by_name(object, "process_events");
  ring->reader.reset(ring_buffer__new(events, Ring::on_sample, ring.get(), nullptr));
  if (!ring->reader) return Error::from_errno(errno, "map the ring in which processes are told");
  if (auto looked = look_at_files(fd_of(object, kAtStart)); !looked) return looked.take_error();
  UniqueFd holders;
  if (const int program = fd_of(object, kHolders); program >= 0) {
    auto attached = made(bpf_link_create(program, 0, BPF_TRACE_ITER, nullptr), "look at shared sockets");
    if (!attached) return attached.take_error();
    holders = attached.take();
  }
  return OwnerHooks(std::move(links), std::move(ring), bpf_object__find_map_fd_by_name(object, "processes"),
                    std::move(holders));
}

void OwnerHooks::read(const std::function<void(const ringtap_process&)>& take) {
  ring_->take = take;
  ring_buffer__consume(ring_->reader.get());
}

std::optional<ringtap_process> OwnerHooks::find(std::uint64_t process) const {
  ringtap_process about{};
  if (bpf_map_lookup_elem(processes_fd_, &process, &about) != 0) return std::nullopt;
  return about;
}

bool OwnerHooks::look_at_holders(std::vector<ringtap_holder>& found) const {
  const UniqueFd files(holders_ ? bpf_iter_create(holders_.get()) : -1);
  if (!files) return false;
  std::array<ringtap_holder, 256> some;  // NOLINT(cppcoreguidelines-pro-type-member-init): read(2) writes it
  ssize_t got = 0;
  do {
    got = ::read(files.get(), some.data(), sizeof some);
    const std::size_t count = got > 0 ? static_cast<std::size_t>(got) / sizeof(ringtap_holder) : 0;
    found.insert(found.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
  } while (got > 0 || (got < 0 && errno == EINTR));
  return got == 0;
}

}  // namespace ringtap
