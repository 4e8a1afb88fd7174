// SPDX-License-Identifier: Apache-2.0
// Lines of the standard input, for an application that takes commands at the terminal: simulator.onLine.
#include "sim.h"

#include <glib-unix.h>
#include <unistd.h>

#define LONGEST_LINE 255 // bytes

static struct {
	txSlot callback;
	int remembered;
	guint source;
	char line[LONGEST_LINE + 1];
	size_t length;
	int tooLong; // what has come of this line is more than there is room for
} lines;

static void forget(txMachine *the)
{
	if (lines.remembered)
		fxForget(the, &lines.callback);
	lines.remembered = 0;
}

// An exception of the application's ends it, as one in a timer does.
static void tell(txMachine *the)
{
	if (lines.tooLong || !g_utf8_validate(lines.line, (gssize)lines.length, NULL)) {
		fprintf(stderr, "### a line of the input is longer than %d bytes, or no UTF-8: it is left out\n", LONGEST_LINE);
		return;
	}
	lines.line[lines.length] = 0;
	fxBeginHost(the);
	mxPushUndefined();
	mxPush(lines.callback);
	mxCall();
	mxPushStringC((txString)lines.line);
	mxRunCount(1);
	mxPop();
	fxEndHost(the);
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer data)
{
	txMachine *the = data;
	char bytes[256];
	(void)condition;
	ssize_t count = read(fd, bytes, sizeof bytes);
	if (count < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	for (ssize_t i = 0; i < count && lines.remembered && !sim.exiting; i++) {
		if (bytes[i] != '\n') {
			if (lines.length < LONGEST_LINE)
				lines.line[lines.length++] = bytes[i];
			else
				lines.tooLong = 1;
			continue;
		}
		if (lines.length && lines.line[lines.length - 1] == '\r')
			lines.length--;
		tell(the);
		lines.length = 0;
		lines.tooLong = 0;
	}
	if (count > 0 && lines.remembered)
		return G_SOURCE_CONTINUE;
	lines.source = 0; // its end, or nobody listens any more
	return G_SOURCE_REMOVE;
}

void sim_lines_listen(txMachine *the)
{
	forget(the);
	if (mxArgc < 1 || mxIsUndefined(mxArgv(0)))
		return;
	if (!fxIsCallable(the, mxArgv(0)))
		mxTypeError("onLine: callback is no function");
	lines.callback = *mxArgv(0);
	fxRemember(the, &lines.callback);
	lines.remembered = 1;
	if (!lines.source)
		lines.source = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, the);
}

void sim_lines_stop(void)
{
	if (lines.source)
		g_source_remove(lines.source);
	lines.source = 0;
}
