// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/agent_session.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/now.hpp"
#include "base/seconds_text.hpp"
#include "base/thread.hpp"
#include "base/wait_status.hpp"

namespace ringtap {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kFullSection = 252 * 1024;
constexpr auto kQuietTick = 50ms;
constexpr auto kPacketsTick = 5ms;                 // while packets come: to be woken by each costs more
constexpr auto kOldestBatch = 100ms;               // packets wait so long for others to come
constexpr auto kHeartbeat = 250ms;                 // while there are none
constexpr auto kPrepareTime = 20s;                 // for the taps to be attached
constexpr auto kEndTime = 30s;                     // for a capture that was stopped to end by itself
constexpr auto kGateTime = 60s;                    // a session that is not opened in this time is given up
constexpr std::uint64_t kSettledNs = 200'000'000;  // the capture hands over what it sees much sooner than this
constexpr std::size_t kLongestLine = 8192;
constexpr std::size_t kLongestTrouble = 1024;  // in the last batch's header, of which each byte may take three

// What is counted, of "ringtap: accounting: total seen=5 … balanced".
constexpr std::string_view kAccounting = "ringtap: accounting: total ";
constexpr std::string_view kOpens = "ringtap: gate: opens at ";

void add_account(Fields& fields, std::string_view text) {
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) {
      fields.add("end.identity", word);
      continue;
    }
    fields.add("end." + std::string(word.substr(0, equals)), word.substr(equals + 1));
  }
}

}  // namespace

Result<std::unique_ptr<AgentSession>> AgentSession::prepare(Settings settings, std::unique_ptr<BatchSender> sender) {
  auto pipe = SharedPipeReader::create();
  if (!pipe) return pipe.take_error();
  auto process = CaptureProcess::start(settings.words, pipe->fd());
  if (!process) return process.take_error();
  std::unique_ptr<AgentSession> session(
      new AgentSession(std::move(settings), pipe.take(), process.take(), std::move(sender)));
  auto thread = start_thread("reads the capture", [self = session.get()] { self->run(); });
  if (!thread) return thread.take_error();
  session->thread_ = thread.take();
  return session;
}

AgentSession::AgentSession(Settings settings, SharedPipeReader pipe, CaptureProcess process,
                           std::unique_ptr<BatchSender> sender)
    : settings_(std::move(settings)),
      process_(std::move(process)),
      sender_(std::move(sender)),
      pipe_(std::move(pipe)),
      last_put_(Clock::now()) {}

AgentSession::~AgentSession() {
  stop();
  sender_->hurry();
  if (thread_.joinable()) thread_.join();
}

void AgentSession::open_gate(Opening opening, std::function<void(const Fields&)> on_open) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kReady && !on_open_ && process_.open_gate(opening.at_ns)) {
      opening_ = opening;
      on_open_ = std::move(on_open);
      return;
    }
  }
  on_open(Fields().add("refused", "the capture cannot begin"));
}

void AgentSession::answer_go(const Fields& fields) {
  std::function<void(const Fields&)> on_open;
  {
    const std::lock_guard lock(mutex_);
    on_open = std::exchange(on_open_, nullptr);
  }
  if (on_open) on_open(fields);
}

// As the capture says. It may lie ahead.
void AgentSession::be_open(std::uint64_t opened_ns) {
  Fields fields;
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kReady) return;
    const std::uint64_t now_ns = epoch_now_ns();
    state_ = State::kOpen;
    opened_ns_ = opened_ns;
    opened_ = Clock::now() + std::chrono::nanoseconds(opened_ns > now_ns ? opened_ns - now_ns : 0);
    fields.add("opened", opened_ns)
        .add("late", opened_ns > opening_.at_ns ? opened_ns - opening_.at_ns : 0)
        .add("common", opening_.is_common ? 1 : 0);
  }
  answer_go(fields);
}

void AgentSession::stop() {
  const std::lock_guard lock(mutex_);
  process_.end();
  state_ = State::kEnding;
  if (stopped_ns_ == 0) stopped_ns_ = epoch_now_ns();
}

