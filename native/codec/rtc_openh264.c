// SPDX-License-Identifier: Apache-2.0
// H.264 by OpenH264: constrained baseline (RFC 6184 profile-level-id 42e0xx), one layer, one slice, one thread.
#include "rtc_video_codec.h"
#include "rtc_payload.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

// What it takes (ParamValidationExt in encoder_ext.cpp). It answers everything that goes wrong when it begins with
// "invalid parameters", so they are checked here: what fails afterwards lacks memory.
#define LARGEST_PICTURE 36864u // macroblocks, of level 5.2
#define SMALLEST_NAL 421u      // bytes: a macroblock and some headers

// What an encoder takes, about (4.5 MB for 640 × 480, 12 MB for 1280 × 720).
#define BYTES_PER_PIXEL 14
#define BYTES_APART 400000

#define MINIMUM_QP 12 // finer is wasted on a viewer, and lets a noisy picture overflow its buffer
#define MAXIMUM_QP 51

struct rtc_video_codec {
	ISVCEncoder *encoder;
	uint16_t width, height;
};

static void configure(SEncParamExt *parameters, const rtc_video_codec_options *options)
{
	parameters->iUsageType = CAMERA_VIDEO_REAL_TIME;
	parameters->iPicWidth = options->width;
	parameters->iPicHeight = options->height;
	parameters->iTargetBitrate = (int)options->bitrate;
	parameters->iMaxBitrate = UNSPECIFIED_BIT_RATE;
	parameters->iRCMode = RC_BITRATE_MODE;
	parameters->fMaxFrameRate = (float)options->framerate;
	parameters->iTemporalLayerNum = options->layers;
	parameters->iSpatialLayerNum = 1;
	parameters->iComplexityMode = LOW_COMPLEXITY;
	parameters->uiIntraPeriod = 0; // the video encoder decides
	parameters->iNumRefFrame = 1;
	parameters->eSpsPpsIdStrategy = CONSTANT_ID;
	parameters->iEntropyCodingModeFlag = 0;
	parameters->bEnableFrameSkip = false;
	parameters->iMinQp = MINIMUM_QP;
	parameters->iMaxQp = MAXIMUM_QP;
	parameters->bEnableLongTermReference = false;
	parameters->iMultipleThreadIdc = 1;
	parameters->bEnableDenoise = false;
	parameters->bEnableBackgroundDetection = false;
	parameters->bEnableAdaptiveQuant = false;
	parameters->bEnableSceneChangeDetect = false; // it would make key frames of its own
	SSpatialLayerConfig *layer = &parameters->sSpatialLayers[0];
	layer->uiProfileIdc = PRO_BASELINE;
	layer->uiLevelIdc = LEVEL_UNKNOWN; // the lowest that the size, rate and bitrate allow
	layer->iVideoWidth = options->width;
	layer->iVideoHeight = options->height;
	layer->fFrameRate = (float)options->framerate;
	layer->iSpatialBitrate = (int)options->bitrate;
	layer->iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
	layer->sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
	if (options->maximumNalSize) {
		parameters->uiMaxNalSize = options->maximumNalSize;
		layer->sSliceArgument.uiSliceMode = SM_SIZELIMITED_SLICE;
		layer->sSliceArgument.uiSliceSizeConstraint = options->maximumNalSize;
	}
}

static int isSupported(const rtc_video_codec_options *options)
{
	uint32_t macroblocks = (options->width + 15u) / 16 * ((options->height + 15u) / 16);
	return macroblocks <= LARGEST_PICTURE && (!options->maximumNalSize || options->maximumNalSize >= SMALLEST_NAL);
}

// OpenH264 is C++, and throws through C where it finds no memory for its first objects: the program ends. So whether
// there is about what it takes is tried before; another thread may still come between.
static int hasRoom(const rtc_video_codec_options *options)
{
	void *room = malloc((size_t)options->width * options->height * BYTES_PER_PIXEL + BYTES_APART);
	free(room);
	return room != NULL;
}

