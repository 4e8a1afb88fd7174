// SPDX-License-Identifier: Apache-2.0
// A file with what came as it came: MP4, or Matroska where its name ends in ".mkv", which has VP8, too. MP4 is written
// in fragments, one from each key frame to the next, Matroska in clusters, so that it can be played whenever the
// process ends.
#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_ffmpeg_id.h"
#include "rtc_screen.h"

#define LONGEST_GAP 900000 // ticks, ten seconds: more is another sender's time
#define USUAL_GAP 3000

typedef struct {
	rtc_screen_device device; // first
	AVFormatContext *format;
	AVPacket *packet;
	int begun;
	const rtc_codec *codec;
	uint32_t timestamp; // of the newest unit
	int64_t time;
	char name[64]; // its end, for errors
} mp4;

static int fail(const mp4 *self, int result, rtc_player_error *error)
{
	char text[AV_ERROR_MAX_STRING_SIZE];
	av_strerror(result, text, sizeof text);
	return rtc_player_fail(error, "media/device-failed", "%s: %s", self->name, text);
}

// Of a NAL unit's first byte: it is of a picture (H.264 table 7-1, H.265 table 7-1).
static int isSlice(enum AVCodecID codec, uint8_t first)
{
	uint8_t type = codec == AV_CODEC_ID_H264 ? first & 0x1f : first >> 1 & 0x3f;
	return codec == AV_CODEC_ID_H264 ? type && type <= 5 : type < 32;
}

// The parameter sets in front of a key frame: what is before its first slice. VP8 has none.
static size_t parametersSize(const rtc_frame *unit, enum AVCodecID codec)
{
	for (size_t i = 0; codec != AV_CODEC_ID_VP8 && i + 4 < unit->size; i++)
		if (!unit->data[i] && !unit->data[i + 1] && unit->data[i + 2] == 1 && isSlice(codec, unit->data[i + 3]))
			return i && !unit->data[i - 1] ? i - 1 : i;
	return 0;
}

// A file has one codec, from its beginning on.
static int holds(const mp4 *self, const rtc_codec *codec)
{
	const AVOutputFormat *format = self->format->oformat;
	return self->begun ? self->codec == codec
					   : avformat_query_codec(format, rtc_ffmpeg_id(codec), FF_COMPLIANCE_NORMAL) == 1;
}

static int begin(mp4 *self, const rtc_frame *unit, const rtc_frame *picture, rtc_player_error *error)
{
	AVStream *stream = avformat_new_stream(self->format, NULL);
	enum AVCodecID codec = rtc_ffmpeg_id(unit->codec);
	size_t size = parametersSize(unit, codec);
	AVDictionary *options = NULL;
	uint8_t *parameters = stream ? av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE) : NULL;
	if (!parameters)
		return fail(self, AVERROR(ENOMEM), error);
	memcpy(parameters, unit->data, size);
	stream->time_base = (AVRational){1, 90000};
	stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
	stream->codecpar->codec_id = codec;
	stream->codecpar->width = picture->width;
	stream->codecpar->height = picture->height;
	stream->codecpar->extradata = parameters; // the stream's from here on
	stream->codecpar->extradata_size = (int)size;
	av_dict_set(&options, "movflags", "frag_keyframe+empty_moov+default_base_moof", 0); // of MP4
	av_dict_set(&options, "cluster_time_limit", "1000", 0);                             // of Matroska, milliseconds
	int result = avformat_write_header(self->format, &options);
	av_dict_free(&options);
	self->begun = result >= 0;
	self->codec = unit->codec;
	self->timestamp = unit->timestamp;
	return result < 0 ? fail(self, result, error) : 0;
}

static int show(rtc_screen_device *device, const rtc_frame *unit, const rtc_frame *picture, rtc_player_error *error)
{
	mp4 *self = (mp4 *)device;
	if (!self->begun && (!picture || !unit->key))
		return 0; // its size is not known yet
	if (!holds(self, unit->codec))
		return rtc_player_fail(error, "media/unsupported", "%s: it has no %s; one that ends in .mkv has, alone",
							   self->name, unit->codec->name);
	if (!self->begun && begin(self, unit, picture, error))
		return -1;
	uint32_t gap = unit->timestamp - self->timestamp;
	if (self->time || gap)
		self->time += gap && gap < LONGEST_GAP ? gap : USUAL_GAP;
	self->timestamp = unit->timestamp;
	self->packet->data = unit->data;
	self->packet->size = (int)unit->size;
	self->packet->pts = self->packet->dts = self->time;
	self->packet->duration = USUAL_GAP;
	self->packet->flags = unit->key ? AV_PKT_FLAG_KEY : 0;
	av_packet_rescale_ts(self->packet, (AVRational){1, 90000}, self->format->streams[0]->time_base);
	int result = av_write_frame(self->format, self->packet);
	return result < 0 ? fail(self, result, error) : 0;
}

static void destroy(rtc_screen_device *device)
{
	mp4 *self = (mp4 *)device;
	if (self->begun)
		av_write_trailer(self->format);
	if (self->format)
		avio_closep(&self->format->pb);
	avformat_free_context(self->format);
	av_packet_free(&self->packet);
	free(self);
}

rtc_screen_device *rtc_screen_mp4_open(const char *path, rtc_player_error *error)
{
	size_t length = strlen(path);
	mp4 *self = calloc(1, sizeof *self);
	if (!self) {
		rtc_player_fail(error, "peer/out-of-resources", "no memory");
		return NULL;
	}
	av_log_set_level(AV_LOG_QUIET); // what goes wrong is returned
	self->device = (rtc_screen_device){.show = show, .destroy = destroy};
	strncpy(self->name, length < sizeof self->name ? path : path + length - (sizeof self->name - 1),
			sizeof self->name - 1);
	self->packet = av_packet_alloc();
	int isMatroska = length > 4 && !strcmp(path + length - 4, ".mkv");
	int result = avformat_alloc_output_context2(&self->format, NULL, isMatroska ? "matroska" : "mp4", path);
	if (result >= 0)
		result = self->packet ? avio_open(&self->format->pb, path, AVIO_FLAG_WRITE) : AVERROR(ENOMEM);
	if (result >= 0) {
		self->format->flags |= AVFMT_FLAG_FLUSH_PACKETS;
		return &self->device;
	}
	rtc_player_fail(error, "media/file-unwritable", "%s: it cannot be written", self->name);
	destroy(&self->device);
	return NULL;
}
