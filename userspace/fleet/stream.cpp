// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/stream.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>
#include <vector>

#include "base/json.hpp"
#include "fleet/batch.hpp"

namespace ringtap {
namespace {

constexpr std::uint64_t kDay = std::uint64_t{86'400} * 1'000'000'000;
constexpr std::uint64_t kSecond = 1'000'000'000;
// Servers choose a leader in less, also when one of them is killed.
constexpr std::chrono::seconds kElectionPatience{10};
constexpr std::chrono::milliseconds kAskAgain{200};

Result<std::string> call(Nats& nats, const std::string& subject, const std::string& body, const std::string& what) {
  auto answer = nats.request("$JS.API." + subject, body, kApiPatience);
  if (!answer) return std::move(answer.take_error()).context(what);
  const std::string text(answer->text());
  if (text.find("\"error\"") == std::string::npos) return text;
  return Error(what + ": " + std::string(json_member(text, "description")));
}

// What servers answer while they have no leader.
bool is_election(const Error& error) {
  return error.text().find("temporarily unavailable") != std::string::npos;
}

std::uint64_t number_of(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::string stream_settings(const std::string& session, std::uint64_t most_bytes, unsigned replicas) {
  std::string body;
  {
    JsonObject json(body);
    json.text("name", stream_name(session));
    json.key("subjects") += "[\"" + any_data_subject(session) + "\"]";
    json.text("retention", "limits");
    json.text("storage", "file");
    json.text("discard", "new");  // a refused batch is sent again or counted, one that is thrown away is neither
    json.number("num_replicas", replicas);
    json.number("max_age", kDay);
    if (most_bytes > 0) json.number("max_bytes", most_bytes);
    json.number("duplicate_window", 120 * kSecond);
  }
  return body;
}

}  // namespace

std::string stream_name(std::string_view session) {
  return "RINGTAP_" + std::string(session);
}

std::string data_subject(std::string_view session, std::string_view host) {
  return "ringtap.data." + std::string(session) + "." + subject_token(host);
}

std::string note_subject(std::string_view session) {
  return "ringtap.data." + std::string(session) + ".=note";
}

std::string any_data_subject(std::string_view session) {
  return "ringtap.data." + std::string(session) + ".*";
}

std::string agent_subject(std::string_view host) {
  return "ringtap.ctl.host." + subject_token(host);
}

std::string agent_inbox(std::string_view host) {
  return "ringtap.inbox." + subject_token(host);
}

Result<unsigned> create_stream(Nats& nats, const std::string& session, std::uint64_t most_bytes) {
  const auto until = std::chrono::steady_clock::now() + kElectionPatience;
  std::optional<Error> first;
  // Fewer than three servers refuse three replicas; a server with less storage than that refuses the size.
  for (const unsigned replicas : {3U, 1U}) {
    for (const std::uint64_t bytes : {most_bytes, std::uint64_t{0}}) {
      const std::string body = stream_settings(session, bytes, replicas);
      const auto ask = [&] {
        return call(nats, "STREAM.CREATE." + stream_name(session), body, "create a stream for the session");
      };
      auto made = ask();
      while (!made && is_election(made.error()) && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(kAskAgain);
        made = ask();
      }
      if (made) return replicas;
      if (is_election(made.error())) return made.take_error();
      if (!first || replicas == 1) first = made.take_error();
      if (first->text().find("not permitted") != std::string::npos) return *std::move(first);
    }
  }
  return *std::move(first);
}

Result<> delete_stream(Nats& nats, const std::string& session) {
  auto gone = call(nats, "STREAM.DELETE." + stream_name(session), "", "delete the session's stream");
  return gone ? ok() : Result<>(gone.take_error());
}

Result<StreamConsumer> create_consumer(Nats& nats, const std::string& session, const std::string& subject,
                                       std::uint64_t from) {
  std::string body = "{\"stream_name\":\"" + stream_name(session) + "\",\"config\":";
  {
    JsonObject json(body);
    json.text("filter_subject", subject);
    json.text("deliver_policy", "by_start_sequence");
    json.number("opt_start_seq", from);
    json.text("ack_policy", "none");
    json.text("replay_policy", "instant");
    json.number("inactive_threshold", 60 * kSecond);
    json.key("mem_storage") += "true";
    json.number("num_replicas", 1);
  }
  body += '}';
  auto made = call(nats, "CONSUMER.CREATE." + stream_name(session), body, "read session " + session);
  if (!made) return made.take_error();
  const std::string name(json_member(*made, "name"));
  if (name.empty() || name.size() > 64 || name.find_first_of(" .*>\t") != std::string::npos) {
    return Error("read session " + session + ": the server's answer names no consumer");
  }
  return StreamConsumer{.name = name, .pending = number_of(json_member(*made, "num_pending"))};
}

Result<> ask_consumer(Nats& nats, const std::string& session, const std::string& consumer, const std::string& inbox,
                      std::uint64_t messages, std::chrono::milliseconds patience) {
  const std::string body =
      "{\"batch\":" + std::to_string(messages) + ",\"expires\":" + std::to_string(patience.count() * 1'000'000) + "}";
  return nats.publish("$JS.API.CONSUMER.MSG.NEXT." + stream_name(session) + "." + consumer, std::string_view(body),
                      inbox);
}

// "$JS.ACK.STREAM.CONSUMER.DELIVERED.SEQUENCE.CONSUMER_SEQUENCE.TIME.PENDING", in later versions with a domain and an
// account after ACK, and one more word at the end.
std::optional<StreamPlace> place_of(std::string_view reply) {
  std::vector<std::string_view> words;
  for (std::string_view rest = reply; words.size() < 16;) {
    const std::size_t dot = rest.find('.');
    words.push_back(rest.substr(0, dot));
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (words.size() < 9 || words[0] != "$JS" || words[1] != "ACK") return std::nullopt;
  const std::size_t shift = words.size() > 9 ? 2 : 0;
  if (words.size() < 9 + shift) return std::nullopt;
  const StreamPlace place{.consumer = words[3 + shift],
                          .delivery = number_of(words[6 + shift]),
                          .sequence = number_of(words[5 + shift]),
                          .pending = number_of(words[8 + shift])};
  if (place.sequence == 0) return std::nullopt;
  return place;
}

std::string_view json_member(std::string_view json, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":";
  const std::size_t found = json.find(key);
  if (found == std::string_view::npos) return {};
  json.remove_prefix(found + key.size());
  json.remove_prefix(std::min(json.find_first_not_of(" \t\n"), json.size()));
  if (json.starts_with('"')) return json.substr(1, json.find('"', 1) - 1);
  return json.substr(0, json.find_first_not_of("0123456789"));
}

}  // namespace ringtap
