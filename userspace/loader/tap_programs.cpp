// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/tap_programs.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "loader/filter_injection.hpp"
#include "loader/filter_tables.hpp"
#include "loader/handles.hpp"
#include "loader/kernel_types.hpp"
#include "loader/libbpf_log.hpp"
#include "loader/owner_hooks.hpp"
#include "loader/program_types.hpp"
#include "loader/refusal.hpp"
#include "loader/stage_maps.hpp"
#include "record/event.hpp"
#include "sandbox/user.hpp"
#include "taps.skel.h"

namespace ringtap {
namespace {

// Headers for --slice and --sample are searched for in the copied bytes.
std::uint32_t copied_bytes(const TapProgramsConfig& config) {
  return config.reduction.leaves_out() ? std::max(config.snaplen, RINGTAP_HEAD_BYTES) : config.snaplen;
}

// Bytes copied where the filter works on the copy and may read beyond the snaplen: at the host taps, and at tc ingress
// behind a generic XDP program.
std::uint32_t filter_bytes(const TapProgramsConfig& config) {
  const bool works_on_copy =
      config.taps.contains_any(kHostTaps) || (config.taps.contains(Tap::kTcIngress) && config.features.kernel_casts);
  return config.filter && works_on_copy ? RINGTAP_MAX_SNAPLEN : copied_bytes(config);
}

// struct stage of bpf/emit.bpf.h.
std::uint32_t stage_size(const TapProgramsConfig& config) {
  const auto size = sizeof(ringtap_stage) + RINGTAP_BATCH_BYTES + sizeof(ringtap_event) + sizeof(ringtap_trace) +
                    sizeof(ringtap_owners) + std::size_t{filter_bytes(config)} + RINGTAP_RECORD_ALIGN;
  return static_cast<std::uint32_t>((size + RINGTAP_STAGE_ALIGN - 1) / RINGTAP_STAGE_ALIGN * RINGTAP_STAGE_ALIGN);
}

// A program of the skeleton, its tap and the stub that its filter replaces.
struct Variant {
  TapProgram number;
  bpf_program* program;
  const char* stub;  // nullptr: it calls programs that have one
  ringtap_tap tap;
  bool l3 = false;
  bool KernelFeatures::*needs = nullptr;
  const char* traced = nullptr;  // the kernel's function that it stands at
};

// One row for each TapProgram.
std::array<Variant, 20> variants(const taps& skeleton) {
  const auto& programs = skeleton.progs;
  return {{{TapProgram::kXdpFrags, programs.xdp_frags_tap, "xdp_filter", RINGTAP_TAP_XDP, false,
            &KernelFeatures::xdp_load_bytes},
           {TapProgram::kXdp, programs.xdp_tap, "xdp_filter", RINGTAP_TAP_XDP},
           {TapProgram::kXdpL3, programs.xdp_l3_tap, "xdp_l3_filter", RINGTAP_TAP_XDP, true},
           {TapProgram::kTcIngress, programs.tc_ingress_tap, "tc_ingress_filter", RINGTAP_TAP_TC_INGRESS},
           {TapProgram::kTcEgress, programs.tc_egress_tap, "tc_egress_filter", RINGTAP_TAP_TC_EGRESS},
           {TapProgram::kTcIngressL3, programs.tc_in_l3_tap, "tc_in_l3_filter", RINGTAP_TAP_TC_INGRESS, true},
           {TapProgram::kTcEgressL3, programs.tc_out_l3_tap, "tc_out_l3_filter", RINGTAP_TAP_TC_EGRESS, true},
           {TapProgram::kNetfilterFirst, programs.nf_first_tap, "nf_first_filter", RINGTAP_TAP_NETFILTER, false,
            &KernelFeatures::netfilter},
           {TapProgram::kNetfilterLast, programs.nf_last_tap, "nf_last_filter", RINGTAP_TAP_NETFILTER, false,
            &KernelFeatures::netfilter},
           {TapProgram::kNetfilterEnter, programs.nf_enter_tap, "nf_first_filter", RINGTAP_TAP_NETFILTER, false,
            &KernelFeatures::traced_netfilter, kNetfilterFunction},
           {TapProgram::kNetfilterLeave, programs.nf_leave_tap, "nf_last_filter", RINGTAP_TAP_NETFILTER, false,
            &KernelFeatures::traced_netfilter, kNetfilterFunction},
           {TapProgram::kPacket, programs.packet_tap, "packet_filter", RINGTAP_TAP_PACKET_IN, false,
            &KernelFeatures::packet_program},
           {TapProgram::kPacketL3, programs.packet_l3_tap, "packet_l3_filter", RINGTAP_TAP_PACKET_IN, true,
            &KernelFeatures::packet_program},
           {TapProgram::kPacketEnter, programs.packet_enter, nullptr, RINGTAP_TAP_PACKET_IN, false,
            &KernelFeatures::packet_program},
           {TapProgram::kSocket, programs.socket_tap, "socket_filter", RINGTAP_TAP_SOCKET},
           {TapProgram::kStackIn, programs.stack_in_tap, "stack_in_filter", RINGTAP_TAP_STACK_IN},
           {TapProgram::kStackOut, programs.stack_out_tap, "stack_out_filter", RINGTAP_TAP_STACK_OUT},
           {TapProgram::kDrop, programs.drop_tap, "drop_filter", RINGTAP_TAP_DROP},
           {TapProgram::kEnd, programs.end_tap, "end_filter", RINGTAP_TAP_END},
           {TapProgram::kLoopbackNote, programs.loopback_note, nullptr, RINGTAP_TAP_TC_INGRESS}}};
}

bool is_used(const Variant& variant, const TapProgramsConfig& config) {
  const Tap tap = tap_of(variant.tap);
  // The programs of the packet tap serve both directions.
  if (!config.taps.contains_any(kPacketTaps.contains(tap) ? kPacketTaps : TapSet{tap})) return false;
  if (variant.needs != nullptr && !(config.features.*variant.needs)) return false;
  if (variant.number == TapProgram::kLoopbackNote) return config.who;
  if (kHostTaps.contains(tap) || variant.stub == nullptr) return true;
  return variant.l3 ? config.l3 : config.ethernet;
}

constexpr std::uint32_t kXdpHasFrags = 1U << 5;  // BPF_F_XDP_HAS_FRAGS, include/uapi/linux/bpf.h since 5.18

// Filters up to this are never refused (tests/bpf loads a corpus of them).
constexpr std::size_t kSmallFilterInsns = 8192;
// The verifier's time grows with the square of the size: it takes a minute to accept this many (Linux 6.18), and 16 s
// to refuse 282,674.
constexpr std::size_t kLargestFilterInsns = 200'000;

// Loads a large filter by itself. After a refusal libbpf would request the verifier's log with ever larger buffers,
// which takes minutes for such a filter.
Result<> try_verifier(const Variant& variant, const std::vector<bpf_insn>& body) {
  if (body.size() <= kSmallFilterInsns) return ok();
  const std::string what =
      "the filter is too large for the verifier: " + std::to_string(body.size()) + " eBPF instructions";
  if (body.size() > kLargestFilterInsns) return Error(what);
  // The body of a host tap reads its frame as a tracepoint program may read its arguments.
  const auto type = kHostTaps.contains(tap_of(variant.tap)) ? BPF_PROG_TYPE_RAW_TRACEPOINT
                    : variant.tap == RINGTAP_TAP_XDP        ? BPF_PROG_TYPE_XDP
                    : variant.tap == RINGTAP_TAP_PACKET_IN  ? BPF_PROG_TYPE_SOCKET_FILTER
                                                            : BPF_PROG_TYPE_SCHED_CLS;
  LIBBPF_OPTS(bpf_prog_load_opts, options,
              .expected_attach_type = type == BPF_PROG_TYPE_XDP ? BPF_XDP : bpf_attach_type{});
  const UniqueFd program(bpf_prog_load(type, "filter_probe", "Dual BSD/GPL", body.data(), body.size(), &options));
  if (program) return ok();
  return Error::from_errno(errno, what);
}

Result<std::vector<bpf_insn>> body_of(const TapProgramsConfig& config, const FilterPlace& place, FilterTables& tables) {
  auto code = config.filter(place, config.features);
  if (!code) return code.take_error();
  if (!code->table.empty()) {
    auto fd = tables.fd(code->table);
    if (!fd) return fd.take_error();
    set_table(code->insns, *fd);
  }
  return std::move(code->insns);
}

// Chooses the programs to load and collects the bodies of their filters.
Result<std::map<std::string, FilterBody>> choose_programs(const taps& skeleton, const TapProgramsConfig& config,
                                                          FilterTables& tables) {
  std::map<std::string, FilterBody> bodies;
  for (const Variant& variant : variants(skeleton)) {
    const bool used = is_used(variant, config);
    bpf_program__set_autoload(variant.program, used);
    if (variant.number == TapProgram::kXdpFrags) bpf_program__set_flags(variant.program, kXdpHasFrags);
    if (used && variant.traced != nullptr) {
      const int err = bpf_program__set_attach_target(variant.program, 0, variant.traced);
      if (err != 0) return Error::from_errno(err, std::string("find ") + variant.traced + " in the kernel");
    }
    if (!used || !config.filter || variant.stub == nullptr || bodies.contains(variant.stub)) continue;
    auto inlined = body_of(config, {variant.tap, variant.l3, true}, tables);
    auto function = body_of(config, {variant.tap, variant.l3, false}, tables);
    if (!inlined) return inlined.take_error();
    if (!function) return function.take_error();
    if (auto accepted = try_verifier(variant, *function); !accepted) return accepted.take_error();
    bodies.emplace(variant.stub, FilterBody{inlined.take(), function.take()});
  }
  return bodies;
}

// Numbers as in bpf/maps.bpf.h: the program for frames with a link-layer header, if there are such, and the one for
// those without.
Result<> set_packet_programs(const taps& skeleton, const TapProgramsConfig& config) {
  const bpf_program* l3 = skeleton.progs.packet_l3_tap;
  const std::array<const bpf_program*, 2> programs = {config.ethernet ? skeleton.progs.packet_tap : l3,
                                                      config.l3 ? l3 : nullptr};
  for (std::uint32_t number = 0; number < programs.size(); ++number) {
    if (programs[number] == nullptr) continue;
    const int fd = bpf_program__fd(programs[number]);
    if (bpf_map_update_elem(bpf_map__fd(skeleton.maps.packet_programs), &number, &fd, BPF_ANY) != 0) {
      return Error::from_errno(errno, "put the packet tap's program into its map");
    }
  }
  return ok();
}

// In this case the user lacks neither a permission nor a setting.
constexpr const char* kVerifierHint =
    "the kernel's verifier rejects the program as unsafe, which is a bug in ringtap: please report it with this "
    "message "
    "and the kernel's version; a different -s may help";

}  // namespace

struct OpenTapPrograms::Impl {
  UniqueFd types;  // a file that libbpf reads when it loads the programs
  Skeleton<taps> skeleton;
};

OpenTapPrograms::OpenTapPrograms(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OpenTapPrograms::OpenTapPrograms(OpenTapPrograms&&) noexcept = default;
OpenTapPrograms& OpenTapPrograms::operator=(OpenTapPrograms&&) noexcept = default;
OpenTapPrograms::~OpenTapPrograms() = default;

Result<OpenTapPrograms> OpenTapPrograms::open(bool who) {
  if (const int err = FilterInjection::register_sections(); err != 0) {
    return Error::from_errno(err, "register the programs' sections");
  }
  auto impl = std::make_unique<Impl>();
  // The programs that find owners ask for numbers of types.
  if (!who) impl->types.reset(::memfd_create("kernel_types", MFD_CLOEXEC));
  const std::string path = "/proc/self/fd/" + std::to_string(impl->types.get());
  const bool has_file = impl->types && ::access(path.c_str(), R_OK) == 0;
  LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = has_file ? path.c_str() : nullptr);
  impl->skeleton.reset(taps::open(&options));
  if (!impl->skeleton) return Error::from_errno(errno, "open the BPF programs");
  if (!has_file) {
    // Makes libbpf read the kernel's types, which it would else do when it loads. What it finds is set again for a
    // program that is loaded, and the function is one that every kernel has.
    (void)bpf_program__set_attach_target(impl->skeleton->progs.nf_enter_tap, 0, "netif_receive_skb");
    return OpenTapPrograms(std::move(impl));
  }
  auto kernel = KernelTypes::read();
  if (!kernel) return kernel.take_error();
  const auto types = types_for(bpf_object__btf(impl->skeleton->obj), *kernel);
  const std::span<const std::byte> bytes = std::as_bytes(std::span(types));
  if (::write(impl->types.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    return Error::from_errno(errno, "write the types that the programs need");
  }
  return OpenTapPrograms(std::move(impl));
}

struct TapPrograms::Impl {
  Skeleton<taps> skeleton;
  std::optional<StageMaps> stages;
  std::optional<OwnerHooks> owner_hooks;
  std::array<UniqueFd, 2> softirq_links;
};

TapPrograms::TapPrograms(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TapPrograms::TapPrograms(TapPrograms&&) noexcept = default;
TapPrograms& TapPrograms::operator=(TapPrograms&&) noexcept = default;
TapPrograms::~TapPrograms() = default;

Result<TapPrograms> TapPrograms::load(const TapProgramsConfig& config) {
  auto open = OpenTapPrograms::open(config.who);
  return open ? load(open.take(), config) : open.take_error();
}

Result<TapPrograms> TapPrograms::load(OpenTapPrograms open, const TapProgramsConfig& config) {
  const LibbpfLog log;
  auto impl = std::make_unique<Impl>();
  auto stages = StageMaps::create(stage_size(config), config.rings->cpus());
  if (!stages) return stages.take_error();
  impl->stages.emplace(stages.take());
  const UniqueFd types = std::move(open.impl_->types);  // until the programs are loaded
  impl->skeleton = std::move(open.impl_->skeleton);
  taps* skeleton = impl->skeleton.get();

  skeleton->rodata->cfg_snaplen = copied_bytes(config);
  skeleton->rodata->cfg_keep = config.snaplen;
  skeleton->rodata->cfg_slice_layer = static_cast<std::uint32_t>(config.reduction.slice_layer);
  skeleton->rodata->cfg_slice_more = config.reduction.slice_more;
  skeleton->rodata->cfg_sample = config.reduction.sample > 1 ? config.reduction.sample : 0;
  skeleton->rodata->cfg_max_pps = config.reduction.max_pps;
  skeleton->rodata->cfg_time_batch_ns = static_cast<std::uint32_t>(config.reduction.time_batch.count());
  skeleton->rodata->cfg_filter_bytes = filter_bytes(config);
  skeleton->rodata->cfg_packet_in = config.taps.contains(Tap::kPacketIn);
  skeleton->rodata->cfg_only_slot = config.single_slot ? 1 : 0;
  skeleton->rodata->cfg_batch_bytes =
      config.features.stage_flusher ? std::min(RINGTAP_BATCH_BYTES, config.batch_bytes) : 0;
  skeleton->rodata->cfg_xdp_verdict = config.consume ? XDP_DROP : XDP_PASS;
  skeleton->rodata->cfg_kernel_casts = config.features.kernel_casts;
  skeleton->rodata->cfg_xdp_buff_type = config.features.xdp_buff_type;
  skeleton->rodata->cfg_xdp_load_bytes = config.features.xdp_load_bytes;
  skeleton->rodata->cfg_follow = config.follow;
  skeleton->rodata->cfg_namespaces = config.namespaces;
  skeleton->rodata->cfg_trace = config.trace;
  skeleton->rodata->cfg_who = config.who;
  skeleton->rodata->cfg_holders = config.counts_holders;
  std::memcpy(&skeleton->rodata->cfg_choice, &config.choice, sizeof config.choice);
  skeleton->rodata->cfg_drop_reason = config.features.drop_reason;
  skeleton->rodata->cfg_drop_socket = config.features.drop_socket;
  skeleton->rodata->cfg_end_location = config.features.end_location;
  struct stat netns {};
  if (stat("/proc/self/ns/net", &netns) == 0) skeleton->rodata->cfg_netns = static_cast<std::uint32_t>(netns.st_ino);

  FilterTables tables;  // until the programs are loaded
  auto bodies = choose_programs(*skeleton, config, tables);
  if (!bodies) return bodies.take_error();
  skeleton->rodata->cfg_filter = !bodies->empty();

  choose_owner_programs(skeleton->obj,
                        {.who = config.who,
                         .counts_holders = config.counts_holders,
                         .command = config.choice.command != 0,
                         .taps = config.taps},
                        config.features);
  bpf_program__set_autoload(skeleton->progs.stage_flusher, config.features.stage_flusher);
  const bool batches_time = config.reduction.time_batch.count() != 0;
  bpf_program__set_autoload(skeleton->progs.softirq_begin, batches_time);
  bpf_program__set_autoload(skeleton->progs.softirq_end, batches_time);

  const bool has_packet_program = config.features.packet_program && config.taps.contains_any(kPacketTaps);
  const std::uint32_t counter_rows = (config.slots + 1) * RINGTAP_TAP_COUNT;
  int err = bpf_map__reuse_fd(skeleton->maps.rings, config.rings->maps().fd());
  if (err == 0) err = bpf_map__reuse_fd(skeleton->maps.stages, impl->stages->maps().fd());
  if (err == 0) err = bpf_map__set_max_entries(skeleton->maps.counters, counter_rows);
  if (err == 0) err = bpf_map__set_max_entries(skeleton->maps.slots, config.slots + 1);
  if (err == 0) err = bpf_map__set_autocreate(skeleton->maps.packet_programs, has_packet_program);
  if (err == 0 && config.follow) err = bpf_map__set_max_entries(skeleton->maps.followed, config.followed);
  if (err != 0) return Error::from_errno(err, "size the BPF maps");

  {
    std::vector<std::string> unused;
    if (!config.who) unused = {"look_up_owners", "choose"};  // bpf/owner.bpf.h: two thirds of a tc program
    const FilterInjection injection(skeleton->obj, bodies.take(),
                                    config.features.kernel_casts ? config.features.calls : KernelCalls{},
                                    std::move(unused), !config.who);
    err = taps::load(skeleton);
  }
  if (err != 0) {
    const std::string reason = log.reason();
    auto error = Error::from_errno(err, "load the BPF programs" + (reason.empty() ? "" : " (" + reason + ")"));
    return std::move(error).hint(log.is_from_verifier() ? kVerifierHint : refusal_hint(err));
  }
  if (auto filled = impl->stages->filled(); !filled) return filled.take_error();
  if (has_packet_program) {
    if (auto set = set_packet_programs(*skeleton, config); !set) return set.take_error();
  }
  return TapPrograms(std::move(impl));
}

const ringtap_stage& TapPrograms::stage(unsigned cpu) const {
  return impl_->stages->first_of(cpu);
}

Result<> TapPrograms::add_stages(unsigned cpu) {
  return impl_->stages->add(cpu);
}

const CpuMaps& TapPrograms::stages() const {
  return impl_->stages->maps();
}

bool TapPrograms::flush_stage(unsigned cpu, bool on_its_cpu) const {
  std::uint64_t argument = cpu;
  LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &argument, .ctx_size_in = sizeof(argument),
              .flags = on_its_cpu ? BPF_F_TEST_RUN_ON_CPU : 0, .cpu = on_its_cpu ? cpu : 0);
  return bpf_prog_test_run_opts(bpf_program__fd(impl_->skeleton->progs.stage_flusher), &options) == 0;
}

Result<> TapPrograms::watch_softirqs() {
  if (access("/sys/kernel/realtime", F_OK) == 0) {
    return Error("--time-batch: not available on a real-time kernel, where one softirq may interrupt another");
  }
  // The end first, so that the end of every softirq whose beginning is seen is seen, too.
  const auto& programs = impl_->skeleton->progs;
  const std::array<std::pair<const char*, bpf_program*>, 2> places = {
      {{"softirq_exit", programs.softirq_end}, {"softirq_entry", programs.softirq_begin}}};
  for (std::size_t i = 0; i < places.size(); ++i) {
    impl_->softirq_links[i].reset(bpf_raw_tracepoint_open(places[i].first, bpf_program__fd(places[i].second)));
    if (!impl_->softirq_links[i]) {
      return Error::from_errno(errno, std::string("attach to the tracepoint ") + places[i].first)
          .hint("leave out --time-batch");
    }
  }
  return ok();
}

Result<> TapPrograms::watch_owners() {
  auto hooks = OwnerHooks::attach(impl_->skeleton->obj);
  if (!hooks) return hooks.take_error();
  impl_->owner_hooks.emplace(hooks.take());
  return ok();
}

OwnerHooks* TapPrograms::owner_hooks() const {
  return impl_->owner_hooks ? &*impl_->owner_hooks : nullptr;
}

int TapPrograms::fd(TapProgram program) const {
  const auto all = variants(*impl_->skeleton);
  const auto* const found =
      std::find_if(all.begin(), all.end(), [program](const Variant& variant) { return variant.number == program; });
  return bpf_program__fd(found->program);
}

std::vector<int> TapPrograms::fds() const {
  std::vector<int> all;
  for (const Variant& variant : variants(*impl_->skeleton)) {
    if (const int fd = bpf_program__fd(variant.program); fd >= 0) all.push_back(fd);
  }
  return all;
}

bool TapPrograms::usable_without_capabilities() const {
  bool usable = false;
  without_capabilities([&] { usable = static_cast<bool>(counters(0, ringtap_tap{})); });
  return usable;
}

std::uint64_t TapPrograms::misses(Tap tap) const {
  std::uint64_t sum = 0;
  for (const Variant& variant : variants(*impl_->skeleton)) {
    if (tap_of(variant.tap) != tap || bpf_program__fd(variant.program) < 0) continue;
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);
    if (bpf_obj_get_info_by_fd(bpf_program__fd(variant.program), &info, &size) == 0) sum += info.recursion_misses;
  }
  return sum;
}

ringtap_control& TapPrograms::control() const {
  return impl_->skeleton->bss->control;
}

Result<> TapPrograms::assign_slot(const ringtap_place& interface, std::uint32_t slot) {
  if (bpf_map_update_elem(bpf_map__fd(impl_->skeleton->maps.slots), &interface, &slot, BPF_ANY) != 0) {
    return Error::from_errno(errno, "assign a counter slot to interface " + std::to_string(interface.ifindex));
  }
  return ok();
}

void TapPrograms::release_slot(const ringtap_place& interface) {
  bpf_map_delete_elem(bpf_map__fd(impl_->skeleton->maps.slots), &interface);
}

Result<std::vector<ringtap_counters>> TapPrograms::counters(std::uint32_t slot, ringtap_tap tap) const {
  std::vector<ringtap_counters> rows(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  const std::uint32_t key = slot * RINGTAP_TAP_COUNT + tap;
  if (bpf_map_lookup_elem(bpf_map__fd(impl_->skeleton->maps.counters), &key, rows.data()) != 0) {
    return Error::from_errno(errno, "read the counters");
  }
  return rows;
}

}  // namespace ringtap
