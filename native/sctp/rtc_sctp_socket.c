// SPDX-License-Identifier: Apache-2.0
// One association as usrsctp's socket, and the packets that it sends.
#include "rtc_sctp_core.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <usrsctp.h>

static int set(struct socket *socket, int level, int option, const void *value, size_t size)
{
	return usrsctp_setsockopt(socket, level, option, value, (socklen_t)size) ? errno : 0;
}

static int setFlag(struct socket *socket, int option, uint32_t value)
{
	return set(socket, IPPROTO_SCTP, option, &value, sizeof value);
}

static int subscribe(struct socket *socket)
{
	static const uint16_t types[] = {SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT, SCTP_PARTIAL_DELIVERY_EVENT,
									 SCTP_SHUTDOWN_EVENT};
	int error = 0;
	for (size_t i = 0; i < sizeof types / sizeof types[0] && !error; i++) {
		struct sctp_event event = {.se_assoc_id = SCTP_ALL_ASSOC, .se_type = types[i], .se_on = 1};
		error = set(socket, IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event);
	}
	return error;
}

// RFC 8831 section 6.
static int configure(rtc_sctp *sctp)
{
	struct socket *socket = sctp->socket;
	const struct linger linger = {.l_onoff = 1, .l_linger = 0}; // closing aborts, and keeps nothing
	const struct sctp_assoc_value reset = {.assoc_id = SCTP_ALL_ASSOC, .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ};
	struct sctp_initmsg streams = {.sinit_num_ostreams = sctp->options.streams,
								   .sinit_max_instreams = sctp->options.streams};
	struct sctp_paddrparams path = {.spp_flags = SPP_PMTUD_DISABLE | SPP_HB_ENABLE, .spp_hbinterval = 30000};
	path.spp_pathmtu = RTC_SCTP_PACKET - RTC_SCTP_HEADER;
	const int window = (int)sctp->options.window;
	int error = usrsctp_set_non_blocking(socket, 1) ? errno : 0;
	if (!error)
		error = set(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	if (!error)
		error = set(socket, SOL_SOCKET, SO_SNDBUF, &window, sizeof window);
	if (!error)
		error = set(socket, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
	if (!error)
		error = set(socket, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &reset, sizeof reset);
	if (!error)
		error = set(socket, IPPROTO_SCTP, SCTP_INITMSG, &streams, sizeof streams);
	if (!error)
		error = set(socket, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof path);
	if (!error)
		error = setFlag(socket, SCTP_RECVRCVINFO, 1);
	if (!error)
		error = setFlag(socket, SCTP_NODELAY, 1);
	if (!error)
		error = setFlag(socket, SCTP_FRAGMENT_INTERLEAVE, 0);
	if (!error)
		error = setFlag(socket, SCTP_EXPLICIT_EOR, 1); // messages may be larger than the window
	return error ? error : subscribe(socket);
}

static struct sockaddr_conn addressOf(const rtc_sctp *sctp, uint16_t port)
{
	struct sockaddr_conn address = {.sconn_family = AF_CONN, .sconn_port = htons(port), .sconn_addr = (void *)sctp->id};
#ifdef HAVE_SCONN_LEN
	address.sconn_len = sizeof address;
#elif !defined(__linux__)
	// The chip's component is built with SCTP_USE_LWIP, and has a length and a family of one byte each, as lwIP has.
	// Its header says so only to those who define that, too.
	const uint8_t begin[] = {sizeof address, AF_CONN};
	memcpy(&address, begin, sizeof begin);
#endif
	return address;
}

// Both sides begin (RFC 8841 section 9.3).
int rtc_sctp_connect(rtc_sctp *sctp)
{
	sctp->socket = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
	if (!sctp->socket)
		return errno;
	int error = configure(sctp);
	struct sockaddr_conn address = addressOf(sctp, sctp->options.port);
	if (!error && usrsctp_bind(sctp->socket, (struct sockaddr *)&address, sizeof address))
		error = errno;
	address = addressOf(sctp, sctp->remotePort);
	if (!error && usrsctp_connect(sctp->socket, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS)
		error = errno;
	if (error) {
		usrsctp_close(sctp->socket);
		sctp->socket = NULL;
	}
	return error;
}

int rtc_sctp_read_status(rtc_sctp *sctp, struct sctp_status *status)
{
	socklen_t size = sizeof *status;
	memset(status, 0, sizeof *status);
	return sctp->socket && atomic_load(&sctp->isUp) && !atomic_load(&sctp->isDown) &&
		   !usrsctp_getsockopt(sctp->socket, IPPROTO_SCTP, SCTP_STATUS, status, &size);
}

void rtc_sctp_flush(rtc_sctp *sctp)
{
	if (sctp->outboxCount && !rtc_dtls_begin(sctp->options.dtls)) {
		for (uint32_t i = 0; i < sctp->outboxCount; i++)
			(void)rtc_dtls_write(sctp->options.dtls, sctp->outbox + i * RTC_SCTP_PACKET, sctp->outboxSizes[i]);
		(void)rtc_dtls_end(sctp->options.dtls);
	}
	sctp->outboxCount = 0; // what could not be sent is lost, as on a network
}

// CRC32c (RFC 9260 appendix A) as usrsctp's, in a tenth of the time where the CPU has an instruction for it.
#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t sumByInstruction(const uint8_t *data, size_t size)
{
	uint64_t sum = 0xFFFFFFFF, eight;
	for (; size >= sizeof eight; size -= sizeof eight, data += sizeof eight) {
		memcpy(&eight, data, sizeof eight);
		sum = __builtin_ia32_crc32di(sum, eight);
	}
	for (; size; size--, data++)
		sum = __builtin_ia32_crc32qi((uint32_t)sum, *data);
	return ~(uint32_t)sum;
}

static uint32_t sumOf(uint8_t *data, size_t size)
{
	return __builtin_cpu_supports("sse4.2") ? sumByInstruction(data, size) : usrsctp_crc32c(data, size);
}
#else
static uint32_t sumOf(uint8_t *data, size_t size)
{
	return usrsctp_crc32c(data, size);
}
#endif

void rtc_sctp_output(rtc_sctp *sctp, const void *packet, size_t size)
{
	if (size < RTC_SCTP_HEADER || size > RTC_SCTP_PACKET)
		return;
	rtc_sctp_watch(sctp, packet, size);
	if (sctp->outboxCount == RTC_SCTP_OUTBOX)
		rtc_sctp_flush(sctp);
	uint8_t *copy = sctp->outbox + sctp->outboxCount * RTC_SCTP_PACKET;
	memcpy(copy, packet, size);
	uint32_t checksum = sumOf(copy, size); // of a header in which it is zero
	memcpy(copy + 8, &checksum, sizeof checksum);
	sctp->outboxSizes[sctp->outboxCount++] = (uint16_t)size;
	rtc_sctp_count(&sctp->packetsSent, 1);
}
