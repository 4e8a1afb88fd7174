// SPDX-License-Identifier: Apache-2.0
// What a screen asks of a library that decodes pictures: rtc_picture_decoder_ffmpeg.c on the desktop.
#ifndef RTC_PICTURE_DECODER_H
#define RTC_PICTURE_DECODER_H

#include "rtc_frame.h"

typedef struct rtc_picture_decoder rtc_picture_decoder;

// NULL for a codec that is not decoded here, or without memory. All is called on one thread.
rtc_picture_decoder *rtc_picture_decoder_new(const rtc_codec *codec);
// Decodes an access unit; the first is a key frame. 1, and sets size, planes and strides of `picture`, I420, which are
// valid until the next call; 0: there is none yet; -1: it is damaged.
int rtc_picture_decoder_decode(rtc_picture_decoder *decoder, const rtc_frame *unit, rtc_frame *picture);
void rtc_picture_decoder_free(rtc_picture_decoder *decoder); // accepts NULL

#endif
