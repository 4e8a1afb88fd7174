// SPDX-License-Identifier: Apache-2.0
// The class TLSSocket of ECMA-419 over rtc_tls_socket.
#include "rtc_xs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_tls.h"
#include "rtc_tls_socket.h"

typedef struct {
	xsSlot object;
	int isRooted;
	xsSlot *onReadable, *onWritable, *onError;
	rtc_poster *poster;
	rtc_stream_layer *layer; // until it is the socket's
	rtc_tls_socket *socket;
	int isNumbers;
	uint32_t come, left; // as was told
	int isEndTold;
} binding;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	binding *it = data;
	if (it->onReadable)
		(*markRoot)(the, it->onReadable);
	if (it->onWritable)
		(*markRoot)(the, it->onWritable);
	if (it->onError)
		(*markRoot)(the, it->onError);
}

void xs_rtc_tls_socket_destructor(void *data)
{
	binding *it = data;
	if (!it)
		return;
	if (it->socket)
		rtc_tls_socket_close(it->socket); // it posts no more
	if (it->layer)
		(*it->layer->free)(it->layer);
	rtc_poster_close(it->poster);
	free(it);
}

static const xsHostHooks hooks = {xs_rtc_tls_socket_destructor, mark, NULL};

static binding *self(xsMachine *the)
{
	return rtc_xs_host(the, &xsThis, &hooks, "TLSSocket");
}

/* Telling JavaScript */

// Whether the object of the frame is open still: what was called may have closed it.
#define isOpen() (xsmcGetHostData(xsVar(0)) != NULL)

static void tellCount(xsMachine *the, xsSlot *callback, size_t count)
{
	if (!callback)
		return;
	xsmcSetInteger(xsVar(1), (xsIntegerValue)count);
	xsCallFunction1(xsReference(callback), xsVar(0), xsVar(1));
}

static void tellEnd(xsMachine *the, xsSlot *callback, const char *reason)
{
	if (!callback)
		return;
	if (*reason) {
		xsmcSetString(xsVar(1), (char *)reason);
		xsmcNew(xsVar(1), xsGlobal, xsID_Error, &xsVar(1), NULL);
	}
	xsCallFunction1(xsReference(callback), xsVar(0), xsVar(1));
}

static void deliver(xsMachine *machine, void *context)
{
	binding *it = context;
	rtc_tls_socket_state state;
	rtc_tls_socket_look(it->socket, &state);
	int hasFailed = state.isEnded && *state.reason;
	int hasRoom = state.left != it->left && state.writable && !hasFailed;
	int hasCome = state.come != it->come && state.readable;
	int isEnd = state.isEnded && !state.readable && !it->isEndTold; // what came before is read first
	it->come = state.come;
	it->left = state.left;
	it->isEndTold |= isEnd;
	rtcEnter(machine);
	xsmcVars(2);
	xsVar(0) = xsAccess(it->object);
	if (hasRoom)
		tellCount(the, it->onWritable, state.writable);
	if (hasCome && isOpen())
		tellCount(the, it->onReadable, state.readable);
	if (isEnd && isOpen()) {
		xsmcSetUndefined(xsVar(1));
		tellEnd(the, it->onError, state.reason);
	}
	rtcLeave(machine);
}

static void post(void *context)
{
	rtc_poster_post(((binding *)context)->poster);
}

/* Options */

// The bytes of a string or a buffer: valid until something is allocated.
static int give(xsMachine *the, binding *it, xsSlot *slot, int (*to)(rtc_stream_layer *, const void *, size_t))
{
	void *bytes;
	xsUnsignedValue size;
	if (xsmcTypeOf(*slot) == xsReferenceType) {
		xsmcGetBufferReadable(*slot, &bytes, &size);
		return (*to)(it->layer, bytes, size);
	}
	bytes = xsmcToString(*slot);
	return (*to)(it->layer, bytes, strlen(bytes) + 1);
}

