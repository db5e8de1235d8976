// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The output of a command: all sinks that the options ask for, as one. The kinds of output and the formats of capture
// files are rows of two tables in outputs.cpp. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/run_counts.hpp"
#include "app/thread_sinks.hpp"
#include "cli/options.hpp"
#include "dissect/names.hpp"
#include "file/file_sink.hpp"
#include "file/file_writer.hpp"
#include "ringtap/byte_writer.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

class Screen;

// What a sink may need to know; borrows everything, and the sinks borrow `names`, `source` and `options` in turn.
struct OutputContext {
  const Options& options;
  bool show_interface = false;            // in text: there are several interfaces, and no cooked header that names them
  NameResolver* names = nullptr;          // none: numbers are printed
  RecordSource* source = nullptr;         // for the totals where another file follows; null: there are none
  Conversion* conversion = nullptr;       // of a run that reads files
  Screen* screen = nullptr;               // for a table that is shown anew each second; null: there is no terminal
  std::shared_ptr<DiskThread> disk = {};  // that writes files of -w; null: the caller's thread does
  std::size_t threads = 1;                // that read rings, each into files of its own
  std::size_t thread = 1;                 // whose files are to be opened
};

struct Output {
  std::unique_ptr<Sink> sink;
  std::function<bool()> is_done;  // the sink accepts no more records; null: it always does
  // Goes on in a new file of the same name if the present one has been moved away, or in the next file of a set; null:
  // nothing is written to a file.
  std::function<Result<>()> start_next_file = {};
  // SIGUSR2: more than a flush; null: it is only that.
  std::function<Result<>()> on_flush_asked = {};
  // Adds what it has counted; null: nothing more than the totals.
  std::function<void(RunCounts& counts)> add_counts = {};
  // Called once a second of a live run; null: there is nothing to do.
  std::function<void()> on_second = {};
  // --threads: what `sink` adds up, of which each thread of the source has one; borrowed from it. Null: there are none.
  ThreadSinks* threads = nullptr;
  // What became of it, at the end; null: nothing more than the totals.
  // The exit code: not 0 if it could not be written.
  std::function<int()> tell_end = {};
};
Result<Output> open_outputs(const OutputContext& context);

// A capture file in the format that the options ask for.
struct OutputFile {
  std::unique_ptr<FileSink> sink;
  const FileWriter* out = nullptr;  // owned by `sink`
};
Result<OutputFile> open_capture_file(const OutputContext& context, const std::string& path);

// The name of one of `paths` that is the same file as `path`; none: nullptr.
const std::string* find_same_file(const std::vector<std::string>& paths, const std::string& path);

}  // namespace ringtap
