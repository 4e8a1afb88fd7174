// SPDX-License-Identifier: Apache-2.0
// One decoded stream of a file or device, by FFmpeg's libavformat and libavcodec.
#ifndef RTC_MEDIA_INPUT_H
#define RTC_MEDIA_INPUT_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include "rtc_capture.h"

typedef struct {
	AVFormatContext *format;
	AVCodecContext *decoder;
	AVPacket *packet;
	AVFrame *frame; // the newest, after rtc_media_input_read
	int stream;
	unsigned damaged;     // packets in a row that could not be decoded
	uint8_t draining;     // at the end of the file, the decoder still holds frames
	rtc_capture *capture; // whose stop interrupts reading; NULL during the open
} rtc_media_input;

// `kind` is NULL for a file, else a device. Frees the options.
rtc_capture_result rtc_media_input_open(rtc_media_input *input, const AVInputFormat *kind, const char *url,
										AVDictionary *options, enum AVMediaType type, rtc_capture_error *error);
// Says why a device or file cannot be opened, by an AVERROR. Returns RTC_CAPTURE_FAILED.
rtc_capture_result rtc_media_input_fail(rtc_capture_error *error, int result, int device, const char *url);
void rtc_media_input_close(rtc_media_input *input);
// Returns 0 with input->frame, AVERROR_EOF, AVERROR(EAGAIN) when a device has nothing yet, or another AVERROR.
int rtc_media_input_read(rtc_media_input *input);
// To `time` or a key frame before it, in microseconds since the file's begin. Returns 0 or an AVERROR.
int rtc_media_input_seek(rtc_media_input *input, int64_t time);
// The time of input->frame in microseconds since the file's begin, INT64_MIN when it has none.
int64_t rtc_media_input_time(const rtc_media_input *input);
const AVStream *rtc_media_input_stream(const rtc_media_input *input);

#endif