// Of an option that is one, or an array of them. Returns whether it is there.
static int giveAll(xsMachine *the, binding *it, xsSlot *secure, xsIdentifier id, const char *name,
				   int (*to)(rtc_stream_layer *, const void *, size_t))
{
	int error = 0;
	xsmcGet(xsVar(1), *secure, id);
	if (!xsmcTest(xsVar(1)))
		return 0;
	xsmcGet(xsVar(2), xsGlobal, xsID_Array);
	xsmcCall(xsVar(2), xsVar(2), xsID_isArray, &xsVar(1), NULL);
	if (xsmcTest(xsVar(2))) {
		xsmcGet(xsVar(2), xsVar(1), xsID_length);
		xsIntegerValue count = xsmcToInteger(xsVar(2));
		for (xsIntegerValue i = 0; i < count && !error; i++) {
			xsmcGetIndex(xsVar(2), xsVar(1), (xsIndex)i);
			error = give(the, it, &xsVar(2), to);
		}
	} else
		error = give(the, it, &xsVar(1), to);
	if (error == EINVAL)
		xsTypeError("secure.%s: neither DER nor PEM", name);
	if (error)
		rtc_xs_throw(the, "transport/failed", "no memory for TLS");
	return 1;
}

static void readSecure(xsMachine *the, binding *it, xsSlot *secure)
{
	giveAll(the, it, secure, xsID_certificate, "certificate", rtc_tls_add_authority);
	int hasOwn = giveAll(the, it, secure, xsID_clientCertificates, "clientCertificates", rtc_tls_add_certificate);
	if (hasOwn != giveAll(the, it, secure, xsID_clientKey, "clientKey", rtc_tls_set_key))
		xsTypeError("secure.clientCertificates, secure.clientKey: one without the other");
	xsmcGet(xsVar(1), *secure, xsID_verify);
	if (xsmcTypeOf(xsVar(1)) != xsUndefinedType && !xsmcTest(xsVar(1)))
		rtc_tls_trust_anybody(it->layer);
}

// ALPN's names: an array reads as they are, with commas between.
static const char *readProtocols(xsMachine *the, xsSlot *secure, char *protocols)
{
	xsmcGet(xsVar(1), *secure, xsID_applicationLayerProtocolNegotiation);
	if (!xsmcTest(xsVar(1)))
		return NULL;
	const char *text = xsmcToString(xsVar(1));
	if (strlen(text) >= RTC_TLS_PROTOCOL)
		xsRangeError("secure.applicationLayerProtocolNegotiation: longer than %d bytes", RTC_TLS_PROTOCOL - 1);
	return strcpy(protocols, text);
}

static void makeLayer(xsMachine *the, binding *it)
{
	char serverName[RTC_TLS_NAME] = "", protocols[RTC_TLS_PROTOCOL];
	rtc_tls_options options = {.serverName = serverName};
	int error;
	xsmcGet(xsVar(0), xsArg(0), xsID_secure);
	int isSecure = xsmcTypeOf(xsVar(0)) == xsReferenceType;
	if (isSecure) {
		rtc_xs_string(the, &xsVar(0), xsID_serverName, "secure.serverName", serverName, sizeof serverName, 0);
		options.protocols = readProtocols(the, &xsVar(0), protocols);
	}
	if (!*serverName)
		rtc_xs_string(the, &xsArg(0), xsID_host, "host", serverName, sizeof serverName, 0);
	if (!*serverName)
		rtc_xs_string(the, &xsArg(0), xsID_address, "address", serverName, sizeof serverName, 1);
	it->layer = rtc_tls_new(&options, &error);
	if (!it->layer && error == EINVAL)
		xsTypeError("host, secure.applicationLayerProtocolNegotiation: not a name");
	if (!it->layer)
		rtc_xs_throw(the, "transport/failed", "no memory for TLS");
	if (isSecure)
		readSecure(the, it, &xsVar(0));
}

static int isNumbers(xsMachine *the, xsSlot *format)
{
	const char *text = xsmcToString(*format);
	if (!strcmp(text, "number"))
		return 1;
	if (strcmp(text, "buffer"))
		xsRangeError("format: not \"buffer\" or \"number\"");
	return 0;
}

static void readTarget(xsMachine *the, binding *it)
{
	xsmcGet(xsVar(0), xsArg(0), xsID_format);
	it->isNumbers = xsmcTest(xsVar(0)) && isNumbers(the, &xsVar(0));
	xsmcGet(xsVar(0), xsArg(0), xsID_target);
	if (xsmcTypeOf(xsVar(0)) != xsUndefinedType)
		xsmcSet(xsThis, xsID_target, xsVar(0));
}

/* The class */

