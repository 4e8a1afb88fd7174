// SPDX-License-Identifier: Apache-2.0
// Three threads meet here. Frames come on the source's thread: `sending` is held while one is cut, protected and sent.
// RTCP comes on the network thread and statistics are read on JavaScript's: they take `lock`, which is never held for
// longer than some assignments, so neither waits for a frame. `sending` is taken before `lock`, and neither is held
// while the source is asked for a key frame or a handler is removed.
#include "rtc_rtp_sender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_h264.h"
#include "rtc_port.h"
#include "rtc_rtp_feedback.h"

#define VIDEO_REPORT_INTERVAL                                                                                          \
	1000000 // microseconds; halved to one and a half times, by chance (RFC 3550 section 6.3.1)
#define AUDIO_REPORT_INTERVAL 2500000
#define KEY_FRAME_REQUEST_INTERVAL 200000 // microseconds: PLIs that come closer ask for the same frame
#define AUDIO_DRIFT_FRAMES 64             // frames in which the mapping of time follows a sound card's clock

struct rtc_rtp_sender { // 528 bytes on 64-bit Linux
	rtc_sink sink;
	rtc_srtp *srtp;
	rtc_rtp_sender_options options;

	pthread_mutex_t sending; // guards what follows, up to `lock`
	uint8_t header[RTC_RTP_HEADER_MAXIMUM];
	uint8_t headerSize;
	uint8_t closed;
	uint8_t waiting; // video: for a key frame
	uint8_t started; // audio: nextTimestamp follows the previous frame
	uint16_t sequence;
	uint32_t offset; // RTP timestamp less the ticks of rtc_now()
	uint32_t nextTimestamp;
	uint32_t random;
	uint64_t nextReport;
	const rtc_source *source; // of the previous frame; only compared

	pthread_mutex_t lock;       // guards what follows
	uint64_t keyFrameRequested; // when
	rtc_rtp_feedback feedback;
};

// One frame on its way.
typedef struct {
	rtc_srtp_transmit *transmit;
	uint32_t timestamp;
	uint32_t packets, bytes; // sent
	uint32_t lost;           // packets that could not be protected or sent
} rtc_rtp_burst;

static int isVideo(const rtc_rtp_sender *sender)
{
	return sender->options.format == RTC_FORMAT_H264;
}

// Asks upstream for a key frame, unless that was done just before.
static void requestKeyFrame(rtc_rtp_sender *sender)
{
	uint64_t now = rtc_now();
	pthread_mutex_lock(&sender->lock);
	int due = !sender->keyFrameRequested || now - sender->keyFrameRequested >= KEY_FRAME_REQUEST_INTERVAL;
	if (due)
		sender->keyFrameRequested = now;
	pthread_mutex_unlock(&sender->lock);
	if (due)
		rtc_sink_request_key_frame(&sender->sink);
}

static void onReady(void *context)
{
	rtc_rtp_sender *sender = context;
	if (isVideo(sender))
		requestKeyFrame(sender);
}

static void onRtcp(void *context, const uint8_t *packet, size_t size)
{
	rtc_rtp_sender *sender = context;
	pthread_mutex_lock(&sender->lock);
	int wanted = rtc_rtp_feedback_receive(&sender->feedback, packet, size, rtc_now());
	pthread_mutex_unlock(&sender->lock);
	if (wanted && isVideo(sender))
		requestKeyFrame(sender);
}

// Audio is stamped by its sample count, so that frames which follow each other do so exactly; the clock decides only
// where frames are missing. A sound card's clock runs at its own rate: the mapping of time, which sender reports carry,
// follows it slowly, so that its drift is not taken for a gap.
static uint32_t stampAudio(rtc_rtp_sender *sender, const rtc_frame *frame, int *talkspurt)
{
	uint32_t duration = (uint32_t)((uint64_t)frame->samples * sender->options.clockRate / frame->sampleRate);
	uint32_t timestamp = sender->offset + rtc_rtp_ticks(frame->time, sender->options.clockRate);
	*talkspurt = 1;
	if (sender->started) {
		int32_t late = (int32_t)(timestamp - sender->nextTimestamp), most = (int32_t)(duration - duration / 4);
		if (late < most) {
			sender->offset -= (uint32_t)(late < -most ? late : late / AUDIO_DRIFT_FRAMES);
			timestamp = sender->nextTimestamp;
			*talkspurt = 0;
		}
	}
	sender->started = 1;
	sender->nextTimestamp = timestamp + duration;
	return timestamp;
}

