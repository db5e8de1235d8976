// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Completions have every option of -h in each form, and bash offers them.
#include "cli/completions.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "cli/option_table.hpp"
#include "support/process.hpp"
#include "support/requirements.hpp"
#include "support/wait.hpp"

namespace ringtap {
namespace {

std::set<std::string> names_of(const OptionRow& row) {
  std::set<std::string> names;
  std::istringstream list(row.names);
  for (std::string name; std::getline(list, name, ',');) names.insert(name);
  return names;
}

class Completions : public ::testing::Test {
 protected:
  // What bash offers when TAB is pressed after the last of these words.
  std::set<std::string> offered(const std::string& words) {
    const std::string file = folder_ / "ringtap.bash";
    std::ofstream(file) << completions(Shell::kBash);
    const testing::Finished finished = testing::run(
        {"bash", "-c",
         "source \"$1\"; COMP_WORDS=($2); [[ $2 == *' ' ]] && COMP_WORDS+=(''); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
         "compopt() { :; }; _ringtap; printf '%s\\n' \"${COMPREPLY[@]}\"",
         "bash", file, words});
    EXPECT_EQ(finished.err, "");
    std::set<std::string> lines;
    std::istringstream text(finished.out);
    for (std::string line; std::getline(text, line);) lines.insert(line);
    return lines;
  }

  testing::TempDir folder_;
};

TEST_F(Completions, OfBashHaveEveryOptionOfEachForm) {
  REQUIRE_TOOL("bash");
  for (const FormRow& form : form_table()) {
    SCOPED_TRACE(form.word);
    const std::set<std::string> all = offered("ringtap " + std::string(form.word) + (form.word.empty() ? "-" : " -"));
    std::set<std::string> expected = {"-h", "--help", "--version"};
    for (const OptionRow& row : option_table()) {
      if ((row.forms & form.form) != 0) expected.merge(names_of(row));
    }
    EXPECT_EQ(all, expected);
  }
}

TEST_F(Completions, OfBashOfferCommandsAndValues) {
  REQUIRE_TOOL("bash");
  EXPECT_EQ(offered("ringtap rec"), std::set<std::string>{"record"});
  EXPECT_TRUE(offered("ringtap -i l").contains("lo"));
  EXPECT_EQ(offered("ringtap --tap netf"), std::set<std::string>{"netfilter"});
  EXPECT_EQ(offered("ringtap --sandbox "), (std::set<std::string>{"on", "off"}));
  EXPECT_EQ(offered("ringtap --metrics-f"), std::set<std::string>{"--metrics-file"});
}

// Their files have a line for each option; that these shells offer them readers.completions shows.
TEST_F(Completions, OfZshAndFishHaveEveryOption) {
  const std::string zsh = completions(Shell::kZsh);
  const std::string fish = completions(Shell::kFish);
  for (const OptionRow& row : option_table()) {
    if (row.forms == kExtcapForm) continue;
    for (const std::string& name : names_of(row)) {
      EXPECT_NE(zsh.find("'*" + name), std::string::npos) << name;
      const std::string of_fish =
          name.starts_with("--") ? " -l " + name.substr(2) + " " : " -s '" + name.substr(1) + "'";
      EXPECT_NE(fish.find(of_fish), std::string::npos) << name;
    }
  }
}

}  // namespace
}  // namespace ringtap
