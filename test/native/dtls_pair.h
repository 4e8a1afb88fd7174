// SPDX-License-Identifier: Apache-2.0
// Two associations over an in-memory path, for the tests of native/dtls.
#ifndef DTLS_PAIR_H
#define DTLS_PAIR_H

#include <stdatomic.h>
#include "fake_path.h"
#include "rtc_dtls.h"

enum { CLIENT, SERVER };

typedef struct {
	fake_link_options link;
	int withoutSrtp[2];
	int laterSrtp[2];        // by rtc_dtls_set_srtp
	int wrongFingerprint[2]; // what that side expects of the other
	const char *algorithm;   // of the fingerprints; NULL: sha-256
	uint32_t timeout;        // milliseconds; 0: 20 s
} pair_options;

typedef struct {
	fake_link *link;
	rtc_srtp *srtp[2];
	rtc_certificate *certificates[2];
	rtc_dtls *dtls[2];
	atomic_int states[2]; // how often onState was called
	atomic_int packets[2];
} pair;

void pair_open(pair *it, const pair_options *options);
void pair_start(pair *it); // the server first
// Waits until both have one of the states; milliseconds it took, or fails after 20 s.
unsigned pair_wait(pair *it, rtc_dtls_state client, rtc_dtls_state server);
void pair_check_media(pair *it); // a packet each way
void pair_close(pair *it);

#endif
