// SPDX-License-Identifier: Apache-2.0
// Frames wait in a short queue for the encoder's thread; where it falls behind, the oldest goes.
#include "rtc_video_encoder.h"
#include "rtc_video_codec.h"
#include "rtc_port.h"
#include "rtc_retry.h"
#include "rtc_video_shrink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE 2         // frames: one period of jitter; more would only be latency
#define OUTPUT_FRAMES 8 // access units that sinks may hold
// A storm of PLIs must not eat the bitrate, nor may a viewer wait for its first picture because another has just got
// one: so many key frames at once, then one each so many microseconds.
#define KEY_BURST 3
#define KEY_SPACING 300000u
#define SMALLEST 16          // pixels, a macroblock
#define PARAMETER_SETS 4096u // room beside the picture's bits

struct rtc_video_encoder {
	rtc_sink sink;
	rtc_source source;
	atomic_uint ends; // of the two, how many live
	pthread_t thread;
	pthread_mutex_t lock; // guards what follows, up to the thread's own
	pthread_cond_t wake;
	rtc_frame *queue[QUEUE];
	uint8_t queued;
	uint8_t closing, active, keyWanted;
	uint32_t limit; // bit/s, by the application
	rtc_video_encoder_limits limits;
	rtc_video_encoder_statistics statistics;
	// The thread's own.
	rtc_video_encoder_options options;
	rtc_video_codec *codec;
	rtc_frame_pool *pool;
	rtc_video_quality quality;
	uint8_t spared;        // frames since the newest that was taken
	uint64_t due;          // of pictures that stand alone: the time of the next
	rtc_frame_pool *small; // of frames that were made smaller
	uint32_t smallSize;    // bytes of one
	uint16_t width, height;
	uint32_t bitrate;
	rtc_video_encoder_limits applied;
	uint64_t keyTime;  // capture time of the newest key frame
	uint64_t keyQuota; // the capture time by which the key frames so far have earned their spacing
	uint8_t refused;   // this size cannot be encoded, and that was reported
	rtc_retry retry;   // of making a codec
	rtc_retry room;    // for what it makes
};

static rtc_video_encoder *of_source(rtc_source *source)
{
	return (rtc_video_encoder *)((char *)source - offsetof(rtc_video_encoder, source));
}

static void end_released(rtc_video_encoder *encoder)
{
	if (atomic_fetch_sub(&encoder->ends, 1) != 1)
		return;
	pthread_cond_destroy(&encoder->wake);
	pthread_mutex_destroy(&encoder->lock);
	free(encoder);
}

static void sink_destroy(rtc_sink *sink)
{
	end_released((rtc_video_encoder *)sink);
}

static void source_destroy(rtc_source *source)
{
	end_released(of_source(source));
}

// With the lock held.
static void flush(rtc_video_encoder *encoder)
{
	while (encoder->queued)
		rtc_frame_release(encoder->queue[--encoder->queued]);
}

// With the lock held.
static rtc_frame *take(rtc_video_encoder *encoder)
{
	rtc_frame *frame = encoder->queue[0];
	encoder->queued--;
	memmove(encoder->queue, encoder->queue + 1, encoder->queued * sizeof encoder->queue[0]);
	return frame;
}

static void sink_frame(rtc_sink *sink, rtc_frame *frame)
{
	rtc_video_encoder *encoder = (rtc_video_encoder *)sink;
	if (frame->format != RTC_FORMAT_I420)
		return;
	pthread_mutex_lock(&encoder->lock);
	if (!encoder->closing && encoder->active) {
		if (encoder->queued == QUEUE) {
			rtc_frame_release(take(encoder));
			encoder->statistics.framesDropped++;
		}
		encoder->queue[encoder->queued++] = rtc_frame_retain(frame);
		pthread_cond_signal(&encoder->wake);
	}
	pthread_mutex_unlock(&encoder->lock);
}

