// SPDX-License-Identifier: Apache-2.0
// What the simulator's I/O classes share: options, addresses and errors between XS and GIO.
#ifndef SIM_IO_H
#define SIM_IO_H

#include <stdbool.h>
#include <gio/gio.h>

#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

// The callback option `id` of the dictionary in xsArg(0), to keep and mark; NULL when absent. Throws a TypeError that
// names it when it is not callable.
xsSlot *sim_io_callback(xsMachine *the, xsIdentifier id, const char *name);
// The option `port` of xsArg(0), or `fallback` when absent (a negative fallback makes it required).
int sim_io_port(xsMachine *the, int fallback);
// Copies the option `target` of xsArg(0) to `this`.
void sim_io_target(xsMachine *the);
// Checks that the option `format` of xsArg(0) is absent or `format`.
void sim_io_only_format(xsMachine *the, const char *format);
// Throws a plain Error with the message of `error`, and frees it.
void sim_io_throw(xsMachine *the, GError *error);
// A socket address of an IPv4 or IPv6 literal, or NULL.
GSocketAddress *sim_io_address(const char *text, int port);
// A non-blocking socket bound to the option `address` (every address of both families when absent) and to `port`.
// Throws when it cannot be had.
GSocket *sim_io_bind(xsMachine *the, GSocketType type, int port);
// Sets `slot` to the text of the address; returns its port. An IPv4 address mapped into IPv6 is shown as IPv4.
int sim_io_set_address(xsMachine *the, xsSlot *slot, GSocketAddress *address);
// Attaches a one-shot or repeating source to the simulator's main loop. Returns it, to be ended with sim_io_unwatch.
GSource *sim_io_watch(GSource *source, GSourceFunc callback, void *data);
void sim_io_unwatch(GSource **source);

#endif
