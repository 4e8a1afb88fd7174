// SPDX-License-Identifier: Apache-2.0
// What comes: messages, whole or in chunks, and what usrsctp tells of the association and its streams. It waits in a
// list for whoever reads it; while that is full, it stays with usrsctp, whose window closes.
#include "rtc_sctp_core.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <usrsctp.h>

#ifndef MSG_EOR
#define MSG_EOR 0x8 // as usrsctp has it where the system has none
#endif

#define MOST_BEFORE_SENT 16 // events

rtc_sctp_event *rtc_sctp_event_new(rtc_sctp_event_type type, uint16_t stream, uint32_t size)
{
	rtc_sctp_event *event = rtc_calloc(1, sizeof *event + size);
	if (!event)
		return NULL;
	event->type = type;
	event->stream = stream;
	event->size = size;
	event->isFirst = event->isLast = 1;
	return event;
}

// With `lock`.
static void append(rtc_sctp *sctp, rtc_sctp_event *event)
{
	event->next = NULL;
	if (sctp->lastEvent)
		sctp->lastEvent->next = event;
	else
		sctp->firstEvent = event;
	sctp->lastEvent = event;
	sctp->waiting += (event->type == RTC_SCTP_EVENT_MESSAGE ? event->size : 0) + RTC_SCTP_MESSAGE_COST;
}

// With `lock`. Nothing follows it.
static void tellOfTheEnd(rtc_sctp *sctp, int isInOrder)
{
	if (atomic_exchange(&sctp->isDown, 1))
		return;
	sctp->down->stream = isInOrder && !sctp->queued;
	append(sctp, sctp->down);
	sctp->down = NULL;
}

// With `lock`.
void rtc_sctp_tell(rtc_sctp *sctp, rtc_sctp_event *event)
{
	if (!event) {
		rtc_sctp_count(&sctp->dropped, 1);
		tellOfTheEnd(sctp, 0);
	} else if (atomic_load(&sctp->isDown)) {
		rtc_free(event);
	} else {
		append(sctp, event);
	}
}

static void tell(rtc_sctp *sctp, rtc_sctp_event *event)
{
	pthread_mutex_lock(&sctp->lock);
	rtc_sctp_tell(sctp, event);
	pthread_mutex_unlock(&sctp->lock);
}

// Bytes of what was sent are told of by each stream's sum, when nothing else waits, or so much was read that a sender
// might wait for ever; not after the end. With `lock`.
static rtc_sctp_channel *released(rtc_sctp *sctp)
{
	if (atomic_load(&sctp->isDown) || (sctp->firstEvent && sctp->readSince < MOST_BEFORE_SENT))
		return NULL;
	for (rtc_sctp_channel *channel = sctp->channels; channel; channel = channel->next)
		if (channel->released)
			return channel;
	return NULL;
}

// With `lock`.
static rtc_sctp_event *takeReleased(rtc_sctp *sctp, rtc_sctp_channel *channel)
{
	rtc_sctp_event *event = rtc_sctp_event_new(RTC_SCTP_EVENT_SENT, channel->stream, 0);
	if (!event)
		return NULL;
	event->size = channel->released;
	channel->released = 0;
	sctp->readSince = 0;
	return event;
}

// With `lock`. Returns whether there is room again for more.
static int takeFirst(rtc_sctp *sctp)
{
	rtc_sctp_event *event = sctp->firstEvent;
	sctp->firstEvent = event->next;
	if (!sctp->firstEvent)
		sctp->lastEvent = NULL;
	sctp->waiting -= (event->type == RTC_SCTP_EVENT_MESSAGE ? event->size : 0) + RTC_SCTP_MESSAGE_COST;
	sctp->readSince++;
	int makesRoom = sctp->wasFull && sctp->waiting <= sctp->options.receiveQueue / 2;
	if (makesRoom)
		sctp->wasFull = 0;
	return makesRoom;
}

