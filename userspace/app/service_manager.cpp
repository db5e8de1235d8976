// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/service_manager.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>

#include "base/now.hpp"

namespace ringtap {
namespace {

// Removes the variable.
std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

}  // namespace

ServiceManager ServiceManager::of_environment() {
  ServiceManager manager;
  const std::string path = take_variable("NOTIFY_SOCKET");
  const std::string watchdog = take_variable("WATCHDOG_USEC");
  const std::string process = take_variable("WATCHDOG_PID");
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() < 2 || path.size() >= sizeof(name.sun_path) || (path[0] != '/' && path[0] != '@')) return manager;
  std::copy(path.begin(), path.end(), name.sun_path);
  if (path[0] == '@') name.sun_path[0] = '\0';  // an abstract one
  UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0) return manager;
  manager.socket_ = std::move(socket);
  const bool is_ours = process.empty() || process == std::to_string(::getpid());
  constexpr std::uint64_t kNsPerMicrosecond = 1000;
  if (is_ours) manager.watchdog_ns_ = std::strtoull(watchdog.c_str(), nullptr, 10) * kNsPerMicrosecond;
  return manager;
}

void ServiceManager::send(const std::string& state) const {
  // A manager that does not take it is not waited for.
  if (socket_) (void)::send(socket_.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ServiceManager::ready(const std::string& status) const {
  send("READY=1\nSTATUS=" + status + "\n");
}

void ServiceManager::reloading() const {
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_now_ns() / 1000) + "\n");
}

void ServiceManager::stopping() const {
  send("STOPPING=1\n");
}

void ServiceManager::status(const std::string& text) {
  if (!socket_) return;
  std::string state;
  const std::uint64_t now = monotonic_now_ns();
  if (watchdog_ns_ > 0 && now - told_ns_ >= watchdog_ns_ / 4) {
    state += "WATCHDOG=1\n";
    told_ns_ = now;
  }
  if (text != told_) state += "STATUS=" + text + "\n";
  if (state.empty()) return;
  send(state);
  told_ = text;
}

// systemd.exec(5): "device:inode" of the stream.
bool is_journal(int fd) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(fd, &status) != 0) return false;
  return std::string_view(stream) == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

}  // namespace ringtap
