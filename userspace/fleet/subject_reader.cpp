// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/subject_reader.hpp"

namespace ringtap {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kAskedAtOnce = 8;  // messages
constexpr auto kReplyTime = 2s;            // for an answer, beyond that for messages
constexpr auto kConsumerAgain = 500ms;
constexpr auto kLeaderPatience = 200ms;
// Consumers in a row that were to send something and did not: a server that stood still answers so, and one that cannot
// read what it has stored.
constexpr unsigned kMostBrokenPromises = 3;

}  // namespace

Result<> SubjectReader::open(Nats& nats) {
  auto made = create_consumer(nats, session_, subject_, next_sequence_);
  if (!made) return made.take_error();
  on_consumer(*made);
  return ok();
}

void SubjectReader::ask(Nats& nats, std::chrono::milliseconds patience, Clock::time_point now) {
  if (now < ask_again_ || !nats.is_connected()) return;
  if (is_asked_ && now - asked_ < patience + kReplyTime) return;
  if (is_asked_) start_again();  // not even that there is nothing was said
  if (!has_consumer()) {
    auto opened = open(nats);
    ask_again_ = Clock::now() + kConsumerAgain;
    if (!opened) return;
  }
  auto asked = ask_consumer(nats, session_, consumer_, inbox_ + "." + consumer_, kAskedAtOnce, patience);
  is_asked_ = static_cast<bool>(asked);
  to_come_ = kAskedAtOnce;
  asked_ = now;
  ask_again_ = now;
}

void SubjectReader::on_consumer(const StreamConsumer& consumer) {
  consumer_ = consumer.name;
  delivered_ = 0;
  pending_ = consumer.pending;
  is_caught_up_ = false;
}

void SubjectReader::on_message(const StreamPlace& place, Clock::time_point now) {
  if (place.consumer != consumer_) return;  // one that was given up
  asked_ = now;
  if (place.delivery != ++delivered_) return start_again();
  broken_promises_ = 0;
  if (to_come_ > 0 && --to_come_ == 0) is_asked_ = false;
  next_sequence_ = place.sequence + 1;
  pending_ = place.pending;
  is_caught_up_ = pending_ == 0;
}

void SubjectReader::on_status(int status, std::string_view consumer, Clock::time_point now) {
  if (consumer != consumer_) return;
  is_asked_ = false;
  ask_again_ = now;
  if (status == 404 || status == 408) {
    const bool is_lost = pending_ > 0 && broken_promises_ < kMostBrokenPromises;
    if (is_lost) {
      ++broken_promises_;
      return start_again();
    }
    is_caught_up_ = true;
    return;
  }
  // 409: the consumer was deleted, or its leader changes. 503: it is gone, or has no leader.
  start_again();
  ask_again_ = now + kLeaderPatience;
}

void SubjectReader::start_again() {
  consumer_.clear();
  is_asked_ = false;
  is_caught_up_ = false;
}

void SubjectReader::start_again(std::uint64_t sequence) {
  start_again();
  next_sequence_ = sequence;
  broken_promises_ = 0;
}

}  // namespace ringtap
