// SPDX-License-Identifier: Apache-2.0
// PCM of any frame length waits in a buffer until 20 ms are there. The encoder has a thread of its own, because Opus
// needs more stack than the threads of sources have on a device.
#include "rtc_audio_encoder.h"
#include "rtc_audio_codec.h"
#include "rtc_port.h"
#include "rtc_retry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PACKET_TIME 20000u   // microseconds (RFC 7587 section 4.2, RFC 3551 section 4.2)
#define BUFFER_PACKETS 10u   // 200 ms
#define LARGEST_PACKET 1275u // of Opus (RFC 6716 section 3.4); G.711 has 160
#define OUTPUT_FRAMES 16
#define GAP 40000         // microseconds by which a source's clock may stray from its samples
#define STACK (36 * 1024) // bytes: Opus takes 26 KB on a 32-bit chip, the frame below it 4 (test/chip)
#define LARGEST_CHANNELS 2
#define LARGEST_RATE 48000u

struct rtc_audio_encoder {
	rtc_sink sink;
	rtc_source source;
	atomic_uint ends; // of the two, how many live
	pthread_t thread;
	rtc_audio_encoder_options options;
	rtc_frame_pool *pool;
	pthread_mutex_t lock; // guards all that follows
	pthread_cond_t wake;
	uint8_t closing, active, reconfigured;
	uint8_t refused; // frames of this format cannot be encoded
	int unreported;  // an errno value that the application does not know of yet
	rtc_retry retry; // of making the buffer
	uint32_t bitrate;
	rtc_audio_limits limits;
	uint8_t isLimited;   // they were set, and
	uint8_t relimited;   // are not the codec's yet
	uint32_t sampleRate; // of the buffer
	uint8_t channels;
	int16_t *buffer;
	uint32_t filled;  // samples per channel
	uint64_t base;    // capture time of the first sample since the newest gap
	uint64_t removed; // samples per channel that left the buffer since
	rtc_audio_encoder_statistics statistics;
};

static rtc_audio_encoder *of_source(rtc_source *source)
{
	return (rtc_audio_encoder *)((char *)source - offsetof(rtc_audio_encoder, source));
}

static void end_released(rtc_audio_encoder *encoder)
{
	if (atomic_fetch_sub(&encoder->ends, 1) != 1)
		return;
	rtc_frame_pool_close(encoder->pool);
	pthread_cond_destroy(&encoder->wake);
	pthread_mutex_destroy(&encoder->lock);
	rtc_free(encoder->buffer);
	free(encoder);
}

static void sink_destroy(rtc_sink *sink)
{
	end_released((rtc_audio_encoder *)sink);
}

static void source_destroy(rtc_source *source)
{
	end_released(of_source(source));
}

static uint32_t packet_samples(const rtc_audio_encoder *encoder)
{
	return encoder->sampleRate / (1000000 / PACKET_TIME);
}

// With the lock held.
static uint32_t target(const rtc_audio_encoder *encoder)
{
	uint32_t most = encoder->limits.bitrate;
	return most && most < encoder->bitrate ? most : encoder->bitrate;
}

// With the lock held. Takes over the format of a frame that has another than the one before.
static void adapt(rtc_audio_encoder *encoder, const rtc_frame *frame)
{
	encoder->sampleRate = frame->sampleRate;
	encoder->channels = frame->channels;
	encoder->filled = 0;
	encoder->removed = 0;
	encoder->base = frame->time;
	encoder->reconfigured = 1;
	rtc_free(encoder->buffer);
	encoder->buffer = NULL;
	rtc_retry_succeeded(&encoder->retry);
	encoder->refused = !encoder->options.codec->audio->takes(frame->sampleRate, frame->channels);
	encoder->unreported = encoder->refused ? ENOTSUP : 0;
	pthread_cond_signal(&encoder->wake);
}

