// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_path.h"
#include "rtc_srtp.h"

#define WAIT_STEPS 2000 // of a millisecond

typedef struct {
	fake_link *link;
	rtc_srtp *ends[2]; // 0 is the client
	uint8_t material[RTC_SRTP_MATERIAL];
	uint8_t last[2048]; // what the filter saw last
	size_t lastSize;
} session;

typedef struct {
	atomic_int rtp, rtcp, ready;
	uint8_t packet[2048];
	atomic_size_t size;
} listener;

static void onRtp(void *context, const uint8_t *packet, size_t size)
{
	listener *it = context;
	memcpy(it->packet, packet, size);
	it->size = size;
	it->rtp++;
}

static void onRtcp(void *context, const uint8_t *packet, size_t size)
{
	listener *it = context;
	memcpy(it->packet, packet, size);
	it->size = size;
	it->rtcp++;
}

static void onReady(void *context)
{
	((listener *)context)->ready++;
}

static int keep(void *context, fake_link *link, int from, const uint8_t *data, size_t size)
{
	session *it = context;
	(void)link;
	(void)from;
	memcpy(it->last, data, size);
	it->lastSize = size;
	return 0;
}

static session *open(void)
{
	int error;
	session *it = calloc(1, sizeof *it);
	fake_link_options options = {.filter = keep, .context = it};
	it->link = fake_link_new(&options);
	for (int i = 0; i < 2; i++) {
		it->ends[i] = rtc_srtp_new(fake_link_path(it->link, i), &error);
		assert_non_null(it->ends[i]);
	}
	for (size_t i = 0; i < sizeof it->material; i++)
		it->material[i] = (uint8_t)(i * 7 + 1);
	return it;
}

static void key(session *it, uint16_t profile)
{
	size_t size = rtc_srtp_material_size(profile);
	for (int i = 0; i < 2; i++)
		assert_int_equal(rtc_srtp_set_keys(it->ends[i], profile, it->material, size, i == 0), 0);
}

static void shut(session *it)
{
	for (int i = 0; i < 2; i++) {
		rtc_srtp_close(it->ends[i]);
		rtc_srtp_close(it->ends[i]);
		rtc_srtp_release(it->ends[i]);
	}
	fake_link_free(it->link);
	free(it);
}

static size_t writeRtp(uint8_t *packet, uint16_t sequence, uint32_t ssrc, size_t payload)
{
	const uint8_t header[12] = {0x80,
								96,
								(uint8_t)(sequence >> 8),
								(uint8_t)sequence,
								0,
								0,
								0,
								1,
								(uint8_t)(ssrc >> 24),
								(uint8_t)(ssrc >> 16),
								(uint8_t)(ssrc >> 8),
								(uint8_t)ssrc};
	memcpy(packet, header, sizeof header);
	memset(packet + sizeof header, 'v', payload);
	return sizeof header + payload;
}

static int send(rtc_srtp *srtp, uint16_t sequence, uint32_t ssrc, size_t payload)
{
	rtc_srtp_transmit *transmit = rtc_srtp_begin(srtp);
	assert_non_null(transmit);
	int error = rtc_srtp_commit(transmit, writeRtp(rtc_srtp_buffer(transmit), sequence, ssrc, payload), 0);
	rtc_srtp_end(transmit);
	return error;
}

static void until(atomic_int *counter, int value)
{
	for (int i = 0; i < WAIT_STEPS && atomic_load(counter) < value; i++)
		usleep(1000);
	assert_int_equal(atomic_load(counter), value);
}

