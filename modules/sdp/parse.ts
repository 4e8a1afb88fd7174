// SPDX-License-Identifier: Apache-2.0
// SDP text to the typed model. Lines that are not known are skipped; those that matter must be right.
import * as attribute from "webrtc/sdp/attributes";
import { CodecReader, FeedbackSets } from "webrtc/sdp/payload";
import { bundles, isLive, isRtp, newSection } from "webrtc/sdp/section";
import WebRTCError from "webrtc/error";
import {
	defaultLimits,
	head,
	integer,
	isCandidate,
	isToken,
	limits,
	LineReader,
	malformed,
	tail,
	token,
	type SdpLimits,
} from "webrtc/sdp/text";
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
	iceUfrag?: string | undefined;
	icePwd?: string | undefined;
	iceOptions: readonly string[];
	fingerprints: readonly Fingerprint[];
	setup?: Setup | undefined;
	extensions: readonly HeaderExtension[];
}

/**
 * Reads an offer or an answer.
 *
 * Takes time in proportion to the text, and keeps what this SDK can use, within `limits`: a line of no use costs nothing.
 * A browser's offer of audio and video (6 KB) is some 500 slots and 5 KB of chunks in the heap of a device, the most that
 * the default limits allow some 1,400 slots and the size of the text.
 *
 * @param options limits that are others than the default
 * @throws WebRTCError "sdp/malformed" with the number of the line and what is wrong, when that concerns the whole: its
 * beginning, an m= line, a mid, a group, ICE credentials or a fingerprint. Another malformed line is as good as absent.
 */
export function parse(text: string, options: Partial<SdpLimits> = defaultLimits): SessionDescription {
	return new Parser(text, options === defaultLimits ? defaultLimits : { ...defaultLimits, ...options }).run();
}

