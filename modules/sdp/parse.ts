// SPDX-License-Identifier: Apache-2.0
// SDP text to the typed model. Lines that are not known are skipped; those that matter must be right.
import * as attribute from "webrtc/sdp/attributes";
import { CodecReader, FeedbackSets } from "webrtc/sdp/payload";
import { isLive, isRtp, newSection } from "webrtc/sdp/section";
import { head, integer, isCandidate, isToken, limits, LineReader, malformed, tail, token } from "webrtc/sdp/text";
import type {
	Direction,
	Fingerprint,
	HeaderExtension,
	MediaSection,
	Origin,
	SessionDescription,
	Setup,
	SourceAttributes,
} from "webrtc/sdp/types";

/** What may stand at the head of the session for all sections, or in a section for itself. */
interface Shared {
	iceUfrag?: string;
	icePwd?: string;
	iceOptions: readonly string[];
	fingerprints: readonly Fingerprint[];
	setup?: Setup;
	extensions: readonly HeaderExtension[];
}

/**
 * Reads an offer or an answer.
 *
 * At most 65 536 characters, 32 sections and 512 codecs, extensions, candidates and sources. Takes time in proportion to
 * the text. A browser's offer of audio and video (6 KB) is 520 slots and 5 KB of chunks in the heap of a device, and
 * leaves some 40 KB of garbage; where text comes from, it should be bounded to what the heap can hold (16 KB in 128 KB).
 *
 * @throws WebRTCError "sdp/malformed" with the number of the line and what is wrong
 */
export function parse(text: string): SessionDescription {
	return new Parser(text).run();
}

