// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Holds the last frames in memory, and passes them on to the writer of segments when an event comes: those from a time
// before it, and those that follow for a time after it. Events that overlap become one segment, whose first block says
// why it was written. Borrows the writer. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "recorder/segment_writer.hpp"
#include "ringtap/recording.hpp"

namespace ringtap {

class EventBuffer {
 public:
  // What the section header of a segment is with a comment.
  using Commented = std::function<std::vector<std::byte>(const std::string& comment)>;
  // `segment_bytes`: what a segment may hold beyond the memory, before the event goes on in another.
  EventBuffer(SegmentWriter& writer, EventSettings settings, std::uint64_t segment_bytes, Commented commented)
      : writer_(writer),
        settings_(std::move(settings)),
        most_bytes_(settings_.memory_bytes + segment_bytes),
        commented_(std::move(commented)) {}

  // `last_ns`: the time of the last packet in it.
  void put(Frame frame, std::uint64_t first_ns, std::uint64_t last_ns);
  // An event at this time of packets. False: it comes too early after the one before.
  bool begin(const std::string& why, std::uint64_t time_ns);
  // Whether frames are passed on.
  [[nodiscard]] bool is_open() const { return open_until_ns_ != 0; }
  // Whether the event's time after is over.
  [[nodiscard]] bool is_over(std::uint64_t time_ns) const;
  // The segment gets no more frames. How many packets are in it, for `tell`.
  void end();

  // The oldest frame goes, for its memory; false: there is none.
  bool forget_oldest();

  // Packets that left the memory because newer ones came, and were in no segment.
  [[nodiscard]] std::uint64_t packets_forgotten() const { return forgotten_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  // Of those in memory the first.
  [[nodiscard]] std::optional<std::uint64_t> oldest_ns() const {
    return held_.empty() ? std::nullopt : std::optional(held_.front().first_ns);
  }

 private:
  struct Held {
    Frame frame;
    std::uint64_t first_ns;
    std::uint64_t last_ns;
  };
  void pass_on(Frame frame);

  SegmentWriter& writer_;
  const EventSettings settings_;
  const std::uint64_t most_bytes_;
  Commented commented_;
  std::deque<Held> held_;
  std::uint64_t held_bytes_ = 0;
  std::uint64_t begun_ns_ = 0;       // the last event
  std::uint64_t open_until_ns_ = 0;  // 0: none is
  std::uint64_t segment_ = 0;
  std::uint64_t segment_bytes_ = 0;  // passed on to it
  std::string comment_;
  std::shared_ptr<const std::vector<std::byte>> plain_head_;  // and what it becomes with the comment
  std::shared_ptr<const std::vector<std::byte>> head_;
  std::uint64_t forgotten_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace ringtap
