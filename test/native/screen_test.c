// SPDX-License-Identifier: Apache-2.0
// Pictures that were encoded come out of a file as they were, and what cannot be shown is told.
#include <errno.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <libavformat/avformat.h>
#include "rtc_port.h"
#include "rtc_screen.h"
#include "rtc_sync.h"
#include "rtc_video_codec.h"

#define WIDTH 320
#define HEIGHT 240

typedef struct {
	rtc_source source;
	rtc_video_codec *encoder;
	rtc_frame_pool *pool, *pictures;
	atomic_uint requests; // on the screen's thread
	unsigned count;
	uint32_t timestamp;
	uint64_t sent, whole; // of what it films next; 0: not known
} camera;

static atomic_uint failures;

static void onFailure(void *context, const rtc_player_error *error)
{
	(void)context;
	assert_non_null(error->code);
	failures++;
}

static void destroyCamera(rtc_source *source)
{
	(void)source;
}

static void onRequest(rtc_source *source)
{
	((camera *)source)->requests++;
}

static void begin(camera *it)
{
	int error;
	const char *message;
	const rtc_video_codec_options options = {.width = WIDTH, .height = HEIGHT, .framerate = 30, .bitrate = 1000000};
	memset(it, 0, sizeof *it);
	it->encoder = rtc_codec_h264.video->make(&options, &error, &message);
	assert_non_null(it->encoder);
	it->pool = rtc_frame_pool_new(4, 200000);
	it->pictures = rtc_frame_pool_new(1, WIDTH * HEIGHT * 3 / 2);
	rtc_source_init(&it->source, destroyCamera);
	it->source.requestKeyFrame = onRequest;
}

static void end(camera *it)
{
	rtc_source_disconnect_all(&it->source);
	assert_int_equal(it->source.refs, 1);
	rtc_source_release(&it->source);
	rtc_codec_h264.video->destroy(it->encoder);
	rtc_frame_pool_close(it->pool);
	rtc_frame_pool_close(it->pictures);
}

// A grey picture whose brightness counts, at 100 frames per second of wall time.
static void film(camera *it, int key, int spoil)
{
	rtc_frame *picture = rtc_frame_pool_get(it->pictures), *unit;
	while (!(unit = rtc_frame_pool_get(it->pool)))
		usleep(1000);
	picture->format = RTC_FORMAT_I420;
	picture->width = WIDTH;
	picture->height = HEIGHT;
	memset(picture->data, (int)(16 + it->count % 200), WIDTH * HEIGHT);
	memset(picture->data + WIDTH * HEIGHT, 128, WIDTH * HEIGHT / 2);
	for (int i = 0; i < 3; i++) {
		picture->planes[i] = picture->data + (i ? WIDTH * HEIGHT + (i - 1) * WIDTH * HEIGHT / 4 : 0);
		picture->strides[i] = i ? WIDTH / 2 : WIDTH;
	}
	picture->time = rtc_now();
	assert_int_equal(rtc_codec_h264.video->encode(it->encoder, picture, key, unit), 0);
	unit->format = RTC_FORMAT_ENCODED;
	unit->codec = &rtc_codec_h264;
	unit->timestamp = it->timestamp += 3000;
	unit->sent = it->sent;
	unit->whole = it->whole;
	if (spoil)
		memset(unit->data, 0xff, unit->size);
	it->count++;
	rtc_source_deliver(&it->source, unit);
	rtc_frame_release(unit);
	rtc_frame_release(picture);
	usleep(10000);
}

static rtc_screen *screenOf(const char *kind, const char *path)
{
	rtc_player_error error = {0};
	rtc_screen_device *device = rtc_screen_find(kind)(path, &error);
	assert_non_null(device);
	rtc_screen *screen = rtc_screen_new(device, onFailure, NULL);
	assert_non_null(screen);
	return screen;
}

// Waits for as many frames that were decoded.
static rtc_screen_statistics await(rtc_screen *screen, camera *it, uint64_t frames)
{
	rtc_screen_statistics statistics = {0};
	for (int i = 0; i < 5000; i++) {
		assert_int_equal(rtc_screen_get_statistics(screen, &it->source, &statistics), 0);
		if (statistics.framesDecoded >= frames)
			break;
		usleep(1000);
	}
	return statistics;
}

