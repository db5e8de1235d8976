// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/screen.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/terminal.hpp"
#include "base/write_all.hpp"
#include "command/messages.hpp"
#include "sandbox/user.hpp"

namespace ringtap {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J";  // another screen, no cursor, empty
constexpr std::string_view kLeave = "\x1b[0m\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kToEndOfLine = "\x1b[K\n";
constexpr std::string_view kToEndOfScreen = "\x1b[J";

constexpr std::string_view kEntered = "enter";
constexpr std::string_view kLeft = "leave";

bool write_to(int fd, std::string_view text) {
  return write_all(fd, std::as_bytes(std::span(text)), false).error == 0;
}

// In the helper process: what was changed, and how it was.
struct Terminal {
  int keyboard;
  int display;
  std::atomic<bool> is_entered = false;
  std::mutex ending;
  termios before{};
  termios ours{};

  // Keys come one by one and are not shown. Ctrl-C still ends the run; Ctrl-Z does nothing, since the screen would stay
  // as it is while the run is stopped.
  void enter() {
    if (keyboard >= 0 && ::tcgetattr(keyboard, &before) == 0) {
      ours = before;
      ours.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      ours.c_cc[VMIN] = 1;
      ours.c_cc[VTIME] = 0;
      ours.c_cc[VSUSP] = _POSIX_VDISABLE;
      ::tcsetattr(keyboard, TCSANOW, &ours);
    }
    is_entered = true;
  }
  void restore_mode() const {
    termios now{};
    if (keyboard < 0 || ::tcgetattr(keyboard, &now) != 0) return;
    // After a killed run the shell may have been faster.
    if (now.c_lflag == ours.c_lflag) ::tcsetattr(keyboard, TCSANOW, &before);
  }
  HelperProcess::Answer serve(std::string_view request) {
    if (request == kEntered) {
      enter();
    } else if (is_entered.exchange(false)) {
      restore_mode();
    }
    return {};
  }
  // Nobody said that it is over. Of two threads that come here the second waits, since it ends the process.
  void end() {
    const std::lock_guard lock(ending);
    if (!is_entered.exchange(false)) return;
    restore_mode();  // first, since a terminal that nobody reads from takes no more text
    (void)write_to(display, kLeave);
  }
};

bool is_in_foreground(int fd) {
  const pid_t group = ::tcgetpgrp(fd);
  return group < 0 || group == ::getpgrp();
}

}  // namespace

Result<std::unique_ptr<Screen>> Screen::prepare() {
  if (!obeys_escapes(STDOUT_FILENO) || !is_in_foreground(STDOUT_FILENO)) return std::unique_ptr<Screen>();
  const bool has_keys = ::isatty(STDIN_FILENO) == 1 && is_in_foreground(STDIN_FILENO);
  UniqueFd keyboard(has_keys ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : -1);
  const UniqueFd display(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  if (!display) return Error::from_errno(errno, "use the terminal");
  auto terminal = std::make_shared<Terminal>();
  terminal->keyboard = keyboard.get();
  terminal->display = display.get();
  std::vector<int> files = {display.get()};
  if (keyboard) files.push_back(keyboard.get());
  auto helper =
      HelperProcess::start({.name = "ringtap-screen",
                            .without = "the terminal may have to be put right with reset(1)",
                            .files = std::move(files),
                            .prepare = [] { return keep_only(0); },
                            .serve = [terminal](std::string_view request) { return terminal->serve(request); },
                            .end = [terminal] { terminal->end(); }});
  if (!helper) return helper.take_error();
  return std::unique_ptr<Screen>(new Screen(std::move(keyboard), helper.take()));
}

Screen::Screen(UniqueFd keyboard, HelperProcess helper) : keyboard_(std::move(keyboard)), helper_(std::move(helper)) {}

Screen::Size Screen::size() {
  winsize size{};
  constexpr std::size_t kLines = 24;
  constexpr std::size_t kColumns = 80;
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return {kLines, kColumns};
  return {size.ws_row, size.ws_col};
}

void Screen::show(std::string_view text) {
  if (is_over_) return;
  std::string shown;
  if (!std::exchange(is_shown_, true)) {
    (void)helper_.ask(kEntered);
    hold_messages();
    shown = kEnter;
  }
  const auto [lines, columns] = size();
  shown += kHome;
  for (std::size_t line = 0, at = 0; at < text.size() && line + 1 < lines; ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    shown.append(fitting_line(text.substr(at, end - at), columns)).append(kToEndOfLine);
    at = end + 1;
  }
  shown += kToEndOfScreen;
  (void)write_to(STDOUT_FILENO, shown);
}

char Screen::key() {
  char key = 0;
  pollfd keyboard{.fd = keyboard_.get(), .events = POLLIN, .revents = 0};
  if (is_over_ || !is_shown_ || !keyboard_ || ::poll(&keyboard, 1, 0) != 1 || (keyboard.revents & POLLIN) == 0)
    return 0;
  return ::read(keyboard_.get(), &key, 1) == 1 ? key : '\0';
}

void Screen::leave() {
  if (std::exchange(is_over_, true) || !is_shown_) return;
  (void)write_to(STDOUT_FILENO, kLeave);
  (void)helper_.ask(kLeft);
  release_messages();
}

}  // namespace ringtap
