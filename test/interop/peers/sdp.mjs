// SPDX-License-Identifier: Apache-2.0
// As much of SDP as the table needs: sections, what the device says it sends in them, and sections of our own.
// @ts-check

/** @param {string} sdp @returns {{ head: string, sections: string[] }} with the ends of lines */
export function split(sdp) {
	const [head = "", ...rest] = sdp.split(/^(?=m=)/m);
	return { head, sections: rest };
}

/** @param {string} section @param {string} name @returns {string | undefined} of the first such attribute */
export function attribute(section, name) {
	return new RegExp(`^a=${name}(?::(.*?))?\\r?$`, "m").exec(section)?.[1];
}

/** @param {string} section */
export const isRefused = (section) => /^m=\S+ 0 /.test(section);

/** @param {string} sdp @returns {string} of the whole */
export const ufrag = (sdp) => attribute(sdp, "ice-ufrag") ?? "";

/** @param {string} section */
export const isSent = (section) => /^a=send(?:only|recv)\r?$/m.test(section);

/**
 * What a device's description says of each section. Refused ones send nothing.
 * @param {string} sdp
 */
export function describe(sdp) {
	return split(sdp).sections.map((section) => {
		const [, kind = "", port, , ...types] =
			/^m=(\S+) (\d+) (\S+) (.*?)\r?$/m
				.exec(section)
				?.flatMap((part, i) => (i === 4 ? part.split(" ") : [part])) ?? [];
		return {
			kind,
			mid: attribute(section, "mid") ?? "",
			refused: port === "0",
			sends: port !== "0" && isSent(section),
			ssrc: Number(attribute(section, "ssrc")?.split(" ")[0] ?? 0),
			payloadTypes: types.map(Number),
		};
	});
}

// Of a kind that nobody has: a section that must be refused (RFC 3264 section 6).
const strange = [
	"m=text 9 UDP/TLS/RTP/SAVPF 119",
	"c=IN IP4 0.0.0.0",
	"a=rtpmap:119 t140/1000",
	"a=mid:strange",
	"a=recvonly",
	"a=rtcp-mux",
	"",
].join("\r\n");

/** What every section of a bundle says of the transport. @param {string} section */
function transportOf(section) {
	const kept = /^a=(?:ice-ufrag|ice-pwd|fingerprint|setup|ice-options):/;
	return section
		.split("\r\n")
		.filter((line) => kept.test(line))
		.map((line) => `${line}\r\n`)
		.join("");
}

/** An offer with one more section. @param {string} sdp @param {number} place */
export function withStrange(sdp, place) {
	const { head, sections } = split(sdp);
	const bundled = head.replace(/^(a=group:BUNDLE)(.*?)(\r?)$/m, (_, start, mids, end) => {
		const list = mids.split(" ").filter(Boolean);
		list.splice(place, 0, "strange");
		return `${start} ${list.join(" ")}${end}`;
	});
	sections.splice(place, 0, strange + transportOf(sections[0] ?? ""));
	return bundled + sections.join("");
}

/** The answer to it without that section. @param {string} sdp @param {number} place */
export function withoutStrange(sdp, place) {
	const { head, sections } = split(sdp);
	const [removed = ""] = sections.splice(place, 1);
	if (!isRefused(removed)) throw new Error(`the section of an unknown kind is not refused:\n${removed}`);
	if (!removed.startsWith("m=text")) throw new Error(`the sections are in another order:\n${sdp}`);
	if (/^a=group:BUNDLE.* strange/m.test(head)) throw new Error(`what is refused is in the bundle:\n${head}`);
	return head + sections.join("");
}

/** An answer that refuses a section (RFC 3264 section 6), which leaves the bundle (RFC 9143 section 7.3.3). @param {string} sdp @param {number} place */
export function refuse(sdp, place) {
	const { head, sections } = split(sdp);
	const section = sections[place] ?? "";
	const mid = attribute(section, "mid");
	const rest = sections.filter((one, i) => i !== place && !isRefused(one));
	if (rest[0] && !attribute(rest[0], "ice-ufrag")) {
		sections[sections.indexOf(rest[0])] = rest[0] + transportOf(section);
	}
	sections[place] = section.replace(/^(m=\S+) \d+/, "$1 0");
	const bundled = head.replace(/^a=group:BUNDLE.*?(?=\r?$)/m, (line) =>
		line
			.split(" ")
			.filter((word) => word !== mid)
			.join(" "),
	);
	return bundled + sections.join("");
}