static unsigned framesOf(const char *path, int64_t *duration)
{
	AVFormatContext *format = NULL;
	AVPacket *packet = av_packet_alloc();
	unsigned count = 0;
	assert_int_equal(avformat_open_input(&format, path, NULL, NULL), 0);
	assert_true(avformat_find_stream_info(format, NULL) >= 0);
	assert_int_equal(format->nb_streams, 1);
	assert_true(format->streams[0]->codecpar->width == WIDTH && format->streams[0]->codecpar->height == HEIGHT);
	while (av_read_frame(format, packet) >= 0) {
		*duration = av_rescale_q(packet->pts, format->streams[0]->time_base, (AVRational){1, 90000});
		count++;
		av_packet_unref(packet);
	}
	av_packet_free(&packet);
	avformat_close_input(&format);
	return count;
}

static void framesAreWritten(void **unused)
{
	(void)unused;
	char path[] = "/tmp/screen-XXXXXX";
	int64_t last = 0;
	camera it;
	close(mkstemp(path));
	begin(&it);
	rtc_screen *screen = screenOf("file", path);
	assert_int_equal(rtc_screen_play(screen, &it.source), 0);
	assert_int_equal(rtc_screen_play(screen, &it.source), EEXIST);
	for (unsigned i = 0; i < 30; i++) {
		film(&it, i % 10 == 0, 0);
		await(screen, &it, i + 1);
	}
	rtc_screen_statistics statistics = await(screen, &it, 30);
	assert_true(statistics.framesDecoded == 30 && statistics.keyFramesDecoded == 3 && !statistics.framesDropped);
	assert_true(statistics.width == WIDTH && statistics.height == HEIGHT && statistics.decodeTime);
	assert_true(framesOf(path, &last) >= 20); // it can be played while it is written
	rtc_screen_close(screen);
	assert_int_equal(framesOf(path, &last), 30);
	assert_int_equal(last, 29 * 3000);
	assert_int_equal(it.source.count, 0);
	unlink(path);
	end(&it);
}

// What SDL has drawn: the library is one for the whole process.
static int pixelOf(int x, int y, uint32_t *pixel)
{
	void *handle = dlopen("libSDL2-2.0.so.0", RTLD_NOW);
	void *(*fromId)(uint32_t) = (void *(*)(uint32_t))dlsym(handle, "SDL_GetWindowFromID");
	void *(*renderer)(void *) = (void *(*)(void *))dlsym(handle, "SDL_GetRenderer");
	int (*read)(void *, const int *, uint32_t, void *, int) =
		(int (*)(void *, const int *, uint32_t, void *, int))dlsym(handle, "SDL_RenderReadPixels");
	const int place[] = {x, y, 1, 1};
	void *window = fromId(1);
	return window ? read(renderer(window), place, 0x16362004u, pixel, 4) : -1; // ARGB8888
}

// Its driver draws into memory: what is shown is read back, and is what was filmed.
static void aWindowShowsWhatCame(void **unused)
{
	(void)unused;
	camera it;
	if (!dlopen("libSDL2-2.0.so.0", RTLD_NOW))
		skip();
	setenv("SDL_VIDEODRIVER", "dummy", 1);
	begin(&it);
	rtc_screen *screen = screenOf("window", "");
	assert_int_equal(rtc_screen_play(screen, &it.source), 0);
	uint32_t pixels[2] = {0};
	for (unsigned i = 0; i < 2; i++) {
		it.count = i * 150; // as bright as 16, then 166
		film(&it, 1, 0);
		assert_int_equal(await(screen, &it, i + 1).framesDecoded, i + 1);
		usleep(200000); // it is drawn
		assert_int_equal(pixelOf(i ? WIDTH - 4 : 4, i ? HEIGHT - 4 : 4, &pixels[i]), 0);
	}
	print_message("the window has %06x, then %06x\n", pixels[0] & 0xffffff, pixels[1] & 0xffffff);
	assert_true((pixels[0] >> 8 & 0xff) < 8 && (pixels[1] >> 8 & 0xff) > 164 && (pixels[1] >> 8 & 0xff) < 184);
	assert_int_equal(failures, 0);
	rtc_screen_close(screen);
	assert_int_equal(pixelOf(4, 4, &pixels[0]), -1); // it is gone
	end(&it);
	setenv("SDL_VIDEODRIVER", "no-such-driver", 1);
	rtc_player_error error = {0};
	assert_null(rtc_screen_find("window")("", &error));
	assert_string_equal(error.code, "media/device-missing");
}

