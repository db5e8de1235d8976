/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The fields of the kernel's struct sk_buff that __sk_buff does not show. A CO-RE declaration: names count, offsets
 * come from the running kernel's BTF when the program is loaded (include/linux/skbuff.h).
 */
#ifndef RINGTAP_SK_BUFF_H
#define RINGTAP_SK_BUFF_H

struct sk_buff {
  __u8 ip_summed : 2;
} __attribute__((preserve_access_index));

#endif
