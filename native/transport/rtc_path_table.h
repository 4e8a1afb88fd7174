// SPDX-License-Identifier: Apache-2.0
// Which path an address belongs to: a hash table with open addressing and linear probing. It holds pointers to entries
// that live in the paths. Not thread-safe: its transport locks.
#ifndef RTC_PATH_TABLE_H
#define RTC_PATH_TABLE_H

#include "rtc_transport.h"

#define RTC_PATH_ENTRIES (RTC_UFRAGS * RTC_PATH_ADDRESSES) // most addresses of a transport

typedef struct {
	rtc_address address;
	uint32_t order; // of acceptance
	rtc_path *path; // NULL: the entry is free
} rtc_path_entry;

typedef struct {
	rtc_path_entry **slots;
	uint32_t size; // a power of two, 0 before the first entry
	uint32_t count;
	uint64_t seed; // so that nobody can choose addresses that collide
} rtc_path_table;

rtc_path_entry *rtc_path_table_find(const rtc_path_table *table, const rtc_address *address);
int rtc_path_table_insert(rtc_path_table *table, rtc_path_entry *entry); // 0, ENOSPC, ENOMEM; it is not there yet
void rtc_path_table_remove(rtc_path_table *table, const rtc_path_entry *entry);
void rtc_path_table_free(rtc_path_table *table);

#endif
