// SPDX-License-Identifier: Apache-2.0
#include "rtc_dtls_xs.h"
#include "rtc_sctp.h"
#include "rtc_transport_xs.h"
#include "rtc_utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FULL (-1) // what send() says
#define TOO_LONG (-2)

typedef struct {
	xsSlot object;
	xsSlot *onEvent;
	rtc_poster *poster;
	rtc_sctp *sctp;
} binding;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	binding *it = data;
	if (it->onEvent)
		(*markRoot)(the, it->onEvent);
}

void xs_rtc_sctp_destructor(void *data)
{
	binding *it = data;
	if (!it)
		return;
	if (it->sctp)
		rtc_sctp_close(it->sctp); // it posts no more
	rtc_poster_close(it->poster);
	free(it);
}

static const xsHostHooks hooks = {xs_rtc_sctp_destructor, mark, NULL};

static rtc_sctp *self(xsMachine *the)
{
	return ((binding *)rtc_xs_host(the, &xsThis, &hooks, "Sctp"))->sctp;
}

static void deliver(xsMachine *machine, void *context)
{
	binding *it = context;
	rtcEnter(machine);
	xsCallFunction0(xsReference(it->onEvent), xsAccess(it->object));
	rtcLeave(machine);
}

static void post(void *context)
{
	rtc_poster_post(((binding *)context)->poster);
}

static void fail(xsMachine *the, int error)
{
	rtc_xs_throw(the, "peer/out-of-resources", strerror(error));
}

static void readOptions(xsMachine *the, rtc_sctp_options *options)
{
	xsSlot *from = &xsArg(0);
	if (xsmcArgc < 1)
		xsTypeError("options: missing");
	options->port = (uint16_t)rtc_xs_integer(the, from, xsID_port, "port", 1, 65535, 5000);
	options->streams = (uint16_t)rtc_xs_integer(the, from, xsID_streams, "streams", 1, RTC_SCTP_STREAMS, 1024);
	options->window = (uint32_t)rtc_xs_integer(the, from, xsID_window, "window", 4096, 16777216, 262144);
	options->sendQueue = (uint32_t)rtc_xs_integer(the, from, xsID_sendQueue, "sendQueue", 1024, 268435456, 1048576);
	options->receiveQueue =
		(uint32_t)rtc_xs_integer(the, from, xsID_receiveQueue, "receiveQueue", 1024, 268435456, 262144);
	options->largest = (uint32_t)rtc_xs_integer(the, from, xsID_maxMessageSize, "maxMessageSize", 1, 268435456, 262144);
	xsmcGet(xsVar(0), xsArg(0), xsID_path);
	options->path = rtc_path_from_xs(the, &xsVar(0));
	xsmcGet(xsVar(0), xsArg(0), xsID_dtls);
	options->dtls = rtc_dtls_from_xs(the, &xsVar(0));
}

void xs_rtc_sctp(xsMachine *the)
{
	rtc_sctp_options options = {0};
	int error;
	xsmcVars(1);
	readOptions(the, &options);
	binding *it = calloc(1, sizeof *it);
	if (!it)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, it);
	xsSetHostHooks(xsThis, &hooks);
	it->onEvent = rtc_xs_callback(the, &xsArg(0), xsID_onEvent, "onEvent");
	if (!it->onEvent)
		xsTypeError("onEvent: missing");
	it->poster = rtc_poster_new(the, deliver, it);
	options.onEvent = post;
	options.context = it;
	it->sctp = rtc_sctp_new(&options, &error);
	if (!it->sctp) {
		xsmcSetHostData(xsThis, NULL);
		xsmcSetHostDestructor(xsThis, NULL);
		xs_rtc_sctp_destructor(it);
		fail(the, error);
	}
	it->object = xsThis;
	xsRemember(it->object);
}

void xs_rtc_sctp_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	binding *it = rtc_xs_host(the, &xsThis, &hooks, "Sctp");
	xsForget(it->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_sctp_destructor(it);
}

// The argument as an integer of 0 to `maximum`.
static uint32_t integer(xsMachine *the, int index, const char *name, uint32_t maximum)
{
	if (xsmcArgc <= index)
		xsTypeError("%s: missing", name);
	double value = xsmcToNumber(xsArg(index));
	if (!(value >= 0 && value <= maximum) || value != (double)(uint32_t)value)
		xsRangeError("%s: not an integer from 0 to %u", name, (unsigned)maximum);
	return (uint32_t)value;
}

static uint16_t stream(xsMachine *the)
{
	return (uint16_t)integer(the, 0, "stream", 65535);
}

void xs_rtc_sctp_start(xsMachine *the)
{
	uint16_t port = (uint16_t)integer(the, 0, "port", 65535);
	if (rtc_sctp_start(self(the), port))
		xsUnknownError("already started");
}

