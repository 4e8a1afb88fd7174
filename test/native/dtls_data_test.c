// SPDX-License-Identifier: Apache-2.0
// DTLS as a transport: application data for the segment above, and keys for media that comes later.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "dtls_pair.h"
#include "rtc_dtls_session.h"
#include "rtc_port.h"

#define PATIENCE 5000 // milliseconds

typedef struct {
	rtc_dtls *dtls;
	int echoes; // sends back what comes
	atomic_int states, records, wrong;
	atomic_uint bytes;
} taker;

static int sendOne(rtc_dtls *dtls, const uint8_t *data, size_t size)
{
	int error = rtc_dtls_begin(dtls);
	if (error)
		return error;
	error = rtc_dtls_write(dtls, data, size);
	rtc_dtls_end(dtls);
	return error;
}

static void onState(void *context)
{
	atomic_fetch_add(&((taker *)context)->states, 1);
}

static void onData(void *context, const uint8_t *data, size_t size)
{
	taker *it = context;
	for (size_t i = 0; i < size; i++)
		if (data[i] != (uint8_t)size)
			atomic_fetch_add(&it->wrong, 1);
	atomic_fetch_add(&it->bytes, (unsigned)size);
	atomic_fetch_add(&it->records, 1);
	if (it->echoes)
		assert_int_equal(sendOne(it->dtls, data, size), 0);
}

static void take(taker *it, rtc_dtls *dtls, int echoes)
{
	const rtc_dtls_handlers handlers = {.state = onState, .data = onData, .context = it};
	memset(it, 0, sizeof *it);
	it->dtls = dtls;
	it->echoes = echoes;
	assert_int_equal(rtc_dtls_set_handlers(dtls, &handlers), 0);
	assert_int_equal(rtc_dtls_set_handlers(dtls, &handlers), EALREADY);
}

static void await(atomic_int *value, int wanted)
{
	for (int i = 0; i < PATIENCE && atomic_load(value) < wanted; i++)
		usleep(1000);
	assert_int_equal(atomic_load(value), wanted);
}

