// SPDX-License-Identifier: Apache-2.0
// What WHIP and WHEP need of SDP as text: a description's ICE, put into fragments and taken out of them (RFC 8840).
import { parseFragment, writeFragment } from "webrtc/sdp";

/** The first value of an attribute: of several sections that are bundled the first counts (RFC 9725 section 4.3.1). */
export function attributeOf(sdp: string, name: string): string | undefined {
	const begin = `a=${name}:`;
	let at = sdp.startsWith(begin) ? 0 : sdp.indexOf(`\n${begin}`) + 1;
	if (at === 0 && !sdp.startsWith(begin)) return undefined;
	at += begin.length;
	const end = sdp.indexOf("\n", at);
	return sdp.slice(at, end < 0 ? sdp.length : end).trim();
}

/** The "audio" or "video" of the first section. */
function firstKind(sdp: string): string {
	const at = sdp.indexOf("\nm=");
	return at < 0 ? "audio" : sdp.slice(at + 3, sdp.indexOf(" ", at));
}

/**
 * A fragment of our side: candidates for the generation of a description, or, where it restarts ICE, its credentials.
 * @param candidates lines without "a="; "" is their end
 */
export function composeFragment(sdp: string, candidates: readonly string[]): string {
	const endOfCandidates = candidates.includes("");
	return writeFragment({
		iceUfrag: attributeOf(sdp, "ice-ufrag"),
		icePwd: attributeOf(sdp, "ice-pwd"),
		endOfCandidates: false,
		media: [
			{
				kind: firstKind(sdp),
				mid: attributeOf(sdp, "mid") ?? "0",
				candidates: candidates.filter((line) => line !== ""),
				endOfCandidates,
			},
		],
	});
}

/** The candidates in a description, without "a="; with "" where they are all. */
export function candidatesIn(sdp: string): string[] {
	const lines: string[] = [];
	for (let at = sdp.indexOf("\na=candidate:"); at >= 0; at = sdp.indexOf("\na=candidate:", at + 1)) {
		const end = sdp.indexOf("\n", at + 1);
		const line = sdp.slice(at + 3, end < 0 ? sdp.length : end).trim();
		if (!lines.includes(line)) lines.push(line);
	}
	if (sdp.includes("\na=end-of-candidates")) lines.push("");
	return lines;
}

/**
 * An answer with the ICE of a fragment in place of its own: what an answer to an ICE restart would have been.
 * @throws WebRTCError "sdp/malformed", or SyntaxError for a fragment without credentials
 */
export function restartedAnswer(answer: string, text: string): string {
	const { iceUfrag, icePwd, media } = parseFragment(text);
	if (iceUfrag === undefined || icePwd === undefined) throw new SyntaxError("no ICE credentials");
	const lines: string[] = [];
	let isInSection = false;
	let isAdded = false;
	for (const each of answer.split("\n")) {
		const line = each.endsWith("\r") ? each.slice(0, -1) : each;
		isInSection ||= line.startsWith("m=");
		if (line.startsWith("a=candidate:") || line === "a=end-of-candidates") continue;
		if (line.startsWith("a=ice-ufrag:")) lines.push(`a=ice-ufrag:${iceUfrag}`);
		else if (line.startsWith("a=ice-pwd:")) lines.push(`a=ice-pwd:${icePwd}`);
		else lines.push(line);
		// Behind the mid of the first section, which all have: what is bundled needs them nowhere else.
		if (!isInSection || isAdded || !line.startsWith("a=mid:")) continue;
		isAdded = true;
		for (const { candidates } of media) for (const candidate of candidates) lines.push(`a=${candidate}`);
	}
	return lines.join("\r\n");
}
