// SPDX-License-Identifier: Apache-2.0
// From what FFmpeg decodes to what the pipes carry: scaled I420 pictures, and PCM in frames of 20 ms.
#ifndef RTC_MEDIA_CONVERT_H
#define RTC_MEDIA_CONVERT_H

#include <libavutil/audio_fifo.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
#include "rtc_capture.h"
#include "rtc_media_input.h"
#include "rtc_media_turn.h"

typedef struct {
	struct SwsContext *scaler;
	rtc_frame_pool *pool;
	uint16_t width, height;            // of what comes out
	int left, top, inner, innerHeight; // where the picture lies in it; the rest is black
	uint32_t framerate;                // at most
	int64_t nextTime;                  // when the next frame is wanted
	int inWidth, inHeight, inFormat;   // of the newest frame
	rtc_media_turn turn;
	uint8_t *unturned; // a scaled picture before it is turned, NULL when it is not
} rtc_media_scaler;

// Chooses the size: what the options say, else the stream's own, bounded to 1920 × 1080. Returns 0 or -1 without
// memory.
int rtc_media_scaler_init(rtc_media_scaler *scaler, const rtc_media_input *input, const rtc_capture_options *options);
void rtc_media_scaler_close(rtc_media_scaler *scaler);
// Whether a frame of this time, in microseconds, is wanted, or would exceed the frame rate.
int rtc_media_scaler_wants(rtc_media_scaler *scaler, int64_t time);
// Returns NULL when no frame of the pool is free, or the picture cannot be converted.
rtc_frame *rtc_media_scale(rtc_media_scaler *scaler, const AVFrame *frame);

typedef struct {
	SwrContext *converter;
	AVAudioFifo *fifo;
	rtc_frame_pool *pool;
	uint32_t sampleRate, samples; // of what comes out; samples of a frame
	uint8_t channels;
	int64_t base;             // time of the first sample since the newest gap
	uint64_t removed;         // samples per channel that were taken since
	AVChannelLayout inLayout; // of the newest frame
	int inRate, inFormat;
	uint8_t *converted; // of one decoded frame
	unsigned convertedSize;
} rtc_media_resampler;

// Returns 0 or -1 without memory.
int rtc_media_resampler_init(rtc_media_resampler *resampler, const rtc_capture_options *options);
void rtc_media_resampler_close(rtc_media_resampler *resampler);
// Forgets what it holds.
void rtc_media_resampler_flush(rtc_media_resampler *resampler);
// Takes a decoded frame of this time, in microseconds; where it does not follow on what waits, that is forgotten.
// Returns 0 or -1.
int rtc_media_resampler_write(rtc_media_resampler *resampler, const AVFrame *frame, int64_t time);
// Whether 20 ms wait, and the time at which they begin.
int rtc_media_resampler_ready(const rtc_media_resampler *resampler, int64_t *time);
// Takes them out. Returns NULL when no frame of the pool is free.
rtc_frame *rtc_media_resampler_read(rtc_media_resampler *resampler);
void rtc_media_resampler_skip(rtc_media_resampler *resampler);

#endif
