// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A RecordSource over capture files, merged in time order: of each file one record is held, the earliest of them comes
// next, and of several with one time that of the first file. A file that is not in order itself is not sorted. Of a
// damaged file the good part is merged, and its Error comes after everything else. The interfaces of all files are
// numbered consecutively; those of several files get one snaplen, the largest, since libpcap reads a pcapng file only
// if they agree. Files may have different link types. Paths are all open from the start, so the limit of open files is
// raised as far as it goes; a CaptureInput is open only while records of it are merged. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "file/capture_input.hpp"
#include "file/capture_reader.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

class CaptureFiles final : public RecordSource {
 public:
  // What is known of a file before its records are read.
  struct File {
    const std::string& path;
    const Interface& first;  // interface
    bool has_directions;     // as in FormatParser
  };
  // Called by open() for each file that has an interface, in the order of the paths; its Error ends open().
  using Begin = std::function<Result<>(const File& file)>;

  // Opens every file, of which there must be at least one, and reads as far as its first interface, however long a
  // pipe takes for that.
  static Result<std::unique_ptr<CaptureFiles>> open(const std::vector<std::string>& paths, const Begin& begin);
  // The same for inputs, of which each is looked at now and opened again later. Those that cannot be read are passed to
  // `damaged` at once, and left out; at the end the Error says how many.
  using Damaged = std::function<void(const Error& error)>;
  static Result<std::unique_ptr<CaptureFiles>> open(std::vector<std::unique_ptr<CaptureInput>> inputs,
                                                    const Begin& begin, Damaged damaged);
  ~CaptureFiles() override;

  Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) override;
  Result<> stop() override;
  Result<std::vector<InterfaceStatistics>> statistics() override;

  // Of the interfaces that the files describe before their first packets.
  [[nodiscard]] const std::set<LinkType>& link_types() const { return link_types_; }
  // Of all files together, except those of a CaptureInput.
  [[nodiscard]] ReadPosition position() const;
  // As in FormatParser, of all files.
  [[nodiscard]] std::uint64_t options_left_out() const;

 private:
  class Input;
  CaptureFiles();
  Result<SourceState> merge(Sink& sink, std::uint64_t max_records, Deadline deadline);
  Result<bool> fill(Sink& sink, Deadline deadline);  // false: the next record of a file has not arrived yet
  Result<SourceState> end();
  Result<> begin_file(const std::string& path, const std::vector<Interface>& interfaces, bool has_directions,
                      const Begin& begin);
  void close(Input& input);

  std::vector<std::unique_ptr<Input>> inputs_;
  CaptureReader* only_ = nullptr;  // where there is one file, there is nothing to merge
  std::vector<Input*> waiting_;    // those whose next record is not known
  std::vector<Input*> heads_;      // a heap of those whose record is; the earliest is in front
  std::set<LinkType> link_types_;
  std::uint64_t options_left_out_ = 0;  // of the files that have ended
  ReadPosition position_;               // the same
  std::uint32_t next_interface_id_ = 0;
  std::uint32_t snaplen_ = 0;  // of several files; 0: no limit
  bool is_unlimited_ = false;
  bool has_several_ = false;
  std::vector<InterfaceStatistics> statistics_;  // of the files that have ended
  std::optional<Error> damage_;                  // of the first of them that is damaged
  Damaged on_damage_;                            // none: it comes at the end
  std::uint64_t damaged_ = 0;
};

}  // namespace ringtap
