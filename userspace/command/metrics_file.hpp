// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// --metrics-file: a file that always has whole metrics, since it is written under another name and renamed, as the
// textfile collector of node_exporter wants it. In the sandbox a helper process opens and renames it. One thread at a
// time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/options.hpp"
#include "ringtap/result.hpp"
#include "sandbox/helper_process.hpp"

namespace ringtap {

class MetricsFile {
 public:
  // Before rights are given up and before threads are started. Also removes the socket of --metrics unix:PATH at the
  // end.
  static Result<std::unique_ptr<MetricsFile>> prepare(const Options& options);

  Result<> write(std::string_view text);

 private:
  MetricsFile(std::string path, HelperProcess helper) : path_(std::move(path)), helper_(std::move(helper)) {}

  std::string path_;
  HelperProcess helper_;
};

}  // namespace ringtap
