// SPDX-License-Identifier: Apache-2.0
// What the bindings of the two encoders share: their host data, its life, and the way of a failure to onError.
#ifndef RTC_ENCODER_XS_H
#define RTC_ENCODER_XS_H

#include "rtc_segment_xs.h"

typedef struct {
	rtc_segment segment; // first, for rtc_segment_get
	xsSlot object;
	xsSlot *onError, *onChange;
	rtc_poster *poster;
	void *encoder;
	void (*close)(void *encoder);
	pthread_mutex_t lock;
	char message[96]; // for onError; guarded by `lock`, as is:
	const char *code;
	uint32_t change[3]; // width, height, framerate for onChange, likewise; all 0: none
} rtc_encoder_record;

// The `codec` option of a constructor: one that encodes pictures (`video`) or sound. Throws.
const rtc_codec *rtc_encoder_codec(xsMachine *the, int video);
// A constructor's first step: the host data of `this`, with the hooks and the onError option. Throws.
rtc_encoder_record *rtc_encoder_record_new(xsMachine *the, const xsHostHooks *hooks);
// Its last: `this` lives until close(). With encoder NULL it throws instead, naming the errno value.
void rtc_encoder_record_open(xsMachine *the, rtc_encoder_record *record, void *encoder, int error);
// The encoders' `failed` callback.
void rtc_encoder_record_failed(void *record, int error, const char *message);
// The video encoder's `changed` callback.
void rtc_encoder_record_changed(void *record, uint16_t width, uint16_t height, uint32_t framerate);
void rtc_encoder_record_mark(xsMachine *the, void *it, xsMarkRoot markRoot);
void rtc_encoder_record_destroy(void *it);
// The body of close().
void rtc_encoder_record_close(xsMachine *the, const xsHostHooks *hooks);

#endif
