// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A connection to NATS servers. libnats is loaded with the first one. What comes arrives in a Mailbox, filled by
// threads of libnats and emptied by one of ours; it is bounded, and what does not fit is dropped and counted. A server
// that is away is tried again for ever, and subscriptions are made again. Sending is for any thread. Whatever the
// servers refuse is kept as a text, since a request that is not permitted otherwise only gets no answer.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ringtap/fleet.hpp"
#include "ringtap/result.hpp"

using natsConnection = struct __natsConnection;      // NOLINT(bugprone-reserved-identifier): names of libnats
using natsMsg = struct __natsMsg;                    // NOLINT(bugprone-reserved-identifier)
using natsSubscription = struct __natsSubscription;  // NOLINT(bugprone-reserved-identifier)

namespace ringtap {

// Owns the message; the views are valid as long as it lives.
class NatsMessage {
 public:
  explicit NatsMessage(natsMsg* message) : message_(message) {}

  [[nodiscard]] std::string_view subject() const;
  [[nodiscard]] std::string_view reply() const;  // where an answer is to go; empty: nowhere
  [[nodiscard]] std::span<const std::byte> data() const;
  [[nodiscard]] std::string_view text() const;
  // Of a message from the server itself: 503 nobody is there, 408 the time is over, 404 there is nothing; else 0.
  [[nodiscard]] int status() const;

 private:
  friend class Nats;
  struct Free {
    void operator()(natsMsg* message) const;
  };
  std::unique_ptr<natsMsg, Free> message_;
};

class Mailbox {
 public:
  static constexpr std::size_t kMostMessages = 4096;
  static constexpr std::size_t kMostBytes = std::size_t{256} << 20;
  using Deadline = std::chrono::steady_clock::time_point;
  // kQuiet: what comes wakes nobody. It is found at the deadline, or with wake().
  enum class Bell : std::uint8_t { kRings, kQuiet };
  explicit Mailbox(Bell bell = Bell::kRings) : bell_(bell) {}

  // The next one, none if none comes until then, or wake() was called.
  std::optional<NatsMessage> take(Deadline deadline);
  void wake();
  void put(NatsMessage message);
  // That there was no room for.
  [[nodiscard]] std::uint64_t dropped();

 private:
  const Bell bell_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<NatsMessage> messages_;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool woken_ = false;
};

class Nats {
 public:
  // Loads the library and reads the files that the settings name.
  // `inbox`: where answers go, with more words after it; so that nobody else needs the right to listen there.
  static Result<std::unique_ptr<Nats>> prepare(const FleetConnection& settings, const std::string& name,
                                               const std::string& inbox);
  ~Nats();
  Nats(const Nats&) = delete;
  Nats& operator=(const Nats&) = delete;

  // A server must answer within `patience`. May be called again after an Error.
  Result<> connect(std::chrono::milliseconds patience);
  [[nodiscard]] bool is_connected() const;
  // "nats://10.0.0.1:4222"
  [[nodiscard]] std::string server() const;
  // The largest payload, without room for headers.
  [[nodiscard]] std::size_t max_payload() const;

  // What comes to `subject`, which may have a '*' or a '>', goes into the mailbox for as long as the connection lives.
  Result<> subscribe(const std::string& subject, std::shared_ptr<Mailbox> mailbox);
  // A subject that nobody else listens at; may be continued with ".x".
  [[nodiscard]] std::string new_inbox() const;

  // For publish(), which may be called several times with it. `reply`: empty if no answer is wanted. `id`: of
  // Nats-Msg-Id, may be empty. The payload is copied.
  static Result<NatsMessage> make_message(const std::string& subject, std::span<const std::byte> payload,
                                          const std::string& reply, const std::string& id);
  Result<> publish(const NatsMessage& message);
  Result<> publish(const std::string& subject, std::span<const std::byte> payload, const std::string& reply = "",
                   const std::string& id = "");
  Result<> publish(const std::string& subject, std::string_view payload, const std::string& reply = "");
  // The first answer, of JetStream's API or a stream.
  Result<NatsMessage> request(const std::string& subject, std::string_view payload, std::chrono::milliseconds patience);
  // Hands everything to the server, which has then seen it.
  Result<> flush(std::chrono::milliseconds patience);

  // Since the last call: what a server refused, in its words; empty: nothing.
  std::string take_refusal();

 private:
  struct Callbacks;
  friend struct Callbacks;
  Nats(FleetConnection settings, std::string name, std::string inbox)
      : settings_(std::move(settings)), name_(std::move(name)), inbox_(std::move(inbox)) {}

  FleetConnection settings_;
  std::string name_;
  std::string inbox_;
  std::string seed_;  // of the NKEY
  std::string public_key_;
  std::string authorities_;
  std::string certificate_;
  std::string key_;
  mutable std::mutex mutex_;  // of refusal_
  std::string refusal_;
  std::atomic<bool> is_signature_useless_ = false;  // of the last nonce; set by a thread of libnats
  natsConnection* connection_ = nullptr;
  struct Subscribed {
    natsSubscription* subscription;
    std::shared_ptr<Mailbox> mailbox;
  };
  std::vector<Subscribed> subscribed_;
};

}  // namespace ringtap
