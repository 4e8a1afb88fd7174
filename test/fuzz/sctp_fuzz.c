// SPDX-License-Identifier: Apache-2.0
// One association against what its peer would send. Its real peer shakes hands, then is cut off, and the input speaks
// in its place. The first byte: bit 0 small bounds, bit 1 messages come in chunks, bit 2 the input speaks before the
// handshake, bit 3 what the application reads, it reads late. Then steps, of which the lower three bits say:
//   0  a packet: two bytes of size, and its chunks. The common header is made for it, and what counts from a first TSN
//      or number of a request counts from 0 in the input (RFC 9260 sections 3.3.1 and 3.3.4, RFC 3758, RFC 6525)
//   1  a packet as it stands, with its header: likewise
//   2  time passes: a byte, hundredths of a second
//   3  the application sends: stream, size (two bytes), kind
//   4  it opens a stream: stream, order and policy, its value
//   5  it closes a stream: stream
//   6  it reads what there is
//   7  DTLS ends; or, unless its upper bits are 0, a message of so many times 2 KB comes in fragments: stream, kind,
//   and
//      what it lacks (bit 0 its beginning, bit 1 its end, bit 2 one in its midst), by the TSNs that follow the last one
// What may never happen: a message or chunk beyond its bound, an event after the end, more waiting than was said.
#include <stdlib.h>
#include <string.h>
#include "rtc_utf8.h"
#include "sctp_world.h"

#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

enum { SMALL = 1, CHUNKS = 2, EARLY = 4, LATE = 8 };
static const uint32_t kinds[] = {RTC_SCTP_DCEP, RTC_SCTP_STRING, RTC_SCTP_BINARY, RTC_SCTP_BINARY_EMPTY};

typedef struct {
	const uint8_t *data;
	size_t size;
} input;

typedef struct {
	rtc_sctp *sctp;
	uint8_t flags;
	int isDown;
	int isInside[256]; // of a message that comes in chunks
	uint32_t largest;
} session;

static uint32_t nextTsn; // after the last DATA, counted from 0

static uint8_t byte(input *it)
{
	if (!it->size)
		return 0;
	it->size--;
	return *it->data++;
}

static size_t pair(input *it)
{
	size_t high = byte(it);
	return high << 8 | byte(it);
}

static void add(uint8_t *field, uint32_t base)
{
	uint32_t value = base + ((uint32_t)field[0] << 24 | (uint32_t)field[1] << 16 | (uint32_t)field[2] << 8 | field[3]);
	for (int i = 3; i >= 0; i--, value >>= 8)
		field[i] = (uint8_t)value;
}

// Parameters of RE-CONFIG (RFC 6525 section 4): numbers of requests count from the first TSN of who asks.
static void addToRequests(uint8_t *data, size_t size, uint32_t peers, uint32_t own)
{
	for (size_t place = 4; place + 8 <= size;) {
		size_t length = (size_t)data[place + 2] << 8 | data[place + 3];
		uint8_t type = data[place + 1];
		if (data[place] == 0 && type == 16) // a response: to us
			add(data + place + 4, own);
		else if (data[place] == 0)
			add(data + place + 4, peers);
		if (data[place] == 0 && type == 13 && place + 16 <= size) {
			add(data + place + 8, own);
			add(data + place + 12, peers);
		}
		if (length < 4)
			break;
		place += (length + 3) & ~(size_t)3;
	}
}

