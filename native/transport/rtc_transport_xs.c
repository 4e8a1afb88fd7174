// SPDX-License-Identifier: Apache-2.0
#include "rtc_transport_xs.h"
#include "rtc_tcp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACES 32 // listed at most

typedef struct {
	xsSlot object;
	xsSlot *onReadable;
	rtc_poster *poster;
	rtc_transport *transport;
} binding;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	binding *it = data;
	if (it->onReadable)
		(*markRoot)(the, it->onReadable);
}

void xs_rtc_transport_destructor(void *data)
{
	binding *it = data;
	if (!it)
		return;
	if (it->transport)
		rtc_transport_close(it->transport); // its thread posts no more
	rtc_poster_close(it->poster);
	free(it);
}

static const xsHostHooks hooks = {xs_rtc_transport_destructor, mark, NULL};

static binding *self(xsMachine *the)
{
	return rtc_xs_host(the, &xsThis, &hooks, "Transport");
}

rtc_transport *rtc_transport_from_xs(xsMachine *the, xsSlot *slot)
{
	return ((binding *)rtc_xs_host(the, slot, &hooks, "transport"))->transport;
}

int rtc_address_from_xs(xsMachine *the, xsSlot *address, xsSlot *port, rtc_address *to)
{
	if (xsmcTypeOf(*port) != xsIntegerType && xsmcTypeOf(*port) != xsNumberType)
		xsTypeError("port: not a number");
	if (xsmcTypeOf(*address) != xsStringType && xsmcTypeOf(*address) != xsStringXType)
		xsTypeError("address: not a string");
	int number = xsmcToInteger(*port);
	memset(to, 0, sizeof *to);
	return number > 0 && number < 65536 && rtc_address_parse(to, xsmcToString(*address), (uint16_t)number) == 0;
}

uint16_t rtc_number_from_xs(xsMachine *the, int argument, const char *name)
{
	if (xsmcArgc <= argument)
		return 0;
	int number = xsmcToInteger(xsArg(argument));
	if (number < 0 || number > UINT16_MAX)
		xsRangeError("%s: 0 to 65535", name);
	return (uint16_t)number;
}

static void deliver(xsMachine *machine, void *context)
{
	binding *it = context;
	rtcEnter(machine);
	xsCallFunction0(xsReference(it->onReadable), xsAccess(it->object));
	rtcLeave(machine);
}

static void post(void *context)
{
	rtc_poster_post(((binding *)context)->poster);
}

static void fail(xsMachine *the, binding *it, int error, const rtc_transport_options *options)
{
	const char *address = options->address ? options->address : "all addresses";
	char message[128];
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_transport_destructor(it);
	if (error == EINVAL)
		xsTypeError("address: not an IP address");
	if (error == EADDRINUSE) {
		snprintf(message, sizeof message, "UDP port %d%s is in use", options->port,
				 options->hasTcp ? ", or the TCP port," : "");
		rtc_xs_throw(the, "transport/address-in-use", message);
	}
	snprintf(message, sizeof message, "cannot open UDP port %d of %s: %s", options->port, address, strerror(error));
	rtc_xs_throw(the, "transport/failed", message);
}

void xs_rtc_transport(xsMachine *the)
{
	char address[RTC_ADDRESS_TEXT];
	int error;
	if (xsmcArgc < 1)
		xsTypeError("options: missing");
	int port = rtc_xs_integer(the, &xsArg(0), xsID_port, "port", 0, 65535, 0);
	int tcpPort = rtc_xs_integer(the, &xsArg(0), xsID_tcpPort, "tcpPort", 0, 65535, -1);
	rtc_xs_string(the, &xsArg(0), xsID_address, "address", address, sizeof address, 0);
	xsmcVars(1);
	xsmcGet(xsVar(0), xsArg(0), xsID_tcpActive);
	int connectsTcp = xsmcTest(xsVar(0));
	binding *it = calloc(1, sizeof *it);
	if (!it)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, it);
	xsSetHostHooks(xsThis, &hooks);
	it->onReadable = rtc_xs_callback(the, &xsArg(0), xsID_onReadable, "onReadable");
	if (!it->onReadable)
		xsTypeError("onReadable: missing");
	it->poster = rtc_poster_new(the, deliver, it);
	rtc_transport_options options = {.address = address[0] ? address : NULL, .port = (uint16_t)port};
	options.hasTcp = tcpPort >= 0;
	options.tcpPort = tcpPort < 0 ? 0 : (uint16_t)tcpPort;
	options.connectsTcp = connectsTcp;
	options.onStun = post;
	options.context = it;
	it->transport = rtc_transport_open(&options, &error);
	if (!it->transport)
		fail(the, it, error, &options);
	it->object = xsThis;
	xsRemember(it->object);
}