static void commitPacket(rtc_rtp_sender *sender, rtc_rtp_burst *burst, uint8_t *buffer, size_t payloadSize, int marker)
{
	memcpy(buffer, sender->header, sender->headerSize);
	rtc_rtp_stamp(buffer, marker, sender->sequence++, burst->timestamp);
	if (rtc_srtp_commit(burst->transmit, sender->headerSize + payloadSize, 0)) {
		burst->lost++; // counted by the session
		return;
	}
	burst->packets++;
	burst->bytes += (uint32_t)payloadSize;
}

static void sendVideo(rtc_rtp_sender *sender, rtc_rtp_burst *burst, rtc_h264_packetizer *packetizer)
{
	int marker = 0;
	while (!marker) {
		uint8_t *buffer = rtc_srtp_buffer(burst->transmit);
		size_t size = rtc_h264_packetizer_next(packetizer, buffer + sender->headerSize, &marker);
		commitPacket(sender, burst, buffer, size, marker);
	}
}

// The marker begins a talkspurt (RFC 3551 section 4.1, RFC 7587 section 4.1).
static void sendAudio(rtc_rtp_sender *sender, rtc_rtp_burst *burst, const rtc_frame *frame, int talkspurt)
{
	uint8_t *buffer = rtc_srtp_buffer(burst->transmit);
	memcpy(buffer + sender->headerSize, frame->data, frame->size);
	commitPacket(sender, burst, buffer, frame->size, talkspurt);
}

static size_t writeReport(rtc_rtp_sender *sender, uint8_t *buffer)
{
	uint64_t now = rtc_now();
	rtc_rtcp_sender_info info = {
		.ssrc = sender->options.ssrc,
		.ntp = rtc_ntp_now(),
		.timestamp = sender->offset + rtc_rtp_ticks(now, sender->options.clockRate),
	};
	pthread_mutex_lock(&sender->lock);
	info.packets = (uint32_t)sender->feedback.statistics.packetsSent;
	info.octets = (uint32_t)sender->feedback.statistics.bytesSent;
	rtc_rtp_feedback_reported(&sender->feedback, info.ntp, now);
	pthread_mutex_unlock(&sender->lock);
	return rtc_rtcp_write_report(buffer, &info, sender->options.cname);
}

// Reports travel with the frames, the first with the very first: receivers need it to play sound and picture together.
static void sendReportIfDue(rtc_rtp_sender *sender, rtc_srtp_transmit *transmit)
{
	uint64_t now = rtc_now();
	if (now < sender->nextReport)
		return;
	uint64_t interval = isVideo(sender) ? VIDEO_REPORT_INTERVAL : AUDIO_REPORT_INTERVAL;
	sender->random = sender->random * 1664525 + 1013904223; // Numerical Recipes; spreads reports, hides nothing
	sender->nextReport = now + interval / 2 + (interval * (sender->random >> 16) >> 16);
	rtc_srtp_commit(transmit, writeReport(sender, rtc_srtp_buffer(transmit)), 1);
}

static void account(rtc_rtp_sender *sender, const rtc_rtp_burst *burst, const rtc_frame *frame)
{
	rtc_rtp_sender_statistics *statistics = &sender->feedback.statistics;
	int isKey = isVideo(sender) && frame->key;
	pthread_mutex_lock(&sender->lock);
	statistics->packetsSent += burst->packets;
	statistics->bytesSent += burst->bytes;
	statistics->headerBytesSent += burst->packets * sender->headerSize;
	statistics->framesSent++;
	if (isKey) {
		statistics->keyFramesSent++;
		sender->keyFrameRequested = 0;
	}
	pthread_mutex_unlock(&sender->lock);
}

// The MID extension is needed until the receiver has seen it; a report block tells that (RFC 7941 section 4.1.1).
static void settleHeader(rtc_rtp_sender *sender)
{
	if (sender->headerSize == RTC_RTP_HEADER)
		return;
	pthread_mutex_lock(&sender->lock);
	int reported = sender->feedback.statistics.reportsReceived != 0;
	pthread_mutex_unlock(&sender->lock);
	if (reported)
		sender->headerSize =
			(uint8_t)rtc_rtp_write_header(sender->header, sender->options.payloadType, sender->options.ssrc, 0, "");
}

