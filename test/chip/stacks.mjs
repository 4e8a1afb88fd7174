// SPDX-License-Identifier: Apache-2.0
// @ts-check
// How deep each thread's stack can get, by the compiler's own call graphs. Of what is called in a library nothing is
// known here: that is what the reserve of each thread is for, and the emulator measures DTLS.
import fs from "node:fs";
import path from "node:path";
import { root } from "../../hosts/linux/tools/build.mjs";

/**
 * @typedef {object} Stack
 * @property {string} name
 * @property {number} size bytes that the thread has
 * @property {number} first bytes of the function that it begins with
 * @property {number} bytes of the deepest chain of our own functions
 * @property {string[]} chain
 */
/** @typedef {{ bytes: Map<string, number>, calls: Map<string, Set<string>> }} Graph by "file.c:name" or, if global, "name" */

/** Those that make frames of payloads again. */
const formats = ["rtc_h264.c", "rtc_h265.c", "rtc_vp8.c"];

/**
 * What a call through a pointer may reach, by the function that makes it. A "*" stands for any file, or for any function of a
 * file; where nobody is called yet there is an empty list.
 */
const pointers = /** @type {Record<string, string[]>} */ ({
	rtc_receive_run: ["rtc_transport_xs.c:post", "rtc_relay_xs.c:postError"],
	"rtc_relay_stream.c:tellEnd": ["rtc_relay_xs.c:postError"],
	"rtc_relay_stream.c:onOpen": ["rtc_relay_xs.c:postOpen"],
	rtc_relay_open: ["rtc_tls.c:freeLayer"],
	rtc_relay_start: ["rtc_tls.c:freeLayer"],
	rtc_stream_start: ["rtc_tls.c:freeLayer"],
	"rtc_stream.c:release": ["rtc_tls.c:freeLayer"],
	"rtc_stream.c:run": ["rtc_tls.c:shake", "rtc_relay_stream.c:onOpen", "rtc_tls_socket.c:onOpen"],
	"rtc_stream.c:describe": ["rtc_tls.c:reasonOf"],
	"rtc_stream.c:flush": ["rtc_tls.c:writeBytes"],
	rtc_stream_read: ["rtc_tls.c:readBytes", "rtc_tls.c:hasMore"],
	rtc_stream_take: ["rtc_relay_stream.c:take", "rtc_tcp.c:takeFrame"],
	xs_rtc_stream_layer_destructor: ["rtc_tls.c:freeLayer"],
	"rtc_tls_verify.c:verify": [], // of ESP-IDF's bundle
	"rtc_tls_options.c:readPem": ["rtc_tls_options.c:parseCertificates", "rtc_tls_options.c:parsePrivateKey"],
	rtc_tls_socket_open: ["rtc_tls.c:freeLayer"],
	"rtc_tls_socket.c:run": ["rtc_tls_socket_xs.c:post"],
	"rtc_tls_socket_xs.c:give": ["rtc_tls_add_authority", "rtc_tls_add_certificate", "rtc_tls_set_key"],
	xs_rtc_tls_socket_destructor: ["rtc_tls.c:freeLayer"],
	"rtc_receive.c:drain": ["rtc_transport_xs.c:post"],
	rtc_sctp_send_queued: ["rtc_sctp_xs.c:post"],
	rtc_tasks_run: ["rtc_sctp.c:run", "rtc_rtp_session.c:run", "rtc_tcp.c:sweep"],
	rtc_path_dispatch: ["rtc_srtp.c:receive", "rtc_dtls.c:onDatagram"],
	rtc_path_set_dtls: ["rtc_dtls.c:onDatagram"],
	"rtc_srtp_handlers.c:dispatch": ["rtc_srtp_handlers.c:deliver", "rtc_srtp_handlers.c:announce"],
	"rtc_srtp_handlers.c:deliver": ["rtc_rtp_session.c:onRtp", "rtc_rtp_take_rtcp"],
	"rtc_srtp_handlers.c:announce": ["rtc_rtp_session.c:onReady"],
	"rtc_rtp_session.c:onRtp": ["rtc_rtp_receiver.c:take"],
	rtc_rtp_tick_inbound: ["rtc_rtp_receiver_report", "rtc_rtp_receiver.c:giveDue", "rtc_rtp_receiver_due"],
	rtc_rtp_take_rtcp: ["rtc_rtp_receiver_hear"],
	rtc_rtp_receiver_set_active: ["rtc_rtp_receiver_xs.c:changed"],
	rtc_assembly_put: formats.map((file) => `${file}:beginsKey`),
	rtc_assembly_get: formats.flatMap((file) => [`${file}:append`, `${file}:end`]),
	rtc_nal_packetizer_init: ["*:typeOf"],
	rtc_nal_packetizer_next: ["*:typeOf", "*:toFragment", "*:aggregateFirst", "*:aggregateMore"],
	"rtc_nal_packetizer.c:readNal": ["*:typeOf"],
	rtc_nal_begins_key: ["*:typeOf"],
	rtc_nal_append: ["*:typeOf", "*:fromFragment"],
	"rtc_nal_depacketizer.c:beginUnit": ["*:typeOf"],
	"rtc_nal_depacketizer.c:appendNal": ["*:typeOf"],
	rtc_rtp_session_send: ["*:begin", "*:next"],
	rtc_rtp_cache_cut: ["*:begin", "*:next"],
	rtc_sink_request_key_frame: ["*:source_request_key_frame", "rtc_frame_writer.c:requestKeyFrame"],
	rtc_sink_set_bitrate: ["*:source_set_bitrate"],
	rtc_source_deliver: [
		"*:sink_frame",
		"rtc_rtp_sender.c:onFrame",
		"rtc_player.c:onFrame",
		"rtc_screen.c:onFrame",
		"rtc_echo.c:onHeard",
		"rtc_echo.c:onPlayed",
	],
	rtc_source_connect: ["*:source_active", "rtc_frame_writer.c:onActive"],
	"rtc_pipe.c:disconnect": ["*:source_active", "rtc_frame_writer.c:onActive"],
	rtc_source_release: [
		"*:source_destroy",
		"rtc_rtp_receiver.c:destroy",
		"rtc_echo.c:sourceDestroyed",
		"rtc_player.c:destroyPlayer",
		"rtc_frame_writer.c:destroy",
	],
	rtc_sink_release: [
		"*:sink_destroy",
		"rtc_rtp_sender.c:destroySender",
		"rtc_player.c:destroyStream",
		"rtc_screen.c:destroyStream",
		"rtc_echo.c:microphoneDestroyed",
		"rtc_echo.c:loudspeakerDestroyed",
	],
	rtc_frame_release: ["rtc_frame.c:recycle"],
	"rtc_frame_reader.c:sink_frame": ["rtc_frame_reader_xs.c:post"],
	"rtc_level_meter.c:sink_frame": ["rtc_level_meter_xs.c:post"],
	"rtc_frame_queue.c:sink_frame": ["rtc_frame_queue_xs.c:post"],
	"rtc_frame_writer.c:want": ["rtc_frame_writer_xs.c:post"],
	"rtc_recorder.c:tell": ["rtc_recorder_xs.c:ready"],
	"rtc_recorder.c:run": ["rtc_recorder_xs.c:failed"],
	"rtc_dtls_worker.c:work": ["rtc_dtls.c:run"],
	rtc_dtls_enter: ["rtc_dtls_xs.c:post", "rtc_sctp.c:onState"],
	"rtc_dtls_data.c:readAll": ["rtc_sctp.c:onData"],
	"rtc_video_encoder.c:run": ["rtc_esp_h264.c:*", "rtc_jpeg_esp32.c:*", "rtc_encoder_record_failed"], // encode() and others are a part of it
	"rtc_video_encoder.c:forget_codec": ["rtc_esp_h264.c:destroy", "rtc_jpeg_esp32.c:destroy"],
	"rtc_audio_encoder.c:sink_frame": ["rtc_opus.c:takes", "rtc_g711.c:takes"],
	"rtc_audio_encoder.c:tell": ["rtc_encoder_record_failed"],
	"rtc_audio_encoder.c:run": ["rtc_opus.c:encode", "rtc_g711.c:encode", "*:make", "*:set_bitrate"],
	"rtc_capture.c:run": ["rtc_camera_esp32.c:next", "rtc_microphone_esp32.c:next", "rtc_test_card.c:next"],
	rtc_playout_read: ["rtc_opus.c:make_decoder", "rtc_g711.c:*", "rtc_opus.c:decode", "rtc_g711_decoder.c:decode"],
	"rtc_playout.c:conceal": ["rtc_opus.c:conceal", "rtc_g711_decoder.c:conceal"],
	rtc_playout_free: ["rtc_opus.c:destroy_decoder", "rtc_g711_decoder.c:destroy"],
	"rtc_player.c:perform": [
		"rtc_player_i2s_esp32.c:start",
		"rtc_player_i2s_esp32.c:writeFrame",
		"rtc_player_i2s_esp32.c:stop",
	],
	"rtc_player.c:run": ["rtc_player_xs.c:failed", "rtc_player_xs.c:heard"],
	rtc_player_new: ["rtc_player_none.c:destroy", "rtc_player_i2s_esp32.c:destroy"],
	rtc_player_close: ["rtc_player_none.c:destroy", "rtc_player_i2s_esp32.c:destroy"],
	"rtc_screen.c:show": ["rtc_screen_kinds.c:showNothing", "rtc_screen_xs.c:failed"],
	rtc_screen_new: ["rtc_screen_kinds.c:destroyNothing"],
	rtc_screen_close: ["rtc_screen_kinds.c:destroyNothing"],
	xs_rtc_video_output: ["rtc_screen_none_open"],
	xs_rtc_audio_output: ["rtc_player_none_open", "rtc_player_i2s_open"],
	"rtc_g711_decoder.c:decode": ["rtc_g711_from_ulaw", "rtc_g711_from_alaw"],
	xs_rtc_audio_encoder: ["rtc_opus.c:takes", "rtc_g711.c:takes"],
	"rtc_xs.c:deliverMessage": ["*:deliver"],
});

