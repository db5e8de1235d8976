// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/fleet_hosts.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "base/end_request.hpp"
#include "fleet/batch.hpp"
#include "fleet/stream.hpp"

namespace ringtap {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kQuiet = 400ms;
constexpr auto kLongest = 3s;
constexpr std::size_t kMostHosts = 4096;

Result<> not_permitted(Nats& nats) {
  const std::string refused = nats.take_refusal();
  return refused.empty() ? ok() : Result<>(Error("not permitted: " + refused));
}

// Answers until `on_answer` says that they are enough, or none came for `quiet` after another, or for `longest` in all.
struct Gathering {
  std::string inbox;
  bool ends_with_run = false;  // or the run is asked to end
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();

  static Result<Gathering> open(Nats& nats) {
    Gathering gathering{.inbox = nats.new_inbox()};
    if (auto listens = nats.subscribe(gathering.inbox + ".*", gathering.mailbox); !listens) return listens.take_error();
    return gathering;
  }
  Result<> gather(Nats& nats, std::chrono::milliseconds quiet, std::chrono::milliseconds longest,
                  const std::function<bool(const NatsMessage&)>& on_answer) const {
    const auto end = Clock::now() + longest;
    for (auto until = end; Clock::now() < until;) {
      const auto message = mailbox->take(std::min(until, Clock::now() + 50ms));
      if (auto permitted = not_permitted(nats); !permitted) return permitted;
      if (ends_with_run && EndRequest::of_this_run().asked()) return ok();
      if (!message) continue;
      if (on_answer(*message)) return ok();
      until = std::min(end, Clock::now() + quiet);
    }
    return ok();
  }
};

// The number at the end of the subject.
std::size_t index_of(const NatsMessage& message) {
  const std::string_view subject = message.subject();
  const std::string_view digits = subject.substr(subject.rfind('.') + 1);
  std::size_t index = ~std::size_t{0};
  std::from_chars(digits.data(), digits.data() + digits.size(), index);
  return index;
}

}  // namespace

Result<std::vector<Fields>> ask_status(Nats& nats) {
  auto gathering = Gathering::open(nats);
  if (!gathering) return gathering.take_error();
  auto sent =
      nats.publish(kAllAgents, std::string_view(Fields().add("request", "status").encode()), gathering->inbox + ".0");
  if (!sent) return sent.take_error();
  std::vector<Fields> all;
  auto gathered = gathering->gather(nats, kQuiet, kLongest, [&](const NatsMessage& message) {
    if (message.status() == 503) return true;
    auto fields = Fields::parse(message.text());
    if (fields && is_host_name(fields->text("host"))) all.push_back(std::move(*fields));
    return all.size() == kMostHosts;
  });
  if (!gathered) return gathered.take_error();
  std::sort(all.begin(), all.end(),
            [](const Fields& one, const Fields& other) { return one.text("host") < other.text("host"); });
  return all;
}

Result<std::vector<std::string>> matching_hosts(const std::vector<Fields>& all, const std::string& pattern) {
  std::vector<std::string> hosts;
  for (const Fields& fields : all) {
    std::string host(fields.text("host"));
    if (::fnmatch(pattern.c_str(), host.c_str(), 0) != 0) continue;
    if (!hosts.empty() && hosts.back() == host) {
      return Error("two agents call themselves " + host).hint("each needs a --host-id of its own");
    }
    hosts.push_back(std::move(host));
  }
  return hosts;
}

Result<std::vector<Fields>> ask_each(Nats& nats, const std::vector<std::string>& hosts, const Fields& request,
                                     std::chrono::milliseconds patience) {
  auto gathering = Gathering::open(nats);
  if (!gathering) return gathering.take_error();
  gathering->ends_with_run = true;
  const std::string text = request.encode();
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    auto sent =
        nats.publish(agent_subject(hosts[i]), std::string_view(text), gathering->inbox + "." + std::to_string(i));
    if (!sent) return sent.take_error();
  }
  std::vector<Fields> answers(hosts.size());
  std::size_t missing = hosts.size();
  auto gathered = gathering->gather(nats, patience, patience, [&](const NatsMessage& message) {
    const std::size_t index = index_of(message);
    if (index >= answers.size() || !answers[index].all().empty()) return false;
    auto fields = Fields::parse(message.text());
    if (message.status() == 503) {
      answers[index].add("refused", "its agent is gone");
    } else if (!fields) {
      answers[index].add("refused", "its answer is damaged");
    } else {
      answers[index] = std::move(*fields);
    }
    return --missing == 0;
  });
  if (!gathered) return gathered.take_error();
  for (Fields& answer : answers) {
    if (answer.all().empty()) answer.add("refused", "it did not answer");
  }
  return answers;
}

Result<std::vector<Fields>> ask_all(Nats& nats, const std::vector<std::string>& hosts, const Fields& request,
                                    std::chrono::milliseconds patience) {
  auto gathering = Gathering::open(nats);
  if (!gathering) return gathering.take_error();
  auto sent = nats.publish(kAllAgents, std::string_view(request.encode()), gathering->inbox + ".0");
  if (!sent) return sent.take_error();
  std::map<std::string, Fields> by_host;
  auto gathered = gathering->gather(nats, patience, patience, [&](const NatsMessage& message) {
    if (message.status() == 503) return true;
    auto fields = Fields::parse(message.text());
    if (!fields) return false;
    const std::string host(fields->text("host"));
    if (std::find(hosts.begin(), hosts.end(), host) != hosts.end()) by_host.try_emplace(host, std::move(*fields));
    return by_host.size() == hosts.size();
  });
  if (!gathered) return gathered.take_error();
  std::vector<Fields> answers;
  for (const std::string& host : hosts) {
    const auto found = by_host.find(host);
    answers.push_back(found == by_host.end() ? Fields().add("host", host).add("refused", "it did not answer")
                                             : std::move(found->second));
  }
  return answers;
}

Result<> leave_note(Nats& nats, const std::string& session, const Fields& note) {
  auto stored = nats.request(note_subject(session), note.encode(), kApiPatience);
  if (!stored) return std::move(stored.take_error()).context("store what the session is");
  if (stored->status() == 0 && stored->text().find("\"error\"") == std::string_view::npos) return ok();
  return Error("store what the session is: " + std::string(json_member(stored->text(), "description")));
}

Result<Fields> read_note(Nats& nats, const std::string& session) {
  auto consumer = create_consumer(nats, session, note_subject(session), 1);
  if (!consumer && consumer.error().text().find("stream not found") != std::string::npos) {
    return Error("the servers have no session " + session).hint("they keep one for a day");
  }
  if (!consumer) return consumer.take_error();
  auto gathering = Gathering::open(nats);
  if (!gathering) return gathering.take_error();
  auto asked = ask_consumer(nats, session, consumer->name, gathering->inbox + ".0", 1, kApiPatience);
  if (!asked) return asked.take_error();
  std::optional<Fields> note;
  auto gathered = gathering->gather(nats, kApiPatience, kApiPatience, [&](const NatsMessage& message) {
    if (message.status() == 0) note = Fields::parse(message.text());
    return true;
  });
  if (!gathered) return gathered.take_error();
  if (!note) return Error("session " + session + ": its stream does not say which hosts take part");
  return *std::move(note);
}

}  // namespace ringtap
