// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// One message of a fleet's capture: some packets of one host. It begins with "RTB1", the size of the header (32 bits,
// little-endian) and the header as Fields; then comes a complete pcapng section, usually as one zstd frame: section
// header, all interfaces so far, packets. So a batch can be read without those before it. What is parsed may come from
// anybody: every size is bounded, and what a batch claims to be is what it is named after or it is refused.
// Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/fields.hpp"
#include "fleet/host_counters.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

struct BatchHeader {
  std::string session;
  std::string host;
  std::uint64_t opened_ns = 0;  // since when packets are kept
  std::string boot;             // of the kernel, so that a host that was started again is told apart
  std::uint32_t netns = 0;      // inode number of the agent's network namespace; 0: not known
  std::uint64_t number = 0;     // of the host in this session, from 0 on without a gap
  std::uint64_t first_ns = 0;   // of its packets, since the epoch
  std::uint64_t last_ns = 0;
  std::uint64_t until_ns = 0;  // no later batch has a packet from before this
  std::uint64_t packets = 0;
  std::uint64_t sent_before = 0;  // packets in the batches with lower numbers
  std::uint64_t lost_before = 0;  // packets that the kernel side lost, as records tell, before and after these
  std::uint64_t lost_after = 0;
  HostCounters before;  // the last reading before these packets, and after them
  HostCounters after;
  std::uint64_t queue_packets = 0;  // so far, in batches that the agent dropped (SenderCounts); those have no number
  std::uint64_t queue_batches = 0;
  std::string clock;                 // what the clock follows; "unsynchronised" if nothing
  std::uint64_t clock_error_ns = 0;  // its error bound
  bool is_end = false;               // the last one; then `more` has the accounting
  Fields more;                       // keys that begin with "end."
};

inline constexpr std::size_t kMostBatchHeader = 16 * 1024;
inline constexpr std::size_t kMostBatchBytes = std::size_t{4} << 20;  // of the section
inline constexpr std::size_t kLongestHost = 128;
inline constexpr std::size_t kLongestSession = 48;

struct Batch {
  BatchHeader header;
  std::vector<std::byte> section;
};

// What a section has before it in memory, so that the head of its message is written there and nothing is copied.
inline constexpr std::size_t kBatchRoom = 8 + kMostBatchHeader;

// How many of the next large sections are sent as they are, after zstd has made `packed` bytes of one of `size`: 63
// where it leaves more than a half, one where it leaves more than a quarter. The less it saves, the longer it takes.
unsigned sections_to_leave(std::size_t packed, std::size_t size);

// Makes the message of a section, which is compressed if it shrinks and is not one of those to leave. One thread.
class BatchEncoder {
 public:
  static Result<BatchEncoder> create();
  BatchEncoder(BatchEncoder&& other) noexcept : context_(other.context_), message_(std::move(other.message_)) {
    other.context_ = nullptr;
  }
  BatchEncoder& operator=(BatchEncoder&&) = delete;
  ~BatchEncoder();

  // `section`: kBatchRoom bytes that are overwritten, and the section. Valid until the next call, and as long as those.
  [[nodiscard]] std::span<const std::byte> encode(const BatchHeader& header, std::span<std::byte> section);

 private:
  explicit BatchEncoder(void* context) : context_(context) {}
  std::size_t pack(std::span<const std::byte> section);

  void* context_;  // ZSTD_CCtx
  unsigned left_as_they_are_ = 0;
  std::vector<std::byte> message_;  // kBatchRoom, and what is compressed; not cleared each time
};

// The header alone, and where the section begins in the message.
struct PackedBatch {
  BatchHeader header;
  std::size_t section_at = 0;
  bool is_packed = false;
};
Result<PackedBatch> parse_batch_header(std::span<const std::byte> message);
Result<std::vector<std::byte>> unpack_section(const PackedBatch& batch, std::span<const std::byte> message);

// [A-Za-z0-9_-], as a part of a subject or of a stream's name; whatever else a host's name has becomes =XX.
std::string subject_token(std::string_view name);
bool is_session_name(std::string_view name);
bool is_host_name(std::string_view name);
// A name that was never used before: the time, and a random number.
std::string new_session_name();

// Nats-Msg-Id: the server drops what comes twice.
std::string message_id(const BatchHeader& header);

}  // namespace ringtap
