// SPDX-License-Identifier: Apache-2.0
// @ts-check
// The options of ESP-IDF: those that the sources need, and those of a board's sdkconfig.defaults.
import fs from "node:fs";

/** @typedef {Map<string, string>} Options names without CONFIG_ */

/** What ESP-IDF 6.0 and the SDK's project for a chip set, of the options that matter here. */
const defaults = Object.entries({
	LWIP_IPV6_NUM_ADDRESSES: "3",
	PTHREAD_STACK_MIN: "768",
});

/** @param {string} file a sdkconfig.defaults @returns {Options} */
export function readOptions(file) {
	const options = new Map(defaults);
	for (const line of fs.readFileSync(file, "utf8").split("\n")) {
		const [, name, value] = /^CONFIG_(\w+)=(.*)$/.exec(line.trim()) ?? [];
		const [, unset] = /^# CONFIG_(\w+) is not set$/.exec(line.trim()) ?? [];
		if (name !== undefined && value !== undefined) options.set(name, value);
		if (unset !== undefined) options.set(unset, "n");
	}
	return options;
}

/** sdkconfig.h, as ESP-IDF makes it of these. @param {Options} options @param {string} chip */
export function header(options, chip) {
	const lines = [...options].filter(([, value]) => value !== "n");
	return [
		"#pragma once",
		`#define CONFIG_IDF_TARGET_${chip.toUpperCase()} 1`,
		...lines.map(([name, value]) => `#define CONFIG_${name} ${value === "y" ? "1" : value}`),
		"",
	].join("\n");
}

/**
 * What the sources need, and why. `value` "y" or "n", or the least number.
 * @type {{ name: string, value: string | number, why: string }[]}
 */
const needed = [
	{
		name: "VFS_SUPPORT_SELECT",
		value: "y",
		why: "poll() on event descriptors, which end and wake the network thread",
	},
	{
		name: "LWIP_MAX_SOCKETS",
		value: 12,
		why: "two UDP sockets, the listener, HTTP connections, the event descriptors",
	},
	{
		name: "LWIP_UDP_RECVMBOX_SIZE",
		value: 32,
		why: "STUN and RTCP of five viewers while the network thread is busy",
	},
	{ name: "LWIP_IPV6", value: "y", why: "candidates of both families" },
	{ name: "MBEDTLS_SSL_PROTO_DTLS", value: "y", why: "DTLS" },
	{ name: "MBEDTLS_SSL_DTLS_SRTP", value: "y", why: "the use_srtp extension (RFC 5764)" },
	{ name: "MBEDTLS_X509_CREATE_C", value: "y", why: "the device makes its own certificate" },
	{ name: "MBEDTLS_CERTIFICATE_BUNDLE", value: "y", why: "TLS to TURN servers: whom to trust" },
	{ name: "MBEDTLS_HAVE_TIME_DATE", value: "y", why: "TLS to TURN servers: dates of certificates" },
	{ name: "MBEDTLS_THREADING_C", value: "y", why: "the machine's thread and that of DTLS share PSA's keys" },
	{ name: "MBEDTLS_CERTIFICATE_BUNDLE_DEFAULT_CMN", value: "y", why: "the authorities of most servers, in flash" },
	{
		name: "MBEDTLS_SSL_CONTEXT_SERIALIZATION",
		value: "y",
		why: "what a connected client keeps in place of its buffers",
	},
	{ name: "MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH", value: "y", why: "buffers that shrink after the handshake" },
	{ name: "MBEDTLS_DYNAMIC_BUFFER", value: "n", why: "it excludes DTLS and buffers that shrink" },
	{
		name: "MBEDTLS_ASYMMETRIC_CONTENT_LEN",
		value: "y",
		why: "without it the two lengths are options that are not there",
	},
	{
		name: "MBEDTLS_SSL_IN_CONTENT_LEN",
		value: 16384,
		why: "servers' records of 16 KB; a browser's Certificate message",
	},
	{ name: "MBEDTLS_SSL_OUT_CONTENT_LEN", value: 2048, why: "our Certificate message, requests with long tokens" },
	{ name: "MBEDTLS_EXTERNAL_MEM_ALLOC", value: "y", why: "record buffers of each viewer in PSRAM" },
	{ name: "SPIRAM", value: "y", why: "frames, queues and stacks" },
	{ name: "SPIRAM_IGNORE_NOTFOUND", value: "n", why: "a board without PSRAM says so when it starts" },
	{ name: "SPIRAM_USE_CAPS_ALLOC", value: "n", why: "the other choice beside SPIRAM_USE_MALLOC" },
	{ name: "SPIRAM_USE_MALLOC", value: "y", why: "the machine's heaps" },
	{ name: "ESP_WIFI_DYNAMIC_TX_BUFFER_NUM", value: 32, why: "a key frame's packets for two viewers" },
	{
		name: "PTHREAD_TASK_STACK_SIZE_DEFAULT",
		value: 4096,
		why: "threads of libraries that say nothing of their stack",
	},
	{ name: "FREERTOS_TASK_CREATE_ALLOW_EXT_MEM", value: "y", why: "the threads' stacks in PSRAM" },
];

/**
 * The options that every board has, of which nobody says what they are for.
 * @param {string} file hosts/esp32/sdkconfig/sdkconfig.defaults @returns {string[]}
 */
export function unexplainedOptions(file) {
	const names = [...fs.readFileSync(file, "utf8").matchAll(/^CONFIG_(\w+)=/gm)].map(([, name = ""]) => name);
	return names.filter((name) => !needed.some((option) => option.name === name));
}

/** What takes memory by its option, and how much. @type {[string, string][]} */
export const sized = [
	["MBEDTLS_SSL_IN_CONTENT_LEN", "a record that comes in: bytes, for each handshake and each server"],
	["MBEDTLS_SSL_OUT_CONTENT_LEN", "a record that goes out"],
	["LWIP_MAX_SOCKETS", "sockets and event descriptors of all"],
	["LWIP_UDP_RECVMBOX_SIZE", "datagrams that wait for the network thread, of at most 1.5 KB"],
	["ESP_WIFI_DYNAMIC_TX_BUFFER_NUM", "packets that wait for the air, of 1.6 KB in internal RAM"],
	["PTHREAD_TASK_STACK_SIZE_DEFAULT", "the stack of a thread that says nothing"],
];

/** @param {Options} options @param {string} file @returns {string[]} what is wrong */
export function checkOptions(options, file) {
	return needed.flatMap(({ name, value, why }) => {
		const found = options.get(name);
		const good = typeof value === "number" ? Number(found) >= value : found === value;
		const wanted = typeof value === "number" ? `at least ${value}` : value;
		return good ? [] : [`${file}: CONFIG_${name} is ${found ?? "not set"}, needed: ${wanted} (${why})`];
	});
}
