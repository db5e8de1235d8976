// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/live_source.hpp"

#include <linux/capability.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "base/now.hpp"
#include "live/buffers.hpp"
#include "live/clock_watch.hpp"
#include "live/device_plan.hpp"
#include "live/device_watch.hpp"
#include "live/interface_totals.hpp"
#include "live/kernel_side.hpp"
#include "live/lane.hpp"
#include "live/lane_threads.hpp"
#include "live/long_work.hpp"
#include "live/reader_wait.hpp"
#include "live/reduction_text.hpp"
#include "live/slot_table.hpp"
#include "loader/device_link.hpp"
#include "loader/kernel_names.hpp"
#include "net/device_names.hpp"
#include "net/promiscuous.hpp"
#include "record/merge.hpp"
#include "sandbox/user.hpp"
#include "taps/tap_families.hpp"

namespace ringtap {
namespace {

using rtnetlink::Device;

constexpr std::uint64_t kHousekeepingNs = 20'000'000;
constexpr std::uint64_t kHousekeepingOfThreadsNs = 200'000'000;  // all of them stand still for it

}  // namespace

struct LiveSource::Impl {
  LiveOptions options;
  Notice notice;
  bool any = false;
  CapturedNetnsSet namespaces;
  std::vector<Device> devices;  // to attach to at the start
  TapFamilies families;         // those with a tap in this capture
  CaptureSettings asked;        // as they were given

  // In the order in which they are needed, and destroyed in reverse: attachments first, then the programs.
  std::optional<KernelSide::Beginning> beginning;
  std::optional<Meanwhile<TraceNames>> naming;
  KernelSide kernel;
  std::optional<DeviceWatch> device_watch;
  std::optional<SlotTable> slots;
  std::vector<Attachment> host_attachments;
  PromiscuousMode promiscuous;
  std::optional<ReaderWait> reader_wait;
  ClockWatch clock_watch;
  LinkType framed = LinkType::kEthernet;
  InterfaceTotals interface_totals;
  TraceNames names;
  DeviceNames device_names;

  std::vector<EventStream*> heads;
  std::vector<Lane> lanes;
  std::optional<LaneThreads> threads;  // none: the only lane is run by the thread of the session
  std::uint64_t start_ns = 0;
  std::uint64_t last_housekeeping_ns = 0;
  bool stopped = false;
  bool can_open_sockets = true;   // until rights are given up
  std::optional<Error> ended_by;  // why the capture ends by itself

  Clock& clock() { return clock_watch.clock(); }
  TapContext context() {
    return {.options = options,
            .any = any,
            .devices = devices.size(),
            .programs = kernel.programs(),
            .names = names,
            .notice = notice,
            .wake_on = [this](int fd) { (void)reader_wait->watch(fd); },
            .do_without = [this](Tap tap) { options.taps.erase({tap}); }};
  }

  Result<> prepare(const LiveOptions& given, Notice on_notice);
  Result<> prepare_taps();
  Result<> prepare_kernel_side();
  Result<> prepare_waiting();
  Result<> attach_all();
  Result<> attach(const Device& device);
  Result<> attach_taps(Slot& slot);
  void detach_all();

  [[nodiscard]] std::optional<LaneThreads::Still> still_lanes();
  [[nodiscard]] std::uint64_t merge_slack_ns();
  Result<SourceState> turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait);
  Result<SourceState> turn_of_threads(std::chrono::nanoseconds wait);
  void look_after_changes();
  void rename_until(std::uint64_t time_ns);
  Result<SourceAccount> account();
};

