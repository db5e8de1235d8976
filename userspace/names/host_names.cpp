// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "names/host_names.hpp"

#include <netdb.h>
#include <netinet/ether.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <utility>

#include "base/plain_text.hpp"
#include "base/thread.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kMaxHostEntry = 64 * 1024;  // a line of hosts(5) with its aliases

// Names from a server are printed on a terminal: one that is not plain text is rejected.
std::string if_plain(std::string name) {
  return plain_line(name) == name ? std::move(name) : "";
}

std::string look_up_host(std::span<const std::uint8_t> address) {
  const int family = address.size() == 4 ? AF_INET : AF_INET6;
  for (std::vector<char> buffer(1024); buffer.size() <= kMaxHostEntry; buffer.resize(buffer.size() * 4)) {
    hostent entry{};
    hostent* found = nullptr;
    int reason = 0;
    const int err = gethostbyaddr_r(address.data(), static_cast<socklen_t>(address.size()), family, &entry,
                                    buffer.data(), buffer.size(), &found, &reason);
    if (err == ERANGE) continue;
    return err == 0 && found != nullptr ? std::string(found->h_name) : std::string();
  }
  return {};
}

std::string look_up_station(std::span<const std::uint8_t> address) {
  ether_addr station{};
  std::memcpy(&station, address.data(), sizeof station);
  char name[1024 + 1];  // ether_ntohost(3) has no bound; glibc's line buffer is 1024 bytes
  return ether_ntohost(name, &station) == 0 ? std::string(name) : std::string();
}

}  // namespace

NumericAddress::NumericAddress(std::span<const std::uint8_t> address)
    : size(static_cast<std::uint32_t>(std::min(address.size(), bytes.size()))) {
  std::copy_n(address.begin(), size, bytes.begin());
}

struct HostNames::Mailbox {
  struct Answer {
    NumericAddress address;
    std::string name;
  };

  LookUp look_up;
  UniqueFd answered_fd;                // readable when there are answers
  std::atomic<bool> answered = false;  // the same, cheaper to check

  std::mutex mutex;  // never held while a look-up runs
  std::condition_variable asked;
  std::deque<NumericAddress> questions;
  std::vector<Answer> answers;
  bool closed = false;
};

std::string HostNames::look_up_on_this_host(std::span<const std::uint8_t> address) {
  if (address.size() == ETH_ALEN) return look_up_station(address);
  return address.size() == sizeof(in_addr) || address.size() == sizeof(in6_addr) ? look_up_host(address) : "";
}

void HostNames::answer_questions(Mailbox& box) {
  std::unique_lock lock(box.mutex);
  for (;;) {
    box.asked.wait(lock, [&box] { return box.closed || !box.questions.empty(); });
    if (box.closed) return;
    const NumericAddress address = box.questions.front();
    box.questions.pop_front();
    lock.unlock();
    std::string name = if_plain(box.look_up(address.span()));
    lock.lock();
    box.answers.push_back({address, std::move(name)});
    box.answered.store(true, std::memory_order_release);
    eventfd_write(box.answered_fd.get(), 1);
  }
}

Result<std::unique_ptr<HostNames>> HostNames::start(const Options& options, LookUp look_up) {
  auto mailbox = std::make_shared<Mailbox>();
  mailbox->look_up = std::move(look_up);
  mailbox->answered_fd = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!mailbox->answered_fd) return Error::from_errno(errno, "create an eventfd");
  return std::unique_ptr<HostNames>(new HostNames(options, std::move(mailbox)));
}

HostNames::HostNames(const Options& options, std::shared_ptr<Mailbox> mailbox)
    : mailbox_(std::move(mailbox)),
      patience_(options.patience),
      interrupt_fd_(options.interrupt_fd),
      names_(options.max_names) {}

HostNames::~HostNames() {
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->closed = true;
  mailbox_->asked.notify_one();
}

std::string_view HostNames::name(const NumericAddress& address) {
  if (mailbox_->answered.load(std::memory_order_acquire)) take_answers();
  if (const std::string* known = names_.find(address)) return *known;
  if (!ask(address)) return {};
  while (wait_for_answer()) {
    take_answers();
    if (const std::string* known = names_.find(address); known != nullptr && outstanding_ == 0) return *known;
  }
  return {};
}

// Until the answer arrives the address counts as having no name.
bool HostNames::ask(const NumericAddress& address) {
  if (outstanding_ == kMaxQuestions || !start_thread_once()) return false;
  names_.add(address, {});
  ++outstanding_;
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->questions.push_back(address);
  mailbox_->asked.notify_one();
  return true;
}

bool HostNames::start_thread_once() {
  if (has_thread_) return true;
  auto thread = start_thread("looks up names", [mailbox = mailbox_] { answer_questions(*mailbox); });
  if (!thread) return false;
  thread->detach();
  has_thread_ = true;
  return true;
}

void HostNames::take_answers() {
  std::vector<Mailbox::Answer> answers;
  {
    const std::lock_guard lock(mailbox_->mutex);
    answers.swap(mailbox_->answers);
    mailbox_->answered.store(false, std::memory_order_relaxed);
    eventfd_t count = 0;
    eventfd_read(mailbox_->answered_fd.get(), &count);
  }
  for (Mailbox::Answer& answer : answers) {
    std::string* const asked = names_.find(answer.address);
    (asked != nullptr ? *asked : names_.add(answer.address, {})) = std::move(answer.name);
  }
  outstanding_ -= answers.size();
}

// False if patience has run out, or if the wait was interrupted.
bool HostNames::wait_for_answer() {
  if (patience_ <= std::chrono::nanoseconds::zero()) return false;
  pollfd fds[] = {{.fd = interrupt_fd_, .events = POLLIN, .revents = 0},
                  {.fd = mailbox_->answered_fd.get(), .events = POLLIN, .revents = 0}};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience_);
  const timespec limit{.tv_sec = seconds.count(), .tv_nsec = (patience_ - seconds).count()};
  const auto begin = std::chrono::steady_clock::now();
  const int ready = ::ppoll(fds, 2, patience_ == kForever ? nullptr : &limit, nullptr);
  if (patience_ != kForever) patience_ -= std::chrono::steady_clock::now() - begin;
  return ready > 0 && fds[0].revents == 0;
}

}  // namespace ringtap
