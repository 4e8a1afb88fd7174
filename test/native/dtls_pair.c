// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "dtls_pair.h"
#include "rtc_crypto.h"
#include "rtc_port.h"

#define PATIENCE 20000 // milliseconds

static void onState(void *context)
{
	atomic_fetch_add((atomic_int *)context, 1);
}

static void onPacket(void *context, const uint8_t *packet, size_t size)
{
	if (size == 20 && !memcmp(packet + 12, "pictures", 8))
		atomic_fetch_add((atomic_int *)context, 1);
}

static void setFingerprint(rtc_dtls_options *options, const char *algorithm, rtc_certificate *remote, int wrong)
{
	uint8_t der[1024];
	size_t size = rtc_certificate_write(remote, der, sizeof der);
	rtc_fingerprint *fingerprint = &options->fingerprints[1];
	strcpy(fingerprint->algorithm, algorithm ? algorithm : "sha-256");
	if (!strcmp(fingerprint->algorithm, "sha-512")) {
		fingerprint->size = RTC_SHA512_SIZE;
		rtc_sha512(der, size, fingerprint->value);
	} else if (!strcmp(fingerprint->algorithm, "sha-384")) {
		fingerprint->size = RTC_SHA384_SIZE;
		rtc_sha384(der, size, fingerprint->value);
	} else {
		fingerprint->size = RTC_SHA256_SIZE;
		rtc_sha256(der, size, fingerprint->value);
	}
	if (wrong)
		fingerprint->value[fingerprint->size - 1] ^= 1;
	// Any of them may match: the first never does.
	strcpy(options->fingerprints[0].algorithm, "sha-256");
	options->fingerprints[0].size = RTC_SHA256_SIZE;
	options->fingerprintCount = 2;
}

void pair_open(pair *it, const pair_options *options)
{
	// Made once: what is under test is the handshake.
	static rtc_certificate *certificates[2];
	int error;
	memset(it, 0, sizeof *it);
	it->link = fake_link_new(&options->link);
	for (int i = 0; i < 2; i++) {
		if (!certificates[i])
			certificates[i] = rtc_certificate_generate(&error);
		assert_non_null(certificates[i]);
		it->certificates[i] = rtc_certificate_retain(certificates[i]);
		it->srtp[i] = rtc_srtp_new(fake_link_path(it->link, i), &error);
		assert_non_null(it->srtp[i]);
		rtc_srtp_add_handler(it->srtp[i], onPacket, NULL, NULL, &it->packets[i]);
	}
	for (int i = 0; i < 2; i++) {
		rtc_dtls_options dtls = {
			.path = fake_link_path(it->link, i),
			.srtp = options->withoutSrtp[i] || options->laterSrtp[i] ? NULL : it->srtp[i],
			.withoutSrtp = options->withoutSrtp[i],
			.certificate = it->certificates[i],
			.isClient = i == CLIENT,
			.timeout = options->timeout ? options->timeout : PATIENCE,
			.onState = onState,
			.context = &it->states[i],
		};
		setFingerprint(&dtls, options->algorithm, it->certificates[!i], options->wrongFingerprint[i]);
		it->dtls[i] = rtc_dtls_new(&dtls, &error);
		assert_non_null(it->dtls[i]);
		assert_int_equal(rtc_dtls_get_state(it->dtls[i]), RTC_DTLS_NEW);
	}
}

void pair_start(pair *it)
{
	assert_int_equal(rtc_dtls_start(it->dtls[SERVER], 0), 0);
	assert_int_equal(rtc_dtls_start(it->dtls[CLIENT], 0), 0);
}

unsigned pair_wait(pair *it, rtc_dtls_state client, rtc_dtls_state server)
{
	uint64_t start = rtc_now();
	for (;;) {
		unsigned elapsed = (unsigned)((rtc_now() - start) / 1000);
		if (rtc_dtls_get_state(it->dtls[CLIENT]) == client && rtc_dtls_get_state(it->dtls[SERVER]) == server)
			return elapsed;
		if (elapsed > PATIENCE) {
			assert_int_equal(rtc_dtls_get_state(it->dtls[CLIENT]), client);
			assert_int_equal(rtc_dtls_get_state(it->dtls[SERVER]), server);
		}
		usleep(200);
	}
}

// Sends the packet until it comes: the path may lose some.
void pair_check_media(pair *it)
{
	for (int from = 0; from < 2; from++) {
		uint8_t packet[20] = {0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 'p', 'i', 'c', 't', 'u', 'r', 'e', 's'};
		for (int i = 0; i < 200 && !atomic_load(&it->packets[!from]); i++) {
			rtc_srtp_transmit *transmit = rtc_srtp_begin(it->srtp[from]);
			assert_non_null(transmit);
			packet[3] = (uint8_t)i;
			memcpy(rtc_srtp_buffer(transmit), packet, sizeof packet);
			assert_int_equal(rtc_srtp_commit(transmit, sizeof packet, 0), 0);
			rtc_srtp_end(transmit);
			usleep(2000);
		}
		assert_true(atomic_load(&it->packets[!from]) > 0);
	}
}

void pair_close(pair *it)
{
	for (int i = 0; i < 2; i++) {
		if (it->dtls[i])
			rtc_dtls_close(it->dtls[i]);
		rtc_certificate_release(it->certificates[i]);
		rtc_srtp_close(it->srtp[i]);
		rtc_srtp_release(it->srtp[i]);
	}
	fake_link_free(it->link);
}
