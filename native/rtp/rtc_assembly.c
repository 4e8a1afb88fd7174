// SPDX-License-Identifier: Apache-2.0
#include "rtc_assembly.h"

#include <string.h>
#include "rtc_depacketizer.h"
#include "rtc_payload.h"
#include "rtc_port.h"

// Payloads lie in blocks, in chains: so packets that come in any order, of any size, share the bytes.
#define BLOCK 256
#define NO_BLOCK UINT16_MAX

_Static_assert((RTC_ASSEMBLY_PACKETS & (RTC_ASSEMBLY_PACKETS - 1)) == 0, "numbers of 32 bits wrap around");
_Static_assert(RTC_ASSEMBLY_BYTES_MAXIMUM / BLOCK < NO_BLOCK, "blocks are told by 16 bits");

typedef struct {
	const rtc_codec *codec; // NULL: the place is free
	uint32_t timestamp;
	uint32_t arrival; // modulo 2^32 microseconds
	uint16_t size, block, last;
	uint8_t marker : 1, isRow : 1, beginsKey : 2; // isRow: its blocks lie one after the other
} slot;

struct rtc_assembly {
	uint8_t started;
	uint8_t needsKey;
	uint8_t isWhole;  // the frame that begins with `next` is: to `reach`
	uint8_t hasGiven; // frames, of which the newest ended at `given`
	uint32_t given;
	uint32_t next;           // the oldest that may be there; unless a key frame is needed, the first of the next frame
	uint32_t reach;          // those from `next` to here are there, and of one frame
	uint32_t end;            // after the newest
	uint32_t from, to;       // the frame that is ready
	uint16_t keys;           // packets that may begin a key frame
	uint16_t blocks, unused; // how many there are, and the first of the chain of free ones
	uint32_t free;           // of those, how many
	const rtc_codec *codec;  // of the newest frame that was given
	uint64_t arrival;        // of the newest packet
	uint64_t whole;          // when the newest frame that was given was
	rtc_unit unit;
	slot slots[RTC_ASSEMBLY_PACKETS];
	uint8_t payload[RTC_MTU];
	uint16_t *chain; // of each block the one after it
	uint8_t *bytes;
};

static int isBefore(uint32_t one, uint32_t other)
{
	return (int32_t)(one - other) < 0;
}

static slot *slotOf(rtc_assembly *assembly, uint32_t sequence)
{
	return &assembly->slots[sequence % RTC_ASSEMBLY_PACKETS];
}

static uint32_t blocksOf(size_t size)
{
	return (uint32_t)((size + BLOCK - 1) / BLOCK);
}

static void release(rtc_assembly *assembly, slot *it)
{
	if (!it->codec)
		return;
	if (it->size) { // in their order: packets of one size find blocks in a row
		assembly->free += blocksOf(it->size);
		assembly->chain[it->last] = assembly->unused;
		assembly->unused = it->block;
	}
	assembly->keys = (uint16_t)(assembly->keys - (it->beginsKey != 0));
	it->codec = NULL;
}

static void releaseBefore(rtc_assembly *assembly, uint32_t sequence)
{
	uint32_t end = isBefore(sequence, assembly->end) ? sequence : assembly->end;
	for (uint32_t i = assembly->next; isBefore(i, end); i++)
		release(assembly, slotOf(assembly, i));
	assembly->next = assembly->reach = sequence;
	assembly->isWhole = 0;
	if (isBefore(assembly->end, sequence))
		assembly->end = sequence;
}

// How many bytes of `left` are in one row of blocks from *block on, of which *block becomes the last.
static size_t rowOf(const rtc_assembly *assembly, uint16_t *block, size_t left)
{
	size_t size = BLOCK;
	uint16_t at = *block;
	for (; size < left && assembly->chain[at] == at + 1; size += BLOCK)
		at++;
	*block = at;
	return size < left ? size : left;
}

static void store(rtc_assembly *assembly, slot *it, const uint8_t *payload, size_t size)
{
	uint16_t block = it->block = it->last = assembly->unused;
	for (size_t done = 0; done < size; block = assembly->chain[block]) {
		uint8_t *to = assembly->bytes + (size_t)block * BLOCK;
		size_t row = rowOf(assembly, &block, size - done);
		memcpy(to, payload + done, row);
		it->isRow = row == size;
		it->last = block;
		done += row;
	}
	assembly->unused = block;
	assembly->free -= blocksOf(size);
}

