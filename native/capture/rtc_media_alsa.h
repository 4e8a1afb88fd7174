// SPDX-License-Identifier: Apache-2.0
// What libasound knows of a microphone, and FFmpeg does not pass on.
#ifndef RTC_MEDIA_ALSA_H
#define RTC_MEDIA_ALSA_H

// It prints nothing any more: what goes wrong is returned.
void rtc_media_alsa_quiet(void);
// Whether a microphone can be opened. Returns 0 or a negative errno value; 0 where that cannot be told, too.
int rtc_media_alsa_probe(const char *name);

#endif