// With the lock held. Returns whether there is a buffer.
static int has_buffer(rtc_audio_encoder *encoder)
{
	if (encoder->buffer)
		return 1;
	if (encoder->refused || !rtc_retry_is_due(&encoder->retry, rtc_now()))
		return 0;
	encoder->buffer = rtc_calloc((size_t)packet_samples(encoder) * BUFFER_PACKETS * encoder->channels, sizeof(int16_t));
	if (encoder->buffer)
		rtc_retry_succeeded(&encoder->retry);
	else if (rtc_retry_failed(&encoder->retry, rtc_now())) {
		encoder->unreported = ENOMEM;
		pthread_cond_signal(&encoder->wake);
	}
	return encoder->buffer != NULL;
}

// With the lock held.
static void append(rtc_audio_encoder *encoder, const rtc_frame *frame)
{
	uint64_t written = encoder->removed + encoder->filled;
	uint64_t expected = encoder->base + written * 1000000 / encoder->sampleRate;
	int64_t stray = (int64_t)(frame->time - expected);
	if (stray > GAP || stray < -GAP) {
		encoder->filled = 0;
		encoder->removed = 0;
		encoder->base = frame->time;
	}
	size_t sampleSize = encoder->channels * sizeof(int16_t);
	if (frame->samples > packet_samples(encoder) * BUFFER_PACKETS - encoder->filled ||
		frame->samples * sampleSize > frame->size) {
		encoder->statistics.framesDropped++;
		return;
	}
	memcpy(encoder->buffer + (size_t)encoder->filled * encoder->channels, frame->data, frame->samples * sampleSize);
	encoder->filled += frame->samples;
	if (encoder->filled >= packet_samples(encoder))
		pthread_cond_signal(&encoder->wake);
}

static void sink_frame(rtc_sink *sink, rtc_frame *frame)
{
	rtc_audio_encoder *encoder = (rtc_audio_encoder *)sink;
	if (frame->format != RTC_FORMAT_PCM)
		return;
	pthread_mutex_lock(&encoder->lock);
	if (!encoder->closing && encoder->active) {
		if (frame->sampleRate != encoder->sampleRate || frame->channels != encoder->channels)
			adapt(encoder, frame);
		if (has_buffer(encoder))
			append(encoder, frame);
		else
			encoder->statistics.framesDropped++;
	}
	pthread_mutex_unlock(&encoder->lock);
}

static void source_active(rtc_source *source, int active)
{
	(void)active; // two calls may cross: the count is the truth
	rtc_audio_encoder *encoder = of_source(source);
	pthread_mutex_lock(&encoder->lock);
	pthread_mutex_lock(&source->lock);
	encoder->active = source->count > 0;
	pthread_mutex_unlock(&source->lock);
	encoder->filled = 0;
	pthread_mutex_unlock(&encoder->lock);
}

static void source_set_bitrate(rtc_source *source, uint32_t bitsPerSecond)
{
	rtc_audio_encoder_set_bitrate(of_source(source), bitsPerSecond);
}

typedef struct {
	int16_t pcm[LARGEST_RATE / 50 * LARGEST_CHANNELS];
	uint32_t samples;
	uint32_t sampleRate;
	uint8_t channels;
	uint8_t reconfigured;
	uint8_t isLimited, relimited;
	rtc_audio_limits limits;
	uint32_t bitrate;
	uint64_t time;
} packet;

static void tell(rtc_audio_encoder *encoder, int error)
{
	const char *message = "no memory for the audio encoder";
	if (error == ENOTSUP)
		message = encoder->options.codec->audio->refusal;
	if (encoder->options.failed)
		encoder->options.failed(encoder->options.context, error, message);
}

// With the lock held, which it lets go meanwhile.
static void report(rtc_audio_encoder *encoder)
{
	int error = encoder->unreported;
	encoder->unreported = 0;
	pthread_mutex_unlock(&encoder->lock);
	tell(encoder, error);
	pthread_mutex_lock(&encoder->lock);
}

