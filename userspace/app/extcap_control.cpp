// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/extcap_control.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace ringtap {
namespace {

constexpr std::uint8_t kLostControl = 0;  // as --extcap-interfaces lists it
constexpr std::uint8_t kNoControl = 255;

// Neither waits for the other end.
Result<UniqueFd> open_pipe(const std::string& path) {
  if (path.empty()) return UniqueFd();
  UniqueFd pipe(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!pipe) return Error::from_errno(errno, "open the pipe " + path);
  return pipe;
}

}  // namespace

std::string toolbar_message(std::uint8_t control, ToolbarCommand command, std::string_view payload) {
  const std::size_t length = payload.size() + 2;
  std::string message = "T";
  message += static_cast<char>(length >> 16);
  message += static_cast<char>(length >> 8);
  message += static_cast<char>(length);
  message += static_cast<char>(control);
  message += static_cast<char>(command);
  message += payload;
  return message;
}

Result<ExtcapControl> ExtcapControl::open(const std::string& in, const std::string& out) {
  ExtcapControl control;
  auto from = open_pipe(in);
  if (!from) return from.take_error();
  auto to = open_pipe(out);
  if (!to) return to.take_error();
  control.in_ = from.take();
  control.out_ = to.take();
  return control;
}

void ExtcapControl::show(std::uint64_t lost) {
  std::array<char, 1024> ignored{};
  while (in_ && ::read(in_.get(), ignored.data(), ignored.size()) > 0) {
  }
  if (!out_ || lost == shown_) return;
  send(toolbar_message(kLostControl, ToolbarCommand::kSet, std::to_string(lost)));
  if (lost > 0) send(toolbar_message(kNoControl, ToolbarCommand::kStatusBar, std::to_string(lost) + " packets lost"));
  shown_ = lost;
}

// A pipe that is full is one that nobody reads.
void ExtcapControl::send(const std::string& message) const {
  [[maybe_unused]] const auto written = ::write(out_.get(), message.data(), message.size());
}

}  // namespace ringtap