static void source_active(rtc_source *source, int active)
{
	(void)active; // two calls may cross: the count is the truth
	rtc_video_encoder *encoder = of_source(source);
	pthread_mutex_lock(&encoder->lock);
	pthread_mutex_lock(&source->lock);
	encoder->active = source->count > 0;
	pthread_mutex_unlock(&source->lock);
	if (encoder->active)
		encoder->keyWanted = 1;
	else {
		flush(encoder);
	}
	pthread_mutex_unlock(&encoder->lock);
}

void rtc_video_encoder_request_key_frame(rtc_video_encoder *encoder)
{
	pthread_mutex_lock(&encoder->lock);
	encoder->keyWanted = 1;
	pthread_mutex_unlock(&encoder->lock);
}

static void source_request_key_frame(rtc_source *source)
{
	rtc_video_encoder_request_key_frame(of_source(source));
}

static uint32_t clamp_bitrate(uint32_t bitsPerSecond)
{
	if (bitsPerSecond < RTC_VIDEO_MINIMUM_BITRATE)
		return RTC_VIDEO_MINIMUM_BITRATE;
	return bitsPerSecond > RTC_VIDEO_MAXIMUM_BITRATE ? RTC_VIDEO_MAXIMUM_BITRATE : bitsPerSecond;
}

// With the lock held.
static uint32_t target(rtc_video_encoder *encoder)
{
	uint32_t wished = rtc_source_wish(&encoder->source, encoder->options.policy);
	return clamp_bitrate(wished && wished < encoder->limit ? wished : encoder->limit);
}

void rtc_video_encoder_set_bitrate(rtc_video_encoder *encoder, uint32_t bitsPerSecond)
{
	pthread_mutex_lock(&encoder->lock);
	encoder->limit = clamp_bitrate(bitsPerSecond);
	atomic_store(&encoder->source.limit, encoder->limit);
	pthread_mutex_unlock(&encoder->lock);
}

uint32_t rtc_video_encoder_get_bitrate(rtc_video_encoder *encoder)
{
	pthread_mutex_lock(&encoder->lock);
	uint32_t limit = encoder->limit;
	pthread_mutex_unlock(&encoder->lock);
	return limit;
}

void rtc_video_encoder_set_limits(rtc_video_encoder *encoder, const rtc_video_encoder_limits *limits)
{
	pthread_mutex_lock(&encoder->lock);
	encoder->limits = *limits;
	pthread_mutex_unlock(&encoder->lock);
}

static void forget_codec(rtc_video_encoder *encoder)
{
	if (encoder->codec)
		encoder->options.codec->video->destroy(encoder->codec);
	rtc_frame_pool_close(encoder->pool);
	encoder->codec = NULL;
	encoder->pool = NULL;
}

static uint32_t framerate_of(const rtc_video_encoder *encoder)
{
	uint32_t rate = encoder->options.framerate / encoder->quality.divisor;
	return rate ? rate : 1;
}

// A codec of the present size, and a pool for what it makes. Returns 0, or an errno value and its text.
static int make_codec(rtc_video_encoder *encoder, const char **message)
{
	const rtc_video_codec_options options = {
		.width = encoder->width,
		.height = encoder->height,
		.framerate = framerate_of(encoder),
		.bitrate = encoder->bitrate,
		.maximumNalSize = encoder->applied.maximumNalSize,
		.quality = encoder->options.quality,
		// Who can take less than the others is given fewer pictures of the same encode.
		.layers = encoder->options.policy == RTC_WISH_SLOWEST ? 1 : RTC_FRAME_LAYERS,
	};
	int error = 0;
	*message = "the picture is too small";
	if (encoder->width < SMALLEST || encoder->height < SMALLEST)
		return ENOTSUP;
	encoder->codec = encoder->options.codec->video->make(&options, &error, message);
	if (!encoder->codec)
		return error;
	// No picture takes more bits than 8 a pixel at the codecs' finest quantization; mostly far fewer pages are touched.
	encoder->pool = rtc_frame_pool_new(OUTPUT_FRAMES, (uint32_t)encoder->width * encoder->height + PARAMETER_SETS);
	if (encoder->pool)
		return 0;
	forget_codec(encoder);
	*message = "no memory for encoded pictures";
	return ENOMEM;
}

