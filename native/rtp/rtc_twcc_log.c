// SPDX-License-Identifier: Apache-2.0
#include "rtc_twcc_log.h"

#include <string.h>
#include "rtc_rtp.h"

#define HEAD 20 // bytes before the chunks: of RTCP, two SSRCs, and the feedback's own
#define RTPFB 205
#define FORMAT 15
#define REFERENCE 64000 // microseconds
#define UNIT 250        // microseconds of a delta
#define VECTOR 7        // symbols of a chunk with two bits each
#define LARGEST_RUN 8191
#define LARGEST_SMALL 255
#define LARGEST_LARGE 32767
enum { LOST, SMALL, LARGE }; // symbols; so many bytes has the delta

static uint32_t *at(rtc_twcc_log *log, uint16_t sequence)
{
	return &log->arrivals[sequence % RTC_TWCC_LOG];
}

static void begin(rtc_twcc_log *log, uint16_t sequence)
{
	memset(log->arrivals, 0, sizeof log->arrivals);
	log->next = log->end = sequence;
	log->started = 1;
}

void rtc_twcc_log_take(rtc_twcc_log *log, uint16_t sequence, uint64_t now)
{
	if (!log->started)
		begin(log, sequence);
	int16_t ahead = (int16_t)(sequence - log->next);
	if (ahead < 0) {
		if (ahead > -RTC_TWCC_LOG)
			return; // told of as lost, or twice
		begin(log, sequence);
	} else if (ahead >= RTC_TWCC_LOG) // more than can be told: only what comes from here on
		begin(log, sequence);
	for (; (int16_t)(sequence - log->end) >= 0; log->end++)
		*at(log, log->end) = 0;
	uint32_t time = (uint32_t)(now / UNIT);
	if (!*at(log, sequence))
		*at(log, sequence) = time ? time : 1;
	if (!log->due)
		log->due = now + RTC_TWCC_INTERVAL;
	if ((uint16_t)(log->end - log->next) > RTC_TWCC_LOG / 2) // before there is no room
		log->due = now;
}

// What is being written.
typedef struct {
	uint16_t count;
	uint8_t symbols[RTC_TWCC_LOG];
	int16_t deltas[RTC_TWCC_LOG];
	size_t deltaBytes;
} summary;

// As many as fit: each chunk of two bytes is good for seven at least.
static void sum(rtc_twcc_log *log, summary *told, size_t capacity, uint64_t now, int64_t *reference)
{
	int64_t before = -1, today = (int64_t)(now / UNIT); // in units
	told->count = 0;
	told->deltaBytes = 0;
	for (uint16_t sequence = log->next; sequence != log->end; sequence++) {
		uint32_t arrival = *at(log, sequence);
		int64_t time = today + (int32_t)(arrival - (uint32_t)today), delta = 0;
		if (arrival) {
			if (before < 0) {
				*reference = time / (REFERENCE / UNIT);
				before = *reference * (REFERENCE / UNIT);
			}
			delta = time - before;
		}
		uint8_t symbol = !arrival ? LOST : delta >= 0 && delta <= LARGEST_SMALL ? SMALL : LARGE;
		size_t size = HEAD + 2u * ((size_t)told->count / VECTOR + 1) + told->deltaBytes + symbol;
		if (delta > LARGEST_LARGE || delta < -LARGEST_LARGE || ((size + 3) & ~(size_t)3) > capacity)
			return;
		told->symbols[told->count] = symbol;
		told->deltas[told->count++] = (int16_t)delta;
		told->deltaBytes += symbol;
		if (arrival)
			before = time;
	}
}

static uint16_t runOf(const summary *told, uint16_t from)
{
	uint16_t length = 1;
	while (from + length < told->count && length < LARGEST_RUN && told->symbols[from + length] == told->symbols[from])
		length++;
	return length;
}

static size_t writeChunks(const summary *told, uint8_t *buffer)
{
	size_t size = 0;
	for (uint16_t from = 0; from < told->count; size += 2) {
		uint16_t run = runOf(told, from), chunk = (uint16_t)(told->symbols[from] << 13 | run);
		if (run < VECTOR && from + run < told->count) {
			chunk = 0xc000;
			for (run = 0; run < VECTOR && from + run < told->count; run++)
				chunk |= (uint16_t)(told->symbols[from + run] << (2 * (VECTOR - 1 - run)));
		}
		rtc_rtp_put16(buffer + size, chunk);
		from = (uint16_t)(from + run);
	}
	return size;
}

static size_t writeDeltas(const summary *told, uint8_t *buffer)
{
	size_t size = 0;
	for (uint16_t i = 0; i < told->count; i++) {
		if (told->symbols[i] == SMALL)
			buffer[size] = (uint8_t)told->deltas[i];
		else if (told->symbols[i] == LARGE)
			rtc_rtp_put16(buffer + size, (uint16_t)told->deltas[i]);
		size += told->symbols[i];
	}
	return size;
}

size_t rtc_twcc_log_write(rtc_twcc_log *log, uint8_t *buffer, size_t capacity, uint32_t ssrc, uint32_t media,
						  uint64_t now)
{
	if (!log->due || now < log->due || capacity < 64)
		return 0;
	summary told;
	int64_t reference = 0;
	sum(log, &told, capacity, now, &reference);
	if (!told.count) { // nothing that can be told
		log->due = 0;
		return 0;
	}
	rtc_rtp_put32(buffer + 4, ssrc);
	rtc_rtp_put32(buffer + 8, media);
	rtc_rtp_put16(buffer + 12, log->next);
	rtc_rtp_put16(buffer + 14, told.count);
	rtc_rtp_put32(buffer + 16, (uint32_t)reference << 8 | log->number++);
	size_t size = HEAD;
	size += writeChunks(&told, buffer + size);
	size += writeDeltas(&told, buffer + size);
	while (size % 4)
		buffer[size++] = 0;
	buffer[0] = 0x80 | FORMAT;
	buffer[1] = RTPFB;
	rtc_rtp_put16(buffer + 2, (uint16_t)(size / 4 - 1));
	log->next = (uint16_t)(log->next + told.count);
	log->due = log->next == log->end ? 0 : now;
	return size;
}
