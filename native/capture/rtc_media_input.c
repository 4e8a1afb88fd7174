// SPDX-License-Identifier: Apache-2.0
#include "rtc_media_input.h"

#include <errno.h>
#include <libavutil/log.h>

#define DECODER_THREADS 2
#define DAMAGED_LIMIT 200u // packets in a row: the file is not worth going on with

static int interrupted(void *context)
{
	rtc_media_input *input = context;
	return input->capture && !rtc_capture_running(input->capture);
}

static const char *code_of(int result, int device)
{
	if (!device)
		return "media/file-unreadable";
	return result == AVERROR(ENOENT) || result == AVERROR(ENODEV) || result == AVERROR(ENXIO) ? "media/device-missing"
																							  : "media/device-failed";
}

rtc_capture_result rtc_media_input_fail(rtc_capture_error *error, int result, int device, const char *url)
{
	char text[AV_ERROR_MAX_STRING_SIZE];
	av_strerror(result, text, sizeof text);
	return rtc_capture_fail(error, code_of(result, device), "%.80s: %s", url, text);
}

static int open_decoder(rtc_media_input *input, const AVCodec *codec)
{
	input->decoder = avcodec_alloc_context3(codec);
	input->packet = av_packet_alloc();
	input->frame = av_frame_alloc();
	if (!input->decoder || !input->packet || !input->frame)
		return AVERROR(ENOMEM);
	const AVStream *stream = rtc_media_input_stream(input);
	int result = avcodec_parameters_to_context(input->decoder, stream->codecpar);
	if (result < 0)
		return result;
	input->decoder->pkt_timebase = stream->time_base;
	input->decoder->thread_count = DECODER_THREADS;
	return avcodec_open2(input->decoder, codec, NULL);
}

rtc_capture_result rtc_media_input_open(rtc_media_input *input, const AVInputFormat *kind, const char *url,
										AVDictionary *options, enum AVMediaType type, rtc_capture_error *error)
{
	int device = kind != NULL;
	av_log_set_level(AV_LOG_QUIET); // what goes wrong is returned
	input->format = avformat_alloc_context();
	if (!input->format) {
		av_dict_free(&options);
		return rtc_media_input_fail(error, AVERROR(ENOMEM), device, url);
	}
	input->format->interrupt_callback = (AVIOInterruptCB){interrupted, input};
	if (device)
		input->format->flags |= AVFMT_FLAG_NONBLOCK;
	int result = avformat_open_input(&input->format, url, kind, &options); // frees the format when it fails
	av_dict_free(&options);
	if (result < 0)
		return rtc_media_input_fail(error, result, device, url);
	// Devices tell all in their header, and have nothing to read yet.
	result = device ? 0 : avformat_find_stream_info(input->format, NULL);
	if (result < 0)
		return rtc_media_input_fail(error, result, device, url);
	const AVCodec *codec = NULL;
	input->stream = av_find_best_stream(input->format, type, -1, -1, &codec, 0);
	if (input->stream == AVERROR_STREAM_NOT_FOUND)
		return rtc_capture_fail(error, "media/unsupported", "%.80s: has no %s", url, av_get_media_type_string(type));
	if (input->stream < 0)
		return rtc_capture_fail(error, "media/unsupported", "%.80s: its %s has no decoder here", url,
								av_get_media_type_string(type));
	for (unsigned i = 0; i < input->format->nb_streams; i++)
		if ((int)i != input->stream)
			input->format->streams[i]->discard = AVDISCARD_ALL;
	result = open_decoder(input, codec);
	return result < 0 ? rtc_media_input_fail(error, result, device, url) : RTC_CAPTURE_OK;
}

void rtc_media_input_close(rtc_media_input *input)
{
	av_frame_free(&input->frame);
	av_packet_free(&input->packet);
	avcodec_free_context(&input->decoder);
	avformat_close_input(&input->format);
}

// Gives the decoder the stream's next packet.
static int feed(rtc_media_input *input)
{
	int result = av_read_frame(input->format, input->packet);
	if (result == AVERROR_EOF) {
		input->draining = 1;
		return avcodec_send_packet(input->decoder, NULL);
	}
	if (result < 0)
		return result;
	if (input->packet->stream_index == input->stream)
		result = avcodec_send_packet(input->decoder, input->packet);
	av_packet_unref(input->packet);
	return result;
}

int rtc_media_input_read(rtc_media_input *input)
{
	for (;;) {
		if (interrupted(input))
			return AVERROR_EXIT;
		int result = avcodec_receive_frame(input->decoder, input->frame);
		if (result == 0)
			input->damaged = 0;
		if (result == AVERROR(EAGAIN) && !input->draining)
			result = feed(input);
		else if (result != AVERROR_INVALIDDATA)
			return result;
		if (result == AVERROR_INVALIDDATA && input->damaged++ < DAMAGED_LIMIT)
			continue; // go on behind the damage, as players do
		if (result < 0)
			return result;
	}
}

int rtc_media_input_seek(rtc_media_input *input, int64_t time)
{
	int64_t start = input->format->start_time == AV_NOPTS_VALUE ? 0 : input->format->start_time;
	int result = av_seek_frame(input->format, -1, start + time, AVSEEK_FLAG_BACKWARD);
	if (result < 0) // formats without times know only where their bytes begin
		result = av_seek_frame(input->format, -1, 0, AVSEEK_FLAG_BYTE);
	avcodec_flush_buffers(input->decoder);
	input->draining = 0;
	return result < 0 ? result : 0;
}

int64_t rtc_media_input_time(const rtc_media_input *input)
{
	int64_t pts = input->frame->best_effort_timestamp;
	if (pts == AV_NOPTS_VALUE)
		return INT64_MIN;
	int64_t start = input->format->start_time == AV_NOPTS_VALUE ? 0 : input->format->start_time;
	return av_rescale_q(pts, rtc_media_input_stream(input)->time_base, AV_TIME_BASE_Q) - start;
}

const AVStream *rtc_media_input_stream(const rtc_media_input *input)
{
	return input->format->streams[input->stream];
}
