/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a capture leaves out on purpose, as early as possible: whole flows (--sample), packets above a rate (--max-pps),
 * bytes after the headers (--slice). Packets left out have counters of their own; the code for a setting that is 0 is
 * removed at load. Headers are read from the bytes that were copied into the record, where a tag restored from metadata
 * is where it was on the wire, so the code is the same for every tap.
 *
 * Formats: IEEE 802.1Q, RFC 791, RFC 8200, RFC 4302 (AH), RFC 826, RFC 9293, RFC 768, RFC 9260, RFC 4340, RFC 2890.
 */
#ifndef RINGTAP_REDUCE_BPF_H
#define RINGTAP_REDUCE_BPF_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include "emit.bpf.h"
#include <bpf/bpf_endian.h>

#define READS_HEADERS (cfg_slice_layer || cfg_sample)
#define REDUCES	      (READS_HEADERS || cfg_max_pps)

/*
 * What was read so far is kept in the stage (`headers`), not in registers: the verifier tracks the values of registers
 * through every branch, and there are too many branches here. It does not track values in map memory.
 */
struct header_reader {
	const __u8 *data;
	struct ringtap_headers *found;
};

static __always_inline int has(const struct header_reader *in, __u32 at, __u32 bytes)
{
	return at + bytes <= in->found->size;
}

/* There is room for another word after the head (RINGTAP_RECORD_ALIGN). */
static __always_inline __u32 u8_at(const struct header_reader *in, __u32 at)
{
	return in->data[at & (RINGTAP_HEAD_BYTES - 1)];
}

static __always_inline __u32 u16_at(const struct header_reader *in, __u32 at)
{
	return bpf_ntohs(*(const __u16 *)(in->data + (at & (RINGTAP_HEAD_BYTES - 1))));
}

static __always_inline __u32 word_at(const struct header_reader *in, __u32 at)
{
	return *(const __u32 *)(in->data + (at & (RINGTAP_HEAD_BYTES - 1)));
}

/* The last steps of MurmurHash3: every bit of the input moves half of the bits of the output. */
static __always_inline __u32 mixed(__u32 hash)
{
	hash ^= hash >> 16;
	hash *= 0x85ebca6b;
	hash ^= hash >> 13;
	hash *= 0xc2b2ae35;
	return hash ^ hash >> 16;
}

/* A hash of both ends, the same whichever is the source. */
static __always_inline __u32 of_both(__u32 one, __u32 other)
{
	return mixed(one + other) ^ (one ^ other);
}

/* Length of a transport header; 0: unknown, or not completely there. */
static __always_inline __u32 transport_length(const struct header_reader *in, __u32 at, __u32 protocol)
{
	__u32 length = 0;

	switch (protocol) {
	case IPPROTO_TCP:
		length = has(in, at, 13) ? (u8_at(in, at + 12) >> 4) * 4 : 0;
		return length < 20 ? 0 : length;
	case IPPROTO_DCCP:
		return has(in, at, 5) ? u8_at(in, at + 4) * 4 : 0;
	case IPPROTO_GRE:
		if (!has(in, at, 2))
			return 0;
		length = u8_at(in, at); /* flags C, K, S: a word each */
		return 4 + (length & 0x80 ? 4 : 0) + (length & 0x20 ? 4 : 0) + (length & 0x10 ? 4 : 0);
	case IPPROTO_SCTP:
		return 12;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_ESP:
		return 8;
	default:
		return 0;
	}
}

static __always_inline int has_ports(__u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}

#define MOST_TAGS	4
#define MOST_EXTENSIONS 8

static __always_inline void end_layer(struct ringtap_headers *found, __u32 at)
{
	found->network_end = found->transport_end = found->at = at;
}

