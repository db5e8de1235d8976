// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/fleet_source.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "base/end_request.hpp"
#include "fleet/batch.hpp"
#include "fleet/batch_order.hpp"
#include "fleet/clock_quality.hpp"
#include "fleet/section_reader.hpp"
#include "fleet/stream.hpp"
#include "fleet/subject_reader.hpp"

namespace ringtap {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMostPerTurn = 4096;
constexpr std::size_t kEnoughWaiting = 8;  // batches of a host that are here
constexpr auto kAskPatience = 3s;          // for messages to come
constexpr auto kMergeTick = 20ms;
// For what one sent before it was gone, in each of several readings: a copy of the stream has the last batch of one
// that has ended some time later; of one that is absent all copies have what came.
constexpr auto kEndedPatience = 500ms;
constexpr auto kAbsentPatience = 100ms;
constexpr auto kSilence = 600ms;  // after it an agent is asked whether it is there
constexpr auto kAliveTime = 1s;   // for its answer
// An agent whose server was killed is not there until it has found another one; one whose server stands still does not
// answer.
constexpr auto kAskAbsent = 200ms;
constexpr auto kAbsence = 3s;
constexpr auto kLongestSilence = 60s;
constexpr auto kStopAgain = 1s;                 // to those that have not ended
constexpr auto kSettleTime = 1s;                // after the last batch, for those before it
constexpr auto kLongestEnd = 60s;               // without anything, after the stop
constexpr std::size_t kMostInterfaces = 65536;  // of one host

bool same_interface(const Interface& one, const Interface& other) {
  return one.name == other.name && one.link_type == other.link_type && one.snaplen == other.snaplen &&
         one.description == other.description && one.filter == other.filter && one.mac == other.mac;
}

}  // namespace

bool FleetHostAccount::balances() const {
  const std::uint64_t discarded = value("discarded_filter") + value("discarded_after_stop") +
                                  value("discarded_output") + value("discarded_skipped");
  return has_ended && ending.text("end.identity") == "balanced" &&
         value("delivered") == discarded + handed + queue + missing + late;
}

// A host's batches, and the record of it that comes next. A sink for the reader of one section.
struct FleetSource::Host final : public Sink {
  struct Stored {
    NatsMessage message;
    PackedBatch packed;
  };

  Host(std::size_t number, std::string name, std::string session, const std::string& inbox)
      : index(number), batches(session, data_subject(session, name), inbox + "." + std::to_string(number)) {
    account.host = std::move(name);
    account.session = std::move(session);
  }

  FleetHostAccount account;
  std::size_t index;
  SubjectReader batches;
  BatchOrder<Stored> order;
  std::optional<Clock::time_point> missing_since;  // batches before those that wait
  std::unique_ptr<CaptureReader> reader;
  std::optional<RecordView> head;
  std::uint64_t until_ns = 0;          // no record from before this will come
  std::uint64_t section_until_ns = 0;  // … once the section is read
  std::uint64_t section_left = 0;      // packets that its header promises
  Clock::time_point heard;
  Clock::time_point alive_asked;
  bool alive_pending = false;
  std::optional<Clock::time_point> absent_since;  // the servers know no such agent
  bool is_gone = false;                           // its agent is
  unsigned last_readings = 0;                     // … and the stream is still to be read so often
  std::chrono::milliseconds last_patience{0};     // … each time so long
  bool is_finished = false;                       // nothing more will come
  std::optional<Clock::time_point> end_seen;
  HostCounters counted;                         // with the last batch that was read
  std::vector<Interface> interfaces;            // named after the host
  std::vector<std::uint32_t> ids;               // of the first of them, which were announced
  std::vector<std::size_t> section_interfaces;  // of this section
  std::vector<InterfaceStatistics> statistics;
  static bool is_later(const Host* one, const Host* other) {
    return std::pair(one->head->time_ns, one->index) > std::pair(other->head->time_ns, other->index);
  }

