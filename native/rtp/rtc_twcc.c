// SPDX-License-Identifier: Apache-2.0
#include "rtc_twcc.h"

#include <string.h>
#include "rtc_rtp.h"

enum { LOST, SMALL, LARGE, RESERVED }; // symbols; small deltas have a byte, large ones two
#define HEAD 8

// Opens the chunk at `chunk`. Returns how many packets it is about, of at most `left`.
static uint16_t openChunk(rtc_twcc_reader *reader, uint16_t left)
{
	uint16_t chunk = rtc_rtp_get16(reader->chunk);
	reader->chunk += 2;
	uint16_t symbols;
	if (!(chunk & 0x8000)) { // a run
		reader->width = 0;
		reader->run = chunk >> 13 & 3;
		symbols = chunk & 0x1fff;
	} else {
		reader->width = chunk & 0x4000 ? 2 : 1;
		symbols = chunk & 0x4000 ? 7 : 14;
		reader->bits = (uint16_t)(chunk << 2);
	}
	return reader->symbols = symbols < left ? symbols : left;
}

static uint8_t nextSymbol(rtc_twcc_reader *reader)
{
	uint8_t symbol = reader->run;
	if (reader->width) {
		symbol = (uint8_t)(reader->bits >> (16 - reader->width));
		reader->bits = (uint16_t)(reader->bits << reader->width);
	}
	reader->symbols--;
	return symbol;
}

// Walks over all symbols: adds up the bytes of their deltas. Returns -1 for what does not fit.
static int measure(rtc_twcc_reader walk, const uint8_t *end, const uint8_t **deltas)
{
	size_t bytes = 0;
	for (uint16_t left = walk.count; left;) {
		if (end - walk.chunk < 2)
			return -1;
		uint16_t symbols = openChunk(&walk, left);
		if (!symbols) // an empty run: there is no end to them
			return -1;
		left = (uint16_t)(left - symbols);
		while (walk.symbols) {
			uint8_t symbol = nextSymbol(&walk);
			if (symbol == RESERVED)
				return -1;
			bytes += symbol;
		}
	}
	*deltas = walk.chunk;
	return bytes > (size_t)(end - walk.chunk) ? -1 : 0;
}

int rtc_twcc_begin(rtc_twcc_reader *reader, const uint8_t *body, size_t size)
{
	memset(reader, 0, sizeof *reader);
	if (size < HEAD + 2)
		return -1;
	reader->base = rtc_rtp_get16(body);
	reader->count = rtc_rtp_get16(body + 2);
	if (!reader->count || reader->count > RTC_TWCC_PACKETS)
		return -1;
	uint32_t time = rtc_rtp_get32(body + 4) >> 8;
	reader->reference = time & 0x800000 ? (int32_t)time - 0x1000000 : (int32_t)time;
	reader->number = body[7];
	reader->chunk = body + HEAD;
	return measure(*reader, body + size, &reader->delta);
}

int rtc_twcc_next(rtc_twcc_reader *reader, rtc_twcc_packet *packet)
{
	if (reader->index == reader->count)
		return 0;
	if (!reader->symbols)
		openChunk(reader, (uint16_t)(reader->count - reader->index));
	uint8_t symbol = nextSymbol(reader);
	packet->sequence = (uint16_t)(reader->base + reader->index++);
	packet->received = symbol != LOST;
	packet->delta = 0;
	if (symbol == SMALL)
		packet->delta = *reader->delta;
	else if (symbol == LARGE)
		packet->delta = (int16_t)rtc_rtp_get16(reader->delta);
	reader->delta += symbol;
	return 1;
}