static const uint8_t *load(rtc_assembly *assembly, const slot *it)
{
	uint16_t block = it->block;
	if (it->isRow)
		return assembly->bytes + (size_t)block * BLOCK;
	for (size_t done = 0; done < it->size; block = assembly->chain[block]) {
		const uint8_t *from = assembly->bytes + (size_t)block * BLOCK;
		size_t row = rowOf(assembly, &block, it->size - done);
		memcpy(assembly->payload + done, from, row);
		done += row;
	}
	return assembly->payload;
}

// Whether a packet is there that a key frame begins with.
static int isKeyStart(rtc_assembly *assembly, uint32_t sequence)
{
	const slot *it = slotOf(assembly, sequence), *before = slotOf(assembly, sequence - 1);
	if (!it->codec || !it->beginsKey)
		return 0;
	if (assembly->hasGiven && sequence == assembly->given)
		return 1;
	if (sequence == assembly->next || !before->codec)
		return it->beginsKey == RTC_BEGINS;
	return !before->size || before->marker || before->timestamp != it->timestamp;
}

// The end of the frame that begins at `from`, of which all before `reach` is there. Returns whether it is whole.
static int findEnd(rtc_assembly *assembly, uint32_t from, uint32_t *reach)
{
	const slot *first = slotOf(assembly, from);
	for (; isBefore(*reach, assembly->end); ++*reach) {
		const slot *it = slotOf(assembly, *reach);
		if (!it->codec)
			return 0;
		if (!it->size)
			continue;
		if (it->timestamp != first->timestamp)
			return 1;
		if (it->marker) {
			++*reach;
			return 1;
		}
	}
	return 0;
}

static int findKeyFrame(rtc_assembly *assembly)
{
	if (!assembly->keys)
		return 0;
	for (uint32_t i = assembly->next; isBefore(i, assembly->end); i++) {
		assembly->from = assembly->to = i;
		if (isKeyStart(assembly, i) && findEnd(assembly, i, &assembly->to))
			return 1;
	}
	return 0;
}

int rtc_assembly_is_ready(rtc_assembly *assembly)
{
	if (assembly->needsKey)
		return findKeyFrame(assembly);
	while (slotOf(assembly, assembly->next)->codec && !slotOf(assembly, assembly->next)->size)
		releaseBefore(assembly, assembly->next + 1); // padding between two frames
	assembly->from = assembly->next;
	if (!assembly->isWhole)
		assembly->isWhole = (uint8_t)findEnd(assembly, assembly->from, &assembly->reach);
	assembly->to = assembly->reach;
	return assembly->isWhole;
}

// The newest packet that may begin a key frame; `end`: there is none.
static uint32_t newestKey(rtc_assembly *assembly)
{
	if (assembly->keys)
		for (uint32_t i = assembly->end; i-- != assembly->next;)
			if (isKeyStart(assembly, i))
				return i;
	return assembly->end;
}

static int hasRoom(const rtc_assembly *assembly, const rtc_assembly_packet *packet)
{
	return !isBefore(assembly->next + RTC_ASSEMBLY_PACKETS - 1, packet->sequence) &&
		   blocksOf(packet->size) <= assembly->free;
}

// What is before a key frame that has begun goes, or else all.
static rtc_assembly_result makeRoom(rtc_assembly *assembly, const rtc_assembly_packet *packet)
{
	rtc_assembly_result result = assembly->needsKey ? RTC_ASSEMBLY_KEPT : RTC_ASSEMBLY_OVERFLOWED;
	uint32_t key = newestKey(assembly);
	assembly->needsKey = 1;
	releaseBefore(assembly, isBefore(key, packet->sequence) ? key : packet->sequence);
	if (!hasRoom(assembly, packet)) {
		releaseBefore(assembly, assembly->end);
		assembly->next = assembly->reach = assembly->end = packet->sequence;
	}
	return result;
}

rtc_assembly_result rtc_assembly_put(rtc_assembly *assembly, const rtc_assembly_packet *packet)
{
	rtc_assembly_result result = RTC_ASSEMBLY_KEPT;
	uint32_t sequence = packet->sequence;
	if (!assembly->started) {
		assembly->started = 1;
		assembly->next = assembly->reach = assembly->end = sequence;
	}
	if (assembly->hasGiven && isBefore(sequence, assembly->given))
		return RTC_ASSEMBLY_LATE;
	if (isBefore(sequence, assembly->next)) {
		if (!assembly->needsKey || assembly->end - sequence > RTC_ASSEMBLY_PACKETS)
			return RTC_ASSEMBLY_LATE;
		assembly->next = assembly->reach = sequence; // the key frame may begin with it
	} else if (isBefore(sequence, assembly->end) && slotOf(assembly, sequence)->codec)
		return RTC_ASSEMBLY_LATE;
	if (!hasRoom(assembly, packet))
		result = makeRoom(assembly, packet);
	slot *it = slotOf(assembly, sequence);
	*it = (slot){.codec = packet->codec,
				 .timestamp = packet->timestamp,
				 .size = (uint16_t)packet->size,
				 .marker = packet->marker != 0,
				 .arrival = (uint32_t)packet->arrival};
	assembly->arrival = packet->arrival;
	if (packet->size)
		it->beginsKey = packet->codec->payload->depacketizer->beginsKey(packet->payload, packet->size) & 3;
	assembly->keys = (uint16_t)(assembly->keys + (it->beginsKey != 0));
	store(assembly, it, packet->payload, packet->size);
	if (!isBefore(sequence, assembly->end))
		assembly->end = sequence + 1;
	return result;
}

