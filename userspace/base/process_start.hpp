// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// When a process was started, by which it is told from a later one with the same number: the 22nd field of
// proc_pid_stat(5), in ticks of a hundredth of a second. Any thread.
#pragma once

#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace ringtap {

inline constexpr std::uint64_t kProcessTickNs = 10'000'000;

// Nanoseconds since boot; none if there is no such process.
inline std::optional<std::uint64_t> process_start_ns(std::uint32_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');  // the name may hold blanks and parentheses itself
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(name_end + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number) rest >> field;
  std::uint64_t ticks = 0;
  std::from_chars(field.data(), field.data() + field.size(), ticks);
  return ticks * kProcessTickNs;
}

}  // namespace ringtap