// A codec for frames of this size: the one that is there, or a new one. Returns 0 or an errno value.
static int prepare(rtc_video_encoder *encoder, const rtc_frame *frame)
{
	uint16_t width = frame->width & ~1u, height = frame->height & ~1u;
	if (width != encoder->width || height != encoder->height) {
		forget_codec(encoder);
		encoder->refused = 0;
		encoder->width = width;
		encoder->height = height;
		rtc_retry_succeeded(&encoder->retry); // nothing of this size has failed
	}
	if (encoder->codec)
		return 0;
	if (encoder->refused)
		return ENOTSUP;
	if (!rtc_retry_is_due(&encoder->retry, rtc_now()))
		return ENOMEM;
	const char *message;
	int error = make_codec(encoder, &message), tell = 1;
	if (!error)
		rtc_retry_succeeded(&encoder->retry);
	else if (error == ENOMEM)
		tell = rtc_retry_failed(&encoder->retry, rtc_now());
	else
		encoder->refused = 1;
	if (error && tell && encoder->options.failed)
		encoder->options.failed(encoder->options.context, error, message);
	return error;
}

static void announce(rtc_video_encoder *encoder)
{
	const rtc_video_quality *quality = &encoder->quality;
	pthread_mutex_lock(&encoder->lock);
	encoder->statistics.framerate = framerate_of(encoder);
	pthread_mutex_unlock(&encoder->lock);
	if (encoder->options.changed)
		encoder->options.changed(encoder->options.context, (uint16_t)(quality->width / quality->scale & ~1u),
								 (uint16_t)(quality->height / quality->scale & ~1u), framerate_of(encoder));
}

// What the sinks and their ways can take now. `bitrate` is what there is.
static void adapt(rtc_video_encoder *encoder, const rtc_frame *frame, const rtc_video_encoder_limits *limits,
				  uint32_t bitrate)
{
	rtc_video_quality *quality = &encoder->quality;
	int isNew = frame->width != quality->width || frame->height != quality->height;
	if (limits->maximumNalSize != encoder->applied.maximumNalSize)
		forget_codec(encoder);
	uint8_t scale = isNew ? 1 : quality->scale, divisor = isNew ? 1 : quality->divisor;
	if (isNew || limits->level != encoder->applied.level)
		rtc_video_quality_init(quality, frame->width, frame->height, encoder->options.framerate,
							   encoder->options.preference, limits->level);
	encoder->applied = *limits;
	rtc_video_quality_judge(quality, bitrate, frame->time);
	int hasChanged = quality->scale != scale || quality->divisor != divisor;
	if (hasChanged)
		announce(encoder);
	if (bitrate == encoder->bitrate && !hasChanged)
		return;
	encoder->bitrate = bitrate;
	if (encoder->codec && encoder->options.codec->video->setRate(encoder->codec, bitrate, framerate_of(encoder)))
		forget_codec(encoder); // the next one begins with it
}

// Whether one that stands alone comes before its time: half a period early is not, for sources are not exact.
static int is_early(rtc_video_encoder *encoder, uint64_t time)
{
	uint64_t period = 1000000 / encoder->options.framerate;
	int64_t ahead = (int64_t)(encoder->due - time);
	if (ahead > (int64_t)period / 2 && ahead <= 2 * (int64_t)period)
		return 1;
	encoder->due = (ahead > 0 && ahead <= 2 * (int64_t)period ? encoder->due : time) + period;
	return 0;
}

// Whether this one is left out, so that there are fewer.
static int is_spared(rtc_video_encoder *encoder, uint64_t time)
{
	if (encoder->options.codec->video->isStill)
		return is_early(encoder, time);
	if (++encoder->spared < encoder->quality.divisor)
		return 1;
	encoder->spared = 0;
	return 0;
}