typedef enum { NOT_SENT, SENT, BROKEN } outcome; // BROKEN: some of its packets were lost here

static outcome sendFrame(rtc_rtp_sender *sender, rtc_frame *frame)
{
	const rtc_rtp_sender_options *options = &sender->options;
	rtc_h264_packetizer packetizer;
	rtc_rtp_burst burst = {0};
	settleHeader(sender);
	uint16_t most = (uint16_t)(options->maximumPacketSize - sender->headerSize);
	if (isVideo(sender)) {
		if (rtc_h264_packetizer_init(&packetizer, frame->data, frame->size, options->packetizationMode, most))
			return NOT_SENT;
	} else if (!frame->size || frame->size > most || !frame->samples || !frame->sampleRate)
		return NOT_SENT;
	burst.transmit = rtc_srtp_begin(sender->srtp);
	if (!burst.transmit)
		return NOT_SENT;
	if (isVideo(sender)) {
		burst.timestamp = sender->offset + rtc_rtp_ticks(frame->time, options->clockRate);
		sendVideo(sender, &burst, &packetizer);
	} else {
		int talkspurt;
		burst.timestamp = stampAudio(sender, frame, &talkspurt);
		sendAudio(sender, &burst, frame, talkspurt);
	}
	account(sender, &burst, frame);
	sendReportIfDue(sender, burst.transmit);
	burst.lost += rtc_srtp_end(burst.transmit);
	return burst.lost ? BROKEN : SENT;
}

// Video begins with a key frame, and so it does again when another source feeds the sink, after a frame that was not
// sent (its sequence numbers would not show the receiver that one is missing), and after one of which packets were lost
// on this host: the receiver would ask for it, but only after it has waited for them for most of a second.
static void gate(rtc_rtp_sender *sender)
{
	pthread_mutex_lock(&sender->sink.lock);
	const rtc_source *source = sender->sink.source;
	pthread_mutex_unlock(&sender->sink.lock);
	if (source == sender->source)
		return;
	sender->source = source;
	sender->waiting = isVideo(sender);
	pthread_mutex_lock(&sender->lock);
	sender->keyFrameRequested = 0; // another source was asked, or none
	pthread_mutex_unlock(&sender->lock);
}

static void onFrame(rtc_sink *sink, rtc_frame *frame)
{
	rtc_rtp_sender *sender = (rtc_rtp_sender *)sink;
	pthread_mutex_lock(&sender->sending);
	if (sender->closed) {
		pthread_mutex_unlock(&sender->sending);
		return;
	}
	gate(sender);
	int fits = frame->format == sender->options.format && !(sender->waiting && !frame->key);
	outcome sent = fits ? sendFrame(sender, frame) : NOT_SENT;
	sender->waiting = sent != SENT && isVideo(sender);
	int wanted = sender->waiting && rtc_srtp_ready(sender->srtp);
	pthread_mutex_unlock(&sender->sending);
	if (sent == NOT_SENT) {
		pthread_mutex_lock(&sender->lock);
		sender->feedback.statistics.framesDropped++;
		pthread_mutex_unlock(&sender->lock);
	}
	if (wanted)
		requestKeyFrame(sender);
}

static void destroySender(rtc_sink *sink)
{
	rtc_rtp_sender *sender = (rtc_rtp_sender *)sink;
	pthread_mutex_destroy(&sender->sending);
	pthread_mutex_destroy(&sender->lock);
	rtc_srtp_release(sender->srtp);
	free(sender);
}

static int areValid(const rtc_rtp_sender_options *options)
{
	switch (options->format) {
	case RTC_FORMAT_H264:
	case RTC_FORMAT_OPUS:
	case RTC_FORMAT_PCMU:
	case RTC_FORMAT_PCMA:
		break;
	default:
		return 0;
	}
	uint16_t size = options->maximumPacketSize;
	return options->payloadType < 128 && options->packetizationMode < 2 && options->ssrc && options->clockRate &&
		   (!size || (size >= RTC_RTP_PACKET_MINIMUM && size <= RTC_RTP_PACKET_MAXIMUM)) && options->midId < 15 &&
		   memchr(options->cname, 0, sizeof options->cname) && memchr(options->mid, 0, sizeof options->mid);
}

