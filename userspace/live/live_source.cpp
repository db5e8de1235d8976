// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/live_source.hpp"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <net/if_arp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <thread>

#include "loader/kernel_names.hpp"
#include "loader/rings.hpp"
#include "loader/tap_programs.hpp"
#include "net/device_list.hpp"
#include "net/rtnetlink.hpp"
#include "record/clock.hpp"
#include "record/cooked.hpp"
#include "record/event.hpp"
#include "record/merge.hpp"
#include "ringtap/unique_fd.hpp"
#include "taps/packet_socket.hpp"

namespace ringtap {
namespace {

using namespace std::chrono_literals;
using rtnetlink::Device;

constexpr std::uint32_t kNoInterface = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kSlotsForNewcomers = 1024;  // devices that may appear during a capture on `any`
constexpr int kNapsBeforeSleep = 20;
constexpr std::uint64_t kMostPerTurn = 4096;  // records; the caller gets to look at signals and the time in between
constexpr std::size_t kBatchesPerRing = 4;    // at least: else a small ring would never hold one
constexpr std::uint32_t kLargestUsualFrame = 65549;  // 64 KiB of GSO superframe with its Ethernet header
constexpr std::chrono::milliseconds kFirstSleep{4};
constexpr std::uint64_t kHousekeepingNs = 20'000'000;
constexpr std::uint64_t kClockNs = 1'000'000'000;

bool is_ethernet(const Device& device) {
  return device.hardware_type == ARPHRD_ETHER || device.hardware_type == ARPHRD_LOOPBACK;
}

// Devices whose frames begin with the IP header.
bool is_raw_ip(const Device& device) {
  constexpr std::uint16_t kArphrdIp6gre = 823;  // <linux/if_arp.h>; <net/if_arp.h> lacks it
  constexpr std::array<std::uint16_t, 8> kTypes = {ARPHRD_NONE,    ARPHRD_PPP, ARPHRD_RAWIP, ARPHRD_TUNNEL,
                                                   ARPHRD_TUNNEL6, ARPHRD_SIT, ARPHRD_IPGRE, kArphrdIp6gre};
  return std::find(kTypes.begin(), kTypes.end(), device.hardware_type) != kTypes.end();
}

bool is_understood(const Device& device) {
  return is_ethernet(device) || is_raw_ip(device);
}

std::string name_list(const std::vector<Device>& devices) {
  std::string names;
  for (const Device& device : devices) names += (names.empty() ? "" : ", ") + device.name;
  return names;
}

bool has_any(const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), "any") != names.end();
}

Result<std::vector<Device>> choose_devices(const std::vector<std::string>& names) {
  auto found = rtnetlink::devices();
  if (!found) return found.take_error();
  std::vector<Device> chosen;
  if (has_any(names)) {
    std::copy_if(found->begin(), found->end(), std::back_inserter(chosen),
                 [](const Device& d) { return d.up() && is_understood(d); });
    return chosen;
  }
  for (const std::string& name : names) {
    const auto device = std::find_if(found->begin(), found->end(), [&](const Device& d) { return d.name == name; });
    if (device == found->end()) {
      return Error(name + ": no such interface").hint("there are: " + name_list(*found) + ", any");
    }
    if (!is_understood(*device)) {
      return Error(name + ": its link layer (ARPHRD " + std::to_string(device->hardware_type) + ") is not supported")
          .hint("Ethernet and plain IP devices are; tcpdump captures others");
    }
    const auto same = [&](const Device& d) { return d.ifindex == device->ifindex; };
    if (std::none_of(chosen.begin(), chosen.end(), same)) chosen.push_back(*device);
  }
  return chosen;
}

LinkType common_link_type(const std::vector<Device>& devices, bool any) {
  if (!any && std::all_of(devices.begin(), devices.end(), is_ethernet)) return LinkType::kEthernet;
  if (!any && std::none_of(devices.begin(), devices.end(), is_ethernet)) return LinkType::kRaw;
  return LinkType::kLinuxSll2;
}

}  // namespace

Result<LinkType> link_type_of(const std::vector<std::string>& interfaces) {
  auto devices = choose_devices(interfaces);
  if (!devices) return devices.take_error();
  return common_link_type(*devices, has_any(interfaces));
}