rtc_sctp_event *rtc_sctp_read(rtc_sctp *sctp, uint32_t largest)
{
	int makesRoom = 0;
	pthread_mutex_lock(&sctp->lock);
	rtc_sctp_channel *channel = released(sctp);
	rtc_sctp_event *event = channel ? takeReleased(sctp, channel) : sctp->firstEvent;
	if (!channel && event && event->type == RTC_SCTP_EVENT_MESSAGE && event->size > largest)
		event = NULL;
	else if (!channel && event)
		makesRoom = takeFirst(sctp);
	pthread_mutex_unlock(&sctp->lock);
	if (makesRoom)
		rtc_path_wake_task(sctp->options.path, &sctp->task);
	return event;
}

int rtc_sctp_peek(rtc_sctp *sctp, rtc_sctp_event_type *type, uint32_t *size)
{
	pthread_mutex_lock(&sctp->lock);
	int isReleased = released(sctp) != NULL;
	const rtc_sctp_event *event = sctp->firstEvent;
	if (isReleased) {
		*type = RTC_SCTP_EVENT_SENT;
		*size = 0;
	} else if (event) {
		*type = event->type;
		*size = event->size;
	}
	pthread_mutex_unlock(&sctp->lock);
	return isReleased || event;
}

void rtc_sctp_free_events(rtc_sctp *sctp)
{
	while (sctp->firstEvent) {
		rtc_sctp_event *event = sctp->firstEvent;
		sctp->firstEvent = event->next;
		rtc_free(event);
	}
	sctp->lastEvent = NULL;
	rtc_free(sctp->partial);
	sctp->partial = NULL;
}

void rtc_sctp_end(rtc_sctp *sctp, int isInOrder)
{
	pthread_mutex_lock(&sctp->lock);
	tellOfTheEnd(sctp, isInOrder);
	pthread_mutex_unlock(&sctp->lock);
}

// Forgets a message of which the rest will not come, or is of no use.
static void forgetPartial(rtc_sctp *sctp)
{
	rtc_free(sctp->partial);
	sctp->partial = NULL;
	sctp->partialCapacity = 0;
	sctp->isInside = 0;
	sctp->insideSize = 0;
}

static int isKnown(uint32_t ppid)
{
	switch (ppid) {
	case RTC_SCTP_DCEP:
	case RTC_SCTP_STRING:
	case RTC_SCTP_BINARY:
	case RTC_SCTP_STRING_EMPTY:
	case RTC_SCTP_BINARY_EMPTY:
		return 1;
	default:
		return 0;
	}
}

static void countMessage(rtc_sctp *sctp, uint32_t ppid, uint64_t size)
{
	if (ppid == RTC_SCTP_DCEP)
		return;
	rtc_sctp_count(&sctp->messagesReceived, 1);
	rtc_sctp_count(&sctp->bytesReceived, size);
}

static rtc_sctp_event *message(const struct sctp_rcvinfo *info, const uint8_t *data, uint32_t size)
{
	uint32_t ppid = ntohl(info->rcv_ppid);
	if (ppid == RTC_SCTP_STRING_EMPTY || ppid == RTC_SCTP_BINARY_EMPTY)
		size = 0;
	rtc_sctp_event *event = rtc_sctp_event_new(RTC_SCTP_EVENT_MESSAGE, info->rcv_sid, size);
	if (!event)
		return NULL;
	event->ppid = ppid;
	memcpy(event->data, data, size);
	return event;
}

// Adds to the message that is not whole yet. Returns 0 when it cannot.
static int extend(rtc_sctp *sctp, const struct sctp_rcvinfo *info, const uint8_t *data, uint32_t size)
{
	uint32_t before = sctp->partial ? sctp->partial->size : 0;
	if (before + size > sctp->partialCapacity) {
		uint32_t capacity = 2 * (before + size);
		if (capacity > sctp->options.largest)
			capacity = sctp->options.largest;
		rtc_sctp_event *larger = rtc_sctp_event_new(RTC_SCTP_EVENT_MESSAGE, info->rcv_sid, capacity);
		if (!larger)
			return 0;
		if (before)
			memcpy(larger->data, sctp->partial->data, before);
		rtc_free(sctp->partial);
		sctp->partial = larger;
		sctp->partialCapacity = capacity;
		larger->ppid = ntohl(info->rcv_ppid);
	}
	memcpy(sctp->partial->data + before, data, size);
	sctp->partial->size = before + size;
	return 1;
}

