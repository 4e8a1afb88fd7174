// SPDX-License-Identifier: Apache-2.0
// Which frames are sent, and what time they have. All of it is guarded by the session's lock.
#include "rtc_rtp_sender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_port.h"

#define AUDIO_DRIFT_FRAMES 64 // frames in which the mapping of time follows a sound card's clock

struct rtc_rtp_sender {
	rtc_sink sink;
	rtc_rtp_session *session;
	rtc_rtp_stream stream;
	uint8_t closed;
	uint8_t waiting; // video: for a key frame
	uint8_t started; // audio: nextTimestamp follows the previous frame
	uint32_t nextTimestamp;
	const rtc_source *source; // of the previous frame; only compared
};

static int isVideo(const rtc_rtp_sender *sender)
{
	return sender->stream.options.codec->isVideo;
}

// Audio is stamped by its sample count, so that frames which follow each other do so exactly; the clock decides only
// where frames are missing. A sound card's clock runs at its own rate: the mapping of time, which sender reports carry,
// follows it slowly, so that its drift is not taken for a gap.
static uint32_t stampAudio(rtc_rtp_sender *sender, const rtc_frame *frame, int *talkspurt)
{
	uint32_t clockRate = sender->stream.options.codec->clockRate;
	uint32_t duration = (uint32_t)((uint64_t)frame->samples * clockRate / frame->sampleRate);
	uint32_t timestamp = sender->stream.offset + rtc_rtp_ticks(frame->time, clockRate);
	*talkspurt = 1;
	if (sender->started) {
		int32_t late = (int32_t)(timestamp - sender->nextTimestamp), most = (int32_t)(duration - duration / 4);
		if (late < most) {
			sender->stream.offset -= (uint32_t)(late < -most ? late : late / AUDIO_DRIFT_FRAMES);
			timestamp = sender->nextTimestamp;
			*talkspurt = 0;
		}
	}
	sender->started = 1;
	sender->nextTimestamp = timestamp + duration;
	return timestamp;
}

// Returns as rtc_rtp_session_send does.
static int sendFrame(rtc_rtp_sender *sender, const rtc_frame *frame)
{
	rtc_rtp_stream *stream = &sender->stream;
	int talkspurt = 0;
	uint32_t timestamp;
	if (!isVideo(sender) && (!frame->samples || !frame->sampleRate))
		return EINVAL;
	if (!rtc_rtp_session_ready(sender->session))
		return ENOTCONN;
	if (isVideo(sender))
		timestamp = stream->offset + rtc_rtp_ticks(frame->time, stream->options.codec->clockRate);
	else
		timestamp = stampAudio(sender, frame, &talkspurt);
	return rtc_rtp_session_send(sender->session, stream, frame, timestamp, talkspurt);
}

// Video begins with a key frame, and so it does again when another source feeds the sink, after a frame that was not
// sent (its sequence numbers would not show the receiver that one is missing), and after one of which packets were lost
// on this host: the receiver would ask for it, but only after it has waited for them for most of a second.
static void gate(rtc_rtp_sender *sender)
{
	pthread_mutex_lock(&sender->sink.lock);
	rtc_source *source = sender->sink.source;
	uint32_t limit = source ? atomic_load_explicit(&source->limit, memory_order_relaxed) : 0;
	pthread_mutex_unlock(&sender->sink.lock);
	rtc_rtp_session_want(sender->session, &sender->stream, limit);
	if (source == sender->source)
		return;
	sender->source = source;
	sender->waiting = (uint8_t)isVideo(sender);
	sender->stream.keyFrameRequested = 0; // another source was asked, or none
}

// With the lock held. Returns whether a key frame is to be asked for.
static int take(rtc_rtp_sender *sender, const rtc_frame *frame)
{
	rtc_rtp_stream *stream = &sender->stream;
	if (sender->closed)
		return 0;
	gate(sender);
	int isOurs = frame->format == RTC_FORMAT_ENCODED && frame->codec == stream->options.codec;
	if (isOurs && isVideo(sender))
		rtc_rtp_session_see(sender->session, stream, frame);
	int fits = isOurs && !(sender->waiting && !frame->key);
	int error = fits ? sendFrame(sender, frame) : EINVAL;
	if (error != ECANCELED)
		sender->waiting = error && isVideo(sender);
	if (error && error != EIO)
		stream->feedback.statistics.framesDropped++;
	return sender->waiting && rtc_rtp_session_ready(sender->session) &&
		   rtc_rtp_stream_wants_key_frame(stream, rtc_now());
}

static void onFrame(rtc_sink *sink, rtc_frame *frame)
{
	rtc_rtp_sender *sender = (rtc_rtp_sender *)sink;
	rtc_rtp_session_lock(sender->session);
	int wanted = take(sender, frame);
	rtc_rtp_session_unlock(sender->session);
	if (wanted)
		rtc_sink_request_key_frame(sink);
}

static void destroySender(rtc_sink *sink)
{
	rtc_rtp_sender *sender = (rtc_rtp_sender *)sink;
	rtc_rtp_session_release(sender->session);
	free(sender);
}

rtc_rtp_sender *rtc_rtp_sender_new(const rtc_rtp_stream_options *options, rtc_rtp_session *session, int *error)
{
	rtc_rtp_stream_options checked = *options;
	*error = EINVAL;
	if (!rtc_rtp_stream_check(&checked))
		return NULL;
	*error = ENOMEM;
	rtc_rtp_sender *sender = calloc(1, sizeof *sender);
	if (!sender)
		return NULL;
	rtc_sink_init(&sender->sink, destroySender, onFrame);
	sender->session = rtc_rtp_session_retain(session);
	sender->waiting = checked.codec->isVideo;
	sender->stream.sink = &sender->sink;
	*error = rtc_rtp_session_add(session, &sender->stream, &checked);
	if (!*error)
		return sender;
	rtc_sink_release(&sender->sink);
	return NULL;
}

// An SSRC has one sequence of packets, whatever is in them: SRTP takes one that begins anew for a replay (RFC 3711
// section 3.3.2), and receivers take it for a loss.
int rtc_rtp_sender_change(rtc_rtp_sender *sender, const rtc_rtp_stream_options *options)
{
	rtc_rtp_stream_options checked = *options;
	if (!rtc_rtp_stream_check(&checked) || checked.ssrc != sender->stream.options.ssrc)
		return EINVAL;
	rtc_rtp_session_lock(sender->session);
	if (checked.codec != sender->stream.options.codec) {
		sender->started = 0;
		sender->waiting = checked.codec->isVideo;
	}
	rtc_rtp_session_change(sender->session, &sender->stream, &checked);
	rtc_rtp_session_unlock(sender->session);
	return 0;
}

rtc_sink *rtc_rtp_sender_sink(rtc_rtp_sender *sender)
{
	return &sender->sink;
}

void rtc_rtp_sender_get_statistics(rtc_rtp_sender *sender, rtc_rtp_stream_statistics *statistics)
{
	rtc_rtp_session_lock(sender->session);
	*statistics = sender->stream.feedback.statistics;
	rtc_rtp_session_unlock(sender->session);
}

void rtc_rtp_sender_close(rtc_rtp_sender *sender)
{
	rtc_sink_disconnect(&sender->sink);
	rtc_rtp_session_lock(sender->session);
	sender->closed = 1;
	rtc_rtp_session_unlock(sender->session);
	rtc_rtp_session_remove(sender->session, &sender->stream);
	rtc_sink_release(&sender->sink);
}
