// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Waiting for something to become true, bounded in time. The only place in the tests that sleeps: two milliseconds
// between two looks at the condition.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

namespace ringtap::testing {

using namespace std::chrono_literals;

// Long enough for a loaded machine with two cores; a test that works never waits that long.
constexpr std::chrono::seconds kPatience = 20s;

// RINGTAP_PATIENCE=5 in the environment makes every limit five times as long: for a slow build of ringtap.
inline int patience_factor() {
  const char* const factor = std::getenv("RINGTAP_PATIENCE");
  return factor == nullptr ? 1 : std::max(1, std::atoi(factor));
}

template <class Condition>
[[nodiscard]] bool wait_until(Condition condition, std::chrono::milliseconds patience = kPatience) {
  const auto end = std::chrono::steady_clock::now() + patience * patience_factor();
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

[[nodiscard]] inline bool wait_for_file(const std::filesystem::path& path,
                                        std::chrono::milliseconds patience = kPatience) {
  return wait_until([&] { return std::filesystem::exists(path); }, patience);
}

// The whole file as bytes in a string; empty when it is not there.
std::string read_file(const std::filesystem::path& path);

[[nodiscard]] inline bool wait_for_text(const std::filesystem::path& path, std::string_view text,
                                        std::chrono::milliseconds patience = kPatience) {
  return wait_until([&] { return read_file(path).find(text) != std::string::npos; }, patience);
}

// A folder of its own for one test, removed with all that is in it.
class TempDir {
 public:
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace ringtap::testing
