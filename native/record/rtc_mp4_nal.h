// SPDX-License-Identifier: Apache-2.0
// The NAL units of an access unit in Annex B form (H.264, Annex B): each begins behind 00 00 01.
#ifndef RTC_MP4_NAL_H
#define RTC_MP4_NAL_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
	const uint8_t *at, *end;
} rtc_mp4_nals;

typedef struct {
	const uint8_t *data;
	size_t size;
} rtc_mp4_nal;

// The place of the next 00 00 01, or the end.
static inline const uint8_t *rtc_mp4_start_code(const uint8_t *at, const uint8_t *end)
{
	while (end - at >= 3 && (at[0] || at[1] || at[2] != 1))
		at++;
	return end - at >= 3 ? at : end;
}

// 0: there is none.
static inline int rtc_mp4_nal_next(rtc_mp4_nals *walk, rtc_mp4_nal *nal)
{
	for (;;) {
		const uint8_t *code = rtc_mp4_start_code(walk->at, walk->end);
		if (code == walk->end)
			return 0;
		const uint8_t *begin = code + 3, *next = rtc_mp4_start_code(begin, walk->end), *last = next;
		walk->at = next;
		while (last > begin && !last[-1])
			last--; // zeros before the next, or behind the last
		if (last > begin) {
			nal->data = begin;
			nal->size = (size_t)(last - begin);
			return 1;
		}
	}
}

#endif
