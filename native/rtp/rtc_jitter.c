// SPDX-License-Identifier: Apache-2.0
#include "rtc_jitter.h"

#include <string.h>
#include "rtc_port.h"

#define BLOCK 64u // bytes: payloads lie in chains of these
#define NONE 0xffff
#define SEGMENTS 8            // of the time in which the fastest packet is looked for
#define SEGMENT 250000u       // microseconds
#define INTERVAL 500000u      // microseconds, of which the slowest packet counts
#define BUCKETS 50            // of the histogram
#define BUCKET 20000u         // microseconds
#define ONE 0x40000000u       // the histogram's sum
#define FORGET 0.983f         // what of it stays, with each interval
#define QUANTILE 0.95f        // packets that shall come in time
#define PATIENCE 200000u      // microseconds without a packet, after which sound begins anew
#define STALE 100000u         // microseconds by which a packet may be older than it should be, when sound begins
#define LONGEST_GAP 1000000u  // microseconds that are concealed or waited for; beyond it, time has jumped
#define SHORTEST 400          // of a second: the least of a packet (RFC 6716 section 2.1.4)
#define LONGEST_JUMP 10000000 // microseconds by which times may differ from what their order says

typedef struct {
	uint32_t sequence;
	uint16_t size, block;
	int64_t timestamp; // unwrapped
	const void *codec;
	uint64_t arrival;
} entry;

struct rtc_jitter {
	uint32_t clockRate;
	uint16_t count, freeBlock, freeBlocks, blockCount;
	uint8_t known;   // there was a packet: `newest` is its time
	uint8_t playing; // `next` and `sequence` are known
	int64_t newest;
	int64_t next;      // the time that is to be played
	uint32_t sequence; // of the packet that was given last
	uint32_t starved;  // ticks that were concealed without moving `next`
	uint64_t starvedAt;
	int64_t base[SEGMENTS]; // the least arrival less timestamp of each, microseconds
	uint8_t segment;
	uint64_t segmentEnd, intervalEnd;
	uint32_t slowest; // of this interval, relative to the fastest
	uint32_t intervals;
	uint32_t target, held; // how old sound is to be: for the network, and for what it waits for
	uint32_t histogram[BUCKETS];
	rtc_jitter_statistics statistics;
	entry entries[RTC_JITTER_PACKETS]; // in their order
	uint16_t *links;
	uint8_t *blocks;
};

static int64_t microseconds(const rtc_jitter *jitter, int64_t ticks)
{
	int64_t rate = jitter->clockRate; // no product that a remote's times could make too large
	return ticks / rate * 1000000 + ticks % rate * 1000000 / rate;
}

static void freeAll(rtc_jitter *jitter)
{
	jitter->count = 0;
	for (uint16_t i = 0; i < jitter->blockCount; i++)
		jitter->links[i] = (uint16_t)(i + 1 < jitter->blockCount ? i + 1 : NONE);
	jitter->freeBlock = 0;
	jitter->freeBlocks = jitter->blockCount;
}

void rtc_jitter_reset(rtc_jitter *jitter, uint32_t clockRate)
{
	jitter->clockRate = clockRate;
	jitter->known = jitter->playing = 0;
	jitter->starved = 0;
	jitter->segmentEnd = jitter->intervalEnd = 0;
	jitter->slowest = jitter->intervals = 0;
	jitter->target = RTC_JITTER_START;
	memset(jitter->histogram, 0, sizeof jitter->histogram);
	for (int i = 0; i < SEGMENTS; i++)
		jitter->base[i] = INT64_MAX;
	freeAll(jitter);
}

rtc_jitter *rtc_jitter_new(uint32_t clockRate, uint32_t bytes)
{
	uint32_t blocks = bytes / BLOCK;
	if (blocks < 2 * RTC_JITTER_PAYLOAD / BLOCK)
		blocks = 2 * RTC_JITTER_PAYLOAD / BLOCK;
	if (blocks >= NONE)
		blocks = NONE - 1;
	rtc_jitter *jitter = rtc_calloc(1, sizeof *jitter + blocks * (BLOCK + sizeof(uint16_t)));
	if (!jitter)
		return NULL;
	jitter->links = (uint16_t *)(jitter + 1);
	jitter->blocks = (uint8_t *)(jitter->links + blocks);
	jitter->blockCount = (uint16_t)blocks;
	rtc_jitter_reset(jitter, clockRate);
	return jitter;
}

