// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A Sink that writes a file set, starting the next file when the current one is large or old enough. Each file is
// complete: it starts with all interfaces announced so far, and with the names and secrets of a file that is read, and
// ends with the totals at that moment. No record is lost between two files. If the next one cannot be opened, the
// present one goes on, and the next is tried again after as much or as long as a file takes; finish() then returns the
// first such Error. Names are those that tcpdump 4.99.3 gives. Owns the file being written. One thread; is_over() by
// any.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "file/file_closer.hpp"
#include "file/file_sink.hpp"
#include "ringtap/byte_writer.hpp"
#include "ringtap/output.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

// The `number`th file of those begun at `time` or, without `seconds`, of all. An Error if strftime makes no name.
Result<std::string> rotated_name(const std::string& path, const Rotation& rotation, std::time_t time,
                                 std::uint64_t number);

class RotatingWriter final : public EncodedSink {
 public:
  struct File {
    std::unique_ptr<EncodedSink> sink;
    const ByteWriter* out = nullptr;  // owned by `sink`
  };
  struct Hooks {
    std::function<Result<File>(const std::string& path)> open;
    FileCloser::Closed closed;      // called for a complete file when the next one is started
    bool closes_by_thread = false;  // since that takes long
    // The next file could not be opened, so `path` goes on; null: nobody wants to know. Not repeated until one could
    // be.
    std::function<void(const Error& error, const std::string& path)> kept = {};
    std::function<Result<std::vector<InterfaceStatistics>>()> statistics;  // for the end of a file
    Conversion* conversion = nullptr;  // what the writers leave out; what each file begins with is counted once
    std::function<std::time_t()> now = [] { return std::time(nullptr); };
  };

  // When this returns, the first file exists.
  static Result<std::unique_ptr<RotatingWriter>> create(std::string path, const Rotation& rotation, Hooks hooks);

  Result<> on_interface(const Interface& interface) override;
  Result<> on_record(const RecordView& record) override;
  [[nodiscard]] std::unique_ptr<RecordEncoder> encoder() const override { return file_.sink->encoder(); }
  Result<> on_encoded(const EncodedRecord& record) override;
  Result<> on_block(const FileBlockView& block) override;
  Result<> on_statistics(const InterfaceStatistics& statistics) override {
    return file_.sink == nullptr ? ok() : file_.sink->on_statistics(statistics);
  }
  Result<> flush() override;
  Result<> finish() override;
  [[nodiscard]] std::uint64_t records_stored() const override;
  // Of all files so far, whether stored or still buffered.
  [[nodiscard]] std::uint64_t bytes_taken() const;

  // Starts the next file although this one is neither large nor old enough; false: that would have the same name.
  Result<bool> start_next();

  // Whether the last file of the set has reached its age. Further records still go into it.
  [[nodiscard]] bool is_over() const { return ends_ && files_by_time_ >= rotation_.files && is_old(); }

 private:
  RotatingWriter(std::string path, const Rotation& rotation, Hooks hooks)
      : path_(std::move(path)),
        rotation_(rotation),
        hooks_(std::move(hooks)),
        ends_(rotation_.seconds > 0 && rotation_.bytes == 0 && rotation_.files > 0) {}

  [[nodiscard]] bool is_old() const {
    return rotation_.seconds > 0 && hooks_.now() - begun_ >= static_cast<std::time_t>(rotation_.seconds);
  }
  Result<> begin(File file, std::string name);
  Result<> close(bool tells);
  Result<> move_on(std::uint64_t number);
  Result<> go_on_in_present(Error error);
  Result<> move_on_if_due();
  [[nodiscard]] std::uint64_t next_number() const { return number_ + 1 == rotation_.files ? 0 : number_ + 1; }

  std::string path_;  // with Rotation::seconds, a pattern of strftime(3) in local time
  Rotation rotation_;
  Hooks hooks_;
  const bool ends_;
  File file_;  // none after an Error of opening it, and after finish()
  std::string name_;
  std::atomic<std::time_t> begun_ = 0;            // when the current time slice began
  std::atomic<std::uint64_t> files_by_time_ = 1;  // time slices so far
  std::uint64_t number_ = 0;                      // within the current one
  std::uint64_t closed_bytes_ = 0;                // of the files before
  std::uint64_t more_bytes_ = 0;                  // that the file may have because the next one could not be opened
  Result<> not_opened_;                           // the first that could not
  std::unique_ptr<FileCloser> closer_;
  std::vector<Interface> interfaces_;
  struct Block {
    FileBlockView view;
    std::vector<std::byte> body;
  };
  std::vector<Block> blocks_;  // those that each file begins with
};

}  // namespace ringtap
