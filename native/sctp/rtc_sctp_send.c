// SPDX-License-Identifier: Apache-2.0
// Streams, what waits in each to be sent, and their end.
#include "rtc_sctp_core.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <usrsctp.h>

#define PIECE 16384 // bytes of a message at once
#define TELL 32768  // bytes that are taken before the machine hears of it

rtc_sctp_channel *rtc_sctp_find(rtc_sctp *sctp, uint16_t stream)
{
	for (rtc_sctp_channel *channel = sctp->channels; channel; channel = channel->next)
		if (channel->stream == stream)
			return channel;
	return NULL;
}

static void append(rtc_sctp *sctp, rtc_sctp_channel *channel)
{
	rtc_sctp_channel **end = &sctp->channels;
	while (*end)
		end = &(*end)->next;
	channel->next = NULL;
	*end = channel;
}

static void unlinkChannel(rtc_sctp *sctp, rtc_sctp_channel *channel)
{
	rtc_sctp_channel **place = &sctp->channels;
	while (*place != channel)
		place = &(*place)->next;
	*place = channel->next;
}

// With `lock`. What waits in it is given up.
static void freeMessages(rtc_sctp *sctp, rtc_sctp_channel *channel)
{
	while (channel->first) {
		rtc_sctp_message *message = channel->first;
		channel->first = message->next;
		sctp->queued -= message->size + RTC_SCTP_MESSAGE_COST;
		rtc_free(message);
	}
	channel->last = NULL;
}

void rtc_sctp_free_channels(rtc_sctp *sctp)
{
	while (sctp->channels) {
		rtc_sctp_channel *channel = sctp->channels;
		sctp->channels = channel->next;
		freeMessages(sctp, channel);
		rtc_free(channel->closed);
		free(channel);
	}
}

// With `lock`.
static rtc_sctp_channel *make(rtc_sctp *sctp, uint16_t stream)
{
	rtc_sctp_channel *channel = calloc(1, sizeof *channel);
	if (!channel)
		return NULL;
	channel->stream = stream;
	channel->inIsOver = rtc_sctp_noted(sctp, stream, RTC_SCTP_NOTE_ENDED) != 0; // before anybody read of it
	rtc_sctp_note(sctp, stream, RTC_SCTP_NOTE_ENDED | RTC_SCTP_NOTE_RESET, 0);
	append(sctp, channel);
	return channel;
}

int rtc_sctp_open(rtc_sctp *sctp, uint16_t stream, const rtc_sctp_channel_options *options)
{
	int error = 0;
	pthread_mutex_lock(&sctp->lock);
	if (stream >= (sctp->streams ? sctp->streams : sctp->options.streams))
		error = ERANGE;
	else if (rtc_sctp_find(sctp, stream))
		error = EEXIST;
	else {
		rtc_sctp_channel *channel = make(sctp, stream);
		if (channel)
			channel->options = *options;
		else
			error = ENOMEM;
	}
	pthread_mutex_unlock(&sctp->lock);
	return error;
}

int rtc_sctp_set_chunks(rtc_sctp *sctp, uint16_t stream, int chunks)
{
	pthread_mutex_lock(&sctp->lock);
	rtc_sctp_channel *channel = rtc_sctp_find(sctp, stream);
	if (channel)
		channel->options.chunks = chunks != 0;
	pthread_mutex_unlock(&sctp->lock);
	return channel ? 0 : ENOENT;
}

int rtc_sctp_acknowledge(rtc_sctp *sctp, uint16_t stream)
{
	pthread_mutex_lock(&sctp->lock);
	rtc_sctp_channel *channel = rtc_sctp_find(sctp, stream);
	if (channel)
		channel->isAcknowledged = 1;
	pthread_mutex_unlock(&sctp->lock);
	return channel ? 0 : ENOENT;
}