void xs_rtc_tls_socket(xsMachine *the)
{
	char text[RTC_ADDRESS_TEXT], message[96];
	rtc_address address;
	int error;
	if (xsmcArgc < 1)
		xsTypeError("options: missing");
	xsmcVars(3);
	rtc_xs_string(the, &xsArg(0), xsID_address, "address", text, sizeof text, 1);
	int port = rtc_xs_integer(the, &xsArg(0), xsID_port, "port", 1, 65535, 443);
	if (rtc_address_parse(&address, text, (uint16_t)port))
		xsTypeError("address: not an IP address");
	binding *it = calloc(1, sizeof *it);
	if (!it)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, it); // what throws from here on leaves it to the collector
	xsSetHostHooks(xsThis, &hooks);
	it->onReadable = rtc_xs_callback(the, &xsArg(0), xsID_onReadable, "onReadable");
	it->onWritable = rtc_xs_callback(the, &xsArg(0), xsID_onWritable, "onWritable");
	it->onError = rtc_xs_callback(the, &xsArg(0), xsID_onError, "onError");
	readTarget(the, it);
	makeLayer(the, it);
	it->poster = rtc_poster_new(the, deliver, it);
	rtc_stream_layer *layer = it->layer;
	it->layer = NULL;
	it->socket = rtc_tls_socket_open(&address, layer, post, it, &error);
	if (!it->socket) {
		snprintf(message, sizeof message, "cannot open a TLS connection: %s", strerror(error));
		rtc_xs_throw(the, "transport/failed", message);
	}
	it->object = xsThis;
	xsRemember(it->object);
	it->isRooted = 1;
}

void xs_rtc_tls_socket_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	binding *it = self(the);
	if (it->isRooted)
		xsForget(it->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_tls_socket_destructor(it);
}

// How many bytes are asked for, and where they go, if there is a place.
static xsUnsignedValue readRequest(xsMachine *the, const binding *it, size_t readable, void **into)
{
	xsUnsignedValue size = (xsUnsignedValue)readable;
	xsType type = xsmcArgc > 0 ? xsmcTypeOf(xsArg(0)) : xsUndefinedType;
	if (it->isNumbers)
		return 1;
	if (type == xsReferenceType) {
		xsmcGetBufferWritable(xsArg(0), into, &size);
		return size < readable ? size : (xsUnsignedValue)readable;
	}
	if (type != xsUndefinedType) {
		xsIntegerValue asked = xsmcToInteger(xsArg(0));
		if (asked <= 0 || (size_t)asked > readable)
			xsUnknownError("invalid");
		size = (xsUnsignedValue)asked;
	}
	return size;
}

void xs_rtc_tls_socket_read(xsMachine *the)
{
	binding *it = self(the);
	rtc_tls_socket_state state;
	void *into = NULL;
	uint8_t byte;
	rtc_tls_socket_look(it->socket, &state);
	if (!state.readable)
		return;
	xsUnsignedValue size = readRequest(the, it, state.readable, &into);
	if (it->isNumbers) {
		size = (xsUnsignedValue)rtc_tls_socket_read(it->socket, &byte, 1);
		xsmcSetInteger(xsResult, byte);
	} else if (into) {
		size = (xsUnsignedValue)rtc_tls_socket_read(it->socket, into, size);
		xsmcSetInteger(xsResult, (xsIntegerValue)size);
	} else {
		xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)size);
		xsmcGetBufferWritable(xsResult, &into, &size);
		size = (xsUnsignedValue)rtc_tls_socket_read(it->socket, into, size);
	}
	if (state.isEnded && size == state.readable)
		rtc_poster_post(it->poster);
}

void xs_rtc_tls_socket_write(xsMachine *the)
{
	binding *it = self(the);
	rtc_tls_socket_state state;
	uint8_t byte;
	void *from = &byte;
	xsUnsignedValue size = 1;
	if (xsmcArgc < 1)
		xsTypeError("data: missing");
	if (it->isNumbers)
		byte = (uint8_t)xsmcToInteger(xsArg(0));
	else
		xsmcGetBufferReadable(xsArg(0), &from, &size);
	rtc_tls_socket_look(it->socket, &state);
	int hasFailed = state.isEnded && *state.reason; // onError is on its way, or was there
	if (!hasFailed && rtc_tls_socket_write(it->socket, from, size))
		xsUnknownError("would block");
	rtc_tls_socket_look(it->socket, &state);
	xsmcSetInteger(xsResult, hasFailed ? 0 : (xsIntegerValue)state.writable);
}

void xs_rtc_tls_socket_get_format(xsMachine *the)
{
	xsmcSetStringX(xsResult, self(the)->isNumbers ? "number" : "buffer");
}

void xs_rtc_tls_socket_set_format(xsMachine *the)
{
	binding *it = self(the);
	if (xsmcArgc < 1)
		xsTypeError("format: missing");
	it->isNumbers = isNumbers(the, &xsArg(0));
}
