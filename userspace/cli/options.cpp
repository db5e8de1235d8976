// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "cli/options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/interpretation.hpp"
#include "cli/option_table.hpp"
#include "cli/words.hpp"
#include "ringtap/version.hpp"

namespace ringtap {
namespace {

// With --who what follows "--" is a command to start; else it belongs to the expression.
std::vector<std::string> take_command(std::vector<std::string>& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  if (end == arguments.end() || std::find(arguments.begin(), end, "--who") == end) return {};
  std::vector<std::string> command(std::next(end), arguments.end());
  arguments.erase(end, arguments.end());
  return command;
}

struct Declared {
  const OptionRow* row;
  const CLI::Option* option;
};

std::string_view first_name(std::string_view names) {
  return names.substr(0, names.find(','));
}

std::string help_of(const OptionRow& row, const Options& defaults) {
  std::string help = row.help;
  if (row.default_text != nullptr) help += "; default " + row.default_text(defaults);
  return help;
}

std::vector<Declared> declare(CLI::App& app, Form form, const Options& defaults) {
  std::vector<Declared> declared;
  for (const OptionRow& row : option_table()) {
    if ((row.forms & form) == 0) continue;
    const bool is_flag = row.value_word == nullptr;
    CLI::Option* option = is_flag ? app.add_flag(row.names) : app.add_option(row.names);
    option->description(help_of(row, defaults));
    if (!is_flag) {
      // All values of one that is repeated are wanted: aliases depend on the last one counting, as with getopt(3).
      option->type_name(row.value_word)->type_size(1)->expected(1);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
    option->group(std::string(group_title(row.group, form)));
    declared.push_back({&row, option});
  }
  return declared;
}

// An option that does not exist, with the one that is meant.
Error unknown_option(const CLI::App& app, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // refused
    for (const std::string& other : option->get_lnames()) known.push_back("--" + other);
  }
  Error error = usage(name + ": no such option");
  const std::string_view meant = name.starts_with("--") ? nearest(name, known) : "";
  return meant.empty() ? std::move(error) : std::move(error).hint("did you mean " + std::string(meant) + "?");
}

// Long options may be cut as far as they stay distinct, as with getopt_long(3). `words` are those of a command line.
Result<> complete_abbreviations(const CLI::App& app, std::vector<std::string>& words) {
  for (std::string& word : words) {
    if (word == "--") break;
    const std::string name = word.substr(0, word.find('='));
    if (!name.starts_with("--")) continue;
    std::map<const CLI::Option*, std::string> meant;
    bool is_whole = false;
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& known : option->get_lnames()) {
        if ("--" + known == name) is_whole = true;
        if (("--" + known).starts_with(name)) meant.emplace(option, "--" + known);
      }
    }
    if (is_whole || meant.empty()) continue;
    if (meant.size() == 1) {
      word.replace(0, name.size(), meant.begin()->second);
      continue;
    }
    std::set<std::string> names;
    for (const auto& [option, full] : meant) names.insert(full);
    std::string list;
    for (const std::string& full : names) list += (list.empty() ? "" : ", ") + full;
    return usage(name + ": more than one option begins so: " + list);
  }
  return ok();
}

// A flag would take "=VALUE" and not tell that it means nothing.
Result<> refuse_values_of_flags(const std::vector<Declared>& declared, const std::vector<std::string>& words) {
  std::set<std::string_view> flags = {"--help", "--version"};
  for (const auto& [row, option] : declared) {
    if (row->value_word != nullptr || row->may_have_value) continue;
    for (std::string_view names = row->names; !names.empty();) {
      const std::string_view name = first_name(names);
      flags.insert(name);
      names.remove_prefix(std::min(names.size(), name.size() + 1));
    }
  }
  for (const std::string& word : words) {
    if (word == "--") break;
    const std::string name = word.substr(0, word.find('='));
    if (name.size() < word.size() && flags.contains(name)) return usage(word + ": " + name + " takes no value");
  }
  return ok();
}

// "--json=fields LIST" is "--json=LIST".
void join_json_fields(std::vector<std::string>& words) {
  const auto found = std::find(words.begin(), std::find(words.begin(), words.end(), "--"), "--json=fields");
  if (found == words.end() || *found == "--" || std::next(found) == words.end()) return;
  *found = "--json=" + *std::next(found);
  words.erase(std::next(found));
}