/**
 * The threads: where the source states the size of each one's stack, and what it runs first.
 * @type {{ name: string, file?: string, size: RegExp | number, roots: (string | RegExp)[] }[]}
 */
const threads = [
	{
		name: "network",
		file: "native/transport/rtc_transport.c",
		size: /#define THREAD_STACK (.+?)(?: *\/\/.*)?$/m,
		roots: ["rtc_receive_run"],
	},
	{
		name: "DTLS",
		file: "native/dtls/rtc_dtls_worker.c",
		size: /\.stack = ([^,}]+)/,
		roots: ["rtc_dtls_worker.c:work"],
	},
	{
		name: "stream",
		file: "native/transport/rtc_stream.c",
		size: /\.stack = ([^,}]+)/,
		roots: ["rtc_stream.c:run"],
	},
	{
		name: "TLS",
		file: "native/tls/rtc_tls_socket.c",
		size: /\.stack = ([^,}]+)/,
		roots: ["rtc_tls_socket.c:run"],
	},
	{
		name: "video",
		file: "native/codec/rtc_video_codec.h",
		size: /#define RTC_VIDEO_CODEC_STACK (.+?)(?: *\/\/.*)?$/m,
		roots: ["rtc_video_encoder.c:run"],
	},
	{
		name: "audio",
		file: "native/codec/rtc_audio_encoder.c",
		size: /#define STACK (.+?)(?: *\/\/.*)?$/m,
		roots: ["rtc_audio_encoder.c:run"],
	},
	{
		name: "player",
		file: "native/render/rtc_player.c",
		size: /#define STACK (.+?)(?: *\/\/.*)?$/m,
		roots: ["rtc_player.c:run"],
	},
	{
		name: "screen",
		file: "native/render/rtc_screen.c",
		size: /#define STACK (.+?)(?: *\/\/.*)?$/m,
		roots: ["rtc_screen.c:run"],
	},
	{
		name: "recorder",
		file: "native/record/rtc_recorder.c",
		size: /#define STACK (.+?)(?: *\/\/.*)?$/m,
		roots: ["rtc_recorder.c:run"],
	},
	{
		name: "capture",
		file: "native/capture/rtc_capture.c",
		size: /#define STACK (.+?)(?: *\/\/.*)?$/m,
		roots: ["rtc_capture.c:run"],
	},
	{
		name: "carrier",
		file: "native/port/rtc_carrier.c",
		size: /\.stack = ([^,}]+)/,
		roots: ["rtc_carrier.c:run"],
	},
	{
		name: "JavaScript",
		size: 10240, // the SDK's own, unless `creation` says more
		roots: [/^xs_rtc_/, "rtc_xs.c:deliverMessage"],
	},
];

