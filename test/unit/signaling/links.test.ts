// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import linkHeader from "webrtc/signaling/whep/links";

// A module of the page, which a browser loads.
const source = readFileSync(join(__dirname, "../../../examples/lan-camera/page/links.js"), "utf8");
const iceServers = new Function(source.replace("export function", "return function"))() as (
	field: string | null,
) => { urls: string; username?: string; credential?: string }[];

test("what the device writes is read by its page as it was", () => {
	const username = '1700000000:a;b,c"d\\e<f>';
	const credential = 's=e,c;r"e\\t';
	const field = linkHeader([
		{ urls: "stun:stun.example:3478" },
		{ urls: ["turn:192.0.2.1?transport=udp", "turns:[2001:db8::1]:443?transport=tcp"], username, credential },
	]);
	expect(iceServers(field ?? null)).toEqual([
		{ urls: "stun:stun.example:3478" },
		{ urls: "turn:192.0.2.1?transport=udp", username, credential },
		{ urls: "turns:[2001:db8::1]:443?transport=tcp", username, credential },
	]);
});

test("fields as others write them are read, and what names no ICE server is passed over", () => {
	const field =
		'<turn:a.example>;REL=ice-server; username=u;credential="p"; credential-type="password" ,' +
		'</style.css>; rel="preload", <turns:b.example>; rel="other ice-server"; username=u, <https://c.example>; rel="ice-server",' +
		'<stun:d.example>; title="ice-server"';
	expect(iceServers(field)).toEqual([{ urls: "turn:a.example", username: "u", credential: "p" }]);
	expect(iceServers('<stuns:b.example>; rel="other ice-server"; username=u')).toEqual([{ urls: "stuns:b.example" }]);
	for (const none of [null, "", "<", "<>", '<stun:a>; rel="', "stun:a; rel=ice-server"])
		expect(iceServers(none)).toEqual([]);
});
