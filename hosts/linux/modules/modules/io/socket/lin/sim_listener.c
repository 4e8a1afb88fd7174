// SPDX-License-Identifier: Apache-2.0
// embedded:io/socket/listener: connections wait here until they are read.
#include "sim_stream.h"

// Connections accepted and not yet read; more wait in the kernel, and beyond its backlog in their clients.
#define MAX_PENDING 16
// Until the next attempt when there is no descriptor or no memory for a connection: it stays in the kernel, which goes
// on saying that it is there.
#define RETRY_MS 200

typedef struct {
	xsMachine *the;
	xsSlot object;
	xsSlot *onReadable;
	GSocket *socket;
	GSource *source;
	GSource *retry;
	GQueue pending; // of GSocket
} sim_listener;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	sim_listener *listener = data;
	if (listener->onReadable)
		(*markRoot)(the, listener->onReadable);
}

void xs_sim_listener_destructor(void *data)
{
	sim_listener *listener = data;
	if (!listener)
		return;
	sim_io_unwatch(&listener->source);
	sim_io_unwatch(&listener->retry);
	g_queue_clear_full(&listener->pending, g_object_unref);
	g_object_unref(listener->socket);
	g_free(listener);
}

static const xsHostHooks hooks = {xs_sim_listener_destructor, mark, NULL};

static gboolean acceptable(GSocket *socket, GIOCondition condition, gpointer data);

static void watch(sim_listener *listener)
{
	if (!listener->source && !listener->retry)
		listener->source = sim_io_watch(g_socket_create_source(listener->socket, G_IO_IN, NULL),
										(GSourceFunc)(void *)acceptable, listener);
}

static gboolean retry(gpointer data)
{
	sim_listener *listener = data;
	sim_io_unwatch(&listener->retry);
	watch(listener);
	return G_SOURCE_REMOVE;
}

static void waitForRoom(sim_listener *listener)
{
	sim_io_unwatch(&listener->source);
	listener->retry = sim_io_watch(g_timeout_source_new(RETRY_MS), retry, listener);
}

static gboolean acceptable(GSocket *socket, GIOCondition condition, gpointer data)
{
	(void)condition;
	sim_listener *listener = data;
	GError *error = NULL;
	while (listener->pending.length < MAX_PENDING && !error) {
		GSocket *client = g_socket_accept(socket, NULL, &error);
		if (!client)
			continue;
		g_socket_set_blocking(client, FALSE);
		g_queue_push_tail(&listener->pending, client);
	}
	if (error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
		waitForRoom(listener);
	g_clear_error(&error);
	if (listener->pending.length == MAX_PENDING)
		sim_io_unwatch(&listener->source);
	if (listener->pending.length && listener->onReadable) {
		xsBeginHost(listener->the);
		xsmcSetInteger(xsResult, (int)listener->pending.length);
		(void)xsCallFunction1(xsReference(listener->onReadable), listener->object, xsResult);
		xsEndHost(listener->the);
	}
	return G_SOURCE_CONTINUE; // of no effect on a source that was destroyed meanwhile
}

void xs_sim_listener(xsMachine *the)
{
	xsSlot *onReadable = sim_io_callback(the, xsID_onReadable, "onReadable");
	sim_io_only_format(the, "socket/tcp");
	GSocket *socket = sim_io_bind(the, G_SOCKET_TYPE_STREAM, sim_io_port(the, 0));
	GError *error = NULL;
	if (!g_socket_listen(socket, &error)) {
		g_object_unref(socket);
		sim_io_throw(the, error);
	}
	sim_listener *listener = g_new0(sim_listener, 1);
	listener->the = the;
	listener->onReadable = onReadable;
	listener->socket = socket;
	xsmcSetHostData(xsThis, listener);
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	listener->object = xsThis;
	xsRemember(listener->object);
	sim_io_target(the);
	watch(listener);
}

void xs_sim_listener_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	sim_listener *listener = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	xsForget(listener->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_sim_listener_destructor(listener);
}

// Fills the TCP object in xsArg(0).
void xs_sim_listener_read(xsMachine *the)
{
	sim_listener *listener = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	GSocket *client = g_queue_pop_head(&listener->pending);
	if (!client)
		return;
	watch(listener);
	sim_stream *stream = sim_stream_new();
	stream->socket = client;
	stream->io = G_IO_STREAM(g_socket_connection_factory_create_connection(client));
	sim_stream_park(the, &xsArg(0), stream);
	xsResult = xsArg(0);
}

void xs_sim_listener_get_port(xsMachine *the)
{
	sim_listener *listener = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	g_autoptr(GSocketAddress) address = g_socket_get_local_address(listener->socket, NULL);
	if (address)
		xsmcSetInteger(xsResult, g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address)));
}