static uint64_t arrivalOf(const rtc_assembly *assembly, const slot *it)
{
	return assembly->arrival - ((uint32_t)assembly->arrival - it->arrival);
}

static int putTogether(rtc_assembly *assembly, const rtc_codec *codec)
{
	const rtc_depacketizer *format = codec->payload->depacketizer;
	for (uint32_t i = assembly->from; i != assembly->to; i++) {
		const slot *it = slotOf(assembly, i);
		if (!it->size)
			continue;
		uint64_t arrival = arrivalOf(assembly, it);
		if (arrival > assembly->whole)
			assembly->whole = arrival;
		if (it->codec != codec || format->append(&assembly->unit, load(assembly, it), it->size))
			return -1;
	}
	return format->end(&assembly->unit) ? -1 : 0;
}

int rtc_assembly_get(rtc_assembly *assembly, rtc_frame *frame)
{
	const slot *first = slotOf(assembly, assembly->from);
	const rtc_codec *codec = first->codec;
	rtc_unit *unit = &assembly->unit;
	if (codec != assembly->codec)
		memset(unit, 0, sizeof *unit);
	rtc_unit_begin(unit, frame->data, frame->capacity);
	frame->format = RTC_FORMAT_ENCODED;
	frame->codec = codec;
	frame->time = arrivalOf(assembly, first);
	frame->timestamp = first->timestamp;
	frame->sequence = assembly->from;
	int error = putTogether(assembly, codec);
	frame->whole = assembly->whole;
	int needsKey = assembly->needsKey || codec != assembly->codec;
	assembly->codec = codec;
	releaseBefore(assembly, assembly->to);
	assembly->hasGiven = 1;
	assembly->given = assembly->next;
	if (!error && !unit->hasPicture)
		return 0;
	assembly->needsKey = error || (needsKey && !unit->isKey);
	frame->size = unit->size;
	frame->key = unit->isKey;
	return assembly->needsKey ? -1 : 1;
}

void rtc_assembly_skip(rtc_assembly *assembly)
{
	uint32_t i = assembly->next;
	while (isBefore(i, assembly->end) && (i == assembly->next || !isKeyStart(assembly, i)))
		i++;
	releaseBefore(assembly, i);
	assembly->needsKey = 1;
}

int rtc_assembly_needs_key(const rtc_assembly *assembly)
{
	return assembly->needsKey;
}

uint32_t rtc_assembly_next(const rtc_assembly *assembly)
{
	return assembly->next;
}

void rtc_assembly_reset(rtc_assembly *assembly)
{
	memset(assembly->slots, 0, sizeof assembly->slots);
	memset(&assembly->unit, 0, sizeof assembly->unit);
	assembly->started = assembly->isWhole = assembly->hasGiven = 0;
	assembly->needsKey = 1;
	assembly->keys = 0;
	assembly->codec = NULL;
	for (uint16_t i = 0; i < assembly->blocks; i++)
		assembly->chain[i] = (uint16_t)(i + 1 < assembly->blocks ? i + 1 : NO_BLOCK);
	assembly->unused = 0;
	assembly->free = assembly->blocks;
}

rtc_assembly *rtc_assembly_new(uint32_t bytes)
{
	rtc_assembly *assembly = rtc_calloc(1, sizeof *assembly);
	if (!assembly)
		return NULL;
	assembly->blocks = (uint16_t)(bytes / BLOCK);
	assembly->bytes = rtc_calloc(assembly->blocks, BLOCK + sizeof *assembly->chain);
	if (!assembly->bytes) {
		rtc_free(assembly);
		return NULL;
	}
	assembly->chain = (uint16_t *)(assembly->bytes + (size_t)assembly->blocks * BLOCK);
	rtc_assembly_reset(assembly);
	return assembly;
}

void rtc_assembly_free(rtc_assembly *assembly)
{
	if (!assembly)
		return;
	rtc_free(assembly->bytes);
	rtc_free(assembly);
}
