// SPDX-License-Identifier: Apache-2.0
// Locks: `sendLock`, and after it `creation`, which is the process's. `sendLock` guards the outbound session and the
// state. The inbound session belongs to the network thread from the moment `ready` is set to the moment the path has
// let go of the handler. No lock is held while a handler runs.
#include "rtc_srtp_handlers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <srtp2/srtp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define RTP_HEADER 12
#define RTCP_HEADER 8
#define REPLAY_WINDOW 1024 // packets; RFC 3711 section 3.3.2 asks for 64 at least
#define AES_CM_SALT 14
#define AES_GCM_SALT 12 // RFC 7714 section 8.1
#define AES_128_KEY 16

// Where every packet is built: protection appends to it in place.
_Static_assert(RTC_MTU + RTC_SRTP_TRAILER <= RTC_TRANSMIT_SIZE, "a protected packet fits its transmit buffer");

struct rtc_srtp_transmit {
	rtc_srtp *srtp;
	rtc_transmit *transmit;
	uint8_t *packet; // as rtc_srtp_buffer() told it
};

typedef struct {
	uint32_t ssrc; // network order, as libsrtp names its streams
	uint64_t used; // rtc_now() at its last packet; 0: free
} rtc_srtp_stream;

struct rtc_srtp {
	atomic_uint refs;
	rtc_path *path;
	pthread_mutex_t sendLock;
	int closed;
	srtp_t out, in;
	atomic_int ready;
	rtc_srtp_transmit transmit;
	rtc_srtp_stream streams[RTC_SRTP_SSRCS]; // network thread only, as is:
	uint32_t retired[RTC_SRTP_RETIRED], retiredCount;
	rtc_srtp_handlers handlers;
	atomic_uint_least64_t unprotectFailed, replayed, ssrcRefused, protectFailed;
	atomic_ushort profile;
};

// What creating a session takes of the heap, and more. libsrtp's srtp_create() (2.5 to 2.8) crashes when it finds no
// memory for its list of streams: it frees the list that it has not got. Nothing outside of it can mend that. So
// whether there is this much is tried before, and sessions are created one at a time; another thread may still come
// between.
#define CREATION_RESERVE (16 * 1024)

static pthread_mutex_t creation = PTHREAD_MUTEX_INITIALIZER; // guards what follows, and is held while one is created
static srtp_t stays;                                         // NULL: libsrtp has not started yet
static int hasGCM;

static void setPolicy(srtp_policy_t *policy, uint16_t profile, srtp_ssrc_type_t type, uint8_t *key)
{
	memset(policy, 0, sizeof *policy);
	if (profile == RTC_SRTP_AEAD_AES_128_GCM) {
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtcp);
	} else {
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtcp);
	}
	policy->ssrc.type = type;
	policy->key = key;
	policy->window_size = REPLAY_WINDOW;
	policy->allow_repeat_tx = type == ssrc_any_outbound && profile != RTC_SRTP_AEAD_AES_128_GCM;
}

// With `creation` locked.
static srtp_t create(const srtp_policy_t *policy)
{
	srtp_t session = NULL;
	void *reserve = malloc(CREATION_RESERVE);
	if (!reserve)
		return NULL;
	free(reserve);
	return srtp_create(&session, policy) == srtp_err_status_ok ? session : NULL;
}

static srtp_t createIdle(uint16_t profile)
{
	uint8_t key[AES_128_KEY + AES_CM_SALT] = {0};
	srtp_policy_t policy;
	setPolicy(&policy, profile, ssrc_any_inbound, key);
	return create(&policy);
}

// Whether libsrtp was built with a library that has GCM is only known by trying. NSS is loaded with the first session
// and unloaded with the last: a session that stays spares the next handshake 10 ms.
static void initialize(void)
{
	if (srtp_init() == srtp_err_status_ok)
		stays = createIdle(RTC_SRTP_AES128_CM_SHA1_80);
	if (!stays) {
		srtp_shutdown(); // for lack of memory, perhaps: the next one tries again, from the beginning
		return;
	}
	srtp_t session = createIdle(RTC_SRTP_AEAD_AES_128_GCM);
	if (session) {
		hasGCM = 1;
		srtp_dealloc(session);
	}
}

static int isPrepared(void)
{
	pthread_mutex_lock(&creation);
	if (!stays)
		initialize();
	int prepared = stays != NULL;
	pthread_mutex_unlock(&creation);
	return prepared;
}

