// SPDX-License-Identifier: Apache-2.0
#include "rtc_media.h"

#include <string.h>

static rtc_capture_device *open_test_card(const rtc_capture_options *options, rtc_capture_error *error)
{
	return rtc_media_jpeg_open(rtc_test_card_open, options, error);
}

static rtc_capture_device *open_file(const rtc_capture_options *options, rtc_capture_error *error)
{
	return rtc_media_jpeg_open(rtc_media_file_open_video, options, error);
}

static rtc_capture_device *open_camera(const rtc_capture_options *options, rtc_capture_error *error)
{
	return rtc_media_jpeg_open(rtc_media_camera_open, options, error);
}

rtc_capture_opener rtc_capture_video_opener(const char *kind)
{
	if (!strcmp(kind, "test"))
		return open_test_card;
	if (!strcmp(kind, "file"))
		return open_file;
	return strcmp(kind, "camera") ? NULL : open_camera;
}

rtc_capture_opener rtc_capture_audio_opener(const char *kind)
{
	if (!strcmp(kind, "test"))
		return rtc_test_tone_open;
	if (!strcmp(kind, "file"))
		return rtc_media_file_open_audio;
	return strcmp(kind, "microphone") ? NULL : rtc_media_microphone_open;
}
