// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A RecordSource over the hosts of a session: their batches in the order of their numbers, their packets merged in time
// order, interfaces named host/name. A packet is handed over when no host can still send an earlier one, as each says
// how far it is; a host that is gone is not waited for once all that the servers have of it is read. What the servers
// hold is asked for piece by piece, so a slow host or output costs no memory here. Borrows the connection. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fleet/batch_order.hpp"
#include "fleet/fields.hpp"
#include "fleet/host_counters.hpp"
#include "fleet/nats.hpp"
#include "ringtap/source.hpp"

namespace ringtap {

// Batches that did not come, and what the host's counters say of the time in between; not known if at_ns is 0.
struct FleetGap {
  MissingBatches batches;
  HostCounters counted;
};

// What became of one host's packets.
struct FleetHostAccount {
  std::string host;
  std::string session;
  bool has_ended = false;     // it sent its accounting, which is in `ending`
  std::string trouble;        // why it did not take part to the end; empty: it did
  Fields ending;              // keys "end.seen", "end.delivered" …
  std::uint64_t handed = 0;   // packets passed on
  std::uint64_t missing = 0;  // in batches that were sent and did not come, or were damaged
  std::uint64_t late = 0;     // that came when later ones had been passed on
  std::uint64_t queue = 0;    // in batches that the agent dropped: full queue or disk, or too large
  std::uint64_t lost = 0;     // by the kernel side, as far as is known
  std::uint64_t batches = 0;
  std::uint64_t repeats = 0;  // batches that were stored twice
  std::string boot;           // of its kernel
  std::uint32_t netns = 0;    // as in BatchHeader
  std::string clock;          // as in BatchHeader, the worst so far
  std::uint64_t clock_error_ns = 0;
  std::uint64_t opened_ns = 0;  // when it began, by its clock
  std::uint64_t ended_ns = 0;   // … and ended; 0: it has not

  HostCounters counted;  // of its kernel side, as its last batch says

  std::vector<FleetGap> gaps;

  [[nodiscard]] std::uint64_t value(const char* key) const { return ending.number_or("end." + std::string(key), 0); }
  [[nodiscard]] bool balances() const;
};

class FleetSource final : public RecordSource {
 public:
  struct Settings {
    std::string session;
    std::vector<std::string> hosts;
    std::chrono::nanoseconds window{0};  // how long a packet waits for hosts that are behind; 0: as long as it takes
    std::function<void(const std::string&)> tell;
  };
  static Result<std::unique_ptr<FleetSource>> open(Nats& nats, Settings settings);
  ~FleetSource() override;

  Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) override;
  // Has the agents end; what they have captured still comes.
  Result<> stop() override;
  Result<std::vector<InterfaceStatistics>> statistics() override;

  [[nodiscard]] std::vector<FleetHostAccount> accounts() const;

 private:
  struct Host;
  using Clock = std::chrono::steady_clock;
  FleetSource(Nats& nats, Settings settings);
  void receive(NatsMessage message);
  void receive_batch(NatsMessage message);
  void receive_status(const NatsMessage& message);
  void look_after(Host& host, Clock::time_point now);
  void look_alive(Host& host, Clock::time_point now);
  Result<> advance(Host& host);
  Result<> announce(Host& host, Sink& sink);
  Result<SourceState> end(Sink& sink);
  bool next_section(Host& host);
  Result<std::uint64_t> merge(Sink& sink, std::uint64_t max_records);
  [[nodiscard]] std::uint64_t bound(Clock::time_point now) const;
  [[nodiscard]] bool is_over() const;
  void tell_agents_to_stop(Clock::time_point now);

  Nats& nats_;
  Settings settings_;
  std::string inbox_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<Host*> heads_;  // a heap of those whose next record is known
  std::uint32_t next_interface_id_ = 0;
  std::uint64_t emitted_ns_ = 0;  // the latest record
  bool stopped_ = false;
  bool told_stop_ = false;  // that the agents do not hear of it
  Clock::time_point stop_again_;
  Clock::time_point progress_;  // when something came last
};

}  // namespace ringtap