std::string AgentSession::state_text() {
  const SenderCounts counts = sender_->counts();
  State state{};
  {
    const std::lock_guard lock(mutex_);
    state = state_;
  }
  constexpr std::array<const char*, 4> kStates = {"preparing", "ready", "captures", "ends"};
  std::string text =
      settings_.session + " " + kStates[static_cast<std::size_t>(state)] +
      " packets=" + std::to_string(counts.packets + counts.queue_packets) +
      " batches=" + std::to_string(counts.batches) + " stored=" + std::to_string(counts.stored) +
      " seen=" + std::to_string(counts.counted.seen) + " matched=" + std::to_string(counts.counted.matched) +
      " lost_ring=" + std::to_string(counts.counted.ring) + " lost_queue=" + std::to_string(counts.queue_packets) +
      " queued=" + std::to_string(counts.queued_bytes + counts.spilled_bytes);
  const std::string& trouble = counts.drop_reason.empty() ? counts.trouble : counts.drop_reason;
  return trouble.empty() ? text : text + " (" + trouble + ")";
}

void AgentSession::refuse(const std::string& why) {
  if (std::exchange(answered_, true)) return;
  settings_.on_ready(Fields().add("session", settings_.session).add("refused", why));
}

// Answers with what is captured: the interfaces are in the beginning of the stream.
void AgentSession::become_ready() {
  if (answered_) return;
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kPreparing) return;
    state_ = State::kReady;
  }
  answered_ = true;
  settings_.on_ready(
      Fields().add("session", settings_.session).add("interfaces", builder_.interfaces()).add("ready", 1));
}

void AgentSession::hear(const std::string& line) {
  if (line.starts_with(kAccounting)) return add_account(account_, std::string_view(line).substr(kAccounting.size()));
  if (line.starts_with(kOpens)) {
    if (const auto opened_ns = nanoseconds_of(std::string_view(line).substr(kOpens.size()))) be_open(*opened_ns);
    return;
  }
  if (line.starts_with("ringtap: listening on ")) listens_ = true;
  constexpr std::string_view kUs = "ringtap: ";
  last_line_ = line.starts_with(kUs) ? line.substr(kUs.size()) : line;
  settings_.tell(settings_.session + ": " + last_line_);
}

bool AgentSession::read_messages() {
  constexpr int kMostReads = 16;  // so that the rest of the loop has its turn
  for (int reads = 0; reads < kMostReads; ++reads) {
    std::array<char, 4096> text{};
    const ssize_t got = ::read(process_.messages(), text.data(), text.size());
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    for (const char c : std::string_view(text.data(), static_cast<std::size_t>(got))) {
      if (c != '\n') {
        if (line_.size() < kLongestLine) line_ += c;
        continue;
      }
      hear(std::exchange(line_, {}));
    }
  }
  return true;
}

