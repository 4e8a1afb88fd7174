// SPDX-License-Identifier: Apache-2.0
// Demultiplexing with several paths, which claim, select and forget addresses, against a model of who has which. Each
// step is three bytes: what is done, by which path, with which address; datagrams take their size and bytes from what
// follows. What may never happen: a selection that goes without its path's doing; a datagram that reaches another path
// than that of its source; a source that no host can have.
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_transport_core.h"

#define PATHS 5
#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

typedef struct {
	rtc_path *path;
	rtc_address selected; // family 0: none
	int yields;
	unsigned datagrams;
} peer;

static rtc_transport *transport;
static peer peers[PATHS];

static void onDtls(void *context, const uint8_t *data, size_t size)
{
	CHECK(size >= 13 && data[0] >= 20 && data[0] < 64);
	((peer *)context)->datagrams++;
}

static void onSrtp(void *context, uint8_t *data, size_t size)
{
	CHECK(size >= 12 && data[0] >= 128 && data[0] < 192);
	memset(data, 0, size); // it may be written to
	((peer *)context)->datagrams++;
}

// One of 255, many of them of the same bytes but for the port, the family or the scope.
static rtc_address addressOf(uint8_t number)
{
	static const uint8_t first[] = {192, 10, 0, 224, 255, 127, 240, 169};
	rtc_address address = {.family = number & 1 ? 6 : 4, .port = (uint16_t)(number >> 4), .relay = number >> 5 & 1};
	address.bytes[0] = number & 1 ? (number & 2 ? 0xfe : number & 4 ? 0xff : 0) : first[number >> 1 & 7];
	if (number & 1) {
		address.bytes[1] = number & 2 ? 0x80 : 0;
		address.bytes[15] = number & 8;
		address.scope = number & 2 ? number >> 3 & 1 : 0;
	}
	return address;
}

static peer *ownerOf(const rtc_address *address)
{
	rtc_path_entry *entry = rtc_path_table_find(&transport->table, address);
	for (int i = 0; i < PATHS; i++)
		if (entry && peers[i].path == entry->path)
			return &peers[i];
	CHECK(!entry);
	return NULL;
}

static peer *selectorOf(const rtc_address *address)
{
	for (int i = 0; i < PATHS; i++)
		if (peers[i].selected.family && rtc_address_equal(&peers[i].selected, address))
			return &peers[i];
	return NULL;
}

static void claim(peer *it, const rtc_address *address, int how)
{
	peer *owner = ownerOf(address), *selector = selectorOf(address);
	int error = how == 0   ? rtc_path_accept(it->path, address)
				: how == 1 ? rtc_path_confirm(it->path, address)
						   : rtc_path_select(it->path, address);
	int taken = selector && selector != it && !selector->yields;
	int refused = how == 0 ? owner && owner != it : taken;
	CHECK(error == (!rtc_address_is_unicast(address) ? EINVAL : refused ? EADDRINUSE : 0));
	if (!error && selector && selector != it)
		selector->selected.family = 0; // it has yielded
	if (!error && how == 2) {
		it->selected = *address;
		it->yields = 0;
	}
	CHECK(error || ownerOf(address) == it);
}

static size_t receive(const rtc_address *from, const uint8_t *data, size_t size)
{
	size_t length = size ? data[0] : 0;
	if (length > size)
		length = size;
	uint8_t *copy = malloc(length ? length : 1);
	memcpy(copy, data, length);
	peer *owner = rtc_address_is_unicast(from) ? ownerOf(from) : NULL;
	unsigned before[PATHS], waiting = transport->filter->count;
	for (int i = 0; i < PATHS; i++)
		before[i] = peers[i].datagrams;
	int news = rtc_receive_datagram(transport, from, copy, length);
	for (int i = 0; i < PATHS; i++)
		CHECK(peers[i].datagrams - before[i] <= (&peers[i] == owner));
	CHECK(!news || (transport->filter->count == waiting + 1 && rtc_address_is_unicast(from)));
	free(copy);
	return length;
}

static void hear(peer *it, int on)
{
	rtc_path_set_dtls(it->path, on ? onDtls : NULL, it);
	rtc_path_set_srtp(it->path, on ? onSrtp : NULL, it);
}

static void renew(peer *it)
{
	rtc_path_release(it->path);
	memset(it, 0, sizeof *it);
	it->path = rtc_path_new(transport);
}

static void check(void)
{
	size_t held = 0;
	for (int i = 0; i < PATHS; i++) {
		const rtc_address *selected = &peers[i].path->selected;
		CHECK(selected->family == peers[i].selected.family);
		CHECK(!selected->family || (rtc_address_equal(selected, &peers[i].selected) && ownerOf(selected) == &peers[i]));
		for (int j = 0; j < RTC_PATH_ADDRESSES; j++)
			held += peers[i].path->entries[j].path != NULL;
	}
	CHECK(transport->table.count == held);
}

static size_t step(const uint8_t *data, size_t size)
{
	static uint8_t stun[RTC_STUN_SIZE];
	rtc_stun_origin origin;
	peer *it = &peers[data[1] % PATHS];
	rtc_address address = addressOf(data[2]);
	size_t used = 3;
	switch (data[0] & 7) {
	case 0:
	case 1:
	case 2:
		claim(it, &address, data[0] & 3);
		break;
	case 3:
		if (data[0] & 8) {
			rtc_path_yield(it->path);
			it->yields = 1;
			break;
		}
		rtc_path_forget(it->path);
		it->selected.family = 0;
		break;
	case 4:
		if (data[0] & 8)
			renew(it);
		else
			hear(it, data[0] >> 4 & 1);
		break;
	case 5:
		(void)rtc_transport_read_stun(transport, stun, sizeof stun, &origin);
		break;
	default:
		used += receive(&address, data + 3, size - 3);
	}
	check();
	return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int error;
	if (!transport)
		transport = rtc_transport_open(&(rtc_transport_options){.address = "127.0.0.1"}, &error);
	CHECK(transport);
	memset(peers, 0, sizeof peers);
	memset(transport->filter, 0, sizeof *transport->filter);
	for (int i = 0; i < PATHS; i++)
		peers[i].path = rtc_path_new(transport);
	CHECK(!rtc_transport_add_ufrag(transport, "abcd", 1));
	while (size >= 3) {
		size_t used = step(data, size);
		data += used;
		size -= used;
	}
	for (int i = 0; i < PATHS; i++)
		rtc_path_release(peers[i].path);
	CHECK(!transport->table.count);
	return 0;
}
