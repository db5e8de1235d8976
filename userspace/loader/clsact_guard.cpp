// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/clsact_guard.hpp"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

#include "base/thread.hpp"
#include "loader/libbpf_log.hpp"
#include "net/rtnetlink.hpp"

namespace ringtap {
namespace {

struct Message {
  bool guard;  // false: no more
  ClsactPlace place;
};

// The child's ends of everything it had from its parent, but for `kept`, which becomes descriptor 0.
void close_all_but(int kept) {
  ::dup2(kept, STDIN_FILENO);
  if (::syscall(SYS_close_range, 1U, ~0U, 0U) != 0) {  // Linux 5.9
    for (long fd = ::sysconf(_SC_OPEN_MAX) - 1; fd > 0; --fd) ::close(static_cast<int>(fd));
  }
  ::open("/dev/null", O_WRONLY);
  ::open("/dev/null", O_WRONLY);
}

// The child, with its signals blocked: its parent's messages until the parent is gone, then what is left of them is
// done.
[[noreturn]] void guard(int messages) {
  ::setsid();
  ::prctl(PR_SET_NAME, "ringtap-guard");
  close_all_but(messages);
  std::vector<ClsactPlace> places;
  Message message;
  while (::recv(STDIN_FILENO, &message, sizeof message, 0) == sizeof message) {
    std::erase(places, message.place);
    if (message.guard) places.push_back(message.place);
  }
  const ClsactLock lock;
  for (const ClsactPlace& place : places) remove_clsact_filter(place);
  ::_exit(0);
}

class Guard {
 public:
  void add(const ClsactPlace& place) {
    if (places_.empty() && !start()) return;
    places_.push_back(place);
    say({.guard = true, .place = place});
  }

  void remove(const ClsactPlace& place) {
    if (std::erase(places_, place) == 0) return;
    say({.guard = false, .place = place});
    if (places_.empty()) stop();
  }

 private:
  bool start() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return false;
    to_child_.reset(ends[0]);
    const UniqueFd child_end(ends[1]);
    const SignalsBlocked blocked;
    child_ = ::fork();
    if (child_ == 0) guard(child_end.get());
    if (child_ < 0) to_child_.reset();
    return child_ > 0;
  }

  void say(const Message& message) const { ::send(to_child_.get(), &message, sizeof message, MSG_NOSIGNAL); }

  void stop() {
    to_child_.reset();
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  UniqueFd to_child_;
  pid_t child_ = -1;
  std::vector<ClsactPlace> places_;  // that it was told of
};

Guard& the_guard() {
  static Guard guard;
  return guard;
}

}  // namespace

void remove_clsact_filter(const ClsactPlace& place) {
  const LibbpfLog log;
  LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(place.ifindex),
              .attach_point = place.direction == TcDirection::kIngress ? BPF_TC_INGRESS : BPF_TC_EGRESS);
  LIBBPF_OPTS(bpf_tc_opts, options, .handle = place.handle, .priority = place.priority);
  bpf_tc_detach(&hook, &options);
  if (!place.qdisc_is_ours || !rtnetlink::tc_filters(place.ifindex, true).empty() ||
      !rtnetlink::tc_filters(place.ifindex, false).empty()) {
    return;
  }
  hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
  bpf_tc_hook_destroy(&hook);
}

void guard_clsact_filter(const ClsactPlace& place) {
  the_guard().add(place);
}

void guard_no_more(const ClsactPlace& place) {
  the_guard().remove(place);
}

ClsactLock::ClsactLock() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  using namespace std::chrono_literals;
  constexpr std::string_view kName("\0ringtap-clsact", 15);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, kName.data(), kName.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + kName.size());
  const auto give_up = std::chrono::steady_clock::now() + 1s;
  while (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 && errno == EADDRINUSE &&
         std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(1ms);
  }
}

}  // namespace ringtap
