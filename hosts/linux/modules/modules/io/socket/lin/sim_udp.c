// SPDX-License-Identifier: Apache-2.0
// embedded:io/socket/udp: datagrams of both address families, a bounded number of them kept until they are read.
#include "sim_io.h"

#include <netinet/in.h>

// Datagrams kept for JavaScript. Beyond these they stay in the kernel's buffer, which drops when it is full.
#define MAX_PENDING 64
#define MAX_DATAGRAM 65535

typedef struct {
	GSocketAddress *from;
	size_t size;
	uint8_t bytes[];
} sim_datagram;

typedef struct {
	xsMachine *the;
	xsSlot object;
	xsSlot *onReadable;
	GSocket *socket;
	GSource *source;
	GQueue pending; // of sim_datagram
} sim_udp;

static void freeDatagram(gpointer data)
{
	sim_datagram *datagram = data;
	g_object_unref(datagram->from);
	g_free(datagram);
}

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	sim_udp *udp = data;
	if (udp->onReadable)
		(*markRoot)(the, udp->onReadable);
}

void xs_sim_udp_destructor(void *data)
{
	sim_udp *udp = data;
	if (!udp)
		return;
	sim_io_unwatch(&udp->source);
	g_queue_clear_full(&udp->pending, freeDatagram);
	g_object_unref(udp->socket);
	g_free(udp);
}

static const xsHostHooks hooks = {xs_sim_udp_destructor, mark, NULL};

static gboolean receivable(GSocket *socket, GIOCondition condition, gpointer data);

static void watch(sim_udp *udp)
{
	if (!udp->source)
		udp->source =
			sim_io_watch(g_socket_create_source(udp->socket, G_IO_IN, NULL), (GSourceFunc)(void *)receivable, udp);
}

// One datagram into the queue; false when there is none. An ICMP error that the kernel reports here is a datagram of
// ours that got lost, and no reason to stop.
static bool receive(sim_udp *udp)
{
	static uint8_t buffer[MAX_DATAGRAM];
	GSocketAddress *from = NULL;
	g_autoptr(GError) error = NULL;
	gssize size = g_socket_receive_from(udp->socket, &from, (char *)buffer, sizeof(buffer), NULL, &error);
	if (size < 0 || !from) {
		g_clear_object(&from);
		return !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
	}
	sim_datagram *datagram = g_malloc(sizeof(sim_datagram) + (size_t)size);
	datagram->from = from;
	datagram->size = (size_t)size;
	memcpy(datagram->bytes, buffer, (size_t)size);
	g_queue_push_tail(&udp->pending, datagram);
	return true;
}

static gboolean receivable(GSocket *socket, GIOCondition condition, gpointer data)
{
	(void)socket;
	(void)condition;
	sim_udp *udp = data;
	for (int turns = 0; turns < MAX_PENDING && udp->pending.length < MAX_PENDING && receive(udp); turns++)
		;
	if (udp->pending.length == MAX_PENDING)
		sim_io_unwatch(&udp->source);
	if (udp->pending.length && udp->onReadable) {
		xsBeginHost(udp->the);
		xsmcSetInteger(xsResult, (int)udp->pending.length);
		(void)xsCallFunction1(xsReference(udp->onReadable), udp->object, xsResult);
		xsEndHost(udp->the);
	}
	return G_SOURCE_CONTINUE;
}

void xs_sim_udp(xsMachine *the)
{
	xsSlot *onReadable = sim_io_callback(the, xsID_onReadable, "onReadable");
	sim_io_only_format(the, "buffer");
	xsSlot timeToLive;
	xsmcGet(timeToLive, xsArg(0), xsID_timeToLive);
	int ttl = xsmcTypeOf(timeToLive) == xsUndefinedType ? 0 : xsmcToInteger(timeToLive);
	if (ttl < 0 || ttl > 255)
		xsRangeError("timeToLive: not 1 to 255");
	GSocket *socket = sim_io_bind(the, G_SOCKET_TYPE_DATAGRAM, sim_io_port(the, 0));
	g_socket_set_broadcast(socket, TRUE);
	if (ttl) {
		g_socket_set_ttl(socket, (guint)ttl);
		g_socket_set_multicast_ttl(socket, (guint)ttl);
		g_socket_set_option(socket, IPPROTO_IP, IP_MULTICAST_TTL, ttl, NULL); // of both families
	}
	sim_udp *udp = g_new0(sim_udp, 1);
	udp->the = the;
	udp->onReadable = onReadable;
	udp->socket = socket;
	xsmcSetHostData(xsThis, udp);
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	udp->object = xsThis;
	xsRemember(udp->object);
	sim_io_target(the);
	watch(udp);
}

void xs_sim_udp_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	sim_udp *udp = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	xsForget(udp->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_sim_udp_destructor(udp);
}

void xs_sim_udp_read(xsMachine *the)
{
	sim_udp *udp = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	sim_datagram *datagram = g_queue_peek_head(&udp->pending);
	if (!datagram)
		return;
	xsmcVars(1);
	xsmcSetArrayBuffer(xsResult, datagram->bytes, (xsIntegerValue)datagram->size);
	int port = sim_io_set_address(the, &xsVar(0), datagram->from);
	xsmcSet(xsResult, xsID_address, xsVar(0));
	xsmcSetInteger(xsVar(0), port);
	xsmcSet(xsResult, xsID_port, xsVar(0));
	freeDatagram(g_queue_pop_head(&udp->pending));
	watch(udp);
}

void xs_sim_udp_write(xsMachine *the)
{
	sim_udp *udp = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	char text[64];
	xsmcToStringBuffer(xsArg(1), text, sizeof(text));
	int port = xsmcToInteger(xsArg(2));
	if (port < 1 || port > 65535)
		xsRangeError("invalid port");
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	g_autoptr(GSocketAddress) address = sim_io_address(text, port);
	GError *error = NULL;
	if (!address)
		error = g_error_new(G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "invalid address");
	else
		g_socket_send_to(udp->socket, address, bytes, size, NULL, &error);
	g_clear_object(&address);
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
		g_clear_error(&error); // a full buffer drops, as the network does
	if (error)
		sim_io_throw(the, error);
}

static void group(xsMachine *the, gboolean (*change)(GSocket *, GInetAddress *, gboolean, const gchar *, GError **))
{
	sim_udp *udp = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	char text[64];
	GError *error = NULL;
	xsmcToStringBuffer(xsArg(0), text, sizeof(text));
	g_autoptr(GInetAddress) address = g_inet_address_new_from_string(text);
	if (!address || !g_inet_address_get_is_multicast(address))
		error = g_error_new(G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "invalid address");
	else
		(*change)(udp->socket, address, FALSE, NULL, &error);
	g_clear_object(&address);
	if (error)
		sim_io_throw(the, error);
}

void xs_sim_udp_add(xsMachine *the)
{
	group(the, g_socket_join_multicast_group);
}

void xs_sim_udp_remove(xsMachine *the)
{
	group(the, g_socket_leave_multicast_group);
}
