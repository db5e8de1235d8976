// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Promiscuous mode of devices. The kernel counts requests for it and withdraws ours when the socket closes: with
// this object, or with the process, however it ends. Owns that socket. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/thread.hpp"
#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class PromiscuousMode {
 public:
  Result<> add(std::uint32_t ifindex, const std::string& name);
  // For all devices. Another thread closes the socket, for which the kernel waits some milliseconds; the destructor of
  // what is returned waits for that thread.
  std::optional<Meanwhile<>> end();

 private:
  UniqueFd socket_;
  std::vector<std::uint32_t> devices_;
};

}  // namespace ringtap
