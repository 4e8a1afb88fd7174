// SPDX-License-Identifier: Apache-2.0
// The life of an association, and its turn on the transport's thread.
#include "rtc_sctp_core.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <usrsctp.h>

#define BUSY 1000000u // microseconds after the last packet or message in which timers have their fine grain
#define IDLE_TICK 200000u

static int hasEvents(rtc_sctp *sctp)
{
	rtc_sctp_event_type type;
	uint32_t size;
	return rtc_sctp_peek(sctp, &type, &size);
}

// With the stack's lock, on the transport's thread. Begins when DTLS is there.
static void begin(rtc_sctp *sctp)
{
	if (sctp->socket || atomic_load(&sctp->isDown) || !atomic_load(&sctp->started) ||
		rtc_dtls_get_state(sctp->options.dtls) != RTC_DTLS_CONNECTED)
		return;
	if (rtc_sctp_connect(sctp))
		rtc_sctp_end(sctp, 0);
}

// With the stack's lock. This side's SHUTDOWN follows all that it has to send; the peer's is answered by usrsctp. That
// there is an answer may be lost, and nobody be there who would say it again.
static void shutDown(rtc_sctp *sctp, uint64_t now)
{
	if (!sctp->socket || atomic_load(&sctp->isDown))
		return;
	int isEnding = atomic_load(&sctp->isEnding);
	if (isEnding && !sctp->endsAt)
		sctp->endsAt = rtc_sctp_closing_ends();
	if (sctp->endsAt && now >= sctp->endsAt) {
		rtc_sctp_end(sctp, sctp->peerHasShutDown);
	} else if (isEnding && atomic_load(&sctp->isUp) && !sctp->hasShutDown && !rtc_sctp_queued(sctp)) {
		sctp->hasShutDown = 1;
		if (usrsctp_shutdown(sctp->socket, SHUT_WR))
			rtc_sctp_end(sctp, 0);
	}
}

// DATA chunks of a packet (RFC 9260 section 3.3.1).
static uint32_t countData(const uint8_t *packet, size_t size)
{
	uint32_t count = 0;
	for (size_t place = RTC_SCTP_HEADER; place + 4 <= size;) {
		size_t length = (size_t)packet[place + 2] << 8 | packet[place + 3];
		if (length < 4)
			break;
		count += packet[place] == 0;
		place += (length + 3) & ~(size_t)3;
	}
	return count;
}

// usrsctp counts a message's bytes against its window, of which one of a few bytes takes some 550. So there are so many
// chunks that nobody has read, and no more: the rest is lost, and the peer sends it again when there is room.
static int hasRoom(rtc_sctp *sctp, const uint8_t *packet, size_t size)
{
	uint32_t count = countData(packet, size), most = sctp->options.window / RTC_SCTP_CHUNK_COST;
	if (count && sctp->unread + count > most)
		rtc_sctp_receive(sctp); // into our own list, if there is room in that
	if (count && sctp->unread + count > most && sctp->unread)
		return 0;
	sctp->unread += count;
	return 1;
}

static void onData(void *context, const uint8_t *data, size_t size)
{
	rtc_sctp *sctp = context;
	rtc_sctp_stack_lock();
	rtc_sctp_stack_tick(rtc_now());
	begin(sctp); // an INIT that comes before our own would be answered with an ABORT
	if (sctp->socket && size >= RTC_SCTP_HEADER) {
		rtc_sctp_count(&sctp->packetsReceived, 1);
		if (hasRoom(sctp, data, size))
			usrsctp_conninput((void *)sctp->id, data, size, 0);
		if (rtc_sctp_wants_more(sctp) && rtc_sctp_queued(sctp) && !atomic_load(&sctp->isDown))
			rtc_sctp_send_queued(sctp); // the window may have opened
	}
	rtc_sctp_stack_unlock();
	rtc_path_wake_task(sctp->options.path, &sctp->task);
}

static void onState(void *context)
{
	rtc_sctp *sctp = context;
	rtc_path_wake_task(sctp->options.path, &sctp->task);
}

static uint64_t run(rtc_task *task)
{
	rtc_sctp *sctp = (rtc_sctp *)task;
	rtc_dtls_receive(sctp->options.dtls); // without the stack's lock: onData takes it
	uint64_t now = rtc_now();
	rtc_sctp_stack_lock();
	int isWoken = now < task->time;
	rtc_sctp_stack_tick(now);
	begin(sctp);
	rtc_sctp_receive(sctp);
	rtc_sctp_close_late(sctp, now);
	if (!atomic_load(&sctp->isDown))
		rtc_sctp_send_queued(sctp);
	shutDown(sctp, now);
	rtc_sctp_receive(sctp); // what sending has told of
	rtc_sctp_flush(sctp);
	int isOpen = sctp->socket != NULL;
	rtc_sctp_stack_unlock();
	if (hasEvents(sctp))
		(*sctp->options.onEvent)(sctp->options.context);
	if (!isOpen)
		return UINT64_MAX;
	if (isWoken || rtc_sctp_queued(sctp))
		sctp->busyUntil = now + BUSY;
	return now + (now < sctp->busyUntil ? RTC_SCTP_TICK : IDLE_TICK);
}

static int optionsAreValid(const rtc_sctp_options *options)
{
	return options->path && options->dtls && options->onEvent && options->port && options->streams &&
		   options->window >= 4096 && options->window <= INT32_MAX / 4 && options->sendQueue &&
		   options->sendQueue <= INT32_MAX && options->receiveQueue && options->receiveQueue <= INT32_MAX &&
		   options->largest && options->largest <= INT32_MAX / 2;
}

static void freeMemory(rtc_sctp *sctp)
{
	rtc_free(sctp->outbox);
	rtc_free(sctp->down);
	rtc_free(sctp->notes);
	rtc_free(sctp);
}

