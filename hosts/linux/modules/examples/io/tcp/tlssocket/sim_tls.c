// SPDX-License-Identifier: Apache-2.0
// embedded:io/socket/tcp/tls: a stream over GTlsClientConnection, with the system's certificate authorities.
#include "sim_stream.h"

typedef struct {
	GPtrArray *strings; // what the options said
	const char *serverName;
	char **protocols;          // ALPN
	GList *authorities;        // GTlsCertificate: trusted beside the system's
	GTlsCertificate *identity; // our certificate chain and key, for mutual TLS
	bool verify;
	GTlsCertificateFlags errors; // what the last verification found
} sim_tls;

static void freeTls(void *data)
{
	sim_tls *tls = data;
	g_ptr_array_unref(tls->strings);
	g_strfreev(tls->protocols);
	g_list_free_full(tls->authorities, g_object_unref);
	g_clear_object(&tls->identity);
	g_free(tls);
}

/* Verification */

static const struct {
	GTlsCertificateFlags flag;
	const char *text;
} reasons[] = {
	{G_TLS_CERTIFICATE_UNKNOWN_CA, "its issuer is not trusted"},
	{G_TLS_CERTIFICATE_BAD_IDENTITY, "it is for another name"},
	{G_TLS_CERTIFICATE_NOT_ACTIVATED, "it is not valid yet"},
	{G_TLS_CERTIFICATE_EXPIRED, "it has expired"},
	{G_TLS_CERTIFICATE_REVOKED, "it was revoked"},
	{G_TLS_CERTIFICATE_INSECURE, "its algorithm is insecure"},
};

static char *describe(const sim_tls *tls)
{
	GString *text = g_string_new(NULL);
	g_string_printf(text, "TLS: the certificate of %s does not verify", tls->serverName);
	for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++)
		if (tls->errors & reasons[i].flag)
			g_string_append_printf(text, ": %s", reasons[i].text);
	return g_string_free(text, FALSE);
}

// Asked only when the system's authorities did not do.
static gboolean judge(GTlsConnection *connection, GTlsCertificate *certificate, GTlsCertificateFlags errors,
					  gpointer data)
{
	(void)connection;
	sim_tls *tls = data;
	if (!tls->verify)
		return TRUE;
	g_autoptr(GSocketConnectable) name = g_network_address_new(tls->serverName, 0);
	tls->errors = errors;
	for (GList *item = tls->authorities; item; item = item->next) {
		GTlsCertificateFlags found = g_tls_certificate_verify(certificate, name, item->data);
		if (!found)
			return TRUE;
		if (!(found & G_TLS_CERTIFICATE_UNKNOWN_CA))
			tls->errors = found; // the right authority, yet something else is wrong
	}
	return FALSE;
}

/* Handshake */

static void shaken(GObject *object, GAsyncResult *result, gpointer data)
{
	sim_stream *stream = data;
	GError *error = NULL;
	if (g_tls_connection_handshake_finish(G_TLS_CONNECTION(object), result, &error)) {
		if (stream->the)
			sim_stream_begin(stream, g_object_ref(G_IO_STREAM(object)));
	} else {
		sim_tls *tls = stream->secure;
		g_autofree char *message = tls->errors ? describe(tls) : g_strdup_printf("TLS: %s", error->message);
		sim_stream_fail(stream, message);
		g_error_free(error);
	}
	sim_stream_release(stream);
}

static void opened(sim_stream *stream)
{
	sim_tls *tls = stream->secure;
	GError *error = NULL;
	GIOStream *plain = G_IO_STREAM(g_socket_connection_factory_create_connection(stream->socket));
	// GIO resumes the session of an earlier connection to the same place without verifying the certificate again,
	// though this one may trust others. It does so on a GSocketConnection only.
	g_autoptr(GIOStream) base =
		g_simple_io_stream_new(g_io_stream_get_input_stream(plain), g_io_stream_get_output_stream(plain));
	g_object_set_data_full(G_OBJECT(base), "socket-connection", plain, g_object_unref);
	g_autoptr(GSocketConnectable) name = g_network_address_new(tls->serverName, 0);
	g_autoptr(GIOStream) connection = g_tls_client_connection_new(base, name, &error);
	if (!connection) {
		sim_stream_fail(stream, error->message);
		g_error_free(error);
		return;
	}
	g_signal_connect(connection, "accept-certificate", G_CALLBACK(judge), tls);
	if (tls->identity)
		g_tls_connection_set_certificate(G_TLS_CONNECTION(connection), tls->identity);
	if (tls->protocols)
		g_tls_connection_set_advertised_protocols(G_TLS_CONNECTION(connection), (const char *const *)tls->protocols);
	// Peers that close without TLS's good-bye are common; HTTP has lengths of its own.
	g_tls_connection_set_require_close_notify(G_TLS_CONNECTION(connection), FALSE);
	g_tls_connection_handshake_async(G_TLS_CONNECTION(connection), G_PRIORITY_DEFAULT, stream->cancel, shaken,
									 sim_stream_hold(stream));
}

/* Options. Strings are kept until the stream is freed: reading an option may throw. */

static char *keep(sim_tls *tls, char *text)
{
	g_ptr_array_add(tls->strings, text);
	return text;
}

