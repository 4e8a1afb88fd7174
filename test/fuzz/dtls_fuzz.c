// SPDX-License-Identifier: Apache-2.0
// Two associations in virtual time, on one thread, over a network that the input makes bad: each byte says what becomes
// of the next datagram. The first byte chooses: bit 0, whether bytes may be changed on the way; bit 1, whether the
// client expects another certificate; bit 2, whether datagrams of the input's own come first.
// What may never happen: keys for the wrong certificate; a handshake that fails for loss, doubling or reordering alone.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "dtls_world.h"

#define PATIENCE 30000 // milliseconds of virtual time
// The input decides over so many datagrams at most, and for half of the time that a handshake has: one that loses
// everything for all of it rightly fails.
#define CHAOS 200
#define CHAOS_TIME (PATIENCE / 2 * 1000u) // microseconds
#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

static uint64_t start;
static const uint8_t *script;
static size_t scriptSize, decided;
static int mayChange;

static uint8_t nextByte(void)
{
	if (!scriptSize || decided >= CHAOS || worldNow - start >= CHAOS_TIME)
		return 0;
	decided++;
	scriptSize--;
	return *script++;
}

// 0 … 127: it arrives. Then: lost, twice, before others, changed.
static void send(int from, const uint8_t *data, size_t size)
{
	uint8_t fate = nextByte();
	if (fate < 128) {
		world_fly(!from, data, size, WORLD_LAST);
	} else if (fate < 160) {
		return;
	} else if (fate < 192) {
		world_fly(!from, data, size, WORLD_LAST);
		world_fly(!from, data, size, WORLD_LAST);
	} else if (fate < 224 || !mayChange) {
		world_fly(!from, data, size, 0);
	} else {
		uint8_t copy[WORLD_DATAGRAM];
		size_t place = ((size_t)nextByte() << 8 | nextByte()) % size;
		memcpy(copy, data, size);
		copy[place] ^= (uint8_t)(nextByte() | 1);
		world_fly(!from, copy, fate & 1 ? size : place, WORLD_LAST);
	}
}

static rtc_dtls *openEnd(int side, rtc_srtp *srtp, rtc_certificate *certificates[2], int wrong)
{
	int error;
	rtc_dtls_options options = world_options(side, srtp, certificates, PATIENCE, wrong);
	rtc_dtls *dtls = rtc_dtls_new(&options, &error);
	CHECK(dtls);
	return dtls;
}

// Datagrams out of the input, each behind its size in a byte.
static void inject(void)
{
	for (int i = 0; i < 8 && scriptSize > 1; i++) {
		size_t size = script[0] < scriptSize - 1 ? script[0] : scriptSize - 1;
		world_fly(i & 1, script + 1, size, WORLD_LAST);
		script += 1 + size;
		scriptSize -= 1 + size;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static rtc_certificate *certificates[2];
	rtc_srtp *srtp[2];
	rtc_dtls *ends[2];
	int error, flags = size ? data[0] : 0;
	if (!certificates[0])
		for (int i = 0; i < 2; i++)
			certificates[i] = rtc_certificate_generate(&error);
	world_reset(send);
	start = worldNow;
	decided = 0;
	script = data + (size != 0);
	scriptSize = size - (size != 0);
	mayChange = flags & 1;
	for (int i = 0; i < 2; i++) {
		srtp[i] = rtc_srtp_new(world_path(i), &error);
		ends[i] = openEnd(i, srtp[i], certificates, (flags & 2) && i == 0);
	}
	for (int i = 0; i < 2; i++)
		CHECK(!rtc_dtls_start(ends[i], 0));
	if (flags & 4)
		inject();
	world_run(ends, worldNow + (uint64_t)(PATIENCE + 1000) * 1000);
	for (int i = 0; i < 2; i++) {
		rtc_dtls_state state = rtc_dtls_get_state(ends[i]);
		CHECK(state != RTC_DTLS_NEW && state != RTC_DTLS_CONNECTING);
		if (flags & 2)
			CHECK(!rtc_srtp_ready(srtp[i]));
		else if (!(flags & 5))
			CHECK(state == RTC_DTLS_CONNECTED);
	}
	if (rtc_srtp_ready(srtp[0]) && rtc_srtp_ready(srtp[1]))
		CHECK(!memcmp(rtc_dtls_cipher_suite(ends[0]), "TLS_", 4));
	for (int i = 0; i < 2; i++) {
		rtc_dtls_close(ends[i]);
		rtc_srtp_release(srtp[i]);
	}
	return 0;
}
