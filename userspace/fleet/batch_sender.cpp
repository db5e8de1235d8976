// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/batch_sender.hpp"

#include <malloc.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/thread.hpp"
#include "fleet/batch_order.hpp"
#include "fleet/clock_quality.hpp"
#include "fleet/stream.hpp"

namespace ringtap {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswerPatience = 3s;
constexpr auto kFirstBackOff = 20ms;
constexpr auto kLongestBackOff = 1000ms;
// While batches are under way, whatever there is then is looked at so often: to be woken by each batch and by each
// answer costs more than to send them.
constexpr auto kBusyTick = 10ms;
constexpr auto kIdleTick = 50ms;
// Room for the batch's own header.
constexpr std::size_t kHeaderRoom = 2048;

// Batches come and go in memory all the time. By default malloc gives freed memory of their size back to the kernel,
// which clears a page each time that it is used again: up to a fifth of an agent's time. Up to 16 MiB stay with the
// process.
void keep_freed_memory() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
#endif
}

}  // namespace

Result<std::unique_ptr<BatchSender>> BatchSender::start(std::unique_ptr<Nats> nats, Settings settings) {
  keep_freed_memory();
  auto encoder = BatchEncoder::create();
  if (!encoder) return encoder.take_error();
  std::optional<SpillFile> spill;
  if (!settings.spill_folder.empty()) {
    auto made = SpillFile::create(settings.spill_folder, settings.spill_bytes);
    if (!made) return made.take_error();
    spill.emplace(made.take());
  }
  std::unique_ptr<BatchSender> sender(new BatchSender(std::move(nats), std::move(settings), encoder.take()));
  if (auto listens = sender->nats_->subscribe(sender->inbox_ + ".*", sender->answers_); !listens) {
    return listens.take_error();
  }
  sender->spill_ = std::move(spill);
  auto thread = start_thread("sends packets to the servers", [self = sender.get()] { self->run(); });
  if (!thread) return thread.take_error();
  sender->thread_ = thread.take();
  return sender;
}

BatchSender::BatchSender(std::unique_ptr<Nats> nats, Settings settings, BatchEncoder encoder)
    : settings_(std::move(settings)),
      subject_(data_subject(settings_.session, settings_.host)),
      inbox_(nats->new_inbox()),
      encoder_(std::move(encoder)),
      largest_section_(std::min(nats->max_payload() - kHeaderRoom, kMostBatchBytes)),
      nats_(std::move(nats)) {}

BatchSender::~BatchSender() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  answers_->wake();
  if (thread_.joinable()) thread_.join();
}

BatchHeader BatchSender::next_header() const {
  BatchHeader header;
  header.session = settings_.session;
  header.host = settings_.host;
  header.boot = settings_.boot;
  header.netns = settings_.netns;
  header.opened_ns = opened_ns_;
  const ClockQuality clock = clock_quality();
  header.clock = clock.source;
  header.clock_error_ns = clock.error_ns;
  return header;
}

void BatchSender::put(const BuiltSection& section, std::uint64_t until_ns) {
  BatchHeader header = next_header();
  header.first_ns = section.first_ns;
  header.last_ns = section.last_ns;
  header.until_ns = until_ns;
  header.packets = section.packets;
  header.lost_before = lost_;
  lost_ += section.lost;
  header.lost_after = lost_;
  header.before = section.before;
  header.after = section.after;
  enqueue(header, section.message.empty() ? std::span(no_section_) : section.message, false);
}

// Where the message waits; false: nowhere.
bool BatchSender::keep(Queued& queued, std::span<const std::byte> message, bool in_any_case, std::string& why_not) {
  bool disk_first = false;
  {
    const std::lock_guard lock(mutex_);
    if (message.size() > largest_section_ + kHeaderRoom) {
      why_not =
          "a batch of " + std::to_string(message.size()) + " bytes is larger than what the servers take (max_payload)";
      return false;
    }
    // One that comes when others wait on the disk goes there as well, so that memory is free for what is sent again.
    disk_first = spilled_bytes_ > 0 && !in_any_case;
  }
  if (disk_first && keep_on_disk(queued, message, why_not)) return true;
  if (keep_in_memory(queued, message, in_any_case)) return true;
  return !disk_first && keep_on_disk(queued, message, why_not);
}

