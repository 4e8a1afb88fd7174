// SPDX-License-Identifier: Apache-2.0
#include "rtc_transport_xs.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_relay.h"

typedef struct {
	xsSlot object;
	xsSlot *onError;
	rtc_poster *poster;
	rtc_relay *relay;
	atomic_int error;
} binding;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	binding *it = data;
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
	rtcEnter(machine);
	xsmcVars(1);
	xsmcSetString(xsVar(0), strerror(atomic_load(&it->error)));
	xsCallFunction1(xsReference(it->onError), xsAccess(it->object), xsVar(0));
	rtcLeave(machine);
}

static void post(void *context, int error)
{
	binding *it = context;
	atomic_store(&it->error, error);
	rtc_poster_post(it->poster);
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

// The arguments are a transport and options.
void xs_rtc_relay(xsMachine *the)
{
	char address[RTC_ADDRESS_TEXT];
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
	xsmcSetHostData(xsThis, it);
	xsSetHostHooks(xsThis, &hooks);
	it->onError = rtc_xs_callback(the, &xsArg(1), xsID_onError, "onError");
	if (!it->onError)
		xsTypeError("onError: missing");
	it->poster = rtc_poster_new(the, deliver, it);
	rtc_relay_options options = {.owner = (uint16_t)owner, .onError = post, .context = it};
	if (rtc_address_parse(&options.server, address, (uint16_t)port))
		fail(the, it, EINVAL);
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
	rtc_set_number_xs(the, xsID_packetsReceived, counted.packetsReceived);
	rtc_set_number_xs(the, xsID_bytesReceived, counted.bytesReceived);
	rtc_set_number_xs(the, xsID_packetsSent, counted.packetsSent);
	rtc_set_number_xs(the, xsID_bytesSent, counted.bytesSent);
	rtc_set_number_xs(the, xsID_malformed, counted.malformed);
	rtc_set_number_xs(the, xsID_unknown, counted.unknown);
	rtc_set_number_xs(the, xsID_sendErrors, counted.sendErrors);
}
