// SPDX-License-Identifier: Apache-2.0
// A segment between a microphone and those who take its sound: takes out what the player plays meanwhile. It works on
// the microphone's thread. What is played comes by a second sink, and waits there for the microphone's sound of the
// same time.
#ifndef RTC_ECHO_H
#define RTC_ECHO_H

#include "rtc_frame.h"

#define RTC_ECHO_TAIL 300 // milliseconds by default: the loudspeaker's buffer, the room, and what the threads tremble

typedef struct {
	uint64_t frames;    // of the microphone
	uint64_t cancelled; // of those, while something was played
	uint64_t restarts;  // how often the two had to be brought together again
	uint64_t unfit;     // given on as they came: of another rate, or with two channels
	uint64_t dropped;   // there was no room for what is left of them
} rtc_echo_statistics;

typedef struct rtc_echo rtc_echo;
// For PCM of one channel in frames of 20 ms. NULL, and sets `*error` to an errno value: ENOTSUP where there is no
// library.
rtc_echo *rtc_echo_new(uint32_t sampleRate, uint32_t tail, int *error);
rtc_sink *rtc_echo_microphone(rtc_echo *echo);
rtc_sink *rtc_echo_loudspeaker(rtc_echo *echo);
rtc_source *rtc_echo_source(rtc_echo *echo);
void rtc_echo_get_statistics(rtc_echo *echo, rtc_echo_statistics *statistics);
void rtc_echo_close(rtc_echo *echo);

#endif