// Both directions, RTP and RTCP, of one profile.
static void roundTrip(uint16_t profile)
{
	static const uint8_t report[8] = {0x80, 201, 0, 1, 0, 0, 0, 9};
	listener listeners[2] = {0};
	uint8_t plain[RTC_MTU];
	session *it = open();
	for (int i = 0; i < 2; i++) {
		assert_null(rtc_srtp_begin(it->ends[i])); // nothing is sent before the keys
		assert_int_equal(rtc_srtp_add_handler(it->ends[i], onRtp, onRtcp, onReady, &listeners[i]), 0);
	}
	key(it, profile);
	for (int from = 0; from < 2; from++) {
		listener *to = &listeners[!from];
		assert_int_equal(listeners[from].ready, 1);
		for (uint16_t sequence = 0; sequence < 50; sequence++)
			assert_int_equal(send(it->ends[from], (uint16_t)(65500 + sequence), 0xCAFE, RTC_MTU - 12), 0);
		until(&to->rtp, 50);
		size_t size = writeRtp(plain, (uint16_t)(65500 + 49), 0xCAFE, RTC_MTU - 12);
		assert_int_equal(to->size, size);
		assert_memory_equal(to->packet, plain, size);
		assert_true(memcmp(it->last + 12, plain + 12, size - 12) != 0); // it was encrypted on the way

		rtc_srtp_transmit *transmit = rtc_srtp_begin(it->ends[from]);
		memcpy(rtc_srtp_buffer(transmit), report, sizeof report);
		assert_int_equal(rtc_srtp_commit(transmit, sizeof report, 1), 0);
		rtc_srtp_end(transmit);
		until(&to->rtcp, 1);
		assert_int_equal(to->size, sizeof report);
		assert_memory_equal(to->packet, report, sizeof report);
	}
	shut(it);
}

static void profileCM(void **state)
{
	(void)state;
	assert_int_equal(rtc_srtp_material_size(RTC_SRTP_AES128_CM_SHA1_80), 60);
	roundTrip(RTC_SRTP_AES128_CM_SHA1_80);
}

static void profileGCM(void **state)
{
	(void)state;
	if (!rtc_srtp_material_size(RTC_SRTP_AEAD_AES_128_GCM))
		skip();
	assert_int_equal(rtc_srtp_material_size(RTC_SRTP_AEAD_AES_128_GCM), 56);
	roundTrip(RTC_SRTP_AEAD_AES_128_GCM);
}

static void badKeys(void **state)
{
	(void)state;
	session *it = open();
	assert_int_equal(rtc_srtp_material_size(0x0005), 0); // SRTP_NULL_HMAC_SHA1_80
	assert_int_equal(rtc_srtp_set_keys(it->ends[0], 0x0005, it->material, 60, 1), EINVAL);
	assert_int_equal(rtc_srtp_set_keys(it->ends[0], RTC_SRTP_AES128_CM_SHA1_80, it->material, 59, 1), EINVAL);
	assert_false(rtc_srtp_ready(it->ends[0]));
	key(it, RTC_SRTP_AES128_CM_SHA1_80);
	assert_true(rtc_srtp_ready(it->ends[0]));
	assert_int_equal(rtc_srtp_set_keys(it->ends[0], RTC_SRTP_AES128_CM_SHA1_80, it->material, 60, 1), EINVAL);
	rtc_srtp_close(it->ends[0]);
	assert_false(rtc_srtp_ready(it->ends[0]));
	assert_null(rtc_srtp_begin(it->ends[0]));
	shut(it);
}

// As for a new DTLS association: the same numbers are no replay under other keys, and the former keys are worth
// nothing.
static void otherKeys(void **state)
{
	listener heard = {0};
	(void)state;
	session *it = open();
	assert_int_equal(rtc_srtp_add_handler(it->ends[1], onRtp, onRtcp, onReady, &heard), 0);
	key(it, RTC_SRTP_AES128_CM_SHA1_80);
	assert_int_equal(send(it->ends[0], 7, 0xCAFE, 10), 0);
	until(&heard.rtp, 1);
	rtc_srtp_reset(it->ends[1]);
	assert_false(rtc_srtp_ready(it->ends[1]));
	assert_null(rtc_srtp_begin(it->ends[1]));
	rtc_srtp_reset(it->ends[0]);
	it->material[0] ^= 1;
	key(it, RTC_SRTP_AES128_CM_SHA1_80);
	assert_int_equal(heard.ready, 2);
	assert_int_equal(send(it->ends[0], 7, 0xCAFE, 10), 0);
	until(&heard.rtp, 2);
	rtc_srtp_close(it->ends[0]);
	rtc_srtp_reset(it->ends[0]);
	assert_int_equal(rtc_srtp_set_keys(it->ends[0], RTC_SRTP_AES128_CM_SHA1_80, it->material, 60, 1), EINVAL);
	shut(it);
}

