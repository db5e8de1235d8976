// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Reads tests/unit/filter_corpus.txt, the expressions every filter test goes through. RINGTAP_SOURCE_DIR says where the
// tree is; without it the current folder is taken for it. Any thread.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "ringtap/record.hpp"

namespace ringtap::testing {

struct CorpusFilter {
  std::string expression;
  LinkType link_type = LinkType::kEthernet;
};

inline std::vector<CorpusFilter> read_filter_corpus() {
  const char* root = std::getenv("RINGTAP_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) + "/tests/unit/filter_corpus.txt");
  std::vector<CorpusFilter> filters;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    CorpusFilter filter;
    if (line[0] == '@') {
      const auto space = line.find(' ');
      filter.link_type = static_cast<LinkType>(std::stoi(line.substr(1, space - 1)));
      line.erase(0, space + 1);
    }
    filter.expression = line;
    filters.push_back(std::move(filter));
  }
  return filters;
}

}  // namespace ringtap::testing
