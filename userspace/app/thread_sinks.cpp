// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/thread_sinks.hpp"

#include "base/end_request.hpp"

namespace ringtap {
namespace {

// Of a number that one thread writes and others read.
void add_one(std::atomic<std::uint64_t>& number) {
  number.store(number.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

template <class Number>
std::uint64_t sum(const std::vector<std::unique_ptr<ThreadSink>>& sinks, Number number) {
  std::uint64_t total = 0;
  for (const auto& sink : sinks) total += (*sink.*number)();
  return total;
}

}  // namespace

Result<> ThreadSink::note(Result<> result) {
  works_ = works_ && static_cast<bool>(result);
  return result;
}

Result<> ThreadSink::on_interface(const Interface& interface) {
  return works_ ? note(sink_->on_interface(interface)) : Result<>();
}

Result<> ThreadSink::on_record(const RecordView& record) {
  if (works_ && EndRequest::of_this_run().urged()) {
    works_ = false;
    add_one(discarded_);
    return Error("ended by a second signal before everything captured was written", ErrorKind::kOutput);
  }
  if (!works_) {
    add_one(discarded_);
    return {};
  }
  auto result = note(sink_->on_record(record));
  add_one(result ? taken_ : discarded_);
  return result && flushes_ ? note(sink_->flush()) : std::move(result);
}

Result<> ThreadSink::flush() {
  bytes_.store(hooks_.written(), std::memory_order_relaxed);
  return works_ ? note(sink_->flush()) : Result<>();
}

Result<> ThreadSink::finish() {
  Result<> finished = sink_->finish();
  bytes_.store(hooks_.written(), std::memory_order_relaxed);
  return finished;
}

std::vector<Sink*> ThreadSinks::each() const {
  std::vector<Sink*> each;
  for (const auto& sink : sinks_) each.push_back(sink.get());
  return each;
}

Result<> ThreadSinks::on_statistics(const InterfaceStatistics& statistics) {
  return sinks_.front()->on_statistics(statistics);
}

Result<> ThreadSinks::each_backwards(Result<> (ThreadSink::*what)()) {
  Result<> result;
  for (auto sink = sinks_.rbegin(); sink != sinks_.rend(); ++sink) {
    auto done = (**sink.*what)();
    if (result && !done) result = std::move(done);
  }
  return result;
}

Result<> ThreadSinks::start_next_files() {
  return each_backwards(&ThreadSink::start_next_file);
}

Result<> ThreadSinks::finish() {
  return each_backwards(&ThreadSink::finish);
}

std::uint64_t ThreadSinks::records_stored() const {
  return sum(sinks_, &ThreadSink::records_stored);
}

std::uint64_t ThreadSinks::records_left_out() const {
  return sum(sinks_, &ThreadSink::records_left_out);
}

std::uint64_t ThreadSinks::taken() const {
  return sum(sinks_, &ThreadSink::taken);
}

std::uint64_t ThreadSinks::bytes() const {
  return sum(sinks_, &ThreadSink::bytes);
}

std::uint64_t ThreadSinks::discarded() const {
  return sum(sinks_, &ThreadSink::discarded);
}

}  // namespace ringtap
