// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A Sink that writes a file set, the next file when the present one is large or old enough; each is complete by
// itself: it starts with every interface announced so far and ends with the totals at that moment. Between two files no
// record is lost. Names are those tcpdump 4.99.3 gives. Owns the file being written. One thread.
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ringtap/byte_writer.hpp"
#include "ringtap/output.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

// The `number`th file of those begun at `time` or, without `seconds`, of all. An Error where strftime makes no name.
Result<std::string> rotated_name(const std::string& path, const Rotation& rotation, std::time_t time,
                                 std::uint64_t number);

class RotatingWriter final : public Sink {
 public:
  struct File {
    std::unique_ptr<Sink> sink;
    const ByteWriter* out = nullptr;  // owned by `sink`
  };
  struct Hooks {
    std::function<Result<File>(const std::string& path)> open;
    std::function<void(const std::string& path)> closed;                   // a file that another one follows
    std::function<Result<std::vector<InterfaceStatistics>>()> statistics;  // for the end of such a file
    std::function<std::time_t()> now = [] { return std::time(nullptr); };
  };

  // The first file is there when this returns.
  static Result<std::unique_ptr<RotatingWriter>> create(std::string path, const Rotation& rotation, Hooks hooks);

  Result<> on_interface(const Interface& interface) override;
  Result<> on_record(const RecordView& record) override;
  Result<> on_statistics(const InterfaceStatistics& statistics) override {
    return file_.sink->on_statistics(statistics);
  }
  Result<> flush() override { return file_.sink->flush(); }
  Result<> finish() override;
  [[nodiscard]] std::uint64_t records_stored() const override;

  // The last file of the set is as old as it may get. Records that come all the same go into it.
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
  Result<> open();
  Result<> close();
  Result<> move_on();

  std::string path_;  // with Rotation::seconds, a pattern of strftime(3) in local time
  Rotation rotation_;
  Hooks hooks_;
  const bool ends_;
  File file_;  // none after an Error of opening it, and after finish()
  std::string name_;
  std::time_t begun_ = 0;            // when the present time slice was
  std::uint64_t number_ = 0;         // within it
  std::uint64_t files_by_time_ = 1;  // time slices so far
  std::uint64_t stored_before_ = 0;  // records in files that are closed
  std::vector<Interface> interfaces_;
};

}  // namespace ringtap
