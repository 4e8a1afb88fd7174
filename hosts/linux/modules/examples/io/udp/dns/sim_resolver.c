// SPDX-License-Identifier: Apache-2.0
// embedded:network/dns/resolver/udp over the system's resolver: getaddrinfo in a thread of GIO's. What XS_WEBRTC_HOSTS
// says of a name comes first.
#include "sim_io.h"
#include "sim_hosts.h"

typedef struct {
	int references; // the object's, and one for each query under way
	xsMachine *the; // NULL once closed
	xsSlot object;
	GCancellable *cancel;
	GList *queries; // of sim_query
} sim_resolver;

typedef struct {
	sim_resolver *resolver;
	char *host;
	xsSlot *onResolved, *onError;
	GError *refusal; // the name is not to be found
} sim_query;

static void release(sim_resolver *resolver)
{
	if (--resolver->references)
		return;
	g_object_unref(resolver->cancel);
	g_free(resolver);
}

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	sim_resolver *resolver = data;
	for (GList *item = resolver->queries; item; item = item->next) {
		sim_query *query = item->data;
		if (query->onResolved)
			(*markRoot)(the, query->onResolved);
		if (query->onError)
			(*markRoot)(the, query->onError);
	}
}

void xs_sim_resolver_destructor(void *data)
{
	sim_resolver *resolver = data;
	if (!resolver)
		return;
	resolver->the = NULL;
	g_cancellable_cancel(resolver->cancel);
	release(resolver);
}

static const xsHostHooks hooks = {xs_sim_resolver_destructor, mark, NULL};

void xs_sim_resolver(xsMachine *the)
{
	sim_resolver *resolver = g_new0(sim_resolver, 1);
	resolver->references = 1;
	resolver->the = the;
	resolver->cancel = g_cancellable_new();
	xsmcSetHostData(xsThis, resolver);
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	resolver->object = xsThis;
}

// The object is rooted only while a query is under way: HTTP clients drop their resolver without closing it.
static void forget(xsMachine *the, sim_resolver *resolver)
{
	if (resolver->references > 1)
		xsForget(resolver->object);
}

void xs_sim_resolver_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	sim_resolver *resolver = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	forget(the, resolver);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_sim_resolver_destructor(resolver);
}

// IPv4 first, which is all that a device's resolver knows.
static GInetAddress *choose(GList *addresses)
{
	for (GList *item = addresses; item; item = item->next)
		if (g_inet_address_get_family(item->data) == G_SOCKET_FAMILY_IPV4)
			return item->data;
	return addresses ? addresses->data : NULL;
}

static void tell(sim_query *query, GInetAddress *address, const char *message)
{
	sim_resolver *resolver = query->resolver;
	xsSlot *callback = address ? query->onResolved : query->onError;
	if (!callback)
		return;
	xsBeginHost(resolver->the);
	xsmcVars(2);
	xsmcSetString(xsVar(0), query->host);
	if (address) {
		g_autofree char *text = g_inet_address_to_string(address);
		xsmcSetString(xsVar(1), text);
	} else {
		xsmcSetString(xsVar(1), (char *)message);
		xsmcNew(xsVar(1), xsGlobal, xsID_Error, &xsVar(1), NULL);
	}
	(void)xsCallFunction2(xsReference(callback), resolver->object, xsVar(0), xsVar(1));
	xsEndHost(resolver->the);
}

static void finish(sim_query *query, GInetAddress *address, const GError *error)
{
	sim_resolver *resolver = query->resolver;
	xsMachine *the = resolver->the;
	if (the)
		tell(query, address, error ? error->message : "no address");
	resolver->queries = g_list_remove(resolver->queries, query);
	if (resolver->the && resolver->references == 2)
		xsForget(resolver->object);
	g_clear_error(&query->refusal);
	g_free(query->host);
	g_free(query);
	release(resolver);
}

static void resolved(GObject *object, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;
	GList *addresses = g_resolver_lookup_by_name_finish(G_RESOLVER(object), result, &error);
	finish(data, choose(addresses), error);
	g_resolver_free_addresses(addresses);
}

static gboolean refused(gpointer data)
{
	sim_query *query = data;
	finish(query, NULL, query->refusal);
	return G_SOURCE_REMOVE;
}

static xsSlot *callback(xsMachine *the, xsSlot *slot)
{
	return xsmcTest(*slot) && xsmcIsCallable(*slot) ? xsmcToReference(*slot) : NULL;
}

// (host, onResolved, onError)
void xs_sim_resolver_resolve(xsMachine *the)
{
	sim_resolver *resolver = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	sim_query *query = g_new0(sim_query, 1);
	query->resolver = resolver;
	query->host = g_strdup(xsmcToString(xsArg(0)));
	query->onResolved = callback(the, &xsArg(1));
	query->onError = callback(the, &xsArg(2));
	resolver->queries = g_list_prepend(resolver->queries, query);
	if (resolver->references++ == 1)
		xsRemember(resolver->object);
	g_autofree char *address = NULL;
	if (sim_hosts_look_up(query->host, &address, &query->refusal) && !address) {
		g_idle_add_full(G_PRIORITY_DEFAULT, refused, query, NULL);
		return;
	}
	g_autoptr(GResolver) system = g_resolver_get_default();
	const char *name = address ? address : query->host; // an address comes back as it is
	g_resolver_lookup_by_name_async(system, name, resolver->cancel, resolved, query);
}