Result<> LiveSource::Impl::prepare(const LiveOptions& given, Notice on_notice) {
  options = given;
  asked = static_cast<const CaptureSettings&>(given);
  notice = std::move(on_notice);
  if (auto fits = choose_buffers(options); !fits) return fits;
  any = has_any(options.interfaces);
  if (any && options.interfaces.size() > 1) {
    return Error("-i any already includes every interface: give no other -i", ErrorKind::kUsage);
  }
  DeviceWatch::Handler changes;
  changes.appeared = [this](const Device& device) {
    if (!can_capture(device, asked)) return;
    const bool needs_socket = (slot_flags(families, options, device) & RINGTAP_SLOT_NO_PACKET) != 0;
    if (!can_open_sockets && needs_socket && taps_at(device, asked).contains_any(kPacketTaps)) {
      notice(device.name +
             " appeared: it needs an AF_PACKET socket, and the right to open one has been given up; start " +
             "ringtap again to capture there, or use --sandbox off");
      return;
    }
    for (const std::string& text : notices_about({device}, asked)) notice(text);
    if (auto result = attach(device); !result) notice(result.error().text());
  };
  changes.ended = [this](const std::string& how) {
    detach_all();
    ended_by = Error(how + ": the capture has ended").hint("everything captured before that is complete");
  };
  changes.notice = notice;
  changes.gone = [this](const Device& device) { kernel.release_slot(device); };  // an index may come again
  device_watch.emplace(any, std::move(changes), &namespaces);
  // Before the list, so that no device is missed in between.
  if (auto opened = device_watch->open(options.looks_into_namespaces()); !opened) return opened;
  auto plan = plan_devices(options);
  if (!plan) return plan.take_error();
  namespaces = std::move(plan->namespaces);
  options.hook_namespaces = namespaces.named();
  devices = std::move(plan->devices);
  options.taps = plan->taps;
  if (auto result = prepare_taps(); !result) return result;
  for (const std::string& text : notices_about(devices, asked)) notice(text);
  framed = plan->framed;
  if (auto result = prepare_kernel_side(); !result) return result;
  return prepare_waiting();
}

// Keeps those of the requested taps that this kernel has.
Result<> LiveSource::Impl::prepare_taps() {
  const bool needs_names = options.follow || options.taps.contains_any({Tap::kDrop, Tap::kEnd});
  auto features = probe_features(
      options.taps,
      [&] {
        if (needs_names) naming.emplace([] { return Result<TraceNames>(TraceNames::load()); });
        beginning.emplace(*options.buffer_bytes, options.who);
      },
      options.who);
  if (!features && options.taps.contains_any(kBpfTaps)) return features.take_error();
  if (!features && any && asked.may_choose_taps)
    notice("no program can be loaded, so libpcap's sockets capture: " + features.error().text());
  options.features = features ? *features : KernelFeatures{};
  families = make_tap_families();
  TapPlan plan{options, any, devices, notice};
  for (const auto& family : families) {
    if (auto result = family->prepare(plan); !result) return result;
  }
  std::erase_if(families, [&](const auto& family) { return !options.taps.contains_any(family->taps()); });
  return ok();
}

Result<> LiveSource::Impl::prepare_kernel_side() {
  const auto max_slots = static_cast<std::uint32_t>(
      std::min<std::size_t>(devices.size() + (any ? slots_for_newcomers(options) : 0), RINGTAP_MAX_SLOTS));
  if (options.taps.contains_any(kBpfTaps) || options.features->packet_program) {
    auto loaded = KernelSide::load(options, framed, max_slots, std::move(*beginning), notice);
    if (!loaded) return loaded.take_error();
    kernel = loaded.take();
  }
  beginning.reset();
  if (naming) names = naming->get().take();
  slots.emplace(max_slots, SlotTable::Interfaces{.taps = options.follow ? options.taps : asked.taps,
                                                 .link_type = framed,
                                                 .snaplen = options.snaplen,
                                                 .filter = options.filter.expression,
                                                 .description = [this](Tap tap, const Device& device) {
                                                   const std::string less = reduction_text(options.reduction);
                                                   return ringtap::description(families, tap, options, device) +
                                                          (less.empty() ? "" : "; " + less);
                                                 }});
  lanes = make_lanes({.options = options,
                      .kernel = kernel,
                      .slots = *slots,
                      .names = names,
                      .device_names = device_names,
                      .namespaces = namespaces},
                     framed, max_slots, clock());
  return ok();
}

std::optional<LaneThreads::Still> LiveSource::Impl::still_lanes() {
  return threads ? std::optional<LaneThreads::Still>(std::in_place, *threads) : std::nullopt;
}

Result<> LiveSource::Impl::prepare_waiting() {
  if (auto opened = clock_watch.open(); !opened) return opened;
  auto made = ReaderWait::create();
  if (!made) return made.take_error();
  reader_wait.emplace(made.take());
  Result<> result;
  std::vector<int> fds = kernel.wake_fds();
  fds.insert(fds.end(), {clock_watch.fd(), device_watch->fd(), options.interrupt_fd, options.command_fd});
  for (const int fd : fds) {
    if (result && fd >= 0) result = reader_wait->watch(fd);
  }
  return result;
}

