// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/libbpf_log.hpp"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <sstream>

namespace ringtap {

struct LibbpfLogSink {
  static inline LibbpfLog* current = nullptr;
  static inline std::mutex mutex;

  static int print(libbpf_print_level level, const char* format, va_list arguments) {
    if (level == LIBBPF_DEBUG) return 0;
    const std::lock_guard lock(mutex);
    if (current == nullptr) return 0;
    va_list measure;
    va_copy(measure, arguments);
    const int length = std::vsnprintf(nullptr, 0, format, measure);
    va_end(measure);
    if (length <= 0) return 0;
    std::string line(static_cast<std::size_t>(length) + 1, '\0');
    std::vsnprintf(line.data(), line.size(), format, arguments);
    line.pop_back();
    std::string& text = current->text_;
    text += line;
    if (text.size() > LibbpfLog::kLimit) text.erase(0, text.size() - LibbpfLog::kLimit);
    return length;
  }
};

LibbpfLog::LibbpfLog() {
  const std::lock_guard lock(LibbpfLogSink::mutex);
  LibbpfLogSink::current = this;
  libbpf_set_print(LibbpfLogSink::print);
}

LibbpfLog::~LibbpfLog() {
  const std::lock_guard lock(LibbpfLogSink::mutex);
  LibbpfLogSink::current = nullptr;
}

bool LibbpfLog::is_from_verifier() const {
  return text_.find("\nprocessed ") != std::string::npos;
}

std::string LibbpfLog::reason() const {
  std::istringstream lines(text_);
  std::string last;
  // The verifier's verdict is the last line before its statistics.
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("libbpf:") || line.starts_with("processed ") || line.starts_with("--"))
      continue;
    last = line;
  }
  return last;
}

std::string libbpf_version() {
  return "libbpf version " + std::to_string(libbpf_major_version()) + "." + std::to_string(libbpf_minor_version());
}

}  // namespace ringtap
