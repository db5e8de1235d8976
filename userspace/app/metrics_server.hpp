// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Answers HTTP requests for metrics on a socket, by a thread of its own, so that a slow or silent client costs the
// capture nothing. At most 32 connections, each for at most 5 s. The socket is opened before rights are given up, the
// thread is started after that. Owns both; the destructor ends them. start() by one thread, `metrics` is called by the
// server's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class MetricsServer {
 public:
  // "127.0.0.1:9415", "[::1]:9415", "unix:PATH"; port 0 is any that is free.
  static Result<std::unique_ptr<MetricsServer>> listen(const std::string& address);
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;
  ~MetricsServer();

  // "http://127.0.0.1:9415/metrics", or "unix:PATH".
  [[nodiscard]] const std::string& place() const { return place_; }
  // Whether other hosts can ask.
  [[nodiscard]] bool is_public() const { return is_public_; }
  Result<> start(std::function<std::string()> metrics);

 private:
  MetricsServer(UniqueFd listener, UniqueFd end, std::string place, bool is_public)
      : listener_(std::move(listener)), end_(std::move(end)), place_(std::move(place)), is_public_(is_public) {}
  void serve() const;

  UniqueFd listener_;
  UniqueFd end_;  // an eventfd, readable when the thread is to end
  std::string place_;
  bool is_public_;
  std::function<std::string()> metrics_;
  std::thread thread_;
};

}  // namespace ringtap
