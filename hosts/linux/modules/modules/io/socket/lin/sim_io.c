// SPDX-License-Identifier: Apache-2.0
#include "sim_io.h"

#include <netinet/in.h>

xsSlot *sim_io_callback(xsMachine *the, xsIdentifier id, const char *name)
{
	xsSlot slot;
	xsmcGet(slot, xsArg(0), id);
	xsType type = xsmcTypeOf(slot);
	if (type == xsUndefinedType || type == xsNullType)
		return NULL;
	if (!xsmcIsCallable(slot))
		xsTypeError("%s: not a function", name);
	return xsmcToReference(slot);
}

int sim_io_port(xsMachine *the, int fallback)
{
	xsSlot slot;
	xsmcGet(slot, xsArg(0), xsID_port);
	if (xsmcTypeOf(slot) == xsUndefinedType && fallback >= 0)
		return fallback;
	double port = xsmcToNumber(slot);
	if (!(port >= 0 && port <= 65535))
		xsRangeError("port: not 0 to 65535");
	return (int)port;
}

void sim_io_target(xsMachine *the)
{
	xsSlot target;
	if (!xsmcHas(xsArg(0), xsID_target))
		return;
	xsmcGet(target, xsArg(0), xsID_target);
	xsmcSet(xsThis, xsID_target, target);
}

void sim_io_only_format(xsMachine *the, const char *format)
{
	xsSlot slot;
	xsmcGet(slot, xsArg(0), xsID_format);
	if (xsmcTest(slot) && strcmp(xsmcToString(slot), format))
		xsRangeError("format: only \"%s\"", format);
}

void sim_io_throw(xsMachine *the, GError *error)
{
	char message[128];
	g_strlcpy(message, error->message, sizeof(message));
	g_error_free(error);
	xsUnknownError("%s", message);
}

GSocketAddress *sim_io_address(const char *text, int port)
{
	return g_inet_socket_address_new_from_string(text, (guint)port);
}

#define MULTICAST_DNS 5353 // the port of all programs of a host that know of it (RFC 6762 section 15)

// One socket for both families where the machine has IPv6, as a device has with lwIP.
static GSocket *bind_socket(GSocketType type, const char *text, int port, GError **error)
{
	g_autoptr(GInetAddress) any =
		text ? g_inet_address_new_from_string(text) : g_inet_address_new_any(G_SOCKET_FAMILY_IPV6);
	if (!any) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "address: not an IP address");
		return NULL;
	}
	g_autoptr(GSocket) socket = g_socket_new(g_inet_address_get_family(any), type, G_SOCKET_PROTOCOL_DEFAULT, error);
	if (!socket)
		return NULL;
	if (!text && !g_socket_set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0, error))
		return NULL;
	g_autoptr(GSocketAddress) address = g_inet_socket_address_new(any, (guint16)port);
	int isShared = type == G_SOCKET_TYPE_STREAM || port == MULTICAST_DNS;
	if (!g_socket_bind(socket, address, isShared, error))
		return NULL;
	g_socket_set_blocking(socket, FALSE);
	return g_steal_pointer(&socket);
}

GSocket *sim_io_bind(xsMachine *the, GSocketType type, int port)
{
	char text[INET6_ADDRSTRLEN];
	const char *address = NULL;
	xsSlot slot;
	xsmcGet(slot, xsArg(0), xsID_address);
	if (xsmcTest(slot))
		address = xsmcToStringBuffer(slot, text, sizeof(text));

	GError *error = NULL;
	GSocket *socket = bind_socket(type, address, port, &error);
	if (!socket && !address && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE)) {
		g_clear_error(&error);
		socket = bind_socket(type, "0.0.0.0", port, &error); // a machine without IPv6
	}
	if (!socket)
		sim_io_throw(the, error);
	return socket;
}

int sim_io_set_address(xsMachine *the, xsSlot *slot, GSocketAddress *address)
{
	if (!address || !G_IS_INET_SOCKET_ADDRESS(address))
		return -1;
	GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS(address);
	g_autofree char *text = g_inet_address_to_string(g_inet_socket_address_get_address(inet));
	xsmcSetString(*slot, text);
	return g_inet_socket_address_get_port(inet);
}

GSource *sim_io_watch(GSource *source, GSourceFunc callback, void *data)
{
	g_source_set_callback(source, callback, data, NULL);
	g_source_attach(source, NULL);
	return source;
}

void sim_io_unwatch(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_source_unref(*source);
	*source = NULL;
}