// The frame itself, or a smaller one; NULL when there is no memory for it. To be released.
static rtc_frame *sized(rtc_video_encoder *encoder, rtc_frame *frame)
{
	uint8_t scale = encoder->quality.scale;
	uint32_t size = rtc_video_shrunk_size(frame, scale);
	if (scale == 1)
		return rtc_frame_retain(frame);
	if (encoder->small && encoder->smallSize != size) {
		rtc_frame_pool_close(encoder->small);
		encoder->small = NULL;
	}
	encoder->smallSize = size;
	if (!encoder->small)
		encoder->small = rtc_frame_pool_new(1, size);
	rtc_frame *output = encoder->small ? rtc_frame_pool_get(encoder->small) : NULL;
	if (output)
		rtc_video_shrink(output, frame, scale);
	return output;
}

static int key_is_due(const rtc_video_encoder *encoder, const rtc_frame *frame, int wanted)
{
	uint64_t elapsed = frame->time - encoder->keyTime; // of a source whose clock went back: huge, thus due
	uint64_t interval = (uint64_t)encoder->options.keyFrameInterval * 1000000;
	int64_t ahead = (int64_t)(encoder->keyQuota - frame->time);
	int allowed = ahead <= (KEY_BURST - 1) * (int64_t)KEY_SPACING || elapsed > INT64_MAX;
	return (wanted && allowed) || (interval && elapsed >= interval);
}

static void count_key(rtc_video_encoder *encoder, uint64_t time)
{
	int64_t ahead = (int64_t)(encoder->keyQuota - time);
	if (ahead < 0 || ahead > KEY_BURST * (int64_t)KEY_SPACING)
		encoder->keyQuota = time;
	encoder->keyQuota += KEY_SPACING;
	encoder->keyTime = time;
}

// A place for an access unit, or NULL.
static rtc_frame *get_output(rtc_video_encoder *encoder)
{
	rtc_frame *output = rtc_frame_pool_get(encoder->pool);
	if (output)
		rtc_retry_succeeded(&encoder->room);
	else if (errno == ENOMEM && rtc_retry_failed(&encoder->room, rtc_now()) && encoder->options.failed)
		encoder->options.failed(encoder->options.context, ENOMEM, "no memory for an encoded picture");
	return output;
}

// Returns the access unit, or NULL.
static rtc_frame *encode(rtc_video_encoder *encoder, const rtc_frame *frame, int keyWanted)
{
	int fresh = !encoder->codec;
	// The output's place is taken first: a picture that was encoded but not sent would break the chain of references.
	rtc_frame *output = prepare(encoder, frame) ? NULL : get_output(encoder);
	if (!output)
		return NULL;
	int key = fresh || key_is_due(encoder, frame, keyWanted);
	int error = encoder->options.codec->video->encode(encoder->codec, frame, key, output);
	if (error || output->size == 0) {
		rtc_frame_release(output);
		if (error)
			forget_codec(encoder);
		return NULL;
	}
	output->format = encoder->options.codec->video->isStill ? RTC_FORMAT_JPEG : RTC_FORMAT_ENCODED;
	output->codec = encoder->options.codec;
	output->time = frame->time;
	output->width = encoder->width;
	output->height = encoder->height;
	if (output->key)
		count_key(encoder, frame->time);
	return output;
}

static void account(rtc_video_encoder *encoder, const rtc_frame *frame, const rtc_frame *output, uint64_t spent)
{
	rtc_video_encoder_statistics *statistics = &encoder->statistics;
	pthread_mutex_lock(&encoder->lock);
	statistics->width = frame->width;
	statistics->height = frame->height;
	statistics->encodeTime += spent;
	if (!output)
		statistics->framesDropped++;
	else {
		statistics->framesEncoded++;
		statistics->keyFramesEncoded += output->key;
		statistics->bytes += output->size;
		if (output->key)
			encoder->keyWanted = 0; // whoever asked meanwhile gets this one
	}
	pthread_mutex_unlock(&encoder->lock);
}

