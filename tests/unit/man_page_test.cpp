// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The man page and -h have every option of the table, and no other.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/option_table.hpp"

namespace ringtap {
namespace {

using Names = std::set<std::string>;

constexpr const char* kCompareSection = ".Ss Where did a packet go";

std::string man_page() {
  const char* root = std::getenv("RINGTAP_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) + "/docs/ringtap.8");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Of lines like ".It Fl s Ar bytes , Fl -snapshot-length Ar bytes".
Names options_of(const std::string& page) {
  Names names;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(".It Fl ")) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      if (word != "Fl") continue;
      words >> word;
      names.insert("-" + word);
    }
  }
  return names;
}

// The list "… are as above": ".Fl B , i , n" and lines like ".Fl -ready-file".
Names shared_options_of(const std::string& section) {
  Names names;
  std::istringstream lines(section.substr(0, section.find("are as above")));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(".Fl ")) continue;
    std::istringstream words(line.substr(4));
    for (std::string word; words >> word;) {
      if (word != ",") names.insert("-" + word);
    }
  }
  return names;
}

void add_names(Names& names, std::string_view list) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    names.insert(std::string(list.substr(0, comma)));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
}

Names table(Form form) {
  Names names;
  for (const OptionRow& row : option_table()) {
    if ((row.forms & form) != 0) add_names(names, row.names);
  }
  return names;
}

TEST(ManPage, HasEveryOptionOfACaptureAndNoOther) {
  const std::string page = man_page();
  const std::size_t compare = page.find(kCompareSection);
  ASSERT_NE(compare, std::string::npos);
  Names expected = table(kCaptureForm);
  add_names(expected, "-h,--help,--version");
  EXPECT_EQ(options_of(page.substr(0, compare)), expected);
}

struct Section {
  Form form;
  const char* title;
};
constexpr std::array kSections = {
    Section{kCompareForm, kCompareSection}, Section{kRecordForm, ".Ss Recording for days"},
    Section{kStatsForm, ".Ss Sums of traffic and of drops"}, Section{kAgentForm, ".Ss Captures at many hosts"},
    Section{kFleetForm, ".Ss The one who asks many hosts"}};

TEST(ManPage, HasEveryOptionOfEachOtherFormAndNoOther) {
  const std::string page = man_page();
  for (const auto& [form, title] : kSections) {
    SCOPED_TRACE(title);
    const std::size_t start = page.find(title);
    ASSERT_NE(start, std::string::npos);
    const std::string section = page.substr(start, page.find("\n.S", start) - start);
    Names found = options_of(section);
    found.merge(shared_options_of(section.substr(section.find(".El"))));
    const Names capture = table(kCaptureForm);
    for (const std::string& name : table(form)) {
      const bool is_long_twin = name.starts_with("--") && capture.contains(name) && !found.contains(name);
      EXPECT_TRUE(is_long_twin || found.contains(name)) << name;
    }
    for (const std::string& name : found) EXPECT_TRUE(table(form).contains(name)) << name;
  }
}

TEST(Help, HasEveryOptionWithItsOwnDefault) {
  for (const auto& [form, word, about, folder] : form_table()) {
    std::vector<const char*> words = {"ringtap", word.data(), "-h"};
    if (form == kCaptureForm) words.erase(words.begin() + 1);
    const auto options = parse_options(static_cast<int>(words.size()), words.data());
    ASSERT_TRUE(options);
    ASSERT_EQ(options->action, Action::kShowText);
    for (const std::string& name : table(form)) EXPECT_NE(options->text.find(name), std::string::npos) << name;
    const std::string snaplen = "default " + std::to_string(default_options(form).capture.snaplen);
    EXPECT_EQ(options->text.find(snaplen) != std::string::npos, table(form).contains("-s"));
    EXPECT_EQ(options->text.find("default 65536") != std::string::npos, table(form).contains("-B"));
  }
}

// A name stands for one option in each form, or is refused there.
TEST(OptionTable, HasEachNameOnce) {
  for (const auto& [form, word, about, folder] : form_table()) {
    std::multiset<std::string> all;
    const auto add = [&](const char* names) {
      Names some;
      add_names(some, names);
      all.insert(some.begin(), some.end());
    };
    for (const OptionRow& row : option_table()) {
      if ((row.forms & form) != 0) add(row.names);
    }
    for (const RefusedRow& row : refused_options()) {
      if ((row.forms & form) != 0) add(row.names);
    }
    for (const std::string& name : all) EXPECT_EQ(all.count(name), 1U) << name;
  }
}

}  // namespace
}  // namespace ringtap