// Without one of these there is no session, or another one than the peer means.
const essential: readonly string[] = Object.freeze(["mid", "group", "ice-ufrag", "ice-pwd", "fingerprint"]);

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
	#codecs = new CodecReader([], 0);
	readonly #feedbackSets = new FeedbackSets();
	readonly #limits: Readonly<SdpLimits>;
	#endOfCandidates = false; // of all sections
	#fingerprint: Fingerprint | undefined;
	#fingerprintText = "";
	#items = 0;
	#extensions = 0; // read in this section

	constructor(text: string, limits: Readonly<SdpLimits>) {
		this.#reader = new LineReader(text, limits.text);
		this.#limits = limits;
	}

	private get line(): number {
		return this.#reader.number;
	}

	run(): SessionDescription {
		if (this.#reader.next() !== "v=0") malformed(1, "the first line must be v=0");
		if (!this.origin(this.#reader.next() ?? "")) malformed(2, "the second line must be o= with six fields");
		for (let line = this.#reader.next(); line !== undefined; line = this.#reader.next()) {
			if (line.startsWith("a=")) this.attribute(line);
			else if (line.startsWith("m=")) this.media(line);
		}
		this.endSection();
		this.inherit();
		return this.#session;
	}

	/** RFC 8866 section 5.2. */
	private origin(line: string): boolean {
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
	private media(line: string): void {
		this.endSection();
		const { sections } = this.#limits;
		if (this.#session.media.length >= sections) malformed(this.line, `more than ${sections} sections`);
		const fields = line.slice(2).split(" ", limits.payloadTypes + 4);
		if (fields.length < 4) malformed(this.line, "m= needs kind, port, protocol and format");
		if (fields.length > limits.payloadTypes + 3) malformed(this.line, `more than ${limits.payloadTypes} formats`);
		const protocol = token(fields[2]!, this.line, "the protocol");
		const section = newSection(token(fields[0]!, this.line, "the kind"), protocol);
		section.port = integer(head(fields[1]!, "/"), 65535, this.line, "the port");
		if (isRtp(protocol)) {
			const types = fields.slice(3).map((type) => integer(type, 127, this.line, "the payload type"));
			section.payloadTypes = types.filter((type, i) => types.indexOf(type) === i);
		} else
			section.formats = fields
				.slice(3)
				.map((format) => token(format, this.line, "the format"))
				.join(" ");
		this.#session.media.push(section);
		this.#section = section;
		const { payloadTypes, items } = this.#limits;
		this.#codecs = new CodecReader(section.payloadTypes, Math.min(payloadTypes, items - this.#items));
		this.#direction = undefined;
		this.#extensions = 0;
	}

	private attribute(line: string): void {
		const colon = line.indexOf(":");
		const name = colon < 0 ? line.slice(2) : line.slice(2, colon);
		const value = colon < 0 ? "" : line.slice(colon + 1);
		try {
			if (this.#section && this.codecAttribute(name, value)) return;
			if (this.sharedAttribute(name, value)) return;
			if (!this.#section) this.sessionAttribute(name, value);
			else if (!this.mediaAttribute(this.#section, name, value))
				this.rtpAttribute(this.#section, name, value, line);
		} catch (error) {
			if (essential.includes(name) || !(error instanceof WebRTCError)) throw error;
		}
	}

	/** Two thirds of the lines of an offer. */
	private codecAttribute(name: string, value: string): boolean {
		switch (name) {
			case "rtcp-fb":
				this.#codecs.feedback(value, this.line);
				break;
			case "rtpmap":
				this.#codecs.rtpmap(value, this.line);
				break;
			case "fmtp":
				this.#codecs.fmtp(value, this.line);
				break;
			default:
				return false;
		}
		return true;
	}

	private sharedAttribute(name: string, value: string): boolean {
		const target: Shared = this.#section ?? this.#shared;
		const line = this.line;
		switch (name) {
			case "ice-ufrag":
				target.iceUfrag = attribute.iceCredential(value, 4, line, name);
				break;
			case "ice-pwd":
				target.icePwd = attribute.iceCredential(value, 22, line, name);
				break;
			case "ice-options":
				// Spaces are between them; commas are libdatachannel's.
				target.iceOptions = value.split(",").join(" ").split(" ", 8).filter(isToken);
				break;
			case "fingerprint":
				this.count();
				target.fingerprints = [...target.fingerprints, this.fingerprint(value)];
				break;
			case "setup":
				target.setup = attribute.setup(value, line);
				break;
			case "extmap":
				this.extension(target, value);
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

	private sessionAttribute(name: string, value: string): void {
		switch (name) {
			case "group":
				this.group(value);
				break;
			case "msid-semantic":
				this.#session.msidSemantic = value.trim();
				break;
			case "ice-lite":
				this.#session.iceLite = true;
				break;
			case "end-of-candidates":
				this.#endOfCandidates = true;
				break;
		}
	}

	private mediaAttribute(section: MediaSection, name: string, value: string): boolean {
		const line = this.line;
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
				if (section.rids.length >= limits.rids) break;
				this.count();
				section.rids.push(value);
				break;
			default:
				return false;
		}
		return true;
	}

	private rtpAttribute(section: MediaSection, name: string, value: string, text: string): void {
		switch (name) {
			case "candidate":
				this.candidate(section, text.slice(2));
				break;
			case "ssrc":
				this.source(section, value);
				break;
			case "ssrc-group":
				this.sourceGroup(section, value);
				break;
		}
	}

	/** All sections have the same. */
	private fingerprint(value: string): Fingerprint {
		if (value !== this.#fingerprintText) {
			this.#fingerprint = attribute.fingerprint(value, this.line);
			this.#fingerprintText = value;
		}
		return this.#fingerprint!;
	}

	private extension(target: Shared, value: string): void {
		if (++this.#extensions > this.#limits.extensions) return;
		const extension = attribute.extension(value, this.line);
		if (!extension) return;
		this.count();
		(target.extensions as HeaderExtension[]).push(extension);
	}

	private candidate(section: MediaSection, text: string): void {
		if (section.candidates.length >= this.#limits.candidates || !isCandidate(text)) return;
		this.count();
		section.candidates.push(text);
	}

	/** RFC 5576 section 4.1. */
	private source(section: MediaSection, value: string): void {
		const ssrc = integer(head(value, " "), limits.ssrc, this.line, "the source");
		let entry: SourceAttributes | undefined = section.sources[section.sources.length - 1];
		if (entry?.ssrc !== ssrc) entry = section.sources.find((known) => known.ssrc === ssrc);
		if (!entry) {
			if (section.sources.length >= limits.sources) return;
			this.count();
			entry = { ssrc };
			section.sources.push(entry);
		}
		const rest = tail(value, " ");
		if (rest.startsWith("cname:") && isToken(rest.slice(6))) entry.cname = rest.slice(6);
		else if (rest.startsWith("msid:")) entry.msid = attribute.msid(rest.slice(5), this.line);
	}

	private sourceGroup(section: MediaSection, value: string): void {
		if (section.sourceGroups.length >= limits.groups) return;
		const group = attribute.sourceGroup(value, this.line);
		this.count(group.ssrcs.length);
		section.sourceGroups.push(group);
	}

	private group(value: string): void {
		const group = attribute.group(value, this.line);
		this.count(group.mids.length);
		if (this.#session.groups.length >= limits.groups) malformed(this.line, `more than ${limits.groups} groups`);
		this.#session.groups.push(group);
	}

	/** @throws WebRTCError when there are too many, so that this one is dropped, or the description where it is essential */
	private count(more = 1): void {
		const codecs = this.#codecs;
		const { items, payloadTypes } = this.#limits;
		if (this.#items + codecs.size + more > items) malformed(this.line, `more than ${items} codecs and others`);
		this.#items += more;
		codecs.room = Math.min(payloadTypes, items - this.#items);
	}

	private endSection(): void {
		const section = this.#section;
		if (!section) return;
		section.direction = this.#direction ?? this.#sharedDirection ?? "sendrecv";
		section.codecs = this.#codecs.finish(this.#feedbackSets, section.kind === "audio" && isLive(section));
		this.#items += section.codecs.length;
		// Of a section without any that is of use, an answer repeats one (RFC 3264 section 6).
		const kept = section.codecs.map(({ payloadType }) => payloadType);
		section.payloadTypes = kept.length ? kept : section.payloadTypes.slice(0, 1);
	}

	/** RFC 8866 section 6, RFC 8839 section 5.4, RFC 8122 section 5: a section's own value wins over the session's. */
	private inherit(): void {
		const shared = this.#shared;
		this.#session.iceOptions = shared.iceOptions;
		const mids: string[] = [];
		const bundled = bundles(this.#session);
		for (const section of this.#session.media) {
			// Without a bundle to be in, a section with port 0 has ended (RFC 9143 section 6).
			section.bundleOnly &&= bundled.some((group) => group.includes(section.mid!));
			section.endOfCandidates ||= this.#endOfCandidates;
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