  Result<> on_interface(const Interface& interface) override {
    if (interfaces.size() == kMostInterfaces) return Error(account.host + ": too many interfaces");
    Interface named = interface;
    named.name = account.host + "/" + interface.name;
    named.ifindex = 0;  // another host's
    const std::size_t at = section_interfaces.size();
    const bool is_known = at < interfaces.size() && same_interface(interfaces[at], named);
    section_interfaces.push_back(is_known ? at : interfaces.size());
    if (!is_known) interfaces.push_back(std::move(named));
    return ok();
  }
  Result<> on_record(const RecordView& record) override {
    head = record;
    head->interface_id = static_cast<std::uint32_t>(section_interfaces.at(record.interface_id));
    return ok();
  }
  Result<> on_statistics(const InterfaceStatistics&) override { return ok(); }
  Result<> flush() override { return ok(); }
  Result<> finish() override { return ok(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return 0; }

  // Whether batches that are missing are looked for by reading again; not for longer than the window, if there is one.
  bool reads_again(std::chrono::nanoseconds window) {
    using Search = BatchOrder<Stored>::Search;
    const Search search = order.search(batches.next_sequence(), batches.is_caught_up());
    if (search == Search::kNone) {
      missing_since.reset();
      return false;
    }
    if (!missing_since) missing_since = Clock::now();
    const bool is_over = search == Search::kOver || (window.count() > 0 && Clock::now() - *missing_since > window);
    if (is_over) {
      // The last reading may stand before what other copies gave.
      if (batches.next_sequence() <= order.highest()) batches.start_again(order.highest() + 1);
    } else if (search == Search::kNext) {
      batches.start_again(order.read_again());
    }
    return !is_over;
  }

  // What it sent before that may not have been asked for yet, and a copy of the stream may lack it.
  void lose_agent(std::chrono::milliseconds patience) {
    if (std::exchange(is_gone, true)) return;
    last_readings = kMostReadings;
    last_patience = patience;
    batches.start_again();
  }

  // What the section was to have and did not.
  void close_section() {
    if (reader != nullptr) {
      if (auto totals = reader->statistics()) {
        for (InterfaceStatistics& one : *totals) {
          if (one.interface_id >= section_interfaces.size()) continue;
          one.interface_id = static_cast<std::uint32_t>(section_interfaces[one.interface_id]);
          std::erase_if(statistics, [&](const auto& other) { return other.interface_id == one.interface_id; });
          statistics.push_back(one);
        }
      }
      reader.reset();
    }
    account.missing += std::exchange(section_left, 0);
    until_ns = std::max(until_ns, section_until_ns);
  }
};

FleetSource::FleetSource(Nats& nats, Settings settings)
    : nats_(nats), settings_(std::move(settings)), inbox_(nats.new_inbox()), progress_(Clock::now()) {}
FleetSource::~FleetSource() = default;

Result<std::unique_ptr<FleetSource>> FleetSource::open(Nats& nats, Settings settings) {
  std::unique_ptr<FleetSource> source(new FleetSource(nats, std::move(settings)));
  if (auto listens = nats.subscribe(source->inbox_ + ".>", source->mailbox_); !listens) return listens.take_error();
  for (const std::string& name : source->settings_.hosts) {
    auto host = std::make_unique<Host>(source->hosts_.size(), name, source->settings_.session, source->inbox_);
    host->heard = Clock::now();
    if (auto opened = host->batches.open(nats); !opened) return opened.take_error();
    source->hosts_.push_back(std::move(host));
  }
  return source;
}

void FleetSource::receive(NatsMessage message) {
  if (message.status() == 0 && message.subject().starts_with("ringtap.data.")) return receive_batch(std::move(message));
  progress_ = Clock::now();
  receive_status(message);
}

// From the servers: there is nothing now, or the consumer is gone. From an agent: it is alive.
void FleetSource::receive_status(const NatsMessage& message) {
  std::string_view subject = message.subject();
  subject.remove_prefix(std::min(inbox_.size() + 1, subject.size()));
  const bool is_alive_answer = subject.starts_with('a');
  if (is_alive_answer) subject.remove_prefix(1);
  std::size_t index = hosts_.size();
  std::from_chars(subject.data(), subject.data() + subject.size(), index);
  if (index >= hosts_.size()) return;
  Host& host = *hosts_[index];
  const auto now = Clock::now();
  if (is_alive_answer) {
    host.alive_pending = false;
    const auto fields = Fields::parse(message.text());
    const bool runs = message.status() == 0 && fields && fields->text("refused").empty();
    if (runs) {
      host.heard = now;
      host.absent_since.reset();
    } else if (message.status() == 503) {
      if (!host.absent_since) host.absent_since = now;
      if (now - *host.absent_since > kAbsence) host.lose_agent(kAbsentPatience);
    } else {
      host.lose_agent(kEndedPatience);
    }
    return;
  }
  host.batches.on_status(message.status(), subject.substr(subject.find('.') + 1), now);
}

void FleetSource::receive_batch(NatsMessage message) {
  const auto place = place_of(message.reply());
  const auto found = std::find_if(hosts_.begin(), hosts_.end(),
                                  [&](const auto& host) { return host->batches.subject() == message.subject(); });
  if (!place || found == hosts_.end()) return;
  progress_ = Clock::now();
  Host& host = **found;
  host.absent_since.reset();
  host.batches.on_message(*place, progress_);
  auto packed = parse_batch_header(message.data());
  if (packed && (packed->header.session != settings_.session || packed->header.host != host.account.host)) {
    packed = Error("it is named after another host or session");
  }
  if (!packed) return settings_.tell(host.account.host + ": " + packed.error().text());
  if (packed->header.is_end) host.end_seen = progress_;
  const BatchHeader& header = packed->header;
  host.account.queue = std::max(host.account.queue, header.queue_packets);
  host.account.lost = std::max(host.account.lost, header.lost_after);
  host.account.boot = header.boot;
  host.account.netns = header.netns;
  host.account.opened_ns = header.opened_ns;
  if (header.after.at_ns > host.account.counted.at_ns) host.account.counted = header.after;
  const bool is_well = host.account.clock.empty() || host.account.clock == kSynchronised;
  if (is_well) host.account.clock = header.clock;
  host.account.clock_error_ns = std::max(host.account.clock_error_ns, header.clock_error_ns);
  const bool is_new = host.order.put({.number = header.number,
                                      .sequence = place->sequence,
                                      .sent_before = header.sent_before,
                                      .packets = header.packets,
                                      .batch = {std::move(message), packed.take()}});
  if (is_new) host.heard = progress_;
}

void FleetSource::look_alive(Host& host, Clock::time_point now) {
  if (host.is_gone || host.end_seen || !nats_.is_connected()) {
    host.alive_pending = false;
    host.heard = host.is_gone || host.end_seen ? host.heard : now;
    host.absent_since.reset();
    return;
  }
  if (now - host.heard > kLongestSilence) return host.lose_agent(kAbsentPatience);
  if (now - host.alive_asked > kAliveTime) host.alive_pending = false;
  const bool is_asked_too_soon = host.absent_since && now - host.alive_asked < kAskAbsent;
  if (host.alive_pending || is_asked_too_soon || now - host.heard < kSilence) return;
  const std::string request = Fields().add("request", "alive").add("session", settings_.session).encode();
  auto asked = nats_.publish(agent_subject(host.account.host), std::string_view(request),
                             inbox_ + ".a" + std::to_string(host.index));
  host.alive_pending = static_cast<bool>(asked);
  host.alive_asked = now;
}

void FleetSource::look_after(Host& host, Clock::time_point now) {
  if (host.is_finished) return;
  look_alive(host, now);
  if (host.batches.is_caught_up() && host.end_seen && now - *host.end_seen > kSettleTime) host.order.end();
  if (host.batches.is_caught_up() && host.last_readings > 0 && !host.end_seen && --host.last_readings > 0) {
    host.batches.start_again();
  }
  if (host.batches.is_caught_up() && host.is_gone) host.order.end();
  const bool needs_more =
      host.reads_again(settings_.window) || host.order.waiting() < kEnoughWaiting || !host.order.can_take();
  if (needs_more && !host.account.has_ended)
    host.batches.ask(nats_, host.is_gone ? host.last_patience : kAskPatience, now);
}

// False: the next batch is not here.
bool FleetSource::next_section(Host& host) {
  if (host.reads_again(settings_.window)) return false;
  auto next = host.order.take();
  if (!next) return false;
  const Host::Stored& stored = next->batch;
  const BatchHeader& header = stored.packed.header;
  if (host.order.missing().size() > host.account.gaps.size()) {
    // Of a gap that lies between two readings, and of one at the beginning, nothing is known.
    const bool is_known = host.counted.at_ns != 0 && header.before.at_ns > host.counted.at_ns;
    host.account.gaps.push_back({.batches = host.order.missing().back(),
                                 .counted = is_known ? counted_between(host.counted, header.before) : HostCounters{}});
  }
  host.counted = header.after;
  ++host.account.batches;
  host.section_until_ns = header.until_ns;
  if (header.is_end) {
    host.account.has_ended = true;
    host.account.ending = header.more;
    host.account.ended_ns = host.account.value("stopped");
    host.account.trouble = header.more.text("end.trouble");
    host.section_until_ns = kNever;
  }
  host.section_interfaces.clear();
  host.section_left = header.packets;
  if (header.packets == 0 && stored.message.data().size() == stored.packed.section_at) {
    host.close_section();
    return true;
  }
  auto section = unpack_section(stored.packed, stored.message.data());
  auto reader = section ? open_section(section.take(), host.account.host + ", batch " + std::to_string(header.number))
                        : Result<std::unique_ptr<CaptureReader>>(section.take_error());
  if (!reader) {
    settings_.tell(reader.error().text());
    host.close_section();
    return true;
  }
  host.reader = reader.take();
  return true;
}

// Until the next record of this host is known, or nothing more is here.
Result<> FleetSource::advance(Host& host) {
  host.head.reset();
  while (!host.head) {
    if (host.reader == nullptr) {
      if (next_section(host)) continue;
      host.is_finished =
          host.account.has_ended || (host.is_gone && host.batches.is_caught_up() && host.order.waiting() == 0);
      if (host.is_finished && !host.account.has_ended) {
        host.account.ended_ns = host.until_ns;
        const std::uint64_t unread = host.batches.unread();
        host.account.trouble = unread == 0 ? "its agent is gone; what it had captured after its last batch is lost"
                                           : "its agent is gone, and no server sends the last " +
                                                 std::to_string(unread) + " of its batches, though they are stored";
        settings_.tell(host.account.host + ": " + host.account.trouble);
      }
      return ok();
    }
    auto state = host.reader->turn(host, 1, {});
    if (!state && state.error().kind() == ErrorKind::kOutput) return state.take_error();
    if (!state) settings_.tell(state.error().text());
    if (host.head) {
      if (host.section_left > 0) --host.section_left;
      if (host.head->time_ns >= emitted_ns_ || settings_.window.count() == 0) return ok();
      ++host.account.late;
      host.head.reset();
      continue;
    }
    if (!state || *state == SourceState::kEnd) host.close_section();
  }
  return ok();
}

// Up to this time everything has come of those hosts that are waited for.
std::uint64_t FleetSource::bound(Clock::time_point now) const {
  std::uint64_t least = kNever;
  for (const auto& host : hosts_) {
    if (host->is_finished || host->head) continue;
    if (settings_.window.count() > 0 && now - host->heard > settings_.window) continue;
    least = std::min(least, host->until_ns);
  }
  return least;
}

// Only when a packet of the host comes: so the same session always becomes the same file.
Result<> FleetSource::announce(Host& host, Sink& sink) {
  while (host.ids.size() < host.interfaces.size()) {
    const Interface& next = host.interfaces[host.ids.size()];
    host.ids.push_back(next_interface_id_++);
    if (auto announced = sink.on_interface(next); !announced) return announced;
  }
  return ok();
}

// Of those that had no packet.
Result<SourceState> FleetSource::end(Sink& sink) {
  for (const auto& host : hosts_) {
    if (auto announced = announce(*host, sink); !announced) return announced.take_error();
  }
  return SourceState::kEnd;
}

Result<std::uint64_t> FleetSource::merge(Sink& sink, std::uint64_t max_records) {
  for (const auto& host : hosts_) {
    if (host->head || host->is_finished) continue;
    if (auto advanced = advance(*host); !advanced) return advanced.take_error();
    if (!host->head) continue;
    heads_.push_back(host.get());
    std::push_heap(heads_.begin(), heads_.end(), Host::is_later);
  }
  std::uint64_t count = 0;
  std::uint64_t until = bound(Clock::now());
  while (!heads_.empty() && count < std::min(max_records, kMostPerTurn)) {
    Host& first = *heads_.front();
    if (first.head->time_ns >= until && until != kNever) break;
    emitted_ns_ = std::max(emitted_ns_, first.head->time_ns);
    ++first.account.handed;
    ++count;
    if (auto announced = announce(first, sink); !announced) return announced.take_error();
    first.head->interface_id = first.ids[first.head->interface_id];
    if (auto taken = sink.on_record(*first.head); !taken) return taken.take_error();
    std::pop_heap(heads_.begin(), heads_.end(), Host::is_later);
    heads_.pop_back();
    if (auto advanced = advance(first); !advanced) return advanced.take_error();
    if (first.head) {
      heads_.push_back(&first);
      std::push_heap(heads_.begin(), heads_.end(), Host::is_later);
    } else {
      until = bound(Clock::now());
    }
  }
  return count;
}

bool FleetSource::is_over() const {
  return std::all_of(hosts_.begin(), hosts_.end(), [](const auto& host) { return host->is_finished && !host->head; });
}

Result<SourceState> FleetSource::turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) {
  const auto start = Clock::now();
  const auto deadline = start + std::min<std::chrono::nanoseconds>(wait, 50ms);
  for (;;) {
    while (auto message = mailbox_->take({})) receive(std::move(*message));
    const auto now = Clock::now();
    for (const auto& host : hosts_) look_after(*host, now);
    auto count = merge(sink, max_records);
    if (!count) return count.take_error();
    if (*count > 0) return SourceState::kMore;
    if (is_over()) return end(sink);
    const bool has_running =
        std::any_of(hosts_.begin(), hosts_.end(), [](const auto& host) { return !host->is_gone && !host->end_seen; });
    if (stopped_ && has_running && now > stop_again_) tell_agents_to_stop(now);
    const bool is_hopeless = stopped_ && now - progress_ > kLongestEnd;
    if (stopped_ && (is_hopeless || EndRequest::of_this_run().urged())) {
      for (const auto& host : hosts_) {
        if (host->is_finished) continue;
        host->account.trouble = "not everything of it came before the end";
        host->is_finished = true;
        host->head.reset();
      }
      heads_.clear();
      return end(sink);
    }
    if (now >= deadline) return SourceState::kMore;
    if (auto message = mailbox_->take(std::min(deadline, now + kMergeTick))) receive(std::move(*message));
  }
}

