// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/event_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "record/capture_format.hpp"

namespace ringtap {

void EventBuffer::put(Frame frame, std::uint64_t first_ns, std::uint64_t last_ns) {
  if (is_open()) return pass_on(std::move(frame));
  // A frame that ended by its age may be much smaller than its chunk.
  if (frame.chunk->size() < Chunk::kRoom / 2) {
    auto small = std::make_unique<Chunk>(frame.chunk->size());
    if (small->has_memory()) {
      small->clear();
      small->append(frame.chunk->bytes());
      writer_.pool().give_back(std::exchange(frame.chunk, std::move(small)));
    }
  }
  held_bytes_ += frame.chunk->room();
  held_.push_back({std::move(frame), first_ns, last_ns});
  while (held_.size() > 1 &&
         (held_bytes_ > settings_.memory_bytes || held_.front().last_ns + settings_.before_ns < held_.back().last_ns)) {
    forget_oldest();
  }
}

bool EventBuffer::forget_oldest() {
  if (held_.empty()) return false;
  Held oldest = std::move(held_.front());
  held_.pop_front();
  held_bytes_ -= oldest.frame.chunk->room();
  forgotten_ += oldest.frame.packets;
  writer_.pool().give_back(std::move(oldest.frame.chunk));
  return true;
}

// A clock that was set back does not leave the event open until it has caught up.
bool EventBuffer::is_over(std::uint64_t time_ns) const {
  constexpr std::uint64_t kSlack = 10'000'000'000;
  if (!is_open()) return false;
  return time_ns > open_until_ns_ || open_until_ns_ - time_ns > settings_.after_ns + kSlack;
}

bool EventBuffer::begin(const std::string& why, std::uint64_t time_ns) {
  if (is_open()) {
    open_until_ns_ = std::max(open_until_ns_, time_ns + settings_.after_ns);
    return true;
  }
  if (begun_ns_ != 0 && time_ns >= begun_ns_ && time_ns - begun_ns_ < settings_.every_ns) return false;
  begun_ns_ = time_ns;
  open_until_ns_ = time_ns + settings_.after_ns;
  ++segment_;
  segment_bytes_ = 0;
  ++events_;
  comment_ = "event: " + why;
  plain_head_.reset();
  while (!held_.empty()) {
    Held first = std::move(held_.front());
    held_.pop_front();
    held_bytes_ -= first.frame.chunk->room();
    pass_on(std::move(first.frame));
  }
  return true;
}

// The section header, the first block, is replaced.
void EventBuffer::pass_on(Frame frame) {
  segment_bytes_ += frame.chunk->size();
  if (segment_bytes_ > most_bytes_) {  // an event that does not end must not fill the disk in one file
    writer_.end_segment();
    ++segment_;
    segment_bytes_ = frame.chunk->size();
  }
  if (frame.head != plain_head_) {
    plain_head_ = frame.head;
    pcapng::BlockHeader section;
    std::memcpy(&section, plain_head_->data(), sizeof section);
    auto head = std::make_shared<std::vector<std::byte>>(commented_(comment_));
    head->insert(head->end(), plain_head_->begin() + section.length, plain_head_->end());
    head_ = std::move(head);
  }
  frame.head = head_;
  frame.segment = segment_;
  writer_.put(std::move(frame));
}

void EventBuffer::end() {
  open_until_ns_ = 0;
  writer_.end_segment();
}

}  // namespace ringtap
