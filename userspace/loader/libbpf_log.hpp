// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Collects what libbpf would print to stderr, so that it can become part of an error. One object at a time;
// what libbpf says in other threads meanwhile comes here, too.
#pragma once

#include <string>

namespace ringtap {

class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  // The last line that tells why the kernel refused, not what libbpf did; may be empty.
  [[nodiscard]] std::string reason() const;

  // Whether it contains the verifier's log: then a program was refused, not the process.
  [[nodiscard]] bool is_from_verifier() const;

  static constexpr std::size_t kLimit = 64 * 1024;

 private:
  friend struct LibbpfLogSink;
  std::string text_;  // warnings since construction, verifier log included, cut to its last kLimit bytes
};

// "libbpf version 1.1"
std::string libbpf_version();

}  // namespace ringtap