// A replayed, a changed and a truncated packet, and one sent twice.
static void attacks(void **state)
{
	listener to = {0};
	rtc_srtp_statistics statistics;
	(void)state;
	session *it = open();
	rtc_srtp_add_handler(it->ends[1], onRtp, onRtcp, NULL, &to);
	key(it, RTC_SRTP_AES128_CM_SHA1_80);
	assert_int_equal(send(it->ends[0], 7, 1, 100), 0);
	until(&to.rtp, 1);
	fake_link_inject(it->link, 1, it->last, it->lastSize);
	it->last[50] ^= 1;
	it->last[3] ^= 1;
	fake_link_inject(it->link, 1, it->last, it->lastSize);
	for (size_t size = 1; size < 24; size++)
		fake_link_inject(it->link, 1, it->last, size);
	assert_int_equal(send(it->ends[0], 8, 1, RTC_MTU), EMSGSIZE);
	assert_int_equal(send(it->ends[0], 8, 1, 100), 0);
	until(&to.rtp, 2);
	rtc_srtp_get_statistics(it->ends[1], &statistics);
	assert_int_equal(statistics.replayed, 1);
	assert_int_equal(statistics.unprotectFailed, 1 + 24 - 8);
	assert_int_equal(statistics.profile, RTC_SRTP_AES128_CM_SHA1_80);
	rtc_srtp_get_statistics(it->ends[0], &statistics);
	assert_int_equal(statistics.protectFailed, 1);
	shut(it);
}

// A packet may go out twice under AES-CM, which makes the same of the same, and never under GCM, whose key two headers
// with one nonce would give away (RFC 7714 section 8.4).
static void theSameNumberTwice(void **state)
{
	(void)state;
	session *it = open();
	key(it, RTC_SRTP_AES128_CM_SHA1_80);
	assert_true(rtc_srtp_may_repeat(it->ends[0]));
	assert_int_equal(send(it->ends[0], 7, 1, 100), 0);
	assert_int_equal(send(it->ends[0], 8, 1, 100), 0);
	assert_int_equal(send(it->ends[0], 7, 1, 100), 0);
	shut(it);
	it = open();
	key(it, RTC_SRTP_AEAD_AES_128_GCM);
	assert_false(rtc_srtp_may_repeat(it->ends[0]));
	assert_int_equal(send(it->ends[0], 7, 1, 100), 0);
	assert_int_equal(send(it->ends[0], 7, 1, 100), EINVAL);
	shut(it);
}

static atomic_uint_least64_t later; // microseconds that the clock is ahead
uint64_t __real_rtc_now(void);

uint64_t __wrap_rtc_now(void)
{
	return __real_rtc_now() + atomic_load(&later);
}

static rtc_srtp_statistics statisticsOf(rtc_srtp *srtp)
{
	rtc_srtp_statistics statistics;
	rtc_srtp_get_statistics(srtp, &statistics);
	return statistics;
}

static void untilRefused(session *it, uint64_t count)
{
	for (int i = 0; i < WAIT_STEPS && statisticsOf(it->ends[1]).ssrcRefused < count; i++)
		usleep(1000);
	assert_int_equal(statisticsOf(it->ends[1]).ssrcRefused, count);
}

