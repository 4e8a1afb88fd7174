// SPDX-License-Identifier: Apache-2.0
// On a chip pictures are counted, and not decoded.
#include "rtc_picture_decoder.h"

rtc_picture_decoder *rtc_picture_decoder_new(const rtc_codec *codec)
{
	(void)codec;
	return NULL;
}

int rtc_picture_decoder_decode(rtc_picture_decoder *decoder, const rtc_frame *unit, rtc_frame *picture)
{
	(void)decoder, (void)unit, (void)picture;
	return 0;
}

void rtc_picture_decoder_free(rtc_picture_decoder *decoder)
{
	(void)decoder;
}