std::string reduction_text(const Reduction& reduction) {
  std::vector<std::string> parts;
  if (reduction.slice_layer != 0) {
    parts.push_back("cut behind the headers of layer " + std::to_string(reduction.slice_layer) + " plus " +
                    std::to_string(reduction.slice_more) + " bytes");
  }
  if (reduction.sample > 1) parts.push_back("1 of " + std::to_string(reduction.sample) + " flows");
  if (reduction.max_pps != 0) parts.push_back("at most " + std::to_string(reduction.max_pps) + " packets a second");
  if (reduction.time_batch.count() != 0) {
    parts.push_back("times up to " + std::to_string(reduction.time_batch.count()) + " ns early");
  }
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

// One attachment point: a device, its programs and the interfaces that sinks know for it.
struct Slot {
  Device device;
  bool present = true;
  std::vector<Attachment> attachments;
  std::vector<std::unique_ptr<PacketSocket>> sockets;
  std::array<std::uint64_t, kEventTaps> lost_with_refused{};  // told by records that went no further
  std::array<std::uint32_t, kEventTaps> interface_ids;        // [event_tap_of(tap)]

  explicit Slot(Device its_device) : device(std::move(its_device)) { interface_ids.fill(kNoInterface); }
};

struct LiveSource::Impl {
  LiveOptions options;
  Notice notice;
  bool any = false;
  std::vector<Device> devices;  // to attach to at the start
  LinkType link_type = LinkType::kEthernet;

  // Declared in the order they are needed; gone in the reverse: attachments first, then programs, then rings.
  std::optional<Rings> rings;
  std::optional<TapPrograms> programs;
  std::optional<rtnetlink::DeviceMonitor> monitor;
  std::vector<Attachment> host_attachments;
  UniqueFd promiscuous_socket;
  UniqueFd clock_changes;
  UniqueFd events;          // epoll: rings and `changes`
  UniqueFd changes;         // epoll: devices, clock, the caller's interrupt
  std::vector<Slot> slots;  // index is the slot number; 0 is RINGTAP_SLOT_UNKNOWN
  std::uint32_t max_slots = 0;

  std::vector<Interface> interfaces;
  std::uint32_t announced = 0;
  Clock clock;
  Sll2Framer framer;
  std::vector<EventStream*> heads;
  DropReasons reasons;
  KernelSymbols symbols;
  std::vector<std::uint64_t> delivered;  // [(slot * taps + tap) * cpus + cpu]
  std::uint64_t next_packet_id = 0;
  std::uint64_t newest_monotonic_ns = 0;
  std::uint64_t late = 0;
  std::uint64_t refused = 0;
  bool filter_in_user_space = false;
  std::uint64_t malformed = 0;
  std::uint64_t start_ns = 0;
  std::uint64_t last_housekeeping_ns = 0;
  std::uint64_t last_clock_ns = 0;
  int idle_naps = 0;
  bool stopped = false;
  std::optional<Error> ended_by;  // why the capture ends by itself

  std::size_t cpus() { return rings->readers().size(); }

  Result<> prepare(const LiveOptions& given, Notice on_notice);
  Result<> attach_all();
  [[nodiscard]] Result<> refuse_to_cut_off() const;
  Result<> choose_host_taps();
  Result<> load_programs();
  Result<> open_event_fds();
  Result<> attach(const Device& device);
  Result<> attach_taps(Slot& slot);
  Result<> open_sockets(Slot& slot);
  Result<> attach_host_taps();
  [[nodiscard]] bool sees_egress(const Device& device) const;
  std::uint32_t interface_of(Slot& slot, Tap tap);
  [[nodiscard]] std::string describe(Tap tap, const Slot& slot) const;
  [[nodiscard]] std::uint64_t merge_slack_ns();
  void set_promiscuous(const Device& device);

  bool drain(Sink& sink, std::uint64_t max_records, std::uint64_t* count, Result<>& result);
  Result<> deliver(Sink& sink, const EventView& event, std::uint64_t* count);
  std::uint64_t collect_stages(std::uint64_t due_ns);
  bool stages_empty();
  void wait_for_records(std::chrono::nanoseconds wait);
  void look_after_changes();
  void on_device_event(const rtnetlink::DeviceEvent& event);
  void on_device_gone(Slot& slot);
  void detach_all();
};

Result<> LiveSource::Impl::prepare(const LiveOptions& given, Notice on_notice) {
  options = given;
  notice = std::move(on_notice);
  any = has_any(options.interfaces);
  if (any && options.interfaces.size() > 1) {
    return Error("-i any stands alone: it is every interface", ErrorKind::kUsage);
  }

  if (!options.features) {
    auto features = probe_features();
    if (!features) return features.take_error();
    options.features = *features;
  }
  if (auto result = choose_host_taps(); !result) return result;
  auto opened_monitor = rtnetlink::DeviceMonitor::open();  // before the list, so that nobody slips through between
  if (!opened_monitor) return opened_monitor.take_error();
  monitor.emplace(opened_monitor.take());
  auto chosen = choose_devices(options.interfaces);
  if (!chosen) return chosen.take_error();
  devices = chosen.take();

  if (auto result = refuse_to_cut_off(); !result) return result;
  link_type = common_link_type(devices, any);

  auto made_rings = Rings::create(options.buffer_bytes);
  if (!made_rings) return made_rings.take_error();
  rings.emplace(made_rings.take());

  const std::size_t largest = std::min(options.snaplen, kLargestUsualFrame) + sizeof(ringtap_event);
  if (rings->bytes_each() < largest) {
    notice("rings of " + std::to_string(rings->bytes_each() / 1024) +
           " KiB for each CPU: packets of which more is kept do " +
           "not fit and will be counted as dropped; a larger -B or a smaller -s helps");
  }
  max_slots = static_cast<std::uint32_t>(
      std::min<std::size_t>(devices.size() + (any ? kSlotsForNewcomers : 0), RINGTAP_MAX_SLOTS));
  if (auto loaded = load_programs(); !loaded) return loaded;
  delivered.resize((std::size_t{max_slots} + 1) * RINGTAP_TAP_COUNT * cpus());

  return open_event_fds();
}

Result<> LiveSource::Impl::attach_all() {
  start_ns = clock.moment_ns(monotonic_now_ns());
  slots.reserve(std::size_t{max_slots} + 1);
  slots.emplace_back(Device{.name = "unknown"});
  slots.front().present = false;
  // First those that packets come to last: what comes in meanwhile is seen to its end.
  if (auto result = attach_host_taps(); !result) return result;
  std::optional<Error> first_error;
  for (const Device& device : devices) {
    if (!device.up() && !any) notice(device.name + " is down; its packets are captured once it is up");
    auto result = attach(device);
    if (result) continue;
    if (!any) return result;
    notice(result.error().text());
    if (!first_error) first_error = result.take_error();
  }
  if (options.reduction.time_batch.count() != 0) {
    if (auto watched = programs->watch_softirqs(); !watched) return watched;
  }
  const bool nothing = host_attachments.empty() && std::all_of(slots.begin(), slots.end(), [](const Slot& slot) {
                         return slot.attachments.empty();
                       });
  if (any && nothing && first_error) return std::move(*first_error);
  return ok();
}

Result<> LiveSource::Impl::refuse_to_cut_off() const {
  if (any && options.consume) {
    return Error("--consume on any interface there is", ErrorKind::kUsage)
        .hint("name the one that receives mirrored traffic");
  }
  if (!options.consume || options.consume_despite_address) return ok();
  for (const Device& device : devices) {
    if (!has_address(device.name)) continue;
    return Error("--consume on " + device.name + ": it has an address, and its traffic would end here",
                 ErrorKind::kUsage)
        .hint("meant for a mirror port; --force does it all the same");
  }
  return ok();
}

// Of what was asked for, what this kernel has. One of several taps may be missing; one that was asked for by name may
// not.
Result<> LiveSource::Impl::choose_host_taps() {
  if (options.follow) options.taps.insert(Tap::kEnd);
  struct Need {
    Tap tap;
    bool there;
    const char* what;
  };
  for (const Need& need : {Need{Tap::kNetfilter, options.features->netfilter, "BPF programs at netfilter (Linux 6.4)"},
                           Need{Tap::kSocket, options.features->kernel_casts, "bpf_cast_to_kern_ctx (Linux 6.2)"}}) {
    if (need.there || !options.taps.contains(need.tap)) continue;
    const std::string text = "the " + std::string(tap_family(need.tap)) + " tap: this kernel has no " + need.what;
    if (!options.follow) return Error(text).hint("--tap drop says where packets end on any kernel since 5.17");
    notice(text + "; the other taps go on without");
    options.taps.erase({need.tap});
  }
  return ok();
}

Result<> LiveSource::Impl::load_programs() {
  TapProgramsConfig config;
  config.taps = options.taps;
  config.follow = options.follow;
  config.snaplen =
      options.filter.may_recheck ? RINGTAP_MAX_SNAPLEN : std::max(options.snaplen, LiveOptions::kMinSnaplen);
  config.slots = max_slots;
  config.single_slot = max_slots == 1;
  config.rings_fd = rings->map_fd();
  config.consume = options.consume;
  config.ethernet = link_type != LinkType::kRaw;
  config.l3 = link_type != LinkType::kEthernet;
  config.batch_bytes =
      static_cast<std::uint32_t>(std::min<std::size_t>(rings->bytes_each() / kBatchesPerRing, RINGTAP_BATCH_BYTES));
  if (!options.filter.expression.empty()) config.filter = options.filter.bodies;
  config.reduction = options.reduction;
  if (options.reduction.leaves_out() && options.filter.may_recheck) {
    return Error("--slice, --sample and --max-pps need a filter that the kernel can decide", ErrorKind::kUsage)
        .hint("part of '" + options.filter.expression + "' is left to user space");
  }
  config.features = *options.features;
  auto loaded = TapPrograms::load(config);
  if (!loaded && config.filter && options.consume) {
    return loaded.take_error().hint("--consume needs the filter in the kernel, or it would end every frame");
  }
  if (!loaded && config.filter && options.reduction.leaves_out()) {
    return loaded.take_error().hint("--slice, --sample and --max-pps need the filter in the kernel");
  }
  if (!loaded && config.filter) {
    // Too large for the verifier, or it asks for what the hook cannot tell. If that was not the reason, the next
    // attempt fails too and says why.
    config.filter = nullptr;
    config.snaplen = RINGTAP_MAX_SNAPLEN;
    auto without = TapPrograms::load(config);
    if (!without) return without.take_error();
    notice("the kernel does not take this filter; every packet is copied and filtered in user space, which is slow (" +
           loaded.error().text() + ")");
    filter_in_user_space = true;
    loaded = without.take();
  }
  if (!loaded) return loaded.take_error();
  programs.emplace(loaded.take());
  return ok();
}

Result<> LiveSource::Impl::open_event_fds() {
  const auto watch = [](int epoll, int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
  };
  events.reset(epoll_create1(EPOLL_CLOEXEC));
  changes.reset(epoll_create1(EPOLL_CLOEXEC));
  clock_changes.reset(timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  // Never expires; readable (ECANCELED) when somebody sets the clock.
  itimerspec never{};
  never.it_value.tv_sec = 4'000'000'000;  // the year 2096
  timerfd_settime(clock_changes.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
  bool good = watch(events.get(), changes.get()) && watch(changes.get(), clock_changes.get()) &&
              watch(changes.get(), monitor->fd()) &&
              (options.interrupt_fd < 0 || watch(changes.get(), options.interrupt_fd));
  for (const RingReader& reader : rings->readers()) good = good && watch(events.get(), reader.fd());
  if (!good) return Error::from_errno(errno, "wait for events");
  return ok();
}

void LiveSource::Impl::set_promiscuous(const Device& device) {
  if (!options.promiscuous || any || device.loopback()) return;
  if (!promiscuous_socket) promiscuous_socket.reset(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!promiscuous_socket) {
    notice(Error::from_errno(errno, "promiscuous mode on " + device.name).text() + "; -p does without");
    return;
  }
  packet_mreq request{};
  request.mr_ifindex = static_cast<int>(device.ifindex);
  request.mr_type = PACKET_MR_PROMISC;
  if (setsockopt(promiscuous_socket.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)) != 0) {
    notice(Error::from_errno(errno, "promiscuous mode on " + device.name).text());
  }
}

// What a device sends to itself comes in again at once; like tcpdump, show it once unless the way out is asked for.
bool LiveSource::Impl::sees_egress(const Device& device) const {
  const bool twice = device.loopback() && options.taps.contains(Tap::kTcIngress) && !options.follow;
  return options.taps.contains(Tap::kTcEgress) && !twice;
}

std::string LiveSource::Impl::describe(Tap tap, const Slot& slot) const {
  switch (tap) {
    case Tap::kXdp:
      return "XDP";
    case Tap::kTcIngress:
    case Tap::kTcEgress:
      return !options.taps.contains(Tap::kTcIngress) ? "tc egress"
             : sees_egress(slot.device)              ? "tc ingress and egress"
                                                     : "tc ingress";
    case Tap::kStackIn:
    case Tap::kStackOut:
      return "stack, tracepoints netif_receive_skb and net_dev_start_xmit";
    case Tap::kPacketIn:
    case Tap::kPacketOut:
      return "AF_PACKET socket";
    case Tap::kNetfilter:
      return "netfilter, before and behind the rules of every hook";
    case Tap::kSocket:
      return "socket, as a packet is given to it";
    case Tap::kDrop:
      return "drop, tracepoint kfree_skb";
    default:
      return "end, tracepoint consume_skb";
  }
}

std::uint32_t LiveSource::Impl::interface_of(Slot& slot, Tap tap) {
  std::uint32_t& id = slot.interface_ids[event_tap_of(tap)];
  if (id != kNoInterface) return id;
  const std::string_view family = tap_family(tap);
  for (std::size_t other = 0; other < kEventTaps; ++other) {
    const bool same = tap_family(tap_of(static_cast<ringtap_tap>(other))) == family;
    if (same && slot.interface_ids[other] != kNoInterface) return id = slot.interface_ids[other];
  }
  Interface interface;
  interface.name = slot.device.name;
  if (family_count(options.taps) > 1) interface.name.append(":").append(family);
  interface.description = describe(tap, slot);
  if (const std::string less = reduction_text(options.reduction); !less.empty()) interface.description += "; " + less;
  interface.ifindex = slot.device.ifindex;
  interface.link_type = link_type;
  interface.snaplen = options.snaplen;
  interface.filter = options.filter.expression;
  interface.mac = slot.device.mac;
  interface.ingress_only = tap == Tap::kXdp;
  id = static_cast<std::uint32_t>(interfaces.size());
  interfaces.push_back(std::move(interface));
  return id;
}

Result<> LiveSource::Impl::attach(const Device& device) {
  if (slots.size() > max_slots) {
    return Error(device.name + ": not captured, " + std::to_string(max_slots) + " interfaces are the limit of one run");
  }
  slots.emplace_back(device);
  Slot& slot = slots.back();
  auto result = programs->assign_slot(device.ifindex, static_cast<std::uint32_t>(slots.size() - 1));
  if (result) result = attach_taps(slot);
  if (!result) {
    // The slot stays: frames may have been counted in it, and the device is not tried again with every change.
    slot.attachments.clear();
    return result;
  }
  set_promiscuous(device);
  return ok();
}

Result<> LiveSource::Impl::attach_taps(Slot& slot) {
  const AttachTarget target{slot.device.ifindex, slot.device.name};
  TapSet attached;
  const bool l3 = !is_ethernet(slot.device);
  if (auto opened = open_sockets(slot); !opened) return opened;
  for (const auto& [tap, wanted, program_fd, direction] :
       {std::tuple{Tap::kTcIngress, options.taps.contains(Tap::kTcIngress), programs->tc_ingress_fd(l3),
                   TcDirection::kIngress},
        std::tuple{Tap::kTcEgress, sees_egress(slot.device), programs->tc_egress_fd(l3), TcDirection::kEgress}}) {
    if (!wanted) continue;
    auto tc = Attachment::attach_tc(program_fd, target, direction, options.use_tcx);
    if (!tc) return tc.take_error();
    slot.attachments.push_back(tc.take());
    attached.insert(tap);
  }
  if (options.taps.contains(Tap::kXdp)) {
    auto xdp =
        Attachment::attach_xdp({programs->xdp_frags_fd(l3), programs->xdp_plain_fd(l3)}, target, options.xdp_mode);
    if (xdp) {
      if (!xdp->note().empty()) notice(xdp->note());
      slot.attachments.push_back(xdp.take());
      attached.insert(Tap::kXdp);
    } else if ((any && !attached.empty()) || options.follow) {
      notice(xdp.error().text() + "; only its other taps are used");
    } else {
      return xdp.take_error();
    }
  }
  for (std::size_t number = 0; number < kEventTaps; ++number) {
    const Tap tap = tap_of(static_cast<ringtap_tap>(number));
    if (attached.contains(tap) ||
        (options.taps.contains(tap) && (kHostTaps.contains(tap) || kPacketTaps.contains(tap)))) {
      interface_of(slot, tap);
    }
  }
  return ok();
}

// One for each direction, since libpcap does not say of an Ethernet frame which it was.
Result<> LiveSource::Impl::open_sockets(Slot& slot) {
  for (const Tap tap : {Tap::kPacketIn, Tap::kPacketOut}) {
    if (!options.taps.contains(tap)) continue;
    auto socket =
        PacketSocket::open({.device = slot.device.name,
                            .ifindex = slot.device.ifindex,
                            .slot = static_cast<std::uint16_t>(&slot - slots.data()),
                            .tap = tap,
                            .snaplen = options.filter.any_vlan ? RINGTAP_MAX_SNAPLEN : options.snaplen,
                            .buffer_bytes = options.buffer_bytes / 2 / std::max<std::size_t>(devices.size(), 1),
                            .filter = options.filter.any_vlan ? "" : options.filter.expression,
                            .recheck = options.filter.any_vlan});
    if (!socket) return socket.take_error();
    epoll_event event{.events = EPOLLIN, .data = {.fd = (*socket)->fd()}};
    epoll_ctl(events.get(), EPOLL_CTL_ADD, (*socket)->fd(), &event);
    slot.sockets.push_back(socket.take());
  }
  return ok();
}

Result<> LiveSource::Impl::attach_host_taps() {
  if (options.taps.contains_any({Tap::kDrop, Tap::kEnd})) {
    reasons = DropReasons::load();
    symbols = KernelSymbols::load();
    if (symbols.empty()) notice("the kernel hides its addresses (kptr_restrict): functions are not named");
    if (!options.features->drop_reason) notice("this kernel (before 5.17) does not say why it drops");
  }
  // A tap that is one of several may be missing; one that was asked for alone may not.
  const auto keep = [&](Result<Attachment> attachment) -> Result<> {
    if (attachment) {
      host_attachments.push_back(attachment.take());
      return ok();
    }
    if (!options.follow) return attachment.take_error();
    notice(attachment.error().text() + "; the other taps go on without");
    return ok();
  };
  for (const auto& program : programs->tracepoint_programs()) {
    if (auto kept = keep(Attachment::attach_tracepoint(program.fd, program.tracepoint)); !kept) return kept;
  }
  if (options.taps.contains(Tap::kSocket)) {
    if (auto kept = keep(Attachment::attach_socket(programs->socket_fd())); !kept) return kept;
  }
  if (!options.taps.contains(Tap::kNetfilter)) return ok();
  for (const std::uint32_t protocol : {NFPROTO_IPV4, NFPROTO_IPV6}) {
    for (std::uint32_t hook = 0; hook < kNetfilterHookNames.size(); ++hook) {
      for (const bool last : {true, false}) {
        auto kept = keep(Attachment::attach_netfilter(programs->netfilter_fd(last), protocol, hook, last));
        if (!kept) return kept;
      }
    }
  }
  return ok();
}

namespace {

// Taps of the whole host put an Ethernet header in front of every packet (bpf/trace.bpf.h).
void strip_link_header(RecordView& record) {
  std::size_t at = 12;
  const auto type = [&] {
    return record.data.size() < at + 2
               ? 0U
               : std::to_integer<unsigned>(record.data[at]) << 8 | std::to_integer<unsigned>(record.data[at + 1]);
  };
  while (type() == ETH_P_8021Q || type() == ETH_P_8021AD) at += 4;
  at = std::min(at + 2, record.data.size());
  record.data = record.data.subspan(at);
  record.wire_len -= static_cast<std::uint32_t>(at);
  record.link_type = LinkType::kRaw;
}

}  // namespace

Result<> LiveSource::Impl::deliver(Sink& sink, const EventView& event, std::uint64_t* count) {
  const ringtap_event& header = *event.header;
  if (header.slot >= slots.size() || header.cpu >= cpus()) {
    ++malformed;
    return ok();
  }
  Slot& slot = slots[header.slot];
  if (header.tap < RINGTAP_TAP_COUNT) {
    ++delivered[(std::size_t{header.slot} * RINGTAP_TAP_COUNT + header.tap) * cpus() + header.cpu];
  }
  if (header.monotonic_ns < newest_monotonic_ns) ++late;
  newest_monotonic_ns = std::max(newest_monotonic_ns, std::uint64_t{header.monotonic_ns});

  RecordView record = to_record(event);
  const bool of_host = kHostTaps.contains(record.tap);
  record.link_type = of_host || is_ethernet(slot.device) ? LinkType::kEthernet : LinkType::kRaw;
  if ((filter_in_user_space || (header.flags & RINGTAP_EVENT_RECHECK) != 0) && !options.filter.matches(record)) {
    ++refused;
    slot.lost_with_refused[header.tap] += header.lost;
    return ok();
  }
  ++*count;
  record.lost_before += std::exchange(slot.lost_with_refused[header.tap], 0);
  record.time_ns = clock.to_epoch_ns(header.monotonic_ns);
  record.packet_id = ++next_packet_id;
  record.interface_id = interface_of(slot, record.tap);
  if (record.trace && event.trace->location != 0) {
    record.trace->function = symbols.function(event.trace->location);
    if (record.tap == Tap::kDrop) record.trace->reason = reasons.name(event.trace->reason);
  }
  const bool has_link =
      is_ethernet(slot.device) || (slot.present == false && (header.flags & RINGTAP_EVENT_NO_LINK) == 0);
  if (of_host && (link_type == LinkType::kRaw || (link_type == LinkType::kLinuxSll2 && !has_link))) {
    strip_link_header(record);
  }
  for (; announced < interfaces.size(); ++announced) {
    if (auto result = sink.on_interface(interfaces[announced]); !result) return result;
  }
  if (link_type == LinkType::kLinuxSll2) {
    record = framer.frame(record, slot.device.hardware_type, options.snaplen);
  } else if (record.data.size() > options.snaplen) {
    record.data = record.data.first(options.snaplen);
  }
  return sink.on_record(record);
}

// Records may stand in a stage until more come; those that are due by now must not wait any longer. The result is how
// far the merge may go: not past a record that could not be sent on because one more is being made there.
std::uint64_t LiveSource::Impl::collect_stages(std::uint64_t due_ns) {
  std::uint64_t watermark = due_ns;
  if (!options.features->stage_flusher) return watermark;
  for (std::size_t cpu = 0; cpu < cpus(); ++cpu) {
    const ringtap_stage& stage = programs->stage(cpu);
    const auto is_due = [&] { return __atomic_load_n(&stage.used, __ATOMIC_RELAXED) != 0 && stage.first_ns <= due_ns; };
    if (!is_due()) continue;
    // On its own CPU, whose counters take what finds no room. A CPU that went offline has nobody on it to disturb.
    if (!programs->flush_stage(cpu, true)) programs->flush_stage(cpu, false);
    if (!stopped && is_due()) watermark = std::min(watermark, std::uint64_t{stage.first_ns} - 1);
  }
  return watermark;
}

bool LiveSource::Impl::stages_empty() {
  for (std::size_t cpu = 0; cpu < cpus(); ++cpu) {
    if (__atomic_load_n(&programs->stage(cpu).used, __ATOMIC_RELAXED) != 0) return false;
  }
  return true;
}

// How long a record waits for those of other streams; one stream needs no waiting.
std::uint64_t LiveSource::Impl::merge_slack_ns() {
  if (options.taps.contains_any(kPacketTaps)) return PacketSocket::kSlackNs;
  return rings->readers().size() == 1 ? 0 : kMergeSlackNs;
}

// Hands over what is ready; true when something is left that only time will release.
bool LiveSource::Impl::drain(Sink& sink, std::uint64_t max_records, std::uint64_t* count, Result<>& result) {
  const std::uint64_t due = stopped ? std::numeric_limits<std::uint64_t>::max() : monotonic_now_ns() - merge_slack_ns();
  const std::uint64_t watermark = collect_stages(due);
  heads.clear();
  for (RingReader& reader : rings->readers()) {
    if (reader.refresh()) heads.push_back(&reader);
  }
  for (Slot& slot : slots) {
    for (const auto& socket : slot.sockets) {
      if (socket->refresh(clock)) heads.push_back(socket.get());
    }
  }
  if (max_records > 0) {
    std::uint64_t handled = 0;
    merge_until(heads, watermark, [&](EventStream& stream) {
      result = deliver(sink, stream.head(), count);
      return static_cast<bool>(result) && *count < max_records && ++handled < kMostPerTurn;
    });
    if (handled > 0) idle_naps = 0;
  }
  bool left = false;
  for (RingReader& reader : rings->readers()) {
    reader.release();
    left = left || reader.ready();
  }
  for (const Slot& slot : slots) {
    for (const auto& socket : slot.sockets) left = left || socket->ready();
  }
  return left;
}

Result<SourceState> LiveSource::turn(Sink& sink, std::uint64_t max_records, std::chrono::nanoseconds wait) {
  Impl& impl = *impl_;
  if (const std::uint64_t now = monotonic_now_ns(); now - impl.last_housekeeping_ns >= kHousekeepingNs) {
    impl.look_after_changes();
    impl.last_housekeeping_ns = now;
  }
  for (; impl.announced < impl.interfaces.size(); ++impl.announced) {
    if (auto result = sink.on_interface(impl.interfaces[impl.announced]); !result) return result.take_error();
  }
  std::uint64_t count = 0;
  Result<> result;
  const bool left = impl.drain(sink, max_records, &count, result);
  if (!result) return result.take_error();
  if (count > 0) {
    impl.idle_naps = 0;
    return SourceState::kMore;
  }
  if (impl.stopped && !left) {
    if (impl.ended_by) return *std::exchange(impl.ended_by, std::nullopt);
    return SourceState::kEnd;
  }
  if (left) {
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(wait, kNap));
  } else {
    impl.wait_for_records(wait);
  }
  return SourceState::kMore;
}

void LiveSource::Impl::wait_for_records(std::chrono::nanoseconds wait) {
  if (idle_naps < kNapsBeforeSleep) {
    ++idle_naps;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(wait, kNap));
    return;
  }
  ringtap_control& control = programs->control();
  __atomic_store_n(&control.sleeping, 1U, __ATOMIC_SEQ_CST);
  // A record that came before the flag was set has woken nobody (bpf/emit.bpf.h, wake_reader()).
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const auto came = [&] {
    return !stages_empty() || std::any_of(rings->readers().begin(), rings->readers().end(),
                                          [](RingReader& reader) { return reader.refresh(); });
  };
  if (came()) {
    __atomic_store_n(&control.sleeping, 0U, __ATOMIC_RELAXED);
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(wait, kNap));
    return;
  }
  {
    // A program that staged a record may have read the flag before its own store was seen here. The first sleep is
    // short, so that what slipped through is found.
    auto left = std::min<std::chrono::nanoseconds>(wait, 1s);
    for (const auto nap : {std::min<std::chrono::nanoseconds>(left, kFirstSleep), left}) {
      const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(nap);
      std::array<epoll_event, 8> ready{};
      const int n =
          epoll_wait(events.get(), ready.data(), static_cast<int>(ready.size()), static_cast<int>(timeout.count()));
      if (n > 0) idle_naps = 0;
      if (n != 0 || came()) break;
    }
    last_housekeeping_ns = 0;
  }
  __atomic_store_n(&control.sleeping, 0U, __ATOMIC_RELAXED);
}

