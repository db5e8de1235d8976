// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Reads what a session's stream has of one subject, in the order of the stream, a few messages at a time, by a consumer
// that a server keeps for it. A consumer is not told what became of what it sent, and a message on its way is lost with
// the server or the connection that had it: so each has a number, and where one is missing another consumer reads again
// from there. What comes twice by that is the caller's to drop. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "fleet/nats.hpp"
#include "fleet/stream.hpp"

namespace ringtap {

class SubjectReader {
 public:
  using Clock = std::chrono::steady_clock;
  // `inbox`: messages, and what a server answers instead, come to it with a dot and the name of the consumer behind.
  SubjectReader(std::string session, std::string subject, std::string inbox)
      : session_(std::move(session)), subject_(std::move(subject)), inbox_(std::move(inbox)) {}

  // Makes the first consumer. An Error: the servers refuse it, or none answers.
  Result<> open(Nats& nats);
  // Asks for messages, which wait on the server's side for `patience`, unless it has asked and waits for them.
  void ask(Nats& nats, std::chrono::milliseconds patience, Clock::time_point now);

  // Each consumer that open() and ask() make. `pending`: messages that it is to send.
  void on_consumer(const StreamConsumer& consumer);
  // A message of the subject came.
  void on_message(const StreamPlace& place, Clock::time_point now);
  // What was answered instead of messages to a request to this consumer: 404 and 408 that there is nothing now.
  void on_status(int status, std::string_view consumer, Clock::time_point now);
  // Reads on with another consumer, which knows what is there now; from this number in the stream on.
  void start_again();
  void start_again(std::uint64_t sequence);

  [[nodiscard]] const std::string& subject() const { return subject_; }
  // The servers have no more than came, or do not send it.
  [[nodiscard]] bool is_caught_up() const { return is_caught_up_; }
  // Once that is so: how many messages they have and do not send.
  [[nodiscard]] std::uint64_t unread() const { return is_caught_up_ ? pending_ : 0; }
  [[nodiscard]] bool has_consumer() const { return !consumer_.empty(); }
  // The number in the stream from which another consumer would read on.
  [[nodiscard]] std::uint64_t next_sequence() const { return next_sequence_; }

 private:
  std::string session_;
  std::string subject_;
  std::string inbox_;
  std::string consumer_;         // empty: there is none
  std::uint64_t delivered_ = 0;  // messages that it sent and that came
  std::uint64_t pending_ = 0;    // … and that it has still to send, as it said last
  unsigned broken_promises_ = 0;
  std::uint64_t next_sequence_ = 1;
  bool is_asked_ = false;
  std::uint64_t to_come_ = 0;  // messages that answer the request
  Clock::time_point asked_;
  Clock::time_point ask_again_;
  bool is_caught_up_ = false;
};

}  // namespace ringtap
