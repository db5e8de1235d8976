// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/agent.hpp"

#include <net/if.h>
#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/now.hpp"
#include "fleet/batch.hpp"
#include "fleet/clock_quality.hpp"
#include "fleet/opening.hpp"
#include "fleet/spill_file.hpp"
#include "fleet/stream.hpp"

namespace ringtap {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kConnectPatience = 2s;
constexpr auto kRequestTick = 100ms;
constexpr std::chrono::milliseconds kPatienceWithDisk = 10min;
constexpr std::size_t kMostStatusInterfaces = 64;

// Up to a number that fits into one answer.
void add_interfaces(Fields& fields) {
  struct if_nameindex* const names = ::if_nameindex();
  if (names == nullptr) return;
  std::size_t count = 0;
  for (const struct if_nameindex* name = names; name->if_index != 0; ++name) {
    if (++count <= kMostStatusInterfaces) fields.add("interface", name->if_name);
  }
  fields.add("interfaces", count);
  ::if_freenameindex(names);
}

}  // namespace

Result<std::unique_ptr<Agent>> Agent::create(Settings settings) {
  if (!is_host_name(settings.options.host_id)) {
    return Error("--host-id " + settings.options.host_id + ": not a name of a host", ErrorKind::kUsage)
        .hint("up to 128 printable characters without blanks, '/', '*' and '?'");
  }
  if (const AgentOptions& how = settings.options; !how.spill_folder.empty()) {
    if (auto file = SpillFile::create(how.spill_folder, how.spill_bytes); !file) return file.take_error();
  }
  auto nats = Nats::prepare(settings.connection, "ringtap agent " + settings.options.host_id,
                            agent_inbox(settings.options.host_id));
  if (!nats) return nats.take_error();
  std::unique_ptr<Agent> agent(new Agent(std::move(settings)));
  agent->nats_ = nats.take();
  agent->boot_ = boot_id();
  return agent;
}

// False: there is no server yet.
Result<bool> Agent::connect() {
  if (auto connected = nats_->connect(kConnectPatience); !connected) {
    const std::string& why = connected.error().text();
    if (why != told_) settings_.tell(why + "; trying again");
    told_ = why;
    return false;
  }
  for (const std::string& subject : {std::string(kAllAgents), agent_subject(settings_.options.host_id)}) {
    if (auto listens = nats_->subscribe(subject, requests_); !listens) return listens.take_error();
  }
  if (auto there = nats_->flush(kConnectPatience); !there) return there.take_error();
  told_.clear();
  settings_.tell("host " + settings_.options.host_id + " waits for requests at " + nats_->server());
  return true;
}

Result<> Agent::run() {
  bool is_connected = false;
  auto next_second = Clock::now();
  while (!settings_.ends()) {
    if (!is_connected) {
      auto connected = connect();
      if (!connected) return connected.take_error();
      is_connected = *connected;
    }
    const auto now = Clock::now();
    if (auto message = requests_->take(now + kRequestTick)) handle(*message);
    std::erase_if(sessions_, [&](const auto& session) {
      if (session->is_over()) settings_.tell(session->name() + ": over");
      return session->is_over();
    });
    if (now < next_second) continue;
    next_second = now + 1s;
    settings_.on_second(std::to_string(sessions_.size()) + " sessions" +
                        (nats_->is_connected() ? "" : ", no server is there"));
    if (const std::string refused = nats_->take_refusal(); !refused.empty()) {
      settings_.tell("not permitted: " + refused);
    }
  }
  return ok();
}

void Agent::answer(const std::string& reply, const Fields& fields) {
  if (reply.empty()) return;
  // One that asked and is gone, or a server that is away: nobody waits for it.
  static_cast<void>(nats_->publish(reply, std::string_view(fields.encode())));
}

AgentSession* Agent::find(std::string_view session) {
  const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                  [&](const auto& one) { return one->name() == session && !one->is_over(); });
  return found == sessions_.end() ? nullptr : found->get();
}

