// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dtls_pair.h"
#include "rtc_dtls_session.h"
#include "rtc_port.h"

static int ascending(const void *a, const void *b)
{
	return *(const unsigned *)a < *(const unsigned *)b ? -1 : *(const unsigned *)a > *(const unsigned *)b;
}

static void connects(void **state)
{
	unsigned times[21];
	const unsigned count = sizeof times / sizeof times[0];
	(void)state;
	for (unsigned i = 0; i < count; i++) {
		pair it;
		pair_options options = {0};
		rtc_srtp_statistics statistics;
		pair_open(&it, &options);
		pair_start(&it);
		assert_int_equal(rtc_dtls_start(it.dtls[CLIENT], 0), EALREADY);
		times[i] = pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
		for (int side = 0; side < 2; side++) {
			assert_string_equal(rtc_dtls_cipher_suite(it.dtls[side]), "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
			assert_int_equal(rtc_dtls_get_reason(it.dtls[side]), RTC_DTLS_OK);
			rtc_srtp_get_statistics(it.srtp[side], &statistics);
			assert_int_equal(statistics.profile, RTC_SRTP_AES128_CM_SHA1_80);
		}
		pair_check_media(&it);
		assert_int_equal(it.states[CLIENT], 1);
		assert_int_equal(it.states[SERVER], 1);
		pair_close(&it);
	}
	qsort(times, count, sizeof times[0], ascending);
	print_message("handshake, with sanitizers: %u / %u / %u ms\n", times[0], times[count / 2], times[count - 1]);
}

static void survivesLoss(void **state)
{
	(void)state;
	for (int loss = 10; loss <= 30; loss += 10) {
		unsigned worst = 0;
		for (uint32_t seed = 1; seed <= 8; seed++) {
			pair it;
			pair_options options = {.link = {.seed = seed, .loss = loss, .duplicate = 10, .reorder = 20}};
			pair_open(&it, &options);
			pair_start(&it);
			unsigned time = pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
			if (time > worst)
				worst = time;
			pair_check_media(&it);
			pair_close(&it);
		}
		print_message("%d %% lost: at most %u ms\n", loss, worst);
	}
}

static void fingerprintAlgorithms(void **state)
{
	static const char *const algorithms[] = {"sha-256", "sha-384", "sha-512"};
	(void)state;
	for (int i = 0; i < 3; i++) {
		pair it;
		pair_options options = {.algorithm = algorithms[i]};
		pair_open(&it, &options);
		pair_start(&it);
		pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
		pair_close(&it);
	}
}

// Neither side gets keys, both end, and the one that was deceived says why.
static void wrongFingerprint(void **state)
{
	(void)state;
	for (int deceived = 0; deceived < 2; deceived++) {
		pair it;
		pair_options options = {0};
		options.wrongFingerprint[deceived] = 1;
		pair_open(&it, &options);
		pair_start(&it);
		pair_wait(&it, RTC_DTLS_FAILED, RTC_DTLS_FAILED);
		assert_int_equal(rtc_dtls_get_reason(it.dtls[deceived]), RTC_DTLS_FINGERPRINT_MISMATCH);
		assert_int_equal(rtc_dtls_get_reason(it.dtls[!deceived]), RTC_DTLS_HANDSHAKE_FAILED);
		assert_int_not_equal(rtc_dtls_error(it.dtls[!deceived]), 0); // the alert
		for (int side = 0; side < 2; side++) {
			assert_false(rtc_srtp_ready(it.srtp[side]));
			assert_string_equal(rtc_dtls_cipher_suite(it.dtls[side]), "");
		}
		pair_close(&it);
	}
}

static void noCommonProfile(void **state)
{
	(void)state;
	for (int without = 0; without < 2; without++) {
		pair it;
		pair_options options = {0};
		options.withoutSrtp[without] = 1;
		pair_open(&it, &options);
		pair_start(&it);
		for (int i = 0; i < 5000 && rtc_dtls_get_state(it.dtls[!without]) != RTC_DTLS_FAILED; i++)
			usleep(1000);
		assert_int_equal(rtc_dtls_get_reason(it.dtls[!without]), RTC_DTLS_NO_SRTP_PROFILE);
		assert_false(rtc_srtp_ready(it.srtp[!without]));
		pair_close(&it);
	}
}

static void withoutMedia(void **state)
{
	pair it;
	pair_options options = {.withoutSrtp = {1, 1}};
	(void)state;
	pair_open(&it, &options);
	pair_start(&it);
	pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
	pair_close(&it);
}

// A ClientHello that came before the server began is not lost: no second is spent on its retransmission.
static void earlyClientHello(void **state)
{
	pair it;
	pair_options options = {0};
	(void)state;
	pair_open(&it, &options);
	assert_int_equal(rtc_dtls_start(it.dtls[CLIENT], 0), 0);
	usleep(300000);
	assert_int_equal(rtc_dtls_start(it.dtls[SERVER], 0), 0);
	unsigned time = pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
	print_message("after an early ClientHello: %u ms\n", time);
	pair_check_media(&it);
	pair_close(&it);
}

// What a stranger can write in the clear: 13 bytes of record header, then the record.
#define RECORD(type, epoch, length, ...)                                                                               \
	{                                                                                                                  \
		type, 254, 253, 0, epoch, 0, 0, 0, 7, 7, 7, 0, length, __VA_ARGS__                                             \
	}

static int swallow(void *context, fake_link *link, int from, const uint8_t *data, size_t size)
{
	(void)context, (void)link, (void)from, (void)data, (void)size;
	return 1;
}

static void timesOut(void **state)
{
	pair it;
	pair_options options = {.link = {.filter = swallow}, .timeout = 400};
	(void)state;
	pair_open(&it, &options);
	pair_start(&it);
	unsigned time = pair_wait(&it, RTC_DTLS_FAILED, RTC_DTLS_FAILED);
	assert_in_range(time, 390, 2000);
	for (int side = 0; side < 2; side++)
		assert_int_equal(rtc_dtls_get_reason(it.dtls[side]), RTC_DTLS_TIMEOUT);
	pair_close(&it);
}

// One thread serves all, a step of each in turn: a peer that says no more, and one that floods, delay nobody.
static void manyAtOnce(void **state)
{
	enum { COUNT = 10 };
	static pair pairs[COUNT], stalled, flooded;
	pair_options options = {0}, silent = {.link = {.filter = swallow}, .timeout = 20000};
	static const uint8_t noise[] = RECORD(22, 0, 17, 1, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5);
	(void)state;
	pair_open(&stalled, &silent);
	pair_open(&flooded, &silent);
	pair_start(&stalled);
	pair_start(&flooded);
	for (int i = 0; i < COUNT; i++)
		pair_open(&pairs[i], &options);
	for (int i = 0; i < COUNT; i++)
		pair_start(&pairs[i]);
	for (int i = 0; i < 300; i++)
		fake_link_inject(flooded.link, SERVER, noise, 30);
	uint64_t start = rtc_now();
	for (int i = 0; i < COUNT; i++)
		pair_wait(&pairs[i], RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
	print_message("%d handshakes at once, with sanitizers: all after %u ms\n", COUNT,
				  (unsigned)((rtc_now() - start) / 1000));
	for (int i = 0; i < COUNT; i++)
		pair_close(&pairs[i]);
	assert_int_equal(rtc_dtls_get_state(stalled.dtls[CLIENT]), RTC_DTLS_CONNECTING);
	assert_int_equal(rtc_dtls_get_state(flooded.dtls[SERVER]), RTC_DTLS_CONNECTING);
	pair_close(&stalled);
	pair_close(&flooded);
}

static void closeNotify(void **state)
{
	(void)state;
	for (int closing = 0; closing < 2; closing++) {
		pair it;
		pair_options options = {0};
		pair_open(&it, &options);
		pair_start(&it);
		pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
		rtc_dtls_close(it.dtls[closing]);
		it.dtls[closing] = NULL;
		for (int i = 0; i < 5000 && rtc_dtls_get_state(it.dtls[!closing]) == RTC_DTLS_CONNECTED; i++)
			usleep(1000);
		assert_int_equal(rtc_dtls_get_state(it.dtls[!closing]), RTC_DTLS_CLOSED);
		assert_int_equal(it.states[!closing], 2);
		pair_close(&it);
	}
}

static void closedMeanwhile(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++) {
		pair it;
		pair_options options = {0};
		pair_open(&it, &options);
		if (i)
			pair_start(&it);
		usleep((unsigned)i * 500);
		pair_close(&it);
	}
}

size_t __sanitizer_get_current_allocated_bytes(void);

static void cycles(void **state)
{
	size_t before = 0;
	(void)state;
	for (int i = 0; i < 200; i++) {
		pair it;
		pair_options options = {0};
		pair_open(&it, &options);
		pair_start(&it);
		pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
		pair_close(&it);
		if (i == 50)
			before = __sanitizer_get_current_allocated_bytes();
	}
	assert_true(__sanitizer_get_current_allocated_bytes() <= before);
}

// A connected client keeps little, also after it was woken for nothing, and still says and hears goodbye (closeNotify).
static void clientKeepsLittle(void **state)
{
	pair it;
	pair_options options = {0};
	(void)state;
	pair_open(&it, &options);
	pair_start(&it);
	pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
	for (uint8_t i = 0; i < 20; i++) {
		const uint8_t stray[30] = {23, 254, 253, 0, 1, 0, 0, 0, 0, 1, i, 0, 17};
		fake_link_inject(it.link, CLIENT, stray, sizeof stray);
	}
	usleep(50000);
	size_t before = __sanitizer_get_current_allocated_bytes();
	assert_int_equal(rtc_dtls_get_state(it.dtls[CLIENT]), RTC_DTLS_CONNECTED);
	rtc_dtls_close(it.dtls[CLIENT]);
	it.dtls[CLIENT] = NULL;
	for (int i = 0; i < 500 && rtc_dtls_get_state(it.dtls[SERVER]) != RTC_DTLS_CLOSED; i++)
		usleep(10000);
	usleep(50000);
	size_t after = __sanitizer_get_current_allocated_bytes();
	assert_true(before < after + 10000);
	assert_int_equal(rtc_dtls_get_state(it.dtls[SERVER]), RTC_DTLS_CLOSED);
	pair_close(&it);
}

static int dropFirstEncrypted(void *context, fake_link *link, int from, const uint8_t *data, size_t size)
{
	int *dropped = context;
	(void)link;
	// A ChangeCipherSpec record or one of epoch 1: the server's last flight.
	if (from != SERVER || !size || data[0] < 20 || data[0] > 63 || (data[0] != 20 && !data[4]) || *dropped >= 2)
		return 0;
	(*dropped)++;
	return 1;
}

// The server is connected, and answers all the same when its last flight was lost, twice.
static void lostLastFlight(void **state)
{
	pair it;
	int dropped = 0;
	pair_options options = {.link = {.filter = dropFirstEncrypted, .context = &dropped}};
	(void)state;
	pair_open(&it, &options);
	pair_start(&it);
	unsigned time = pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
	assert_int_equal(dropped, 2);
	assert_in_range(time, 50, 1000);
	pair_check_media(&it);
	pair_close(&it);
}

// Datagrams with a DTLS record's first byte and nothing sensible behind it.
static void junk(pair *it, uint32_t seed, int count)
{
	uint8_t datagram[200];
	for (int i = 0; i < count; i++) {
		for (size_t j = 0; j < sizeof datagram; j++)
			datagram[j] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		datagram[0] = 20 + datagram[0] % 44;
		fake_link_inject(it->link, i & 1, datagram, 1 + datagram[1] % sizeof datagram);
	}
}

static void bearsJunk(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 10; seed++) {
		pair it;
		pair_options options = {0};
		pair_open(&it, &options);
		junk(&it, seed, 16); // some of it early
		pair_start(&it);
		junk(&it, seed + 100, 100);
		pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
		junk(&it, seed + 200, 500);
		pair_check_media(&it);
		assert_int_equal(rtc_dtls_get_state(it.dtls[CLIENT]), RTC_DTLS_CONNECTED);
		assert_int_equal(rtc_dtls_get_state(it.dtls[SERVER]), RTC_DTLS_CONNECTED);
		pair_close(&it);
	}
}

