// SPDX-License-Identifier: Apache-2.0
// A WAV file of 16 bits. Its head tells its length, and is brought up to date once a second: it can be played whenever
// the process ends.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rtc_player.h"

#define HEAD 44
#define LARGEST (0x7fffff00u - HEAD) // bytes: more than 5 hours of stereo at 48 kHz

typedef struct {
	rtc_player_device device; // first
	FILE *file;
	uint32_t sampleRate, bytes, frames;
	uint8_t channels;
	char name[64]; // its end, for errors
} wav;

static void put16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *bytes, uint32_t value)
{
	put16(bytes, value);
	put16(bytes + 2, value >> 16);
}

static int writeHead(wav *self)
{
	uint8_t head[HEAD] = "RIFF    WAVEfmt ";
	uint32_t frame = 2u * self->channels;
	put32(head + 4, self->bytes + HEAD - 8);
	put32(head + 16, 16);
	put16(head + 20, 1); // PCM
	put16(head + 22, self->channels);
	put32(head + 24, self->sampleRate);
	put32(head + 28, self->sampleRate * frame);
	put16(head + 32, frame);
	put16(head + 34, 16);
	memcpy(head + 36, "data", 4);
	put32(head + 40, self->bytes);
	int bad = fseek(self->file, 0, SEEK_SET) || fwrite(head, HEAD, 1, self->file) != 1;
	return bad || fseek(self->file, 0, SEEK_END) || fflush(self->file) ? -1 : 0;
}

static int fail(wav *self, rtc_player_error *error)
{
	return rtc_player_fail(error, "media/device-failed", "%s: %s", self->name, strerror(errno));
}

static int writeFrame(rtc_player_device *device, const int16_t *pcm, uint32_t samples, rtc_player_error *error)
{
	wav *self = (wav *)device;
	uint8_t bytes[960 * 2 * 2];
	size_t size = 0;
	if (self->bytes > LARGEST)
		return rtc_player_fail(error, "media/device-failed", "%s: as long as such a file can be", self->name);
	for (; size < samples * self->channels * 2u; size += 2)
		put16(bytes + size, (uint16_t)pcm[size / 2]);
	if (fwrite(bytes, size, 1, self->file) != 1)
		return fail(self, error);
	self->bytes += (uint32_t)size;
	if (++self->frames % RTC_PLAYER_FRAMES_PER_SECOND == 0 && writeHead(self))
		return fail(self, error);
	return 0;
}

static void stop(rtc_player_device *device)
{
	writeHead((wav *)device);
}

static void destroy(rtc_player_device *device)
{
	wav *self = (wav *)device;
	fclose(self->file);
	free(self);
}

rtc_player_device *rtc_player_wav_open(const rtc_player_options *options, rtc_player_error *error)
{
	wav *self = calloc(1, sizeof *self);
	size_t length = strlen(options->path), from = length < sizeof self->name ? 0 : length - sizeof self->name + 1;
	if (!self) {
		rtc_player_fail(error, "peer/out-of-resources", "no memory");
		return NULL;
	}
	self->device = (rtc_player_device){.write = writeFrame, .stop = stop, .destroy = destroy};
	memcpy(self->name, options->path + from, length - from + 1);
	self->sampleRate = options->sampleRate;
	self->channels = options->channels;
	self->file = fopen(options->path, "wb");
	if (self->file && !writeHead(self))
		return &self->device;
	rtc_player_fail(error, "media/file-unwritable", "%s: %s", self->name, strerror(errno));
	if (self->file)
		fclose(self->file);
	free(self);
	return NULL;
}