Result<> LiveSource::Impl::attach_all() {
  start_ns = clock().moment_ns(monotonic_now_ns());
  if (auto learning = kernel.start_owners(options.who); !learning) return learning;
  // In reverse packet order, so that a packet that is seen at one tap is seen at every later one as well.
  for (const auto& family : families) {
    if (auto result = family->attach_host(context(), host_attachments); !result) return result;
  }
  std::vector<Error> errors;  // on `any`
  LongWork attaching(notice, "attaching", devices.size());
  for (const Device& device : devices) {
    attaching.step();
    if (!device.up() && !any) notice(device.name + " is down; its packets will be captured once it is up");
    auto result = attach(device);
    if (result) continue;
    if (!any) return result;
    errors.push_back(result.take_error());
  }
  if (options.reduction.time_batch.count() != 0) {
    if (auto watched = kernel.watch_softirqs(); !watched) return watched;
  }
  // So that what has passed a tap before it was attached has passed the later ones as well when this returns.
  if (options.follow) wait_for_running_programs();
  const bool nothing = host_attachments.empty() && errors.size() == devices.size();
  if (nothing && !errors.empty()) return std::move(errors.front());
  for (const Error& error : errors) notice(error.text());
  return ok();
}

Result<> LiveSource::Impl::attach(const Device& device) {
  auto added = slots->add(device);
  if (!added) return added.take_error();
  Slot& slot = **added;
  auto result = kernel.assign_slot(device, slots->number_of(slot) | slot_flags(families, options, device));
  if (result) result = attach_taps(slot);
  if (!result) {
    // The slot is kept: frames may have been counted in it, and attaching is not tried again with every change.
    slot.attachments.clear();
    return result;
  }
  // The socket that asks for it would keep another namespace from ending.
  if (!options.promiscuous || any || device.loopback() || device.netns != 0) return ok();
  if (auto entered = promiscuous.add(device.ifindex, device.name); !entered) {
    notice(entered.error().text() + "; use -p to capture without it");
  }
  return ok();
}

Result<> LiveSource::Impl::attach_taps(Slot& slot) {
  TapDevice at{.device = slot.device,
               .slot = static_cast<std::uint16_t>(slots->number_of(slot)),
               .taps = taps_at(slot.device, asked),
               .attachments = slot.attachments,
               .attached = {},
               .packet_link_type = slot.packet_link_type};
  for (const auto& family : families) {
    if (auto result = family->attach_device(context(), at); !result) return result;
  }
  at.attached.insert(host_taps_at(families, options, slot.device));
  for (const TapTraits& traits : kTapTraits) {
    if (at.attached.contains(traits.tap)) slots->interface_of(slot, traits.tap);
  }
  return ok();
}

// How long a record waits for records of other streams; a single stream needs no waiting.
std::uint64_t LiveSource::Impl::merge_slack_ns() {
  std::uint64_t slack = 0;
  for (const auto& family : families) slack = std::max(slack, family->slack_ns());
  return slack != 0 || kernel.possible_cpus() == 1 ? slack : kMergeSlackNs;
}

Result<SourceState> LiveSource::Impl::turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) {
  Lane& lane = lanes.front();
  if (auto result = lane.announce(sink); !result) return result.take_error();
  const Lane::Bounds bounds{.max_records = max_records,
                            .due_ns = stopped ? Lane::kNever : monotonic_now_ns() - merge_slack_ns(),
                            .hold_ns = device_watch->hold_ns(),
                            .stopped = stopped};
  heads.clear();
  for (const auto& family : families) family->refresh(clock(), heads);
  Lane::Drained drained = lane.drain(sink, bounds, heads);
  if (drained.handled > 0) reader_wait->note_records();
  if (drained.until_ns != 0) rename_until(drained.until_ns);
  if (!drained.result) return drained.result.take_error();
  if (drained.until_ns != 0 && drained.until_ns != Lane::kNever) sink.on_time(clock().to_epoch_ns(drained.until_ns));
  if (drained.records > 0) return SourceState::kMore;
  for (const auto& family : families) drained.left = drained.left || family->has_records();
  if (stopped && !drained.left) return SourceState::kEnd;
  if (drained.left) {
    ReaderWait::nap(wait);
  } else if (reader_wait->wait(kernel.control(), wait, [&] { return kernel.has_news(lane.rings()); })) {
    last_housekeeping_ns = 0;
  }
  return SourceState::kMore;
}

