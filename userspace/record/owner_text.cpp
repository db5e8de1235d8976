// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/owner_text.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/number_text.hpp"
#include "base/plain_text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kShownOfId = 12;  // as docker ps(1) does

std::string container_text(const Process& process) {
  if (!process.container_name.empty()) return plain_line(process.container_name);
  return plain_line(process.container).substr(0, kShownOfId);
}

template <class Number>
void read_number(std::string_view text, Number& value, int base = 10) {
  std::from_chars(text.data(), text.data() + text.size(), value, base);
}

// As part of a word.
void append_escaped(std::string& text, std::string_view value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '%') {
      text += c;
    } else {
      text.append(1, '%').append(1, kDigits[byte >> 4U]).append(1, kDigits[byte & 0xfU]);
    }
  }
}

std::string unescaped(std::string_view word) {
  std::string value;
  while (!word.empty()) {
    unsigned byte = 0;
    const bool is_escape =
        word[0] == '%' && word.size() >= 3 && std::from_chars(&word[1], &word[1] + 2, byte, 16).ptr == &word[1] + 2;
    value += is_escape ? static_cast<char>(byte) : word[0];
    word.remove_prefix(is_escape ? 3 : 1);
  }
  return value;
}

void append_text(std::string& text, std::string_view key, std::string_view value) {
  if (!value.empty()) append_escaped(text.append(key), value);
}

// Calls `use` with each name and value of "name=value name=value".
template <class Use>
void each_word(std::string_view words, Use use) {
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    if (const std::size_t equals = word.find('='); equals != std::string_view::npos) {
      use(word.substr(0, equals), word.substr(equals + 1));
    }
  }
}

void append_owner(std::string& text, std::string_view name, const Owner& owner) {
  if (owner.kind == OwnerKind::kNotAsked) return;
  if (!text.empty()) text += ' ';
  text.append(name).append(kOwnerKindNames[static_cast<std::size_t>(owner.kind)]);
  if (!names_process(owner.kind)) return;
  append_number(text.append(","), owner.key, 16);
  append_number(text.append(","), owner.uid);
  if (owner.thread != 0 || owner.shared != 0) append_number(text.append(","), owner.thread);
  if (owner.shared != 0) append_number(text.append(","), owner.shared);
}

Owner read_owner(std::string_view value) {
  const auto next = [&value] {
    const std::string_view part = value.substr(0, value.find(','));
    value.remove_prefix(std::min(part.size() + 1, value.size()));
    return part;
  };
  Owner owner;
  const auto* const kind = std::find(kOwnerKindNames.begin(), kOwnerKindNames.end(), next());
  if (kind == kOwnerKindNames.end()) return owner;
  owner.kind = static_cast<OwnerKind>(kind - kOwnerKindNames.begin());
  if (!names_process(owner.kind)) return owner;
  read_number(next(), owner.key, 16);
  read_number(next(), owner.uid);
  read_number(next(), owner.thread);
  read_number(next(), owner.shared);
  return owner;
}

}  // namespace

void make_texts(Process& process) {
  process.name_text = plain_line(process.comm) + " " + std::to_string(process.pid);
  std::string& place = process.place_text;
  place.clear();
  if (!process.container.empty()) place += ", container " + container_text(process);
  if (!process.pod.empty()) place += ", pod " + plain_line(process.pod);
  if (!process.netns_name.empty()) place += ", netns " + plain_line(process.netns_name);
}

std::string_view words_before_process(OwnerKind kind) {
  switch (kind) {
    case OwnerKind::kListener:
      return "listener: ";
    case OwnerKind::kClosed:
      return "closed: ";
    case OwnerKind::kTun:
      return "tun: ";
    default:
      return "";
  }
}

std::string owner_text(const Owner& owner) {
  if (owner.kind == OwnerKind::kKernel) return "kernel";
  if (!names_process(owner.kind)) return "";
  std::string text(words_before_process(owner.kind));
  const Process* const process = owner.process.get();
  text += process == nullptr ? "process " + std::to_string(pid_of(owner.key)) : process->name_text;
  text += " uid " + std::to_string(owner.uid);
  return process == nullptr ? text : text + process->place_text;
}

void append_process_comment(std::string& text, const Process& process) {
  append_number(text.append("process "), process.pid);
  text.append(": ").append(plain_line(process.comm)).append(process.place_text);
  if (!process.cgroup_path.empty()) text.append(", cgroup ").append(plain_line(process.cgroup_path));
}

void append_process_words(std::string& text, const Process& process) {
  append_number(text.append("process="), process.key, 16);
  append_text(text, " comm=", process.comm);
  if (process.netns != 0) append_number(text.append(" netns="), process.netns);
  append_text(text, " netns_name=", process.netns_name);
  if (process.cgroup != 0) append_number(text.append(" cgroup="), process.cgroup);
  append_text(text, " cgroup_path=", process.cgroup_path);
  append_text(text, " runtime=", process.runtime);
  append_text(text, " container=", process.container);
  append_text(text, " container_name=", process.container_name);
  append_text(text, " pod=", process.pod);
}

Process read_process_words(std::string_view words) {
  Process process;
  each_word(words, [&process](std::string_view name, std::string_view value) {
    if (name == "process") {
      read_number(value, process.key, 16);
      process.pid = pid_of(process.key);
    } else if (name == "netns") {
      read_number(value, process.netns);
    } else if (name == "cgroup") {
      read_number(value, process.cgroup);
    }
    for (const auto& [known, text] :
         {std::pair{"comm", &process.comm}, std::pair{"netns_name", &process.netns_name},
          std::pair{"cgroup_path", &process.cgroup_path}, std::pair{"runtime", &process.runtime},
          std::pair{"container", &process.container}, std::pair{"container_name", &process.container_name},
          std::pair{"pod", &process.pod}}) {
      if (name == known) *text = unescaped(value);
    }
  });
  return process;
}

void append_owner_words(std::string& text, const Owners& owners) {
  append_owner(text, "from=", owners.sender);
  append_owner(text, "to=", owners.receiver);
}

Owners read_owner_words(std::string_view words) {
  Owners owners;
  each_word(words, [&owners](std::string_view name, std::string_view value) {
    if (name == "from") owners.sender = read_owner(value);
    if (name == "to") owners.receiver = read_owner(value);
  });
  return owners;
}

}  // namespace ringtap
