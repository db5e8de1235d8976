// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Sinks that write capture files, and that may get records whose bytes others have made: several threads encode, one
// writes. One thread; a RecordEncoder has another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ringtap/byte_writer.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

// Makes of records what stands in a file, without the file.
class RecordEncoder {
 public:
  virtual ~RecordEncoder() = default;
  virtual void append(const RecordView& record, std::vector<std::byte>& bytes) = 0;
};

struct EncodedRecord {
  std::span<const std::byte> bytes;  // of a RecordEncoder of the same sink
  LinkType link_type = LinkType::kEthernet;
  std::uint32_t cap_len = 0;
};

class EncodedSink : public Sink {
 public:
  [[nodiscard]] virtual std::unique_ptr<RecordEncoder> encoder() const = 0;
  // As on_record(), of a record whose interface was announced.
  virtual Result<> on_encoded(const EncodedRecord& record) = 0;
};

// Writes one capture file, and may go on in another: then that one is complete, and closed, first. Owns the writer of
// the file.
class FileSink : public EncodedSink {
 public:
  // Completes the file, which is closed, and begins the next one with all interfaces announced so far. After an Error
  // of the first part the sink has failed as after finish().
  virtual Result<> restart(std::unique_ptr<ByteWriter> next) = 0;
};

}  // namespace ringtap