// A peer says how large its pictures are: none is so tall or wide that there can be no window for it.
static void aWindowTakesAnyShape(void **unused)
{
	(void)unused;
	enum { LONG = 60000, SHORT = 16 };
	const uint16_t shapes[][2] = {{SHORT, LONG}, {LONG, SHORT}, {1, 1}, {LONG, 1}, {1, LONG}, {WIDTH, HEIGHT}};
	if (!dlopen("libSDL2-2.0.so.0", RTLD_NOW))
		skip();
	setenv("SDL_VIDEODRIVER", "dummy", 1);
	uint8_t *data = calloc(LONG, SHORT);
	for (size_t first = 0; first < 6; first++) {
		rtc_player_error error = {0};
		rtc_screen_device *device = rtc_screen_find("window")("", &error);
		assert_non_null(device);
		for (size_t i = 0; i < 6; i++) {
			const uint16_t *shape = shapes[(first + i) % 6];
			uint32_t half = (shape[0] + 1u) / 2;
			rtc_frame picture = {.format = RTC_FORMAT_I420,
								 .width = shape[0],
								 .height = shape[1],
								 .planes = {data, data, data},
								 .strides = {shape[0], half, half}};
			assert_int_equal(device->show(device, NULL, &picture, &error), 0);
		}
		device->destroy(device);
	}
	free(data);
}

typedef struct {
	rtc_sink sink;
	atomic_uint count, wrong;
	rtc_frame *kept[3];
} viewer;

static void destroyViewer(rtc_sink *sink)
{
	(void)sink;
}

static void onPicture(rtc_sink *sink, rtc_frame *frame)
{
	viewer *it = (viewer *)sink;
	int isSo = frame->format == RTC_FORMAT_I420 && frame->width == WIDTH && frame->height == HEIGHT &&
			   abs(frame->planes[0][WIDTH * HEIGHT / 2] - (int)(16 + it->count)) < 6 && frame->planes[1][7] == 128 &&
			   frame->strides[0] == WIDTH && frame->strides[2] == WIDTH / 2 && rtc_now() - frame->time < 500000;
	it->wrong += !isSo;
	if (it->count++ < 3)
		it->kept[it->count - 1] = rtc_frame_retain(frame);
}

// What is shown is given to a tap, when it is shown; a tap that keeps all pictures gets no more, and holds nothing up.
static void whatIsShownCanBeTapped(void **unused)
{
	(void)unused;
	camera it;
	viewer eyes = {0};
	begin(&it);
	rtc_sink_init(&eyes.sink, destroyViewer, onPicture);
	rtc_screen *screen = screenOf("none", "");
	assert_int_equal(rtc_source_connect(rtc_screen_seen(screen), &eyes.sink), 0);
	assert_int_equal(rtc_screen_play(screen, &it.source), 0);
	for (unsigned i = 0; i < 6; i++) {
		film(&it, i == 0, 0);
		assert_int_equal(await(screen, &it, i + 1).framesDecoded, i + 1);
	}
	assert_true(eyes.count == 3 && !eyes.wrong);
	rtc_screen_close(screen);
	assert_false(rtc_sink_is_connected(&eyes.sink));
	for (int i = 0; i < 3; i++)
		rtc_frame_release(eyes.kept[i]); // after the screen has gone
	rtc_sink_release(&eyes.sink);
	end(&it);
}

// Of a picture that came too soon for its sound.
static void aPictureWaitsForItsSound(void **unused)
{
	(void)unused;
	enum { DELAY = 300000 };
	camera it;
	begin(&it);
	it.source.sync = rtc_sync_new();
	rtc_screen *screen = screenOf("none", "");
	assert_int_equal(rtc_screen_play(screen, &it.source), 0);
	uint64_t begun = rtc_now();
	it.sent = begun + 77000000;
	const rtc_sync_sound sound = {.sent = it.sent, .time = begun + DELAY};
	rtc_sync_hear(it.source.sync, &sound);
	film(&it, 1, 0);
	assert_int_equal(await(screen, &it, 1).framesDecoded, 1);
	uint64_t taken = rtc_now() - begun;
	assert_in_range(taken, DELAY, DELAY + 2000000);
	it.sent += rtc_now() - begun - DELAY + 950000;
	film(&it, 0, 0); // it would have to wait for most of a second, but for the end
	begun = rtc_now();
	rtc_screen_close(screen);
	assert_true(rtc_now() - begun < 600000);
	end(&it);
	rtc_sync_release(it.source.sync);
}

// How long sound is held back that is heard 100 ms after it was taken, for pictures that are shown 400 ms after they
// were, and had come `before` microseconds sooner.
static uint32_t heldFor(uint64_t before)
{
	enum { SOUND = 100000, PICTURES = 400000 };
	camera it;
	begin(&it);
	it.source.sync = rtc_sync_new();
	rtc_screen *screen = screenOf("none", "");
	assert_int_equal(rtc_screen_play(screen, &it.source), 0);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t now = rtc_now();
		const rtc_sync_sound sound = {.sent = now + 77000000 - SOUND, .time = now};
		rtc_sync_hear(it.source.sync, &sound);
		it.sent = now + 77000000 - PICTURES;
		it.whole = now - before;
		film(&it, i == 0, 0);
		await(screen, &it, i + 1);
		usleep(i == 1 ? 500000 : 0); // one window's pictures count in the next
	}
	uint32_t hold = rtc_sync_hold(it.source.sync, rtc_now());
	rtc_screen_close(screen);
	end(&it);
	rtc_sync_release(it.source.sync);
	return hold;
}

