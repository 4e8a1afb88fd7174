// SPDX-License-Identifier: Apache-2.0
// One side of a negotiation, without a connection: transceivers are plain records, what is to be carried out is kept.
import type { Effects, LocalTransport, MediaKind, Negotiable } from "webrtc/peer/negotiable";
import Negotiation from "webrtc/peer/negotiation";
import type { CodecCapability } from "webrtc/codec";
import type { Direction } from "webrtc/sdp";
import { h264, opus, pcma, pcmu } from "../../codecs";

export interface Line extends Negotiable {
	direction: Direction;
	stopping: boolean;
	hasTrack: boolean;
	codecs: readonly CodecCapability[];
	/** Made for a section of a remote offer. */
	isMade?: boolean;
}

let ssrc = 1;

export function line(kind: MediaKind, changes: Partial<Line> = {}): Line {
	const id = ssrc++;
	return {
		kind,
		mid: null,
		agreed: "",
		direction: "sendonly",
		stopping: false,
		hasTrack: true,
		codecs: kind === "video" ? [h264] : [opus, pcmu, pcma],
		msid: { stream: "s", track: `t${id}` },
		ssrc: id,
		...changes,
	};
}

export function fingerprint(byte: string) {
	return { algorithm: "sha-256", value: Array(32).fill(byte).join(":") };
}

export class Side {
	readonly negotiation: Negotiation<Line>;
	transport: LocalTransport;
	/** Of data channels. */
	readonly data = { isWanted: false, isAccepted: true, maxMessageSize: 262144 };

	constructor(name: string, ...lines: Line[]) {
		this.negotiation = new Negotiation<Line>({
			sessionId: "42",
			cname: name,
			owner: {
				make: (kind) => line(kind, { direction: "recvonly", hasTrack: false, isMade: true }),
				data: this.data,
			},
		});
		this.transport = {
			iceUfrag: `${name}Ufrg`,
			icePwd: `${name}0123456789abcdefghijkl`,
			fingerprint: fingerprint(name === "ours" ? "0A" : "0B"),
			candidates: ["candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host"],
			endOfCandidates: true,
		};
		for (const one of lines) this.negotiation.add(one);
	}

	get lines(): readonly Line[] {
		return this.negotiation.transceivers;
	}

	get mids(): (string | null)[] {
		return this.lines.map(({ mid }) => mid);
	}

	offer(): string {
		this.negotiation.setLocal("offer", undefined, this.transport);
		return this.negotiation.local!.text;
	}

	take(type: "offer" | "pranswer" | "answer", text: string): Effects<Line> {
		return this.negotiation.commit(this.negotiation.planRemote(type, text));
	}

	answer(type: "pranswer" | "answer" = "answer"): Effects<Line> {
		return this.negotiation.setLocal(type, undefined, this.transport);
	}

	get text(): string {
		return this.negotiation.local!.text;
	}
}

/** A whole round, begun by `from`. */
export function negotiate(from: Side, to: Side): { offerer: Effects<Line>; answerer: Effects<Line> } {
	to.take("offer", from.offer());
	const answerer = to.answer();
	return { offerer: from.take("answer", to.text), answerer };
}

/** The sections of a description: kind, port, direction. */
export function sections(text: string): string[] {
	return text
		.split("\r\nm=")
		.slice(1)
		.map((section) => {
			const [, kind, port] = /^(\w+) (\d+)/.exec(section)!;
			return `${kind} ${port} ${/a=(sendrecv|sendonly|recvonly|inactive)/.exec(section)![1]}`;
		});
}

/** The code of the error that `run` throws; "" when it throws none. */
export function codeOf(run: () => unknown): string {
	try {
		run();
	} catch (error) {
		return (error as { code?: string }).code ?? String(error);
	}
	return "";
}
