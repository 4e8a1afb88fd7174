// SPDX-License-Identifier: Apache-2.0
// Nobody hears it: sound is decoded and counted.
#include <stdlib.h>
#include "rtc_player.h"

static int drop(rtc_player_device *device, const int16_t *pcm, uint32_t samples, rtc_player_error *error)
{
	(void)device;
	(void)pcm;
	(void)samples;
	(void)error;
	return 0;
}

static void destroy(rtc_player_device *device)
{
	free(device);
}

rtc_player_device *rtc_player_none_open(const rtc_player_options *options, rtc_player_error *error)
{
	(void)options;
	rtc_player_device *device = calloc(1, sizeof *device);
	if (device)
		*device = (rtc_player_device){.write = drop, .destroy = destroy};
	else
		rtc_player_fail(error, "peer/out-of-resources", "no memory");
	return device;
}
