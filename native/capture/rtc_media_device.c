// SPDX-License-Identifier: Apache-2.0
#include "rtc_media.h"
#include "rtc_media_alsa.h"
#include "rtc_media_convert.h"
#include "rtc_media_input.h"
#include "rtc_port.h"

#include <libavdevice/avdevice.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL 4000        // microseconds between looks for new data
#define PATIENCE 5000000 // microseconds without any, after which a device is broken
#define CREDIBLE 1000000 // microseconds that a time stamp of the driver may lie in the past
#define RAW_WIDTH 640    // up to it, USB cameras deliver raw pictures at full rate; above, only JPEG
#define DEFAULT_CAMERA "/dev/video0"
#define DEFAULT_MICROPHONE "default"

typedef struct {
	rtc_capture_device device; // first
	rtc_capture_options options;
	enum AVMediaType type;
	const AVInputFormat *kind;
	char *url;
	rtc_media_input input;
	rtc_media_scaler scaler;
	rtc_media_resampler resampler;
	uint64_t heard; // rtc_now() of the newest data
} media_device;

static void register_devices(void)
{
	avdevice_register_all();
	rtc_media_alsa_quiet();
}

// "format:url", or a path of the default format.
static int find(media_device *self, const char *path)
{
	int video = self->type == AVMEDIA_TYPE_VIDEO;
	if (!path[0])
		path = video ? DEFAULT_CAMERA : DEFAULT_MICROPHONE;
	char name[24];
	size_t length = strcspn(path, ":");
	if (path[length] && length < sizeof name) {
		memcpy(name, path, length);
		name[length] = 0;
		self->kind = av_find_input_format(name);
	}
	if (self->kind)
		path += length + 1;
	else
		self->kind = av_find_input_format(video ? "video4linux2" : "alsa");
	self->url = strdup(path);
	return self->kind && self->url;
}

static AVDictionary *parameters(const media_device *self, int jpeg)
{
	AVDictionary *dictionary = NULL;
	char text[24];
	if (self->type == AVMEDIA_TYPE_AUDIO) {
		av_dict_set_int(&dictionary, "sample_rate", self->options.sampleRate, 0);
		av_dict_set_int(&dictionary, "channels", self->options.channels, 0);
		return dictionary;
	}
	if (self->options.width && self->options.height) {
		snprintf(text, sizeof text, "%ux%u", self->options.width, self->options.height);
		av_dict_set(&dictionary, "video_size", text, 0);
	}
	av_dict_set_int(&dictionary, "framerate", self->options.framerate, 0);
	if (jpeg)
		av_dict_set(&dictionary, "input_format", "mjpeg", 0);
	return dictionary;
}

static rtc_capture_result open_input(media_device *self, rtc_capture_error *error)
{
	rtc_capture_result result = RTC_CAPTURE_FAILED;
	// Of ALSA's errors, FFmpeg says "Input/output error" only.
	int refused = strcmp(self->kind->name, "alsa") ? 0 : rtc_media_alsa_probe(self->url);
	if (refused)
		return rtc_media_input_fail(error, refused, 1, self->url);
	int jpeg = self->type == AVMEDIA_TYPE_VIDEO && self->options.width > RAW_WIDTH;
	while (result != RTC_CAPTURE_OK && jpeg >= 0) { // cameras without JPEG refuse it
		AVDictionary *dictionary = parameters(self, jpeg--);
		result = rtc_media_input_open(&self->input, self->kind, self->url, dictionary, self->type, error);
		if (result != RTC_CAPTURE_OK)
			rtc_media_input_close(&self->input);
	}
	return result;
}

static void stop(rtc_capture_device *device)
{
	media_device *self = (media_device *)device;
	rtc_media_input_close(&self->input);
	rtc_media_scaler_close(&self->scaler);
	rtc_media_resampler_close(&self->resampler);
	memset(&self->input, 0, sizeof self->input);
	memset(&self->scaler, 0, sizeof self->scaler);
	memset(&self->resampler, 0, sizeof self->resampler);
}

static rtc_capture_result start(rtc_capture_device *device, rtc_capture *capture, rtc_capture_error *error)
{
	media_device *self = (media_device *)device;
	self->input.capture = capture;
	if (open_input(self, error) != RTC_CAPTURE_OK)
		return RTC_CAPTURE_FAILED;
	self->heard = rtc_now();
	int missing = self->type == AVMEDIA_TYPE_VIDEO ? rtc_media_scaler_init(&self->scaler, &self->input, &self->options)
												   : rtc_media_resampler_init(&self->resampler, &self->options);
	return missing ? rtc_capture_fail(error, "peer/out-of-resources", "no memory") : RTC_CAPTURE_OK;
}

