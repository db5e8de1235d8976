// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the terminal of this run understands, by the environment: escapes, colours, UTF-8; and the colours themselves,
// by what they mean. Text from outside must be plain (base/plain_text.hpp) before a colour is put around it. Reads the
// environment, so that it belongs before threads; any thread.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/plain_text.hpp"
#include "ringtap/text_style.hpp"

namespace ringtap {

inline std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// Not a file, a pipe, or one like an editor's that shows escapes as they are.
inline bool obeys_escapes(int fd) {
  const std::string_view term = environment("TERM");
  return !term.empty() && term != "dumb" && ::isatty(fd) == 1;
}

// no-color.org: any value but an empty one; what is asked for on the command line counts more.
inline bool wants_color(ColorChoice choice, int fd) {
  if (choice != ColorChoice::kAuto) return choice == ColorChoice::kAlways;
  return environment("NO_COLOR").empty() && obeys_escapes(fd);
}

// The first of the three that is set decides, locale(7).
inline bool takes_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (!value.empty()) {
      return value.find("UTF-8") != std::string_view::npos || value.find("utf8") != std::string_view::npos;
    }
  }
  return false;
}

enum class Color { kPlain, kFaint, kStrong, kRed, kGreen, kYellow, kBlue, kMagenta, kCyan };

// ECMA-48's SGR: of eight colours, so that they are those of the user's theme.
constexpr std::string_view escape_of(Color color) {
  switch (color) {
    case Color::kPlain:
      return "\x1b[0m";
    case Color::kFaint:
      return "\x1b[2m";
    case Color::kStrong:
      return "\x1b[1m";
    case Color::kRed:
      return "\x1b[31m";
    case Color::kGreen:
      return "\x1b[32m";
    case Color::kYellow:
      return "\x1b[33m";
    case Color::kBlue:
      return "\x1b[34m";
    case Color::kMagenta:
      return "\x1b[35m";
    case Color::kCyan:
      return "\x1b[36m";
  }
  return "";
}

inline std::string colored(std::string_view text, Color color, bool has_color) {
  if (!has_color || text.empty() || color == Color::kPlain) return std::string(text);
  return std::string(escape_of(color)).append(text).append(escape_of(Color::kPlain));
}

// The part of a line that takes at most `columns`; escapes of colours take none, every other character one.
inline std::string fitting_line(std::string_view line, std::size_t columns) {
  std::string text;
  bool is_colored = false;
  while (!line.empty()) {
    if (line.starts_with("\x1b[")) {
      const std::size_t size = line.find('m') + 1;
      text += line.substr(0, size);
      is_colored = line.substr(0, size) != escape_of(Color::kPlain);
      line.remove_prefix(size == 0 ? line.size() : size);
      continue;
    }
    if (columns-- == 0) break;
    const std::size_t size = utf8_length(line);
    text += size == 0 ? std::string_view("?") : line.substr(0, size);
    line.remove_prefix(size == 0 ? 1 : size);
  }
  if (is_colored) text += escape_of(Color::kPlain);
  return text;
}

}  // namespace ringtap