class Parser {
	readonly #reader: LineReader;
	readonly #shared: Shared = { iceOptions: [], fingerprints: [], extensions: [] };
	readonly #session: SessionDescription = {
		origin: { username: "-", sessionId: "0", sessionVersion: "0", addressType: "IP4", address: "0.0.0.0" },
		groups: [],
		iceLite: false,
		iceOptions: [],
		extmapAllowMixed: false,
		media: [],
	};
	#section: MediaSection | undefined;
	#direction: Direction | undefined;
	#sharedDirection: Direction | undefined;
	#codecs = new CodecReader([]);
	readonly #feedbackSets = new FeedbackSets();
	#items = 0;

	constructor(text: string) {
		this.#reader = new LineReader(text);
	}

	get #line(): number {
		return this.#reader.number;
	}

	run(): SessionDescription {
		if (this.#reader.next() !== "v=0") malformed(1, "the first line must be v=0");
		if (!this.#origin(this.#reader.next() ?? "")) malformed(2, "the second line must be o= with six fields");
		for (let line = this.#reader.next(); line !== undefined; line = this.#reader.next()) {
			if (line.startsWith("a=")) this.#attribute(line);
			else if (line.startsWith("m=")) this.#media(line);
		}
		this.#endSection();
		this.#inherit();
		return this.#session;
	}

	/** RFC 8866 section 5.2. */
	#origin(line: string): boolean {
		if (!line.startsWith("o=")) return false;
		const fields = line.slice(2).split(" ", 7);
		if (fields.length !== 6 || fields[3] !== "IN" || !fields.every(isToken)) return false;
		const [username, sessionId, sessionVersion, , addressType, address] = fields as [
			string,
			string,
			string,
			string,
			string,
			string,
		];
		this.#session.origin = { username, sessionId, sessionVersion, addressType, address } satisfies Origin;
		return true;
	}

	/** RFC 8866 section 5.14: m=<kind> <port>[/<number of ports>] <protocol> <format> … */
	#media(line: string): void {
		this.#endSection();
		if (this.#session.media.length >= limits.sections)
			malformed(this.#line, `more than ${limits.sections} sections`);
		const fields = line.slice(2).split(" ", limits.payloadTypes + 4);
		if (fields.length < 4) malformed(this.#line, "m= needs kind, port, protocol and format");
		if (fields.length > limits.payloadTypes + 3) malformed(this.#line, `more than ${limits.payloadTypes} formats`);
		const protocol = token(fields[2]!, this.#line, "the protocol");
		const section = newSection(token(fields[0]!, this.#line, "the kind"), protocol);
		section.port = integer(head(fields[1]!, "/"), 65535, this.#line, "the port");
		if (isRtp(protocol)) {
			const types = fields.slice(3).map((type) => integer(type, 127, this.#line, "the payload type"));
			section.payloadTypes = types.filter((type, i) => types.indexOf(type) === i);
		} else
			section.formats = fields
				.slice(3)
				.map((format) => token(format, this.#line, "the format"))
				.join(" ");
		this.#session.media.push(section);
		this.#section = section;
		this.#count(section.payloadTypes.length);
		this.#codecs = new CodecReader(section.payloadTypes);
		this.#direction = undefined;
	}

	#attribute(line: string): void {
		const colon = line.indexOf(":");
		const name = colon < 0 ? line.slice(2) : line.slice(2, colon);
		const value = colon < 0 ? "" : line.slice(colon + 1);
		if (this.#sharedAttribute(name, value)) return;
		if (!this.#section) this.#sessionAttribute(name, value);
		else if (!this.#mediaAttribute(this.#section, name, value))
			this.#rtpAttribute(this.#section, name, value, line);
	}

	#sharedAttribute(name: string, value: string): boolean {
		const target: Shared = this.#section ?? this.#shared;
		const line = this.#line;
		switch (name) {
			case "ice-ufrag":
				target.iceUfrag = attribute.iceCredential(value, 4, line, name);
				break;
			case "ice-pwd":
				target.icePwd = attribute.iceCredential(value, 22, line, name);
				break;
			case "ice-options":
				target.iceOptions = value.split(" ", 8).filter(isToken);
				break;
			case "fingerprint":
				this.#count();
				target.fingerprints = [...target.fingerprints, attribute.fingerprint(value, line)];
				break;
			case "setup":
				target.setup = attribute.setup(value, line);
				break;
			case "extmap":
				this.#count();
				(target.extensions as HeaderExtension[]).push(attribute.extension(value, line));
				break;
			case "extmap-allow-mixed":
				this.#session.extmapAllowMixed = true;
				break;
			default:
				if (!attribute.isDirection(name)) return false;
				if (this.#section) this.#direction = name;
				else this.#sharedDirection = name;
		}
		return true;
	}

	#sessionAttribute(name: string, value: string): void {
		switch (name) {
			case "group":
				this.#group(value);
				break;
			case "msid-semantic":
				this.#session.msidSemantic = value.trim();
				break;
			case "ice-lite":
				this.#session.iceLite = true;
				break;
		}
	}

	#mediaAttribute(section: MediaSection, name: string, value: string): boolean {
		const line = this.#line;
		switch (name) {
			case "mid":
				section.mid = token(value, line, "the mid");
				break;
			case "bundle-only":
				section.bundleOnly = true;
				break;
			case "rtcp-mux":
				section.rtcpMux = true;
				break;
			case "rtcp-rsize":
				section.rtcpReducedSize = true;
				break;
			case "end-of-candidates":
				section.endOfCandidates = true;
				break;
			case "msid":
				section.msid ??= attribute.msid(value, line);
				break;
			case "sctp-port":
				section.sctpPort = integer(value, 65535, line, name);
				break;
			case "max-message-size":
				section.maxMessageSize = integer(value, Number.MAX_SAFE_INTEGER, line, name);
				break;
			case "simulcast":
				section.simulcast = value;
				break;
			case "rid":
				this.#count();
				if (section.rids.length >= limits.rids) malformed(line, `more than ${limits.rids} rids`);
				section.rids.push(value);
				break;
			default:
				return false;
		}
		return true;
	}

	#rtpAttribute(section: MediaSection, name: string, value: string, text: string): void {
		switch (name) {
			case "candidate":
				this.#candidate(section, text.slice(2));
				break;
			case "rtpmap":
				this.#codecs.rtpmap(value, this.#line);
				break;
			case "fmtp":
				this.#codecs.fmtp(value, this.#line);
				break;
			case "rtcp-fb":
				this.#codecs.feedback(value, this.#line);
				break;
			case "ssrc":
				this.#source(section, value);
				break;
			case "ssrc-group":
				this.#sourceGroup(section, value);
				break;
		}
	}

	#candidate(section: MediaSection, text: string): void {
		this.#count();
		if (section.candidates.length >= limits.candidates)
			malformed(this.#line, `more than ${limits.candidates} candidates`);
		if (!isCandidate(text)) malformed(this.#line, "the candidate is empty or has characters that it may not have");
		section.candidates.push(text);
	}

	/** RFC 5576 section 4.1. */
	#source(section: MediaSection, value: string): void {
		const ssrc = integer(head(value, " "), limits.ssrc, this.#line, "the source");
		let entry: SourceAttributes | undefined = section.sources[section.sources.length - 1];
		if (entry?.ssrc !== ssrc) entry = section.sources.find((known) => known.ssrc === ssrc);
		if (!entry) {
			this.#count();
			if (section.sources.length >= limits.sources) malformed(this.#line, `more than ${limits.sources} sources`);
			entry = { ssrc };
			section.sources.push(entry);
		}
		const rest = tail(value, " ");
		if (rest.startsWith("cname:") && isToken(rest.slice(6))) entry.cname = rest.slice(6);
		else if (rest.startsWith("msid:")) entry.msid = attribute.msid(rest.slice(5), this.#line);
	}

	#sourceGroup(section: MediaSection, value: string): void {
		const group = attribute.sourceGroup(value, this.#line);
		this.#count(group.ssrcs.length);
		if (section.sourceGroups.length >= limits.sources) malformed(this.#line, `more than ${limits.sources} groups`);
		section.sourceGroups.push(group);
	}

	#group(value: string): void {
		const group = attribute.group(value, this.#line);
		this.#count(group.mids.length);
		if (this.#session.groups.length >= limits.groups) malformed(this.#line, `more than ${limits.groups} groups`);
		this.#session.groups.push(group);
	}

	#count(more = 1): void {
		this.#items += more;
		if (this.#items > limits.items)
			malformed(this.#line, `more than ${limits.items} codecs, extensions, candidates and sources`);
	}

	#endSection(): void {
		const section = this.#section;
		if (!section) return;
		section.direction = this.#direction ?? this.#sharedDirection ?? "sendrecv";
		section.codecs = this.#codecs.finish(this.#feedbackSets, section.kind === "audio" && isLive(section));
	}

	/** RFC 8866 section 6, RFC 8839 section 5.4, RFC 8122 section 5: a section's own value wins over the session's. */
	#inherit(): void {
		const shared = this.#shared;
		this.#session.iceOptions = shared.iceOptions;
		const mids: string[] = [];
		for (const section of this.#session.media) {
			section.iceUfrag ??= shared.iceUfrag;
			section.icePwd ??= shared.icePwd;
			section.setup ??= shared.setup;
			if (section.iceOptions.length === 0) section.iceOptions = shared.iceOptions;
			if (section.fingerprints.length === 0) section.fingerprints = shared.fingerprints;
			if (section.extensions.length === 0 && isRtp(section.protocol)) section.extensions = shared.extensions;
			if (section.mid === undefined) continue;
			if (mids.includes(section.mid)) malformed(0, "two sections have the same mid");
			mids.push(section.mid);
		}
	}
}
