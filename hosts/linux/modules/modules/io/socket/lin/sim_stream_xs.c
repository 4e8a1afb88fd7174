// SPDX-License-Identifier: Apache-2.0
// The methods that TCP and TLS have in common, and how their objects hold a stream.
#include "sim_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

static bool isNumbers(xsMachine *the, xsSlot *format)
{
	const char *text = xsmcToString(*format);
	if (!strcmp(text, "number"))
		return true;
	if (strcmp(text, "buffer"))
		xsRangeError("format: not \"buffer\" or \"number\"");
	return false;
}

static void setNoDelay(xsMachine *the, sim_stream *stream)
{
	xsmcGet(xsVar(0), xsArg(0), xsID_nodelay);
	int on = xsmcTypeOf(xsVar(0)) == xsUndefinedType || xsmcTest(xsVar(0));
	if (stream->socket)
		g_socket_set_option(stream->socket, IPPROTO_TCP, TCP_NODELAY, on, NULL);
}

void sim_stream_attach(xsMachine *the, sim_stream *stream)
{
	xsTry
	{
		xsmcVars(1);
		stream->onReadable = sim_io_callback(the, xsID_onReadable, "onReadable");
		stream->onWritable = sim_io_callback(the, xsID_onWritable, "onWritable");
		stream->onError = sim_io_callback(the, xsID_onError, "onError");
		xsmcGet(xsVar(0), xsArg(0), xsID_format);
		stream->numbers = xsmcTest(xsVar(0)) && isNumbers(the, &xsVar(0));
		setNoDelay(the, stream);
		sim_io_target(the);
	}
	xsCatch
	{
		sim_stream_abandon(stream);
		xsThrow(xsException);
	}
	xsmcSetHostData(xsThis, stream);
	xsSetHostHooks(xsThis, (xsHostHooks *)&sim_stream_hooks);
	stream->the = the;
	stream->object = xsThis;
	xsRemember(stream->object);
	stream->readable = stream->in.count > 0;
	stream->writable = stream->io != NULL;
	if (stream->io || stream->ended)
		sim_stream_wake(stream);
}

void sim_stream_park(xsMachine *the, xsSlot *slot, sim_stream *stream)
{
	xsmcSetHostData(*slot, stream);
	xsSetHostHooks(*slot, (xsHostHooks *)&sim_stream_hooks);
}

sim_stream *sim_stream_take(xsMachine *the, xsSlot *slot)
{
	sim_stream *stream = xsmcGetHostDataValidate(*slot, (void *)&sim_stream_hooks);
	if (stream->the)
		xsForget(stream->object);
	stream->the = NULL;
	xsmcSetHostData(*slot, NULL);
	xsmcSetHostDestructor(*slot, NULL);
	return stream;
}

void xs_sim_stream_close(xsMachine *the)
{
	if (xsmcGetHostData(xsThis))
		sim_stream_abandon(sim_stream_take(the, &xsThis));
}

void xs_sim_stream_read(xsMachine *the)
{
	sim_stream *stream = xsmcGetHostDataValidate(xsThis, (void *)&sim_stream_hooks);
	if (!stream->in.count)
		return;

	xsType type = xsmcArgc > 0 ? xsmcTypeOf(xsArg(0)) : xsUndefinedType;
	void *into = NULL;
	xsUnsignedValue count;
	if (stream->numbers) {
		count = 1;
	} else if (type == xsUndefinedType) {
		count = (xsUnsignedValue)stream->in.count;
	} else if (type == xsReferenceType) {
		xsmcGetBufferWritable(xsArg(0), &into, &count);
	} else {
		int requested = xsmcToInteger(xsArg(0));
		count = requested > 0 ? (xsUnsignedValue)requested : 0;
	}
	if (!count || count > stream->in.count)
		xsUnknownError("invalid");

	const uint8_t *bytes = stream->in.bytes + stream->in.start;
	if (into) {
		memcpy(into, bytes, count);
		xsmcSetInteger(xsResult, (int)count);
	} else if (stream->numbers) {
		xsmcSetInteger(xsResult, *bytes);
	} else {
		xsmcSetArrayBuffer(xsResult, (void *)bytes, (xsIntegerValue)count);
	}
	sim_queue_drop(&stream->in, count);
	if (stream->the && !stream->input) // room for more, or time to tell the end
		sim_stream_wake(stream);
}

void xs_sim_stream_write(xsMachine *the)
{
	sim_stream *stream = xsmcGetHostDataValidate(xsThis, (void *)&sim_stream_hooks);
	uint8_t byte;
	void *from = &byte;
	xsUnsignedValue count = 1;
	if (stream->numbers)
		byte = (uint8_t)xsmcToInteger(xsArg(0));
	else
		xsmcGetBufferReadable(xsArg(0), &from, &count);

	if (stream->error) { // onError is on its way
		xsmcSetInteger(xsResult, 0);
		return;
	}
	if (!stream->io || count > sim_queue_room(&stream->out))
		xsUnknownError("would block");
	memcpy(sim_queue_tail(&stream->out), from, count);
	stream->out.count += count;
	if (!stream->output)
		sim_stream_wake(stream);
	xsmcSetInteger(xsResult, (int)sim_queue_room(&stream->out));
}

void xs_sim_stream_get_format(xsMachine *the)
{
	sim_stream *stream = xsmcGetHostDataValidate(xsThis, (void *)&sim_stream_hooks);
	xsmcSetStringX(xsResult, stream->numbers ? "number" : "buffer");
}

void xs_sim_stream_set_format(xsMachine *the)
{
	sim_stream *stream = xsmcGetHostDataValidate(xsThis, (void *)&sim_stream_hooks);
	stream->numbers = isNumbers(the, &xsArg(0));
}
