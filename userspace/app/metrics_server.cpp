// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/metrics_server.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "app/metrics_text.hpp"
#include "base/now.hpp"
#include "base/thread.hpp"

namespace ringtap {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::size_t kMostConnections = 32;
constexpr std::uint64_t kPatienceNs = 5 * kNsPerSecond;

Error wrong_address(const std::string& address) {
  return Error("--metrics " + address + ": not an address", ErrorKind::kUsage)
      .hint("127.0.0.1:9415, [::1]:9415, or unix:PATH");
}

struct Listening {
  UniqueFd socket;
  std::string place;
  bool is_public = false;
};

// A socket that a process left behind which was killed; nobody answers there.
bool is_left_behind(const sockaddr_un& name) {
  struct stat status {};
  if (::lstat(name.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0 && errno == ECONNREFUSED;
}

Result<Listening> listen_at_path(const std::string& address) {
  const std::string path = address.substr(kUnix.size());
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(name.sun_path)) return wrong_address(address);
  std::copy(path.begin(), path.end(), name.sun_path);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return Error::from_errno(errno, "--metrics " + address);
  if (is_left_behind(name)) ::unlink(path.c_str());
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0) {
    return Error::from_errno(errno, "--metrics " + address);
  }
  return Listening{.socket = std::move(socket), .place = address};
}

bool is_loopback(const sockaddr_storage& name) {
  if (name.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(name);
    return ntohl(v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(name);
  return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0;
}

std::string place_text(const sockaddr_storage& name, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&name), size, host.data(), host.size(), port.data(), port.size(),
                NI_NUMERICHOST | NI_NUMERICSERV);
  const std::string text = host.data();
  return "http://" + (name.ss_family == AF_INET6 ? "[" + text + "]" : text) + ":" + port.data() + "/metrics";
}

Result<Listening> listen_at_address(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon + 1 == address.size()) return wrong_address(address);
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  addrinfo wanted{};
  wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (host.empty() || ::getaddrinfo(host.c_str(), address.c_str() + colon + 1, &wanted, &found) != 0) {
    return wrong_address(address);
  }
  sockaddr_storage name{};
  socklen_t size = found->ai_addrlen;
  std::memcpy(&name, found->ai_addr, size);
  ::freeaddrinfo(found);
  UniqueFd socket(::socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0) {
    return Error::from_errno(errno, "--metrics " + address);
  }
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&name), &size);
  return Listening{.socket = std::move(socket), .place = place_text(name, size), .is_public = !is_loopback(name)};
}

// One client: what it has asked so far, and what is left to send.
struct Connection {
  UniqueFd socket;
  std::uint64_t due_ns;
  std::string request;
  std::string answer;
  std::size_t sent = 0;
};

// False: the connection has ended.
bool receive(Connection& client, const std::function<std::string()>& metrics) {
  std::array<char, 2048> bytes{};
  const ssize_t count = ::recv(client.socket.get(), bytes.data(), bytes.size(), 0);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  client.request.append(bytes.data(), static_cast<std::size_t>(count));
  if (auto answer = answer_to_request(client.request, metrics)) client.answer = std::move(*answer);
  return true;
}

bool send(Connection& client) {
  const ssize_t count =
      ::send(client.socket.get(), client.answer.data() + client.sent, client.answer.size() - client.sent, MSG_NOSIGNAL);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  client.sent += static_cast<std::size_t>(count);
  return client.sent < client.answer.size();
}

}  // namespace

Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(const std::string& address) {
  auto listening = address.starts_with(kUnix) ? listen_at_path(address) : listen_at_address(address);
  if (!listening) return listening.take_error();
  if (::listen(listening->socket.get(), static_cast<int>(kMostConnections)) != 0) {
    return Error::from_errno(errno, "--metrics " + address);
  }
  UniqueFd end(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!end) return Error::from_errno(errno, "create an eventfd");
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(listening->socket), std::move(end),
                                                          std::move(listening->place), listening->is_public));
}

MetricsServer::~MetricsServer() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(end_.get(), &one, sizeof(one));
  thread_.join();
}

Result<> MetricsServer::start(std::function<std::string()> metrics) {
  metrics_ = std::move(metrics);
  auto thread = start_thread("answers requests for metrics", [this] { serve(); });
  if (!thread) return thread.take_error();
  thread_ = thread.take();
  return ok();
}

void MetricsServer::serve() const {
  std::vector<Connection> clients;
  std::vector<pollfd> waiting;
  for (;;) {
    waiting.assign({{.fd = end_.get(), .events = POLLIN, .revents = 0}});
    const bool has_room = clients.size() < kMostConnections;
    waiting.push_back({.fd = has_room ? listener_.get() : -1, .events = POLLIN, .revents = 0});
    for (const Connection& client : clients) {
      const short events = client.answer.empty() ? POLLIN : POLLOUT;
      waiting.push_back({.fd = client.socket.get(), .events = events, .revents = 0});
    }
    constexpr int kLookAtClocksMs = 1000;
    if (::poll(waiting.data(), waiting.size(), clients.empty() ? -1 : kLookAtClocksMs) < 0 && errno != EINTR) return;
    if (waiting[0].revents != 0) return;
    const std::uint64_t now = monotonic_now_ns();
    for (std::size_t i = 0; i < clients.size(); ++i) {
      Connection& client = clients[i];
      bool goes_on = now < client.due_ns;
      if (goes_on && waiting[i + 2].revents != 0) {
        if (client.answer.empty()) goes_on = receive(client, metrics_);
        if (goes_on && !client.answer.empty()) goes_on = send(client);
      }
      if (!goes_on) client.socket.reset();
    }
    std::erase_if(clients, [](const Connection& client) { return !client.socket; });
    if (waiting[1].revents == 0) continue;
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket) {
      clients.push_back({.socket = std::move(socket), .due_ns = now + kPatienceNs});
    } else if (errno != EAGAIN) {
      ::poll(nullptr, 0, kLookAtClocksMs / 10);  // no descriptor is free: the client waits
    }
  }
}

}  // namespace ringtap
