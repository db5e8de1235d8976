// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/metrics_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <span>
#include <utility>
#include <vector>

#include "base/write_all.hpp"
#include "command/file_rights.hpp"

namespace ringtap {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kOpenMetrics = "o";
constexpr std::string_view kPublishMetrics = "p";

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// The name of a file on its way, which the collector does not read.
std::string unfinished(const std::string& path) {
  return path + ".new";
}

UniqueFd open_unfinished(const std::string& path) {
  constexpr mode_t kMode = 0644;
  return UniqueFd(::open(unfinished(path).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, kMode));
}

// In the helper process.
HelperProcess::Answer serve(const std::string& path, std::string_view request) {
  if (path.empty()) return {std::to_string(EPERM), {}};
  if (request == kOpenMetrics) return HelperProcess::Answer::of(open_unfinished(path));
  if (request != kPublishMetrics) return {std::to_string(EPERM), {}};
  if (std::rename(unfinished(path).c_str(), path.c_str()) != 0) return {std::to_string(errno), {}};
  return {};
}

}  // namespace

Result<std::unique_ptr<MetricsFile>> MetricsFile::prepare(const Options& options) {
  const MetricsOptions& metrics = options.output.metrics;
  const std::string socket = metrics.address.starts_with(kUnix) ? metrics.address.substr(kUnix.size()) : std::string();
  if (metrics.path.empty() && socket.empty()) return std::unique_ptr<MetricsFile>();
  std::vector<std::string> folders;
  if (!metrics.path.empty()) folders.push_back(folder_of(metrics.path));
  if (!socket.empty()) folders.push_back(folder_of(socket));
  auto helper =
      HelperProcess::start({.name = "ringtap-metrics",
                            .without = "the file of --metrics-file is not written",
                            .files = {},
                            .prepare = [&] { return keep_rights_for_files(options, folders); },
                            .serve = [path = metrics.path](std::string_view request) { return serve(path, request); },
                            .end =
                                [&] {
                                  if (!socket.empty()) ::unlink(socket.c_str());
                                }});
  if (!helper) return helper.take_error();
  std::unique_ptr<MetricsFile> file(new MetricsFile(metrics.path, helper.take()));
  if (metrics.path.empty()) return file;
  // Whether it can be written is known now, and not when nobody looks any more.
  if (!file->helper_.ask_for_file(kOpenMetrics)) return Error::from_errno(errno, "--metrics-file " + metrics.path);
  return file;
}

Result<> MetricsFile::write(std::string_view text) {
  if (path_.empty()) return ok();
  const auto failed = [&](int err) { return Error::from_errno(err, "--metrics-file " + path_, ErrorKind::kOutput); };
  const UniqueFd file = helper_.ask_for_file(kOpenMetrics);
  if (!file) return failed(errno);
  const auto written = write_all(file.get(), std::as_bytes(std::span(text)), true);
  if (written.error != 0) return failed(written.error);
  auto published = helper_.ask(kPublishMetrics);
  if (!published) return published.take_error();
  return published->text.empty() ? ok() : failed(published->errno_value());
}

}  // namespace ringtap
