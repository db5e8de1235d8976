// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Keeps what libbpf prints (it would go to stderr) so that it can be part of an error. One object at a time, one
// thread.
#pragma once

#include <string>

namespace ringtap {

class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  // The last line that is about the kernel's refusal rather than about libbpf's own work; may be empty.
  [[nodiscard]] std::string reason() const;

  // Whether the verifier's own log is part of it: it refused a program, not the process.
  [[nodiscard]] bool is_from_verifier() const;

  static constexpr std::size_t kLimit = 64 * 1024;

 private:
  friend struct LibbpfLogSink;
  std::string text_;  // warnings since construction, verifier log included, cut to its last kLimit bytes
};

// "libbpf version 1.1"
std::string libbpf_version();

}  // namespace ringtap