void rtc_jitter_free(rtc_jitter *jitter)
{
	rtc_free(jitter);
}

static uint16_t blocksOf(size_t size)
{
	return (uint16_t)((size + BLOCK - 1) / BLOCK);
}

static void freeChain(rtc_jitter *jitter, uint16_t block)
{
	while (block != NONE) {
		uint16_t next = jitter->links[block];
		jitter->links[block] = jitter->freeBlock;
		jitter->freeBlock = block;
		jitter->freeBlocks++;
		block = next;
	}
}

static uint16_t store(rtc_jitter *jitter, const uint8_t *payload, size_t size)
{
	uint16_t first = NONE, *link = &first;
	for (size_t at = 0; at < size; at += BLOCK) {
		uint16_t block = jitter->freeBlock;
		jitter->freeBlock = jitter->links[block];
		jitter->freeBlocks--;
		memcpy(jitter->blocks + (size_t)block * BLOCK, payload + at, size - at < BLOCK ? size - at : BLOCK);
		*link = block;
		link = &jitter->links[block];
		*link = NONE;
	}
	return first;
}

static void load(const rtc_jitter *jitter, const entry *entry, uint8_t *payload)
{
	uint16_t block = entry->block;
	for (size_t at = 0; at < entry->size; at += BLOCK, block = jitter->links[block])
		memcpy(payload + at, jitter->blocks + (size_t)block * BLOCK,
			   entry->size - at < BLOCK ? entry->size - at : BLOCK);
}

static void removeFirst(rtc_jitter *jitter)
{
	freeChain(jitter, jitter->entries[0].block);
	jitter->count--;
	memmove(jitter->entries, jitter->entries + 1, jitter->count * sizeof jitter->entries[0]);
}

// Arrival less timestamp of the fastest of the last two seconds: a clock that runs otherwise than ours is followed.
static int64_t fastest(const rtc_jitter *jitter)
{
	int64_t least = INT64_MAX;
	for (int i = 0; i < SEGMENTS; i++)
		if (jitter->base[i] < least)
			least = jitter->base[i];
	return least;
}

// The delay in which QUANTILE of the intervals' slowest packets have come.
static uint32_t quantile(const rtc_jitter *jitter)
{
	uint32_t sum = 0, bucket = 0;
	while (bucket < BUCKETS - 1 && (sum += jitter->histogram[bucket]) < (uint32_t)(ONE * QUANTILE))
		bucket++;
	return (bucket + 1) * BUCKET;
}

static void closeInterval(rtc_jitter *jitter)
{
	// The first ones count for more, until there are many.
	float keep = 1 - 2.0f / (float)(jitter->intervals + 2);
	if (keep > FORGET)
		keep = FORGET;
	uint32_t sum = 0, bucket = jitter->slowest / BUCKET;
	for (int i = 0; i < BUCKETS; i++)
		sum += jitter->histogram[i] = (uint32_t)((float)jitter->histogram[i] * keep);
	jitter->histogram[bucket < BUCKETS ? bucket : BUCKETS - 1] += ONE - sum;
	jitter->intervals++;
	jitter->slowest = 0;
	uint32_t target = quantile(jitter);
	jitter->target = target < RTC_JITTER_MINIMUM ? RTC_JITTER_MINIMUM : target;
}