// Numbers count from the first ones.
static void addToChunks(uint8_t *packet, size_t size)
{
	uint32_t own = sctp_world_identity_of(0).firstTsn, peers = sctp_world_identity_of(1).firstTsn;
	for (size_t place = 12; place + 4 <= size;) {
		size_t length = (size_t)packet[place + 2] << 8 | packet[place + 3];
		size_t left = size - place;
		switch (packet[place]) {
		case 0: // DATA
			if (left >= 8)
				nextTsn = 1 + ((uint32_t)packet[place + 4] << 24 | (uint32_t)packet[place + 5] << 16 |
							   (uint32_t)packet[place + 6] << 8 | packet[place + 7]);
			// fall through
		case 64:  // I-DATA
		case 192: // FORWARD-TSN
		case 194: // I-FORWARD-TSN
			if (left >= 8)
				add(packet + place + 4, peers);
			break;
		case 3: // SACK
			if (left >= 8)
				add(packet + place + 4, own);
			break;
		case 130: // RE-CONFIG
			addToRequests(packet + place, left < length ? left : length, peers, own);
			break;
		}
		if (length < 4)
			break;
		place += (length + 3) & ~(size_t)3;
	}
}

static void arrive(input *script, int isWhole)
{
	uint8_t packet[RTC_DTLS_PLAIN] = {5000 >> 8, 5000 & 255, 5000 >> 8, 5000 & 255};
	size_t head = isWhole ? 0 : 12, size = pair(script);
	if (size > script->size)
		size = script->size;
	if (size > sizeof packet - head)
		size = sizeof packet - head;
	memcpy(packet + head, script->data, size);
	script->data += size;
	script->size -= size;
	size += head;
	if (!isWhole && (size < 13 || packet[12] != 1)) // an INIT's tag is 0
		add(packet + 4, sctp_world_identity_of(0).tag);
	addToChunks(packet, size);
	sctp_world_arrive(0, packet, size);
	sctp_world_run(1);
}

static void fragments(input *script, unsigned count)
{
	enum { SIZE = 1024, BEGINNING = 2, END = 1 };
	uint8_t packet[12 + 16 + SIZE] = {5000 >> 8, 5000 & 255, 5000 >> 8, 5000 & 255};
	uint8_t *chunk = packet + 12;
	uint8_t stream = byte(script);
	uint32_t ppid = kinds[byte(script) & 3];
	uint8_t lacks = byte(script);
	uint32_t tsn = nextTsn;
	add(packet + 4, sctp_world_identity_of(0).tag);
	for (unsigned i = 0; i < count; i++, tsn++) {
		int isBeginning = i == 0 && !(lacks & 1), isEnd = i == count - 1 && !(lacks & 2);
		memset(chunk, 0, 16);
		memset(chunk + 16, 'x', SIZE);
		chunk[1] = (uint8_t)((isBeginning ? BEGINNING : 0) | (isEnd ? END : 0));
		chunk[2] = (16 + SIZE) >> 8;
		chunk[3] = (16 + SIZE) & 255;
		add(chunk + 4, tsn);
		chunk[9] = stream;
		chunk[11] = lacks >> 3; // its sequence number in the stream
		add(chunk + 12, ppid);
		addToChunks(packet, sizeof packet);
		if (!(lacks & 4) || i != count / 2)
			sctp_world_arrive(0, packet, sizeof packet);
		sctp_world_run(1);
	}
	nextTsn = tsn;
}

static void checkText(const rtc_sctp_event *event)
{
	size_t size = rtc_utf8_to_xs(event->data, event->size, NULL);
	uint8_t *text = malloc(size + 1);
	CHECK(text);
	CHECK(rtc_utf8_to_xs(event->data, event->size, text) == size);
	CHECK(!memchr(text, 0, size));
	size_t back = rtc_utf8_from_xs(text, size, NULL);
	uint8_t *again = malloc(back + 1);
	CHECK(again);
	CHECK(rtc_utf8_from_xs(text, size, again) == back);
	CHECK(rtc_utf8_to_xs(again, back, NULL) == size); // all that is wrong has been replaced
	free(text);
	free(again);
}

static void checkMessage(session *it, const rtc_sctp_event *event)
{
	int *isInside = event->stream < 256 ? &it->isInside[event->stream] : NULL;
	CHECK(event->size <= it->largest);
	CHECK((event->isFirst && event->isLast) || event->size <= RTC_SCTP_CHUNK);
	if (isInside) {
		CHECK(event->isFirst || *isInside);
		*isInside = !event->isLast;
	}
	if (event->ppid == RTC_SCTP_STRING)
		checkText(event);
}

