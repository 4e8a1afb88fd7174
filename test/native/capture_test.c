// SPDX-License-Identifier: Apache-2.0
// Capture: the test card and tone, and files that the ffmpeg program makes for the occasion.
#define _GNU_SOURCE // memmem
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "media_tools.h"
#include "rtc_capture.h"
#include "rtc_media_turn.h"
#include "rtc_port.h"

#define PATIENCE 10000 // milliseconds
#define MOST 600

typedef struct {
	rtc_capture *capture;
	test_sink sink;
	pthread_mutex_t lock;
	int finished;
	rtc_capture_error error;
	uint64_t times[MOST], arrivals[MOST];
	uint16_t width, height;
	uint32_t counters[MOST], milliseconds[MOST], damaged;
	uint8_t levels[MOST]; // luma in the middle of the picture, loudness of the sound / 128
	uint8_t border;       // luma at the left edge
	uint8_t corners[4];   // luma near them, row by row
	uint8_t tints[4];     // of the second plane there
	test_decoder decoder; // for JPEG
	uint64_t bytes;       // of it
} bench;

static char folder[] = "/tmp/rtc-capture-XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[64];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void take_jpeg(bench *b, uint32_t index, const rtc_frame *frame)
{
	b->bytes += frame->size;
	b->damaged += !test_decoder_decode(&b->decoder, frame);
	const AVFrame *picture = b->decoder.frame;
	b->width = (uint16_t)picture->width;
	b->height = (uint16_t)picture->height;
	assert_int_equal(frame->width, picture->width);
	assert_int_equal(frame->height, picture->height);
	b->damaged += !test_read_code(picture->data[0], picture->linesize[0], picture->width, &b->counters[index],
								  &b->milliseconds[index]);
	b->levels[index] = picture->data[0][picture->linesize[0] / 2]; // a cell of the code
	int y = picture->height / 5;                                   // in the bars
	for (int i = 0; i < 4; i++) {
		int x = picture->width * (i * 2 + 1) / 14;
		b->corners[i] = picture->data[0][y * picture->linesize[0] + x];
		b->tints[i] = picture->data[1][y / 2 * picture->linesize[1] + x / 2];
	}
}

static void got(test_sink *sink, rtc_frame *frame)
{
	bench *b = sink->context;
	uint32_t index = sink->count;
	if (index >= MOST)
		return;
	b->times[index] = frame->time;
	b->arrivals[index] = rtc_now();
	if (frame->format == RTC_FORMAT_JPEG) {
		take_jpeg(b, index, frame);
		return;
	}
	if (frame->format == RTC_FORMAT_I420) {
		b->width = frame->width;
		b->height = frame->height;
		b->levels[index] = frame->planes[0][frame->height / 2 * frame->strides[0] + frame->width / 2u];
		b->border = frame->planes[0][frame->height / 2 * frame->strides[0]];
		for (int i = 0; i < 4; i++) {
			uint32_t x = frame->width * (i % 2 ? 7u : 1u) / 8, y = frame->height * (i / 2 ? 7u : 1u) / 8;
			b->corners[i] = frame->planes[0][y * frame->strides[0] + x];
			b->tints[i] = frame->planes[1][y / 2 * frame->strides[1] + x / 2];
		}
		b->damaged += !test_read_code(frame->planes[0], (int)frame->strides[0], frame->width, &b->counters[index],
									  &b->milliseconds[index]);
		return;
	}
	assert_int_equal(frame->size, frame->samples * frame->channels * 2);
	assert_int_equal(frame->samples, frame->sampleRate / 50);
	double sum = 0;
	for (uint32_t i = 0; i < frame->samples * frame->channels; i++)
		sum += pow(((int16_t *)frame->data)[i], 2);
	b->levels[index] = (uint8_t)(sqrt(sum / (frame->samples * frame->channels)) / 128);
}

static void finished(void *context, const rtc_capture_error *error)
{
	bench *b = context;
	pthread_mutex_lock(&b->lock);
	b->finished++;
	if (error)
		b->error = *error;
	pthread_mutex_unlock(&b->lock);
}

static int is_finished(bench *b)
{
	pthread_mutex_lock(&b->lock);
	int count = b->finished;
	pthread_mutex_unlock(&b->lock);
	return count;
}