void rtc_srtp_prepare(void)
{
	(void)isPrepared();
}

size_t rtc_srtp_material_size(uint16_t profile)
{
	if (!isPrepared())
		return 0;
	if (profile == RTC_SRTP_AES128_CM_SHA1_80)
		return 2 * (AES_128_KEY + AES_CM_SALT);
	if (profile == RTC_SRTP_AEAD_AES_128_GCM && hasGCM)
		return 2 * (AES_128_KEY + AES_GCM_SALT);
	return 0;
}

static int count(atomic_uint_least64_t *counter, int error)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
	return error;
}

// The stream of an SSRC, or NULL with *room where a new one may be kept: a free place, that of the one that was silent
// for so long that it may go, or NULL.
static rtc_srtp_stream *findStream(rtc_srtp *srtp, uint32_t ssrc, uint64_t now, rtc_srtp_stream **room)
{
	rtc_srtp_stream *oldest = &srtp->streams[0];
	for (int i = 0; i < RTC_SRTP_SSRCS; i++) {
		rtc_srtp_stream *stream = &srtp->streams[i];
		if (stream->used && stream->ssrc == ssrc)
			return stream;
		if (stream->used < oldest->used)
			oldest = stream;
	}
	int mayGo = now - oldest->used >= RTC_SRTP_SILENCE && srtp->retiredCount < RTC_SRTP_RETIRED;
	*room = !oldest->used || mayGo ? oldest : NULL;
	for (uint32_t i = 0; i < srtp->retiredCount; i++)
		if (srtp->retired[i] == ssrc)
			*room = NULL;
	return NULL;
}

// An authentic packet has shown a new SSRC, for which libsrtp keeps a stream now.
static void keepStream(rtc_srtp *srtp, rtc_srtp_stream *room, uint32_t ssrc)
{
	if (room->used) {
		srtp_remove_stream(srtp->in, room->ssrc);
		srtp->retired[srtp->retiredCount++] = room->ssrc;
	}
	room->ssrc = ssrc;
}

static srtp_err_status_t unprotect(rtc_srtp *srtp, uint8_t *data, size_t *size, int isRtcp)
{
	int length = (int)*size;
	srtp_err_status_t status =
		isRtcp ? srtp_unprotect_rtcp(srtp->in, data, &length) : srtp_unprotect(srtp->in, data, &length);
	*size = length > 0 ? (size_t)length : 0;
	return status;
}

static void receive(void *context, uint8_t *data, size_t size)
{
	rtc_srtp *srtp = context;
	if (!atomic_load_explicit(&srtp->ready, memory_order_acquire) || size < RTCP_HEADER || size > INT32_MAX)
		return;
	uint8_t type = data[1] & 0x7F;
	int isRtcp = type >= 64 && type < 96; // RFC 5761 section 4
	size_t smallest = isRtcp ? RTCP_HEADER : RTP_HEADER;
	if (size < smallest) {
		count(&srtp->unprotectFailed, 0);
		return;
	}
	uint64_t now = rtc_now();
	uint32_t ssrc;
	rtc_srtp_stream *room = NULL;
	memcpy(&ssrc, data + (isRtcp ? 4 : 8), sizeof ssrc);
	rtc_srtp_stream *stream = findStream(srtp, ssrc, now, &room);
	if (!stream && !room) {
		count(&srtp->ssrcRefused, 0);
		return;
	}
	srtp_err_status_t status = unprotect(srtp, data, &size, isRtcp);
	if (status != srtp_err_status_ok) {
		int again = status == srtp_err_status_replay_fail || status == srtp_err_status_replay_old;
		count(again ? &srtp->replayed : &srtp->unprotectFailed, 0);
		return;
	}
	if (!stream)
		keepStream(srtp, stream = room, ssrc);
	stream->used = now ? now : 1;
	if (size < smallest)
		count(&srtp->unprotectFailed, 0);
	else
		rtc_srtp_handlers_packet(&srtp->handlers, data, size, isRtcp);
}

