// SPDX-License-Identifier: Apache-2.0
// What a device has in non-volatile storage: one file for each key, replaced as a whole, so that a power cut leaves the
// old value or the new one. All functions take (store, domain, key, …): `store` keeps the modules that use this apart.
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>

// The limit of ESP32's NVS.
#define MAX_NAME 15
// A device has 64 KB for everything.
#define MAX_VALUE 65536

static const char *plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// A domain's or key's name as the name of a file. Names that the file system treats in its own way do not arise.
static char *toFileName(xsMachine *the, xsSlot *slot, const char *what)
{
	xsType type = xsmcTypeOf(*slot);
	if (type == xsUndefinedType)
		xsSyntaxError("%s: required", what);
	const char *name = xsmcToString(*slot);
	if (!*name || g_utf8_strlen(name, -1) > MAX_NAME)
		xsRangeError("%s: not 1 to %d characters", what, MAX_NAME);
	GString *escaped = g_string_new(NULL);
	for (; *name; name++) {
		if (strchr(plain, *name))
			g_string_append_c(escaped, *name);
		else
			g_string_append_printf(escaped, "%%%02X", (unsigned char)*name);
	}
	return g_string_free(escaped, FALSE);
}

// The folder of a store: below XS_WEBRTC_STATE, or "state" beside the program.
static char *storeFolder(const char *store)
{
	const char *root = g_getenv("XS_WEBRTC_STATE");
	if (root && *root)
		return g_build_filename(root, store, NULL);
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = program ? g_path_get_dirname(program) : g_strdup(".");
	return g_build_filename(folder, "state", store, NULL);
}

// The folder of (store, domain), or with `hasKey` the file of (store, domain, key).
static char *toPath(xsMachine *the, int hasKey)
{
	char store[16];
	xsmcToStringBuffer(xsArg(0), store, sizeof(store));
	char *key = hasKey ? toFileName(the, &xsArg(2), "key") : NULL;
	char *domain = NULL;
	xsTry
	{
		domain = toFileName(the, &xsArg(1), "domain");
	}
	xsCatch
	{
		g_free(key);
		xsThrow(xsException);
	}
	char *folder = storeFolder(store);
	char *path = g_build_filename(folder, domain, key, NULL);
	g_free(folder);
	g_free(domain);
	g_free(key);
	return path;
}

void xs_sim_storage_exists(xsMachine *the)
{
	g_autofree char *path = toPath(the, 0);
	xsmcSetBoolean(xsResult, g_file_test(path, G_FILE_TEST_IS_DIR));
}

// Returns an ArrayBuffer, or undefined.
void xs_sim_storage_read(xsMachine *the)
{
	g_autofree char *path = toPath(the, 1);
	g_autofree char *bytes = NULL;
	gsize size;
	if (g_file_get_contents(path, &bytes, &size, NULL) && size <= MAX_VALUE)
		xsmcSetArrayBuffer(xsResult, bytes, (xsIntegerValue)size);
}

void xs_sim_storage_write(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(3), &bytes, &size); // throws before there is something to free
	char *path = toPath(the, 1);
	g_autofree char *folder = g_path_get_dirname(path);
	GError *error = NULL;
	xsmcGetBufferReadable(xsArg(3), &bytes, &size); // it may have moved
	if (size > MAX_VALUE)
		error = g_error_new(G_IO_ERROR, G_IO_ERROR_NO_SPACE, "value too large");
	else if (g_mkdir_with_parents(folder, 0700))
		error = g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "%s", g_strerror(errno));
	else
		g_file_set_contents_full(path, bytes, (gssize)size, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error);
	g_free(path);
	if (!error)
		return;
	char message[100];
	g_strlcpy(message, error->message, sizeof(message));
	g_error_free(error);
	g_clear_pointer(&folder, g_free);
	xsUnknownError("%s", message);
}

void xs_sim_storage_delete(xsMachine *the)
{
	g_autofree char *path = toPath(the, 1);
	g_unlink(path);
}

// Returns an array of the domain's keys.
void xs_sim_storage_keys(xsMachine *the)
{
	g_autofree char *path = toPath(the, 0);
	g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
	const char *name;
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 0);
	for (xsIndex count = 0; folder && (name = g_dir_read_name(folder));) {
		if (strchr(name, '.')) // left by an interrupted write
			continue;
		g_autofree char *key = g_uri_unescape_string(name, NULL);
		if (!key)
			continue;
		xsmcSetString(xsVar(0), key);
		xsmcSetIndex(xsResult, count++, xsVar(0));
	}
}
