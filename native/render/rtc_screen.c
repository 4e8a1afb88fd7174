// SPDX-License-Identifier: Apache-2.0
#include "rtc_screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "rtc_picture_decoder.h"
#include "rtc_port.h"
#include "rtc_screen_tap.h"
#include "rtc_sync.h"

#define STACK (24 * 1024)
#define NAP 20000u // microseconds, in which it is seen that nobody waits any more
#define WAITING 4  // frames: as many as a receiver has, which holds back what follows

// One stream. The screen and the connection have a reference each; the last frees it.
typedef struct {
	rtc_sink sink; // first
	rtc_screen *screen;
	rtc_sync *sync; // with the sound of its sender; may be NULL
	// Guarded by the screen's lock:
	rtc_frame *waiting[WAITING];
	uint8_t count;
	uint8_t needsKey;
	rtc_screen_statistics statistics;
} stream;

struct rtc_screen {
	rtc_source seen; // first: its references are its owner's and its streams', whose last frame may come after the end
	pthread_t thread;
	rtc_screen_device *device;
	void (*failed)(void *context, const rtc_player_error *error);
	void *context;
	pthread_mutex_t lock; // guards what follows
	pthread_cond_t wake;
	uint8_t closing, hasFailed;
	stream *streams[RTC_SCREEN_STREAMS];
	// Of the thread alone:
	rtc_picture_decoder *decoder;
	const rtc_codec *codec; // that it decodes
	const stream *shown;
	rtc_screen_tap tap;
};

static void destroyScreen(rtc_source *source)
{
	rtc_screen *screen = (rtc_screen *)source;
	rtc_screen_tap_close(&screen->tap);
	pthread_cond_destroy(&screen->wake);
	pthread_mutex_destroy(&screen->lock);
	free(screen);
}

// Nothing waits: see forget().
static void destroyStream(rtc_sink *sink)
{
	rtc_screen *screen = ((stream *)sink)->screen;
	rtc_sync_release(((stream *)sink)->sync);
	free(sink);
	rtc_source_release(&screen->seen);
}

// With the lock held.
static void forgetFrames(stream *one)
{
	while (one->count)
		rtc_frame_release(one->waiting[--one->count]);
	one->needsKey = 1;
}

// With the lock held. Its source may still be delivering: it finds no screen.
static void forget(rtc_screen *screen, int index)
{
	stream *one = screen->streams[index];
	screen->streams[index] = NULL;
	forgetFrames(one);
	rtc_sink_release(&one->sink);
}

// With the lock held: the stream that is shown, NULL: there is none.
static stream *shownOf(rtc_screen *screen)
{
	stream *shown = NULL;
	for (int i = 0; i < RTC_SCREEN_STREAMS; i++) {
		if (screen->streams[i] && !rtc_sink_is_connected(&screen->streams[i]->sink))
			forget(screen, i);
		if (!shown)
			shown = screen->streams[i];
	}
	return shown;
}

static int isPlayed(const rtc_screen *screen, const stream *one)
{
	for (int i = 0; i < RTC_SCREEN_STREAMS; i++)
		if (screen->streams[i] == one)
			return 1;
	return 0;
}

// On the network thread.
static void onFrame(rtc_sink *sink, rtc_frame *frame)
{
	stream *one = (stream *)sink;
	rtc_screen *screen = one->screen;
	int wishes = 0;
	pthread_mutex_lock(&screen->lock);
	if (isPlayed(screen, one) && shownOf(screen) == one && !screen->hasFailed) {
		if (one->count == WAITING) { // it decodes too slowly: what follows is of no use without this one
			wishes = !one->needsKey;
			one->needsKey = 1;
		}
		if (one->count == WAITING || (one->needsKey && !frame->key))
			one->statistics.framesDropped++;
		else {
			one->needsKey = 0;
			one->waiting[one->count++] = rtc_frame_retain(frame);
			pthread_cond_signal(&screen->wake);
		}
	} else if (isPlayed(screen, one))
		forgetFrames(one);
	pthread_mutex_unlock(&screen->lock);
	if (wishes)
		rtc_sink_request_key_frame(sink);
}

