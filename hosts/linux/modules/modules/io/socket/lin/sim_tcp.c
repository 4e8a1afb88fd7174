// SPDX-License-Identifier: Apache-2.0
// embedded:io/socket/tcp: what TCP has beyond a stream.
#include "sim_stream.h"

// Without options it is an empty object, for Listener's read to fill.
void xs_sim_tcp(xsMachine *the)
{
	if (!xsmcArgc || xsmcTypeOf(xsArg(0)) == xsUndefinedType)
		return;
	if (xsmcHas(xsArg(0), xsID_from)) {
		xsmcVars(1);
		xsmcGet(xsVar(0), xsArg(0), xsID_from);
		sim_stream_attach(the, sim_stream_take(the, &xsVar(0)));
		return;
	}
	sim_stream *stream = sim_stream_new();
	xsTry
	{
		sim_stream_connect(the, stream);
	}
	xsCatch
	{
		sim_stream_release(stream);
		xsThrow(xsException);
	}
	sim_stream_attach(the, stream);
}

static GSocketAddress *peer(xsMachine *the)
{
	sim_stream *stream = xsmcGetHostDataValidate(xsThis, (void *)&sim_stream_hooks);
	return g_socket_get_remote_address(stream->socket, NULL);
}

void xs_sim_tcp_get_remoteAddress(xsMachine *the)
{
	g_autoptr(GSocketAddress) address = peer(the);
	sim_io_set_address(the, &xsResult, address);
}

void xs_sim_tcp_get_remotePort(xsMachine *the)
{
	g_autoptr(GSocketAddress) address = peer(the);
	if (address)
		xsmcSetInteger(xsResult, g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address)));
}