// Waits for 20 ms of sound. Returns 0 when the encoder closes.
static int take(rtc_audio_encoder *encoder, packet *next)
{
	pthread_mutex_lock(&encoder->lock);
	while (!encoder->closing && (!encoder->filled || encoder->filled < packet_samples(encoder))) {
		if (encoder->unreported)
			report(encoder);
		else
			pthread_cond_wait(&encoder->wake, &encoder->lock);
	}
	int closing = encoder->closing;
	if (!closing) {
		next->samples = packet_samples(encoder);
		next->sampleRate = encoder->sampleRate;
		next->channels = encoder->channels;
		next->reconfigured = encoder->reconfigured;
		next->bitrate = target(encoder);
		next->limits = encoder->limits;
		next->isLimited = encoder->isLimited;
		next->relimited = encoder->relimited;
		next->time = encoder->base + encoder->removed * 1000000 / encoder->sampleRate;
		size_t count = (size_t)next->samples * next->channels;
		memcpy(next->pcm, encoder->buffer, count * sizeof(int16_t));
		encoder->filled -= next->samples;
		encoder->removed += next->samples;
		memmove(encoder->buffer, encoder->buffer + count, (size_t)encoder->filled * next->channels * sizeof(int16_t));
		encoder->reconfigured = encoder->relimited = 0;
	}
	pthread_mutex_unlock(&encoder->lock);
	return !closing;
}

// Sets *spared when there is nothing that need be sent.
static rtc_frame *encode(rtc_audio_encoder *encoder, rtc_audio_codec *codec, const packet *next, rtc_retry *room,
						 int *spared)
{
	rtc_frame *output = codec ? rtc_frame_pool_get(encoder->pool) : NULL;
	if (output)
		rtc_retry_succeeded(room);
	else if (codec && errno == ENOMEM && rtc_retry_failed(room, rtc_now()))
		tell(encoder, ENOMEM);
	if (!output)
		return NULL;
	int size = codec->encode(codec, next->pcm, next->samples, output->data, output->capacity);
	*spared = size == 0;
	if (size <= 0) {
		rtc_frame_release(output);
		return NULL;
	}
	output->size = (uint32_t)size;
	output->format = RTC_FORMAT_ENCODED;
	output->codec = encoder->options.codec;
	output->time = next->time;
	output->sampleRate = next->sampleRate;
	output->samples = next->samples;
	output->channels = next->channels;
	return output;
}

static void account(rtc_audio_encoder *encoder, const rtc_frame *output, int spared, uint64_t spent)
{
	pthread_mutex_lock(&encoder->lock);
	encoder->statistics.encodeTime += spent;
	if (output) {
		encoder->statistics.framesEncoded++;
		encoder->statistics.bytes += output->size;
	} else if (spared)
		encoder->statistics.framesSpared++;
	else
		encoder->statistics.framesDropped++;
	pthread_mutex_unlock(&encoder->lock);
}

// Its format was checked before: what fails lacks memory.
static rtc_audio_codec *make_codec(rtc_audio_encoder *encoder, const packet *next, rtc_retry *retry)
{
	rtc_audio_codec *codec = encoder->options.codec->audio->make(next->sampleRate, next->channels, next->bitrate);
	if (codec)
		rtc_retry_succeeded(retry);
	else if (rtc_retry_failed(retry, rtc_now()))
		tell(encoder, ENOMEM);
	if (codec && next->isLimited && codec->setLimits)
		codec->setLimits(codec, &next->limits);
	return codec;
}

// What has changed since the packet before.
static void adjust(rtc_audio_codec *codec, const packet *next, uint32_t bitrate)
{
	if (next->bitrate != bitrate)
		codec->setBitrate(codec, next->bitrate);
	if (next->relimited && codec->setLimits)
		codec->setLimits(codec, &next->limits);
}

