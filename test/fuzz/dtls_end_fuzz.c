// SPDX-License-Identifier: Apache-2.0
// One end of an association against what its peer would send: a handshake is recorded once, and each input edits it. As
// nothing here is random, and time is virtual, an input that changes nothing connects; this is far faster than both
// ends. The first byte's bit 0 chooses the side (0: client), bit 1 whether what is left of the record follows the
// input. Then steps, of which the lower three bits say what becomes of the next recorded datagram, the upper ones how
// much:
//   0, 1  it arrives                                     4  a datagram of the input's own: two bytes of size, and it
//   2     with bytes changed: place (two bytes), what    5  it is lost
//   3     cut off (two bytes)                            6  an earlier one arrives again     7  time passes
// What may never happen: an end that neither connects nor fails in its time; keys after a change of what is signed.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "dtls_world.h"

#define PATIENCE 20000 // milliseconds of virtual time
#define RECORDED 16
#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

typedef struct {
	size_t size;
	uint8_t data[WORLD_DATAGRAM];
} datagram;

static rtc_certificate *certificates[2];
static datagram recorded[2][RECORDED]; // by whom they reach
static size_t recordedCount[2];
static int isRecording;

static void recordAndSend(int from, const uint8_t *data, size_t size)
{
	if (!isRecording)
		return;
	CHECK(recordedCount[!from] < RECORDED && size <= WORLD_DATAGRAM);
	datagram *it = &recorded[!from][recordedCount[!from]++];
	it->size = size;
	memcpy(it->data, data, size);
	world_fly(!from, data, size, WORLD_LAST);
}

static void swallow(int from, const uint8_t *data, size_t size)
{
	(void)from, (void)data, (void)size;
}

static rtc_dtls *open(int side, rtc_srtp **srtp)
{
	int error;
	*srtp = rtc_srtp_new(world_path(side), &error);
	rtc_dtls_options options = world_options(side, *srtp, certificates, PATIENCE, 0);
	rtc_dtls *dtls = rtc_dtls_new(&options, &error);
	CHECK(dtls);
	return dtls;
}

static void recordHandshake(void)
{
	rtc_srtp *srtp[2];
	rtc_dtls *ends[2];
	recordedCount[0] = recordedCount[1] = 0;
	isRecording = 1;
	world_reset(recordAndSend);
	for (int side = 0; side < 2; side++)
		ends[side] = open(side, &srtp[side]);
	for (int side = 1; side >= 0; side--)
		CHECK(!rtc_dtls_start(ends[side], 0));
	world_run(ends, worldNow + 10000000);
	isRecording = 0; // they say that they close
	for (int side = 0; side < 2; side++) {
		CHECK(rtc_dtls_get_state(ends[side]) == RTC_DTLS_CONNECTED);
		rtc_dtls_close(ends[side]);
		rtc_srtp_release(srtp[side]);
	}
}

typedef struct {
	const uint8_t *data;
	size_t size;
} input;

static uint8_t byte(input *it)
{
	if (!it->size)
		return 0;
	it->size--;
	return *it->data++;
}

static size_t word(input *it)
{
	size_t high = byte(it);
	return high << 8 | byte(it);
}

typedef struct {
	rtc_dtls *ends[2];
	int side;
	size_t next; // of those recorded
	int changed;
} session;

static void arrive(session *it, const uint8_t *data, size_t size)
{
	world_fly(it->side, data, size, WORLD_LAST);
	world_run(it->ends, worldNow + 1000);
}

static void change(session *it, datagram copy, uint8_t step, input *script)
{
	for (int i = 0; i <= step >> 6 && copy.size; i++) {
		size_t place = word(script) % copy.size;
		uint8_t what = byte(script);
		copy.data[place] ^= what;
	}
	it->changed = 1;
	arrive(it, copy.data, copy.size);
}

static void insert(session *it, input *script)
{
	size_t size = word(script) % (WORLD_DATAGRAM + 1);
	if (size > script->size)
		size = script->size;
	it->changed = 1;
	arrive(it, script->data, size);
	script->data += size;
	script->size -= size;
}

static void take(session *it, input *script)
{
	uint8_t step = byte(script);
	const datagram *all = recorded[it->side];
	const datagram *next = it->next < recordedCount[it->side] ? &all[it->next] : NULL;
	switch (step & 7) {
	case 2:
		if (next)
			change(it, *next, step, script);
		break;
	case 3: {
		size_t size = word(script);
		if (next)
			arrive(it, next->data, size < next->size ? size : next->size);
		break;
	}
	case 4:
		insert(it, script);
		return;
	case 5:
		break;
	case 6:
		if (it->next)
			arrive(it, all[(step >> 3) % it->next].data, all[(step >> 3) % it->next].size);
		return;
	case 7:
		world_run(it->ends, worldNow + (step >> 3) * 50000u);
		return;
	default:
		if (next)
			arrive(it, next->data, next->size);
	}
	it->next += next != NULL;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int error;
	(void)argc, (void)argv;
	world_reset(NULL);
	for (int side = 0; side < 2; side++)
		certificates[side] = rtc_certificate_generate(&error);
	recordHandshake(); // the first makes tables, with random numbers of its own
	recordHandshake();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input script = {data, size};
	uint8_t flags = byte(&script);
	rtc_srtp *srtp;
	session it = {.side = flags & 1};
	world_reset(swallow);
	it.ends[it.side] = open(it.side, &srtp);
	CHECK(!rtc_dtls_start(it.ends[it.side], 0));
	world_run(it.ends, worldNow + 1000);
	int whole = !script.size && (flags & 2);
	while (script.size)
		take(&it, &script);
	while ((flags & 2) && it.next < recordedCount[it.side]) {
		arrive(&it, recorded[it.side][it.next].data, recorded[it.side][it.next].size);
		it.next++;
	}
	rtc_dtls_state state = rtc_dtls_get_state(it.ends[it.side]);
	CHECK(!whole || state == RTC_DTLS_CONNECTED);
	if (state == RTC_DTLS_CONNECTING)
		world_run(it.ends, worldNow + (uint64_t)(PATIENCE + 1000) * 1000);
	state = rtc_dtls_get_state(it.ends[it.side]);
	CHECK(state != RTC_DTLS_NEW && state != RTC_DTLS_CONNECTING);
	CHECK(state != RTC_DTLS_CONNECTED || rtc_srtp_ready(srtp));
	rtc_dtls_close(it.ends[it.side]);
	rtc_srtp_release(srtp);
	return 0;
}