static __always_inline void read_link(const struct header_reader *in, int has_link)
{
	struct ringtap_headers *found = in->found;

	found->at = found->protocol = found->link_end = 0;
	if (!has_link) {
		if (has(in, 0, 1))
			found->protocol = u8_at(in, 0) >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
	} else if (has(in, 0, ETH_HLEN)) {
		found->protocol = u16_at(in, ETH_HLEN - 2);
		found->at = ETH_HLEN;
		for (int tag = 0; tag < MOST_TAGS; tag++) {
			barrier();
			if (!is_tag(found->protocol) || !has(in, found->at, 4))
				break;
			found->protocol = u16_at(in, found->at + 2);
			found->at += 4;
		}
	}
	found->link_end = found->at;
	end_layer(found, found->at);
}

static __always_inline void read_ipv4(const struct header_reader *in)
{
	struct ringtap_headers *found = in->found;
	__u32 at = found->at;
	__u32 length = (u8_at(in, at) & 0xf) * 4;
	__u32 fragment = u16_at(in, at + 6);

	if (length < 20)
		return;
	found->fragment =
		(fragment & 0x3fff ? RINGTAP_FRAGMENT_ANY : 0) | (fragment & 0x1fff ? RINGTAP_FRAGMENT_LATER : 0);
	found->protocol = u8_at(in, at + 9);
	found->addresses = of_both(word_at(in, at + 12), word_at(in, at + 16));
	found->flow = 1;
	end_layer(found, at + length);
}

static __always_inline __u32 mixed_ipv6(const struct header_reader *in, __u32 at)
{
	__u32 address = 0;

#pragma unroll
	for (int word = 0; word < 4; word++)
		address = mixed(address) ^ word_at(in, at + 4 * word);
	return address;
}

static __always_inline void read_ipv6(const struct header_reader *in)
{
	struct ringtap_headers *found = in->found;

	found->addresses = of_both(mixed_ipv6(in, found->at + 8), mixed_ipv6(in, found->at + 24));
	found->protocol = u8_at(in, found->at + 6);
	found->flow = 1;
	end_layer(found, found->at + 40);
	for (int i = 0; i < MOST_EXTENSIONS; i++) {
		barrier();
		__u32 at = found->at;
		__u32 length = 8;

		if (!has(in, at, 8))
			break;
		switch (found->protocol) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			length = (u8_at(in, at + 1) + 1) * 8;
			break;
		case IPPROTO_AH:
			length = (u8_at(in, at + 1) + 2) * 4;
			break;
		case IPPROTO_FRAGMENT:
			found->fragment |= (u16_at(in, at + 2) & 0xfff9 ? RINGTAP_FRAGMENT_ANY : 0) |
					   (u16_at(in, at + 2) & 0xfff8 ? RINGTAP_FRAGMENT_LATER : 0);
			break;
		default:
			return;
		}
		found->protocol = u8_at(in, at);
		end_layer(found, at + length);
	}
}

/* All headers of a frame. `has_link`: it begins with an Ethernet header, otherwise with an IP header. */
static __always_inline void read_headers(const struct header_reader *in, int has_link)
{
	struct ringtap_headers *found = in->found;

	found->flow = found->fragment = found->addresses = 0;
	read_link(in, has_link);
	barrier();
	if (found->protocol == ETH_P_ARP && has(in, found->at, 8))
		end_layer(found, found->at + 8 + 2 * (u8_at(in, found->at + 4) + u8_at(in, found->at + 5)));
	else if (found->protocol == ETH_P_IP && has(in, found->at, 20))
		read_ipv4(in);
	else if (found->protocol == ETH_P_IPV6 && has(in, found->at, 40))
		read_ipv6(in);
	barrier();
	if (!found->flow)
		return;
	if (!(found->fragment & RINGTAP_FRAGMENT_LATER))
		found->transport_end = found->at + transport_length(in, found->at, found->protocol);
	barrier();
	/* Only the first fragment has ports, so for fragments the flow is defined by the addresses. */
	__u32 ports = 0;
	if (!found->fragment && has_ports(found->protocol) && has(in, found->at, 4))
		ports = of_both(u16_at(in, found->at), u16_at(in, found->at + 2));
	found->flow = mixed(found->addresses ^ mixed(ports + found->protocol)) | 1;
	barrier();
}

/* --- --max-pps: one token bucket for the run; a CPU takes tokens for many packets at a time --- */