Result<> FleetSource::stop() {
  if (std::exchange(stopped_, true)) return ok();
  progress_ = Clock::now();
  tell_agents_to_stop(progress_);
  return ok();
}

// Again, since one that has just lost its server does not hear it.
void FleetSource::tell_agents_to_stop(Clock::time_point now) {
  stop_again_ = now + kStopAgain;
  const std::string request = Fields().add("request", "stop").add("session", settings_.session).encode();
  auto sent = nats_.publish(kAllAgents, std::string_view(request));
  if (!sent && !std::exchange(told_stop_, true)) {
    settings_.tell("the agents cannot be told to stop: " + sent.error().text() + "; trying again");
  }
}

Result<std::vector<InterfaceStatistics>> FleetSource::statistics() {
  std::vector<InterfaceStatistics> all;
  for (const auto& host : hosts_) {
    for (InterfaceStatistics one : host->statistics) {
      if (one.interface_id >= host->ids.size()) continue;  // not announced yet
      one.interface_id = host->ids[one.interface_id];
      all.push_back(one);
    }
  }
  std::sort(all.begin(), all.end(),
            [](const auto& one, const auto& other) { return one.interface_id < other.interface_id; });
  return all;
}

std::vector<FleetHostAccount> FleetSource::accounts() const {
  std::vector<FleetHostAccount> all;
  for (const auto& host : hosts_) {
    FleetHostAccount account = host->account;
    account.repeats = host->order.repeats();
    for (const FleetGap& gap : account.gaps) account.missing += gap.batches.packets;
    all.push_back(std::move(account));
  }
  return all;
}

}  // namespace ringtap