Result<SourceState> LiveSource::Impl::turn_of_threads(std::chrono::nanoseconds wait) {
  threads->allow(monotonic_now_ns() - merge_slack_ns(), device_watch->hold_ns());
  if (device_watch->hold_ns() != Lane::kNever) {
    const auto still = still_lanes();
    rename_until(threads->done_until());
  }
  threads->wake(device_watch->hold_ns() != Lane::kNever);
  if (stopped && device_watch->hold_ns() == Lane::kNever) threads->finish();
  const bool ended = threads->ended();  // after that there is no further Error
  if (auto failed = threads->take_error(); !failed) return failed.take_error();
  if (ended) return SourceState::kEnd;
  if (stopped || !threads->are_idle()) {
    reader_wait->note_records();
    ReaderWait::nap(wait);
  } else if (reader_wait->wait(kernel.control(), wait,
                               [this] { return !threads->are_idle() || threads->have_news(); })) {
    last_housekeeping_ns = 0;
  }
  return SourceState::kMore;
}

Result<SourceState> LiveSource::turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) {
  Impl& impl = *impl_;
  impl.look_after_changes();
  auto state = impl.threads ? impl.turn_of_threads(wait) : impl.turn(sink, max_records, wait);
  if (state && *state == SourceState::kEnd && impl.ended_by) return *std::exchange(impl.ended_by, std::nullopt);
  return state;
}

void LiveSource::Impl::look_after_changes() {
  const bool is_due =
      monotonic_now_ns() - last_housekeeping_ns >= (threads ? kHousekeepingOfThreadsNs : kHousekeepingNs);
  if (threads && !is_due && !device_watch->has_news()) return;
  const auto still = still_lanes();
  const std::uint64_t now = monotonic_now_ns();  // what changes is noticed now
  // Before every drain: a record is handed over later than that, so that the device's name at its time is known.
  if (!stopped && device_watch->look(*slots, now)) device_names.forget_here();
  if (!is_due) return;
  if (clock_watch.look(now)) {
    for (Lane& lane : lanes) lane.set_clock(clock());
    if (threads) threads->place();
  }
  for (const NewRing& ring : kernel.look_for_cpus(now, notice)) {
    (void)reader_wait->watch(ring.fd);
    const auto few = [](const Lane& a, const Lane& b) { return a.rings().cpus.size() < b.rings().cpus.size(); };
    std::min_element(lanes.begin(), lanes.end(), few)->add(ring.number, ring.cpu);
  }
  last_housekeeping_ns = now;
}

// The first of the new names that hold for records after `time_ns`, all earlier ones having been handed over.
void LiveSource::Impl::rename_until(std::uint64_t time_ns) {
  auto& renamings = device_watch->renamings();
  if (renamings.empty() || renamings.front().since_ns > time_ns) return;
  const std::uint64_t since_ns = renamings.front().since_ns;
  for (; !renamings.empty() && renamings.front().since_ns == since_ns; renamings.pop_front()) {
    Slot& slot = (*slots)[renamings.front().slot];
    if (const auto counted = account()) {
      interface_totals.close(slot, *counted, *slots, start_ns, clock().moment_ns(since_ns));
    }
    slots->rename(slot, renamings.front().name);
  }
}

void LiveSource::Impl::detach_all() {
  if (std::exchange(stopped, true)) return;
  const auto no_longer_promiscuous = promiscuous.end();
  bool waited = !slots || slots->detach(notice);
  std::chrono::milliseconds until_last{0};
  for (const auto& family : families) until_last = std::max(until_last, family->stop());
  // In packet order, so that a packet that was seen at one tap is seen at every later one as well.
  if (!waited || until_last.count() != 0) wait_for_running_programs();
  std::this_thread::sleep_for(until_last);
  waited = detach(host_attachments);
  if (!waited) wait_for_running_programs();
}

LiveSource::LiveSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LiveSource::~LiveSource() {
  impl_->detach_all();
  impl_->threads.reset();
}