void LiveSource::Impl::look_after_changes() {
  const std::uint64_t now = monotonic_now_ns();
  std::uint64_t expirations = 0;
  const bool clock_was_set = ::read(clock_changes.get(), &expirations, sizeof(expirations)) < 0 && errno == ECANCELED;
  if (clock_was_set || now - last_clock_ns >= kClockNs) {
    clock.measure();
    last_clock_ns = now;
  }
  if (stopped) return;
  const auto device_events = monitor->events();
  if (device_events) {
    for (const auto& event : *device_events) on_device_event(event);
    return;
  }
  // The kernel had to drop messages: compare with what is there.
  auto present = rtnetlink::devices();
  if (!present) return;
  for (Slot& slot : slots) {
    const auto same = [&](const Device& device) { return device.ifindex == slot.device.ifindex; };
    if (slot.present && std::none_of(present->begin(), present->end(), same)) on_device_gone(slot);
  }
  for (const Device& device : *present) on_device_event({.gone = false, .device = device});
}

void LiveSource::Impl::on_device_event(const rtnetlink::DeviceEvent& event) {
  const auto slot = std::find_if(slots.begin(), slots.end(),
                                 [&](const Slot& s) { return s.present && s.device.ifindex == event.device.ifindex; });
  if (slot == slots.end()) {
    if (!any || event.gone || !event.device.up() || !is_understood(event.device)) return;
    if (auto result = attach(event.device); !result) notice(result.error().text());
    return;
  }
  if (event.gone) {
    on_device_gone(*slot);
    return;
  }
  if (event.device.name != slot->device.name) notice(slot->device.name + " is now called " + event.device.name);
  if (event.device.up() != slot->device.up() && !any) {
    notice(event.device.name + (event.device.up() ? " is up" : " went down; waiting for it to come back"));
  }
  slot->device = event.device;
}

