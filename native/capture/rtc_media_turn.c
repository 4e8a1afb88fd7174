// SPDX-License-Identifier: Apache-2.0
#include "rtc_media_turn.h"

#include <libavutil/display.h>
#include <stdlib.h>

#define MATRIX_BYTES (9 * sizeof(int32_t))

rtc_media_turn rtc_media_turn_of(const AVStream *stream)
{
	rtc_media_turn turn = {0};
	for (int i = 0; i < stream->nb_side_data; i++) {
		const AVPacketSideData *data = &stream->side_data[i];
		if (data->type != AV_PKT_DATA_DISPLAYMATRIX || data->size < MATRIX_BYTES)
			continue;
		// The point (p, q) is shown at (a p + c q, b p + d q), for a matrix that begins a, b, u, c, d
		// (libavutil/display.h).
		const int32_t *m = (const int32_t *)data->data;
		int64_t a = m[0], b = m[1], c = m[3], d = m[4];
		turn.transposed = llabs(b) + llabs(c) > llabs(a) + llabs(d);
		turn.flippedX = (turn.transposed ? c : a) < 0;
		turn.flippedY = (turn.transposed ? b : d) < 0;
	}
	return turn;
}

int rtc_media_turn_needed(rtc_media_turn turn)
{
	return turn.transposed || turn.flippedX || turn.flippedY;
}

void rtc_media_turn_plane(rtc_media_turn turn, const uint8_t *from, int fromStride, uint8_t *to, int toStride,
						  int width, int height)
{
	int acrossStep = turn.transposed ? fromStride : 1, downStep = turn.transposed ? 1 : fromStride;
	for (int y = 0; y < height; y++) {
		const uint8_t *row = from + (ptrdiff_t)(turn.flippedY ? height - 1 - y : y) * downStep;
		ptrdiff_t step = acrossStep;
		if (turn.flippedX) {
			row += (ptrdiff_t)(width - 1) * acrossStep;
			step = -step;
		}
		for (int x = 0; x < width; x++, row += step)
			to[x] = *row;
		to += toStride;
	}
}
