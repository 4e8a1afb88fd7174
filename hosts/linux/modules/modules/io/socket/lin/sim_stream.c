// SPDX-License-Identifier: Apache-2.0
#include "sim_stream.h"

// A closed object's last bytes have this many seconds to leave.
#define LINGER_SECONDS 5

static gboolean work(gpointer data);

/* Life */

sim_stream *sim_stream_new(void)
{
	sim_stream *stream = g_new0(sim_stream, 1);
	stream->references = 1;
	stream->cancel = g_cancellable_new();
	return stream;
}

sim_stream *sim_stream_hold(sim_stream *stream)
{
	stream->references += 1;
	return stream;
}

void sim_stream_release(sim_stream *stream)
{
	if (--stream->references)
		return;
	sim_io_unwatch(&stream->wake);
	sim_io_unwatch(&stream->input);
	sim_io_unwatch(&stream->output);
	sim_io_unwatch(&stream->connecting);
	sim_io_unwatch(&stream->linger);
	if (stream->io) { // TLS says good-bye from a thread, for which the time-out is a bound
		g_socket_set_timeout(stream->socket, LINGER_SECONDS);
		g_io_stream_close_async(stream->io, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
	} else if (stream->socket) {
		g_socket_close(stream->socket, NULL);
	}
	g_clear_object(&stream->io);
	g_clear_object(&stream->socket);
	g_clear_object(&stream->cancel);
	if (stream->secure)
		stream->freeSecure(stream->secure);
	g_free(stream->error);
	g_free(stream);
}

static gboolean lingered(gpointer data)
{
	sim_stream *stream = data;
	sim_io_unwatch(&stream->linger);
	sim_stream_release(stream);
	return G_SOURCE_REMOVE;
}

void sim_stream_abandon(sim_stream *stream)
{
	stream->the = NULL;
	stream->onReadable = stream->onWritable = stream->onError = NULL;
	g_cancellable_cancel(stream->cancel);
	sim_io_unwatch(&stream->connecting);
	sim_io_unwatch(&stream->input);
	if (stream->io && !stream->error && stream->out.count)
		stream->linger = sim_io_watch(g_timeout_source_new_seconds(LINGER_SECONDS), lingered, sim_stream_hold(stream));
	else
		sim_io_unwatch(&stream->wake);
	sim_stream_release(stream);
}

void xs_sim_stream_destructor(void *data)
{
	if (data)
		sim_stream_abandon(data);
}

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	sim_stream *stream = data;
	if (stream->onReadable)
		(*markRoot)(the, stream->onReadable);
	if (stream->onWritable)
		(*markRoot)(the, stream->onWritable);
	if (stream->onError)
		(*markRoot)(the, stream->onError);
}

const xsHostHooks sim_stream_hooks = {xs_sim_stream_destructor, mark, NULL};

/* Telling JavaScript. An exception in a callback is the application's: it ends the machine, as on a device. */

static void tell(sim_stream *stream, xsSlot *callback, size_t count)
{
	if (!callback)
		return;
	xsBeginHost(stream->the);
	xsmcSetInteger(xsResult, (int)count);
	(void)xsCallFunction1(xsReference(callback), stream->object, xsResult);
	xsEndHost(stream->the);
}

static void tellEnd(sim_stream *stream)
{
	stream->endTold = true;
	if (!stream->onError)
		return;
	xsBeginHost(stream->the);
	if (stream->error) {
		xsmcVars(1);
		xsmcSetString(xsVar(0), stream->error);
		xsmcNew(xsResult, xsGlobal, xsID_Error, &xsVar(0), NULL);
	}
	(void)xsCallFunction1(xsReference(stream->onError), stream->object, xsResult);
	xsEndHost(stream->the);
}

// A callback may close the object, or give the stream away: `the` says whether there is still somebody to tell.
static void deliver(sim_stream *stream)
{
	if (stream->the && stream->writable && !stream->error && sim_queue_room(&stream->out)) {
		stream->writable = false;
		tell(stream, stream->onWritable, sim_queue_room(&stream->out));
	}
	if (stream->the && stream->readable && stream->in.count) {
		stream->readable = false;
		tell(stream, stream->onReadable, stream->in.count);
	}
	if (stream->the && stream->ended && !stream->in.count && !stream->endTold)
		tellEnd(stream);
}

/* Moving bytes */

void sim_stream_wake(sim_stream *stream)
{
	if (!stream->wake) {
		GSource *source = g_idle_source_new();
		g_source_set_priority(source, G_PRIORITY_DEFAULT);
		stream->wake = sim_io_watch(source, work, stream);
	}
}