rtc_srtp *rtc_srtp_new(rtc_path *path, int *error)
{
	*error = ENOMEM;
	if (!isPrepared())
		return NULL;
	rtc_srtp *srtp = rtc_calloc(1, sizeof *srtp);
	if (!srtp)
		return NULL;
	*error = pthread_mutex_init(&srtp->sendLock, NULL);
	if (*error)
		goto noLock;
	*error = rtc_srtp_handlers_init(&srtp->handlers);
	if (*error)
		goto noHandlers;
	atomic_init(&srtp->refs, 1);
	srtp->transmit.srtp = srtp;
	srtp->path = rtc_path_retain(path);
	rtc_path_set_srtp(path, receive, srtp);
	return srtp;
noHandlers:
	pthread_mutex_destroy(&srtp->sendLock);
noLock:
	rtc_free(srtp);
	return NULL;
}

rtc_srtp *rtc_srtp_retain(rtc_srtp *srtp)
{
	atomic_fetch_add(&srtp->refs, 1);
	return srtp;
}

void rtc_srtp_release(rtc_srtp *srtp)
{
	if (!srtp || atomic_fetch_sub(&srtp->refs, 1) != 1)
		return;
	rtc_srtp_close(srtp);
	rtc_path_release(srtp->path);
	rtc_srtp_handlers_destroy(&srtp->handlers);
	pthread_mutex_destroy(&srtp->sendLock);
	rtc_wipe(srtp, sizeof *srtp);
	rtc_free(srtp);
}

// Only when the path has let go of the handler.
static void forgetKeys(rtc_srtp *srtp)
{
	pthread_mutex_lock(&srtp->sendLock);
	atomic_store(&srtp->ready, 0);
	// libsrtp overwrites its keys when it frees them.
	if (srtp->out)
		srtp_dealloc(srtp->out);
	if (srtp->in)
		srtp_dealloc(srtp->in);
	srtp->out = srtp->in = NULL;
	pthread_mutex_unlock(&srtp->sendLock);
}

void rtc_srtp_close(rtc_srtp *srtp)
{
	pthread_mutex_lock(&srtp->sendLock);
	int closed = srtp->closed;
	srtp->closed = 1;
	pthread_mutex_unlock(&srtp->sendLock);
	if (closed)
		return;
	rtc_path_set_srtp(srtp->path, NULL, NULL);
	rtc_srtp_handlers_remove(&srtp->handlers, NULL, 1);
	forgetKeys(srtp);
}

void rtc_srtp_reset(rtc_srtp *srtp)
{
	pthread_mutex_lock(&srtp->sendLock);
	int closed = srtp->closed;
	pthread_mutex_unlock(&srtp->sendLock);
	if (closed)
		return;
	rtc_path_set_srtp(srtp->path, NULL, NULL); // the network thread has let go of it
	forgetKeys(srtp);
	memset(srtp->streams, 0, sizeof srtp->streams);
	srtp->retiredCount = 0;
	rtc_path_set_srtp(srtp->path, receive, srtp);
}

// A session of one direction. The key and salt of client and server alternate in the material (RFC 5764 section 4.2).
static srtp_t createSession(uint16_t profile, const uint8_t *material, int ofClient, srtp_ssrc_type_t type)
{
	uint8_t key[AES_128_KEY + AES_CM_SALT];
	srtp_policy_t policy;
	size_t salt = rtc_srtp_material_size(profile) / 2 - AES_128_KEY;
	memcpy(key, material + (ofClient ? 0 : AES_128_KEY), AES_128_KEY);
	memcpy(key + AES_128_KEY, material + 2 * AES_128_KEY + (ofClient ? 0 : salt), salt);
	setPolicy(&policy, profile, type, key);
	pthread_mutex_lock(&creation);
	srtp_t session = create(&policy);
	pthread_mutex_unlock(&creation);
	rtc_wipe(key, sizeof key);
	return session;
}

int rtc_srtp_set_keys(rtc_srtp *srtp, uint16_t profile, const uint8_t *material, size_t size, int isClient)
{
	int error = EINVAL;
	size_t expected = rtc_srtp_material_size(profile);
	if (!expected || size != expected)
		return error;
	pthread_mutex_lock(&srtp->sendLock);
	if (!srtp->closed && !srtp->out) {
		srtp->out = createSession(profile, material, isClient, ssrc_any_outbound);
		srtp->in = createSession(profile, material, !isClient, ssrc_any_inbound);
		error = srtp->out && srtp->in ? 0 : ENOMEM;
		if (!error) {
			atomic_store(&srtp->profile, profile);
			atomic_store_explicit(&srtp->ready, 1, memory_order_release);
		} else {
			if (srtp->out)
				srtp_dealloc(srtp->out);
			if (srtp->in)
				srtp_dealloc(srtp->in);
			srtp->out = srtp->in = NULL;
		}
	}
	pthread_mutex_unlock(&srtp->sendLock);
	if (!error)
		rtc_srtp_handlers_ready(&srtp->handlers);
	return error;
}

