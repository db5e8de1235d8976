// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Where the capture files stand that are not in this tree: the folder that RINGTAP_SHARED names, or ../shared
// beside the sources. Any thread.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "support/requirements.hpp"

namespace ringtap::testing {

inline std::filesystem::path shared_folder() {
  namespace fs = std::filesystem;
  const char* shared = std::getenv("RINGTAP_SHARED");
  const char* source = std::getenv("RINGTAP_SOURCE_DIR");
  return shared != nullptr ? fs::path(shared) : fs::path(source != nullptr ? source : ".") / "../shared";
}

// A file of cases/, inputs that went wrong once, as a list for REQUIRE_CORPUS; none when it is not there.
inline std::vector<std::filesystem::path> shared_case(const std::string& name) {
  const std::filesystem::path path = shared_folder() / "cases" / name;
  if (!std::filesystem::exists(path)) return {};
  return {path};
}

// Every regular file below corpora/`name`, sorted; none when the corpus is not there.
inline std::vector<std::filesystem::path> corpus_files(const std::string& name) {
  namespace fs = std::filesystem;
  const fs::path base = shared_folder();
  std::vector<fs::path> files;
  if (!fs::exists(base / "corpora" / name)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(base / "corpora" / name)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace ringtap::testing

// The captures are too many for this tree and a clone does not bring them, so that without them there is nothing to
// test with, on CI as at a desk. Where RINGTAP_SHARED promises them and RINGTAP_REQUIRE_ALL=1 they have to be there.
#define REQUIRE_CORPUS(files)                                                                                       \
  do {                                                                                                              \
    if ((files).empty()) {                                                                                          \
      const bool promised = std::getenv("RINGTAP_SHARED") != nullptr;                                               \
      if (promised && ::ringtap::testing::every_requirement_must_hold()) FAIL() << "no captures in RINGTAP_SHARED"; \
      GTEST_SKIP() << "no captures beside the sources (RINGTAP_SHARED names the folder that holds corpora/); "      \
                      "skipped on CI too, where they are not promised";                                             \
    }                                                                                                               \
  } while (false)