Result<> set_all(Draft& draft, const std::vector<Declared>& declared) {
  for (const auto& [row, option] : declared) {
    if (option->count() == 0) continue;
    std::vector<std::string> values;
    if (row->value_word != nullptr || row->may_have_value) values = option->results();
    if (row->may_have_value) std::erase(values, "true");  // CLI11's word for a flag without a value
    if (std::any_of(values.begin(), values.end(), [](const std::string& value) { return value.empty(); })) {
      return usage(option->get_name() + ": the value is empty");
    }
    if (row->acts_on == ActsOn::kCaptures) draft.for_captures = first_name(row->names);
    if (row->acts_on == ActsOn::kFiles) draft.for_files = first_name(row->names);
    const Given given{.name = first_name(row->names), .values = values, .times = static_cast<int>(option->count())};
    if (auto set = row->set(draft, given); !set) return set;
  }
  return ok();
}

// What is asked of the agents of other hosts, who check it: the options that say which packets to capture.
void keep_capture_options(Draft& draft, const std::vector<Declared>& declared) {
  for (const auto& [row, option] : declared) {
    const bool is_of_capture = row->group == OptionGroup::kInput || row->group == OptionGroup::kFilter;
    const std::string_view names = row->names;
    if (!is_of_capture || option->count() == 0 || names == "-F") continue;  // the file of -F is read here
    const std::string name(names.substr(names.rfind(',') + 1));
    if (row->value_word == nullptr) draft.options.fleet.capture_options.push_back(name);
    if (row->value_word == nullptr) continue;
    for (const std::string& value : option->results()) {
      // One letter takes its value without a sign in between.
      draft.options.fleet.capture_options.push_back(name + (name.starts_with("--") ? "=" : "") + value);
    }
  }
}

const FormRow& form_of(std::string_view word) {
  const std::span<const FormRow> forms = form_table();
  const auto found = std::find_if(forms.begin(), forms.end(), [&](const FormRow& row) { return row.word == word; });
  return found == forms.end() ? forms.front() : *found;
}

Options show_text(std::string text) {
  Options options;
  options.action = Action::kShowText;
  options.text = std::move(text);
  return options;
}

}  // namespace

Result<Options> parse_options(int argc, const char* const* argv) {
  const bool is_extcap =
      std::any_of(argv, argv + argc, [](std::string_view word) { return word.starts_with("--extcap-"); });
  const FormRow& row_of_form = is_extcap ? extcap_form() : form_of(argc > 1 ? argv[1] : "");
  const Form form = row_of_form.form;
  std::string name = "ringtap";
  if (!row_of_form.word.empty()) {
    name += " " + std::string(row_of_form.word);
    --argc;
    ++argv;
  }
  Draft draft{.options = default_options(form)};
  CLI::App app(row_of_form.about, name);
  app.option_defaults()->always_capture_default(false);
  app.set_help_flag("-h,--help", "show this text and exit");
  app.set_version_flag("--version", version_text(),
                       "show the versions of the program, its libraries and the kernel, and exit");
  const std::vector<Declared> declared = declare(app, form, draft.options);
  std::vector<std::string> words;
  if (row_of_form.folder != nullptr) app.add_option("folder", draft.options.folder, row_of_form.folder)->type_name("");
  app.add_option("expression", words, "filter, see pcap-filter(7)")->type_name("");
  std::string refused;
  for (const RefusedRow& row : refused_options()) {
    if ((row.forms & form) == 0) continue;
    app.add_flag_callback(row.names,
                          [&refused, &row] {
                            if (refused.empty()) refused = std::string(first_name(row.names)) + ": " + row.reason;
                          })
        ->group("");
  }
  std::vector<std::string> arguments(argv + 1, argv + argc);
  join_json_fields(arguments);
  if (auto completed = complete_abbreviations(app, arguments); !completed) return completed.take_error();
  if (auto checked = refuse_values_of_flags(declared, arguments); !checked) return checked.take_error();
  if ((form & kRecordingForms) != 0) draft.options.command = take_command(arguments);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return show_text(app.help());
  } catch (const CLI::CallForVersion&) {
    draft.options.action = Action::kShowVersion;
    const auto is_verbose = [](std::string_view word) { return word == "--verbose" || word == "-v"; };
    if (std::any_of(argv + 1, argv + argc, is_verbose)) draft.options.text_style.dissect.verbosity = 1;
    return std::move(draft.options);
  } catch (const CLI::ExtrasError&) {
    return unknown_option(app, app.remaining().front());
  } catch (const CLI::ParseError& error) {
    return usage(error.what());
  }
  if (!refused.empty()) return usage(refused);
  if (auto set = set_all(draft, declared); !set) return set.take_error();
  if (form == kFleetForm) keep_capture_options(draft, declared);
  if (!words.empty() && words.back().empty()) return usage("expression: the value is empty");
  std::string expression;
  for (const std::string& word : words) expression += (expression.empty() ? "" : " ") + word;
  return interpret(std::move(draft), form, expression);
}

}  // namespace ringtap
