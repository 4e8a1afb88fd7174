// SPDX-License-Identifier: Apache-2.0
// Fragmented MP4 (ISO/IEC 14496-12) of H.264 and Opus, as bytes: no file, no thread. A fragment collects samples in
// memory of a fixed size; what it has collected can be read as boxes, which can be played as far as they go.
#ifndef RTC_MP4_H
#define RTC_MP4_H

#include "rtc_frame.h"

#define RTC_MP4_SAMPLES 160      // of a track in a fragment
#define RTC_MP4_HEAD 2048        // bytes that the head takes at most
#define RTC_MP4_LONGEST 1000000u // microseconds of a fragment

typedef enum { RTC_MP4_VIDEO, RTC_MP4_AUDIO, RTC_MP4_TRACKS } rtc_mp4_track;

// The head: what the tracks are. `key` is a key frame with its parameter sets. `channels` of Opus, 0: there is no
// sound. Returns its bytes at `buffer`, which has room for RTC_MP4_HEAD; 0: the frame has no parameter sets, or too
// long ones.
size_t rtc_mp4_head(uint8_t *buffer, const rtc_frame *key, uint16_t width, uint16_t height, uint8_t channels);

typedef struct rtc_mp4_fragment rtc_mp4_fragment;
rtc_mp4_fragment *rtc_mp4_fragment_new(uint32_t capacity); // bytes of samples; NULL without memory
void rtc_mp4_fragment_free(rtc_mp4_fragment *fragment);    // accepts NULL
// Adds what a frame has, which may be nothing, at microseconds since the beginning. 0; ENOSPC when it is full, or long
// enough, and `frame` begins the next one: then the last sample lasts until `time`.
int rtc_mp4_put(rtc_mp4_fragment *fragment, rtc_mp4_track track, const rtc_frame *frame, uint64_t time);
int rtc_mp4_is_empty(const rtc_mp4_fragment *fragment);
// No sample is added any more until it is reset: reading begins.
void rtc_mp4_seal(rtc_mp4_fragment *fragment, uint32_t sequence);
// The next bytes: points to `*size` of them, `most` at most, and passes over them. 0: there are none.
size_t rtc_mp4_read(rtc_mp4_fragment *fragment, const uint8_t **bytes, size_t most);
// Empties it, for what follows `before`, which may be NULL or itself.
void rtc_mp4_reset(rtc_mp4_fragment *fragment, const rtc_mp4_fragment *before);

#endif