static void openPair(pair *it, taker takers[2], const pair_options *options)
{
	pair_open(it, options);
	for (int side = 0; side < 2; side++)
		take(&takers[side], it->dtls[side], side == SERVER);
	pair_start(it);
	pair_wait(it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
}

static void carriesRecordsBothWays(void **state)
{
	static const size_t sizes[] = {1, 2, 13, 255, 1000, RTC_DTLS_PAYLOAD};
	const int count = sizeof sizes / sizeof sizes[0];
	uint8_t data[RTC_DTLS_PAYLOAD + 1];
	pair it;
	taker takers[2];
	rtc_dtls_statistics statistics;
	unsigned sum = 0;
	(void)state;
	pair_open(&it, &(pair_options){0});
	assert_int_equal(rtc_dtls_begin(it.dtls[CLIENT]), ENOTCONN);
	pair_close(&it);
	openPair(&it, takers, &(pair_options){0});
	assert_int_equal(rtc_dtls_begin(it.dtls[CLIENT]), 0); // a run of datagrams
	for (int i = 0; i < count; i++) {
		memset(data, (int)(uint8_t)sizes[i], sizes[i]);
		assert_int_equal(rtc_dtls_write(it.dtls[CLIENT], data, sizes[i]), 0);
		sum += (unsigned)sizes[i];
	}
	assert_int_equal(rtc_dtls_write(it.dtls[CLIENT], data, 0), EMSGSIZE);
	assert_int_equal(rtc_dtls_write(it.dtls[CLIENT], data, RTC_DTLS_PAYLOAD + 1), EMSGSIZE);
	assert_int_equal(rtc_dtls_end(it.dtls[CLIENT]), 0);
	await(&takers[CLIENT].records, count);
	for (int side = 0; side < 2; side++) {
		assert_int_equal(atomic_load(&takers[side].wrong), 0);
		assert_int_equal(atomic_load(&takers[side].bytes), sum);
		assert_int_equal(atomic_load(&takers[side].states), 1);
		rtc_dtls_get_statistics(it.dtls[side], &statistics);
		assert_int_equal(statistics.recordsSent, count);
		assert_int_equal(statistics.recordsReceived, count);
		assert_int_equal(statistics.bytesSent, sum);
		assert_int_equal(statistics.bytesReceived, sum);
	}
	pair_check_media(&it);
	pair_close(&it);
}

static size_t largest;

static int measure(void *context, fake_link *link, int from, const uint8_t *data, size_t size)
{
	(void)context, (void)link, (void)from, (void)data;
	if (size > largest)
		largest = size;
	return 0;
}

static void datagramsFitTheMtu(void **state)
{
	uint8_t data[RTC_DTLS_PAYLOAD];
	pair it;
	taker takers[2];
	(void)state;
	openPair(&it, takers, &(pair_options){.link = {.filter = measure}});
	memset(data, (int)(uint8_t)sizeof data, sizeof data);
	assert_int_equal(sendOne(it.dtls[CLIENT], data, sizeof data), 0);
	await(&takers[CLIENT].records, 1);
	assert_in_range(largest, RTC_MTU - 3, RTC_MTU);
	pair_close(&it);
}

// The peer may be done with its handshake, and send, while this side is not: its records wait.
static atomic_int holdsBack;

static int holdServersFinish(void *context, fake_link *link, int from, const uint8_t *data, size_t size)
{
	(void)context, (void)link, (void)size;
	return from == SERVER && atomic_load(&holdsBack) && data[0] != 23 && data[0] != 22 ? 1 : 0;
}

static void dataThatIsEarlyIsKept(void **state)
{
	uint8_t data[7];
	pair it;
	taker takers[2];
	(void)state;
	atomic_store(&holdsBack, 1); // the change of keys is lost, once and again
	pair_open(&it, &(pair_options){.link = {.filter = holdServersFinish}});
	for (int side = 0; side < 2; side++)
		take(&takers[side], it.dtls[side], 0);
	pair_start(&it);
	for (int i = 0; i < PATIENCE && rtc_dtls_get_state(it.dtls[SERVER]) != RTC_DTLS_CONNECTED; i++)
		usleep(1000);
	assert_int_equal(rtc_dtls_get_state(it.dtls[CLIENT]), RTC_DTLS_CONNECTING);
	memset(data, sizeof data, sizeof data);
	assert_int_equal(sendOne(it.dtls[SERVER], data, sizeof data), 0);
	usleep(20000);
	atomic_store(&holdsBack, 0);
	pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
	for (int i = 0; i < PATIENCE && !atomic_load(&takers[CLIENT].records); i++) {
		rtc_dtls_receive(it.dtls[CLIENT]); // as the segment above does when it hears of it
		if (i % 50 == 49)                  // what Mbed TLS could not keep is sent again
			assert_int_equal(sendOne(it.dtls[SERVER], data, sizeof data), 0);
		usleep(1000);
	}
	assert_true(atomic_load(&takers[CLIENT].records) > 0);
	assert_int_equal(atomic_load(&takers[CLIENT].wrong), 0);
	pair_close(&it);
}

static int isParked(rtc_dtls *dtls)
{
	pthread_mutex_lock(&dtls->lock);
	int is = dtls->parked != NULL;
	pthread_mutex_unlock(&dtls->lock);
	return is;
}

// A client that has given its buffers back takes them again for data that comes later.
static void handlersMayComeLater(void **state)
{
	uint8_t data[9];
	pair it;
	taker takers[2];
	(void)state;
	pair_open(&it, &(pair_options){0});
	pair_start(&it);
	pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
	for (int i = 0; i < PATIENCE && !isParked(it.dtls[CLIENT]); i++)
		usleep(1000);
	assert_true(isParked(it.dtls[CLIENT]));
	take(&takers[CLIENT], it.dtls[CLIENT], 0);
	take(&takers[SERVER], it.dtls[SERVER], 1);
	memset(data, sizeof data, sizeof data);
	assert_int_equal(sendOne(it.dtls[CLIENT], data, sizeof data), 0);
	await(&takers[CLIENT].records, 1);
	assert_false(isParked(it.dtls[CLIENT]));
	assert_int_equal(rtc_dtls_set_handlers(it.dtls[CLIENT], NULL), 0);
	assert_int_equal(sendOne(it.dtls[SERVER], data, sizeof data), 0); // nobody takes it
	for (int i = 0; i < PATIENCE && !isParked(it.dtls[CLIENT]); i++)
		usleep(1000);
	assert_true(isParked(it.dtls[CLIENT]));
	assert_int_equal(atomic_load(&takers[CLIENT].records), 1);
	pair_check_media(&it);
	pair_close(&it);
}

static void keysForMediaThatComesLater(void **state)
{
	(void)state;
	for (int before = 0; before < 2; before++) {
		pair it;
		pair_open(&it, &(pair_options){.laterSrtp = {1, 1}});
		for (int side = 0; before && side < 2; side++)
			assert_int_equal(rtc_dtls_set_srtp(it.dtls[side], it.srtp[side]), 0);
		pair_start(&it);
		pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
		for (int side = 0; side < 2; side++) {
			assert_int_equal(rtc_srtp_ready(it.srtp[side]), before);
			assert_int_equal(rtc_dtls_set_srtp(it.dtls[side], it.srtp[side]), 0); // a second time: no effect
			assert_true(rtc_srtp_ready(it.srtp[side]));
			assert_int_equal(rtc_dtls_set_srtp(it.dtls[side], it.srtp[!side]), EALREADY);
		}
		pair_check_media(&it);
		pair_close(&it);
	}
}

static void noKeysWithoutAProfile(void **state)
{
	pair it;
	(void)state;
	pair_open(&it, &(pair_options){.withoutSrtp = {1, 0}, .laterSrtp = {0, 1}});
	pair_start(&it);
	pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
	for (int side = 0; side < 2; side++) {
		assert_int_equal(rtc_dtls_set_srtp(it.dtls[side], it.srtp[side]), ENOPROTOOPT);
		assert_false(rtc_srtp_ready(it.srtp[side]));
		assert_int_equal(rtc_dtls_get_state(it.dtls[side]), RTC_DTLS_CONNECTED);
	}
	pair_close(&it);
}

static void hearsThatThePeerHasClosed(void **state)
{
	pair it;
	taker takers[2];
	(void)state;
	openPair(&it, takers, &(pair_options){0});
	rtc_dtls_close(it.dtls[SERVER]);
	it.dtls[SERVER] = NULL;
	await(&takers[CLIENT].states, 2);
	assert_int_equal(rtc_dtls_get_state(it.dtls[CLIENT]), RTC_DTLS_CLOSED);
	assert_int_equal(rtc_dtls_begin(it.dtls[CLIENT]), ENOTCONN);
	assert_int_equal(it.states[CLIENT], 2);
	pair_close(&it);
}

// What is not authentic, in the clear, or empty reaches nobody and harms nothing.
static void bearsJunk(void **state)
{
	uint8_t data[40];
	pair it;
	taker takers[2];
	(void)state;
	openPair(&it, takers, &(pair_options){0});
	for (int side = 0; side < 2; side++) {
		for (uint32_t i = 0; i < 4000; i++) {
			size_t size = 13 + i % 28;
			rtc_random(data, sizeof data);
			data[0] = (uint8_t)(20 + i % 44);
			data[1] = 254;
			data[2] = 253;
			data[3] = 0;
			data[4] = (uint8_t)(i % 3); // of the keys, before them, and of none
			data[11] = 0;
			data[12] = (uint8_t)(size - 13);
			fake_link_inject(it.link, side, data, size);
		}
	}
	memset(data, 5, 5);
	assert_int_equal(sendOne(it.dtls[CLIENT], data, 5), 0);
	await(&takers[CLIENT].records, 1);
	assert_int_equal(atomic_load(&takers[SERVER].records), 1);
	assert_int_equal(atomic_load(&takers[SERVER].wrong), 0);
	pair_close(&it);
}

// Closed while its handler runs, and while others send: under the thread sanitizer, too.
static void closesInTheMidst(void **state)
{
	uint8_t data[100];
	(void)state;
	memset(data, 100, sizeof data);
	for (int i = 0; i < 10; i++) {
		pair it;
		taker takers[2];
		openPair(&it, takers, &(pair_options){.link = {.seed = (uint32_t)i, .loss = 10, .reorder = 20}});
		for (int k = 0; k < 100; k++)
			(void)sendOne(it.dtls[CLIENT], data, sizeof data);
		usleep((useconds_t)(i * 300));
		pair_close(&it);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carriesRecordsBothWays),     cmocka_unit_test(datagramsFitTheMtu),
		cmocka_unit_test(dataThatIsEarlyIsKept),      cmocka_unit_test(handlersMayComeLater),
		cmocka_unit_test(keysForMediaThatComesLater), cmocka_unit_test(noKeysWithoutAProfile),
		cmocka_unit_test(hearsThatThePeerHasClosed),  cmocka_unit_test(bearsJunk),
		cmocka_unit_test(closesInTheMidst),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