static rtc_sctp_message *copyOf(const rtc_sctp_channel *channel, uint32_t ppid, const void *data, uint32_t size)
{
	rtc_sctp_message *message = rtc_calloc(1, sizeof *message + size);
	if (!message)
		return NULL;
	message->ppid = ppid;
	message->size = size;
	message->expires = UINT64_MAX;
	if (channel->options.policy == RTC_SCTP_LIFETIME && ppid != RTC_SCTP_DCEP)
		message->expires = rtc_now() + (uint64_t)channel->options.value * 1000;
	if (size)
		memcpy(message->data, data, size);
	return message;
}

// With `lock`.
static int queue(rtc_sctp *sctp, uint16_t stream, uint32_t ppid, const void *data, uint32_t size)
{
	rtc_sctp_channel *channel = rtc_sctp_find(sctp, stream);
	if (!channel)
		return ENOENT;
	if (channel->isClosing || atomic_load(&sctp->isEnding))
		return EPIPE;
	uint32_t bound = sctp->options.sendQueue;
	// What a channel says of itself finds room, too, when messages take it all.
	uint32_t reserve = ppid == RTC_SCTP_DCEP ? bound / 4 : 0;
	if (size > UINT32_MAX / 2 || size + RTC_SCTP_MESSAGE_COST > bound + reserve ||
		sctp->queued > bound + reserve - size - RTC_SCTP_MESSAGE_COST)
		return ENOBUFS;
	rtc_sctp_message *message = copyOf(channel, ppid, data, size);
	if (!message)
		return ENOMEM;
	if (channel->last)
		channel->last->next = message;
	else
		channel->first = message;
	channel->last = message;
	sctp->queued += size + RTC_SCTP_MESSAGE_COST;
	return 0;
}

int rtc_sctp_send(rtc_sctp *sctp, uint16_t stream, uint32_t ppid, const void *data, uint32_t size)
{
	pthread_mutex_lock(&sctp->lock);
	int error = queue(sctp, stream, ppid, data, size);
	pthread_mutex_unlock(&sctp->lock);
	if (!error)
		rtc_path_wake_task(sctp->options.path, &sctp->task);
	return error;
}

// With `lock`. Its last event is made now: later there may be no memory to say that it is over.
static int beginClosing(rtc_sctp_channel *channel)
{
	if (channel->isClosing)
		return 0;
	channel->closed = rtc_sctp_event_new(RTC_SCTP_EVENT_CLOSED, channel->stream, 0);
	if (!channel->closed)
		return ENOMEM;
	channel->isClosing = 1;
	channel->deadline = rtc_sctp_closing_ends();
	return 0;
}

// With `lock`. Whoever opens and never answers has as many as that, not as many as there are streams.
static int refuse(rtc_sctp *sctp, uint16_t stream)
{
	if (sctp->refused == RTC_SCTP_REFUSED) {
		rtc_sctp_count(&sctp->dropped, 1);
		return 0;
	}
	rtc_sctp_channel *channel = make(sctp, stream);
	if (!channel)
		return ENOMEM;
	channel->isRefused = 1;
	sctp->refused++;
	return beginClosing(channel);
}

int rtc_sctp_close_stream(rtc_sctp *sctp, uint16_t stream)
{
	pthread_mutex_lock(&sctp->lock);
	rtc_sctp_channel *channel = rtc_sctp_find(sctp, stream);
	int error = channel ? beginClosing(channel) : refuse(sctp, stream);
	pthread_mutex_unlock(&sctp->lock);
	rtc_path_wake_task(sctp->options.path, &sctp->task);
	return error;
}

int rtc_sctp_is_used(rtc_sctp *sctp, uint16_t stream)
{
	pthread_mutex_lock(&sctp->lock);
	int isUsed = rtc_sctp_find(sctp, stream) != NULL;
	pthread_mutex_unlock(&sctp->lock);
	return isUsed;
}