int rtc_srtp_ready(rtc_srtp *srtp)
{
	return atomic_load_explicit(&srtp->ready, memory_order_acquire);
}

int rtc_srtp_add_handler(rtc_srtp *srtp, rtc_srtp_handler rtp, rtc_srtp_handler rtcp, rtc_srtp_ready_handler ready,
						 void *context)
{
	rtc_srtp_entry entry = {.rtp = rtp, .rtcp = rtcp, .ready = ready, .context = context};
	return rtc_srtp_handlers_add(&srtp->handlers, &entry);
}

void rtc_srtp_remove_handler(rtc_srtp *srtp, void *context)
{
	rtc_srtp_handlers_remove(&srtp->handlers, context, 0);
}

void rtc_srtp_add_task(rtc_srtp *srtp, rtc_task *task)
{
	rtc_path_add_task(srtp->path, task);
}

void rtc_srtp_wake_task(rtc_srtp *srtp, rtc_task *task)
{
	rtc_path_wake_task(srtp->path, task);
}

void rtc_srtp_remove_task(rtc_srtp *srtp, rtc_task *task)
{
	rtc_path_remove_task(srtp->path, task);
}

int rtc_srtp_may_repeat(rtc_srtp *srtp)
{
	return atomic_load_explicit(&srtp->profile, memory_order_relaxed) == RTC_SRTP_AES128_CM_SHA1_80;
}

int rtc_srtp_has_way(rtc_srtp *srtp)
{
	return rtc_srtp_ready(srtp) && rtc_path_has_way(srtp->path);
}

rtc_srtp_transmit *rtc_srtp_begin(rtc_srtp *srtp)
{
	pthread_mutex_lock(&srtp->sendLock);
	if (!srtp->closed && srtp->out) {
		srtp->transmit.transmit = rtc_path_begin(srtp->path);
		if (srtp->transmit.transmit)
			return &srtp->transmit;
	}
	pthread_mutex_unlock(&srtp->sendLock);
	return NULL;
}

uint8_t *rtc_srtp_buffer(rtc_srtp_transmit *transmit)
{
	return transmit->packet = rtc_transmit_buffer(transmit->transmit);
}

int rtc_srtp_commit(rtc_srtp_transmit *transmit, size_t size, int isRtcp)
{
	rtc_srtp *srtp = transmit->srtp;
	if (size > RTC_MTU)
		return count(&srtp->protectFailed, EMSGSIZE);
	if (size < (isRtcp ? RTCP_HEADER : RTP_HEADER))
		return count(&srtp->protectFailed, EINVAL);
	int length = (int)size;
	srtp_err_status_t status = isRtcp ? srtp_protect_rtcp(srtp->out, transmit->packet, &length)
									  : srtp_protect(srtp->out, transmit->packet, &length);
	if (status != srtp_err_status_ok)
		return count(&srtp->protectFailed, EINVAL);
	rtc_transmit_commit(transmit->transmit, (size_t)length);
	return 0;
}

uint32_t rtc_srtp_end(rtc_srtp_transmit *transmit)
{
	uint32_t lost = rtc_transmit_end(transmit->transmit);
	pthread_mutex_unlock(&transmit->srtp->sendLock);
	return lost;
}

void rtc_srtp_get_statistics(rtc_srtp *srtp, rtc_srtp_statistics *statistics)
{
	statistics->unprotectFailed = atomic_load_explicit(&srtp->unprotectFailed, memory_order_relaxed);
	statistics->replayed = atomic_load_explicit(&srtp->replayed, memory_order_relaxed);
	statistics->ssrcRefused = atomic_load_explicit(&srtp->ssrcRefused, memory_order_relaxed);
	statistics->protectFailed = atomic_load_explicit(&srtp->protectFailed, memory_order_relaxed);
	statistics->profile = atomic_load_explicit(&srtp->profile, memory_order_relaxed);
}