void LiveSource::Impl::on_device_gone(Slot& slot) {
  slot.present = false;
  slot.attachments.clear();
  if (any) return;
  const bool last = std::none_of(slots.begin(), slots.end(), [](const Slot& s) { return s.present; });
  if (!last) {
    notice(slot.device.name + " was removed; the other interfaces are still captured");
    return;
  }
  detach_all();
  ended_by = Error(slot.device.name + " was removed: the capture is over").hint("what was captured before is complete");
}

void LiveSource::Impl::detach_all() {
  if (std::exchange(stopped, true)) return;
  // In reverse: whoever made a clsact qdisc comes last and finds it unused.
  for (auto slot = slots.rbegin(); slot != slots.rend(); ++slot) {
    while (!slot->attachments.empty()) slot->attachments.pop_back();
  }
  for (Slot& slot : slots) {
    for (const auto& socket : slot.sockets) socket->stop();
  }
  // In the order of a packet's way, so that one that was seen is seen to its end.
  wait_for_running_programs();
  if (options.taps.contains_any(kPacketTaps)) {
    std::this_thread::sleep_for(2 * std::chrono::milliseconds(PacketSocket::kBlockTimeoutMs));
  }
  while (!host_attachments.empty()) host_attachments.pop_back();
  promiscuous_socket.reset();
  wait_for_running_programs();
}

