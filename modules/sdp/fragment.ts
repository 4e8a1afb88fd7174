// SPDX-License-Identifier: Apache-2.0
// application/trickle-ice-sdpfrag: candidates on their way after the offer or answer (RFC 8840 section 9), as PATCH
// requests of WHIP and WHEP carry them (RFC 9725 section 4.3.2).
import { iceCredential } from "webrtc/sdp/attributes";
import { checkCandidate } from "webrtc/sdp/section";
import { defaultLimits, head, isCandidate, isToken, LineReader, malformed, token } from "webrtc/sdp/text";

/** The candidates of one section. */
export interface FragmentSection {
	/** "audio", "video", …; "" for what stands before the first `m=` line. */
	kind: string;
	mid?: string | undefined;
	iceUfrag?: string | undefined;
	icePwd?: string | undefined;
	/** "candidate:…", as in RTCIceCandidate. */
	candidates: string[];
	endOfCandidates: boolean;
}

/** What a fragment says (RFC 8840 section 9). */
export interface Fragment {
	/** Of the ICE generation that the candidates belong to; new ones ask for a restart. */
	iceUfrag?: string | undefined;
	icePwd?: string | undefined;
	/** No more candidates will come, for any section. */
	endOfCandidates: boolean;
	media: FragmentSection[];
}

/**
 * Reads a fragment of at most 8 sections. Candidates beyond 16 of a section and 32 of all are dropped. Credentials may stand at its head or in its sections; each section is given those that hold for it.
 *
 * @throws WebRTCError "sdp/malformed" with the number of the line and what is wrong
 */
export function parseFragment(text: string): Fragment {
	const reader = new LineReader(text, defaultLimits.text);
	const top = newSection("");
	const media: FragmentSection[] = [];
	let section = top;
	let room = 2 * defaultLimits.candidates;
	for (let line = reader.next(); line !== undefined; line = reader.next()) {
		if (line.startsWith("m=")) {
			if (media.length >= defaultLimits.sections)
				malformed(reader.number, `more than ${defaultLimits.sections} sections`);
			section = newSection(token(head(line.slice(2), " "), reader.number, "the kind"));
			media.push(section);
		} else if (line.startsWith("a=candidate:")) {
			if (room > 0 && addCandidate(section, line.slice(2))) room--;
		} else if (line.startsWith("a=")) fragmentAttribute(section, line.slice(2), reader.number);
	}
	if (top.candidates.length > 0) media.unshift(top);
	for (const each of media) {
		each.iceUfrag ??= top.iceUfrag;
		each.icePwd ??= top.icePwd;
		each.endOfCandidates ||= top.endOfCandidates;
	}
	const endOfCandidates = top.endOfCandidates || (media.length > 0 && media.every((each) => each.endOfCandidates));
	const first = media[0] ?? top;
	return { iceUfrag: top.iceUfrag ?? first.iceUfrag, icePwd: top.icePwd ?? first.icePwd, endOfCandidates, media };
}

function fragmentAttribute(section: FragmentSection, text: string, line: number): void {
	const name = head(text, ":");
	const value = text.slice(name.length + 1);
	switch (name) {
		case "ice-ufrag":
			section.iceUfrag = iceCredential(value, 4, line, name);
			break;
		case "ice-pwd":
			section.icePwd = iceCredential(value, 22, line, name);
			break;
		case "mid":
			section.mid = token(value, line, "the mid");
			break;
		case "end-of-candidates":
			section.endOfCandidates = true;
			break;
	}
}

/** @returns whether it is kept: one that is empty is of no use, and does not make the others so */
function addCandidate(section: FragmentSection, text: string): boolean {
	const keeps = section.candidates.length < defaultLimits.candidates && isCandidate(text);
	if (keeps) section.candidates.push(text);
	return keeps;
}

function newSection(kind: string): FragmentSection {
	return { kind, candidates: [], endOfCandidates: false };
}

/** Writes a fragment, credentials at its head (RFC 8840 section 9.2); the `m=` lines are there to name the sections only. */
export function writeFragment({ iceUfrag, icePwd, endOfCandidates, media }: Fragment): string {
	const lines: string[] = [];
	const named = media.filter((section) => section.kind !== "" && section.mid !== undefined);
	if (iceUfrag !== undefined) lines.push(`a=ice-ufrag:${checked(iceUfrag)}`);
	if (icePwd !== undefined) lines.push(`a=ice-pwd:${checked(icePwd)}`);
	if (named.length > 1) lines.splice(0, 0, `a=group:BUNDLE ${named.map((section) => section.mid).join(" ")}`);
	if (endOfCandidates && media.length === 0) lines.push("a=end-of-candidates");
	for (const section of media) {
		if (section.kind !== "") lines.push(`m=${checked(section.kind)} 9 UDP/TLS/RTP/SAVPF 0`);
		if (section.mid !== undefined) lines.push(`a=mid:${checked(section.mid)}`);
		section.candidates.forEach(checkCandidate);
		for (const candidate of section.candidates) lines.push(`a=${candidate}`);
		if (section.endOfCandidates || endOfCandidates) lines.push("a=end-of-candidates");
	}
	lines.push("");
	return lines.join("\r\n");
}

function checked(text: string): string {
	if (!isToken(text)) throw new TypeError(`fragment: "${text}"`);
	return text;
}
