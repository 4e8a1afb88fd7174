// SPDX-License-Identifier: Apache-2.0
// A loudspeaker by ALSA, which is PulseAudio's or PipeWire's way in, too. libasound is looked for when it is needed:
// there are hosts without it, and its headers are not wanted for five functions.
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_player.h"
#include "rtc_port.h"

#define LIBRARY "libasound.so.2"
#define PLAYBACK 0
#define FORMAT_S16_LE 2
#define INTERLEAVED 3
#define LATENCY 60000u // microseconds that the device holds
#define AHEAD 500000   // microseconds of sound that one has taken too early, after which it is no clock ("null")
#define DEFAULT "default"
#define ATTEMPTS 3 // to bring back one that ran dry

typedef struct {
	int (*open)(void **pcm, const char *name, int stream, int mode);
	int (*setParameters)(void *pcm, int format, int access, unsigned channels, unsigned rate, int resample,
						 unsigned latency);
	long (*write)(void *pcm, const void *samples, unsigned long frames);
	int (*recover)(void *pcm, int error, int silent);
	int (*delay)(void *pcm, long *frames);
	int (*close)(void *pcm);
	const char *(*text)(int error);
} library;

typedef struct {
	rtc_player_device device; // first
	void *handle;
	library alsa;
	void *pcm;
	char name[64];
	uint32_t sampleRate;
	uint8_t channels;
	uint64_t begun, written; // rtc_now() at the start, and microseconds of sound since
} speaker;

static int find(void *handle, const char *name, void *function)
{
	void *symbol = dlsym(handle, name);
	memcpy(function, &symbol, sizeof symbol);
	return symbol ? 0 : -1;
}

static int load(speaker *self)
{
	library *alsa = &self->alsa;
	self->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL); // it keeps its configuration: never closed
	return !self->handle || find(self->handle, "snd_pcm_open", &alsa->open) ||
				   find(self->handle, "snd_pcm_set_params", &alsa->setParameters) ||
				   find(self->handle, "snd_pcm_writei", &alsa->write) ||
				   find(self->handle, "snd_pcm_recover", &alsa->recover) ||
				   find(self->handle, "snd_pcm_delay", &alsa->delay) ||
				   find(self->handle, "snd_pcm_close", &alsa->close) || find(self->handle, "snd_strerror", &alsa->text)
			   ? -1
			   : 0;
}

static void sayNothing(const char *file, int line, const char *function, int error, const char *format, ...)
{
	(void)file;
	(void)line;
	(void)function;
	(void)error;
	(void)format;
}

// It prints nothing: what goes wrong is returned.
static void quiet(void *handle)
{
	int (*setHandler)(void (*handler)(const char *, int, const char *, int, const char *, ...));
	if (!find(handle, "snd_lib_error_set_handler", &setHandler))
		setHandler(sayNothing);
}

static int fail(const speaker *self, int result, rtc_player_error *error)
{
	int isMissing = result == -ENOENT || result == -ENODEV || result == -ENXIO;
	return rtc_player_fail(error, isMissing ? "media/device-missing" : "media/device-failed", "%s: %s", self->name,
						   self->alsa.text(result));
}

static void stop(rtc_player_device *device)
{
	speaker *self = (speaker *)device;
	if (self->pcm)
		self->alsa.close(self->pcm);
	self->pcm = NULL;
}

static int start(rtc_player_device *device, rtc_player_error *error)
{
	speaker *self = (speaker *)device;
	int result = self->alsa.open(&self->pcm, self->name, PLAYBACK, 0);
	if (result < 0) {
		self->pcm = NULL;
		return fail(self, result, error);
	}
	result =
		self->alsa.setParameters(self->pcm, FORMAT_S16_LE, INTERLEAVED, self->channels, self->sampleRate, 1, LATENCY);
	self->begun = rtc_now();
	self->written = 0;
	self->device.hasClock = 1;
	if (result >= 0)
		return 0;
	stop(device);
	return fail(self, result, error);
}

static int writeFrame(rtc_player_device *device, const int16_t *pcm, uint32_t samples, rtc_player_error *error)
{
	speaker *self = (speaker *)device;
	uint32_t left = samples;
	for (int attempt = 0; left;) {
		long written = self->alsa.write(self->pcm, pcm, left);
		if (written < 0 && (++attempt > ATTEMPTS || self->alsa.recover(self->pcm, (int)written, 1) < 0))
			return fail(self, (int)written, error);
		if (written > 0) {
			pcm += (size_t)written * self->channels;
			left -= (uint32_t)written;
		}
	}
	long waiting;
	if (!self->alsa.delay(self->pcm, &waiting) && waiting >= 0 && waiting < (long)self->sampleRate)
		self->device.delay = (uint32_t)((uint64_t)waiting * 1000000 / self->sampleRate);
	self->written += (uint64_t)samples * 1000000 / self->sampleRate;
	if ((int64_t)(self->begun + self->written - rtc_now()) > AHEAD)
		self->device.hasClock = 0;
	return 0;
}

static void destroy(rtc_player_device *device)
{
	speaker *self = (speaker *)device;
	stop(device);
	free(self);
}

rtc_player_device *rtc_player_alsa_open(const rtc_player_options *options, rtc_player_error *error)
{
	speaker *self = calloc(1, sizeof *self);
	if (!self) {
		rtc_player_fail(error, "peer/out-of-resources", "no memory");
		return NULL;
	}
	self->device = (rtc_player_device){.start = start, .write = writeFrame, .stop = stop, .destroy = destroy};
	self->sampleRate = options->sampleRate;
	self->channels = options->channels;
	const char *name = options->path[0] ? options->path : DEFAULT;
	if (strlen(name) >= sizeof self->name)
		rtc_player_fail(error, "media/device-missing", "the name of the device is too long");
	else if (load(self))
		rtc_player_fail(error, "media/unsupported", "there is no " LIBRARY " here");
	else {
		memcpy(self->name, name, strlen(name) + 1);
		quiet(self->handle);
		if (!start(&self->device, error)) {
			stop(&self->device); // it is there; it is held only while something plays
			return &self->device;
		}
	}
	destroy(&self->device);
	return NULL;
}
