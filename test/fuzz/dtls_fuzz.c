// SPDX-License-Identifier: Apache-2.0
// Two associations in virtual time, on one thread, over a network that the input makes bad: each byte says what becomes
// of the next datagram. The first byte chooses: bit 0, whether bytes may be changed on the way; bit 1, whether the
// client expects another certificate; bit 2, whether datagrams of the input's own come first.
// What may never happen: keys for the wrong certificate; a handshake that fails for loss, doubling or reordering alone.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_dtls_session.h"
#include "rtc_port.h"

#define DATAGRAM_MAXIMUM 1500
#define IN_FLIGHT 64
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

struct rtc_path {
	int side;
	rtc_path_handler handler;
	void *context;
};

typedef struct {
	int to;
	size_t size;
	uint8_t data[DATAGRAM_MAXIMUM];
} flying;

static uint64_t now, start;
static uint32_t seed;
static struct rtc_path paths[2];
static flying network[IN_FLIGHT];
static size_t inFlight;
static const uint8_t *script;
static size_t scriptSize, decided;
static int mayChange;

// The port, the path and the worker, without threads.

uint64_t rtc_now(void)
{
	return now;
}

int rtc_random(void *buffer, size_t size)
{
	for (uint8_t *bytes = buffer; size; size--)
		*bytes++ = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
	return 0;
}

void *rtc_calloc(size_t count, size_t size)
{
	return calloc(count, size);
}

void rtc_free(void *memory)
{
	free(memory);
}

void rtc_wipe(void *memory, size_t size)
{
	memset(memory, 0, size);
}

rtc_path *rtc_path_retain(rtc_path *path)
{
	return path;
}

void rtc_path_release(rtc_path *path)
{
	(void)path;
}

void rtc_path_set_srtp(rtc_path *path, rtc_path_srtp_handler handler, void *context)
{
	(void)path, (void)handler, (void)context;
}

rtc_transmit *rtc_path_begin(rtc_path *path)
{
	(void)path;
	return NULL;
}

uint8_t *rtc_transmit_buffer(rtc_transmit *transmit)
{
	(void)transmit;
	return NULL;
}

void rtc_transmit_commit(rtc_transmit *transmit, size_t size)
{
	(void)transmit, (void)size;
}

uint32_t rtc_transmit_end(rtc_transmit *transmit)
{
	(void)transmit;
	return 0;
}

void rtc_path_set_dtls(rtc_path *path, rtc_path_handler handler, void *context)
{
	path->handler = handler;
	path->context = context;
}

int rtc_dtls_worker_add(rtc_dtls_task *task)
{
	task->time = 0;
	return 0;
}

void rtc_dtls_worker_wake(rtc_dtls_task *task)
{
	task->time = now;
}

void rtc_dtls_worker_remove(rtc_dtls_task *task)
{
	(void)task;
}

static uint8_t nextByte(void)
{
	if (!scriptSize || decided >= CHAOS || now - start >= CHAOS_TIME)
		return 0;
	decided++;
	scriptSize--;
	return *script++;
}

static void fly(int to, const uint8_t *data, size_t size, size_t place)
{
	if (inFlight == IN_FLIGHT || size > DATAGRAM_MAXIMUM)
		return;
	if (place > inFlight)
		place = inFlight;
	memmove(&network[place + 1], &network[place], (inFlight - place) * sizeof network[0]);
	network[place].to = to;
	network[place].size = size;
	memcpy(network[place].data, data, size);
	inFlight++;
}

// 0 … 127: it arrives. Then: lost, twice, before others, changed.
int rtc_path_send(rtc_path *path, const uint8_t *data, size_t size)
{
	uint8_t fate = nextByte();
	if (fate < 128) {
		fly(!path->side, data, size, inFlight);
	} else if (fate < 160) {
		return 0;
	} else if (fate < 192) {
		fly(!path->side, data, size, inFlight);
		fly(!path->side, data, size, inFlight);
	} else if (fate < 224 || !mayChange) {
		fly(!path->side, data, size, 0);
	} else {
		uint8_t copy[DATAGRAM_MAXIMUM];
		size_t place = ((size_t)nextByte() << 8 | nextByte()) % size;
		memcpy(copy, data, size);
		copy[place] ^= (uint8_t)(nextByte() | 1);
		fly(!path->side, copy, fate & 1 ? size : place, inFlight);
	}
	return 0;
}

static void arrive(void)
{
	flying it = network[0];
	inFlight--;
	memmove(&network[0], &network[1], inFlight * sizeof network[0]);
	if (paths[it.to].handler)
		(*paths[it.to].handler)(paths[it.to].context, it.data, it.size);
}

static void runUntil(rtc_dtls *ends[2], uint64_t end)
{
	while (now <= end) {
		uint64_t next = UINT64_MAX;
		for (int i = 0; i < 2; i++) {
			if (ends[i]->task.time <= now) {
				ends[i]->task.time = UINT64_MAX; // as the worker: what wakes it meanwhile counts
				uint64_t time = (*ends[i]->task.run)(&ends[i]->task);
				if (time < ends[i]->task.time)
					ends[i]->task.time = time;
			}
			if (ends[i]->task.time < next)
				next = ends[i]->task.time;
		}
		if (inFlight) {
			now += 100;
			arrive();
		} else if (next == UINT64_MAX) {
			return;
		} else if (next > now) {
			now = next;
		}
	}
}

static rtc_dtls *openEnd(int side, rtc_srtp *srtp, rtc_certificate *certificates[2], int wrong)
{
	int error;
	rtc_dtls_options options = {.path = &paths[side], .srtp = srtp, .certificate = certificates[side]};
	options.isClient = side == 0;
	options.timeout = PATIENCE;
	options.fingerprintCount = 1;
	strcpy(options.fingerprints[0].algorithm, "sha-256");
	options.fingerprints[0].size = RTC_FINGERPRINT_SIZE;
	memcpy(options.fingerprints[0].value, rtc_certificate_fingerprint(certificates[!side]), RTC_FINGERPRINT_SIZE);
	options.fingerprints[0].value[5] ^= (uint8_t)wrong;
	rtc_dtls *dtls = rtc_dtls_new(&options, &error);
	CHECK(dtls);
	return dtls;
}

// Datagrams out of the input, each behind its size in a byte.
static void inject(void)
{
	for (int i = 0; i < 8 && scriptSize > 1; i++) {
		size_t size = script[0] < scriptSize - 1 ? script[0] : scriptSize - 1;
		fly(i & 1, script + 1, size, inFlight);
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
	now = start = 1000000;
	seed = 1;
	inFlight = decided = 0;
	script = data + (size != 0);
	scriptSize = size - (size != 0);
	mayChange = flags & 1;
	for (int i = 0; i < 2; i++) {
		paths[i] = (struct rtc_path){.side = i};
		srtp[i] = rtc_srtp_new(&paths[i], &error);
		ends[i] = openEnd(i, srtp[i], certificates, (flags & 2) && i == 0);
	}
	for (int i = 0; i < 2; i++)
		CHECK(!rtc_dtls_start(ends[i]));
	if (flags & 4)
		inject();
	runUntil(ends, now + (uint64_t)(PATIENCE + 1000) * 1000);
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
