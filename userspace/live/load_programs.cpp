// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/load_programs.hpp"

#include <algorithm>
#include <utility>

#include "live/owner_choice.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kBatchesPerRing = 4;  // at least, otherwise a small ring could never hold one

// How many packets may be in the kernel at the same time, including queues of sockets and devices; fewer where the
// rings hold fewer.
constexpr std::uint64_t kMostFollowed = std::uint64_t{1} << 17;
constexpr std::uint64_t kBytesPerFollowed = 512;

TapProgramsConfig config_of(const LiveOptions& options, LinkType link_type, const Rings& rings, std::uint32_t slots) {
  TapProgramsConfig config;
  config.taps = options.taps;
  config.follow = options.follow;
  config.followed =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(*options.buffer_bytes / kBytesPerFollowed, kMostFollowed));
  // The records of tc need the sk_buff's address, too, to be matched to those of the host taps.
  config.trace = options.follow || (options.taps.contains_any(kHostTaps) &&
                                    (options.taps.contains_any(kTcTaps) || options.taps.contains_any(kPacketTaps)));
  config.who = options.who;
  config.counts_holders = options.counts_holders;
  config.namespaces = options.looks_into_namespaces();
  const std::uint32_t rechecked = std::min(options.filter.recheck_below, RINGTAP_MAX_SNAPLEN);
  config.snaplen = std::max({options.snaplen, LiveOptions::kMinSnaplen, rechecked});
  config.slots = slots;
  config.single_slot = slots == 1;
  config.rings = &rings;
  config.consume = options.consume;
  config.ethernet = link_type != LinkType::kRaw;
  config.l3 = link_type != LinkType::kEthernet;
  config.batch_bytes =
      static_cast<std::uint32_t>(std::min<std::size_t>(rings.bytes_each() / kBatchesPerRing, RINGTAP_BATCH_BYTES));
  config.filter = options.filter.bodies;
  config.reduction = options.reduction;
  config.features = *options.features;
  return config;
}

}  // namespace

Result<LoadedPrograms> load_programs(OpenTapPrograms open, const LiveOptions& options, LinkType link_type, Rings& rings,
                                     std::uint32_t slots, const Notice& notice) {
  if (options.who && !options.features->owner_hooks) return Error("--who needs Linux 5.11 or later");
  // Short frames that are left to user space are not shortened (bpf/reduce.bpf.h), and what --sample and --max-pps
  // leave out does not depend on the filter's answer.
  if (options.reduction.leaves_out() && options.filter.recheck_below > RINGTAP_HEAD_BYTES) {
    return Error("--slice, --sample and --max-pps need a filter that runs entirely in the kernel", ErrorKind::kUsage)
        .hint("part of '" + options.filter.expression + "' has to run in user space");
  }
  TapProgramsConfig config = config_of(options, link_type, rings, slots);
  auto choice = choice_of(options.of);
  if (!choice) return choice.take_error();
  config.choice = *choice;
  auto loaded = TapPrograms::load(std::move(open), config);
  if (loaded) return LoadedPrograms{loaded.take(), false};
  // What both lack, such as memory, is said of the rings, and is no fault of the filter.
  if (auto filled = rings.filled(); !filled) return filled.take_error();
  if (!config.filter) return loaded.take_error();
  if (options.consume) {
    return loaded.take_error().hint("--consume needs the filter in the kernel, or it would drop every frame");
  }
  if (options.reduction.leaves_out()) {
    return loaded.take_error().hint("--slice, --sample and --max-pps need the filter in the kernel");
  }
  // The filter is too large for the verifier, or needs what is not known at the hook. If that was not the reason, the
  // next attempt fails, too, and has the error.
  config.filter = nullptr;
  config.snaplen = RINGTAP_MAX_SNAPLEN;
  auto without = TapPrograms::load(config);
  if (!without) return without.take_error();
  notice("the kernel does not accept this filter; every packet is copied and filtered in user space, which is slow (" +
         loaded.error().text() + ")");
  return LoadedPrograms{without.take(), true};
}

}  // namespace ringtap