// A record that is to be ignored, and behind it less than another one.
static void bearsTails(void **state)
{
	static const uint8_t datagram[] = {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 7, 1, 2, 3, 4, 5};
	pair it;
	pair_options options = {0};
	(void)state;
	pair_open(&it, &options);
	pair_start(&it);
	pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
	for (size_t size = sizeof datagram; size; size--)
		for (int side = 0; side < 2; side++)
			fake_link_inject(it.link, side, datagram, size);
	pair_check_media(&it); // which comes behind them
	usleep(20000);
	assert_int_equal(rtc_dtls_get_state(it.dtls[CLIENT]), RTC_DTLS_CONNECTED);
	assert_int_equal(rtc_dtls_get_state(it.dtls[SERVER]), RTC_DTLS_CONNECTED);
	pair_close(&it);
}

static const struct {
	const char *name;
	uint8_t data[64];
	size_t size;
} forgeries[] = {
	{"a fragment that passes its message's end", RECORD(22, 0, 17, 2, 0, 0, 10, 0, 0, 0, 0, 8, 0, 0, 5, 1, 2, 3, 4, 5),
	 30},
	{"a fragment behind its message's end", RECORD(22, 0, 17, 2, 0, 0, 10, 0, 0, 0, 0, 11, 0, 0, 5, 1, 2, 3, 4, 5), 30},
	{"a fragment that passes its record's end", RECORD(22, 0, 17, 2, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4, 5),
	 30},
	{"a handshake header cut short", RECORD(22, 0, 5, 2, 0, 0, 10, 0), 18},
	{"an empty handshake record", RECORD(22, 0, 0, 0), 13},
	{"a message too large", RECORD(22, 0, 17, 2, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5), 30},
	{"a HelloRequest", RECORD(22, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 25},
	{"a HelloRequest, second", RECORD(22, 0, 12, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0), 25},
	{"a fatal alert", RECORD(21, 0, 2, 2, 40), 15},
	{"close_notify", RECORD(21, 0, 2, 1, 0), 15},
	{"half an alert", RECORD(21, 0, 1, 2), 14},
	{"a ChangeCipherSpec", RECORD(20, 0, 1, 1), 14},
	{"no ChangeCipherSpec", RECORD(20, 0, 2, 1, 1), 15},
	{"application data", RECORD(23, 0, 3, 1, 2, 3), 16},
	{"an unknown type", RECORD(63, 0, 3, 1, 2, 3), 16},
	{"an encrypted handshake record", RECORD(22, 1, 30, 9), 43},
	{"an encrypted alert", RECORD(21, 1, 30, 9), 43},
	{"a short encrypted record", RECORD(22, 1, 3, 9), 16},
};

// Each datagram is followed by a forged one in its name, and the other side gets one, too.
static int forge(void *context, fake_link *link, int from, const uint8_t *data, size_t size)
{
	const int *kind = context;
	(void)data, (void)size;
	for (int to = 0; to < 2; to++)
		fake_link_inject(link, to, forgeries[*kind].data, forgeries[*kind].size);
	(void)from;
	return 0;
}

static void bearsForgeries(void **state)
{
	int broken = 0;
	(void)state;
	for (int kind = 0; kind < (int)(sizeof forgeries / sizeof forgeries[0]); kind++) {
		pair it;
		pair_options options = {.link = {.filter = forge, .context = &kind}};
		pair_open(&it, &options);
		pair_start(&it);
		uint64_t end = rtc_now() + 10000000;
		rtc_dtls_state states[2];
		do {
			usleep(200);
			for (int side = 0; side < 2; side++)
				states[side] = rtc_dtls_get_state(it.dtls[side]);
		} while (rtc_now() < end && states[0] <= RTC_DTLS_CONNECTED && states[1] <= RTC_DTLS_CONNECTED &&
				 states[0] + states[1] < 2 * RTC_DTLS_CONNECTED);
		if (states[0] != RTC_DTLS_CONNECTED || states[1] != RTC_DTLS_CONNECTED) {
			print_error("%s: client %d, server %d\n", forgeries[kind].name, states[0], states[1]);
			broken++;
		} else
			pair_check_media(&it);
		pair_close(&it);
	}
	assert_int_equal(broken, 0);
}

// Each record comes alone, and between the change of keys and what proves them a forged one that claims the new keys.
static int forgeBeforeFinished(void *context, fake_link *link, int from, const uint8_t *data, size_t size)
{
	static const uint8_t forged[43] = RECORD(22, 1, 30, 9);
	int *count = context;
	for (size_t place = 0; place + 13 <= size;) {
		size_t whole = 13 + ((size_t)data[place + 11] << 8 | data[place + 12]);
		fake_link_inject(link, !from, data + place, whole);
		if (data[place] == 20) {
			fake_link_inject(link, !from, forged, 43);
			(*count)++;
		}
		place += whole;
	}
	return 1;
}

static void bearsAForgeryInPlaceOfFinished(void **state)
{
	(void)state;
	pair it;
	int count = 0;
	pair_options options = {.link = {.filter = forgeBeforeFinished, .context = &count}};
	pair_open(&it, &options);
	pair_start(&it);
	pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
	assert_true(count >= 2);
	pair_close(&it);
}

// An alert in the clear that is the peer's own: nothing follows it.
static int alertOnly(void *context, fake_link *link, int from, const uint8_t *data, size_t size)
{
	static const uint8_t fatal[] = RECORD(21, 0, 2, 2, 40);
	(void)context, (void)data, (void)size;
	if (from == CLIENT)
		fake_link_inject(link, CLIENT, fatal, sizeof fatal);
	return 1;
}

static void believesAnAlertAfterAWhile(void **state)
{
	pair it;
	pair_options options = {.link = {.filter = alertOnly}};
	(void)state;
	pair_open(&it, &options);
	rtc_dtls_start(it.dtls[CLIENT], 0);
	uint64_t start = rtc_now();
	while (rtc_dtls_get_state(it.dtls[CLIENT]) == RTC_DTLS_CONNECTING && rtc_now() - start < 15000000)
		usleep(1000);
	assert_in_range(rtc_now() - start, RTC_DTLS_DOUBT, 15000000 - 1);
	assert_int_equal(rtc_dtls_get_reason(it.dtls[CLIENT]), RTC_DTLS_HANDSHAKE_FAILED);
	assert_int_not_equal(rtc_dtls_error(it.dtls[CLIENT]), 0);
	pair_close(&it);
}

static void badOptions(void **state)
{
	int error = 0;
	(void)state;
	fake_link *link = fake_link_new(NULL);
	rtc_certificate *certificate = rtc_certificate_generate(&error);
	rtc_dtls_options good = {.path = fake_link_path(link, 0), .certificate = certificate, .timeout = 1000};
	strcpy(good.fingerprints[0].algorithm, "sha-256");
	good.fingerprints[0].size = 32;
	good.fingerprintCount = 1;
	rtc_dtls *dtls = rtc_dtls_new(&good, &error);
	assert_non_null(dtls);
	rtc_dtls_close(dtls);
	for (int i = 0; i < 5; i++) {
		rtc_dtls_options options = good;
		if (i == 0)
			options.fingerprintCount = 0;
		else if (i == 1)
			strcpy(options.fingerprints[0].algorithm, "sha-1");
		else if (i == 2)
			options.fingerprints[0].size = 20;
		else if (i == 3)
			options.timeout = 0;
		else
			options.certificate = NULL;
		assert_null(rtc_dtls_new(&options, &error));
		assert_int_equal(error, EINVAL);
	}
	rtc_certificate_release(certificate);
	fake_link_free(link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connects),
		cmocka_unit_test(survivesLoss),
		cmocka_unit_test(fingerprintAlgorithms),
		cmocka_unit_test(wrongFingerprint),
		cmocka_unit_test(noCommonProfile),
		cmocka_unit_test(withoutMedia),
		cmocka_unit_test(earlyClientHello),
		cmocka_unit_test(timesOut),
		cmocka_unit_test(manyAtOnce),
		cmocka_unit_test(closeNotify),
		cmocka_unit_test(closedMeanwhile),
		cmocka_unit_test(cycles),
		cmocka_unit_test(lostLastFlight),
		cmocka_unit_test(bearsJunk),
		cmocka_unit_test(bearsTails),
		cmocka_unit_test(clientKeepsLittle),
		cmocka_unit_test(bearsForgeries),
		cmocka_unit_test(bearsAForgeryInPlaceOfFinished),
		cmocka_unit_test(believesAnAlertAfterAWhile),
		cmocka_unit_test(badOptions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
