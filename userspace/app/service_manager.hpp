// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What systemd is told by a service of Type=notify, sd_notify(3), without its library. Does nothing where no manager
// listens. Owns a socket that is connected from the beginning, since in the sandbox none can be. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "ringtap/unique_fd.hpp"

namespace ringtap {

class ServiceManager {
 public:
  // Of the environment, from which the variables are removed: helper processes are not the service.
  static ServiceManager of_environment();

  [[nodiscard]] bool listens() const { return static_cast<bool>(socket_); }
  // The service has started, or has done what it was asked to reload.
  void ready(const std::string& status) const;
  void reloading() const;
  void stopping() const;
  // To be called at least once a second; also says that the service is alive, as often as the manager wants.
  void status(const std::string& text);

 private:
  void send(const std::string& state) const;

  UniqueFd socket_;
  std::uint64_t watchdog_ns_ = 0;  // how often it wants to hear; 0: never
  std::uint64_t told_ns_ = 0;
  std::string told_;
};

// Whether what is written to this descriptor goes to the journal, which takes "<4>" in front of a line for its
// priority.
bool is_journal(int fd);

}  // namespace ringtap
