// SPDX-License-Identifier: Apache-2.0
// What takes the echo of a loudspeaker out of what a microphone hears: rtc_echo_speex.c on the desktop. The interface
// is such that the AFE of ESP-SR, which takes both side by side in chunks of its own and gives the rest back later,
// fits behind it.
#ifndef RTC_ECHO_CANCELLER_H
#define RTC_ECHO_CANCELLER_H

#include <stdint.h>

typedef struct rtc_echo_canceller rtc_echo_canceller;

typedef struct {
	uint32_t sampleRate; // Hz
	uint32_t samples;    // that are processed at once
	uint32_t tail;       // milliseconds from what is played to the last of its echo
} rtc_echo_canceller_options;

int rtc_echo_canceller_is_there(void); // whether this host has one
// NULL without memory, or where there is none. All is called on one thread.
rtc_echo_canceller *rtc_echo_canceller_new(const rtc_echo_canceller_options *options);
// Of `samples` each: what the microphone heard, what was played meanwhile, and what is left.
void rtc_echo_canceller_process(rtc_echo_canceller *canceller, const int16_t *microphone, const int16_t *loudspeaker,
								int16_t *out);
void rtc_echo_canceller_reset(rtc_echo_canceller *canceller); // the way between the two has become another
void rtc_echo_canceller_free(rtc_echo_canceller *canceller);  // accepts NULL

#endif
