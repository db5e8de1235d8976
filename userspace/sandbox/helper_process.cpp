// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "sandbox/helper_process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "base/end_request.hpp"
#include "base/now.hpp"
#include "base/thread.hpp"
#include "base/wait_status.hpp"
#include "sandbox/sandbox.hpp"

namespace ringtap {
namespace {

constexpr std::string_view kPrepared = "prepared";

void close_files(unsigned first, unsigned last) {
  if (first > last || ::syscall(SYS_close_range, first, last, 0U) == 0) return;
  for (long fd = std::min<long>(last, ::sysconf(_SC_OPEN_MAX)); fd >= static_cast<long>(first); --fd) {
    ::close(static_cast<int>(fd));
  }
}

// Standard input, output and error become /dev/null, since whoever reads a pipe waits for all its writers.
void close_all_but(std::vector<int> files, bool keeps_output) {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (keeps_output && fd != STDIN_FILENO) continue;
    if (is_sanitized() && fd == STDERR_FILENO) continue;
    const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    ::dup2(nothing.get(), fd);
  }
  std::sort(files.begin(), files.end());
  unsigned next = STDERR_FILENO + 1;
  for (const int fd : files) {
    if (fd < static_cast<int>(next)) continue;
    if (fd > static_cast<int>(next)) close_files(next, static_cast<unsigned>(fd) - 1);
    next = static_cast<unsigned>(fd) + 1;
  }
  close_files(next, ~0U);
}

// One message with at most one descriptor.
bool send_message(int socket, std::string_view text, int fd) {
  iovec part{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof(int));
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(text.size());
}

// False at the end of the connection, and with EMFILE if this process cannot have the descriptor that was sent. A
// message that is empty or too long counts as that; nobody sends one. A descriptor is only taken if there is a place.
bool receive_message(int socket, std::string& text, UniqueFd* fd) {
  text.resize(HelperProcess::kMaxMessage);
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = fd == nullptr ? nullptr : control.data();
  message.msg_controllen = fd == nullptr ? 0 : CMSG_LEN(sizeof(int));  // with the padding two would fit
  ssize_t received = 0;
  do {
    received = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  const bool is_whole = received > 0 && (message.msg_flags & MSG_TRUNC) == 0;
  text.resize(is_whole ? static_cast<std::size_t>(received) : 0);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (fd != nullptr && header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
      header->cmsg_len == CMSG_LEN(sizeof(int))) {
    int passed = -1;
    std::memcpy(&passed, CMSG_DATA(header), sizeof(int));
    fd->reset(passed);
  }
  errno = 0;
  if (fd != nullptr && !*fd && (message.msg_flags & MSG_CTRUNC) != 0) errno = EMFILE;  // unix(7)
  return is_whole && errno == 0;
}

[[noreturn]] void end(const HelperProcess::Role& role) {
  if (role.end) role.end();
  ::_exit(0);
}

void wait_for_end(const HelperProcess::Role& role, int socket) {
  for (;;) {
    pollfd connection{.fd = socket, .events = POLLRDHUP, .revents = 0};
    if (::poll(&connection, 1, -1) > 0 && (connection.revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0) end(role);
  }
}

[[noreturn]] void serve(const HelperProcess::Role& role, int socket) {
  ::setsid();
  ::prctl(PR_SET_NAME, role.name.c_str());
  std::vector<int> files = role.files;
  files.push_back(socket);
  close_all_but(std::move(files), role.keeps_output);
  const Result<> prepared = role.prepare ? role.prepare() : ok();
  // What it does may block, in open(2) of a pipe or in a look-up: another thread sees that the connection has ended.
  if (auto watch = start_thread("watches the connection", [&role, socket] { wait_for_end(role, socket); }))
    watch->detach();
  if (!send_message(socket, prepared ? kPrepared : prepared.error().text(), -1) || !prepared) ::_exit(1);
  std::string request;
  while (receive_message(socket, request, nullptr)) {
    HelperProcess::Answer answer = role.serve(request);
    answer.text.resize(std::min(answer.text.size(), HelperProcess::kMaxMessage - 1));
    answer.text += '.';  // so that it is not empty
    if (!send_message(socket, answer.text, answer.fd.get())) break;
  }
  end(role);
}

std::atomic<unsigned> lost_processes = 0;

std::function<void(const std::string&)>& teller_of_loss() {
  static std::function<void(const std::string&)> tell;
  return tell;
}

// Its connection is closed, so it ends; a killed process closes its files shortly before it can be waited for.
std::string ending_of(pid_t process) {
  constexpr int kTries = 200;
  int status = 0;
  for (int i = 0; i < kTries; ++i) {
    const pid_t ended = ::waitpid(process, &status, WNOHANG);
    if (ended == process) return (WIFSIGNALED(status) ? "was " : "ended with ") + ending_text(status);
    if (ended < 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return "has closed its connection";
}

}  // namespace

int HelperProcess::Answer::errno_value() const {
  int err = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, err);
  return error == std::errc() && rest == end && err > 0 ? err : EPROTO;
}

HelperProcess::Answer HelperProcess::Answer::of(UniqueFd made) {
  if (!made) return {std::to_string(errno), {}};
  return {"", std::move(made)};
}

void HelperProcess::on_loss(std::function<void(const std::string& text)> tell) {
  teller_of_loss() = std::move(tell);
}

unsigned HelperProcess::lost() {
  return lost_processes;
}

Error HelperProcess::loss() const {
  if (process_ != 0) {
    ++lost_processes;
    const std::string how = ending_of(std::exchange(process_, 0));
    if (teller_of_loss())
      teller_of_loss()("the process " + connection_->name + " " + how + ": " + without_ + " from now on");
  }
  return Error("the process " + connection_->name + " is gone");
}

std::vector<std::weak_ptr<HelperProcess::Connection>>& HelperProcess::begun() {
  static std::vector<std::weak_ptr<Connection>> all;
  return all;
}

Result<> HelperProcess::Connection::await() {
  if (std::exchange(is_prepared, true)) return ok();
  std::string text;
  if (!receive_message(socket.get(), text, nullptr)) text = "it ended at once";
  if (text != kPrepared) return Error("start the process " + name + ": " + text);
  return ok();
}

Result<> HelperProcess::all_prepared() {
  Result<> all;
  for (const auto& one : std::exchange(begun(), {})) {
    const auto connection = one.lock();
    if (!connection) continue;
    auto prepared = connection->await();
    if (all && !prepared) all = std::move(prepared);
  }
  return all;
}

Result<HelperProcess> HelperProcess::start(const Role& role) {
  auto helper = begin(role);
  if (!helper) return helper;
  if (auto prepared = helper->connection_->await(); !prepared) return prepared.take_error();
  return helper;
}

Result<HelperProcess> HelperProcess::begin(const Role& role) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Error::from_errno(errno, "connect to the process " + role.name);
  }
  UniqueFd ours(ends[0]);
  UniqueFd its(ends[1]);
  pid_t child = -1;
  {
    const SignalsBlocked blocked;
    child = ::fork();
    if (child == 0) {
      ours.reset();
      serve(role, its.get());
    }
    if (child < 0) {
      return Error::from_errno(errno, "start the process " + role.name).hint("--sandbox off does without it");
    }
  }
  auto connection = std::make_shared<Connection>();
  connection->socket = std::move(ours);
  connection->name = role.name;
  begun().push_back(connection);
  return HelperProcess(role, child, std::move(connection));
}

Result<HelperProcess::Answer> HelperProcess::ask(std::string_view request) const {
  if (request.empty() || request.size() > kMaxMessage) {
    return Error::from_errno(EMSGSIZE, "ask the process " + connection_->name);
  }
  if (auto prepared = connection_->await(); !prepared) return prepared.take_error();
  Answer answer;
  const std::uint64_t asked_ns = monotonic_now_ns();
  const bool sent = send_message(connection_->socket.get(), request, -1);
  constexpr int kLookAgainMs = 50;
  for (pollfd connection{.fd = connection_->socket.get(), .events = POLLIN, .revents = 0};
       sent && ::poll(&connection, 1, kLookAgainMs) <= 0;) {
    const EndRequest& end = EndRequest::of_this_run();
    const bool had_time = monotonic_now_ns() - asked_ns >= EndRequest::kPatienceNs;
    if (end.urged() || (end.patience_is_over() && had_time)) {
      return Error("the process " + connection_->name + " does not answer, and the run was to end");
    }
  }
  if (!sent || !receive_message(connection_->socket.get(), answer.text, &answer.fd)) {
    if (sent && errno == EMFILE) return Error::from_errno(EMFILE, "take a file from the process " + connection_->name);
    return loss();
  }
  answer.text.pop_back();
  return answer;
}

UniqueFd HelperProcess::ask_for_file(std::string_view request) const {
  auto answer = ask(request);
  if (answer && answer->text.empty()) return std::move(answer->fd);
  const int err = answer ? answer->errno_value() : answer.error().errno_value();
  errno = err != 0 ? err : EOWNERDEAD;  // the process is gone, which was said
  return {};
}

}  // namespace ringtap
