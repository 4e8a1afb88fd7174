// SPDX-License-Identifier: Apache-2.0
#include "rtc_media.h"

#include <string.h>

rtc_capture_opener rtc_capture_video_opener(const char *kind)
{
	if (!strcmp(kind, "test"))
		return rtc_test_card_open;
	if (!strcmp(kind, "file"))
		return rtc_media_file_open_video;
	return strcmp(kind, "camera") ? NULL : rtc_media_camera_open;
}

rtc_capture_opener rtc_capture_audio_opener(const char *kind)
{
	if (!strcmp(kind, "test"))
		return rtc_test_tone_open;
	if (!strcmp(kind, "file"))
		return rtc_media_file_open_audio;
	return strcmp(kind, "microphone") ? NULL : rtc_media_microphone_open;
}
