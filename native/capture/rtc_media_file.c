// SPDX-License-Identifier: Apache-2.0
#include "rtc_media.h"
#include "rtc_media_convert.h"
#include "rtc_media_input.h"
#include "rtc_media_timeline.h"
#include "rtc_port.h"

#include <stdlib.h>

#define LATE 100000    // microseconds after which a picture is not worth showing
#define STARVED 500000 // but one is shown at least so often
#define LATE_AUDIO 200000
#define SEEK_FROM 200000 // shorter ways are decoded through
#define UNKNOWN_PERIOD 40000

typedef struct {
	rtc_capture_device device; // first
	rtc_media_input input;
	rtc_media_timeline *timeline;
	uint8_t loop;
	uint8_t played;     // not at its begin any more
	uint64_t passBegin; // rtc_now() of the file's begin, of this time through it
	uint64_t joined;    // rtc_now() at the start: what is before is only decoded
	uint64_t delivered; // rtc_now() of the newest frame
	int64_t last;       // time in the file of the newest frame, -1: none in this pass
	int64_t period;     // of a frame
	rtc_media_scaler scaler;
	rtc_media_resampler resampler;
} media_file;

static rtc_capture_result fail(const media_file *file, rtc_capture_error *error, int result)
{
	char text[AV_ERROR_MAX_STRING_SIZE];
	av_strerror(result, text, sizeof text);
	return rtc_capture_fail(error, "media/file-unreadable", "%.80s: %s", file->input.format->url, text);
}

static rtc_capture_result start(rtc_capture_device *device, rtc_capture *capture, rtc_capture_error *error)
{
	media_file *file = (media_file *)device;
	file->input.capture = capture;
	uint64_t begin = rtc_media_timeline_play(file->timeline);
	uint64_t duration = rtc_media_timeline_duration(file->timeline);
	file->joined = file->delivered = rtc_now();
	file->last = -1;
	uint64_t position = file->joined - begin;
	file->passBegin = begin;
	if (duration && file->loop)
		file->passBegin += position / duration * duration;
	position = file->joined - file->passBegin;
	if (!file->played && position < SEEK_FROM)
		return RTC_CAPTURE_OK;
	int result = rtc_media_input_seek(&file->input, (int64_t)position);
	return result < 0 ? fail(file, error, result) : RTC_CAPTURE_OK;
}

static void stop(rtc_capture_device *device)
{
	media_file *file = (media_file *)device;
	rtc_media_timeline_pause(file->timeline);
	file->input.capture = NULL;
	if (file->resampler.fifo)
		rtc_media_resampler_flush(&file->resampler);
}

static rtc_capture_result rewind_file(media_file *file, rtc_capture_error *error)
{
	if (file->last < 0)
		return rtc_capture_fail(error, "media/file-unreadable", "%.80s: nothing in it can be decoded",
								file->input.format->url);
	if (!file->loop)
		return RTC_CAPTURE_ENDED;
	file->passBegin += rtc_media_timeline_learn(file->timeline, (uint64_t)(file->last + file->period));
	file->last = -1;
	if (file->resampler.fifo)
		rtc_media_resampler_flush(&file->resampler);
	int result = rtc_media_input_seek(&file->input, 0);
	return result < 0 ? fail(file, error, result) : RTC_CAPTURE_OK;
}

// Reads until a frame within the file's duration, and its time in the file. *decoded stays 0 when the capture stops.
static rtc_capture_result read_frame(media_file *file, int *decoded, int64_t *time, rtc_capture_error *error)
{
	*decoded = 0;
	file->played = 1;
	int64_t duration = (int64_t)rtc_media_timeline_duration(file->timeline);
	for (;;) {
		int result = rtc_media_input_read(&file->input);
		if (result == AVERROR_EXIT)
			return RTC_CAPTURE_OK;
		if (result == AVERROR_EOF) {
			rtc_capture_result rewound = rewind_file(file, error);
			if (rewound != RTC_CAPTURE_OK)
				return rewound;
			continue;
		}
		if (result < 0)
			return fail(file, error, result);
		*time = rtc_media_input_time(&file->input);
		if (*time == INT64_MIN)
			*time = file->last < 0 ? 0 : file->last + file->period;
		file->last = *time > 0 ? *time : 0;
		if (!duration || *time < duration)
			break;
	}
	*decoded = 1;
	return RTC_CAPTURE_OK;
}