static bench *open_bench(rtc_capture_opener open, const rtc_capture_options *options)
{
	bench *b = calloc(1, sizeof *b);
	pthread_mutex_init(&b->lock, NULL);
	test_sink_init(&b->sink, got, b);
	rtc_capture_error error = {0};
	rtc_capture_device *device = open(options, &error);
	if (!device)
		fail_msg("%s: %s", error.code, error.message);
	b->capture = rtc_capture_new(device, finished, b);
	assert_non_null(b->capture);
	return b;
}

static void begin(bench *b)
{
	assert_int_equal(rtc_source_connect(rtc_capture_source(b->capture), &b->sink.sink), 0);
}

static void close_bench(bench *b)
{
	rtc_capture_close(b->capture);
	rtc_sink_release(&b->sink.sink);
	test_decoder_close(&b->decoder);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

static void make(const char *format, ...)
{
	char arguments[400], command[512];
	va_list list;
	va_start(list, format);
	vsnprintf(arguments, sizeof arguments, format, list);
	va_end(list);
	snprintf(command, sizeof command, "cd %s && ffmpeg -v error -nostdin -y %s", folder, arguments);
	assert_int_equal(system(command), 0);
}

// ---- the test card and the tone

static void test_card_runs_in_real_time(void **state)
{
	(void)state;
	rtc_capture_options options = {.width = 640, .height = 360, .framerate = 30, .path = ""};
	bench *b = open_bench(rtc_capture_video_opener("test"), &options);
	usleep(100000);
	assert_int_equal(test_sink_count(&b->sink), 0); // nobody looks
	begin(b);
	assert_true(test_sink_wait(&b->sink, 31, PATIENCE));
	rtc_capture_close(b->capture);
	int64_t lasted = (int64_t)(b->arrivals[30] - b->arrivals[0]);
	assert_true(lasted > 900000);
	assert_true(llabs(lasted - (int64_t)(b->times[30] - b->times[0])) < 500000);
	assert_int_equal(b->damaged, 0);
	for (int i = 1; i <= 30; i++) {
		assert_int_equal(b->counters[i], i);
		uint64_t periods = (b->times[i] - b->times[i - 1] + 16666) / 33333; // more than one where the machine is busy
		assert_true(llabs((int64_t)(b->times[i] - b->times[i - 1] - periods * 1000000 / 30)) <= 2);
		int stray = (int)(b->milliseconds[i] - (uint32_t)(rtc_capture_wall_clock(b->times[i]) / 1000));
		assert_in_range(stray + 1, 0, 2);
	}
	rtc_sink_release(&b->sink.sink);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

static void test_card_rests_without_sinks(void **state)
{
	(void)state;
	rtc_capture_options options = {.width = 320, .height = 240, .framerate = 60, .path = ""};
	bench *b = open_bench(rtc_capture_video_opener("test"), &options);
	begin(b);
	assert_true(test_sink_wait(&b->sink, 5, PATIENCE));
	rtc_sink_disconnect(&b->sink.sink);
	usleep(50000);
	uint32_t count = test_sink_count(&b->sink);
	usleep(200000);
	assert_int_equal(test_sink_count(&b->sink), count);
	begin(b);
	assert_true(test_sink_wait(&b->sink, count + 3, PATIENCE));
	assert_int_equal(b->counters[count], count);
	assert_true(b->times[count] - b->times[count - 1] > 200000);
	close_bench(b);
}

static void keep(test_sink *sink, rtc_frame *frame)
{
	rtc_frame **kept = sink->context;
	if (sink->count < 16)
		kept[sink->count] = rtc_frame_retain(frame);
}

// Of four frames, all of which are held.
static void see_drops(bench *b)
{
	rtc_capture_statistics statistics;
	assert_true(test_sink_wait(&b->sink, 4, PATIENCE));
	rtc_capture_get_statistics(b->capture, &statistics);
	uint64_t before = statistics.framesDropped; // they came too late, on a busy machine
	for (int i = 0; i < 500 && statistics.framesDropped < before + 5; i++) {
		usleep(10000);
		rtc_capture_get_statistics(b->capture, &statistics);
	}
	assert_true(statistics.framesDropped >= before + 5);
	assert_int_equal(statistics.frames, 4);
	assert_int_equal(test_sink_count(&b->sink), 4);
}

static void test_card_drops_when_its_frames_are_held(void **state)
{
	(void)state;
	rtc_capture_options options = {.width = 320, .height = 240, .framerate = 120, .path = ""};
	bench *b = open_bench(rtc_capture_video_opener("test"), &options);
	rtc_frame *kept[16] = {NULL};
	b->sink.got = keep;
	b->sink.context = kept;
	begin(b);
	see_drops(b);
	close_bench(b);
	for (int i = 0; i < 4; i++) // they outlive the capture
		rtc_frame_release(kept[i]);
}

static uint64_t jpeg_size(uint8_t quality)
{
	rtc_capture_options options = {.width = 320, .height = 240, .framerate = 60, .quality = quality, .path = ""};
	bench *b = open_bench(rtc_capture_video_opener("test"), &options);
	test_decoder_open(&b->decoder, AV_CODEC_ID_MJPEG);
	begin(b);
	assert_true(test_sink_wait(&b->sink, 10, PATIENCE));
	rtc_source_disconnect(rtc_capture_source(b->capture), &b->sink.sink);
	uint32_t count = test_sink_count(&b->sink);
	assert_int_equal(b->width, 320);
	assert_int_equal(b->height, 240);
	assert_int_equal(b->damaged, 0);
	for (uint32_t i = 1; i < count; i++)
		assert_true(b->counters[i] > b->counters[i - 1] && b->times[i] > b->times[i - 1]);
	assert_in_range(b->corners[0], 180, 200); // white of 75 %, in all of the range: 191
	assert_in_range(b->tints[0], 120, 136);
	assert_in_range(b->tints[1], 20, 45); // yellow: 32
	uint64_t size = b->bytes / count;
	begin(b); // it has been stopped in between
	assert_true(test_sink_wait(&b->sink, count + 2, PATIENCE));
	close_bench(b);
	return size;
}

static void test_jpeg_is_what_was_asked_for(void **state)
{
	(void)state;
	uint64_t sizes[] = {jpeg_size(1), jpeg_size(60), jpeg_size(100)};
	print_message("320 x 240 of quality 1, 60, 100: %u, %u, %u bytes\n", (unsigned)sizes[0], (unsigned)sizes[1],
				  (unsigned)sizes[2]);
	assert_true(sizes[0] > 1000 && sizes[1] > sizes[0] && sizes[2] > sizes[1]);
	rtc_capture_options options = {.quality = 50, .path = in_folder("none.avi")};
	rtc_capture_error error = {0};
	assert_null(rtc_capture_video_opener("file")(&options, &error));
	assert_string_equal(error.code, "media/file-unreadable");
}

// As those of the card, which goes on.
static void test_jpeg_drops_when_its_frames_are_held(void **state)
{
	(void)state;
	rtc_capture_options options = {.width = 320, .height = 240, .framerate = 120, .quality = 50, .path = ""};
	bench *b = open_bench(rtc_capture_video_opener("test"), &options);
	rtc_frame *kept[16] = {NULL};
	b->sink.got = keep;
	b->sink.context = kept;
	begin(b);
	see_drops(b);
	close_bench(b);
	for (int i = 0; i < 4; i++)
		rtc_frame_release(kept[i]);
}

static void test_tone_beeps_with_the_clock(void **state)
{
	(void)state;
	rtc_capture_options options = {.sampleRate = 16000, .channels = 2, .path = ""};
	bench *b = open_bench(rtc_capture_audio_opener("test"), &options);
	begin(b);
	assert_true(test_sink_wait(&b->sink, 110, PATIENCE));
	int loud = 0;
	for (int i = 0; i < 110; i++) {
		uint64_t phase = rtc_capture_wall_clock(b->times[i]) / 1000 % 1000;
		if (i)
			assert_int_equal(b->times[i], b->times[i - 1] + 20000);
		assert_true(b->arrivals[i] >= b->times[i] + 20000); // it is over: nobody hears what is still to come
		loud += b->levels[i] > 0;
		if (phase > 5 && phase < 75)
			assert_in_range(b->levels[i], 30, 50); // 8192 / sqrt(2) / 128
		if (phase > 105 && phase < 975)
			assert_int_equal(b->levels[i], 0);
	}
	assert_in_range(loud, 8, 18);
	close_bench(b);
}

// ---- files

#define FLASHES "drawbox=c=white:t=fill:enable='lt(mod(t,1),0.2)'"
#define BEEPS "\"aevalsrc='if(lt(mod(t,1),0.2),0.5*sin(2000*PI*t),0)':s=44100:d=2\""

static void test_file_loops_in_step(void **state)
{
	(void)state;
	make("-f lavfi -i \"color=black:s=320x180:r=25:d=2," FLASHES "\" -f lavfi -i " BEEPS " -c:v libx264 -g 50 -c:a aac "
		 "av.mp4");
	rtc_capture_options options = {
		.framerate = 30, .sampleRate = 48000, .channels = 1, .loop = 1, .path = in_folder("av.mp4")};
	bench *video = open_bench(rtc_capture_video_opener("file"), &options);
	bench *audio = open_bench(rtc_capture_audio_opener("file"), &options);
	begin(video);
	usleep(700000);
	begin(audio);                                             // it joins where the video is
	assert_true(test_sink_wait(&video->sink, 130, PATIENCE)); // 5.2 s: more than twice through
	assert_true(test_sink_wait(&audio->sink, 215, PATIENCE));
	assert_int_equal(video->width, 320);
	assert_int_equal(video->height, 180);
	int flashes = 0, pairs = 0;
	for (int i = 1; i < 130; i++) {
		assert_true(video->times[i] > video->times[i - 1]);
		if (video->levels[i] < 128 || video->levels[i - 1] >= 128)
			continue;
		flashes++;
		for (int j = 1; j < 215; j++) {
			int64_t apart = (int64_t)(audio->times[j] - video->times[i]);
			int onset = audio->levels[j] > 40 && audio->levels[j - 1] <= 40;
			pairs += onset && llabs(apart) <= 45000;
		}
	}
	assert_in_range(flashes, 4, 6);
	assert_in_range(pairs, 4, 6);
	close_bench(audio);
	close_bench(video);
}

static void test_file_is_fitted_with_borders(void **state)
{
	(void)state;
	make("-f lavfi -i color=white:s=200x200:r=30:d=1 -c:v mpeg4 square.avi");
	rtc_capture_options options = {
		.width = 640, .height = 360, .framerate = 10, .loop = 1, .path = in_folder("square.avi")};
	bench *b = open_bench(rtc_capture_video_opener("file"), &options);
	begin(b);
	assert_true(test_sink_wait(&b->sink, 15, PATIENCE));
	assert_int_equal(b->width, 640);
	assert_int_equal(b->height, 360);
	assert_int_equal(b->border, 16);
	assert_true(b->levels[3] > 220);
	assert_true(b->times[14] - b->times[1] > 1200000); // 10 frames a second of its 30
	close_bench(b);
}

static void test_file_without_times_loops(void **state)
{
	(void)state;
	make("-f lavfi -i testsrc=s=160x120:r=25:d=0.4 -c:v libx264 -bf 0 raw.h264");
	rtc_capture_options options = {.framerate = 30, .loop = 1, .path = in_folder("raw.h264")};
	bench *b = open_bench(rtc_capture_video_opener("file"), &options);
	begin(b);
	assert_true(test_sink_wait(&b->sink, 32, PATIENCE));
	uint64_t lasted = b->times[31] - b->times[0];
	assert_true(lasted > 1100000 && lasted < 1500000);
	assert_int_equal(is_finished(b), 0);
	close_bench(b);
}

static void test_file_ends(void **state)
{
	(void)state;
	make("-f lavfi -i " BEEPS " -t 0.5 short.wav");
	rtc_capture_options options = {.sampleRate = 8000, .channels = 1, .path = in_folder("short.wav")};
	bench *b = open_bench(rtc_capture_audio_opener("file"), &options);
	begin(b);
	for (int i = 0; i < 300 && !is_finished(b); i++)
		usleep(10000);
	assert_int_equal(is_finished(b), 1);
	assert_null(b->error.code);
	assert_in_range(test_sink_count(&b->sink), 20, 25); // a busy machine drops some
	close_bench(b);
}

static void test_large_file_is_reduced(void **state)
{
	(void)state;
	make("-f lavfi -i color=gray:s=2560x1440:r=5:d=0.6 -c:v mpeg4 large.avi");
	rtc_capture_options options = {.framerate = 30, .loop = 1, .path = in_folder("large.avi")};
	bench *b = open_bench(rtc_capture_video_opener("file"), &options);
	begin(b);
	assert_true(test_sink_wait(&b->sink, 1, PATIENCE));
	assert_int_equal(b->width, 1920);
	assert_int_equal(b->height, 1080);
	close_bench(b);
}

// The corner of the displayed picture, of four row by row, in which the file's blue corner is shown.
static int blue_corner(const char *name, uint16_t width, uint16_t height)
{
	rtc_capture_options options = {.framerate = 30, .loop = 1, .path = in_folder(name)};
	bench *b = open_bench(rtc_capture_video_opener("file"), &options);
	begin(b);
	assert_true(test_sink_wait(&b->sink, 1, PATIENCE));
	assert_int_equal(b->width, width);
	assert_int_equal(b->height, height);
	int corner = -1;
	for (int i = 0; i < 4; i++) {
		if (b->tints[i] < 200)
			continue;
		assert_int_equal(corner, -1);
		corner = i;
	}
	assert_true(corner >= 0 && b->corners[corner] < 60);
	assert_true(b->corners[3 - corner] > 200);
	close_bench(b);
	return corner;
}

static void test_turned_file_is_upright(void **state)
{
	(void)state;
	make("-f lavfi -i \"color=white:s=176x96:r=5:d=1,drawbox=w=44:h=24:c=blue:t=fill\" -c:v mpeg4 -q:v 2 turn0.mp4");
	// FFmpeg 5 writes rotate=90 as a quarter turn to the left, and shows it so: the left upper corner comes down.
	const int corners[] = {0, 2, 3, 1};
	for (int i = 0; i < 4; i++) {
		make("-i turn0.mp4 -c copy -metadata:s:v:0 rotate=%d turn.mp4", 90 * i);
		assert_int_equal(blue_corner("turn.mp4", i % 2 ? 96 : 176, i % 2 ? 176 : 96), corners[i]);
	}
	rtc_capture_options options = {
		.width = 640, .height = 360, .framerate = 30, .loop = 1, .path = in_folder("turn.mp4")};
	bench *b = open_bench(rtc_capture_video_opener("file"), &options); // 270: it stands between borders
	begin(b);
	assert_true(test_sink_wait(&b->sink, 1, PATIENCE));
	assert_int_equal(b->border, 16);
	assert_true(b->levels[0] > 200);
	close_bench(b);
}

static void test_mirrored_plane(void **state)
{
	(void)state;
	const uint8_t from[] = {1, 2, 3, 0, 4, 5, 6, 0}; // 3 × 2, with a stride of 4
	const struct {
		rtc_media_turn turn;
		int width, height;
		uint8_t expected[6];
	} cases[] = {
		{{0, 0, 0}, 3, 2, {1, 2, 3, 4, 5, 6}}, {{0, 1, 0}, 3, 2, {3, 2, 1, 6, 5, 4}},
		{{0, 0, 1}, 3, 2, {4, 5, 6, 1, 2, 3}}, {{1, 0, 0}, 2, 3, {1, 4, 2, 5, 3, 6}},
		{{1, 1, 0}, 2, 3, {4, 1, 5, 2, 6, 3}}, {{1, 0, 1}, 2, 3, {3, 6, 2, 5, 1, 4}},
		{{1, 1, 1}, 2, 3, {6, 3, 5, 2, 4, 1}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t to[6] = {0};
		rtc_media_turn_plane(cases[i].turn, from, 4, to, cases[i].width, cases[i].width, cases[i].height);
		assert_memory_equal(to, cases[i].expected, sizeof to);
	}
}

static void test_damaged_file_goes_on(void **state)
{
	(void)state;
	make("-f lavfi -i testsrc=s=160x120:r=25:d=2 -c:v mpeg4 -g 5 damaged.ts");
	FILE *file = fopen(in_folder("damaged.ts"), "r+b");
	fseek(file, 0, SEEK_END);
	long size = ftell(file);
	fseek(file, size / 2, SEEK_SET);
	for (long i = 0; i < size / 6; i++)
		fputc(rand(), file);
	fclose(file);
	rtc_capture_options options = {.framerate = 30, .loop = 1, .path = in_folder("damaged.ts")};
	bench *b = open_bench(rtc_capture_video_opener("file"), &options);
	begin(b);
	assert_true(test_sink_wait(&b->sink, 60, PATIENCE));
	assert_int_equal(is_finished(b), 0);
	close_bench(b);
}

static void assert_refused(rtc_capture_opener open, const char *path, const char *code, const char *text)
{
	rtc_capture_options options = {.framerate = 30, .sampleRate = 48000, .channels = 1, .path = path};
	rtc_capture_error error = {0};
	assert_null(open(&options, &error));
	assert_string_equal(error.code, code);
	if (!strstr(error.message, text))
		fail_msg("%s", error.message);
}

static void test_bad_files_are_refused(void **state)
{
	(void)state;
	rtc_capture_opener video = rtc_capture_video_opener("file"), audio = rtc_capture_audio_opener("file");
	FILE *file = fopen(in_folder("text.mp4"), "wb");
	fputs("this is no film\n", file);
	fclose(file);
	make("-f lavfi -i testsrc=s=160x120:r=25:d=1 -c:v mpeg4 -an silent.mp4");
	assert_refused(video, in_folder("missing.mp4"), "media/file-unreadable", "No such file");
	assert_refused(video, in_folder("text.mp4"), "media/file-unreadable", "Invalid data");
	assert_refused(video, in_folder("short.wav"), "media/unsupported", "has no video");
	assert_refused(audio, in_folder("silent.mp4"), "media/unsupported", "has no audio");
}

static void test_file_that_breaks_off_is_reported(void **state)
{
	(void)state;
	make("-f lavfi -i testsrc=s=320x240:r=25:d=2 -c:v mpeg4 -movflags +faststart broken.mp4");
	static uint8_t bytes[1 << 20];
	FILE *file = fopen(in_folder("broken.mp4"), "r+b");
	size_t size = fread(bytes, 1, sizeof bytes, file);
	uint8_t *media = memmem(bytes, size, "mdat", 4);
	assert_non_null(media);
	memset(media + 4, 0, size - (size_t)(media + 4 - bytes));
	rewind(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
	rtc_capture_options options = {.framerate = 30, .loop = 1, .path = in_folder("broken.mp4")};
	rtc_capture_error error;
	rtc_capture_device *device = rtc_capture_video_opener("file")(&options, &error);
	assert_non_null(device);
	device->destroy(device);
	bench *b = open_bench(rtc_capture_video_opener("file"), &options);
	begin(b);
	for (int i = 0; i < 500 && !is_finished(b); i++)
		usleep(10000);
	assert_int_equal(is_finished(b), 1);
	assert_string_equal(b->error.code, "media/file-unreadable");
	close_bench(b);
}

// ---- devices

static void test_missing_devices_are_refused(void **state)
{
	(void)state;
	assert_refused(rtc_capture_video_opener("camera"), "/dev/video99", "media/device-missing", "No such file");
	rtc_capture_options options = {.sampleRate = 48000, .channels = 1, .path = "no-such-card"};
	rtc_capture_error error = {0};
	assert_null(rtc_capture_audio_opener("microphone")(&options, &error));
	assert_string_equal(error.code, "media/device-missing");
	assert_string_equal(error.message, "no-such-card: No such file or directory");
	assert_null(rtc_capture_video_opener("microphone"));
	assert_null(rtc_capture_audio_opener("camera"));
}

static void test_devices_capture(void **state)
{
	(void)state;
	rtc_capture_options options = {
		.width = 320, .height = 240, .framerate = 25, .path = "lavfi:testsrc2=size=320x240:rate=25,realtime"};
	bench *video = open_bench(rtc_capture_video_opener("camera"), &options);
	rtc_capture_options sound = {.sampleRate = 16000, .channels = 1, .path = "lavfi:sine=frequency=1000,arealtime"};
	bench *audio = open_bench(rtc_capture_audio_opener("microphone"), &sound);
	for (uint32_t round = 1; round <= 2; round++) { // it can be let go and taken again
		begin(video);
		begin(audio);
		assert_true(test_sink_wait(&video->sink, 10 * round, PATIENCE));
		assert_true(test_sink_wait(&audio->sink, 25 * round, PATIENCE));
		rtc_sink_disconnect(&video->sink.sink);
		rtc_sink_disconnect(&audio->sink.sink);
		usleep(100000);
	}
	assert_int_equal(video->width, 320);
	assert_true(audio->levels[10] > 10);
	assert_int_equal(is_finished(video) + is_finished(audio), 0);
	close_bench(video);
	close_bench(audio);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jpeg_is_what_was_asked_for),
		cmocka_unit_test(test_jpeg_drops_when_its_frames_are_held),
		cmocka_unit_test(test_card_runs_in_real_time),
		cmocka_unit_test(test_card_rests_without_sinks),
		cmocka_unit_test(test_card_drops_when_its_frames_are_held),
		cmocka_unit_test(test_tone_beeps_with_the_clock),
		cmocka_unit_test(test_file_loops_in_step),
		cmocka_unit_test(test_file_is_fitted_with_borders),
		cmocka_unit_test(test_file_without_times_loops),
		cmocka_unit_test(test_file_ends),
		cmocka_unit_test(test_large_file_is_reduced),
		cmocka_unit_test(test_turned_file_is_upright),
		cmocka_unit_test(test_mirrored_plane),
		cmocka_unit_test(test_damaged_file_goes_on),
		cmocka_unit_test(test_bad_files_are_refused),
		cmocka_unit_test(test_file_that_breaks_off_is_reported),
		cmocka_unit_test(test_missing_devices_are_refused),
		cmocka_unit_test(test_devices_capture),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
