// SPDX-License-Identifier: Apache-2.0
// libasound comes with libavdevice, its headers do not: it is asked by name.
#define _GNU_SOURCE // RTLD_DEFAULT
#include "rtc_media_alsa.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define STREAM_CAPTURE 1
#define NONBLOCK 1

typedef void (*error_handler)(const char *file, int line, const char *function, int error, const char *format, ...);
typedef int (*set_handler_function)(error_handler handler);
typedef int (*open_function)(void **pcm, const char *name, int stream, int mode);
typedef int (*close_function)(void *pcm);

static void say_nothing(const char *file, int line, const char *function, int error, const char *format, ...)
{
	(void)file;
	(void)line;
	(void)function;
	(void)error;
	(void)format;
}

// Sets the function pointer at `function`, to NULL where there is none of that name.
static void find(const char *name, void *function)
{
	void *symbol = dlsym(RTLD_DEFAULT, name);
	memcpy(function, &symbol, sizeof symbol);
}

void rtc_media_alsa_quiet(void)
{
	set_handler_function setHandler;
	find("snd_lib_error_set_handler", &setHandler);
	if (setHandler)
		setHandler(say_nothing);
}

int rtc_media_alsa_probe(const char *name)
{
	open_function open;
	close_function close;
	find("snd_pcm_open", &open);
	find("snd_pcm_close", &close);
	if (!open || !close)
		return 0;
	void *pcm = NULL;
	int result = open(&pcm, name, STREAM_CAPTURE, NONBLOCK);
	if (result == 0)
		close(pcm);
	return result < 0 ? result : 0;
}
