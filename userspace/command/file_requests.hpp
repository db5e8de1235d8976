// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the process in the sandbox may ask of the one that opens its files, and how a request is written: a letter, then
// a path. The inputs may be read, what -w and --html name may be written, and -z may be run on files of a set, each
// once. Borrows the options. Pure, except that names with a time are those of the local time zone; one thread.
#pragma once

#include <ctime>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.hpp"
#include "file/open_file.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

struct FileRequest {
  std::optional<FileUse> use;  // none: -z is to be run on the file
  std::string path;

  [[nodiscard]] std::string text() const;
};

// --file-per-thread: of the file that this thread writes, from 1 on.
std::string thread_file_name(const std::string& path, std::size_t thread);

class FileRequests {
 public:
  explicit FileRequests(const Options& options);

  // The request that `text` is; an Error if it is none or may not be made. `now`: for names that have a time.
  Result<FileRequest> accept(std::string_view text, std::time_t now);

 private:
  // An Error for what may not be opened so.
  Result<> check(FileUse use, const std::string& path, std::time_t now);
  // The thread that writes it; none: it is not one of -w and --html.
  std::optional<std::size_t> writer_of(const std::string& path, std::time_t now);
  bool is_of_set(std::size_t thread, const std::string& path, std::time_t now);
  [[nodiscard]] bool is_numbered(const std::string& name, const std::string& path) const;

  const Options& options_;
  std::set<std::string> inputs_;
  struct Last {
    std::string path;        // that was opened for writing
    std::string unnumbered;  // the same without its number
  };
  std::vector<Last> last_;         // of each thread
  std::set<std::string> written_;  // not given to the command yet
};

}  // namespace ringtap
