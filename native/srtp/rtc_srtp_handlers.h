// SPDX-License-Identifier: Apache-2.0
// Private to rtc_srtp: what takes the decrypted packets, and its safe removal.
#ifndef RTC_SRTP_HANDLERS_H
#define RTC_SRTP_HANDLERS_H

#include <pthread.h>
#include "rtc_srtp.h"

typedef struct {
	rtc_srtp_handler rtp, rtcp;
	rtc_srtp_ready_handler ready;
	void *context;
	int used;
	int running; // calls under way: the slot is not free before they end
} rtc_srtp_entry;

typedef struct {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	rtc_srtp_entry entries[RTC_SRTP_HANDLERS];
} rtc_srtp_handlers;

int rtc_srtp_handlers_init(rtc_srtp_handlers *handlers); // 0, or an errno value
void rtc_srtp_handlers_destroy(rtc_srtp_handlers *handlers);
int rtc_srtp_handlers_add(rtc_srtp_handlers *handlers, const rtc_srtp_entry *entry); // 0, ENOSPC
// Removes those of `context`, or all of them (`all`); waits until none of them is running. Not from a handler.
void rtc_srtp_handlers_remove(rtc_srtp_handlers *handlers, void *context, int all);
void rtc_srtp_handlers_packet(rtc_srtp_handlers *handlers, const uint8_t *packet, size_t size, int isRtcp);
void rtc_srtp_handlers_ready(rtc_srtp_handlers *handlers);

#endif
