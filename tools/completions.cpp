// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Writes the completions for a shell to standard output, for the build: ringtap_completions bash|zsh|fish.
#include "cli/completions.hpp"

#include <cstdio>
#include <string_view>

int main(int argc, char** argv) {
  using ringtap::Shell;
  const std::string_view name = argc == 2 ? argv[1] : "";
  if (name != "bash" && name != "zsh" && name != "fish") return 2;
  const Shell shell = name == "bash" ? Shell::kBash : name == "zsh" ? Shell::kZsh : Shell::kFish;
  return std::fputs(ringtap::completions(shell).c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? 1 : 0;
}
