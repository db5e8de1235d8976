/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The record of a socket, for the tc taps and the socket tap, and a cache of where records were found lately, for the
 * tc taps.
 */
#ifndef RINGTAP_RECALL_BPF_H
#define RINGTAP_RECALL_BPF_H

#include "emit.bpf.h"
#include "process.bpf.h"

/* The record of a socket of the start, which it gets now. Not inlined, so that the usual case has more registers. */
static __noinline struct ringtap_socket_owner *make_early_record(void *sk, __u64 cookie)
{
	struct ringtap_socket_owner *early = bpf_map_lookup_elem(&early_owners, &cookie);

	return early ? bpf_sk_storage_get(&socket_owners, sk, early, BPF_SK_STORAGE_GET_F_CREATE) : NULL;
}

/* NULL: nobody is known to have the socket. */
static __always_inline struct ringtap_socket_owner *record_of(void *sk, __u64 cookie)
{
	struct ringtap_socket_owner *owner = bpf_sk_storage_get(&socket_owners, sk, 0, 0);

	return owner || !NOTES_EARLY || !cookie ? owner : make_early_record(sk, cookie);
}

/*
 * Where the records of sockets were found lately, so that the kernel is not asked, which is a call. A record stays
 * where it is as long as its socket lives, and a cookie is never given twice, so nothing can go stale. Only records
 * that were written for their own socket are remembered, no copies of a listener's. Needs loads, cfg_kernel_casts.
 */
#define MOST_RECENT_RECORDS 1024 /* for each CPU; a power of two */
struct recent_record {
	__u64 cookie; /* of the socket; 0: being written */
	__u64 record;
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MOST_RECENT_RECORDS);
	__type(key, __u32);
	__type(value, struct recent_record);
} recent_records __weak SEC(".maps");

static __always_inline struct recent_record *recent_record_of(__u64 cookie)
{
	__u32 index = cookie % MOST_RECENT_RECORDS;

	return bpf_map_lookup_elem(&recent_records, &index);
}

static __always_inline void remember(__u64 cookie, struct ringtap_socket_owner *owner)
{
	struct recent_record *recent = cookie && owner->cookie == cookie ? recent_record_of(cookie) : NULL;

	if (!recent)
		return;
	*(volatile __u64 *)&recent->cookie = 0;
	barrier();
	*(volatile __u64 *)&recent->record = (__u64)owner;
	barrier();
	*(volatile __u64 *)&recent->cookie = cookie;
}

/*
 * Whether the record of this socket was found lately, and where. Whoever reads it compares its cookie: the entry may
 * have become another's meanwhile.
 */
static __always_inline int find_recent(__u64 cookie, __u64 *address)
{
	struct recent_record *recent = cookie ? recent_record_of(cookie) : NULL;

	if (!recent || *(volatile __u64 *)&recent->cookie != cookie)
		return 0;
	*address = *(volatile __u64 *)&recent->record;
	return 1;
}

_Static_assert(__builtin_offsetof(struct ringtap_socket_owner, process) == 0 &&
		       __builtin_offsetof(struct ringtap_socket_owner, cookie) == 8,
	       "a record begins with these two words");
/* Two words of a record: loads need a type of the kernel's, and this one is two words. */
static __always_inline struct timespec64 *words_at(__u64 address)
{
	return rdonly_cast((void *)address, bpf_core_type_id_kernel(struct timespec64));
}

static __always_inline struct timespec64 *user_at(__u64 address)
{
	return words_at(address + __builtin_offsetof(struct ringtap_socket_owner, uid));
}

/* The record at this address, as set_known() reads it; 0 if it is being written, or is not of this socket. */
static __always_inline int load_record(__u64 address, __u64 cookie, __u64 *process, __u32 *uid)
{
	struct timespec64 *record = words_at(address);
	__u64 before = record->tv_nsec;
	barrier();
	*process = record->tv_sec;
	barrier();
	*uid = user_at(address)->tv_sec;
	barrier();
	__u64 after = record->tv_nsec;
	barrier();
	return *process && before == cookie && after == cookie && (__u64)record->tv_sec == *process;
}

/* The record of a live socket, if it was found lately, and where it is; 0: ask the kernel. */
static __always_inline __u64 recall(__u64 cookie, __u64 *process, __u32 *uid)
{
	__u64 address;

	return find_recent(cookie, &address) && load_record(address, cookie, process, uid) ? address : 0;
}

/* Whether this process, as this user, is the last that was seen using the socket, by a record that was found lately. */
static __always_inline int is_recalled_owner(__u64 cookie, __u64 process, __u32 uid)
{
	__u64 address;

	if (!find_recent(cookie, &address))
		return 0;
	struct timespec64 *record = words_at(address);
	/* Whoever writes the record meanwhile clears its cookie first. */
	if ((__u64)record->tv_nsec != cookie)
		return 0;
	barrier();
	return (__u64)record->tv_sec == process && (__u32)user_at(address)->tv_sec == uid;
}

static __always_inline void set_recalled(struct ringtap_owner *end, __u32 kind, __u64 process, __u32 uid, __u64 cookie)
{
	end->kind = kind;
	end->process = process;
	end->uid = uid;
	end->cookie = cookie;
}

#endif