static void soundIsNotHeldForPicturesThatWaited(void **unused)
{
	(void)unused;
	assert_true(heldFor(0) > 0);
	assert_int_equal(heldFor(350000), 0);
}

static void aDamagedFrameNeedsAKeyFrame(void **unused)
{
	(void)unused;
	camera it;
	begin(&it);
	rtc_screen *screen = screenOf("none", "");
	film(&it, 1, 0); // the encoder's first is one anyway
	assert_int_equal(rtc_screen_play(screen, &it.source), 0);
	for (int i = 0; i < 5; i++)
		film(&it, i == 2, 0); // before the key frame nothing is shown
	rtc_screen_statistics statistics = await(screen, &it, 3);
	assert_true(statistics.framesDecoded == 3 && statistics.framesDropped == 2);
	film(&it, 0, 1);
	for (int i = 0; i < 2000 && !it.requests; i++)
		usleep(1000);
	assert_int_equal(it.requests, 1);
	film(&it, 0, 0);
	film(&it, 1, 0);
	statistics = await(screen, &it, 4);
	assert_true(statistics.framesDecoded == 4 && statistics.framesDropped == 4);
	rtc_screen_close(screen);
	end(&it);
}

static void oneOfSeveralIsShown(void **unused)
{
	(void)unused;
	camera cameras[2], more[RTC_SCREEN_STREAMS - 1];
	rtc_screen_statistics statistics;
	begin(&cameras[0]);
	begin(&cameras[1]);
	rtc_screen *screen = screenOf("none", "");
	for (int i = 0; i < 2; i++)
		assert_int_equal(rtc_screen_play(screen, &cameras[i].source), 0);
	for (int i = 0; i < RTC_SCREEN_STREAMS - 1; i++) {
		begin(&more[i]);
		assert_int_equal(rtc_screen_play(screen, &more[i].source), i < RTC_SCREEN_STREAMS - 2 ? 0 : ENOSPC);
	}
	for (int i = 0; i < 3; i++) {
		film(&cameras[0], i == 0, 0);
		film(&cameras[1], i == 0, 0);
	}
	await(screen, &cameras[0], 3);
	assert_int_equal(rtc_screen_get_statistics(screen, &cameras[1].source, &statistics), 0);
	assert_int_equal(statistics.framesDecoded, 0);
	assert_int_equal(rtc_screen_stop(screen, &cameras[0].source), 0);
	assert_int_equal(rtc_screen_stop(screen, &cameras[0].source), ENOENT);
	assert_int_equal(cameras[1].requests, 1);
	film(&cameras[1], 1, 0);
	assert_int_equal(await(screen, &cameras[1], 1).framesDecoded, 1);
	end(&cameras[1]); // it goes by itself
	for (int i = 0; i < RTC_SCREEN_STREAMS - 1; i++)
		end(&more[i]);
	end(&cameras[0]);
	rtc_screen_close(screen);
}

static void whatCannotBeOpenedIsTold(void **unused)
{
	(void)unused;
	rtc_player_error error = {0};
	assert_null(rtc_screen_find("trumpet"));
	assert_null(rtc_screen_mp4_open("/nowhere/at/all.mp4", &error));
	assert_string_equal(error.code, "media/file-unwritable");
	camera it;
	begin(&it);
	rtc_screen *screen = screenOf("file", "/dev/full");
	assert_int_equal(rtc_screen_play(screen, &it.source), 0);
	for (unsigned i = 0; i < 400 && !failures; i++)
		film(&it, 1, 0);
	assert_int_equal(failures, 1);
	film(&it, 1, 0);
	rtc_screen_close(screen);
	assert_int_equal(failures, 1);
	end(&it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(framesAreWritten),         cmocka_unit_test(aDamagedFrameNeedsAKeyFrame),
		cmocka_unit_test(oneOfSeveralIsShown),      cmocka_unit_test(aWindowShowsWhatCame),
		cmocka_unit_test(whatCannotBeOpenedIsTold), cmocka_unit_test(whatIsShownCanBeTapped),
		cmocka_unit_test(aPictureWaitsForItsSound), cmocka_unit_test(soundIsNotHeldForPicturesThatWaited),
		cmocka_unit_test(aWindowTakesAnyShape),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