static void measure(rtc_jitter *jitter, int64_t timestamp, uint64_t now)
{
	int64_t transit = (int64_t)now - microseconds(jitter, timestamp);
	if (!jitter->segmentEnd) {
		jitter->segmentEnd = now + SEGMENT;
		jitter->intervalEnd = now + INTERVAL;
	}
	for (int i = 0; i < SEGMENTS && now >= jitter->segmentEnd; i++) {
		jitter->segment = (uint8_t)((jitter->segment + 1) % SEGMENTS);
		jitter->base[jitter->segment] = INT64_MAX;
		jitter->segmentEnd += SEGMENT;
	}
	if (now >= jitter->segmentEnd)
		jitter->segmentEnd = now + SEGMENT;
	if (transit < jitter->base[jitter->segment])
		jitter->base[jitter->segment] = transit;
	int64_t relative = transit - fastest(jitter);
	if (relative > jitter->slowest)
		jitter->slowest = relative < RTC_JITTER_MAXIMUM ? (uint32_t)relative : RTC_JITTER_MAXIMUM;
	if (now >= jitter->intervalEnd) {
		closeInterval(jitter);
		jitter->intervalEnd = now + INTERVAL;
	}
}

// The place of a sequence number among the others; *isThere: it is one of them.
static uint16_t placeOf(const rtc_jitter *jitter, uint32_t sequence, int *isThere)
{
	uint16_t place = jitter->count;
	while (place && (int32_t)(jitter->entries[place - 1].sequence - sequence) >= 0)
		place--;
	*isThere = place < jitter->count && jitter->entries[place].sequence == sequence;
	return place;
}

// A packet whose time is nowhere near that of the others: the sender has another clock now.
static int jumps(const rtc_jitter *jitter, int64_t timestamp)
{
	int64_t distance = microseconds(jitter, timestamp - jitter->newest);
	return distance > LONGEST_JUMP || distance < -LONGEST_JUMP;
}

int rtc_jitter_put(rtc_jitter *jitter, uint32_t sequence, uint32_t timestamp, const void *codec, const uint8_t *payload,
				   size_t size, uint64_t now)
{
	int isThere;
	if (!size || size > RTC_JITTER_PAYLOAD) {
		jitter->statistics.overflowed++;
		return 0;
	}
	int64_t time = jitter->known ? jitter->newest + (int32_t)(timestamp - (uint32_t)jitter->newest) : timestamp;
	if (jitter->known && jumps(jitter, time)) {
		jitter->statistics.resets++;
		rtc_jitter_reset(jitter, jitter->clockRate);
		time = timestamp; // else they add up
	}
	measure(jitter, time, now);
	if (!jitter->known || time > jitter->newest)
		jitter->newest = time;
	jitter->known = 1;
	if (jitter->playing && (int32_t)(sequence - jitter->sequence) <= 0) {
		jitter->statistics.late++;
		return 0;
	}
	uint16_t place = placeOf(jitter, sequence, &isThere);
	if (isThere) {
		jitter->statistics.late++;
		return 0;
	}
	while (jitter->count == RTC_JITTER_PACKETS || jitter->freeBlocks < blocksOf(size)) {
		jitter->statistics.overflowed++;
		if (!place) // it would be the first to go
			return 0;
		removeFirst(jitter);
		place--;
	}
	memmove(jitter->entries + place + 1, jitter->entries + place,
			(size_t)(jitter->count - place) * sizeof jitter->entries[0]);
	jitter->entries[place] = (entry){.sequence = sequence,
									 .size = (uint16_t)size,
									 .block = store(jitter, payload, size),
									 .timestamp = time,
									 .codec = codec,
									 .arrival = now};
	jitter->count++;
	return 1;
}

// By how much the time to play a timestamp has passed.
static int64_t overdue(const rtc_jitter *jitter, int64_t timestamp, uint64_t now)
{
	return (int64_t)now - microseconds(jitter, timestamp) - fastest(jitter) - rtc_jitter_target(jitter);
}

static int begin(rtc_jitter *jitter, uint64_t now)
{
	while (jitter->count > 1 && overdue(jitter, jitter->entries[1].timestamp, now) > (int64_t)STALE) {
		removeFirst(jitter);
		jitter->statistics.skipped++;
	}
	if (!jitter->count || overdue(jitter, jitter->entries[0].timestamp, now) < 0)
		return 0;
	jitter->playing = 1;
	jitter->starved = 0;
	jitter->next = jitter->entries[0].timestamp;
	jitter->sequence = jitter->entries[0].sequence - 1;
	return 1;
}