Result<std::unique_ptr<LiveSource>> LiveSource::create(const LiveOptions& options, Notice notice) {
  auto impl = std::make_unique<Impl>();
  if (auto result = impl->prepare(options, std::move(notice)); !result) return result.take_error();
  return std::unique_ptr<LiveSource>(new LiveSource(std::move(impl)));
}

Result<> LiveSource::attach() {
  auto result = impl_->attach_all();
  if (!result) impl_->detach_all();
  return result;
}

std::size_t LiveSource::rings() const {
  return impl_->kernel.ring_count();
}

std::size_t LiveSource::threads() const {
  return impl_->lanes.size();
}

Result<> LiveSource::start_threads(std::span<Sink* const> sinks, bool in_step) {
  Impl& impl = *impl_;
  impl.threads.emplace(impl.lanes, sinks, in_step, *impl.slots, impl.kernel);
  auto started = impl.threads->start();
  if (started) return started;
  impl.detach_all();
  impl.threads.reset();  // before the sinks go
  return started;
}

Result<> LiveSource::start_helpers() {
  const bool enters = impl_->namespaces.has_others();
  if (auto started = start_device_name_helper(enters); !started) return started;
  if (auto started = LiveOwners::start_helper(impl_->options.who || enters); !started) return started;
  if (auto started = impl_->kernel.start_helper(); !started) return started;
  const TapPrograms* const programs = impl_->kernel.programs();
  const bool attaches_later = impl_->any && programs != nullptr && impl_->options.taps.contains_any(kDeviceTaps);
  return attaches_later ? start_link_helper(programs->fds(), enters) : ok();
}

SandboxNeeds LiveSource::later_needs() {
  Impl& impl = *impl_;
  SandboxNeeds needs;
  const TapPrograms* const programs = impl.kernel.programs();
  if (programs != nullptr && !programs->usable_without_capabilities()) {
    needs.capabilities |= capability_set({CAP_BPF, CAP_PERFMON});
  }
  const bool has_filters = impl.slots->has_filters();
  const bool opens_sockets =
      impl.any && impl.options.taps.contains_any(kPacketTaps) && !impl.options.features->packet_program;
  if (has_filters) needs.capabilities |= capability_set({CAP_NET_ADMIN, CAP_BPF});
  if (opens_sockets) needs.capabilities |= capability_set({CAP_NET_RAW, CAP_NET_ADMIN});
  impl.can_open_sockets = needs.opens = has_filters || opens_sockets;
  return needs;
}

Result<> LiveSource::stop() {
  impl_->detach_all();
  return ok();
}

LinkType LiveSource::link_type() const {
  return impl_->framed;
}

bool LiveSource::has_several_interfaces() const {
  return impl_->any || impl_->devices.size() * family_count(impl_->asked.taps) > 1;
}

std::string LiveSource::buffer_text() const {
  return impl_->kernel.buffer_text();
}

const std::vector<Interface>& LiveSource::interfaces() const {
  return impl_->slots->interfaces();
}

// While no other thread runs a lane.
Result<SourceAccount> LiveSource::Impl::account() {
  std::vector<TapCounts> rows;
  for (const auto& family : families) family->count(context(), rows);
  CaptureAccount totals = lanes.front().totals();
  for (std::size_t i = 1; i < lanes.size(); ++i) totals.add(lanes[i].totals());
  auto account = totals.account(
      *slots, [&](std::uint32_t slot, ringtap_tap tap) { return kernel.counters(slot, tap); }, std::move(rows));
  if (!account) return account;
  for (const Lane& lane : lanes) {
    account->refused += lane.filter().refused();
    account->refused_tagged += lane.filter().refused_tagged();
  }
  kernel.count_rest(*account);
  return account;
}

Result<> LiveSource::while_threads_stand(const std::function<Result<>()>& work) {
  const auto still = impl_->still_lanes();
  return work();
}

Result<SourceAccount> LiveSource::account() {
  const auto still = impl_->still_lanes();
  return impl_->account();
}

Result<std::vector<InterfaceStatistics>> LiveSource::statistics() {
  const auto still = impl_->still_lanes();
  auto counted = impl_->account();
  if (!counted) return counted.take_error();
  return impl_->interface_totals.of(*counted, *impl_->slots, impl_->start_ns,
                                    impl_->clock().moment_ns(monotonic_now_ns()));
}

}  // namespace ringtap