// Reads what is there, or naps. *decoded says which.
static rtc_capture_result read_device(media_device *self, int *decoded, rtc_capture_error *error)
{
	*decoded = 0;
	int result = rtc_media_input_read(&self->input);
	if (result == AVERROR_EXIT)
		return RTC_CAPTURE_OK;
	if (result == AVERROR(EAGAIN) && rtc_now() - self->heard < PATIENCE) {
		usleep(POLL);
		return RTC_CAPTURE_OK;
	}
	if (result < 0) {
		char text[AV_ERROR_MAX_STRING_SIZE] = "it delivers nothing any more";
		if (result != AVERROR(EAGAIN))
			av_strerror(result, text, sizeof text);
		return rtc_capture_fail(error, "media/device-failed", "%.80s: %s", self->url, text);
	}
	self->heard = rtc_now();
	*decoded = 1;
	return RTC_CAPTURE_OK;
}

// The driver's own time of a picture, where that is of the monotonic clock, as V4L2's mostly is.
static uint64_t picture_time(const media_device *self)
{
	int64_t pts = self->input.frame->best_effort_timestamp;
	if (pts == AV_NOPTS_VALUE)
		return self->heard;
	int64_t time = av_rescale_q(pts, rtc_media_input_stream(&self->input)->time_base, AV_TIME_BASE_Q);
	int64_t age = (int64_t)self->heard - time;
	return age >= 0 && age < CREDIBLE ? (uint64_t)time : self->heard;
}

static rtc_capture_result next_picture(rtc_capture_device *device, rtc_capture *capture, rtc_frame **frame,
									   rtc_capture_error *error)
{
	media_device *self = (media_device *)device;
	int decoded;
	rtc_capture_result result = read_device(self, &decoded, error);
	if (!decoded)
		return result;
	uint64_t time = picture_time(self);
	if (!rtc_media_scaler_wants(&self->scaler, (int64_t)time))
		return RTC_CAPTURE_OK;
	*frame = rtc_media_scale(&self->scaler, self->input.frame);
	if (*frame)
		(*frame)->time = time;
	else
		rtc_capture_dropped(capture);
	return RTC_CAPTURE_OK;
}

static rtc_capture_result next_sound(rtc_capture_device *device, rtc_capture *capture, rtc_frame **frame,
									 rtc_capture_error *error)
{
	media_device *self = (media_device *)device;
	int64_t time;
	if (!rtc_media_resampler_ready(&self->resampler, &time)) {
		int decoded;
		rtc_capture_result result = read_device(self, &decoded, error);
		if (!decoded)
			return result;
		const AVFrame *sound = self->input.frame;
		int64_t length = av_rescale(sound->nb_samples, 1000000, sound->sample_rate > 0 ? sound->sample_rate : 1);
		if (rtc_media_resampler_write(&self->resampler, sound, (int64_t)self->heard - length))
			return rtc_capture_fail(error, "media/device-failed", "%.80s: its sound cannot be resampled", self->url);
		return RTC_CAPTURE_OK;
	}
	*frame = rtc_media_resampler_read(&self->resampler);
	if (*frame)
		(*frame)->time = (uint64_t)time;
	else {
		rtc_media_resampler_skip(&self->resampler);
		rtc_capture_dropped(capture);
	}
	return RTC_CAPTURE_OK;
}

static void destroy(rtc_capture_device *device)
{
	media_device *self = (media_device *)device;
	free(self->url);
	free(self);
}

static rtc_capture_device *open_device(const rtc_capture_options *options, enum AVMediaType type,
									   rtc_capture_error *error)
{
	static pthread_once_t registered = PTHREAD_ONCE_INIT;
	pthread_once(&registered, register_devices);
	media_device *self = calloc(1, sizeof *self);
	if (!self) {
		rtc_capture_fail(error, "peer/out-of-resources", "no memory");
		return NULL;
	}
	self->device = (rtc_capture_device){.start = start,
										.next = type == AVMEDIA_TYPE_VIDEO ? next_picture : next_sound,
										.stop = stop,
										.destroy = destroy};
	self->type = type;
	self->options = *options;
	self->options.path = NULL; // the caller's, read below
	if (!find(self, options->path))
		rtc_capture_fail(error, "media/unsupported", "FFmpeg has no %s input here", av_get_media_type_string(type));
	else if (open_input(self, error) == RTC_CAPTURE_OK) {
		// It is there and works; it is held only while somebody looks.
		rtc_media_input_close(&self->input);
		memset(&self->input, 0, sizeof self->input);
		return &self->device;
	}
	destroy(&self->device);
	return NULL;
}

rtc_capture_device *rtc_media_camera_open(const rtc_capture_options *options, rtc_capture_error *error)
{
	return open_device(options, AVMEDIA_TYPE_VIDEO, error);
}

rtc_capture_device *rtc_media_microphone_open(const rtc_capture_options *options, rtc_capture_error *error)
{
	return open_device(options, AVMEDIA_TYPE_AUDIO, error);
}
