// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/outputs.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "command/file_requests.hpp"
#include "command/file_service.hpp"
#include "command/messages.hpp"
#include "command/recording.hpp"
#include "command/summary.hpp"
#include "file/file_writer.hpp"
#include "file/joined_file.hpp"
#include "file/pcap_writer.hpp"
#include "file/pcapng_writer.hpp"
#include "file/rotating_writer.hpp"
#include "file/shared_pipe.hpp"
#include "ringtap/version.hpp"
#include "sink/counter.hpp"
#include "sink/drop_counter.hpp"
#include "sink/json_printer.hpp"
#include "sink/tee.hpp"
#include "sink/text_printer.hpp"

namespace ringtap {
namespace {

std::unique_ptr<FileSink> write_pcap(std::unique_ptr<ByteWriter> out, const OutputContext& context) {
  return std::make_unique<PcapWriter>(
      std::move(out), PcapOptions{.precision = context.options.output.precision, .conversion = context.conversion});
}

std::unique_ptr<FileSink> write_pcapng(std::unique_ptr<ByteWriter> out, const OutputContext& context) {
  // A file says itself on which machine it was captured.
  PcapngOptions about = context.options.read_paths.empty() ? PcapngOptions::of_this_host(version_text())
                                                           : PcapngOptions{.application = version_text()};
  about.conversion = context.conversion;
  return std::make_unique<PcapngWriter>(std::move(out), about);
}

struct Format {
  FileFormat format;
  std::unique_ptr<FileSink> (*write)(std::unique_ptr<ByteWriter> out, const OutputContext& context);
};
constexpr std::array kFormats = {Format{FileFormat::kPcap, write_pcap}, Format{FileFormat::kPcapng, write_pcapng}};

// Files of -w, and all else that there is to say of them.
struct CaptureOutput {
  std::unique_ptr<EncodedSink> sink;
  std::function<std::uint64_t()> written;  // bytes, of all files so far
  Output rest;                             // without a sink and counts
};

// What a file has at its end that another one follows.
std::function<Result<std::vector<InterfaceStatistics>>()> totals_from(RecordSource* source) {
  return [source]() -> Result<std::vector<InterfaceStatistics>> {
    return source == nullptr ? std::vector<InterfaceStatistics>() : source->statistics();
  };
}

Result<CaptureOutput> open_file_set(const OutputContext& context) {
  const OutputOptions& options = context.options.output;
  RotatingWriter::Hooks hooks;
  const auto name_of = [thread = context.thread](const std::string& path) { return thread_file_name(path, thread); };
  hooks.open = [context, name_of](const std::string& path) -> Result<RotatingWriter::File> {
    auto file = open_capture_file(context, name_of(path));
    if (!file) return file.take_error();
    return RotatingWriter::File{.sink = std::move(file->sink), .out = file->out};
  };
  hooks.closed = [](const std::string&) {};
  if (!options.rotate_command.empty()) {
    hooks.closed = [name_of](const std::string& path) {
      if (auto started = run_file_command(name_of(path)); !started) say(error_text(started.error()));
    };
  }
  hooks.closes_by_thread = options.sync;
  hooks.kept = [name_of](const Error& error, const std::string& path) {
    say(error_text(error) + "; going on in " + name_of(path));
  };
  hooks.conversion = context.conversion;
  hooks.statistics = totals_from(context.source);
  Output output;
  auto files = RotatingWriter::create(options.path, options.rotation, std::move(hooks));
  if (!files) return files.take_error();
  output.is_done = [writer = files->get()] { return writer->is_over(); };
  auto written = [writer = files->get()] { return writer->bytes_taken(); };
  output.start_next_file = [writer = files->get()]() -> Result<> {
    auto started = writer->start_next();
    if (!started) return started.take_error();
    if (!*started) say("SIGHUP: the next file would have the same name; nothing was done");
    return ok();
  };
  return CaptureOutput{.sink = files.take(), .written = std::move(written), .rest = std::move(output)};
}

Result<CaptureOutput> open_file(const OutputContext& context) {
  const std::string path = thread_file_name(context.options.output.path, context.thread);
  auto file = open_capture_file(context, path);
  if (!file) return file.take_error();
  Output output;
  // The file of now, and how much is in those before it.
  struct Present {
    const FileWriter* out;
    std::uint64_t bytes_before = 0;
  };
  auto present = std::make_shared<Present>(Present{file->out});
  auto written = [present] { return present->bytes_before + present->out->bytes_taken(); };
  if (path != "-") {
    output.start_next_file = [sink = file->sink.get(), present, totals = totals_from(context.source), path,
                              disk = context.disk]() -> Result<> {
      auto next = open_output_anew(path, *present->out);
      if (!next) {
        say("SIGHUP: " + error_text(next.error()) + "; going on in the present file");
        return ok();
      }
      if (*next == nullptr) {
        say("SIGHUP: " + path + " is still the file that is written: move it away first");
        return ok();
      }
      auto statistics = totals();
      if (!statistics) return statistics.take_error();
      for (const InterfaceStatistics& interface : *statistics) {
        if (auto taken = sink->on_statistics(interface); !taken) return taken;
      }
      if (disk != nullptr) (*next)->write_by(disk);
      present->bytes_before += present->out->bytes_taken();
      present->out = next->get();
      return sink->restart(next.take());
    };
  }
  return CaptureOutput{.sink = std::move(file->sink), .written = std::move(written), .rest = std::move(output)};
}

std::unique_ptr<FileSink> write_format(std::unique_ptr<ByteWriter> out, const OutputContext& context) {
  const auto* const found = std::find_if(kFormats.begin(), kFormats.end(), [&](const Format& format) {
    return format.format == context.options.output.format;
  });
  return found->write(std::move(out), context);
}

Result<Output> open_shared_pipe(const OutputContext& context) {
  auto bell = duplicate_of_standard_output();
  if (!bell) return bell.take_error();
  auto pipe = SharedPipeWriter::attach(context.options.output.memory_fd, bell.take());
  if (!pipe) return pipe.take_error();
  ::close(context.options.output.memory_fd);
  Output output;
  output.add_counts = [pipe = pipe->get()](RunCounts& counts) { counts.bytes_written += pipe->bytes_taken(); };
  output.sink = write_format(pipe.take(), context);
  return output;
}

Result<CaptureOutput> open_files(const OutputContext& context) {
  return context.options.output.rotation.rotates() ? open_file_set(context) : open_file(context);
}

Result<> check_file_of_thread(const OutputOptions& options, std::size_t thread) {
  const std::string path = thread_file_name(options.path, thread);
  struct stat present {};
  if (options.rotation.rotates() || stat(path.c_str(), &present) != 0 || S_ISREG(present.st_mode)) return ok();
  return Error("--file-per-thread needs -w with the name of a file: " + path + " is something else", ErrorKind::kUsage);
}

// The files of each thread, on their way to the disk by a thread of their own.
Result<Output> open_files_of_threads(const OutputContext& context, std::unique_ptr<ThreadSinks> sinks) {
  const OutputOptions& options = context.options.output;
  std::vector<std::function<bool()>> each_is_done;
  for (std::size_t thread = 1; thread <= context.threads; ++thread) {
    if (auto checked = check_file_of_thread(options, thread); !checked) return checked.take_error();
    OutputContext own = context;
    own.thread = thread;
    own.disk = std::make_shared<DiskThread>();
    auto files = open_files(own);
    if (!files) return files.take_error();
    ThreadSink::Hooks hooks{.written = std::move(files->written),
                            .start_next_file = std::move(files->rest.start_next_file)};
    sinks->add(std::make_unique<ThreadSink>(std::move(files->sink), std::move(hooks), options.flush_each_record));
    if (files->rest.is_done) each_is_done.push_back(std::move(files->rest.is_done));
  }
  Output output;
  output.is_done = [each = std::move(each_is_done)] {
    return std::any_of(each.begin(), each.end(), [](const auto& is_done) { return is_done(); });
  };
  output.sink = std::move(sinks);
  return output;
}

// The same files as those of a capture with one thread.
Result<Output> open_joined_files(const OutputContext& context, std::unique_ptr<ThreadSinks> sinks) {
  auto files = open_files(context);
  if (!files) return files.take_error();
  const auto joined = std::make_shared<JoinedFile>(std::move(files->sink), std::move(files->written), context.threads);
  // The first thread's stand for the file.
  ThreadSink::Hooks hooks{.written = [joined] { return joined->bytes_taken(); }, .start_next_file = {}};
  if (files->rest.start_next_file) {
    hooks.start_next_file = [joined, start = std::move(files->rest.start_next_file)] {
      return joined->with_file(start);
    };
  }
  const ThreadSink::Hooks of_others{.written = [] { return std::uint64_t{0}; }, .start_next_file = {}};
  for (auto& part : JoinedFile::parts(joined)) {
    sinks->add(std::make_unique<ThreadSink>(std::move(part), std::exchange(hooks, of_others),
                                            context.options.output.flush_each_record));
  }
  Output output;
  output.is_done = std::move(files->rest.is_done);
  output.sink = std::move(sinks);
  return output;
}

Result<Output> open_capture_files(const OutputContext& context) {
  if (context.threads == 1) {
    auto files = open_files(context);
    if (!files) return files.take_error();
    files->rest.sink = std::move(files->sink);
    files->rest.add_counts = [written = std::move(files->written)](RunCounts& counts) {
      counts.bytes_written += written();
    };
    return std::move(files->rest);
  }
  const bool are_joined = !context.options.output.file_per_thread;
  auto made = std::make_unique<ThreadSinks>(are_joined);
  ThreadSinks* const sinks = made.get();
  OutputContext of_threads = context;
  of_threads.source = nullptr;  // it may not be asked by those that it waits for
  auto output =
      are_joined ? open_joined_files(of_threads, std::move(made)) : open_files_of_threads(of_threads, std::move(made));
  if (!output) return output;
  output->threads = sinks;
  output->add_counts = [sinks](RunCounts& counts) { counts.bytes_written += sinks->bytes(); };
  output->start_next_file = [sinks] { return sinks->start_next_files(); };
  return output;
}

Result<Output> open_text(const OutputContext& context) {
  TextOptions text = context.options.text_style;
  if (!text.json.fields.empty())
    return Output{.sink = std::make_unique<JsonPrinter>(STDOUT_FILENO, text), .is_done = {}};
  text.show_interface = context.show_interface;
  auto printer = std::make_unique<TextPrinter>(STDOUT_FILENO, text, context.names);
  if (context.conversion == nullptr) printer->hide_cooked_tags();
  return Output{.sink = std::move(printer), .is_done = {}};
}

Result<Output> open_counter(const OutputContext&) {
  return Output{.sink = std::make_unique<Counter>(), .is_done = {}};
}

Result<Output> open_drop_counts(const OutputContext&) {
  auto counter = std::make_unique<DropCounter>();
  Output output;
  output.add_counts = [sink = counter.get()](RunCounts& counts) {
    for (const auto& [reason, packets] : sink->reasons()) counts.drops[reason] += packets;
  };
  output.sink = std::move(counter);
  return output;
}

// Records reach them in this order.
struct Kind {
  bool (*is_wanted)(const OutputOptions& options);
  Result<Output> (*open)(const OutputContext& context);
};
constexpr std::array kKinds = {
    Kind{[](const OutputOptions& o) { return o.metrics.counts_drops; }, open_drop_counts},
    Kind{[](const OutputOptions& o) { return !o.record.folder.empty(); }, open_recording},
    Kind{[](const OutputOptions& o) { return !o.path.empty(); },
         [](const OutputContext& c) {
           return c.options.output.memory_fd >= 0 ? open_shared_pipe(c) : open_capture_files(c);
         }},
    Kind{[](const OutputOptions& o) { return o.summary.has_value(); }, open_summary},
    Kind{[](const OutputOptions& o) { return o.print; }, open_text},
    Kind{[](const OutputOptions& o) { return o.count_only; }, open_counter},
};

bool is_same_file(const std::string& one, const std::string& other) {
  struct stat a {};
  struct stat b {};
  return stat(one.c_str(), &a) == 0 && stat(other.c_str(), &b) == 0 && S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

}  // namespace

const std::string* find_same_file(const std::vector<std::string>& paths, const std::string& path) {
  const auto found =
      std::find_if(paths.begin(), paths.end(), [&](const auto& other) { return is_same_file(other, path); });
  return found == paths.end() ? nullptr : &*found;
}

Result<OutputFile> open_capture_file(const OutputContext& context, const std::string& path) {
  auto out = open_output(path, context.options.output.sync ? Durability::kOnDisk : Durability::kInKernel);
  if (!out) return out.take_error();
  if (context.disk != nullptr) (*out)->write_by(context.disk);
  const FileWriter* const writer = out->get();
  return OutputFile{.sink = write_format(out.take(), context), .out = writer};
}

Result<Output> open_outputs(const OutputContext& wanted) {
  OutputContext context = wanted;
  if (const std::string& path = context.options.output.path; !path.empty() && path != "-") {
    context.disk = std::make_shared<DiskThread>();
  }
  auto tee = std::make_unique<Tee>();
  Output all;
  std::vector<std::function<void(RunCounts&)>> counters;
  for (const Kind& kind : kKinds) {
    if (!kind.is_wanted(context.options.output)) continue;
    auto output = kind.open(context);
    if (!output) return output;
    tee->add(std::move(output->sink));
    if (output->is_done) all.is_done = std::move(output->is_done);
    if (output->start_next_file) all.start_next_file = std::move(output->start_next_file);
    if (output->on_flush_asked) all.on_flush_asked = std::move(output->on_flush_asked);
    if (output->on_second) all.on_second = std::move(output->on_second);
    if (output->add_counts) counters.push_back(std::move(output->add_counts));
    if (output->threads != nullptr) all.threads = output->threads;
    if (output->tell_end) all.tell_end = std::move(output->tell_end);
  }
  all.sink = Tee::unwrap(std::move(tee));
  all.add_counts = [counters = std::move(counters)](RunCounts& counts) {
    for (const auto& add : counters) add(counts);
  };
  return all;
}

}  // namespace ringtap
