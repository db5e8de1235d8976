// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "cli/completions.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "cli/option_table.hpp"
#include "ringtap/tap.hpp"

namespace ringtap {
namespace {

// Of a row: "-s", "--snapshot-length".
std::vector<std::string> names_of(const OptionRow& row) {
  std::vector<std::string> names;
  for (std::string_view list = row.names; !list.empty();) {
    const std::size_t comma = std::min(list.find(','), list.size());
    names.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return names;
}

constexpr const char* kCommonOptions = "-h --help --version";

// What a value is, from its word in the help.
enum class ValueKind { kNone, kFile, kFolder, kInterface, kUser, kTaps, kWords, kOther };

ValueKind kind_of(const OptionRow& row) {
  if (row.value_word == nullptr) return ValueKind::kNone;
  const std::string_view word = row.value_word;
  if (std::string_view(row.names).starts_with("--tap")) return ValueKind::kTaps;
  if (word == "FILE") return ValueKind::kFile;
  if (word == "DIR") return ValueKind::kFolder;
  if (word == "IF") return ValueKind::kInterface;
  if (word == "USER") return ValueKind::kUser;
  // "on|off" are words, "NAME|ID" are not.
  const bool has_words = word.find('|') != std::string_view::npos &&
                         std::none_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return has_words ? ValueKind::kWords : ValueKind::kOther;
}

// "on|off" is "on off".
std::string words_of(std::string_view alternatives) {
  std::string words(alternatives);
  for (char& c : words) {
    if (c == '|') c = ' ';
  }
  return words;
}

std::string without_commas(const std::string& text) {
  std::string words;
  for (const char c : text) {
    if (c != ',') words += c;
  }
  return words;
}

std::string form_words() {
  std::string words;
  for (const FormRow& form : form_table()) {
    if (!form.word.empty()) words.append(words.empty() ? "" : " ").append(form.word);
  }
  return words;
}

std::string help_of(const OptionRow& row) {
  return row.help;
}

// --- bash ---

std::string bash_values() {
  std::string text;
  std::set<std::string> known;
  for (const OptionRow& row : option_table()) {
    if (row.value_word == nullptr || row.forms == kExtcapForm) continue;
    std::string names;
    for (const std::string& name : names_of(row)) {
      // Of several forms the first has the value's kind.
      if (known.insert(name).second) names.append(names.empty() ? "" : "|").append(name);
    }
    std::string reply;
    switch (kind_of(row)) {
      case ValueKind::kFile:
        reply = "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")";
        break;
      case ValueKind::kFolder:
        reply = "[[ $form == record ]] && { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); }";
        break;
      case ValueKind::kInterface:
        reply = "mapfile -t COMPREPLY < <(compgen -W \"any $(ls /sys/class/net 2>/dev/null)\" -- \"$cur\")";
        break;
      case ValueKind::kUser:
        reply = "mapfile -t COMPREPLY < <(compgen -u -- \"$cur\")";
        break;
      case ValueKind::kTaps:
        reply = "mapfile -t COMPREPLY < <(compgen -W \"" + without_commas(tap_words(kCaptureTaps)) + "\" -- \"$cur\")";
        break;
      case ValueKind::kWords:
        reply = "mapfile -t COMPREPLY < <(compgen -W \"" + words_of(row.value_word) + "\" -- \"$cur\")";
        break;
      case ValueKind::kOther:
        reply = ":";
        break;
      case ValueKind::kNone:
        continue;
    }
    if (names.empty()) continue;
    text += "\t" + names + ") " + reply + "; return ;;\n";
  }
  return text;
}

std::string bash_completions() {
  std::string text =
      "# bash completion for ringtap(8), made from its table of options\n"
      "_ringtap() {\n"
      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} form=''\n"
      "\tlocal options\n"
      "\tCOMPREPLY=()\n"
      "\tcase ${COMP_WORDS[1]} in\n";
  for (const FormRow& form : form_table()) {
    if (!form.word.empty()) text.append("\t").append(form.word).append(") form=").append(form.word).append(" ;;\n");
  }
  text += "\tesac\n\tcase $form in\n";
  for (const FormRow& form : form_table()) {
    std::string names = kCommonOptions;
    for (const OptionRow& row : option_table()) {
      if ((row.forms & form.form) == 0) continue;
      for (const std::string& name : names_of(row)) names += " " + name;
    }
    text.append("\t").append(form.word.empty() ? "''" : form.word).append(") options='").append(names).append("' ;;\n");
  }
  return text + "\tesac\n\tcase $prev in\n" + bash_values() +
         "\tesac\n"
         "\tif [[ $cur == -* ]]; then\n"
         "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
         "\telif ((COMP_CWORD == 1)); then\n"
         "\t\tmapfile -t COMPREPLY < <(compgen -W '" +
         form_words() +
         "' -- \"$cur\")\n"
         "\telif [[ $form == query || $form == trigger ]] && ((COMP_CWORD == 2)); then\n"
         "\t\tcompopt -o filenames\n"
         "\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
         "\tfi\n"
         "}\n"
         "complete -F _ringtap ringtap\n";
}

// --- zsh ---

// Inside single quotes, in brackets.
std::string zsh_quoted(const std::string& text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted;
}

std::string zsh_action(const OptionRow& row) {
  switch (kind_of(row)) {
    case ValueKind::kNone:
      return "";
    case ValueKind::kFile:
      return ":file:_files";
    case ValueKind::kFolder:
      return ":folder:_files -/";
    case ValueKind::kInterface:
      return ":interface:_net_interfaces";
    case ValueKind::kUser:
      return ":user:_users";
    case ValueKind::kTaps:
      return ":tap:(" + without_commas(tap_words(kCaptureTaps)) + ")";
    case ValueKind::kWords:
      return ":value:(" + words_of(row.value_word) + ")";
    case ValueKind::kOther:
      break;
  }
  return ":" + zsh_quoted(row.value_word) + ": ";
}

std::string zsh_completions() {
  std::string text =
      "#compdef ringtap\n"
      "# made from the table of options of ringtap(8)\n"
      "_ringtap() {\n"
      "  local -a options\n"
      "  options=('(-h --help)'{-h,--help}'[show the help]' '--version[show versions]')\n"
      "  case ${words[2]} in\n";
  std::string last;
  for (const FormRow& form : form_table()) {
    std::string options;
    for (const OptionRow& row : option_table()) {
      if ((row.forms & form.form) == 0) continue;
      for (const std::string& name : names_of(row)) {
        // A value may be in the same word after a short name, and after '=' with a long one.
        const std::string suffix = row.value_word == nullptr ? "" : name.starts_with("--") ? "=" : "+";
        options += "      '*" + name + suffix + "[" + zsh_quoted(help_of(row)) + "]" + zsh_action(row) + "'\n";
      }
    }
    std::string& part = form.word.empty() ? last : text;
    part.append("  ").append(form.word.empty() ? "*" : form.word).append(")\n    options+=(\n");
    part.append(options).append("    ) ;;\n");
  }
  return text + last +
         "  esac\n"
         "  _arguments -s \"${options[@]}\" '1:command:(" +
         form_words() + ")' '*:argument:_files'\n}\n_ringtap \"$@\"\n";
}

// --- fish ---

std::string fish_quoted(const std::string& text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return "'" + quoted + "'";
}

std::string fish_values(const OptionRow& row) {
  switch (kind_of(row)) {
    case ValueKind::kNone:
      return "";
    case ValueKind::kFile:
      return " -r -F";
    case ValueKind::kFolder:
      return " -x -a '(__fish_complete_directories)'";
    case ValueKind::kInterface:
      return " -x -a 'any (command ls /sys/class/net)'";
    case ValueKind::kUser:
      return " -x -a '(__fish_complete_users)'";
    case ValueKind::kTaps:
      return " -x -a '" + without_commas(tap_words(kCaptureTaps)) + "'";
    case ValueKind::kWords:
      return " -x -a '" + words_of(row.value_word) + "'";
    case ValueKind::kOther:
      break;
  }
  return " -x";
}

std::string fish_completions() {
  std::string text = "# fish completion for ringtap(8), made from its table of options\n";
  const std::string words = form_words();
  for (const FormRow& form : form_table()) {
    const std::string condition = form.word.empty() ? "not __fish_seen_subcommand_from " + words
                                                    : "__fish_seen_subcommand_from " + std::string(form.word);
    if (!form.word.empty()) {
      text.append("complete -c ringtap -n __fish_use_subcommand -a ").append(form.word).append(" -d ");
      text += fish_quoted(std::string(form.about).substr(0, std::string_view(form.about).find_first_of(".:\n"))) + "\n";
    }
    for (const OptionRow& row : option_table()) {
      if ((row.forms & form.form) == 0) continue;
      text += "complete -c ringtap -n '" + condition + "'";
      for (const std::string& name : names_of(row)) {
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s '" + name.substr(1) + "'";
      }
      text += fish_values(row) + " -d " + fish_quoted(help_of(row)) + "\n";
    }
  }
  return text +
         "complete -c ringtap -s h -l help -d 'show the help'\ncomplete -c ringtap -l version -d 'show versions'\n";
}

}  // namespace

std::string completions(Shell shell) {
  switch (shell) {
    case Shell::kBash:
      return bash_completions();
    case Shell::kZsh:
      return zsh_completions();
    case Shell::kFish:
      return fish_completions();
  }
  return "";
}

}  // namespace ringtap
