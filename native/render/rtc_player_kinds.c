// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include "rtc_player.h"

rtc_player_opener rtc_player_find(const char *kind)
{
	if (!strcmp(kind, "none"))
		return rtc_player_none_open;
#if defined(ESP_PLATFORM)
	return strcmp(kind, "speaker") ? NULL : rtc_player_i2s_open;
#else
	if (!strcmp(kind, "file"))
		return rtc_player_wav_open;
	return strcmp(kind, "speaker") ? NULL : rtc_player_alsa_open;
#endif
}
