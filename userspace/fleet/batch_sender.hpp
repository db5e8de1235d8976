// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The queue between a capture and the servers. put() never waits for these: a batch for which there is no room goes to
// the disk, if there is a folder for that, or is counted and dropped, the newest first. A thread sends, at most
// kBatchesUnderWay at a time, and keeps each batch until a server has stored it; what is not answered is sent again
// with the same id, so that a server stores it once, and where nobody answers it waits 20 ms, then twice as long each
// time, up to a second. put() is for one thread; the rest for any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fleet/batch.hpp"
#include "fleet/batch_builder.hpp"
#include "fleet/nats.hpp"
#include "fleet/spill_file.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// At the end, without a server that takes anything.
inline constexpr std::chrono::milliseconds kServerPatience{30'000};

struct SenderCounts {
  std::uint64_t batches = 0;        // that got a number
  std::uint64_t packets = 0;        // in those
  std::uint64_t stored = 0;         // batches that a server has
  std::uint64_t queue_packets = 0;  // dropped: the queue was full, the disk failed, or too large
  std::uint64_t queue_batches = 0;
  std::uint64_t queued_bytes = 0;   // now, in memory
  std::uint64_t spilled_bytes = 0;  // now, on the disk
  std::uint64_t spilled = 0;        // batches that were ever there
  std::uint64_t repeats = 0;        // sent again
  HostCounters counted;             // with the last batch
  std::string drop_reason;          // why a batch was dropped, if not only since the queue was full
  std::string trouble;              // why the last one was not stored; empty: it was
};

class BatchSender {
 public:
  struct Settings {
    std::string session;
    std::string host;
    std::string boot;
    std::uint32_t netns = 0;
    std::uint64_t queue_bytes = 0;
    std::string spill_folder = {};  // empty: there is none
    std::uint64_t spill_bytes = 0;  // of the disk, at most
  };
  // `nats` is connected, and for this sender alone: a slow server blocks who sends.
  static Result<std::unique_ptr<BatchSender>> start(std::unique_ptr<Nats> nats, Settings settings);
  ~BatchSender();
  BatchSender(const BatchSender&) = delete;
  BatchSender& operator=(const BatchSender&) = delete;

  // Before the first put(): since when packets are kept.
  void begin(std::uint64_t opened_ns) { opened_ns_ = opened_ns; }
  // `until_ns`: see BatchHeader. A section without packets only tells that. Writes the header into the first kBatchRoom
  // bytes of its message. What is larger than largest_section() is dropped and counted.
  void put(const BuiltSection& section, std::uint64_t until_ns);
  // The last batch, once all others are stored or `patience` is over; true if everything was stored.
  bool finish(Fields ending, std::uint64_t until_ns, std::chrono::milliseconds patience);
  // finish() is not to wait longer than kServerPatience without progress: the agent ends.
  void hurry();
  // For a batch whose message is not to be larger than a server takes.
  [[nodiscard]] std::size_t largest_section() const { return largest_section_; }
  [[nodiscard]] SenderCounts counts();

 private:
  using Clock = std::chrono::steady_clock;
  struct Queued {
    std::uint64_t number;
    std::string id;
    std::optional<NatsMessage> message;    // none if it is on the disk, or stored
    std::optional<std::uint64_t> spilled;  // where it is there
    std::size_t size;
    Clock::time_point due;  // when it is sent, or sent again
    bool is_sent;
    bool is_stored;
  };
  BatchSender(std::unique_ptr<Nats> nats, Settings settings, BatchEncoder encoder);
  void enqueue(BatchHeader& header, std::span<std::byte> section, bool in_any_case);
  bool keep(Queued& queued, std::span<const std::byte> message, bool in_any_case, std::string& why_not);
  bool keep_in_memory(Queued& queued, std::span<const std::byte> message, bool in_any_case);
  bool keep_on_disk(Queued& queued, std::span<const std::byte> message, std::string& why_not);
  void send(const Queued& queued);
  BatchHeader next_header() const;
  void run();
  void take_answers(Clock::time_point until);
  void answer(std::uint64_t number, const NatsMessage& message);
  // The next that is due, none: nothing is to be sent now; then `wake` is when to look again.
  std::shared_ptr<Queued> find_due(Clock::time_point now, Clock::time_point& wake);

  Settings settings_;
  std::string subject_;
  std::string inbox_;
  BatchEncoder encoder_;
  std::vector<std::byte> no_section_ = std::vector<std::byte>(kBatchRoom);  // for a batch that has none
  std::size_t largest_section_;

  // None wakes the thread, which looks at all of them at the next tick.
  std::shared_ptr<Mailbox> answers_ = std::make_shared<Mailbox>(Mailbox::Bell::kQuiet);
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Queued>> queue_;
  std::uint64_t queued_bytes_ = 0;
  std::uint64_t spilled_bytes_ = 0;
  std::mutex spill_mutex_;  // of spill_; taken before mutex_
  std::optional<SpillFile> spill_;
  SenderCounts counts_;
  std::uint64_t opened_ns_ = 0;
  std::uint64_t lost_ = 0;  // told by records so far
  std::chrono::milliseconds back_off_{0};
  Clock::time_point not_before_;  // nobody answered
  bool ends_ = false;
  bool hurries_ = false;
  std::unique_ptr<Nats> nats_;
  std::thread thread_;
};

}  // namespace ringtap
