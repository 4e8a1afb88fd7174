// SPDX-License-Identifier: Apache-2.0
// How a picture is to be turned before it is shown: telephones record as they are held, and say so.
#ifndef RTC_MEDIA_TURN_H
#define RTC_MEDIA_TURN_H

#include <libavformat/avformat.h>
#include <stdint.h>

typedef struct {
	uint8_t transposed; // rows become columns, first
	uint8_t flippedX, flippedY;
} rtc_media_turn;

// The nearest quarter turn, and mirroring, that the stream's display matrix asks for; else none.
rtc_media_turn rtc_media_turn_of(const AVStream *stream);
int rtc_media_turn_needed(rtc_media_turn turn);
// Copies a plane of width × height bytes, as it comes out, from one that is not turned yet.
void rtc_media_turn_plane(rtc_media_turn turn, const uint8_t *from, int fromStride, uint8_t *to, int toStride,
						  int width, int height);

#endif