// As libnats sends it.
bool BatchSender::keep_in_memory(Queued& queued, std::span<const std::byte> message, bool in_any_case) {
  {
    const std::lock_guard lock(mutex_);
    if (!in_any_case && queued_bytes_ + queued.size > settings_.queue_bytes) return false;
    queued_bytes_ += queued.size;
  }
  auto made = Nats::make_message(subject_, message, inbox_ + "." + std::to_string(queued.number), queued.id);
  if (made) {
    queued.message = made.take();
    return true;
  }
  const std::lock_guard lock(mutex_);
  queued_bytes_ -= queued.size;
  counts_.trouble = made.error().text();
  return false;
}

bool BatchSender::keep_on_disk(Queued& queued, std::span<const std::byte> message, std::string& why_not) {
  if (!spill_) return false;
  const std::lock_guard lock(spill_mutex_);
  auto at = spill_->append(message);
  if (!at) {
    why_not = at.error().text();
    return false;
  }
  queued.spilled = *at;
  const std::lock_guard counts_lock(mutex_);
  spilled_bytes_ += queued.size;
  ++counts_.spilled;
  return true;
}

// A batch that is dropped has no number.
void BatchSender::enqueue(BatchHeader& header, std::span<std::byte> section, bool in_any_case) {
  {
    const std::lock_guard lock(mutex_);
    header.number = counts_.batches;
    header.sent_before = counts_.packets;
    header.queue_packets = counts_.queue_packets;
    header.queue_batches = counts_.queue_batches;
  }
  const std::span<const std::byte> message = encoder_.encode(header, section);
  auto queued = std::make_shared<Queued>(Queued{.number = header.number,
                                                .id = message_id(header),
                                                .message = {},
                                                .spilled = {},
                                                .size = message.size(),
                                                .due = {},
                                                .is_sent = false,
                                                .is_stored = false});
  std::string why_not;
  const bool is_kept = keep(*queued, message, in_any_case, why_not);
  {
    const std::lock_guard lock(mutex_);
    counts_.counted = header.after;
    if (!is_kept) {
      if (!why_not.empty()) counts_.drop_reason = std::move(why_not);
      counts_.queue_packets += header.packets;
      counts_.queue_batches += header.packets > 0 ? 1 : 0;
      return;
    }
    ++counts_.batches;
    counts_.packets += header.packets;
    if (!queue_.empty()) {
      queue_.push_back(std::move(queued));
      return;
    }
    queue_.push_back(std::move(queued));
  }
  answers_->wake();
}

bool BatchSender::finish(Fields ending, std::uint64_t until_ns, std::chrono::milliseconds patience) {
  // As long as the servers take something.
  const auto wait_until_empty = [&](std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    for (;;) {
      const std::uint64_t stored = counts_.stored;
      const bool hurried = hurries_;
      const auto wait = hurried ? std::min(longest, kServerPatience) : longest;
      changed_.wait_for(lock, wait, [&] { return queue_.empty() || hurries_ != hurried; });
      if (queue_.empty()) return true;
      if (counts_.stored == stored && hurries_ == hurried) return false;
    }
  };
  const bool all_stored = wait_until_empty(patience);
  BatchHeader header = next_header();
  header.until_ns = until_ns;
  header.lost_before = header.lost_after = lost_;
  header.is_end = true;
  {
    const std::lock_guard lock(mutex_);
    header.before = header.after = counts_.counted;
    std::uint64_t unstored = 0;
    for (const auto& queued : queue_) unstored += queued->is_stored ? 0 : 1;
    ending.add("end.unstored_batches", unstored);
    ending.add("end.repeats", counts_.repeats);
  }
  header.more = std::move(ending);
  enqueue(header, no_section_, true);
  return wait_until_empty(all_stored ? patience : 2s) && all_stored;
}

void BatchSender::hurry() {
  {
    const std::lock_guard lock(mutex_);
    hurries_ = true;
  }
  changed_.notify_all();
}

