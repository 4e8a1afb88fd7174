// SPDX-License-Identifier: Apache-2.0
#include "rtc_segment_xs.h"
#include "rtc_screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_PATH 1024

typedef struct {
	rtc_segment segment; // first, for rtc_segment_get
	xsSlot object;
	xsSlot *onError;
	rtc_poster *poster;
	rtc_screen *screen;
	pthread_mutex_t lock;
	rtc_player_error error; // guarded by `lock`; code NULL: none
} screen_record;

static void mark(xsMachine *the, void *it, xsMarkRoot markRoot)
{
	screen_record *record = it;
	if (record->onError)
		(*markRoot)(the, record->onError);
}

static const xsHostHooks hooks = {xs_rtc_video_output_destructor, mark, NULL};

void xs_rtc_video_output_destructor(void *data)
{
	screen_record *record = data;
	if (!record)
		return;
	if (record->screen)
		rtc_screen_close(record->screen); // its thread has ended before the poster goes
	rtc_poster_close(record->poster);
	pthread_mutex_destroy(&record->lock);
	free(record);
}

static screen_record *recordOf(xsMachine *the)
{
	return xsmcGetHostDataValidate(xsThis, (void *)&hooks);
}

static void deliver(xsMachine *the, void *context)
{
	screen_record *record = context;
	pthread_mutex_lock(&record->lock);
	rtc_player_error error = record->error;
	record->error.code = NULL;
	pthread_mutex_unlock(&record->lock);
	if (!error.code || !record->onError)
		return;
	rtcEnter(the);
	xsmcVars(2);
	xsmcSetString(xsVar(0), (char *)error.code);
	xsmcSetString(xsVar(1), error.message);
	xsCallFunction2(xsReference(record->onError), xsAccess(record->object), xsVar(0), xsVar(1));
	rtcLeave(the);
}

static void failed(void *context, const rtc_player_error *error)
{
	screen_record *record = context;
	pthread_mutex_lock(&record->lock);
	record->error = *error;
	pthread_mutex_unlock(&record->lock);
	rtc_poster_post(record->poster);
}

void xs_rtc_video_output(xsMachine *the)
{
	char kind[16], path[LARGEST_PATH];
	rtc_xs_string(the, &xsArg(0), xsID_output, "output", kind, sizeof kind, 1);
	rtc_xs_string(the, &xsArg(0), xsID_path, "path", path, sizeof path, !strcmp(kind, "file"));
	rtc_screen_opener open = rtc_screen_find(kind);
	if (!open)
		rtc_xs_throw(the, "media/unsupported", "there is no such output here");
	screen_record *record = calloc(1, sizeof *record);
	if (!record)
		xsUnknownError("no memory");
	pthread_mutex_init(&record->lock, NULL);
	xsmcSetHostData(xsThis, record); // from here on, the destructor frees it if the constructor throws
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	rtc_segment_register(&hooks);
	record->onError = rtc_xs_callback(the, &xsArg(0), xsID_onError, "onError");
	record->poster = rtc_poster_new(the, deliver, record);
	rtc_player_error error = {0};
	rtc_screen_device *device = open(path, &error);
	if (!device)
		rtc_xs_throw(the, error.code, error.message);
	record->screen = rtc_screen_new(device, failed, record);
	if (!record->screen)
		rtc_xs_throw(the, "peer/out-of-resources", "no memory for a screen");
	record->segment.source = rtc_screen_seen(record->screen);
	record->object = xsThis;
	xsRemember(record->object);
}

void xs_rtc_video_output_connect(xsMachine *the)
{
	rtc_segment_connect(the, recordOf(the)->segment.source);
}

void xs_rtc_video_output_disconnect(xsMachine *the)
{
	rtc_segment_disconnect(the, recordOf(the)->segment.source);
}

void xs_rtc_video_output_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	screen_record *record = recordOf(the);
	xsForget(record->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_video_output_destructor(record);
}

void xs_rtc_video_output_play(xsMachine *the)
{
	screen_record *record = recordOf(the);
	int error = rtc_screen_play(record->screen, rtc_segment_source(the));
	if (error == EEXIST)
		xsTypeError("source: it is played already");
	if (error)
		rtc_xs_throw(the, "peer/out-of-resources", error == ENOSPC ? "too many streams at once" : "no memory");
}

void xs_rtc_video_output_stop(xsMachine *the)
{
	rtc_screen_stop(recordOf(the)->screen, rtc_segment_source(the)); // of one that is not played: nothing to do
}

void xs_rtc_video_output_streamStatistics(xsMachine *the)
{
	rtc_screen_statistics counted;
	screen_record *record = recordOf(the);
	if (rtc_screen_get_statistics(record->screen, rtc_segment_source(the), &counted))
		return;
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_framesDecoded, (double)counted.framesDecoded);
	rtc_xs_set_number(the, xsID_keyFramesDecoded, (double)counted.keyFramesDecoded);
	rtc_xs_set_number(the, xsID_framesNotShown, (double)counted.framesDropped);
	rtc_xs_set_number(the, xsID_totalDecodeTime, (double)counted.decodeTime / 1e6);
	rtc_xs_set_number(the, xsID_frameWidth, counted.width);
	rtc_xs_set_number(the, xsID_frameHeight, counted.height);
}
