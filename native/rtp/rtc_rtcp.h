// SPDX-License-Identifier: Apache-2.0
// RTCP: compound packets are read as a row of items, and sender reports written (RFC 3550 section 6, RFC 4585, RFC
// 5104).
#ifndef RTC_RTCP_H
#define RTC_RTCP_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
	RTC_RTCP_REPORT,  // a report block of an SR or RR
	RTC_RTCP_SENDER,  // what an SR says of its sender; its blocks follow
	RTC_RTCP_PLI,     // picture loss indication (RFC 4585 section 6.3.1)
	RTC_RTCP_FIR,     // full intra request (RFC 5104 section 4.3.1)
	RTC_RTCP_NACK,    // one entry of a generic NACK (RFC 4585 section 6.2.1)
	RTC_RTCP_REMB,    // receiver's estimate of the bitrate (draft-alvestrand-rmcat-remb-03 section 2.2)
	RTC_RTCP_TWCC,    // transport-wide feedback (rtc_twcc.h)
	RTC_RTCP_BYE,     // one source that leaves
	RTC_RTCP_UNKNOWN, // a whole packet of a type that has no meaning here
} rtc_rtcp_kind;

typedef struct {
	uint8_t fractionLost;     // of 256
	int32_t packetsLost;      // cumulative; duplicates can make it negative
	uint32_t highestSequence; // extended
	uint32_t jitter;          // RTP clock ticks
	uint32_t lastReport;      // middle 32 bits of the NTP time in the last SR; 0: none yet
	uint32_t delay;           // since that SR, in 1/65536 s
} rtc_rtcp_report;

typedef struct {
	uint32_t ssrc;
	uint64_t ntp;       // wall clock, as an NTP timestamp
	uint32_t timestamp; // RTP time of the same instant
	uint32_t packets;   // sent since the start, modulo 2^32
	uint32_t octets;    // of payload
} rtc_rtcp_sender_info;

typedef struct {
	uint16_t packet, following; // a lost sequence number, and a bit for each of the 16 after it
} rtc_rtcp_nack;

typedef struct {
	rtc_rtcp_kind kind;
	uint8_t first;   // of its packet
	uint32_t sender; // SSRC of who sent the packet
	uint32_t target; // SSRC it is about
	union {
		rtc_rtcp_report report;
		rtc_rtcp_sender_info info;
		uint8_t sequence; // FIR: the request is new when this has changed
		rtc_rtcp_nack nack;
		struct {
			const uint8_t *body; // behind the two SSRCs, in the packet
			size_t size;
		} twcc;
		uint64_t bitrate; // REMB: bit/s, for all its SSRCs together
	};
} rtc_rtcp_item;

typedef struct {
	const uint8_t *position, *end; // packets that were not opened yet
	const uint8_t *body;           // of the open one
	size_t size;                   // of its body, without padding
	uint32_t entries, index;
	size_t offset, stride; // where the body has its entries
	rtc_rtcp_kind kind;
	uint8_t isSender; // the open one is an SR, and its sender's part was not read yet
} rtc_rtcp_reader;

// Begins to read a compound packet; reduced-size ones (RFC 5506) are taken too. Returns 0, or -1 when its packets do
// not add up to `size` (RFC 3550 section A.2).
int rtc_rtcp_begin(rtc_rtcp_reader *reader, const uint8_t *data, size_t size);
// Reads the next item; SDES packets are passed over. Returns 1, 0 at the end, or -1 when a packet's contents do not fit
// in it, or its padding is wrong: what came before counts, what follows is not read.
int rtc_rtcp_next(rtc_rtcp_reader *reader, rtc_rtcp_item *item);

#define RTC_RTCP_CNAME 31       // most characters of a CNAME here
#define RTC_RTCP_REPORT_SIZE 72 // room for an SR with an SDES packet
#define RTC_RTCP_BLOCK_SIZE 24  // of a report about one source
#define RTC_RTCP_BYE_SIZE 8
#define RTC_RTCP_FEEDBACK_SIZE 12 // of feedback about one source, and a whole PLI
#define RTC_RTCP_REMB_SIZE 20     // of an estimate, without its sources
#define RTC_RTCP_FIR_SIZE 20
#define RTC_RTCP_NACK_SIZE 4 // of each entry of a generic NACK

// Writes an SR without report blocks and an SDES packet with the CNAME (RFC 3550 sections 6.4.1 and 6.5.1). Returns its
// size, at most RTC_RTCP_REPORT_SIZE.
size_t rtc_rtcp_write_report(uint8_t *buffer, const rtc_rtcp_sender_info *info, const char *cname);
// Writes an RR with one block, about `target`, to be followed by an SDES packet. Returns its size.
size_t rtc_rtcp_write_receiver_report(uint8_t *buffer, uint32_t ssrc, uint32_t target, const rtc_rtcp_report *report);
// Writes an SDES packet with the CNAME. Returns its size, at most RTC_RTCP_REPORT_SIZE less 28.
size_t rtc_rtcp_write_description(uint8_t *buffer, uint32_t ssrc, const char *cname);
// Writes a BYE packet, to follow a report in the same compound (RFC 3550 section 6.1). Returns RTC_RTCP_BYE_SIZE.
size_t rtc_rtcp_write_bye(uint8_t *buffer, uint32_t ssrc);
// Writes a generic NACK about `media`. Returns its size: RTC_RTCP_FEEDBACK_SIZE and RTC_RTCP_NACK_SIZE for each entry.
size_t rtc_rtcp_write_nack(uint8_t *buffer, uint32_t ssrc, uint32_t media, const rtc_rtcp_nack *entries, size_t count);
// Writes a PLI about `media`. Returns RTC_RTCP_FEEDBACK_SIZE.
size_t rtc_rtcp_write_pli(uint8_t *buffer, uint32_t ssrc, uint32_t media);
// Writes a FIR for `media`, whose `number` is another for each request (RFC 5104 section 4.3.1). Returns
// RTC_RTCP_FIR_SIZE.
size_t rtc_rtcp_write_fir(uint8_t *buffer, uint32_t ssrc, uint32_t media, uint8_t number);
// Writes an estimate of `bitsPerSecond` for `count` sources, at most 255. Returns its size: RTC_RTCP_REMB_SIZE and four
// bytes for each source.
size_t rtc_rtcp_write_remb(uint8_t *buffer, uint32_t ssrc, uint64_t bitsPerSecond, const uint32_t *sources,
						   size_t count);

#endif
