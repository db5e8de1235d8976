// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Answers those who ask for captures at this host: status, prepare, go, stop, alive. It captures nothing by itself.
// Requests come from the network: their size is bounded, what they may ask for is decided by `words_of`, and a filter
// in them is one word of a command line that no shell sees. Sessions have threads of their own, so that an answer never
// waits for packets. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fleet/agent_session.hpp"
#include "fleet/fields.hpp"
#include "fleet/nats.hpp"
#include "ringtap/fleet.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class Agent {
 public:
  struct Settings {
    FleetConnection connection;
    AgentOptions options;                   // with a host_id
    std::function<std::string()> features;  // of this host, as far as they are known
    std::string version;
    std::uint32_t netns = 0;  // inode number of this process' network namespace
    // The command line of the capture that is asked for, or why it is not allowed.
    std::function<Result<std::vector<std::string>>(const Fields& request)> words_of;
    std::function<void(const std::string&)> tell;
    std::function<bool()> ends;
    std::function<void(const std::string& status)> on_second;
  };
  static Result<std::unique_ptr<Agent>> create(Settings settings);

  // Until settings.ends() is true; servers that are not there are tried again.
  Result<> run();

 private:
  explicit Agent(Settings settings) : settings_(std::move(settings)) {}
  Result<bool> connect();
  void handle(const NatsMessage& message);
  void prepare(const Fields& request, const std::string& reply);
  void answer(const std::string& reply, const Fields& fields);
  AgentSession* find(std::string_view session);
  [[nodiscard]] Fields status() const;

  Settings settings_;
  std::string boot_;
  std::shared_ptr<Mailbox> requests_ = std::make_shared<Mailbox>();
  std::unique_ptr<Nats> nats_;
  std::vector<std::unique_ptr<AgentSession>> sessions_;  // first to go: their threads answer through nats_
  std::string told_;                                     // the last trouble
};

}  // namespace ringtap