static int attach(rtc_sctp *sctp)
{
	const rtc_dtls_handlers handlers = {.state = onState, .data = onData, .context = sctp};
	return rtc_dtls_set_handlers(sctp->options.dtls, &handlers);
}

rtc_sctp *rtc_sctp_new(const rtc_sctp_options *options, int *error)
{
	*error = EINVAL;
	if (!optionsAreValid(options))
		return NULL;
	*error = ENOMEM;
	rtc_sctp *sctp = rtc_calloc(1, sizeof *sctp);
	if (!sctp)
		return NULL;
	sctp->options = *options;
	sctp->task.run = run;
	sctp->outbox = rtc_calloc(RTC_SCTP_OUTBOX, RTC_SCTP_PACKET);
	sctp->down = rtc_sctp_event_new(RTC_SCTP_EVENT_DOWN, 0, 0);
	sctp->notes = rtc_calloc(options->streams / RTC_SCTP_NOTES_OF_A_BYTE + 1, 1);
	if (!sctp->outbox || !sctp->down || !sctp->notes)
		goto noLock;
	*error = pthread_mutex_init(&sctp->lock, NULL);
	if (*error)
		goto noLock;
	*error = rtc_sctp_stack_add(sctp);
	if (*error)
		goto noStack;
	rtc_dtls_retain(options->dtls);
	rtc_path_add_task(rtc_path_retain(options->path), &sctp->task);
	*error = attach(sctp);
	if (!*error)
		return sctp;
	rtc_path_remove_task(options->path, &sctp->task);
	rtc_path_release(options->path);
	rtc_dtls_release(options->dtls);
	rtc_sctp_stack_remove(sctp);
noStack:
	pthread_mutex_destroy(&sctp->lock);
noLock:
	freeMemory(sctp);
	return NULL;
}

int rtc_sctp_start(rtc_sctp *sctp, uint16_t remotePort)
{
	int expected = 0;
	rtc_sctp_stack_lock();
	sctp->remotePort = remotePort;
	int isFirst = atomic_compare_exchange_strong(&sctp->started, &expected, 1);
	rtc_sctp_stack_unlock();
	if (!isFirst)
		return EALREADY;
	rtc_path_wake_task(sctp->options.path, &sctp->task);
	return 0;
}

int rtc_sctp_set_dtls(rtc_sctp *sctp, rtc_dtls *dtls)
{
	(void)rtc_dtls_set_handlers(sctp->options.dtls, NULL);
	rtc_path_remove_task(sctp->options.path, &sctp->task); // which may be in it still
	rtc_sctp_stack_lock();
	rtc_dtls_release(sctp->options.dtls);
	sctp->options.dtls = rtc_dtls_retain(dtls);
	rtc_sctp_stack_unlock();
	rtc_path_add_task(sctp->options.path, &sctp->task);
	int error = attach(sctp);
	rtc_path_wake_task(sctp->options.path, &sctp->task);
	return error;
}

void rtc_sctp_shutdown(rtc_sctp *sctp)
{
	pthread_mutex_lock(&sctp->lock); // whoever sends has done so, or is refused
	atomic_store(&sctp->isEnding, 1);
	pthread_mutex_unlock(&sctp->lock);
	rtc_path_wake_task(sctp->options.path, &sctp->task);
}

void rtc_sctp_close(rtc_sctp *sctp)
{
	(void)rtc_dtls_set_handlers(sctp->options.dtls, NULL);
	rtc_path_remove_task(sctp->options.path, &sctp->task);
	rtc_sctp_stack_lock();
	if (sctp->socket) {
		usrsctp_close(sctp->socket);
		rtc_sctp_flush(sctp); // its ABORT
	}
	sctp->socket = NULL;
	rtc_sctp_stack_unlock();
	rtc_sctp_stack_remove(sctp);
	rtc_sctp_free_channels(sctp);
	rtc_sctp_free_events(sctp);
	pthread_mutex_destroy(&sctp->lock);
	rtc_path_release(sctp->options.path);
	rtc_dtls_release(sctp->options.dtls);
	freeMemory(sctp);
}

static void readStatus(rtc_sctp *sctp, rtc_sctp_statistics *statistics)
{
	struct sctp_status status;
	rtc_sctp_stack_lock();
	int isThere = rtc_sctp_read_status(sctp, &status);
	rtc_sctp_stack_unlock();
	if (!isThere)
		return;
	statistics->congestionWindow = status.sstat_primary.spinfo_cwnd;
	statistics->receiverWindow = status.sstat_rwnd;
	statistics->mtu = status.sstat_primary.spinfo_mtu + RTC_SCTP_HEADER;
	statistics->unacknowledged = status.sstat_unackdata;
	statistics->roundTripTime = status.sstat_primary.spinfo_srtt;
}

void rtc_sctp_get_statistics(rtc_sctp *sctp, rtc_sctp_statistics *statistics)
{
	memset(statistics, 0, sizeof *statistics);
	statistics->messagesSent = atomic_load(&sctp->messagesSent);
	statistics->messagesReceived = atomic_load(&sctp->messagesReceived);
	statistics->bytesSent = atomic_load(&sctp->bytesSent);
	statistics->bytesReceived = atomic_load(&sctp->bytesReceived);
	statistics->packetsSent = atomic_load(&sctp->packetsSent);
	statistics->packetsReceived = atomic_load(&sctp->packetsReceived);
	statistics->messagesExpired = atomic_load(&sctp->messagesExpired);
	statistics->dropped = atomic_load(&sctp->dropped);
	pthread_mutex_lock(&sctp->lock);
	statistics->streams = sctp->streams;
	pthread_mutex_unlock(&sctp->lock);
	readStatus(sctp, statistics);
}
