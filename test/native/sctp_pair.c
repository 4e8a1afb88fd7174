// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rtc_port.h"
#include "sctp_pair.h"

#define PATIENCE 30000 // milliseconds
#define TSNS 65536     // that are remembered
#define HELD 8

typedef struct {
	rtc_transport *transport;
	rtc_path *path;
	rtc_dtls *dtls;
	rtc_sctp *sctp;
	uint64_t sent;
	// Of the wire, guarded by `lock`:
	uint32_t random;
	sctp_wire wire;
	int knowsFirst;
	uint32_t firstTsn;
	uint8_t seen[TSNS / 8];
	size_t heldSize; // a packet that is let go after others
	int heldFor;
	uint8_t held[RTC_DTLS_PAYLOAD];
} side;

struct sctp_pair {
	sctp_pair_options options;
	side sides[2];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sctp_pair *current;

int __real_rtc_dtls_write(rtc_dtls *dtls, const uint8_t *data, size_t size);
int __wrap_rtc_dtls_write(rtc_dtls *dtls, const uint8_t *data, size_t size);

static int chance(side *it, int percent)
{
	it->random ^= it->random << 13;
	it->random ^= it->random >> 17;
	it->random ^= it->random << 5;
	return (int)(it->random % 100) < percent;
}

static void countData(side *it, const uint8_t *data, size_t size)
{
	it->wire.packets++;
	for (size_t place = 12; place + 8 <= size;) {
		size_t length = (size_t)data[place + 2] << 8 | data[place + 3];
		if (length < 4)
			break;
		if (data[place] == 0) { // DATA
			uint32_t tsn = (uint32_t)data[place + 4] << 24 | (uint32_t)data[place + 5] << 16 |
						   (uint32_t)data[place + 6] << 8 | data[place + 7];
			if (!it->knowsFirst)
				it->firstTsn = tsn - TSNS / 2;
			it->knowsFirst = 1;
			uint32_t index = (tsn - it->firstTsn) % TSNS;
			it->wire.data++;
			it->wire.again += it->seen[index / 8] >> index % 8 & 1;
			it->seen[index / 8] |= (uint8_t)(1 << index % 8);
		}
		place += (length + 3) & ~(size_t)3;
	}
}

int __wrap_rtc_dtls_write(rtc_dtls *dtls, const uint8_t *data, size_t size)
{
	int drops = 0, holds = 0;
	uint8_t freed[RTC_DTLS_PAYLOAD];
	size_t freedSize = 0;
	pthread_mutex_lock(&lock);
	side *it = NULL;
	for (int i = 0; current && i < 2; i++)
		if (current->sides[i].dtls == dtls)
			it = &current->sides[i];
	if (it) {
		countData(it, data, size);
		drops = chance(it, current->options.loss);
		it->wire.lost += (uint32_t)drops;
		holds = !drops && !it->heldSize && chance(it, current->options.reorder);
		if (holds) {
			memcpy(it->held, data, size);
			it->heldSize = size;
			it->heldFor = 1 + (int)(it->random % HELD);
		} else if (it->heldSize && !it->heldFor--) {
			memcpy(freed, it->held, it->heldSize);
			freedSize = it->heldSize;
			it->heldSize = 0;
		}
	}
	pthread_mutex_unlock(&lock);
	int error = drops || holds ? 0 : __real_rtc_dtls_write(dtls, data, size);
	if (freedSize)
		__real_rtc_dtls_write(dtls, freed, freedSize);
	return error;
}

static void onEvent(void *context)
{
	(void)context; // who waits looks again and again
}

static rtc_certificate *certificateOf(int i)
{
	static rtc_certificate *certificates[2];
	int error;
	if (!certificates[i])
		certificates[i] = rtc_certificate_generate(&error);
	assert_non_null(certificates[i]);
	return certificates[i];
}

static rtc_dtls *openDtls(sctp_pair *pair, int i)
{
	rtc_dtls_options options = {.path = pair->sides[i].path, .certificate = certificateOf(i), .isClient = i == 0};
	int error;
	options.timeout = PATIENCE;
	options.fingerprintCount = 1;
	strcpy(options.fingerprints[0].algorithm, "sha-256");
	options.fingerprints[0].size = RTC_FINGERPRINT_SIZE;
	memcpy(options.fingerprints[0].value, rtc_certificate_fingerprint(certificateOf(!i)), RTC_FINGERPRINT_SIZE);
	rtc_dtls *dtls = rtc_dtls_new(&options, &error);
	assert_non_null(dtls);
	return dtls;
}

static void openSctp(sctp_pair *pair, int i)
{
	const sctp_pair_options *wanted = &pair->options;
	side *it = &pair->sides[i];
	int error;
	const rtc_sctp_options options = {
		.path = it->path,
		.dtls = it->dtls,
		.port = 5000,
		.streams = wanted->streams ? wanted->streams : 128,
		.window = wanted->window ? wanted->window : 256 * 1024,
		.sendQueue = wanted->sendQueue ? wanted->sendQueue : 1024 * 1024,
		.receiveQueue = wanted->receiveQueue ? wanted->receiveQueue : 1024 * 1024,
		.largest = wanted->largest ? wanted->largest : 262144,
		.onEvent = onEvent,
		.context = it,
	};
	it->sctp = rtc_sctp_new(&options, &error);
	assert_non_null(it->sctp);
}

static void openTransports(sctp_pair *pair)
{
	rtc_address addresses[2];
	int error;
	for (int i = 0; i < 2; i++) {
		side *it = &pair->sides[i];
		it->random = (pair->options.seed * 2654435761u + (uint32_t)i) | 1;
		it->transport = rtc_transport_open(&(rtc_transport_options){.address = "127.0.0.1"}, &error);
		assert_non_null(it->transport);
		it->path = rtc_path_new(it->transport);
		assert_non_null(it->path);
		rtc_address_parse(&addresses[i], "127.0.0.1", rtc_transport_port(it->transport));
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(rtc_path_select(pair->sides[i].path, &addresses[!i]), 0);
}

sctp_pair *sctp_pair_open(const sctp_pair_options *options)
{
	sctp_pair *pair = calloc(1, sizeof *pair);
	assert_non_null(pair);
	pair->options = *options;
	openTransports(pair);
	for (int i = 0; i < 2; i++) {
		pair->sides[i].dtls = openDtls(pair, i);
		openSctp(pair, i);
	}
	pthread_mutex_lock(&lock);
	current = pair;
	pthread_mutex_unlock(&lock);
	for (int i = 1; i >= 0; i--) {
		assert_int_equal(rtc_sctp_start(pair->sides[i].sctp, 5000), 0);
		assert_int_equal(rtc_dtls_start(pair->sides[i].dtls, 0), 0);
	}
	for (int i = 0; i < 2; i++) {
		if (options->unread[i])
			continue;
		rtc_sctp_event *up = sctp_pair_await(pair, i);
		assert_int_equal(up->type, RTC_SCTP_EVENT_UP);
		assert_int_equal(up->stream, options->streams ? options->streams : 128);
		rtc_free(up);
	}
	return pair;
}

rtc_sctp *sctp_pair_side(sctp_pair *pair, int i)
{
	return pair->sides[i].sctp;
}

rtc_dtls *sctp_pair_dtls(sctp_pair *pair, int i)
{
	return pair->sides[i].dtls;
}

rtc_sctp_event *sctp_pair_poll(sctp_pair *pair, int i, unsigned milliseconds)
{
	uint64_t end = rtc_now() + (uint64_t)milliseconds * 1000;
	do {
		rtc_sctp_event *event;
		while ((event = rtc_sctp_read(pair->sides[i].sctp, UINT32_MAX))) {
			if (event->type != RTC_SCTP_EVENT_SENT)
				return event;
			pair->sides[i].sent += event->size;
			rtc_free(event);
		}
		usleep(200);
	} while (rtc_now() < end);
	return NULL;
}

rtc_sctp_event *sctp_pair_await(sctp_pair *pair, int i)
{
	rtc_sctp_event *event = sctp_pair_poll(pair, i, PATIENCE);
	assert_non_null(event);
	return event;
}

uint64_t sctp_pair_sent(sctp_pair *pair, int i)
{
	return pair->sides[i].sent;
}

sctp_wire sctp_pair_wire(sctp_pair *pair, int i)
{
	pthread_mutex_lock(&lock);
	sctp_wire wire = pair->sides[i].wire;
	pthread_mutex_unlock(&lock);
	return wire;
}

void sctp_pair_send(sctp_pair *pair, int i, uint16_t stream, uint32_t ppid, const void *data, uint32_t size)
{
	int error = ENOBUFS;
	for (int k = 0; k < PATIENCE * 5 && error == ENOBUFS; k++) {
		error = rtc_sctp_send(pair->sides[i].sctp, stream, ppid, data, size);
		if (error)
			usleep(200);
	}
	assert_int_equal(error, 0);
}

void sctp_pair_close_side(sctp_pair *pair, int i)
{
	side *it = &pair->sides[i];
	if (!it->sctp)
		return;
	rtc_sctp_close(it->sctp);
	it->sctp = NULL;
	pthread_mutex_lock(&lock); // whoever wraps may look for it
	rtc_dtls *dtls = it->dtls;
	it->dtls = NULL;
	pthread_mutex_unlock(&lock);
	rtc_dtls_close(dtls);
}

void sctp_pair_close(sctp_pair *pair)
{
	for (int i = 0; i < 2; i++)
		sctp_pair_close_side(pair, i);
	pthread_mutex_lock(&lock);
	current = NULL;
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < 2; i++) {
		rtc_path_release(pair->sides[i].path);
		rtc_transport_close(pair->sides[i].transport);
	}
	free(pair);
}