static void *run(void *argument)
{
	rtc_audio_encoder *encoder = argument;
	rtc_audio_codec *codec = NULL;
	rtc_retry retry = {0}, room = {0}; // for a codec, and for what it makes
	uint32_t bitrate = 0;
	packet next;
	while (take(encoder, &next)) {
		uint64_t begin = rtc_now();
		if (next.reconfigured) {
			if (codec)
				codec->destroy(codec);
			codec = NULL;
			rtc_retry_succeeded(&retry);
		}
		if (!codec) {
			if (rtc_retry_is_due(&retry, begin))
				codec = make_codec(encoder, &next, &retry);
		} else
			adjust(codec, &next, bitrate);
		bitrate = next.bitrate;
		int spared = 0;
		rtc_frame *output = encode(encoder, codec, &next, &room, &spared);
		account(encoder, output, spared, rtc_now() - begin);
		if (output)
			rtc_source_deliver(&encoder->source, output);
		rtc_frame_release(output);
	}
	if (codec)
		codec->destroy(codec);
	return NULL;
}

rtc_audio_encoder *rtc_audio_encoder_new(const rtc_audio_encoder_options *options, int *error)
{
	rtc_audio_encoder *encoder = calloc(1, sizeof *encoder);
	if (!encoder) {
		*error = ENOMEM;
		return NULL;
	}
	rtc_sink_init(&encoder->sink, sink_destroy, sink_frame);
	rtc_source_init(&encoder->source, source_destroy);
	encoder->source.active = source_active;
	encoder->source.setBitrate = source_set_bitrate;
	atomic_init(&encoder->ends, 2);
	pthread_mutex_init(&encoder->lock, NULL);
	pthread_cond_init(&encoder->wake, NULL);
	encoder->options = *options;
	encoder->bitrate = options->bitrate;
	encoder->pool = rtc_frame_pool_new(OUTPUT_FRAMES, LARGEST_PACKET);
	const rtc_thread_options thread = {.name = "rtc-audio", .stack = STACK, .priority = 6};
	*error = encoder->pool ? rtc_thread_start(&encoder->thread, &thread, run, encoder) : ENOMEM;
	if (!*error)
		return encoder;
	rtc_source_release(&encoder->source);
	rtc_sink_release(&encoder->sink);
	return NULL;
}

rtc_sink *rtc_audio_encoder_sink(rtc_audio_encoder *encoder)
{
	return &encoder->sink;
}

rtc_source *rtc_audio_encoder_source(rtc_audio_encoder *encoder)
{
	return &encoder->source;
}

void rtc_audio_encoder_set_bitrate(rtc_audio_encoder *encoder, uint32_t bitsPerSecond)
{
	pthread_mutex_lock(&encoder->lock);
	encoder->bitrate = bitsPerSecond;
	pthread_mutex_unlock(&encoder->lock);
}

uint32_t rtc_audio_encoder_get_bitrate(rtc_audio_encoder *encoder)
{
	pthread_mutex_lock(&encoder->lock);
	uint32_t bitrate = encoder->bitrate;
	pthread_mutex_unlock(&encoder->lock);
	return bitrate;
}

void rtc_audio_encoder_set_limits(rtc_audio_encoder *encoder, const rtc_audio_limits *limits)
{
	pthread_mutex_lock(&encoder->lock);
	encoder->limits = *limits;
	encoder->isLimited = encoder->relimited = 1;
	pthread_mutex_unlock(&encoder->lock);
}

void rtc_audio_encoder_get_statistics(rtc_audio_encoder *encoder, rtc_audio_encoder_statistics *statistics)
{
	pthread_mutex_lock(&encoder->lock);
	*statistics = encoder->statistics;
	uint32_t fixed = encoder->options.codec->audio->bitrate;
	statistics->targetBitrate = fixed ? fixed : target(encoder);
	statistics->sampleRate = encoder->sampleRate;
	statistics->channels = encoder->channels;
	pthread_mutex_unlock(&encoder->lock);
}

void rtc_audio_encoder_close(rtc_audio_encoder *encoder)
{
	rtc_sink_disconnect(&encoder->sink);
	rtc_source_disconnect_all(&encoder->source);
	pthread_mutex_lock(&encoder->lock);
	encoder->closing = 1;
	pthread_cond_signal(&encoder->wake);
	pthread_mutex_unlock(&encoder->lock);
	pthread_join(encoder->thread, NULL);
	rtc_source_release(&encoder->source);
	rtc_sink_release(&encoder->sink);
}
