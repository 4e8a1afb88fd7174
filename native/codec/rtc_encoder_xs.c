// SPDX-License-Identifier: Apache-2.0
#include "rtc_encoder_xs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell_failure(xsMachine *the, rtc_encoder_record *record, const char *code, const char *message)
{
	rtcEnter(the);
	xsmcVars(2);
	xsmcSetStringX(xsVar(0), (char *)code);
	xsmcSetString(xsVar(1), (char *)message);
	xsCallFunction2(xsReference(record->onError), xsAccess(record->object), xsVar(0), xsVar(1));
	rtcLeave(the);
}

static void tell_change(xsMachine *the, rtc_encoder_record *record, const uint32_t *change)
{
	rtcEnter(the);
	xsmcVars(3);
	for (int i = 0; i < 3; i++)
		xsmcSetInteger(xsVar(i), (xsIntegerValue)change[i]);
	xsCallFunction3(xsReference(record->onChange), xsAccess(record->object), xsVar(0), xsVar(1), xsVar(2));
	rtcLeave(the);
}

// Either callback may close the encoder: then the record is gone.
static void deliver(xsMachine *the, void *context)
{
	rtc_encoder_record *record = context;
	char message[sizeof record->message];
	uint32_t change[3];
	pthread_mutex_lock(&record->lock);
	memcpy(message, record->message, sizeof message);
	memcpy(change, record->change, sizeof change);
	const char *code = record->code;
	int isChange = record->onChange && change[0];
	memset(record->change, 0, sizeof change);
	if (!isChange)
		record->message[0] = 0;
	pthread_mutex_unlock(&record->lock);
	if (isChange) {
		if (message[0])
			rtc_poster_post(record->poster); // the failure is for another turn
		tell_change(the, record, change);
	} else if (message[0] && record->onError)
		tell_failure(the, record, code, message);
}

const rtc_codec *rtc_encoder_codec(xsMachine *the, int video)
{
	char name[RTC_CODEC_NAME];
	rtc_xs_string(the, &xsArg(0), xsID_codec, "codec", name, sizeof name, 1);
	const rtc_codec *codec = rtc_codec_find(name);
	if (!codec || !(video ? (const void *)codec->video : (const void *)codec->audio))
		xsRangeError(video ? "codec: not one of video" : "codec: not one of audio");
	return codec;
}

rtc_encoder_record *rtc_encoder_record_new(xsMachine *the, const xsHostHooks *hooks)
{
	rtc_encoder_record *record = calloc(1, sizeof *record);
	if (!record)
		xsUnknownError("no memory");
	pthread_mutex_init(&record->lock, NULL);
	xsmcSetHostData(xsThis, record); // from here on, the destructor frees it if the constructor throws
	xsSetHostHooks(xsThis, (xsHostHooks *)hooks);
	rtc_segment_register(hooks);
	record->onError = rtc_xs_callback(the, &xsArg(0), xsID_onError, "onError");
	record->onChange = rtc_xs_callback(the, &xsArg(0), xsID_onChange, "onChange");
	record->poster = rtc_poster_new(the, deliver, record);
	return record;
}

void rtc_encoder_record_open(xsMachine *the, rtc_encoder_record *record, void *encoder, int error)
{
	if (!encoder)
		rtc_xs_throw(the, "peer/out-of-resources", strerror(error));
	record->encoder = encoder;
	record->object = xsThis;
	xsRemember(record->object);
}

void rtc_encoder_record_failed(void *it, int error, const char *message)
{
	rtc_encoder_record *record = it;
	pthread_mutex_lock(&record->lock);
	record->code = error == ENOMEM ? "media/out-of-memory" : "media/unsupported";
	snprintf(record->message, sizeof record->message, "%s", message);
	pthread_mutex_unlock(&record->lock);
	rtc_poster_post(record->poster);
}

void rtc_encoder_record_changed(void *it, uint16_t width, uint16_t height, uint32_t framerate)
{
	rtc_encoder_record *record = it;
	pthread_mutex_lock(&record->lock);
	record->change[0] = width;
	record->change[1] = height;
	record->change[2] = framerate;
	pthread_mutex_unlock(&record->lock);
	rtc_poster_post(record->poster);
}

void rtc_encoder_record_mark(xsMachine *the, void *it, xsMarkRoot markRoot)
{
	rtc_encoder_record *record = it;
	if (record->onError)
		(*markRoot)(the, record->onError);
	if (record->onChange)
		(*markRoot)(the, record->onChange);
}

void rtc_encoder_record_destroy(void *it)
{
	rtc_encoder_record *record = it;
	if (!record)
		return;
	if (record->encoder)
		record->close(record->encoder); // its thread has ended before the poster goes
	rtc_poster_close(record->poster);
	pthread_mutex_destroy(&record->lock);
	free(record);
}

void rtc_encoder_record_close(xsMachine *the, const xsHostHooks *hooks)
{
	if (!xsmcGetHostData(xsThis))
		return;
	rtc_encoder_record *record = xsmcGetHostDataValidate(xsThis, (void *)hooks);
	xsForget(record->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	rtc_encoder_record_destroy(record);
}