// Whether a picture that was due at `due` is to be shown.
static int worth_showing(media_file *file, rtc_capture *capture, uint64_t due)
{
	if (due + (uint64_t)file->period < file->joined)
		return 0;
	uint64_t now = rtc_now();
	if (due + LATE < now && now - file->delivered < STARVED) {
		rtc_capture_dropped(capture);
		return 0;
	}
	return rtc_media_scaler_wants(&file->scaler, (int64_t)due);
}

static rtc_capture_result next_picture(rtc_capture_device *device, rtc_capture *capture, rtc_frame **frame,
									   rtc_capture_error *error)
{
	media_file *file = (media_file *)device;
	int decoded;
	int64_t time;
	rtc_capture_result result = read_frame(file, &decoded, &time, error);
	if (!decoded)
		return result;
	uint64_t due = file->passBegin + (uint64_t)time;
	if (!worth_showing(file, capture, due) || !rtc_capture_wait(capture, due))
		return RTC_CAPTURE_OK;
	*frame = rtc_media_scale(&file->scaler, file->input.frame);
	if (!*frame) {
		rtc_capture_dropped(capture);
		return RTC_CAPTURE_OK;
	}
	(*frame)->time = due;
	file->delivered = rtc_now();
	return RTC_CAPTURE_OK;
}

static rtc_capture_result next_sound(rtc_capture_device *device, rtc_capture *capture, rtc_frame **frame,
									 rtc_capture_error *error)
{
	media_file *file = (media_file *)device;
	int64_t time;
	while (!rtc_media_resampler_ready(&file->resampler, &time)) {
		int decoded;
		rtc_capture_result result = read_frame(file, &decoded, &time, error);
		if (!decoded)
			return result;
		if (rtc_media_resampler_write(&file->resampler, file->input.frame, time))
			return rtc_capture_fail(error, "media/unsupported", "%.80s: its audio cannot be resampled",
									file->input.format->url);
	}
	uint64_t due = file->passBegin + (uint64_t)time;
	if (due < file->joined || due + LATE_AUDIO < rtc_now()) {
		if (due >= file->joined)
			rtc_capture_dropped(capture);
		rtc_media_resampler_skip(&file->resampler);
		return RTC_CAPTURE_OK;
	}
	if (!rtc_capture_wait(capture, due))
		return RTC_CAPTURE_OK;
	*frame = rtc_media_resampler_read(&file->resampler);
	if (*frame)
		(*frame)->time = due;
	else {
		rtc_media_resampler_skip(&file->resampler);
		rtc_capture_dropped(capture);
	}
	return RTC_CAPTURE_OK;
}

static void destroy(rtc_capture_device *device)
{
	media_file *file = (media_file *)device;
	rtc_media_input_close(&file->input);
	rtc_media_timeline_release(file->timeline);
	rtc_media_scaler_close(&file->scaler);
	rtc_media_resampler_close(&file->resampler);
	free(file);
}

static int64_t period_of(const rtc_media_input *input)
{
	AVRational rate = rtc_media_input_stream(input)->avg_frame_rate;
	return rate.num > 0 && rate.den > 0 ? av_rescale(1000000, rate.den, rate.num) : UNKNOWN_PERIOD;
}

static rtc_capture_device *open_file(const rtc_capture_options *options, enum AVMediaType type,
									 rtc_capture_error *error)
{
	media_file *file = calloc(1, sizeof *file);
	if (!file) {
		rtc_capture_fail(error, "peer/out-of-resources", "no memory");
		return NULL;
	}
	int video = type == AVMEDIA_TYPE_VIDEO;
	file->device = (rtc_capture_device){
		.start = start, .next = video ? next_picture : next_sound, .stop = stop, .destroy = destroy};
	file->loop = options->loop;
	if (rtc_media_input_open(&file->input, NULL, options->path, NULL, type, error) == RTC_CAPTURE_OK) {
		int64_t duration = file->input.format->duration;
		file->period = video ? period_of(&file->input) : 0;
		file->timeline = rtc_media_timeline_get(options->path, duration > 0 ? (uint64_t)duration : 0);
		int missing = video ? rtc_media_scaler_init(&file->scaler, &file->input, options)
							: rtc_media_resampler_init(&file->resampler, options);
		if (file->timeline && !missing)
			return &file->device;
		rtc_capture_fail(error, "peer/out-of-resources", "no memory");
	}
	destroy(&file->device);
	return NULL;
}

rtc_capture_device *rtc_media_file_open_video(const rtc_capture_options *options, rtc_capture_error *error)
{
	return open_file(options, AVMEDIA_TYPE_VIDEO, error);
}

rtc_capture_device *rtc_media_file_open_audio(const rtc_capture_options *options, rtc_capture_error *error)
{
	return open_file(options, AVMEDIA_TYPE_AUDIO, error);
}
