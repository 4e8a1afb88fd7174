// SPDX-License-Identifier: Apache-2.0
#include "rtc_capture_esp32.h"

#include <string.h>

static rtc_capture_device *open_test_card(const rtc_capture_options *options, rtc_capture_error *error)
{
	if (!options->quality)
		return rtc_test_card_open(options, error);
	rtc_capture_fail(error, "media/unsupported", "a chip has JPEG of its camera only");
	return NULL;
}

rtc_capture_opener rtc_capture_video_opener(const char *kind)
{
	if (!strcmp(kind, "test"))
		return open_test_card;
	return strcmp(kind, "camera") ? NULL : rtc_camera_esp32_open;
}

rtc_capture_opener rtc_capture_audio_opener(const char *kind)
{
	if (!strcmp(kind, "test"))
		return rtc_test_tone_open;
	return strcmp(kind, "microphone") ? NULL : rtc_microphone_esp32_open;
}