uint32_t rtc_sctp_queued(rtc_sctp *sctp)
{
	pthread_mutex_lock(&sctp->lock);
	uint32_t queued = sctp->queued;
	pthread_mutex_unlock(&sctp->lock);
	return queued;
}

// With `lock`. The message is usrsctp's now, or nobody's.
static void finish(rtc_sctp *sctp, rtc_sctp_channel *channel)
{
	rtc_sctp_message *message = channel->first;
	channel->first = message->next;
	if (!channel->first)
		channel->last = NULL;
	sctp->queued -= message->size + RTC_SCTP_MESSAGE_COST;
	if (message->ppid != RTC_SCTP_DCEP)
		channel->released += message->size;
	rtc_free(message);
}

// When usrsctp finds a part missing of what is too old, it gives up all of it as if it had arrived, even what is still
// under way, and its window does not become smaller: into a network that is slow, or loses, it sends ever more. So a
// loss has to be noticed before the time is over, for which a timeout is enough. With less there would be no second
// attempt in time anyway: such a message is sent once, and what is given up after so many attempts does count as lost.
static int hasTimeForMore(rtc_sctp *sctp, uint64_t milliseconds)
{
	struct sctp_status status;
	return rtc_sctp_read_status(sctp, &status) && milliseconds >= status.sstat_primary.spinfo_rto;
}

static void describe(rtc_sctp *sctp, const rtc_sctp_channel *channel, const rtc_sctp_message *message, uint64_t now,
					 struct sctp_sendv_spa *spa)
{
	int isControl = message->ppid == RTC_SCTP_DCEP;
	memset(spa, 0, sizeof *spa);
	spa->sendv_flags = SCTP_SEND_SNDINFO_VALID;
	spa->sendv_sndinfo.snd_sid = channel->stream;
	spa->sendv_sndinfo.snd_ppid = htonl(message->ppid);
	if (channel->options.unordered && channel->isAcknowledged && !isControl)
		spa->sendv_sndinfo.snd_flags |= SCTP_UNORDERED;
	if (isControl || channel->options.policy == RTC_SCTP_RELIABLE)
		return;
	spa->sendv_flags |= SCTP_SEND_PRINFO_VALID;
	if (channel->options.policy == RTC_SCTP_RETRANSMITS) {
		spa->sendv_prinfo.pr_policy = SCTP_PR_SCTP_RTX;
		spa->sendv_prinfo.pr_value = channel->options.value;
		return;
	}
	uint64_t left = message->expires > now ? (message->expires - now) / 1000 : 0;
	if (hasTimeForMore(sctp, left)) {
		spa->sendv_prinfo.pr_policy = SCTP_PR_SCTP_TTL;
		spa->sendv_prinfo.pr_value = (uint32_t)left;
	} else {
		spa->sendv_prinfo.pr_policy = SCTP_PR_SCTP_RTX;
		spa->sendv_prinfo.pr_value = 0;
	}
}