// The certificate or key in `slot` as PEM: a string or buffer of PEM as it is, a buffer of DER converted.
static const char *toPem(xsMachine *the, sim_tls *tls, xsSlot *slot, const char *label)
{
	if (xsmcTypeOf(*slot) != xsReferenceType)
		return keep(tls, g_strdup(xsmcToString(*slot)));
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(*slot, &bytes, &size);
	if (size > 5 && !memcmp(bytes, "-----", 5))
		return keep(tls, g_strndup(bytes, size));
	g_autofree char *base64 = g_base64_encode(bytes, size);
	GString *pem = g_string_new(NULL);
	g_string_printf(pem, "-----BEGIN %s-----\n", label);
	for (const char *line = base64; *line; line += strnlen(line, 64))
		g_string_append_printf(pem, "%.64s\n", line);
	g_string_append_printf(pem, "-----END %s-----\n", label);
	return keep(tls, g_string_free(pem, FALSE));
}

// The certificates of an option that is one certificate or an array of them, as one PEM.
static const char *toPemChain(xsMachine *the, sim_tls *tls, xsSlot *slot)
{
	xsmcGet(xsVar(0), xsGlobal, xsID_Array);
	xsmcCall(xsVar(1), xsVar(0), xsID_isArray, slot, NULL);
	if (!xsmcTest(xsVar(1)))
		return toPem(the, tls, slot, "CERTIFICATE");
	xsmcGet(xsVar(1), *slot, xsID_length);
	int count = xsmcToInteger(xsVar(1));
	const char *chain = "";
	for (int i = 0; i < count; i++) {
		xsmcGetIndex(xsVar(1), *slot, (xsIndex)i);
		chain = keep(tls, g_strconcat(chain, toPem(the, tls, &xsVar(1), "CERTIFICATE"), "\n", NULL));
	}
	return chain;
}

static void readAuthorities(xsMachine *the, sim_tls *tls, xsSlot *option)
{
	for (const char *at = toPemChain(the, tls, option); (at = strstr(at, "-----BEGIN")); at++) {
		const char *next = strstr(at + 1, "-----BEGIN");
		GTlsCertificate *certificate = g_tls_certificate_new_from_pem(at, next ? next - at : -1, NULL);
		if (certificate)
			tls->authorities = g_list_append(tls->authorities, certificate);
	}
}

static void readIdentity(xsMachine *the, sim_tls *tls, xsSlot *certificates, xsSlot *key)
{
	const char *chain = toPemChain(the, tls, certificates);
	char *both = keep(tls, g_strconcat(chain, "\n", toPem(the, tls, key, "PRIVATE KEY"), NULL));
	tls->identity = g_tls_certificate_new_from_pem(both, -1, NULL);
}

static const char *readString(xsMachine *the, sim_tls *tls, xsSlot *object, xsIdentifier id)
{
	xsSlot slot;
	xsmcGet(slot, *object, id);
	return xsmcTest(slot) ? keep(tls, g_strdup(xsmcToString(slot))) : NULL;
}

static void readSecure(xsMachine *the, sim_tls *tls, xsSlot *secure)
{
	const char *name = readString(the, tls, secure, xsID_serverName);
	if (name)
		tls->serverName = name;
	// An array reads as its elements joined with commas.
	const char *protocols = readString(the, tls, secure, xsID_applicationLayerProtocolNegotiation);
	if (protocols)
		tls->protocols = g_strsplit(protocols, ",", 0);
	xsmcGet(xsVar(2), *secure, xsID_verify);
	tls->verify = xsmcTypeOf(xsVar(2)) == xsUndefinedType || xsmcTest(xsVar(2));
	xsmcGet(xsVar(2), *secure, xsID_certificate);
	if (xsmcTest(xsVar(2))) {
		readAuthorities(the, tls, &xsVar(2));
		if (!tls->authorities)
			xsTypeError("secure.certificate: neither DER nor PEM");
	}
	xsmcGet(xsVar(2), *secure, xsID_clientCertificates);
	xsmcGet(xsVar(3), *secure, xsID_clientKey);
	if (xsmcTest(xsVar(2)) && xsmcTest(xsVar(3))) {
		readIdentity(the, tls, &xsVar(2), &xsVar(3));
		if (!tls->identity)
			xsTypeError("secure.clientCertificates, secure.clientKey: not a certificate with its key");
	}
}

static void readOptions(xsMachine *the, sim_tls *tls)
{
	xsmcVars(5); // toPemChain uses the first two, readSecure the next two
	tls->serverName = readString(the, tls, &xsArg(0), xsID_host);
	if (!tls->serverName)
		tls->serverName = readString(the, tls, &xsArg(0), xsID_address);
	if (!tls->serverName)
		xsTypeError("address: required");
	xsmcGet(xsVar(4), xsArg(0), xsID_secure);
	if (xsmcTest(xsVar(4)))
		readSecure(the, tls, &xsVar(4));
}

void xs_sim_tls(xsMachine *the)
{
	sim_stream *stream = sim_stream_new();
	sim_tls *tls = g_new0(sim_tls, 1);
	tls->strings = g_ptr_array_new_with_free_func(g_free);
	tls->verify = true;
	stream->secure = tls;
	stream->freeSecure = freeTls;
	stream->opened = opened;
	xsTry
	{
		readOptions(the, tls);
		sim_stream_connect(the, stream);
	}
	xsCatch
	{
		sim_stream_release(stream);
		xsThrow(xsException);
	}
	sim_stream_attach(the, stream);
}