static void end(sim_stream *stream, GError *error)
{
	sim_stream_fail(stream, error ? error->message : NULL);
	g_clear_error(&error);
}

void sim_stream_fail(sim_stream *stream, const char *message)
{
	if (stream->ended && (stream->error || !message))
		return;
	stream->ended = true;
	stream->endTold = false; // the peer had closed its half, maybe, and is gone now
	stream->error = g_strdup(message);
	sim_stream_wake(stream);
}

static gboolean ready(GObject *object, gpointer data)
{
	(void)object;
	return work(data);
}

static void fill(sim_stream *stream)
{
	GPollableInputStream *input = G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(stream->io));
	while (!stream->ended && sim_queue_room(&stream->in)) {
		GError *error = NULL;
		gssize count = g_pollable_input_stream_read_nonblocking(input, sim_queue_tail(&stream->in),
																sim_queue_room(&stream->in), NULL, &error);
		if (count > 0) {
			stream->in.count += (size_t)count;
			stream->readable = true;
		} else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
			g_error_free(error);
			stream->input =
				sim_io_watch(g_pollable_input_stream_create_source(input, NULL), (GSourceFunc)(void *)ready, stream);
			return;
		} else {
			end(stream, error); // without error: the peer closed the connection
		}
	}
}

static void flush(sim_stream *stream)
{
	GPollableOutputStream *output = G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(stream->io));
	while (stream->out.count && !stream->error) {
		GError *error = NULL;
		gssize count = g_pollable_output_stream_write_nonblocking(output, stream->out.bytes + stream->out.start,
																  stream->out.count, NULL, &error);
		if (count >= 0) {
			sim_queue_drop(&stream->out, (size_t)count);
			stream->writable = true;
		} else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
			g_error_free(error);
			stream->output =
				sim_io_watch(g_pollable_output_stream_create_source(output, NULL), (GSourceFunc)(void *)ready, stream);
			return;
		} else {
			end(stream, error);
			stream->out.count = 0;
		}
	}
}

// The one place where bytes move and callbacks are called: always from the main loop, never from within a call of the
// application.
static gboolean work(gpointer data)
{
	sim_stream *stream = sim_stream_hold(data);
	sim_io_unwatch(&stream->wake);
	sim_io_unwatch(&stream->input);
	sim_io_unwatch(&stream->output);
	if (stream->io)
		flush(stream);
	if (stream->io && stream->the)
		fill(stream);
	deliver(stream);
	if (stream->linger && !stream->out.count)
		lingered(stream);
	sim_stream_release(stream);
	return G_SOURCE_REMOVE;
}

void sim_stream_begin(sim_stream *stream, GIOStream *io)
{
	stream->io = io;
	stream->writable = true;
	sim_stream_wake(stream);
}

static gboolean connected(GSocket *socket, GIOCondition condition, gpointer data)
{
	(void)condition;
	sim_stream *stream = data;
	GError *error = NULL;
	sim_io_unwatch(&stream->connecting);
	if (!g_socket_check_connect_result(socket, &error))
		end(stream, error);
	else if (stream->opened)
		stream->opened(stream);
	else
		sim_stream_begin(stream, G_IO_STREAM(g_socket_connection_factory_create_connection(socket)));
	return G_SOURCE_REMOVE;
}

static GError *connectTo(sim_stream *stream, const char *text, int port)
{
	GError *error = NULL;
	g_autoptr(GSocketAddress) address = sim_io_address(text, port);
	if (!address)
		return g_error_new(G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "invalid address");
	stream->socket =
		g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
	if (!stream->socket)
		return error;
	g_socket_set_blocking(stream->socket, FALSE);
	if (g_socket_connect(stream->socket, address, NULL, &error) ||
		g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PENDING)) {
		g_clear_error(&error);
		stream->connecting = sim_io_watch(g_socket_create_source(stream->socket, G_IO_OUT, NULL),
										  (GSourceFunc)(void *)connected, stream);
	} else {
		end(stream, error);
	}
	return NULL;
}

void sim_stream_connect(xsMachine *the, sim_stream *stream)
{
	char text[INET6_ADDRSTRLEN];
	xsSlot slot;
	xsmcGet(slot, xsArg(0), xsID_address);
	xsmcToStringBuffer(slot, text, sizeof(text));
	GError *error = connectTo(stream, text, sim_io_port(the, -1));
	if (error)
		sim_io_throw(the, error);
}