/** @param {string} title @returns {string} */
const shorten = (title) => {
	const [, file, name] = /^(.*\.[ch]):(.*)$/.exec(title) ?? [];
	return file === undefined ? title : `${path.basename(file)}:${name}`;
};

/** @param {string[]} objects whose graphs lie beside them @returns {Graph} */
export function readGraph(objects) {
	/** @type {Graph} */
	const graph = { bytes: new Map(), calls: new Map() };
	for (const object of objects) {
		const text = fs.readFileSync(object.replace(/\.o$/, ".ci"), "utf8");
		for (const [, title = "", bytes] of text.matchAll(/^node: \{ title: "([^"]+)" label: "[^"]*\\n(\d+) bytes/gm))
			graph.bytes.set(shorten(title), Number(bytes));
		for (const [, from = "", to = ""] of text.matchAll(/^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"/gm)) {
			const calls = graph.calls.get(shorten(from)) ?? new Set();
			graph.calls.set(shorten(from), calls.add(shorten(to)));
		}
	}
	return graph;
}

/** @param {Graph} graph @param {string} caller @returns {string[]} */
function targetsOf(graph, caller) {
	return (pointers[caller] ?? []).flatMap((pattern) => {
		if (pattern.endsWith(":*"))
			return [...graph.bytes.keys()].filter((name) => name.startsWith(pattern.slice(0, -1)));
		if (!pattern.startsWith("*:")) return graph.bytes.has(pattern) ? [pattern] : [];
		return [...graph.bytes.keys()].filter((name) => name.endsWith(pattern.slice(1)));
	});
}

/**
 * The deepest chain of calls from a function. A cycle counts once.
 * @param {Graph} graph @param {string} from @param {Map<string, { bytes: number, chain: string[] }>} known
 * @param {Set<string>} open @returns {{ bytes: number, chain: string[] }}
 */
function deepest(graph, from, known, open = new Set()) {
	const found = known.get(from);
	if (found) return found;
	if (open.has(from)) return { bytes: 0, chain: [] };
	open.add(from);
	let below = { bytes: 0, chain: /** @type {string[]} */ ([]) };
	for (const call of graph.calls.get(from) ?? []) {
		for (const target of call === "__indirect_call" ? targetsOf(graph, from) : [call]) {
			const next = deepest(graph, target, known, open);
			if (next.bytes > below.bytes) below = next;
		}
	}
	open.delete(from);
	const result = { bytes: (graph.bytes.get(from) ?? 0) + below.bytes, chain: [from, ...below.chain] };
	known.set(from, result);
	return result;
}

/** @param {string} text as 16 * 1024 @returns {number} */
const product = (text) =>
	text
		.replace(/[()]/g, "")
		.split("*")
		.reduce((value, factor) => value * Number(factor), 1);

/**
 * @param {Graph} graph @param {number} [machineStack] bytes of the machine's own, where `creation` says so
 * @returns {Stack[]}
 */
export function measureStacks(graph, machineStack) {
	return threads.map(({ name, file, size, roots }) => {
		const text = file === undefined ? "" : fs.readFileSync(path.join(root, file), "utf8");
		const stated = typeof size === "number" ? (machineStack ?? size) : product(size.exec(text)?.[1] ?? "?");
		if (!(stated > 0)) throw new Error(`${file}: the size of the ${name} thread's stack is not where it was`);
		const first = roots.flatMap((given) =>
			typeof given === "string" ? [given] : [...graph.bytes.keys()].filter((title) => given.test(title)),
		);
		const unknown = first.find((title) => !graph.bytes.has(title));
		if (unknown !== undefined) throw new Error(`${unknown}: no such function; the ${name} thread begins elsewhere`);
		const known = new Map();
		const worst = first
			.map((title) => deepest(graph, title, known))
			.reduce((one, other) => (other.bytes > one.bytes ? other : one));
		const chain = worst.chain.filter((title) => graph.bytes.has(title));
		return { name, size: stated, first: graph.bytes.get(first[0] ?? "") ?? 0, bytes: worst.bytes, chain };
	});
}

/** Names above that no function has any longer; another board's files may be missing. @param {Graph} graph @returns {string[]} */
export function outdated(graph) {
	const names = [...graph.bytes.keys()];
	const named = [...Object.keys(pointers), ...Object.values(pointers).flat()];
	return [...new Set(named)].filter((name) => {
		const [file = "", own] = name.split(":");
		if (graph.bytes.has(name) || graph.calls.has(name)) return false;
		if (own === "*") return !names.some((other) => other.startsWith(`${file}:`));
		if (file === "*") return !names.some((other) => other.endsWith(`:${own}`));
		return own === undefined || names.some((other) => other.startsWith(`${file}:`));
	});
}

/** Functions that call through a pointer of which nothing is said above. @param {Graph} graph @returns {string[]} */
export function unexplained(graph) {
	const ignored =
		/_xs\.c:|^rtc_encoder_record_|^rtc_fingerprint_|_crypto_|source_destroy$|^rtc_capture_new$|rtc_g711\.c|:run$/;
	return [...graph.calls]
		.filter(([from, calls]) => calls.has("__indirect_call") && !pointers[from] && !ignored.test(from))
		.map(([from]) => from);
}
