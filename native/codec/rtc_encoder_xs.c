// SPDX-License-Identifier: Apache-2.0
#include "rtc_encoder_xs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void deliver(xsMachine *the, void *context)
{
	rtc_encoder_record *record = context;
	char message[sizeof record->message];
	pthread_mutex_lock(&record->lock);
	memcpy(message, record->message, sizeof message);
	const char *code = record->code;
	record->message[0] = 0;
	pthread_mutex_unlock(&record->lock);
	if (!message[0] || !record->onError)
		return;
	rtcEnter(the);
	xsmcVars(2);
	xsmcSetStringX(xsVar(0), (char *)code);
	xsmcSetString(xsVar(1), message);
	xsCallFunction2(xsReference(record->onError), xsAccess(record->object), xsVar(0), xsVar(1));
	rtcLeave(the);
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

void rtc_encoder_record_mark(xsMachine *the, void *it, xsMarkRoot markRoot)
{
	rtc_encoder_record *record = it;
	if (record->onError)
		(*markRoot)(the, record->onError);
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

void rtc_encoder_set_number(xsMachine *the, xsIdentifier id, double value)
{
	xsmcSetNumber(xsVar(0), value);
	xsmcSet(xsResult, id, xsVar(0));
}
