// SPDX-License-Identifier: Apache-2.0
// The form is that of /etc/hosts: an address and its names, and what follows a # is a comment. With "-" in place of the
// address the names are not to be found. The first line with a name counts.
#include "sim_hosts.h"

static void fail(GError **error, const char *file, guint line, const char *what)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "XS_WEBRTC_HOSTS: %s:%u: %s", file, line, what);
}

static gboolean has(char **words, const char *name)
{
	for (; *words; words++)
		if (g_ascii_strcasecmp(*words, name) == 0)
			return TRUE;
	return FALSE;
}

// The words of a line, without empty ones.
static char **split(char *line)
{
	char *comment = strchr(line, '#');
	if (comment)
		*comment = 0;
	g_auto(GStrv) parts = g_strsplit_set(line, " \t\r", -1);
	GPtrArray *words = g_ptr_array_new();
	for (char **part = parts; *part; part++)
		if (**part)
			g_ptr_array_add(words, g_strdup(*part));
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

// The address of the first line with the name, "-" for one without; NULL when there is none, or *error is set. All
// lines are checked, so that a mistake shows at once.
static char *search(char **lines, const char *file, const char *name, GError **error)
{
	g_autofree char *found = NULL;
	for (guint i = 0; lines[i]; i++) {
		g_auto(GStrv) words = split(lines[i]);
		if (!words[0])
			continue;
		if (strcmp(words[0], "-") != 0 && !g_hostname_is_ip_address(words[0]))
			return fail(error, file, i + 1, "neither an address nor - comes first"), NULL;
		if (!words[1])
			return fail(error, file, i + 1, "no name follows"), NULL;
		if (!found && has(words + 1, name))
			found = g_strdup(words[0]);
	}
	return g_steal_pointer(&found);
}

gboolean sim_hosts_look_up(const char *name, char **address, GError **error)
{
	const char *file = g_getenv("XS_WEBRTC_HOSTS");
	if (!file || !*file || g_hostname_is_ip_address(name))
		return FALSE;
	g_autofree char *contents = NULL;
	if (!g_file_get_contents(file, &contents, NULL, error)) {
		g_prefix_error(error, "XS_WEBRTC_HOSTS: ");
		return TRUE;
	}
	g_auto(GStrv) lines = g_strsplit(contents, "\n", -1);
	*address = search(lines, file, name, error);
	if (!*address)
		return *error != NULL;
	if (strcmp(*address, "-") == 0) {
		g_clear_pointer(address, g_free);
		g_set_error(error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "%s is not found (XS_WEBRTC_HOSTS)", name);
	}
	return TRUE;
}
