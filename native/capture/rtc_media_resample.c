// SPDX-License-Identifier: Apache-2.0
#include "rtc_media_convert.h"

#include <libavutil/mem.h>

#define FRAMES 8
#define GAP 40000 // microseconds by which a stream's times may stray from its samples

int rtc_media_resampler_init(rtc_media_resampler *resampler, const rtc_capture_options *options)
{
	resampler->base = INT64_MIN;
	resampler->sampleRate = options->sampleRate;
	resampler->channels = options->channels;
	resampler->samples = options->sampleRate / RTC_AUDIO_FRAMES_PER_SECOND;
	resampler->fifo = av_audio_fifo_alloc(AV_SAMPLE_FMT_S16, options->channels, (int)resampler->samples * 2);
	resampler->pool = rtc_frame_pool_new(FRAMES, resampler->samples * resampler->channels * (uint32_t)sizeof(int16_t));
	return resampler->fifo && resampler->pool ? 0 : -1;
}

void rtc_media_resampler_close(rtc_media_resampler *resampler)
{
	swr_free(&resampler->converter);
	if (resampler->fifo)
		av_audio_fifo_free(resampler->fifo);
	av_channel_layout_uninit(&resampler->inLayout);
	av_freep(&resampler->converted);
	rtc_frame_pool_close(resampler->pool);
}

void rtc_media_resampler_flush(rtc_media_resampler *resampler)
{
	av_audio_fifo_reset(resampler->fifo);
	resampler->removed = 0;
	resampler->base = INT64_MIN;
	swr_free(&resampler->converter);
}

static int prepare(rtc_media_resampler *resampler, const AVFrame *frame)
{
	if (resampler->converter && frame->sample_rate == resampler->inRate && frame->format == resampler->inFormat &&
		av_channel_layout_compare(&frame->ch_layout, &resampler->inLayout) == 0)
		return 0;
	swr_free(&resampler->converter);
	AVChannelLayout in = {0}, out;
	if (frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
		av_channel_layout_default(&in, frame->ch_layout.nb_channels);
	else if (av_channel_layout_copy(&in, &frame->ch_layout) < 0)
		return -1;
	av_channel_layout_default(&out, resampler->channels);
	int result = swr_alloc_set_opts2(&resampler->converter, &out, AV_SAMPLE_FMT_S16, (int)resampler->sampleRate, &in,
									 frame->format, frame->sample_rate, 0, NULL);
	av_channel_layout_uninit(&in);
	if (result < 0 || swr_init(resampler->converter) < 0) {
		swr_free(&resampler->converter);
		return -1;
	}
	resampler->inRate = frame->sample_rate;
	resampler->inFormat = frame->format;
	return av_channel_layout_copy(&resampler->inLayout, &frame->ch_layout) < 0 ? -1 : 0;
}

// The time of the sample that comes `waiting` samples after the next one out.
static int64_t time_of(const rtc_media_resampler *resampler, int waiting)
{
	return resampler->base + (int64_t)(resampler->removed + (unsigned)waiting) * 1000000 / resampler->sampleRate;
}

int rtc_media_resampler_write(rtc_media_resampler *resampler, const AVFrame *frame, int64_t time)
{
	if (resampler->base != INT64_MIN) {
		int64_t stray = time - time_of(resampler, av_audio_fifo_size(resampler->fifo));
		if (stray > GAP || stray < -GAP)
			rtc_media_resampler_flush(resampler);
	}
	if (resampler->base == INT64_MIN)
		resampler->base = time;
	if (prepare(resampler, frame))
		return -1;
	int room = swr_get_out_samples(resampler->converter, frame->nb_samples);
	if (room < 0)
		return -1;
	size_t size = (size_t)room * resampler->channels * sizeof(int16_t);
	av_fast_malloc(&resampler->converted, &resampler->convertedSize, size);
	if (size && !resampler->converted)
		return -1;
	uint8_t *planes[1] = {resampler->converted};
	int count =
		swr_convert(resampler->converter, planes, room, (const uint8_t **)frame->extended_data, frame->nb_samples);
	if (count < 0)
		return -1;
	return av_audio_fifo_write(resampler->fifo, (void **)planes, count) < count ? -1 : 0;
}

int rtc_media_resampler_ready(const rtc_media_resampler *resampler, int64_t *time)
{
	if (av_audio_fifo_size(resampler->fifo) < (int)resampler->samples)
		return 0;
	*time = time_of(resampler, 0);
	return 1;
}

void rtc_media_resampler_skip(rtc_media_resampler *resampler)
{
	av_audio_fifo_drain(resampler->fifo, (int)resampler->samples);
	resampler->removed += resampler->samples;
}

rtc_frame *rtc_media_resampler_read(rtc_media_resampler *resampler)
{
	rtc_frame *pcm = rtc_frame_pool_get(resampler->pool);
	if (!pcm)
		return NULL;
	void *planes[1] = {pcm->data};
	av_audio_fifo_peek(resampler->fifo, planes, (int)resampler->samples);
	rtc_media_resampler_skip(resampler);
	pcm->format = RTC_FORMAT_PCM;
	pcm->sampleRate = resampler->sampleRate;
	pcm->samples = resampler->samples;
	pcm->channels = resampler->channels;
	pcm->size = pcm->capacity;
	return pcm;
}