// One SSRC too many finds no room while the others speak. When it does, the one that went is gone for good: its replay
// window is, too, and what was recorded of it would pass.
static void oneSourceTooMany(void **state)
{
	listener to = {0};
	uint8_t recorded[64];
	(void)state;
	session *it = open();
	rtc_srtp_add_handler(it->ends[1], onRtp, onRtcp, NULL, &to);
	key(it, RTC_SRTP_AES128_CM_SHA1_80);
	assert_int_equal(send(it->ends[0], 1, 1000, 10), 0);
	size_t recordedSize = it->lastSize;
	memcpy(recorded, it->last, recordedSize);
	for (uint32_t i = 1; i < RTC_SRTP_SSRCS; i++) {
		atomic_fetch_add(&later, 1000);
		assert_int_equal(send(it->ends[0], 1, 1000 + i, 10), 0);
	}
	until(&to.rtp, RTC_SRTP_SSRCS);
	send(it->ends[0], 1, 2000, 10);
	untilRefused(it, 1);
	fake_link_inject(it->link, 1, recorded, recordedSize);
	for (int i = 0; i < WAIT_STEPS && statisticsOf(it->ends[1]).replayed < 1; i++)
		usleep(1000);
	assert_int_equal(statisticsOf(it->ends[1]).replayed, 1);
	atomic_fetch_add(&later, RTC_SRTP_SILENCE);
	send(it->ends[0], 2, 2000, 10);
	until(&to.rtp, RTC_SRTP_SSRCS + 1);
	fake_link_inject(it->link, 1, recorded, recordedSize);
	untilRefused(it, 2);
	send(it->ends[0], 2, 1000, 10);
	untilRefused(it, 3);
	send(it->ends[0], 2, 1001, 10); // silent for as long, but nobody needed its place
	until(&to.rtp, RTC_SRTP_SSRCS + 2);
	shut(it);
}

size_t __sanitizer_get_current_allocated_bytes(void);

// However many SSRCs a peer has, the receiver's memory does not grow with them, and it ends.
static void manySources(void **state)
{
	listener to = {0};
	size_t marks[3];
	(void)state;
	session *it = open();
	rtc_srtp_add_handler(it->ends[1], onRtp, onRtcp, NULL, &to);
	key(it, RTC_SRTP_AES128_CM_SHA1_80);
	for (uint32_t i = 0; i < 450; i++) {
		if (i == 250)
			rtc_srtp_close(it->ends[1]);
		if (i == 50 || i == 250)
			marks[i / 200] = __sanitizer_get_current_allocated_bytes();
		atomic_fetch_add(&later, RTC_SRTP_SILENCE);
		assert_int_equal(send(it->ends[0], 1, 1000 + i, 10), 0);
		if (i < RTC_SRTP_SSRCS + RTC_SRTP_RETIRED)
			until(&to.rtp, (int)i + 1);
		else if (i < 250)
			untilRefused(it, i + 1 - RTC_SRTP_SSRCS - RTC_SRTP_RETIRED);
	}
	usleep(100000);
	marks[2] = __sanitizer_get_current_allocated_bytes();
	// 200 of the sender's own streams, with and without a receiver
	assert_true(marks[1] - marks[0] < marks[2] - marks[1] + 16384);
	shut(it);
}

static void onSlow(void *context, const uint8_t *packet, size_t size)
{
	atomic_int *phase = context;
	(void)packet;
	(void)size;
	atomic_store(phase, 1);
	usleep(20000);
	atomic_store(phase, 2);
}

static void removal(void **state)
{
	atomic_int phase = 0;
	int contexts[RTC_SRTP_HANDLERS];
	(void)state;
	session *it = open();
	rtc_srtp_add_handler(it->ends[1], onSlow, NULL, NULL, &phase);
	key(it, RTC_SRTP_AES128_CM_SHA1_80);
	send(it->ends[0], 1, 1, 10);
	until(&phase, 1);
	rtc_srtp_remove_handler(it->ends[1], &phase);
	assert_int_equal(atomic_load(&phase), 2); // it had ended when removal returned
	for (int i = 0; i < RTC_SRTP_HANDLERS; i++)
		assert_int_equal(rtc_srtp_add_handler(it->ends[1], NULL, NULL, NULL, &contexts[i]), 0);
	assert_int_equal(rtc_srtp_add_handler(it->ends[1], NULL, NULL, NULL, &phase), ENOSPC);
	rtc_srtp_remove_handler(it->ends[1], &contexts[3]);
	assert_int_equal(rtc_srtp_add_handler(it->ends[1], NULL, NULL, NULL, &phase), 0);
	shut(it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profileCM),
		cmocka_unit_test(profileGCM),
		cmocka_unit_test(badKeys),
		cmocka_unit_test(attacks),
		cmocka_unit_test(theSameNumberTwice),
		cmocka_unit_test(oneSourceTooMany),
		cmocka_unit_test(manySources),
		cmocka_unit_test(removal),
		cmocka_unit_test(otherKeys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
