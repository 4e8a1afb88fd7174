// SPDX-License-Identifier: Apache-2.0
// Records what encoders make, from a key frame on: fragmented MP4, to a file by a thread of its own, or to be read by
// who gives it on. Two fragments of memory are all that it takes: where what is written falls behind, pictures are left
// out until the next key frame, and counted.
#ifndef RTC_RECORDER_H
#define RTC_RECORDER_H

#include "rtc_mp4.h"

typedef struct {
	uint32_t capacity; // bytes of a fragment's samples
	uint8_t channels;  // of the sound, which is Opus; 0: there is none
	const char *path;  // of the file; NULL: it is read by rtc_recorder_read
	// Without a file, on any thread: there is something to read. With one, `failed` on the recorder's, once: it records
	// no more, and why is an errno value.
	void (*ready)(void *context);
	void (*failed)(void *context, int error);
	void *context;
} rtc_recorder_options;

typedef struct {
	uint64_t frames, packets; // pictures and packets of sound that were taken
	uint64_t framesDropped;   // of pictures: while what was before them had not left, or that need one that was
	uint64_t packetsDropped;
	uint64_t bytes;    // that have left
	uint64_t duration; // microseconds, of the pictures
} rtc_recorder_statistics;

typedef struct rtc_recorder rtc_recorder;
// NULL, and sets `*error` to an errno value: of the file, too.
rtc_recorder *rtc_recorder_new(const rtc_recorder_options *options, int *error);
rtc_sink *rtc_recorder_sink(rtc_recorder *recorder, rtc_mp4_track track);
// The next bytes, `most` at most. 0: there are none now; once it is finished: none any more.
size_t rtc_recorder_read(rtc_recorder *recorder, uint8_t *bytes, size_t most);
// Takes no more. What it has can be read; or the file has it all, and is closed. On one thread.
void rtc_recorder_finish(rtc_recorder *recorder);
void rtc_recorder_get_statistics(rtc_recorder *recorder, rtc_recorder_statistics *statistics);
// Finishes, ends the file, and gives the reference back.
void rtc_recorder_close(rtc_recorder *recorder);

#endif