static void work(rtc_video_encoder *encoder, rtc_frame *frame, int keyWanted)
{
	uint64_t begin = rtc_now();
	rtc_frame *input = sized(encoder, frame), *output = input ? encode(encoder, input, keyWanted) : NULL;
	account(encoder, input ? input : frame, output, rtc_now() - begin);
	rtc_frame_release(input);
	if (output)
		rtc_source_deliver(&encoder->source, output);
	rtc_frame_release(output);
}

static void *run(void *argument)
{
	rtc_video_encoder *encoder = argument;
	for (;;) {
		pthread_mutex_lock(&encoder->lock);
		while (!encoder->closing && !encoder->queued)
			pthread_cond_wait(&encoder->wake, &encoder->lock);
		rtc_frame *frame = encoder->closing ? NULL : take(encoder);
		int keyWanted = encoder->keyWanted;
		uint32_t bitrate = target(encoder);
		rtc_video_encoder_limits limits = encoder->limits;
		pthread_mutex_unlock(&encoder->lock);
		if (!frame)
			break;
		adapt(encoder, frame, &limits, bitrate);
		if (is_spared(encoder, frame->time)) {
			pthread_mutex_lock(&encoder->lock);
			encoder->statistics.framesSpared++;
			pthread_mutex_unlock(&encoder->lock);
		} else
			work(encoder, frame, keyWanted);
		rtc_frame_release(frame);
	}
	rtc_frame_pool_close(encoder->small);
	forget_codec(encoder);
	return NULL;
}

rtc_video_encoder *rtc_video_encoder_new(const rtc_video_encoder_options *options, int *error)
{
	rtc_video_encoder *encoder = calloc(1, sizeof *encoder);
	if (!encoder) {
		*error = ENOMEM;
		return NULL;
	}
	rtc_sink_init(&encoder->sink, sink_destroy, sink_frame);
	rtc_source_init(&encoder->source, source_destroy);
	encoder->source.active = source_active;
	encoder->source.requestKeyFrame = source_request_key_frame;
	atomic_init(&encoder->ends, 2);
	pthread_mutex_init(&encoder->lock, NULL);
	pthread_cond_init(&encoder->wake, NULL);
	encoder->options = *options;
	encoder->limit = encoder->bitrate = clamp_bitrate(options->bitrate);
	encoder->quality.divisor = encoder->quality.scale = 1;
	encoder->statistics.framerate = options->framerate;
	atomic_init(&encoder->source.limit, encoder->limit);
	const rtc_thread_options thread = {.name = "rtc-video", .stack = RTC_VIDEO_CODEC_STACK, .priority = 5};
	*error = rtc_thread_start(&encoder->thread, &thread, run, encoder);
	if (!*error)
		return encoder;
	rtc_source_release(&encoder->source);
	rtc_sink_release(&encoder->sink);
	return NULL;
}

rtc_sink *rtc_video_encoder_sink(rtc_video_encoder *encoder)
{
	return &encoder->sink;
}

rtc_source *rtc_video_encoder_source(rtc_video_encoder *encoder)
{
	return &encoder->source;
}

void rtc_video_encoder_get_statistics(rtc_video_encoder *encoder, rtc_video_encoder_statistics *statistics)
{
	pthread_mutex_lock(&encoder->lock);
	*statistics = encoder->statistics;
	statistics->targetBitrate = target(encoder);
	pthread_mutex_unlock(&encoder->lock);
}

void rtc_video_encoder_close(rtc_video_encoder *encoder)
{
	rtc_sink_disconnect(&encoder->sink);
	rtc_source_disconnect_all(&encoder->source);
	pthread_mutex_lock(&encoder->lock);
	encoder->closing = 1;
	flush(encoder);
	pthread_cond_signal(&encoder->wake);
	pthread_mutex_unlock(&encoder->lock);
	pthread_join(encoder->thread, NULL);
	rtc_source_release(&encoder->source);
	rtc_sink_release(&encoder->sink);
}
