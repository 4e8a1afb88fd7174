// SPDX-License-Identifier: Apache-2.0
// usrsctp in this process: it is started with the first association, and stays. Its tables are global; so are its
// timers, which whoever has an association drives.
#include "rtc_sctp_core.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <usrsctp.h>

// Of its tables: it would take 128 KB for associations, of which there are a few here.
#define HASH_SIZE 8
// Chunks that one association may have in its queues, however small they are: each may hold a buffer of 2.3 KB. There
// are so many as small ones would fit in the largest window, and no more than:
#if defined(__linux__) || defined(__APPLE__)
#define CHUNKS 4096
#else
#define CHUNKS 256
#endif

typedef struct {
	uintptr_t id;
	rtc_sctp *sctp;
} entry;

uint8_t *rtc_sctp_scratch;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // guards what follows
static int started;
static entry *entries;
static size_t count, room;
static uintptr_t lastId;
static uint64_t lastTick;
static uint32_t chunks;

static rtc_sctp *find(uintptr_t id)
{
	for (size_t i = 0; i < count; i++)
		if (entries[i].id == id)
			return entries[i].sctp;
	return NULL;
}

// It may come late, for an association that is gone: hence ids.
static int output(void *address, void *packet, size_t size, uint8_t typeOfService, uint8_t dontFragment)
{
	(void)typeOfService, (void)dontFragment;
	rtc_sctp *sctp = find((uintptr_t)address);
	if (sctp)
		rtc_sctp_output(sctp, packet, size);
	return 0;
}

// 0 or an errno value.
static int start(void)
{
	rtc_sctp_scratch = rtc_calloc(1, RTC_SCTP_CHUNK);
	if (!rtc_sctp_scratch)
		return ENOMEM;
	usrsctp_tunable_set_sctp_hashtblsize(HASH_SIZE);
	usrsctp_tunable_set_sctp_pcbtblsize(HASH_SIZE);
	usrsctp_init_nothreads(0, output, NULL);
	// DTLS has checked every byte that comes: only what is sent needs the checksum, and rtc_sctp_output fills it in.
	usrsctp_enable_crc32c_offload();
	usrsctp_sysctl_set_sctp_ecn_enable(0);
	usrsctp_sysctl_set_sctp_asconf_enable(0);
	usrsctp_sysctl_set_sctp_auto_asconf(0);
	usrsctp_sysctl_set_sctp_auth_enable(0);
	usrsctp_sysctl_set_sctp_pr_enable(1);
	usrsctp_sysctl_set_sctp_reconfig_enable(1);
	usrsctp_sysctl_set_sctp_nrsack_enable(0);
	usrsctp_sysctl_set_sctp_pktdrop_enable(0);
	usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);
	usrsctp_sysctl_set_sctp_initial_cwnd(10); // RFC 6928
	// A burst is bounded by packets for each SACK (RFC 9260 section 6.1, D). By cutting the window to what is under
	// way, as is the default, it would be 10 packets whenever SACKs come in a run.
	usrsctp_sysctl_set_sctp_max_burst_default(10);
	usrsctp_sysctl_set_sctp_use_cwnd_based_maxburst(0);
	usrsctp_sysctl_set_sctp_default_cc_module(0); // RFC 9260's
	usrsctp_sysctl_set_sctp_delayed_sack_time_default(20);
	usrsctp_sysctl_set_sctp_rto_min_default(200);
	usrsctp_sysctl_set_sctp_rto_initial_default(1000);
	usrsctp_sysctl_set_sctp_rto_max_default(3000);
	usrsctp_sysctl_set_sctp_init_rto_max_default(3000);
	usrsctp_sysctl_set_sctp_shutdown_guard_time_default(2 * RTC_SCTP_CLOSING); // ours comes first
	// Whether the peer can still be reached, ICE decides (RFC 7675).
	usrsctp_sysctl_set_sctp_init_rtx_max_default(65535);
	usrsctp_sysctl_set_sctp_assoc_rtx_max_default(65535);
	usrsctp_sysctl_set_sctp_path_rtx_max_default(65535);
	usrsctp_sysctl_set_sctp_heartbeat_interval_default(30000);
	lastTick = rtc_now();
	started = 1;
	return 0;
}

// usrsctp knows one limit for all.
static void limitChunks(uint32_t window)
{
	uint32_t wanted = window / RTC_SCTP_CHUNK_COST < CHUNKS ? window / RTC_SCTP_CHUNK_COST : CHUNKS;
	if (wanted <= chunks)
		return;
	chunks = wanted;
	usrsctp_sysctl_set_sctp_max_chunks_on_queue(chunks);
}

int rtc_sctp_stack_add(rtc_sctp *sctp)
{
	pthread_mutex_lock(&lock);
	int error = started ? 0 : start();
	if (!error && count == room) {
		size_t wanted = room ? 2 * room : 4;
		entry *larger = realloc(entries, wanted * sizeof *entries);
		if (larger) {
			entries = larger;
			room = wanted;
		} else
			error = ENOMEM;
	}
	if (!error) {
		do
			lastId++;
		while (!lastId || find(lastId));
		sctp->id = lastId;
		entries[count++] = (entry){lastId, sctp};
		limitChunks(sctp->options.window);
		usrsctp_register_address((void *)lastId);
	}
	pthread_mutex_unlock(&lock);
	return error;
}

void rtc_sctp_stack_remove(rtc_sctp *sctp)
{
	pthread_mutex_lock(&lock);
	usrsctp_deregister_address((void *)sctp->id);
	for (size_t i = 0; i < count; i++) {
		if (entries[i].sctp == sctp) {
			entries[i] = entries[--count];
			break;
		}
	}
	if (!count) {
		free(entries);
		entries = NULL;
		room = 0;
	}
	sctp->id = 0;
	pthread_mutex_unlock(&lock);
}

void rtc_sctp_stack_lock(void)
{
	pthread_mutex_lock(&lock);
}

void rtc_sctp_stack_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

void rtc_sctp_stack_tick(uint64_t now)
{
	if (now < lastTick + RTC_SCTP_TICK)
		return;
	uint64_t elapsed = (now - lastTick) / 1000;
	lastTick += elapsed * 1000;
	usrsctp_handle_timers(elapsed > INT32_MAX ? INT32_MAX : (uint32_t)elapsed);
}
