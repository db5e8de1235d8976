// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// One session at one host: a capture process, the batches made of its output, and the queue to the servers. It begins
// with the gate closed: prepare() returns at once, and the answer is given when the taps are attached or cannot be. A
// thread reads what the capture writes and never waits for the servers. Owns all of it; the functions are for the
// agent's thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "file/shared_pipe.hpp"
#include "fleet/batch_builder.hpp"
#include "fleet/batch_sender.hpp"
#include "fleet/capture_process.hpp"
#include "fleet/fields.hpp"
#include "fleet/opening.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

class AgentSession {
 public:
  struct Settings {
    std::string session;
    std::vector<std::string> words;                // of the capture's command line
    std::chrono::nanoseconds longest{0};           // how long it may capture
    std::chrono::milliseconds linger{0};           // without progress, for the servers to take what waits at the end
    std::function<void(const Fields&)> on_ready;   // called once, by the session's thread
    std::function<void(const std::string&)> tell;  // what the capture says, line by line
  };
  static Result<std::unique_ptr<AgentSession>> prepare(Settings settings, std::unique_ptr<BatchSender> sender);
  ~AgentSession();
  AgentSession(const AgentSession&) = delete;
  AgentSession& operator=(const AgentSession&) = delete;

  // Packets are to be kept from then on. `on_open` is called once, with what the capture has confirmed ("opened", since
  // the epoch, and what else an answer to "go" has) or with "refused": at once or by the session's thread.
  void open_gate(Opening opening, std::function<void(const Fields&)> on_open);
  // The capture ends; what it has still goes to the servers.
  void stop();
  [[nodiscard]] bool is_over() const { return is_over_; }
  [[nodiscard]] const std::string& name() const { return settings_.session; }
  // What it does, for `status`.
  [[nodiscard]] std::string state_text();

 private:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t { kPreparing, kReady, kOpen, kEnding };

  AgentSession(Settings settings, SharedPipeReader pipe, CaptureProcess process, std::unique_ptr<BatchSender> sender);
  void run();
  bool has_ended();
  Result<> read_packets();
  std::chrono::milliseconds next_look(bool has_packets);
  bool read_messages();
  void hear(const std::string& line);
  void be_open(std::uint64_t opened_ns);
  void answer_go(const Fields& fields);
  void put_due_batch(bool in_any_case);
  void put_rest();
  void look_at_drops();
  void become_ready();
  void refuse(const std::string& why);
  void end(int status);

  Settings settings_;
  std::mutex mutex_;  // of process_' input, state_, opening_ and on_open_
  CaptureProcess process_;
  State state_ = State::kPreparing;
  std::unique_ptr<BatchSender> sender_;
  Opening opening_;
  std::function<void(const Fields&)> on_open_;  // until it is called
  const Clock::time_point begun_ = Clock::now();
  Clock::time_point opened_;
  std::uint64_t opened_ns_ = 0;
  std::uint64_t stopped_ns_ = 0;

  // Of the thread.
  SharedPipeReader pipe_;
  std::span<std::byte> waiting_;  // in it, when last looked at
  BatchBuilder builder_;
  std::string line_;       // the part of a message that has come
  std::string last_line_;  // why the capture ended, if it was an error
  Fields account_;         // of its accounting
  bool listens_ = false;   // it said so
  bool answered_ = false;
  std::uint64_t taken_ = 0;      // packets
  std::uint64_t came_ = 0;       // bytes, in this turn
  std::uint64_t looked_ns_ = 0;  // when what there is was looked at
  std::uint64_t until_ns_ = 0;   // told last
  Clock::time_point last_put_;
  Clock::time_point running_ = begun_;  // it was not told to end yet
  std::string trouble_;
  bool told_drop_ = false;  // why packets are dropped
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

}  // namespace ringtap
