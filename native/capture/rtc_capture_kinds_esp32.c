// SPDX-License-Identifier: Apache-2.0
#include "rtc_capture_esp32.h"

#include <string.h>

rtc_capture_opener rtc_capture_video_opener(const char *kind)
{
	if (!strcmp(kind, "test"))
		return rtc_test_card_open;
	return strcmp(kind, "camera") ? NULL : rtc_camera_esp32_open;
}

rtc_capture_opener rtc_capture_audio_opener(const char *kind)
{
	if (!strcmp(kind, "test"))
		return rtc_test_tone_open;
	return strcmp(kind, "microphone") ? NULL : rtc_microphone_esp32_open;
}