Fields Agent::status() const {
  Fields fields;
  utsname system{};
  ::uname(&system);
  const ClockQuality clock = clock_quality();
  fields.add("host", settings_.options.host_id)
      .add("boot", boot_)
      .add("version", settings_.version)
      .add("kernel", std::string(system.sysname) + " " + system.release)
      .add("machine", system.machine)
      .add("features", settings_.features())
      .add("clock", clock.source)
      .add("clock_error", clock.error_ns);
  for (const auto& session : sessions_) fields.add("session", session->state_text());
  add_interfaces(fields);
  return fields;
}

void Agent::handle(const NatsMessage& message) {
  const std::string reply(message.reply());
  const auto request = Fields::parse(message.text());
  if (!request) return answer(reply, Fields().add("refused", "the request is damaged"));
  const std::string_view what = request->text("request");
  if (what == "status") return answer(reply, status());
  const std::string_view name = request->text("session");
  if (!is_session_name(name)) return answer(reply, Fields().add("refused", "the session has no proper name"));
  if (what == "prepare") return prepare(*request, reply);
  AgentSession* const session = find(name);
  Fields fields;
  fields.add("host", settings_.options.host_id).add("session", name);
  if (session == nullptr) {
    // Of a request to all, who does not take part says nothing.
    if (message.subject() != kAllAgents) answer(reply, fields.add("refused", "there is no such session"));
    return;
  }
  if (what == "go") {
    return session->open_gate(opening_of(*request, boot_, clock_quality(), epoch_now_ns()),
                              [this, reply, fields](const Fields& opened) {
                                Fields all = fields;
                                for (const auto& [key, value] : opened.all()) all.add(key, value);
                                answer(reply, all);
                              });
  }
  if (what == "stop") session->stop();
  answer(reply, fields.add("state", session->state_text()));
}

void Agent::prepare(const Fields& request, const std::string& reply) {
  const std::string session(request.text("session"));
  Fields fields;
  fields.add("host", settings_.options.host_id).add("session", session);
  const auto refuse = [&](const Error& why) {
    answer(reply, fields.add("refused", why.text() + (why.hint().empty() ? "" : " (" + why.hint() + ")")));
  };
  if (find(session) != nullptr) return refuse(Error("it is prepared already"));
  if (sessions_.size() >= settings_.options.limits.max_sessions) {
    return refuse(Error("this agent has " + std::to_string(sessions_.size()) + " sessions, as many as it may"));
  }
  auto words = settings_.words_of(request);
  if (!words) return refuse(words.error());
  auto nats = Nats::prepare(settings_.connection, "ringtap packets " + settings_.options.host_id,
                            agent_inbox(settings_.options.host_id));
  if (!nats) return refuse(nats.error());
  if (auto connected = (*nats)->connect(kConnectPatience); !connected) return refuse(connected.error());
  auto sender = BatchSender::start(nats.take(), {.session = session,
                                                 .host = settings_.options.host_id,
                                                 .boot = boot_,
                                                 .netns = settings_.netns,
                                                 .queue_bytes = settings_.options.queue_bytes,
                                                 .spill_folder = settings_.options.spill_folder,
                                                 .spill_bytes = settings_.options.spill_bytes});
  if (!sender) return refuse(sender.error());
  const auto longest = std::chrono::nanoseconds(request.number_or("longest", 0));
  const auto allowed = settings_.options.limits.longest;
  auto made =
      AgentSession::prepare({.session = session,
                             .words = words.take(),
                             .longest = longest.count() > 0 && longest < allowed ? longest : allowed,
                             .linger = settings_.options.spill_folder.empty() ? kServerPatience : kPatienceWithDisk,
                             .on_ready =
                                 [this, reply](const Fields& ready) {
                                   Fields all;
                                   all.add("host", settings_.options.host_id).add("boot", boot_);
                                   for (const auto& [key, value] : ready.all()) all.add(key, value);
                                   answer(reply, all);
                                 },
                             .tell = settings_.tell},
                            sender.take());
  if (!made) return refuse(made.error());
  sessions_.push_back(made.take());
}

}  // namespace ringtap