SenderCounts BatchSender::counts() {
  const std::lock_guard lock(mutex_);
  SenderCounts counts = counts_;
  counts.queued_bytes = queued_bytes_;
  counts.spilled_bytes = spilled_bytes_;
  return counts;
}

std::shared_ptr<BatchSender::Queued> BatchSender::find_due(Clock::time_point now, Clock::time_point& wake) {
  if (now < not_before_) {
    wake = std::min(wake, not_before_);
    return nullptr;
  }
  if (queue_.empty()) return nullptr;
  const std::uint64_t last = queue_.front()->number + kBatchesUnderWay;
  for (const auto& queued : queue_) {
    if (queued->number >= last) break;
    if (queued->is_stored) continue;
    if (!queued->is_sent || queued->due <= now) return queued;
    wake = std::min(wake, queued->due);
  }
  return nullptr;
}

void BatchSender::run() {
  for (;;) {
    const auto now = Clock::now();
    auto wake = now + kIdleTick;
    std::shared_ptr<Queued> next;
    {
      const std::lock_guard lock(mutex_);
      if (ends_) return;
      if (!queue_.empty()) wake = now + kBusyTick;
      if (nats_->is_connected()) {
        next = find_due(now, wake);
        if (next != nullptr) {
          counts_.repeats += next->is_sent ? 1 : 0;
          next->is_sent = true;
          next->due = now + kAnswerPatience;
        }
      } else {
        counts_.trouble = "no server is there";
      }
    }
    if (next == nullptr) {
      take_answers(wake);
      continue;
    }
    send(*next);
  }
}

// Without the lock: put() has to go on while a server is slow. An Error is met again as a missing answer.
void BatchSender::send(const Queued& queued) {
  Result<> sent;
  if (queued.spilled) {
    Result<std::vector<std::byte>> message = std::vector<std::byte>();
    {
      const std::lock_guard lock(spill_mutex_);
      message = spill_->read(*queued.spilled, queued.size);
    }
    sent = message ? nats_->publish(subject_, *message, inbox_ + "." + std::to_string(queued.number), queued.id)
                   : Result<>(message.take_error());
  } else {
    sent = nats_->publish(*queued.message);
  }
  if (sent) return;
  const std::lock_guard lock(mutex_);
  counts_.trouble = sent.error().text();
}

// Waits for the first one at most until then.
void BatchSender::take_answers(Clock::time_point until) {
  while (auto message = answers_->take(until)) {
    const std::string_view subject = message->subject();
    const std::string_view digits = subject.substr(subject.rfind('.') + 1);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc()) answer(number, *message);
    until = Clock::time_point();
  }
  if (std::string refused = nats_->take_refusal(); !refused.empty()) {
    const std::lock_guard lock(mutex_);
    counts_.trouble = "not permitted: " + refused;
  }
}

void BatchSender::answer(std::uint64_t number, const NatsMessage& message) {
  // put() takes the other lock first, too.
  const std::lock_guard spill_lock(spill_mutex_);
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(queue_.begin(), queue_.end(), [&](const auto& queued) { return queued->number == number; });
  if (found == queue_.end()) return;
  Queued& queued = **found;
  const bool is_refused = message.text().find("\"error\"") != std::string_view::npos;
  if (message.status() != 0 || is_refused) {
    counts_.trouble = is_refused ? std::string(json_member(message.text(), "description"))
                                 : "no server stores it (status " + std::to_string(message.status()) + ")";
    back_off_ = std::clamp<std::chrono::milliseconds>(back_off_ * 2, kFirstBackOff, kLongestBackOff);
    not_before_ = Clock::now() + back_off_;
    queued.due = not_before_;
    return;
  }
  back_off_ = 0ms;
  counts_.trouble.clear();
  if (!std::exchange(queued.is_stored, true)) {
    ++counts_.stored;
    (queued.spilled ? spilled_bytes_ : queued_bytes_) -= queued.size;
    if (queued.spilled) spill_->give_back(*queued.spilled, queued.size);
    queued.message.reset();
  }
  while (!queue_.empty() && queue_.front()->is_stored) queue_.pop_front();
  changed_.notify_all();
}

}  // namespace ringtap