static void takeChunk(rtc_sctp *sctp, const struct sctp_rcvinfo *info, const uint8_t *data, uint32_t size, int isLast)
{
	rtc_sctp_event *event = message(info, data, size);
	if (event) {
		event->isFirst = !sctp->isInside;
		event->isLast = (uint8_t)isLast;
	}
	sctp->insideSize += size;
	sctp->isInside = !isLast;
	if (!event) { // the rest is of no use
		sctp->isDropping = !isLast;
		event = rtc_sctp_event_new(RTC_SCTP_EVENT_OVERLONG, info->rcv_sid, 0);
	} else if (isLast)
		countMessage(sctp, event->ppid, sctp->insideSize);
	if (isLast)
		sctp->insideSize = 0;
	tell(sctp, event);
}

static void drop(rtc_sctp *sctp, uint16_t stream, int isLast)
{
	rtc_sctp_count(&sctp->dropped, 1);
	forgetPartial(sctp);
	sctp->isDropping = !isLast;
	tell(sctp, rtc_sctp_event_new(RTC_SCTP_EVENT_OVERLONG, stream, 0));
}

static int wantsChunks(rtc_sctp *sctp, uint16_t stream)
{
	pthread_mutex_lock(&sctp->lock);
	const rtc_sctp_channel *channel = rtc_sctp_find(sctp, stream);
	int chunks = channel && channel->options.chunks;
	pthread_mutex_unlock(&sctp->lock);
	return chunks;
}

static void take(rtc_sctp *sctp, const struct sctp_rcvinfo *info, const uint8_t *data, uint32_t size, int isLast)
{
	if (sctp->isDropping) {
		sctp->isDropping = !isLast;
		return;
	}
	if (!isKnown(ntohl(info->rcv_ppid))) {
		rtc_sctp_count(&sctp->dropped, 1);
		sctp->isDropping = !isLast;
		return;
	}
	rtc_sctp_stream_is_used(sctp, info->rcv_sid);
	uint32_t before = sctp->partial ? sctp->partial->size : sctp->insideSize;
	if (size > sctp->options.largest || before > sctp->options.largest - size) {
		drop(sctp, info->rcv_sid, isLast);
	} else if (sctp->isInside || (!sctp->partial && !isLast && wantsChunks(sctp, info->rcv_sid))) {
		takeChunk(sctp, info, data, size, isLast);
	} else if (isLast && !sctp->partial) {
		rtc_sctp_event *event = message(info, data, size);
		if (event) {
			countMessage(sctp, event->ppid, event->size);
			tell(sctp, event);
		} else
			drop(sctp, info->rcv_sid, isLast); // a reliable channel loses nothing in silence
	} else if (!extend(sctp, info, data, size)) {
		drop(sctp, info->rcv_sid, isLast);
	} else if (isLast) {
		rtc_sctp_event *whole = sctp->partial;
		sctp->partial = NULL;
		sctp->partialCapacity = 0;
		countMessage(sctp, whole->ppid, whole->size);
		tell(sctp, whole);
	}
}

static void onStreams(rtc_sctp *sctp, const struct sctp_stream_reset_event *event, size_t size)
{
	if (size < sizeof *event || event->strreset_length > size || event->strreset_length < sizeof *event)
		return;
	size_t count = (event->strreset_length - sizeof *event) / sizeof(uint16_t);
	uint16_t flags = event->strreset_flags;
	if (!count && flags == SCTP_STREAM_RESET_INCOMING_SSN)
		rtc_sctp_all_are_over(sctp);
	for (size_t i = 0; i < count; i++) {
		uint16_t stream = event->strreset_stream_list[i];
		if (flags & SCTP_STREAM_RESET_FAILED)
			rtc_sctp_stream_failed(sctp, stream);
		else if (flags & SCTP_STREAM_RESET_OUTGOING_SSN) // or denied: no more comes of it
			rtc_sctp_stream_is_over(sctp, stream, 0);
		else if (flags & SCTP_STREAM_RESET_INCOMING_SSN)
			rtc_sctp_stream_is_over(sctp, stream, 1);
	}
}

