// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a session has at the servers: a JetStream stream of its own, whose name is never used again (a server of version
// 2.9.10 that restarts serves an old state of a stream that was made twice), and one consumer for each host. Requests
// of JetStream's own API. Stateless; any thread that may use the connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/nats.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// For the answer to a request of JetStream's API.
inline constexpr std::chrono::milliseconds kApiPatience = std::chrono::seconds(5);

std::string stream_name(std::string_view session);
// Of the batches of one host; what the collector notes is at a name that no host can have.
std::string data_subject(std::string_view session, std::string_view host);
std::string note_subject(std::string_view session);
std::string any_data_subject(std::string_view session);

inline constexpr const char* kAllAgents = "ringtap.ctl.all";
std::string agent_subject(std::string_view host);
// Where answers to an agent, and to those who collect, go.
std::string agent_inbox(std::string_view host);
inline constexpr const char* kFleetInbox = "ringtap.inbox.=fleet";

// With three replicas if there are as many servers, else with one; returns how many. Waits up to ten seconds for
// servers that choose a leader.
Result<unsigned> create_stream(Nats& nats, const std::string& session, std::uint64_t most_bytes);
Result<> delete_stream(Nats& nats, const std::string& session);
struct StreamConsumer {
  std::string name;
  std::uint64_t pending = 0;  // messages that it has to send
};
// A new consumer of what comes to a subject, from this number in the stream on. It is forgotten by the servers a minute
// after it was last asked.
Result<StreamConsumer> create_consumer(Nats& nats, const std::string& session, const std::string& subject,
                                       std::uint64_t from);
// Asks for the next messages: they come to the inbox, with their own subject.
Result<> ask_consumer(Nats& nats, const std::string& session, const std::string& consumer, const std::string& inbox,
                      std::uint64_t messages, std::chrono::milliseconds patience);

// Of a message that a consumer sent, by where its acknowledgement would go.
struct StreamPlace {
  std::string_view consumer;   // its name, in the text that was read
  std::uint64_t delivery = 0;  // how many the consumer has sent with this one: the next has one more
  std::uint64_t sequence = 0;  // in the stream
  std::uint64_t pending = 0;   // how many more there are for this consumer
};
std::optional<StreamPlace> place_of(std::string_view reply);

// The value of the first member of that name in JSON text of a server: of a string what is between the quotes, of a
// number its digits. Empty: there is none.
std::string_view json_member(std::string_view json, std::string_view name);

}  // namespace ringtap