LiveSource::LiveSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LiveSource::~LiveSource() {
  impl_->detach_all();
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

LinkType LiveSource::link_type() const {
  return impl_->link_type;
}

bool LiveSource::has_several_interfaces() const {
  return impl_->any || impl_->devices.size() * family_count(impl_->options.taps) > 1;
}

std::string LiveSource::buffer_text() const {
  return std::to_string(impl_->cpus()) + " rings of " + std::to_string(impl_->rings->bytes_each() / 1024) + " KiB";
}

Result<> LiveSource::stop() {
  impl_->detach_all();
  return ok();
}

const std::vector<Interface>& LiveSource::interfaces() const {
  return impl_->interfaces;
}

Result<SourceAccount> LiveSource::account() {
  Impl& impl = *impl_;
  SourceAccount account;
  account.refused = impl.refused;
  account.late = impl.late;
  account.malformed = impl.malformed;
  for (std::size_t cpu = 0; cpu < impl.cpus(); ++cpu) {
    account.time_exceeded += __atomic_load_n(&impl.programs->stage(cpu).time_exceeded, __ATOMIC_RELAXED);
  }
  for (const RingReader& reader : impl.rings->readers()) account.malformed += reader.malformed();
  for (std::size_t number = 0; number < RINGTAP_TAP_COUNT; ++number) {
    const Tap tap = tap_of(static_cast<ringtap_tap>(number));
    if (!kHostTaps.contains(tap)) continue;
    // Never begun, so no row of counters has them: the kernel does not start a program on top of itself.
    const std::uint64_t misses = impl.programs->misses(tap);
    if (misses == 0) continue;
    TapAccount& line = account.taps.emplace_back();
    line.interface = impl.slots.front().device.name;
    line.tap = tap_name(tap);
    // Nobody knows of which device they were; a loss has to be told somewhere.
    line.interface_id = impl.slots.size() > 1 ? impl.slots[1].interface_ids[number] : kNoInterface;
    line.seen = line.drops[static_cast<std::size_t>(Drop::kReentered)] = misses;
  }
  for (std::uint32_t slot = 0; slot < impl.slots.size(); ++slot) {
    for (const auto& socket : impl.slots[slot].sockets) {
      TapAccount& line = account.taps.emplace_back();
      line.interface = impl.slots[slot].device.name;
      line.tap = tap_name(socket->options().tap);
      line.interface_id = impl.slots[slot].interface_ids[event_tap_of(socket->options().tap)];
      line.delivered = socket->delivered();
      line.drops[static_cast<std::size_t>(Drop::kRingFull)] = socket->dropped();
      line.seen = line.delivered + line.dropped();
    }
    for (std::uint32_t tap = 0; tap < RINGTAP_TAP_COUNT; ++tap) {
      auto rows = impl.programs->counters(slot, static_cast<ringtap_tap>(tap));
      if (!rows) return rows.take_error();
      for (std::uint32_t cpu = 0; cpu < rows->size(); ++cpu) {
        const auto& value = (*rows)[cpu].value;
        if (value[RINGTAP_CNT_SEEN] == 0) continue;
        TapAccount& line = account.taps.emplace_back();
        line.interface = impl.slots[slot].device.name;
        line.tap = tap_name(tap_of(static_cast<ringtap_tap>(tap)));
        line.interface_id = impl.slots[slot].interface_ids[tap];
        line.cpu = cpu;
        line.seen = value[RINGTAP_CNT_SEEN];
        line.filtered = value[RINGTAP_CNT_FILTERED];
        static_assert(RINGTAP_CNT_FIRST_DROP - RINGTAP_CNT_SAMPLED_OUT == kLeftOutNames.size());
        std::copy(value + RINGTAP_CNT_SAMPLED_OUT, value + RINGTAP_CNT_FIRST_DROP, line.left_out.begin());
        static_assert(RINGTAP_CNT_END_DROP - RINGTAP_CNT_FIRST_DROP == kDropNames.size());
        std::copy(value + RINGTAP_CNT_FIRST_DROP, value + RINGTAP_CNT_END_DROP, line.drops.begin());
        line.delivered = impl.delivered[(std::size_t{slot} * RINGTAP_TAP_COUNT + tap) * impl.cpus() + cpu];
      }
    }
  }
  return account;
}

Result<std::vector<InterfaceStatistics>> LiveSource::statistics() {
  auto books = account();
  if (!books) return books.take_error();
  std::vector<InterfaceStatistics> totals(impl_->interfaces.size());
  const std::uint64_t now = impl_->clock.moment_ns(monotonic_now_ns());
  for (std::size_t i = 0; i < totals.size(); ++i) {
    totals[i].interface_id = static_cast<std::uint32_t>(i);
    totals[i].start_ns = impl_->start_ns;
    totals[i].end_ns = now;
  }
  for (const TapAccount& tap : books->taps) {
    if (tap.interface_id >= totals.size()) continue;
    InterfaceStatistics& total = totals[tap.interface_id];
    total.received += tap.seen;
    total.filter_accepted += tap.seen - tap.filtered;
    total.dropped += tap.dropped();
    total.delivered += tap.delivered;
  }
  return totals;
}

}  // namespace ringtap