static void onAssociation(rtc_sctp *sctp, const struct sctp_assoc_change *event)
{
	switch (event->sac_state) {
	case SCTP_COMM_UP: {
		uint16_t streams = event->sac_outbound_streams < event->sac_inbound_streams ? event->sac_outbound_streams
																					: event->sac_inbound_streams;
		pthread_mutex_lock(&sctp->lock);
		sctp->streams = streams;
		rtc_sctp_event *up = rtc_sctp_event_new(RTC_SCTP_EVENT_UP, streams, 0);
		rtc_sctp_tell(sctp, up);
		pthread_mutex_unlock(&sctp->lock);
		atomic_store(&sctp->isUp, 1);
		if (!up)
			rtc_sctp_end(sctp, 0);
		break;
	}
	case SCTP_SHUTDOWN_COMP:
		rtc_sctp_end(sctp, 1);
		break;
	case SCTP_RESTART: // the peer has begun anew: its channels are gone
	case SCTP_COMM_LOST:
	case SCTP_CANT_STR_ASSOC:
		rtc_sctp_end(sctp, 0);
		break;
	}
}

// The peer has nothing more to send, and takes what usrsctp has been given, but no more than that.
static void onShutdown(rtc_sctp *sctp)
{
	sctp->peerHasShutDown = 1;
	if (!sctp->endsAt)
		sctp->endsAt = rtc_sctp_closing_ends();
}

static void onNotification(rtc_sctp *sctp, const uint8_t *data, size_t size)
{
	union sctp_notification *it = (union sctp_notification *)data;
	if (size < sizeof it->sn_header)
		return;
	switch (it->sn_header.sn_type) {
	case SCTP_ASSOC_CHANGE:
		if (size >= sizeof it->sn_assoc_change)
			onAssociation(sctp, &it->sn_assoc_change);
		break;
	case SCTP_STREAM_RESET_EVENT:
		onStreams(sctp, &it->sn_strreset_event, size);
		break;
	case SCTP_SHUTDOWN_EVENT:
		onShutdown(sctp);
		break;
	case SCTP_PARTIAL_DELIVERY_EVENT: // a message was given up in its midst
		forgetPartial(sctp);
		sctp->isDropping = 0;
		break;
	}
}

static int isFull(rtc_sctp *sctp)
{
	pthread_mutex_lock(&sctp->lock);
	sctp->wasFull = sctp->waiting >= sctp->options.receiveQueue;
	int full = sctp->wasFull;
	pthread_mutex_unlock(&sctp->lock);
	return full;
}

void rtc_sctp_receive(rtc_sctp *sctp)
{
	while (sctp->socket && !atomic_load(&sctp->isDown) && !isFull(sctp)) {
		struct sctp_rcvinfo info = {0};
		socklen_t infoSize = sizeof info;
		unsigned infoType = 0;
		int flags = 0;
		ssize_t size = usrsctp_recvv(sctp->socket, rtc_sctp_scratch, RTC_SCTP_CHUNK, NULL, NULL, &info, &infoSize,
									 &infoType, &flags);
		if (size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINPROGRESS))
			rtc_sctp_end(sctp, 0);
		if (size <= 0) {
			sctp->unread = 0;
			break;
		}
		if (flags & MSG_NOTIFICATION) // whole: none is as large as the scratch
			onNotification(sctp, rtc_sctp_scratch, (size_t)size);
		else if (infoType == SCTP_RECVV_RCVINFO) {
			sctp->unread -= sctp->unread > 0;
			take(sctp, &info, rtc_sctp_scratch, (uint32_t)size, (flags & MSG_EOR) != 0);
		}
	}
}