void xs_rtc_sctp_setDtls(xsMachine *the)
{
	if (xsmcArgc < 1)
		xsTypeError("dtls: missing");
	rtc_dtls *dtls = rtc_dtls_from_xs(the, &xsArg(0));
	int error = rtc_sctp_set_dtls(self(the), dtls);
	if (error)
		fail(the, error);
}

void xs_rtc_sctp_open(xsMachine *the)
{
	rtc_sctp_channel_options options = {0};
	uint16_t id = stream(the);
	options.unordered = xsmcArgc > 1 && xsmcTest(xsArg(1));
	options.policy = (uint8_t)integer(the, 2, "policy", RTC_SCTP_RETRANSMITS);
	options.value = integer(the, 3, "value", UINT32_MAX);
	int error = rtc_sctp_open(self(the), id, &options);
	if (error == EEXIST)
		xsRangeError("stream: in use");
	if (error == ERANGE)
		xsRangeError("stream: there are fewer");
	if (error)
		fail(the, error);
}

void xs_rtc_sctp_setChunks(xsMachine *the)
{
	uint16_t id = stream(the);
	(void)rtc_sctp_set_chunks(self(the), id, xsmcArgc > 1 && xsmcTest(xsArg(1)));
}

void xs_rtc_sctp_acknowledge(xsMachine *the)
{
	(void)rtc_sctp_acknowledge(self(the), stream(the));
}

static void answer(xsMachine *the, int error, uint32_t size)
{
	switch (error) {
	case 0:
		xsmcSetNumber(xsResult, size);
		break;
	case ENOBUFS:
		xsmcSetInteger(xsResult, FULL);
		break;
	case ENOENT:
	case EPIPE:
		xsUnknownError("stream: not open");
		break;
	default:
		fail(the, error);
	}
}

static void sendText(xsMachine *the, uint16_t id, double maximum)
{
	const uint8_t *text = (const uint8_t *)xsmcToString(xsArg(1));
	size_t length = strlen((const char *)text), size = rtc_utf8_from_xs(text, length, NULL);
	if (size > maximum) {
		xsmcSetInteger(xsResult, TOO_LONG);
		return;
	}
	uint32_t ppid = size ? RTC_SCTP_STRING : RTC_SCTP_STRING_EMPTY;
	uint8_t *copy = rtc_calloc(1, size + 1);
	if (!copy)
		fail(the, ENOMEM);
	rtc_utf8_from_xs(text, length, copy);
	rtc_sctp *sctp = ((binding *)xsmcGetHostData(xsThis))->sctp;
	int error = rtc_sctp_send(sctp, id, ppid, copy, (uint32_t)size);
	rtc_free(copy);
	answer(the, error, (uint32_t)size);
}

static void sendBytes(xsMachine *the, uint16_t id, uint32_t ppid, double maximum)
{
	void *data;
	xsUnsignedValue size;
	rtc_sctp *sctp = self(the);
	xsmcGetBufferReadable(xsArg(1), &data, &size); // last: nothing moves it from here on
	if (size > maximum)
		xsmcSetInteger(xsResult, TOO_LONG);
	else
		answer(the,
			   rtc_sctp_send(sctp, id,
							 ppid   ? ppid
							 : size ? RTC_SCTP_BINARY
									: RTC_SCTP_BINARY_EMPTY,
							 data, size),
			   size);
}

void xs_rtc_sctp_send(xsMachine *the)
{
	uint16_t id = stream(the);
	(void)self(the);
	if (xsmcArgc < 2)
		xsTypeError("data: missing");
	double maximum = xsmcArgc > 2 ? xsmcToNumber(xsArg(2)) : UINT32_MAX;
	xsType type = xsmcTypeOf(xsArg(1));
	if (type == xsStringType || type == xsStringXType)
		sendText(the, id, maximum);
	else
		sendBytes(the, id, 0, maximum);
}

void xs_rtc_sctp_control(xsMachine *the)
{
	uint16_t id = stream(the);
	if (xsmcArgc < 2)
		xsTypeError("data: missing");
	sendBytes(the, id, RTC_SCTP_DCEP, UINT32_MAX);
}

void xs_rtc_sctp_closeStream(xsMachine *the)
{
	int error = rtc_sctp_close_stream(self(the), stream(the));
	if (error)
		fail(the, error);
}

void xs_rtc_sctp_isUsed(xsMachine *the)
{
	int isUsed = rtc_sctp_is_used(self(the), stream(the));
	xsmcSetBoolean(xsResult, isUsed);
}

void xs_rtc_sctp_shutdown(xsMachine *the)
{
	rtc_sctp_shutdown(self(the));
}