struct bucket {
	struct bpf_spin_lock lock;
	__u32 reserved;
	__u64 filled_ns;
	__u64 credit; /* a packet costs 10^9, each nanosecond adds cfg_max_pps */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bucket);
} limit __weak SEC(".maps");

#define NS_PER_SECOND 1000000000ull

/* The largest burst: a tenth of a second's packets. */
static __always_inline __u64 burst(void)
{
	return cfg_max_pps >= 10 ? cfg_max_pps / 10 : 1;
}

static __always_inline int within_rate(struct stage *stage, __u64 now)
{
	struct ringtap_stage *head = &stage->head;
	__u32 key = 0;
	__u64 chunk = cfg_max_pps / 128 + 1;

	if (head->tokens) {
		head->tokens--;
		return 1;
	}
	if (now < head->no_tokens_until_ns)
		return 0;
	struct bucket *bucket = bpf_map_lookup_elem(&limit, &key);
	if (!bucket)
		return 1; /* not reached: array elements always exist */

	bpf_spin_lock(&bucket->lock);
	__u64 elapsed = now > bucket->filled_ns ? now - bucket->filled_ns : 0;
	if (elapsed > NS_PER_SECOND)
		elapsed = NS_PER_SECOND;
	__u64 credit = bucket->credit + elapsed * cfg_max_pps;
	if (credit > burst() * NS_PER_SECOND)
		credit = burst() * NS_PER_SECOND;
	__u64 taken = credit / NS_PER_SECOND;
	if (taken > chunk)
		taken = chunk;
	bucket->credit = credit - taken * NS_PER_SECOND;
	if (elapsed)
		bucket->filled_ns = now;
	bpf_spin_unlock(&bucket->lock);

	if (taken == 0) {
		/* Until then this CPU does not ask again, so that a flood does not contend for the lock. */
		head->no_tokens_until_ns = now + (NS_PER_SECOND - credit) / cfg_max_pps + 1;
		return 0;
	}
	head->tokens = taken - 1;
	return 1;
}

/* --- called by the taps --- */

/* How many bytes to copy first: those in which headers are searched for. */
static __always_inline __u64 head_length(__u64 cap_len)
{
	return clamped(cap_len, RINGTAP_HEAD_BYTES);
}

/*
 * Called when the head is in the record. Returns 0 if the frame is left out; it is then counted, and the record ended.
 * Otherwise cap_len is the number of bytes to keep.
 */
static __always_inline int reduce(struct tap *tap, struct record *record, int has_link, int may_lock)
{
	struct ringtap_event *event = record->event;
	struct ringtap_headers *headers = &record->stage->head.headers;

	if (READS_HEADERS) {
		const struct header_reader in = {
			.data = record->data,
			.found = headers,
		};
		headers->size = head_length(event->cap_len);
		barrier();
		read_headers(&in, has_link);
	}
	if (cfg_sample && headers->flow && ((__u64)headers->flow * cfg_sample) >> 32) {
		record_leave_out(tap, record, RINGTAP_CNT_SAMPLED_OUT);
		return 0;
	}
	if (cfg_sample)
		event->monotonic_ns = record_time(record);
	if (cfg_max_pps && may_lock && !within_rate(record->stage, event->monotonic_ns)) {
		record_leave_out(tap, record, RINGTAP_CNT_RATE_LIMITED);
		return 0;
	}
	/* User space still has to run the filter on this frame, and cuts it afterwards. */
	if (tap->flags & RINGTAP_EVENT_RECHECK)
		return 1;
	if (cfg_slice_layer) {
		__u32 end = cfg_slice_layer == 2   ? headers->link_end
			    : cfg_slice_layer == 3 ? headers->network_end
						   : headers->transport_end;

		if (end > RINGTAP_HEAD_BYTES)
			end = RINGTAP_HEAD_BYTES;
		event->cap_len = clamped(event->cap_len, end + cfg_slice_more);
	}
	event->cap_len = clamped(event->cap_len, cfg_keep);
	return 1;
}

#endif