static rtc_video_codec *make(const rtc_video_codec_options *options, int *error, const char **message)
{
	*error = ENOTSUP;
	*message = "OpenH264 refuses this size of pictures or NAL units";
	if (!isSupported(options))
		return NULL;
	*error = ENOMEM;
	*message = "no memory for the OpenH264 encoder";
	rtc_video_codec *codec = hasRoom(options) ? calloc(1, sizeof *codec) : NULL;
	if (!codec || WelsCreateSVCEncoder(&codec->encoder) || !codec->encoder) {
		free(codec);
		return NULL;
	}
	codec->width = options->width;
	codec->height = options->height;
	int quiet = WELS_LOG_QUIET; // failures are returned, and reported by the caller
	(*codec->encoder)->SetOption(codec->encoder, ENCODER_OPTION_TRACE_LEVEL, &quiet);
	SEncParamExt parameters;
	(*codec->encoder)->GetDefaultParams(codec->encoder, &parameters);
	configure(&parameters, options);
	if ((*codec->encoder)->InitializeExt(codec->encoder, &parameters)) {
		WelsDestroySVCEncoder(codec->encoder);
		free(codec);
		return NULL;
	}
	return codec;
}

static void destroy(rtc_video_codec *codec)
{
	(*codec->encoder)->Uninitialize(codec->encoder);
	WelsDestroySVCEncoder(codec->encoder);
	free(codec);
}

static int setRate(rtc_video_codec *codec, uint32_t bitsPerSecond, uint32_t framerate)
{
	SBitrateInfo info = {.iLayer = SPATIAL_LAYER_ALL, .iBitrate = (int)bitsPerSecond};
	float rate = (float)framerate;
	if ((*codec->encoder)->SetOption(codec->encoder, ENCODER_OPTION_FRAME_RATE, &rate))
		return EIO;
	return (*codec->encoder)->SetOption(codec->encoder, ENCODER_OPTION_BITRATE, &info) ? EIO : 0;
}

static int gather(const SFrameBSInfo *info, rtc_frame *output)
{
	for (int i = 0; i < info->iLayerNum; i++) {
		const SLayerBSInfo *layer = &info->sLayerInfo[i];
		if (layer->uiLayerType == VIDEO_CODING_LAYER)
			output->layer = layer->uiTemporalId;
		size_t size = 0;
		for (int nal = 0; nal < layer->iNalCount; nal++)
			size += (size_t)layer->pNalLengthInByte[nal];
		if (size > output->capacity - output->size)
			return ENOSPC;
		memcpy(output->data + output->size, layer->pBsBuf, size);
		output->size += (uint32_t)size;
	}
	return 0;
}

static int encode(rtc_video_codec *codec, const rtc_frame *input, int key, rtc_frame *output)
{
	SSourcePicture picture = {
		.iColorFormat = videoFormatI420,
		.iPicWidth = codec->width,
		.iPicHeight = codec->height,
		.uiTimeStamp = (long long)(input->time / 1000),
	};
	for (int i = 0; i < 3; i++) {
		picture.pData[i] = input->planes[i];
		picture.iStride[i] = (int)input->strides[i];
	}
	if (key && (*codec->encoder)->ForceIntraFrame(codec->encoder, true))
		return EIO;
	SFrameBSInfo info = {0};
	if ((*codec->encoder)->EncodeFrame(codec->encoder, &picture, &info))
		return EIO;
	output->size = 0;
	output->key = info.eFrameType == videoFrameTypeIDR;
	return info.eFrameType == videoFrameTypeSkip ? 0 : gather(&info, output);
}

static const rtc_video_class encoder = {
	.make = make, .destroy = destroy, .setRate = setRate, .encode = encode, .hasSlices = 1};

const rtc_codec rtc_codec_h264 = {
	.name = "H264", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h264, .video = &encoder};