// One message, or a part of it. Returns 0 when usrsctp takes no more.
static int sendOne(rtc_sctp *sctp, rtc_sctp_channel *channel, uint64_t now)
{
	static const uint8_t empty = 0; // RFC 8831 section 6.6: a single byte, which is ignored
	rtc_sctp_message *message = channel->first;
	if (now >= message->expires && !message->sent) {
		rtc_sctp_count(&sctp->messagesExpired, 1);
		finish(sctp, channel);
		return 1;
	}
	uint32_t left = message->size ? message->size - message->sent : 1;
	uint32_t piece = left < PIECE ? left : PIECE;
	struct sctp_sendv_spa spa;
	describe(sctp, channel, message, now, &spa);
	if (piece == left)
		spa.sendv_sndinfo.snd_flags |= SCTP_EOR;
	const void *data = message->size ? message->data + message->sent : &empty;
	rtc_sctp_give(sctp, channel->stream, piece, !message->sent);
	// Others append only: the channel and its message stay, and nobody waits for encryption.
	pthread_mutex_unlock(&sctp->lock);
	ssize_t taken = usrsctp_sendv(sctp->socket, data, piece, NULL, 0, &spa, sizeof spa, SCTP_SENDV_SPA, 0);
	if (taken < (ssize_t)piece)
		rtc_sctp_take_back(sctp, channel->stream, piece - (taken > 0 ? (uint32_t)taken : 0),
						   taken <= 0 && !message->sent);
	sctp->untold += taken > 0 ? (uint32_t)taken : 0;
	if (sctp->untold >= TELL) { // who has more brings it while what is here is encrypted
		sctp->untold = 0;
		(*sctp->options.onEvent)(sctp->options.context);
	}
	pthread_mutex_lock(&sctp->lock);
	if (taken <= 0)
		return 0;
	message->sent += (uint32_t)taken;
	if ((uint32_t)taken < left) {
		sctp->unfinished = channel;
		return (uint32_t)taken == piece;
	}
	sctp->unfinished = NULL;
	if (message->ppid != RTC_SCTP_DCEP) {
		rtc_sctp_count(&sctp->messagesSent, 1);
		rtc_sctp_count(&sctp->bytesSent, message->size);
	}
	finish(sctp, channel);
	return 1;
}

static void reset(rtc_sctp *sctp, rtc_sctp_channel *channel)
{
	union {
		struct sctp_reset_streams request;
		uint8_t bytes[sizeof(struct sctp_reset_streams) + sizeof(uint16_t)];
	} it;
	memset(&it, 0, sizeof it);
	it.request.srs_assoc_id = SCTP_ALL_ASSOC;
	it.request.srs_flags = SCTP_STREAM_RESET_OUTGOING;
	it.request.srs_number_streams = 1;
	it.request.srs_stream_list[0] = channel->stream;
	if (!usrsctp_setsockopt(sctp->socket, IPPROTO_SCTP, SCTP_RESET_STREAMS, &it, sizeof it))
		channel->isResetting = 1;
	else if (errno != EALREADY && errno != EAGAIN && errno != ENOMEM && errno != ENOBUFS)
		channel->isResetting = channel->outIsOver = channel->inIsOver = 1; // the peer cannot
}

// With `lock`.
static void conclude(rtc_sctp *sctp, rtc_sctp_channel *channel)
{
	if (!channel->isClosing || !channel->outIsOver || !channel->inIsOver)
		return;
	rtc_sctp_event *event = channel->closed;
	freeMessages(sctp, channel);
	rtc_sctp_note(sctp, channel->stream, RTC_SCTP_NOTE_RESET, 1);
	unlinkChannel(sctp, channel);
	sctp->refused -= channel->isRefused;
	free(channel);
	rtc_sctp_tell(sctp, event);
}

// Those that are closing and have sent everything.
static void resetEmpty(rtc_sctp *sctp)
{
	for (rtc_sctp_channel *channel = sctp->channels, *next; channel; channel = next) {
		next = channel->next;
		if (!channel->isClosing || channel->isResetting || channel->first)
			continue;
		reset(sctp, channel);
		conclude(sctp, channel);
	}
}

void rtc_sctp_send_queued(rtc_sctp *sctp)
{
	uint64_t now = rtc_now();
	pthread_mutex_lock(&sctp->lock);
	int isMore = sctp->socket && sctp->streams;
	for (rtc_sctp_channel *channel = sctp->channels; channel; channel = channel->next)
		channel->isHeldUp = 0;
	while (isMore && rtc_sctp_wants_more(sctp)) {
		rtc_sctp_channel *channel = sctp->unfinished ? sctp->unfinished : sctp->channels;
		while (channel && (!channel->first || channel->isResetting || channel->isHeldUp))
			channel = channel->next;
		if (!channel)
			break;
		if (!sendOne(sctp, channel, now)) {
			channel->isHeldUp = 1; // or there is no room, which the others find as well
			isMore = !sctp->unfinished;
		} else if (!sctp->unfinished && channel->next) { // the others have their turn
			unlinkChannel(sctp, channel);
			append(sctp, channel);
		}
	}
	if (sctp->socket && sctp->streams)
		resetEmpty(sctp);
	pthread_mutex_unlock(&sctp->lock);
}