void xs_rtc_transport_close(xsMachine *the)
{
	binding *it = xsmcGetHostData(xsThis);
	if (!it)
		return;
	it = self(the);
	xsForget(it->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_transport_destructor(it);
}

void xs_rtc_transport_get_localPort(xsMachine *the)
{
	xsmcSetInteger(xsResult, rtc_transport_port(self(the)->transport));
}

void xs_rtc_transport_get_tcpPort(xsMachine *the)
{
	xsmcSetInteger(xsResult, rtc_tcp_port(self(the)->transport));
}

void xs_rtc_transport_hasFamily(xsMachine *the)
{
	xsmcSetBoolean(xsResult, rtc_transport_has_family(self(the)->transport, xsmcToInteger(xsArg(0))));
}

// Into xsVar(0), with xsVar(1) to do it.
static void setInterface(xsMachine *the, const rtc_interface *interface)
{
	char text[RTC_ADDRESS_TEXT];
	rtc_address_format(&interface->address, text);
	xsmcSetNewObject(xsVar(0));
	xsmcSetString(xsVar(1), text);
	xsmcSet(xsVar(0), xsID_address, xsVar(1));
	xsmcSetInteger(xsVar(1), interface->address.family);
	xsmcSet(xsVar(0), xsID_family, xsVar(1));
	xsmcSetString(xsVar(1), (char *)interface->interface);
	xsmcSet(xsVar(0), xsID_interface, xsVar(1));
	xsmcSetBoolean(xsVar(1), interface->loopback);
	xsmcSet(xsVar(0), xsID_loopback, xsVar(1));
}

void xs_rtc_transport_interfaces(xsMachine *the)
{
	rtc_interface interfaces[INTERFACES];
	self(the);
	xsmcVars(2);
	size_t count = rtc_transport_interfaces(interfaces, INTERFACES, xsmcArgc > 0 && xsmcTest(xsArg(0)));
	xsmcSetNewArray(xsResult, (xsIntegerValue)count);
	for (size_t i = 0; i < count; i++) {
		setInterface(the, &interfaces[i]);
		xsmcSetIndex(xsResult, (xsIndex)i, xsVar(0));
	}
}

// Copies the argument, a string. What is too long cannot be right.
static void readUfrag(xsMachine *the, char *buffer, size_t size)
{
	const char *text = xsmcToString(xsArg(0));
	size_t length = strlen(text);
	if (length >= size)
		xsTypeError("ufrag: too long");
	memcpy(buffer, text, length + 1);
}

void xs_rtc_transport_addUfrag(xsMachine *the)
{
	char ufrag[64];
	binding *it = self(the);
	readUfrag(the, ufrag, sizeof ufrag);
	int error = rtc_transport_add_ufrag(it->transport, ufrag, rtc_number_from_xs(the, 1, "owner"));
	if (error == ENOSPC)
		xsRangeError("ufrag: %d of them are known already", RTC_UFRAGS);
	if (error)
		xsTypeError(error == EEXIST ? "ufrag: known already" : "ufrag: empty, too long, or with a colon");
}

void xs_rtc_transport_removeUfrag(xsMachine *the)
{
	char ufrag[64];
	binding *it = self(the);
	readUfrag(the, ufrag, sizeof ufrag);
	rtc_transport_remove_ufrag(it->transport, ufrag);
}

static void fail_reading(xsMachine *the, int error)
{
	char message[96];
	snprintf(message, sizeof message, "the sockets cannot be read any more: %s", strerror(error));
	rtc_xs_throw(the, "transport/failed", message);
}

void xs_rtc_transport_read(xsMachine *the)
{
	binding *it = self(the);
	rtc_stun_origin origin;
	char text[RTC_ADDRESS_TEXT];
	void *data;
	xsUnsignedValue size;
	int length;
	xsmcVars(1);
	xsmcGetBufferWritable(xsArg(0), &data, &size);
	do
		length = rtc_transport_read_stun(it->transport, data, size, &origin);
	while (length < 0); // too large for the buffer: the next one
	if (length == 0) {
		int failure = rtc_transport_failure(it->transport);
		if (failure)
			fail_reading(the, failure);
		return;
	}
	rtc_address_format(&origin.from, text);
	xsmcSetNewObject(xsResult);
	xsmcSetInteger(xsVar(0), length);
	xsmcSet(xsResult, xsID_size, xsVar(0));
	xsmcSetString(xsVar(0), text);
	xsmcSet(xsResult, xsID_address, xsVar(0));
	xsmcSetInteger(xsVar(0), origin.from.port);
	xsmcSet(xsResult, xsID_port, xsVar(0));
	xsmcSetInteger(xsVar(0), origin.from.relay);
	xsmcSet(xsResult, xsID_relay, xsVar(0));
	xsmcSetInteger(xsVar(0), origin.owner);
	xsmcSet(xsResult, xsID_owner, xsVar(0));
}

void xs_rtc_transport_write(xsMachine *the)
{
	binding *it = self(the);
	rtc_address to;
	void *data;
	xsUnsignedValue size;
	rtc_address_from_xs(the, &xsArg(1), &xsArg(2), &to); // where it is none, `to` is nobody's
	to.relay = rtc_number_from_xs(the, 3, "relay");
	uint16_t owner = rtc_number_from_xs(the, 4, "owner");
	xsmcGetBufferReadable(xsArg(0), &data, &size); // last: nothing moves it from here on
	if (size > RTC_STUN_SIZE)
		xsRangeError("data: more than %d bytes", RTC_STUN_SIZE);
	rtc_transport_send_stun(it->transport, &to, owner, data, size); // a datagram may be lost; it is counted
}

void xs_rtc_transport_statistics(xsMachine *the)
{
	rtc_transport_statistics counted;
	rtc_tcp_statistics tcp;
	rtc_transport_get_statistics(self(the)->transport, &counted);
	rtc_tcp_get_statistics(self(the)->transport, &tcp);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_packetsReceived, (double)counted.packetsReceived);
	rtc_xs_set_number(the, xsID_bytesReceived, (double)counted.bytesReceived);
	rtc_xs_set_number(the, xsID_packetsSent, (double)counted.packetsSent);
	rtc_xs_set_number(the, xsID_bytesSent, (double)counted.bytesSent);
	rtc_xs_set_number(the, xsID_sendErrors, (double)counted.sendErrors);
	rtc_xs_set_number(the, xsID_badSource, (double)counted.badSource);
	rtc_xs_set_number(the, xsID_unknownSource, (double)counted.unknownSource);
	rtc_xs_set_number(the, xsID_malformed, (double)counted.malformed);
	rtc_xs_set_number(the, xsID_stunUnknown, (double)counted.stunUnknown);
	rtc_xs_set_number(the, xsID_stunDropped, (double)counted.stunDropped);
	rtc_xs_set_number(the, xsID_connectionsAccepted, (double)tcp.accepted);
	rtc_xs_set_number(the, xsID_connectionsRefused, (double)tcp.refused);
	rtc_xs_set_number(the, xsID_connectionsBegun, (double)tcp.begun);
	rtc_xs_set_number(the, xsID_connectionsFailed, (double)tcp.failed);
}
