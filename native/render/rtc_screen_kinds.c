// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include "rtc_screen.h"

static int showNothing(rtc_screen_device *device, const rtc_frame *unit, const rtc_frame *picture,
					   rtc_player_error *error)
{
	(void)device, (void)unit, (void)picture, (void)error;
	return 0;
}

static void destroyNothing(rtc_screen_device *device)
{
	(void)device;
}

rtc_screen_device *rtc_screen_none_open(const char *path, rtc_player_error *error)
{
	static rtc_screen_device nothing = {.show = showNothing, .destroy = destroyNothing};
	(void)path, (void)error;
	return &nothing;
}

rtc_screen_opener rtc_screen_find(const char *kind)
{
	if (!strcmp(kind, "none"))
		return rtc_screen_none_open;
#if defined(ESP_PLATFORM)
	return NULL;
#else
	if (!strcmp(kind, "window"))
		return rtc_screen_sdl_open;
	return strcmp(kind, "file") ? NULL : rtc_screen_mp4_open;
#endif
}
