// SPDX-License-Identifier: Apache-2.0
// Names of one's own: the file that XS_WEBRTC_HOSTS names.
#pragma once

#include <gio/gio.h>

// Whether the file says what `name` is. It is read anew each time: a name may fail and come back at run time.
// If so, *address is to be freed; or *error says that the name is not to be found, or what is wrong with the file.
gboolean sim_hosts_look_up(const char *name, char **address, GError **error);