static void readAll(session *it)
{
	rtc_sctp_event *event;
	while ((event = rtc_sctp_read(it->sctp, UINT32_MAX))) {
		if (event->type != RTC_SCTP_EVENT_SENT)
			CHECK(!it->isDown);
		if (event->type == RTC_SCTP_EVENT_DOWN)
			it->isDown = 1;
		if (event->type == RTC_SCTP_EVENT_MESSAGE)
			checkMessage(it, event);
		rtc_free(event);
	}
}

static void openStream(session *it, input *script)
{
	uint16_t stream = byte(script);
	uint8_t how = byte(script);
	rtc_sctp_channel_options options = {.unordered = how & 1, .policy = (how >> 1) % 3, .value = byte(script)};
	options.chunks = (it->flags & CHUNKS) != 0;
	(void)rtc_sctp_open(it->sctp, stream, &options);
	if (how & 0x80)
		(void)rtc_sctp_acknowledge(it->sctp, stream);
}

static void sendMessage(session *it, input *script)
{
	static const uint8_t zeros[65536];
	uint16_t stream = byte(script);
	uint32_t size = (uint32_t)pair(script);
	(void)rtc_sctp_send(it->sctp, stream, kinds[byte(script) & 3], zeros, size);
}

static void take(session *it, input *script)
{
	uint8_t step = byte(script);
	switch (step & 7) {
	case 0:
	case 1:
		arrive(script, step & 1);
		break;
	case 2:
		sctp_world_run(byte(script) * 10000u);
		break;
	case 3:
		sendMessage(it, script);
		break;
	case 4:
		openStream(it, script);
		break;
	case 5:
		(void)rtc_sctp_close_stream(it->sctp, byte(script));
		break;
	case 6:
		readAll(it);
		break;
	case 7:
		if (step >> 3)
			fragments(script, 2u * (step >> 3));
		else
			sctp_world_disconnect(0);
		break;
	}
	if (!(it->flags & LATE))
		readAll(it);
	rtc_sctp_statistics statistics;
	rtc_sctp_get_statistics(it->sctp, &statistics);
	CHECK(rtc_sctp_queued(it->sctp) <= (it->flags & SMALL ? 8192 + 2048 : 65536 + 16384));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input script = {data, size};
	session it = {.flags = byte(&script)};
	nextTsn = 0;
	int error, isSmall = it.flags & SMALL;
	const rtc_sctp_options options = {.port = 5000,
									  .streams = 64,
									  .window = isSmall ? 8192 : 65536,
									  .sendQueue = isSmall ? 8192 : 65536,
									  .receiveQueue = isSmall ? 4096 : 65536,
									  .largest = it.largest = isSmall ? 6000 : 65536};
	it.sctp = sctp_world_open(0, &options, &error);
	rtc_sctp *peer = sctp_world_open(1, &options, &error);
	CHECK(it.sctp && peer);
	CHECK(!rtc_sctp_start(it.sctp, 5000));
	sctp_world_run(1);
	if (!(it.flags & EARLY)) {
		CHECK(!rtc_sctp_start(peer, 5000));
		sctp_world_run(5000);
		CHECK(rtc_sctp_queued(it.sctp) == 0);
		rtc_sctp_event *up = rtc_sctp_read(it.sctp, UINT32_MAX);
		CHECK(up && up->type == RTC_SCTP_EVENT_UP && up->stream == 64);
		rtc_free(up);
		sctp_world_close(1);
	}
	sctp_world_cut(1);
	while (script.size)
		take(&it, &script);
	sctp_world_run(100000);
	readAll(&it);
	sctp_world_close(0);
	sctp_world_close(1);
	return 0;
}
