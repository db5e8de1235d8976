// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Lines of text on their way to a descriptor, with the count of records whose last line reached it. Owns the buffer,
// which is written when it is large, after every record (line_buffered), or at flush(); borrows the descriptor. The
// caller ignores SIGPIPE; an Error keeps errno, so that EPIPE can be told from a full disk. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/write_all.hpp"
#include "dissect/appender.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class LineOutput {
 public:
  LineOutput(int fd, bool line_buffered) : fd_(fd), is_regular_(is_regular_file(fd)), line_buffered_(line_buffered) {}

  [[nodiscard]] Appender& text() { return text_; }
  // What was appended since the last record ended.
  [[nodiscard]] std::size_t begin_of_record() const { return ends_.empty() ? 0 : ends_.back(); }

  // A record ends here, with what was appended last.
  Result<> end_record() {
    ends_.push_back(text_.size());
    return line_buffered_ || text_.size() >= kWriteAt ? flush() : ok();
  }
  Result<> flush() {
    const std::string_view text = text_.text();
    const auto [written, error] = write_all(fd_, std::as_bytes(std::span(text)), is_regular_);
    for (const std::size_t end : ends_) stored_ += end <= written;
    ends_.clear();
    text_.clear();
    return error == 0 ? ok() : write_error(error, "write packets as text");
  }
  [[nodiscard]] std::uint64_t records_stored() const { return stored_; }

 private:
  static constexpr std::size_t kWriteAt = 64 * 1024;

  int fd_;
  bool is_regular_;
  bool line_buffered_;
  Appender text_;
  std::vector<std::size_t> ends_;  // where in text_ records end
  std::uint64_t stored_ = 0;
};

}  // namespace ringtap
