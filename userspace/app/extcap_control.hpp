// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The pipes of Wireshark's toolbar for a capture by extcap(4): shows how many packets were lost, and says it in the
// status bar when more are. What the toolbar sends is read and has no meaning here. Never waits for Wireshark. Owns the
// pipes, which are opened before the sandbox. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

// A message for the toolbar: "T", a length of three bytes, the control, the command, the payload.
enum class ToolbarCommand : std::uint8_t { kSet = 1, kStatusBar = 6 };
std::string toolbar_message(std::uint8_t control, ToolbarCommand command, std::string_view payload);

class ExtcapControl {
 public:
  // Paths may be empty: there is no toolbar.
  static Result<ExtcapControl> open(const std::string& in, const std::string& out);
  void show(std::uint64_t lost);

 private:
  void send(const std::string& message) const;

  UniqueFd in_;
  UniqueFd out_;
  std::uint64_t shown_ = ~std::uint64_t{0};
};

}  // namespace ringtap