static void set(xsMachine *the, xsIdentifier name, double value)
{
	xsmcSetNumber(xsVar(0), value);
	xsmcSet(xsResult, name, xsVar(0));
}

static int isText(uint32_t ppid)
{
	return ppid == RTC_SCTP_STRING || ppid == RTC_SCTP_STRING_EMPTY;
}

// Into xsVar(0). Returns 0 when there is no memory.
static int setText(xsMachine *the, const rtc_sctp_event *event)
{
	size_t size = rtc_utf8_to_xs(event->data, event->size, NULL);
	uint8_t *text = rtc_calloc(1, size + 1);
	if (!text)
		return 0;
	rtc_utf8_to_xs(event->data, event->size, text);
	xsmcSetStringBuffer(xsVar(0), (char *)text, (xsIntegerValue)size);
	rtc_free(text);
	return 1;
}

static void describeMessage(xsMachine *the, const rtc_sctp_event *event)
{
	// A character may be in two chunks: those are bytes.
	int isWhole = event->isFirst && event->isLast;
	if (!isText(event->ppid) || !isWhole)
		xsmcSetArrayBuffer(xsVar(0), (void *)event->data, (xsIntegerValue)event->size);
	else if (!setText(the, event))
		xsmcSetString(xsVar(0), "");
	xsmcSet(xsResult, xsID_data, xsVar(0));
	set(the, xsID_protocol, event->ppid);
	if (isWhole)
		return;
	xsmcSetBoolean(xsVar(0), event->isFirst);
	xsmcSet(xsResult, xsID_first, xsVar(0));
	xsmcSetBoolean(xsVar(0), event->isLast);
	xsmcSet(xsResult, xsID_last, xsVar(0));
}

void xs_rtc_sctp_read(xsMachine *the)
{
	static const char *const names[] = {
		[RTC_SCTP_EVENT_UP] = "up",
		[RTC_SCTP_EVENT_DOWN] = "down",
		[RTC_SCTP_EVENT_MESSAGE] = "message",
		[RTC_SCTP_EVENT_RESET] = "reset",
		[RTC_SCTP_EVENT_CLOSED] = "closed",
		[RTC_SCTP_EVENT_SENT] = "sent",
		[RTC_SCTP_EVENT_OVERLONG] = "overlong",
	};
	rtc_sctp *sctp = self(the);
	xsmcVars(1);
	rtc_sctp_event_type type;
	uint32_t size;
	if (!rtc_sctp_peek(sctp, &type, &size))
		return;
	int fits = type != RTC_SCTP_EVENT_MESSAGE || rtc_xs_has_room(the, size);
	xsmcSetNewObject(xsResult); // before the event is ours: this may be one object too many
	rtc_sctp_event *event = rtc_sctp_read(sctp, size);
	if (!event) {
		xsmcSetUndefined(xsResult);
		return;
	}
	xsTry
	{
		int isLost = !fits && event->type == RTC_SCTP_EVENT_MESSAGE; // what was peeked for may wait still
		xsmcSetStringX(xsVar(0), (char *)names[isLost ? RTC_SCTP_EVENT_OVERLONG : event->type]);
		xsmcSet(xsResult, xsID_type, xsVar(0));
		set(the, xsID_stream, event->stream);
		set(the, xsID_size, event->size);
		if (fits && event->type == RTC_SCTP_EVENT_MESSAGE)
			describeMessage(the, event);
	}
	xsCatch
	{
		rtc_free(event);
		xsThrow(xsException);
	}
	rtc_free(event);
}

void xs_rtc_sctp_statistics(xsMachine *the)
{
	rtc_sctp_statistics counted;
	rtc_sctp_get_statistics(self(the), &counted);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	set(the, xsID_messagesSent, (double)counted.messagesSent);
	set(the, xsID_messagesReceived, (double)counted.messagesReceived);
	set(the, xsID_bytesSent, (double)counted.bytesSent);
	set(the, xsID_bytesReceived, (double)counted.bytesReceived);
	set(the, xsID_packetsSent, (double)counted.packetsSent);
	set(the, xsID_packetsReceived, (double)counted.packetsReceived);
	set(the, xsID_messagesExpired, (double)counted.messagesExpired);
	set(the, xsID_dropped, (double)counted.dropped);
	set(the, xsID_congestionWindow, counted.congestionWindow);
	set(the, xsID_receiverWindow, counted.receiverWindow);
	set(the, xsID_mtu, counted.mtu);
	set(the, xsID_unacknowledged, counted.unacknowledged);
	set(the, xsID_roundTripTime, counted.roundTripTime);
	set(the, xsID_streams, counted.streams);
}
