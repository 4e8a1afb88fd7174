// SPDX-License-Identifier: Apache-2.0
// Records the SCTP packets of a process that is linked with usrsctp: see sctp_seeds.mjs. One line a packet: I or O,
// when, the association, the bytes. $SCTP_CAPTURE names the file, to which the process's number is added.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <usrsctp.h>

typedef int (*output)(void *address, void *packet, size_t size, uint8_t typeOfService, uint8_t dontFragment);
typedef void (*print)(const char *format, ...);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *file;
static output wanted;

static void record(char direction, const void *address, const void *packet, size_t size)
{
	const char *name = getenv("SCTP_CAPTURE");
	struct timespec now;
	if (!name)
		return;
	pthread_mutex_lock(&lock);
	if (!file) {
		char path[4096];
		snprintf(path, sizeof path, "%s.%d", name, (int)getpid());
		file = fopen(path, "w");
	}
	if (file) {
		clock_gettime(CLOCK_REALTIME, &now);
		fprintf(file, "%c %lld.%06ld %lu ", direction, (long long)now.tv_sec, now.tv_nsec / 1000,
				(unsigned long)(uintptr_t)address);
		for (size_t i = 0; i < size; i++)
			fprintf(file, "%02x", ((const uint8_t *)packet)[i]);
		fputc('\n', file);
		fflush(file);
	}
	pthread_mutex_unlock(&lock);
}

static int onOutput(void *address, void *packet, size_t size, uint8_t typeOfService, uint8_t dontFragment)
{
	record('O', address, packet, size);
	return (*wanted)(address, packet, size, typeOfService, dontFragment);
}

void usrsctp_conninput(void *address, const void *packet, size_t size, uint8_t ecnBits)
{
	static void (*real)(void *, const void *, size_t, uint8_t);
	if (!real)
		real = (void (*)(void *, const void *, size_t, uint8_t))dlsym(RTLD_NEXT, "usrsctp_conninput");
	record('I', address, packet, size);
	(*real)(address, packet, size, ecnBits);
}

void usrsctp_init_nothreads(uint16_t port, output to, print debug)
{
	void (*real)(uint16_t, output, print) =
		(void (*)(uint16_t, output, print))dlsym(RTLD_NEXT, "usrsctp_init_nothreads");
	wanted = to;
	(*real)(port, onOutput, debug);
}
