// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A Sink that writes a pcapng file (draft-ietf-opsawg-pcapng): one section in the byte order of this machine, times in
// nanoseconds, and only options that have a value. Interfaces may be added later; libpcap 1.10.3 reads the file only if
// all have one link type and one snaplen, which a capture sees to. What another file held is written again in its
// place. Owns its ByteWriter, borrows the Conversion. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "file/file_sink.hpp"
#include "file/process_list.hpp"
#include "record/capture_format.hpp"
#include "ringtap/byte_writer.hpp"
#include "ringtap/output.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

struct PcapngOptions {
  std::string hardware;
  std::string os;
  std::string application;
  std::vector<std::byte> section_options = {};  // of a file that is written again, as in a file of this machine
  Conversion* conversion = nullptr;             // of a run that reads files

  // Hardware and operating system from uname(2).
  static PcapngOptions of_this_host(std::string application);
};

// Builds one pcapng block: header, body, options, length. Each block reuses the same memory.
class PcapngBlock {
 public:
  template <class Body>
  PcapngBlock& start(pcapng::BlockType type, const Body& body) {
    size_ = data_at_ = data_size_ = 0;
    has_options_ = false;
    put(pcapng::BlockHeader{.type = type, .length = 0});
    put(body);
    return *this;
  }
  // A body that has its options in it, if any.
  PcapngBlock& start_body(pcapng::BlockType type, std::span<const std::byte> body) {
    size_ = data_at_ = data_size_ = 0;
    has_options_ = false;
    put(pcapng::BlockHeader{.type = type, .length = 0});
    append(body);
    pad();
    return *this;
  }
  // Leaves out the packet's bytes, which belong between before_data() and behind_data().
  PcapngBlock& data(std::span<const std::byte> packet);
  // The value is `head` followed by `tail`.
  PcapngBlock& option(std::uint16_t code, std::span<const std::byte> head, std::span<const std::byte> tail = {});
  template <class T>
  requires std::is_trivially_copyable_v<T> PcapngBlock& option(std::uint16_t code, const T& value) {
    return option(code, std::span<const std::byte>(file_bytes(value)));
  }
  PcapngBlock& text(std::uint16_t code, std::string_view value);  // adds nothing if it is empty
  PcapngBlock& options(std::span<const std::byte> encoded);       // complete options, padded; or nothing
  // The complete block, except for data().
  std::span<const std::byte> finish();
  [[nodiscard]] std::span<const std::byte> before_data() const { return std::span(memory_).first(data_at_); }
  [[nodiscard]] std::span<const std::byte> behind_data() const {
    return std::span(memory_).first(size_).subspan(data_at_);
  }

 private:
  // A vector's insert() would cost more than the rest of a record.
  void make_room(std::size_t size) {
    if (memory_.size() - size_ < size) memory_.resize(std::max(2 * memory_.size(), size_ + size));
  }
  template <class T>
  void put(const T& value) {
    make_room(sizeof(T));
    std::memcpy(memory_.data() + size_, &value, sizeof(T));
    size_ += sizeof(T);
  }
  void append(std::span<const std::byte> bytes) {
    make_room(bytes.size());
    std::copy(bytes.begin(), bytes.end(), memory_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += bytes.size();
  }
  void pad() {
    make_room(pcapng::kBlockAlign);
    while ((size_ + data_size_) % pcapng::kBlockAlign != 0) memory_[size_++] = std::byte{0};
  }

  std::vector<std::byte> memory_;
  std::size_t size_ = 0;  // of the block in it
  std::size_t data_at_ = 0;
  std::size_t data_size_ = 0;
  bool has_options_ = false;
};

// Values to bytes; each result borrows `block`.
std::span<const std::byte> encode_section_header(PcapngBlock& block, const PcapngOptions& options);
std::span<const std::byte> encode_interface(PcapngBlock& block, const Interface& interface);
// What comes before and after the record's data.
struct RecordBlock {
  std::span<const std::byte> head;
  std::span<const std::byte> tail;
};
// `named`: the processes that this file describes.
RecordBlock encode_record(PcapngBlock& block, const RecordView& record, NamedProcesses& named);
std::span<const std::byte> encode_statistics(PcapngBlock& block, const InterfaceStatistics& statistics);
std::uint32_t encode_epb_flags(const RecordView& record);

class PcapngWriter final : public FileSink {
 public:
  PcapngWriter(std::unique_ptr<ByteWriter> out, PcapngOptions options)
      : out_(std::move(out)), options_(std::move(options)) {}

  Result<> on_interface(const Interface& interface) override;
  Result<> on_record(const RecordView& record) override;
  Result<> on_block(const FileBlockView& block) override;
  Result<> on_statistics(const InterfaceStatistics& statistics) override;
  Result<> flush() override { return out_->flush(); }
  // A capture without any interface gives a file with only a section header.
  Result<> finish() override;
  Result<> restart(std::unique_ptr<ByteWriter> next) override;
  [[nodiscard]] std::unique_ptr<RecordEncoder> encoder() const override;
  Result<> on_encoded(const EncodedRecord& record) override;
  [[nodiscard]] std::uint64_t records_stored() const override;

 private:
  Result<> begin();
  void keep_section_options(std::span<const std::byte> options);
  Result<> write_other(std::span<const std::byte> block);

  std::unique_ptr<ByteWriter> out_;
  PcapngOptions options_;
  PcapngBlock block_;
  NamedProcesses named_;
  bool has_begun_ = false;             // the section header is written
  std::vector<Interface> interfaces_;  // of a capture, for restart()
  std::uint64_t stored_before_ = 0;    // records in files that are complete
  std::uint64_t blocks_written_ = 0;   // handed to out_
  std::uint64_t others_stored_ = 0;    // blocks without a record that are known to be in the file …
  std::vector<std::uint64_t> others_;  // … and the numbers of those that are still buffered
};

}  // namespace ringtap