// Waits for the next frame of the stream that is shown, which is retained, and so is the frame. NULL: the screen
// closes.
static stream *takeFrame(rtc_screen *screen, rtc_frame **frame)
{
	stream *shown = NULL;
	pthread_mutex_lock(&screen->lock);
	while (!screen->closing && (!(shown = shownOf(screen)) || !shown->count))
		pthread_cond_wait(&screen->wake, &screen->lock);
	if (screen->closing)
		shown = NULL;
	if (shown) {
		rtc_sink_retain(&shown->sink);
		*frame = shown->waiting[0];
		memmove(shown->waiting, shown->waiting + 1, --shown->count * sizeof *shown->waiting);
	}
	pthread_mutex_unlock(&screen->lock);
	return shown;
}

static int decode(rtc_screen *screen, const stream *shown, const rtc_frame *unit, rtc_frame *picture)
{
	if (screen->codec != unit->codec || screen->shown != shown || !screen->decoder) {
		rtc_picture_decoder_free(screen->decoder);
		screen->decoder = rtc_picture_decoder_new(unit->codec);
		screen->codec = unit->codec;
		screen->shown = shown;
	}
	return screen->decoder ? rtc_picture_decoder_decode(screen->decoder, unit, picture) : 0;
}

static int isWanted(rtc_screen *screen, const stream *one)
{
	pthread_mutex_lock(&screen->lock);
	int wanted = !screen->closing && isPlayed(screen, one);
	pthread_mutex_unlock(&screen->lock);
	return wanted;
}

// Until the sound that belongs to a picture is heard, or nobody wants it any more. `taken`: microseconds of decoding.
static void await(rtc_screen *screen, const stream *shown, const rtc_frame *unit, uint64_t taken)
{
	uint64_t now = rtc_now(), ready = unit->whole ? unit->whole + taken : now, due = now;
	if (shown->sync && unit->sent)
		due = rtc_sync_show(shown->sync, unit->sent, ready, now);
	for (; now < due && isWanted(screen, shown); now = rtc_now())
		usleep((useconds_t)(due - now < NAP ? due - now : NAP));
}

rtc_source *rtc_screen_seen(rtc_screen *screen)
{
	return &screen->seen;
}

static void show(rtc_screen *screen, stream *shown, const rtc_frame *unit)
{
	rtc_frame picture = {.format = RTC_FORMAT_I420, .time = unit->time, .timestamp = unit->timestamp};
	rtc_player_error error = {0};
	uint64_t begun = rtc_now();
	int result = decode(screen, shown, unit, &picture);
	uint64_t taken = rtc_now() - begun;
	if (result > 0) {
		await(screen, shown, unit, taken);
		rtc_screen_tap_give(&screen->tap, &screen->seen, &picture);
	}
	int failed = result < 0 ? 0 : screen->device->show(screen->device, unit, result ? &picture : NULL, &error);
	pthread_mutex_lock(&screen->lock);
	rtc_screen_statistics *statistics = &shown->statistics;
	statistics->decodeTime += taken;
	statistics->framesDecoded += result > 0;
	statistics->keyFramesDecoded += result > 0 && unit->key;
	statistics->framesDropped += result < 0;
	if (result > 0) {
		statistics->width = picture.width;
		statistics->height = picture.height;
	}
	if (result < 0 && isPlayed(screen, shown))
		forgetFrames(shown);
	screen->hasFailed |= failed != 0;
	pthread_mutex_unlock(&screen->lock);
	if (failed)
		screen->failed(screen->context, &error);
	else if (result < 0)
		rtc_sink_request_key_frame(&shown->sink);
}

static void *run(void *argument)
{
	rtc_screen *screen = argument;
	rtc_frame *frame;
	stream *shown;
	while ((shown = takeFrame(screen, &frame))) {
		if (!screen->hasFailed)
			show(screen, shown, frame);
		rtc_frame_release(frame);
		rtc_sink_release(&shown->sink);
	}
	return NULL;
}

