// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The terminal as a screen of its own for what a live run shows each second, and single keys from it. The terminal
// becomes what it was at leave(), and also if this process is killed: a helper process changes its mode and sees the
// end. Messages on standard error wait meanwhile (command/messages.hpp). Owns the helper; one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"
#include "sandbox/helper_process.hpp"

namespace ringtap {

class Screen {
 public:
  // Null where standard output is no terminal that obeys escapes, or this process is in its background. Before threads
  // are started and rights are given up. Nothing is changed before the first show().
  static Result<std::unique_ptr<Screen>> prepare();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen() { leave(); }

  struct Size {
    std::size_t lines;
    std::size_t columns;
  };
  [[nodiscard]] static Size size();
  // Lines that do not fit are cut, and so are those that are too many. Plain text, but for colours.
  void show(std::string_view text);
  // The next key, 0 if none was pressed.
  [[nodiscard]] char key();
  // The terminal is what it was. Idempotent.
  void leave();

 private:
  Screen(UniqueFd keyboard, HelperProcess helper);

  UniqueFd keyboard_;  // none: it is no terminal
  HelperProcess helper_;
  bool is_shown_ = false;
  bool is_over_ = false;
};

}  // namespace ringtap