// The bell, which has rung, or the capture's end.
bool AgentSession::has_ended() {
  std::array<char, 16> strokes{};
  const ssize_t got = ::read(process_.output(), strokes.data(), strokes.size());
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

// All that is there; of what comes meanwhile no more than that, so that the rest of the loop has its turn.
Result<> AgentSession::read_packets() {
  constexpr std::uint64_t kMostAtOnce = 2 * SharedPipeMemory::kMostWaiting;
  const std::size_t full = std::min(kFullSection, sender_->largest_section() / 2);
  const std::uint64_t seen = pipe_.seen();
  for (;;) {
    looked_ns_ = epoch_now_ns();
    waiting_ = pipe_.waiting();
    auto looked = builder_.look(waiting_, full, SharedPipeMemory::kMostWaiting);
    if (!looked) return looked;
    if (builder_.front() > SharedPipeMemory::kFrontBytes) {
      return Error(std::to_string(builder_.interfaces()) + " interfaces are too many to be described in each batch");
    }
    came_ = pipe_.seen() - seen;
    if (!builder_.is_full() || came_ > kMostAtOnce) return ok();
    put_due_batch(true);
  }
}

// When to look again. What is more than half full may be full sooner than at the next tick.
std::chrono::milliseconds AgentSession::next_look(bool has_packets) {
  if (!has_packets) return kQuietTick;
  if (came_ > SharedPipeMemory::kMostWaiting / 2) return 0ms;
  return came_ > 0 || !pipe_.ask_for_bell() ? kPacketsTick : kQuietTick;
}

// What there is becomes a batch; without packets it tells at least how far this host is.
void AgentSession::put_due_batch(bool in_any_case) {
  const auto now = Clock::now();
  const auto age = now - last_put_;
  if (builder_.has_looked_at_all()) {
    // After a stall what comes may be older.
    const std::uint64_t settled_ns = looked_ns_ - std::min(looked_ns_, kSettledNs);
    until_ns_ = std::max(until_ns_, came_ == 0 ? settled_ns : std::min(settled_ns, builder_.newest_ns()));
  }
  if (!in_any_case && (builder_.is_empty() ? age < kHeartbeat : age < kOldestBatch)) return;
  const BuiltSection section = builder_.take(waiting_);
  taken_ += section.packets;
  last_put_ = now;
  sender_->put(section, until_ns_);
  pipe_.take(section.used);
  look_at_drops();
}

void AgentSession::put_rest() {
  if (!builder_.is_empty()) put_due_batch(true);
  for (;;) {
    const BuiltSection statistics = builder_.take_statistics(sender_->largest_section() / 2);
    if (statistics.message.empty()) return;
    sender_->put(statistics, until_ns_);
  }
}

// Said once: it may be full for long.
void AgentSession::look_at_drops() {
  if (told_drop_) return;
  const std::string trouble = sender_->counts().drop_reason;
  if (trouble.empty()) return;
  told_drop_ = true;
  settings_.tell(settings_.session + ": " + trouble + "; packets are dropped and counted");
}

void AgentSession::run() {
  bool has_packets = true;
  bool has_messages = true;
  std::chrono::milliseconds tick = kQuietTick;
  while (has_packets || has_messages) {
    // While packets come, the capture's end is polled for, and not the bell.
    const short bell = tick == kQuietTick ? POLLIN : 0;
    std::array<pollfd, 2> fds = {{{.fd = has_packets ? process_.output() : -1, .events = bell, .revents = 0},
                                  {.fd = has_messages ? process_.messages() : -1, .events = POLLIN, .revents = 0}}};
    ::poll(fds.data(), fds.size(), static_cast<int>(tick.count()));
    if (has_messages && fds[1].revents != 0) has_messages = read_messages();
    if (has_packets) {
      if (fds[0].revents != 0) has_packets = !has_ended();
      if (auto read = read_packets(); !read) {
        trouble_ = read.error().text();
        stop();
        process_.close_output();
        has_packets = false;
      }
      tick = next_look(has_packets);
    }
    State state{};
    {
      const std::lock_guard lock(mutex_);
      state = state_;
      sender_->begin(opened_ns_);
    }
    const auto now = Clock::now();
    if (state == State::kPreparing && listens_ && (builder_.interfaces() > 0 || now - begun_ > kPrepareTime / 2)) {
      become_ready();
    }
    if (state == State::kPreparing && now - begun_ > kPrepareTime) {
      refuse("the taps were not attached within 20 s");
      stop();
    }
    if (state == State::kReady && now - begun_ > kGateTime) stop();
    if (state != State::kEnding) {
      running_ = now;
    } else if (now - running_ > kEndTime) {
      trouble_ = "the capture did not end within 30 s, and was killed";
      process_.kill();
    }
    if (state == State::kOpen) {
      put_due_batch(false);
      if (settings_.longest.count() > 0 && now - opened_ > settings_.longest) {
        trouble_ = "the time is over for which this agent captures";
        stop();
      }
    }
  }
  end(process_.wait());
}

void AgentSession::end(int status) {
  const bool failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  // Its last line says why, if it ended by itself.
  if (failed && trouble_.empty()) {
    trouble_ = WIFEXITED(status) && !last_line_.empty() ? last_line_ : ending_text(status);
  }
  refuse(trouble_.empty() ? "the capture has ended" : trouble_);
  answer_go(Fields().add("refused", trouble_.empty() ? "the capture has ended" : trouble_));
  bool was_open = false;
  std::uint64_t stopped_ns = 0;
  {
    const std::lock_guard lock(mutex_);
    was_open = opened_ != Clock::time_point();
    state_ = State::kEnding;
    stopped_ns = stopped_ns_ != 0 ? stopped_ns_ : epoch_now_ns();
  }
  if (was_open) {
    put_rest();
    const SenderCounts counts = sender_->counts();
    Fields ending = account_;
    ending.add("end.taken", taken_)
        .add("end.stopped", stopped_ns)
        .add("end.queue_packets", counts.queue_packets)
        .add("end.queue_batches", counts.queue_batches);
    const auto beginning = [](const std::string& text) { return std::string_view(text).substr(0, kLongestTrouble); };
    if (!trouble_.empty()) ending.add("end.trouble", beginning(trouble_));
    if (!counts.drop_reason.empty()) ending.add("end.drop_reason", beginning(counts.drop_reason));
    const bool stored = sender_->finish(std::move(ending), epoch_now_ns(), settings_.linger);
    if (!stored)
      settings_.tell(settings_.session + ": not everything reached the servers: " + sender_->counts().trouble);
  }
  is_over_ = true;
}

}  // namespace ringtap