// With `lock`. The peer's direction of a stream has ended. Whoever closes it already need not hear of that, or has
// heard of it; nor anybody when this side has ended as well, for two that answer each other would do so for ever.
static void incomingIsOver(rtc_sctp *sctp, rtc_sctp_channel *channel, uint16_t stream)
{
	if (channel ? channel->inIsOver : rtc_sctp_noted(sctp, stream, RTC_SCTP_NOTE_ENDED))
		return;
	if (channel)
		channel->inIsOver = 1;
	else if (rtc_sctp_noted(sctp, stream, RTC_SCTP_NOTE_RESET))
		return;
	else
		rtc_sctp_note(sctp, stream, RTC_SCTP_NOTE_ENDED, 1);
	if (!channel || !channel->isClosing)
		rtc_sctp_tell(sctp, rtc_sctp_event_new(RTC_SCTP_EVENT_RESET, stream, 0));
}

void rtc_sctp_stream_is_over(rtc_sctp *sctp, uint16_t stream, int isIncoming)
{
	pthread_mutex_lock(&sctp->lock);
	rtc_sctp_channel *channel = rtc_sctp_find(sctp, stream);
	if (isIncoming)
		incomingIsOver(sctp, channel, stream);
	else if (channel && channel->isResetting)
		channel->outIsOver = 1;
	if (channel)
		conclude(sctp, channel);
	pthread_mutex_unlock(&sctp->lock);
}

void rtc_sctp_all_are_over(rtc_sctp *sctp)
{
	pthread_mutex_lock(&sctp->lock);
	for (rtc_sctp_channel *channel = sctp->channels, *next; channel; channel = next) {
		next = channel->next;
		incomingIsOver(sctp, channel, channel->stream);
		conclude(sctp, channel);
	}
	pthread_mutex_unlock(&sctp->lock);
}

void rtc_sctp_stream_is_used(rtc_sctp *sctp, uint16_t stream)
{
	pthread_mutex_lock(&sctp->lock);
	rtc_sctp_note(sctp, stream, RTC_SCTP_NOTE_ENDED | RTC_SCTP_NOTE_RESET, 0);
	rtc_sctp_channel *channel = rtc_sctp_find(sctp, stream);
	// The peer uses it anew (RFC 8832 section 6), so it has carried out this side's reset, though its answer is not
	// here.
	if (channel && channel->isResetting && channel->inIsOver) {
		channel->outIsOver = 1;
		conclude(sctp, channel);
		rtc_sctp_note(sctp, stream, RTC_SCTP_NOTE_RESET, 0);
	}
	pthread_mutex_unlock(&sctp->lock);
}

void rtc_sctp_stream_failed(rtc_sctp *sctp, uint16_t stream)
{
	pthread_mutex_lock(&sctp->lock);
	rtc_sctp_channel *channel = rtc_sctp_find(sctp, stream);
	if (channel && !channel->outIsOver)
		channel->isResetting = 0;
	pthread_mutex_unlock(&sctp->lock);
}

void rtc_sctp_close_late(rtc_sctp *sctp, uint64_t now)
{
	pthread_mutex_lock(&sctp->lock);
	for (rtc_sctp_channel *channel = sctp->channels, *next; channel; channel = next) {
		next = channel->next;
		// Of a message that usrsctp has a part of, the rest must follow.
		if (!channel->isClosing || now < channel->deadline || sctp->unfinished == channel)
			continue;
		channel->isResetting = channel->outIsOver = channel->inIsOver = 1;
		conclude(sctp, channel);
	}
	pthread_mutex_unlock(&sctp->lock);
}
