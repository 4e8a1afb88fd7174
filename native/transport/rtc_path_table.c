// SPDX-License-Identifier: Apache-2.0
#include "rtc_path_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST 32 // slots: two peers' worth, at most half of them taken

static uint64_t mix(uint64_t value)
{
	// Odd constants with well-spread bits; the seed makes the result unpredictable.
	value ^= value >> 32;
	value *= 0x9e3779b97f4a7c15u;
	value ^= value >> 29;
	return value * 0xd6e8feb86659fd93u;
}

static uint32_t slotOf(const rtc_path_table *table, const rtc_address *address)
{
	uint64_t words[2];
	memcpy(words, address->bytes, sizeof words);
	uint64_t hash = mix(table->seed ^ words[0]);
	hash = mix(hash ^ words[1]);
	hash = mix(hash ^ address->port ^ (uint64_t)address->scope << 16 ^ (uint64_t)address->family << 48 ^
			   (uint64_t)address->relay << 52);
	return (uint32_t)(hash >> 32) & (table->size - 1);
}

rtc_path_entry *rtc_path_table_find(const rtc_path_table *table, const rtc_address *address)
{
	if (!table->size)
		return NULL;
	uint32_t slot = slotOf(table, address);
	while (table->slots[slot] && !rtc_address_equal(&table->slots[slot]->address, address))
		slot = (slot + 1) & (table->size - 1);
	return table->slots[slot];
}

static void place(rtc_path_table *table, rtc_path_entry *entry)
{
	uint32_t slot = slotOf(table, &entry->address);
	while (table->slots[slot])
		slot = (slot + 1) & (table->size - 1);
	table->slots[slot] = entry;
}

static int grow(rtc_path_table *table)
{
	rtc_path_table larger = *table;
	larger.size = table->size ? table->size * 2 : SMALLEST;
	larger.slots = calloc(larger.size, sizeof *larger.slots);
	if (!larger.slots)
		return ENOMEM;
	for (uint32_t i = 0; i < table->size; i++)
		if (table->slots[i])
			place(&larger, table->slots[i]);
	free(table->slots);
	*table = larger;
	return 0;
}

int rtc_path_table_insert(rtc_path_table *table, rtc_path_entry *entry)
{
	if (table->count == RTC_PATH_ENTRIES)
		return ENOSPC;
	if ((table->count + 1) * 2 > table->size && grow(table))
		return ENOMEM;
	place(table, entry);
	table->count++;
	return 0;
}

void rtc_path_table_remove(rtc_path_table *table, const rtc_path_entry *entry)
{
	uint32_t mask = table->size - 1, hole = slotOf(table, &entry->address);
	while (table->slots[hole] != entry)
		hole = (hole + 1) & mask;
	table->slots[hole] = NULL;
	table->count--;
	// Move up those behind the hole that were pushed past it, so that probing still finds them.
	for (uint32_t slot = (hole + 1) & mask; table->slots[slot]; slot = (slot + 1) & mask) {
		uint32_t home = slotOf(table, &table->slots[slot]->address);
		if (((slot - home) & mask) < ((slot - hole) & mask))
			continue;
		table->slots[hole] = table->slots[slot];
		table->slots[slot] = NULL;
		hole = slot;
	}
}

void rtc_path_table_free(rtc_path_table *table)
{
	free(table->slots);
}