rtc_screen *rtc_screen_new(rtc_screen_device *device, void (*failed)(void *context, const rtc_player_error *error),
						   void *context)
{
	rtc_screen *screen = calloc(1, sizeof *screen);
	if (!screen) {
		device->destroy(device);
		return NULL;
	}
	rtc_source_init(&screen->seen, destroyScreen);
	pthread_mutex_init(&screen->lock, NULL);
	pthread_cond_init(&screen->wake, NULL);
	screen->device = device;
	screen->failed = failed;
	screen->context = context;
	const rtc_thread_options thread = {.name = "rtc-screen", .stack = STACK, .priority = 5};
	if (rtc_thread_start(&screen->thread, &thread, run, screen) == 0)
		return screen;
	device->destroy(device);
	rtc_source_release(&screen->seen);
	return NULL;
}

// With the lock held. The place of what plays a source, -1: none.
static int find(rtc_screen *screen, const rtc_source *source)
{
	for (int i = 0; i < RTC_SCREEN_STREAMS; i++) {
		if (screen->streams[i] && rtc_sink_is_fed_by(&screen->streams[i]->sink, source))
			return i;
	}
	return -1;
}

int rtc_screen_play(rtc_screen *screen, rtc_source *source)
{
	pthread_mutex_lock(&screen->lock);
	int found = find(screen, source), place = 0;
	shownOf(screen);
	while (place < RTC_SCREEN_STREAMS && screen->streams[place])
		place++;
	pthread_mutex_unlock(&screen->lock);
	if (found >= 0 || place == RTC_SCREEN_STREAMS)
		return found >= 0 ? EEXIST : ENOSPC;
	stream *one = calloc(1, sizeof *one);
	if (!one)
		return ENOMEM;
	rtc_sink_init(&one->sink, destroyStream, onFrame);
	one->screen = screen;
	one->sync = source->sync ? rtc_sync_retain(source->sync) : NULL;
	rtc_source_retain(&screen->seen);
	one->needsKey = 1;
	int error = rtc_source_connect(source, &one->sink);
	if (error) {
		rtc_sink_release(&one->sink);
		return error;
	}
	pthread_mutex_lock(&screen->lock);
	screen->streams[place] = one; // places are taken on this thread alone
	pthread_mutex_unlock(&screen->lock);
	return 0;
}

int rtc_screen_stop(rtc_screen *screen, rtc_source *source)
{
	pthread_mutex_lock(&screen->lock);
	int index = find(screen, source);
	stream *one = index < 0 ? NULL : screen->streams[index], *next;
	if (one) {
		rtc_sink_retain(&one->sink);
		forget(screen, index);
	}
	next = one ? shownOf(screen) : NULL;
	if (next)
		rtc_sink_retain(&next->sink);
	pthread_mutex_unlock(&screen->lock);
	if (next) { // if it was not shown before, it begins with a key frame
		if (next->needsKey)
			rtc_sink_request_key_frame(&next->sink);
		rtc_sink_release(&next->sink);
	}
	if (!one)
		return ENOENT;
	rtc_sink_disconnect(&one->sink);
	rtc_sink_release(&one->sink);
	return 0;
}

int rtc_screen_get_statistics(rtc_screen *screen, const rtc_source *source, rtc_screen_statistics *statistics)
{
	pthread_mutex_lock(&screen->lock);
	int index = find(screen, source);
	if (index >= 0)
		*statistics = screen->streams[index]->statistics;
	pthread_mutex_unlock(&screen->lock);
	return index < 0 ? ENOENT : 0;
}

void rtc_screen_close(rtc_screen *screen)
{
	pthread_mutex_lock(&screen->lock);
	screen->closing = 1;
	pthread_cond_signal(&screen->wake);
	pthread_mutex_unlock(&screen->lock);
	pthread_join(screen->thread, NULL);
	for (int i = 0; i < RTC_SCREEN_STREAMS; i++)
		if (screen->streams[i]) {
			rtc_sink_disconnect(&screen->streams[i]->sink);
			pthread_mutex_lock(&screen->lock);
			forget(screen, i);
			pthread_mutex_unlock(&screen->lock);
		}
	rtc_picture_decoder_free(screen->decoder);
	screen->device->destroy(screen->device);
	rtc_source_disconnect_all(&screen->seen);
	rtc_source_release(&screen->seen);
}
