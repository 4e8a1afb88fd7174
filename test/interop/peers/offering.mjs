// SPDX-License-Identifier: Apache-2.0
// The peer offers.
// @ts-check
import assert from "node:assert/strict";

/** @typedef {import("./scene.mjs").Scene} Scene */
/** @typedef {import("./rows.mjs").Scenario} Scenario */
/** @typedef {import("./w3c.mjs").Wanted} Wanted */

/**
 * A first offer, and the media that must come of it. Without a bundle the device has one transport for one section,
 * which is the picture's where there is one, and refuses the others.
 * @param {string} name
 * @param {Wanted[]} sections
 * @param {Partial<Scenario> & { strange?: number }} [more]
 * @returns {Scenario}
 */
function first(name, sections, { strange, ...more } = {}) {
	const kinds = /** @type {("video" | "audio")[]} */ (
		["video", "audio"].filter((kind) => sections.includes(/** @type {Wanted} */ (kind)))
	);
	return {
		name: `offers ${name}`,
		needs: kinds.includes("video") ? ["video"] : [],
		sections,
		...more,
		async run(scene) {
			await scene.peerOffers({ strange });
			const wanted = scene.bundled ? kinds : kinds.slice(0, 1);
			scene.refused(...sections.flatMap((kind, i) => (wanted.some((one) => one === kind) ? [] : [i])));
			await scene.arrives(...wanted);
		},
	};
}

/**
 * What follows an offer of both.
 * @param {string} name
 * @param {string[]} needs
 * @param {(scene: Scene) => Promise<unknown>} go
 * @param {Partial<Scenario>} [more]
 * @returns {Scenario}
 */
function then(name, needs, go, more = {}) {
	return {
		name: `offers, and ${name}`,
		needs: ["video", ...needs],
		sections: ["video", "audio"],
		...more,
		async run(scene) {
			await scene.peerOffers();
			if (!scene.bundled) return; // there is one section: see first()
			await go(scene);
		},
	};
}

/** @param {Scene} scene @param {"video" | "audio"} kind @param {"video" | "audio"} other */
async function pauseAndResume(scene, kind, other) {
	await scene.arrives(kind, other);
	const section = scene.place(kind);
	await scene.peer.do("direct", { section, direction: "inactive" });
	await scene.peerOffers();
	await scene.arrives(other);
	await scene.peer.do("direct", { section, direction: "recvonly" });
	await scene.peerOffers();
	await scene.arrives(kind, other);
}

/** @param {Scene} scene @param {"video" | "audio"} kind @param {"video" | "audio"} other */
async function stopAndAdd(scene, kind, other) {
	await scene.arrives(kind, other);
	const section = scene.place(kind);
	await scene.peer.do("stop", { section });
	await scene.peerOffers();
	scene.refused(section);
	await scene.arrives(other);
	await scene.peer.do("add", { kind });
	await scene.peerOffers();
	await scene.arrives(kind, other);
}

/** @type {Scenario[]} */
export const offering = [
	first("video", ["video"]),
	first("audio", ["audio"], { short: true }),
	first("video and audio", ["video", "audio"], { short: true }),
	first("audio and video", ["audio", "video"]),
	first("VP8, video and audio", ["vp8", "video", "audio"], { needs: ["video", "refused first"] }),
	first("video, VP8 and audio", ["video", "vp8", "audio"], { needs: ["video", "refused"], short: true }),
	first("video, audio and VP8", ["video", "audio", "vp8"], { needs: ["video", "refused"] }),
	first("VP8 and audio to a device without video", ["vp8", "audio"], { needs: ["refused first"], device: "audio" }),
	first("audio and VP8 to a device without video", ["audio", "vp8"], {
		needs: ["refused"],
		device: "audio",
		short: true,
	}),
	{
		name: "offers VP8 and audio, and is told why there is no video",
		sections: ["vp8", "audio"],
		async run(scene) {
			await assert.rejects(scene.peerOffers(), /"reject" in place of its answer: no-common-codec, .*VP8.*H264/);
			scene.turnedDown();
		},
	},
	first("an unknown kind and audio", ["audio"], { strange: 0 }),
	first("audio and an unknown kind", ["audio"], { strange: 1 }),
	first("an unknown kind, video and audio", ["video", "audio"], { strange: 0, short: true }),
	first("video, an unknown kind and audio", ["video", "audio"], { strange: 1 }),
	first("video, audio and an unknown kind", ["video", "audio"], { strange: 2 }),
	first("a data channel, video and audio", ["data", "video", "audio"], {
		needs: ["video", "data", "data first", "refused first"],
	}),
	first("video, audio and a data channel", ["video", "audio", "data"], { needs: ["video", "data", "refused"] }),
	then("pauses and resumes the video", ["direct"], (scene) => pauseAndResume(scene, "video", "audio"), {
		short: true,
	}),
	then("pauses and resumes the audio", ["direct"], (scene) => pauseAndResume(scene, "audio", "video")),
	then("stops the video and adds it again", ["stop"], (scene) => stopAndAdd(scene, "video", "audio"), {
		short: true,
	}),
	then("stops the audio and adds it again", ["stop"], (scene) => stopAndAdd(scene, "audio", "video"), {
		short: true,
	}),
	{
		name: "offers video and a data channel, and adds audio",
		needs: ["video", "data", "refused", "add"],
		sections: ["video", "data"],
		async run(scene) {
			await scene.peerOffers();
			await scene.arrives("video");
			await scene.peer.do("add", { kind: "audio" });
			await scene.peerOffers();
			await scene.arrives(
				...(scene.bundled ? /** @type {const} */ (["video", "audio"]) : /** @type {const} */ (["video"])),
			);
		},
	},
	{
		name: "offers video, and adds audio",
		needs: ["video", "add"],
		sections: ["video"],
		async run(scene) {
			await scene.peerOffers();
			await scene.arrives("video");
			await scene.peer.do("add", { kind: "audio" });
			await scene.peerOffers();
			await scene.arrives(
				...(scene.bundled ? /** @type {const} */ (["video", "audio"]) : /** @type {const} */ (["video"])),
			);
		},
	},
	{
		name: "offers audio, pauses and resumes it",
		needs: ["direct"],
		sections: ["audio"],
		async run(scene) {
			await scene.peerOffers();
			await scene.arrives("audio");
			await scene.peer.do("direct", { section: 0, direction: "inactive" });
			await scene.peerOffers();
			await scene.arrives();
			await scene.peer.do("direct", { section: 0, direction: "recvonly" });
			await scene.peerOffers();
			await scene.arrives("audio");
		},
	},
	then("restarts ICE", ["restart"], (scene) => restart(scene, "video", "audio"), { short: true }),
	{
		name: "offers audio, and restarts ICE",
		needs: ["restart"],
		sections: ["audio"],
		async run(scene) {
			await scene.peerOffers();
			await restart(scene, "audio");
		},
	},
];

/** @param {Scene} scene @param {("video" | "audio")[]} kinds */
async function restart(scene, ...kinds) {
	await scene.arrives(...kinds);
	const [offered, answered] = scene.credentials;
	await scene.peer.do("restart");
	await scene.peerOffers();
	scene.restarted(offered, answered);
	await scene.arrives(...kinds);
}