static void describe(const rtc_jitter *jitter, rtc_jitter_packet *packet, uint8_t *payload)
{
	const entry *first = &jitter->entries[0];
	packet->codec = first->codec;
	packet->size = first->size;
	packet->timestamp = (uint32_t)first->timestamp;
	packet->arrival = first->arrival;
	load(jitter, first, payload);
}

static rtc_jitter_result starve(rtc_jitter *jitter, uint64_t now)
{
	if (!jitter->starved)
		jitter->starvedAt = now;
	if (now - jitter->starvedAt < PATIENCE)
		return RTC_JITTER_STARVED;
	jitter->playing = 0;
	return RTC_JITTER_IDLE;
}

static rtc_jitter_result give(rtc_jitter *jitter, uint64_t now, rtc_jitter_packet *packet, uint8_t *payload)
{
	describe(jitter, packet, payload);
	jitter->next = jitter->entries[0].timestamp;
	jitter->sequence = jitter->entries[0].sequence;
	jitter->starved = 0;
	jitter->statistics.emitted++;
	jitter->statistics.waited += now - jitter->entries[0].arrival;
	removeFirst(jitter);
	return RTC_JITTER_PACKET;
}

rtc_jitter_result rtc_jitter_get(rtc_jitter *jitter, uint64_t now, rtc_jitter_packet *packet, uint8_t *payload)
{
	memset(packet, 0, sizeof *packet);
	if (!jitter->playing && !begin(jitter, now))
		return RTC_JITTER_IDLE;
	if (!jitter->count)
		return starve(jitter, now);
	uint32_t missing = jitter->entries[0].sequence - jitter->sequence - 1;
	int64_t gap = jitter->entries[0].timestamp - jitter->next;
	if (jitter->starved) { // what was concealed meanwhile is not concealed again
		int64_t done = gap < jitter->starved ? gap : jitter->starved;
		jitter->next += done > 0 ? done : 0;
		gap -= done > 0 ? done : 0;
		jitter->starved = 0;
	}
	if (gap <= 0 || microseconds(jitter, gap) > LONGEST_GAP) {
		jitter->statistics.lost += missing;
		return give(jitter, now, packet, payload);
	}
	if (!missing) {
		// Silence is where time can be made up for.
		int64_t excess = rtc_jitter_excess(jitter, now, 0);
		int64_t skip = excess > 0 ? excess * jitter->clockRate / 1000000 : 0;
		if (skip >= gap)
			return give(jitter, now, packet, payload);
		packet->ticks = (uint32_t)(gap - skip < jitter->clockRate / 50 ? gap - skip : jitter->clockRate / 50);
		jitter->next += packet->ticks + skip;
		return RTC_JITTER_PAUSE;
	}
	if (missing == 1)
		describe(jitter, packet, payload);
	uint32_t shortest = jitter->clockRate / SHORTEST, ticks = (uint32_t)(gap / missing);
	packet->ticks = ticks > shortest ? ticks : shortest;
	jitter->next += packet->ticks;
	jitter->sequence++;
	jitter->statistics.lost++;
	return RTC_JITTER_LOST;
}

void rtc_jitter_played(rtc_jitter *jitter, uint32_t ticks)
{
	jitter->next += ticks;
}

void rtc_jitter_concealed(rtc_jitter *jitter, uint32_t ticks)
{
	jitter->starved += ticks;
}

int64_t rtc_jitter_excess(const rtc_jitter *jitter, uint64_t now, uint64_t pending)
{
	int64_t played = jitter->next;
	if (!jitter->playing)
		return 0;
	return overdue(jitter, played, now) + (int64_t)pending;
}

void rtc_jitter_hold(rtc_jitter *jitter, uint32_t microseconds)
{
	jitter->held = microseconds;
}

uint32_t rtc_jitter_target(const rtc_jitter *jitter)
{
	return jitter->target + jitter->held;
}

void rtc_jitter_get_statistics(const rtc_jitter *jitter, rtc_jitter_statistics *statistics)
{
	*statistics = jitter->statistics;
}