// Sequence numbers and timestamps begin anywhere (RFC 3550 section 5.1), sequence numbers in the lower half: a loss
// among the first packets then cannot be mistaken for a roll-over (RFC 3711 section 3.3.1).
static int randomise(rtc_rtp_sender *sender)
{
	if (rtc_random(&sender->sequence, sizeof sender->sequence) || rtc_random(&sender->offset, sizeof sender->offset) ||
		rtc_random(&sender->random, sizeof sender->random))
		return EIO;
	sender->sequence &= 0x7fff;
	return 0;
}

static void setOptions(rtc_rtp_sender *sender, const rtc_rtp_sender_options *options)
{
	sender->options = *options;
	if (!options->maximumPacketSize)
		sender->options.maximumPacketSize = RTC_RTP_PACKET_MAXIMUM;
	sender->waiting = isVideo(sender);
	sender->headerSize = (uint8_t)rtc_rtp_write_header(sender->header, options->payloadType, options->ssrc,
													   options->midId, options->mid);
}

rtc_rtp_sender *rtc_rtp_sender_new(const rtc_rtp_sender_options *options, rtc_srtp *srtp, int *error)
{
	*error = EINVAL;
	if (!areValid(options))
		return NULL;
	*error = ENOMEM;
	rtc_rtp_sender *sender = calloc(1, sizeof *sender);
	if (!sender)
		return NULL;
	rtc_sink_init(&sender->sink, destroySender, onFrame);
	pthread_mutex_init(&sender->sending, NULL);
	pthread_mutex_init(&sender->lock, NULL);
	sender->srtp = rtc_srtp_retain(srtp);
	setOptions(sender, options);
	rtc_rtp_feedback_init(&sender->feedback, options->ssrc, options->clockRate);
	*error = randomise(sender);
	if (!*error)
		*error = rtc_srtp_add_handler(srtp, NULL, onRtcp, onReady, sender);
	if (*error) {
		rtc_sink_release(&sender->sink);
		return NULL;
	}
	return sender;
}

// An SSRC has one sequence of packets, whatever is in them: SRTP takes one that begins anew for a replay (RFC 3711
// section 3.3.2), and receivers take it for a loss.
int rtc_rtp_sender_change(rtc_rtp_sender *sender, const rtc_rtp_sender_options *options)
{
	if (!areValid(options) || options->ssrc != sender->options.ssrc)
		return EINVAL;
	pthread_mutex_lock(&sender->sending);
	pthread_mutex_lock(&sender->lock);
	int isOther = options->format != sender->options.format || options->clockRate != sender->options.clockRate;
	uint8_t waiting = sender->waiting;
	setOptions(sender, options);
	if (isOther)
		sender->started = 0;
	else
		sender->waiting = waiting;
	sender->feedback.clockRate = options->clockRate;
	pthread_mutex_unlock(&sender->lock);
	pthread_mutex_unlock(&sender->sending);
	return 0;
}

rtc_sink *rtc_rtp_sender_sink(rtc_rtp_sender *sender)
{
	return &sender->sink;
}

void rtc_rtp_sender_get_statistics(rtc_rtp_sender *sender, rtc_rtp_sender_statistics *statistics)
{
	pthread_mutex_lock(&sender->lock);
	*statistics = sender->feedback.statistics;
	pthread_mutex_unlock(&sender->lock);
}

// One that has sent nothing must not send it (RFC 3550 section 6.3.7).
static void sendBye(rtc_rtp_sender *sender)
{
	rtc_rtp_sender_statistics statistics;
	rtc_rtp_sender_get_statistics(sender, &statistics);
	rtc_srtp_transmit *transmit = statistics.packetsSent ? rtc_srtp_begin(sender->srtp) : NULL;
	if (!transmit)
		return;
	uint8_t *buffer = rtc_srtp_buffer(transmit);
	size_t size = writeReport(sender, buffer);
	size += rtc_rtcp_write_bye(buffer + size, sender->options.ssrc);
	rtc_srtp_commit(transmit, size, 1);
	rtc_srtp_end(transmit);
}

void rtc_rtp_sender_close(rtc_rtp_sender *sender)
{
	rtc_sink_disconnect(&sender->sink);
	rtc_srtp_remove_handler(sender->srtp, sender);
	pthread_mutex_lock(&sender->sending);
	sender->closed = 1;
	sendBye(sender);
	pthread_mutex_unlock(&sender->sending);
	rtc_sink_release(&sender->sink);
}
