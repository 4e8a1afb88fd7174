// SPDX-License-Identifier: Apache-2.0
#include "rtc_transport_xs.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_relay.h"
#include "rtc_stream_layer_xs.h"

#define NEWS_OPEN 1
#define NEWS_ERROR 2

typedef struct {
	xsSlot object;
	xsSlot *onOpen, *onError;
	rtc_poster *poster;
	rtc_relay *relay;
	pthread_mutex_t lock; // of what follows
	unsigned news;
	char reason[RTC_STREAM_REASON];
} binding;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	binding *it = data;
	if (it->onOpen)
		(*markRoot)(the, it->onOpen);
	if (it->onError)
		(*markRoot)(the, it->onError);
}

void xs_rtc_relay_destructor(void *data)
{
	binding *it = data;
	if (!it)
		return;
	if (it->relay)
		rtc_relay_close(it->relay); // it posts no more
	rtc_poster_close(it->poster);
	pthread_mutex_destroy(&it->lock);
	free(it);
}

static const xsHostHooks hooks = {xs_rtc_relay_destructor, mark, NULL};

static binding *self(xsMachine *the)
{
	return rtc_xs_host(the, &xsThis, &hooks, "Relay");
}

static void deliver(xsMachine *machine, void *context)
{
	binding *it = context;
	char reason[RTC_STREAM_REASON];
	pthread_mutex_lock(&it->lock);
	unsigned news = it->news;
	it->news = 0;
	memcpy(reason, it->reason, sizeof reason);
	pthread_mutex_unlock(&it->lock);
	rtcEnter(machine);
	xsmcVars(2);
	xsVar(1) = xsAccess(it->object); // it may be closed by the first of the two
	xsmcSetString(xsVar(0), reason);
	xsSlot *onError = it->onError;
	if ((news & NEWS_OPEN) && it->onOpen)
		xsCallFunction0(xsReference(it->onOpen), xsVar(1));
	if ((news & NEWS_ERROR) && xsmcGetHostData(xsVar(1)))
		xsCallFunction1(xsReference(onError), xsVar(1), xsVar(0));
	rtcLeave(machine);
}

static void post(binding *it, unsigned news, const char *reason)
{
	pthread_mutex_lock(&it->lock);
	it->news |= news;
	if (reason)
		strncpy(it->reason, reason, sizeof it->reason - 1);
	pthread_mutex_unlock(&it->lock);
	rtc_poster_post(it->poster);
}

static void postOpen(void *context)
{
	post(context, NEWS_OPEN, NULL);
}

static void postError(void *context, const char *reason)
{
	post(context, NEWS_ERROR, reason);
}

static void fail(xsMachine *the, binding *it, int error)
{
	char message[96];
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_relay_destructor(it);
	if (error == EINVAL)
		xsTypeError("address: not a host's address and port");
	snprintf(message, sizeof message, "cannot open a relay's socket: %s", strerror(error));
	rtc_xs_throw(the, "transport/failed", message);
}

// Whether the leg is a stream, and what it is to be. The layer is taken last, where nothing throws any more.
static void readStream(xsMachine *the, xsSlot *slot, rtc_relay_options *options)
{
	char transport[8];
	rtc_xs_string(the, slot, xsID_transport, "transport", transport, sizeof transport, 0);
	options->patience = (uint32_t)rtc_xs_integer(the, slot, xsID_patience, "patience", 1, 60000, 10000);
	options->isStream = !strcmp(transport, "tcp");
	xsmcGet(xsResult, *slot, xsID_layer);
	if (options->isStream && xsmcTest(xsResult))
		options->layer = rtc_stream_layer_from_xs(the, &xsResult);
	xsmcSetUndefined(xsResult);
}

// The arguments are a transport and options.
void xs_rtc_relay(xsMachine *the)
{
	char address[RTC_ADDRESS_TEXT];
	rtc_relay_options options = {.onOpen = postOpen, .onError = postError};
	int error;
	if (xsmcArgc < 2)
		xsTypeError("options: missing");
	rtc_transport *transport = rtc_transport_from_xs(the, &xsArg(0));
	int port = rtc_xs_integer(the, &xsArg(1), xsID_port, "port", 1, 65535, 0);
	int owner = rtc_xs_integer(the, &xsArg(1), xsID_owner, "owner", 0, 65535, 0);
	rtc_xs_string(the, &xsArg(1), xsID_address, "address", address, sizeof address, 1);
	binding *it = calloc(1, sizeof *it);
	if (!it)
		xsUnknownError("no memory");
	pthread_mutex_init(&it->lock, NULL);
	xsmcSetHostData(xsThis, it);
	xsSetHostHooks(xsThis, &hooks);
	it->onOpen = rtc_xs_callback(the, &xsArg(1), xsID_onOpen, "onOpen");
	it->onError = rtc_xs_callback(the, &xsArg(1), xsID_onError, "onError");
	if (!it->onError)
		xsTypeError("onError: missing");
	it->poster = rtc_poster_new(the, deliver, it);
	options.owner = (uint16_t)owner;
	options.context = it;
	if (rtc_address_parse(&options.server, address, (uint16_t)port))
		fail(the, it, EINVAL);
	readStream(the, &xsArg(1), &options);
	it->relay = rtc_relay_open(transport, &options, &error);
	if (!it->relay)
		fail(the, it, error);
	it->object = xsThis;
	xsRemember(it->object);
}

void xs_rtc_relay_close(xsMachine *the)
{
	binding *it = xsmcGetHostData(xsThis);
	if (!it)
		return;
	it = self(the);
	xsForget(it->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_relay_destructor(it);
}

void xs_rtc_relay_get_number(xsMachine *the)
{
	xsmcSetInteger(xsResult, rtc_relay_number(self(the)->relay));
}

void xs_rtc_relay_bind(xsMachine *the)
{
	binding *it = self(the);
	rtc_address peer;
	uint16_t channel = rtc_number_from_xs(the, 0, "channel");
	int known = rtc_address_from_xs(the, &xsArg(1), &xsArg(2), &peer);
	xsmcSetBoolean(xsResult, known && rtc_relay_bind(it->relay, channel, &peer) == 0);
}

void xs_rtc_relay_unbind(xsMachine *the)
{
	binding *it = self(the);
	rtc_relay_unbind(it->relay, rtc_number_from_xs(the, 0, "channel"));
}

void xs_rtc_relay_write(xsMachine *the)
{
	binding *it = self(the);
	void *data;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &data, &size);
	rtc_relay_send_stun(it->relay, data, size); // what is lost is counted, and sent again
}

void xs_rtc_relay_statistics(xsMachine *the)
{
	rtc_relay_statistics counted;
	rtc_relay_get_statistics(self(the)->relay, &counted);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_packetsReceived, (double)counted.packetsReceived);
	rtc_xs_set_number(the, xsID_bytesReceived, (double)counted.bytesReceived);
	rtc_xs_set_number(the, xsID_packetsSent, (double)counted.packetsSent);
	rtc_xs_set_number(the, xsID_bytesSent, (double)counted.bytesSent);
	rtc_xs_set_number(the, xsID_malformed, (double)counted.malformed);
	rtc_xs_set_number(the, xsID_unknown, (double)counted.unknown);
	rtc_xs_set_number(the, xsID_sendErrors, (double)counted.sendErrors);
}
