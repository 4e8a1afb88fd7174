// SPDX-License-Identifier: Apache-2.0
// Who is heard at an intercom.
import Talk from "../../../examples/common/talk";

/** An app with callers, and what each hears. */
function make(...names: string[]) {
	const microphone = { kind: "audio" };
	const loudspeaker = { muted: false };
	const tracks = new Map<string, unknown>(names.map((name) => [name, microphone]));
	const app = {
		peers: names,
		connection: (name: string) => ({
			getTransceivers: () => [
				{ kind: "video", sender: { replaceTrack: () => Promise.reject(new Error("not the picture's")) } },
				{ kind: "audio", sender: { replaceTrack: async (track: unknown) => void tracks.set(name, track) } },
			],
		}),
	};
	const talk = new Talk(app as never, { audioCapture: microphone as never, audioPlayer: loudspeaker as never });
	return { talk, tracks, microphone, loudspeaker, app };
}

test("the microphone is silent for those who are there, and those who come", () => {
	const { talk, tracks, microphone, app } = make("a", "b");
	talk.isTalking = false;
	expect([...tracks.values()]).toEqual([null, null]);
	app.peers.push("c");
	talk.joined("c");
	expect(tracks.get("c")).toBeNull();
	talk.isTalking = true;
	expect([...tracks.values()]).toEqual([microphone, microphone, microphone]);
	app.peers.push("d");
	talk.joined("d"); // has it already
	expect(tracks.has("d")).toBe(false);
});

test("commands say what they did", () => {
	const { talk, loudspeaker } = make("a");
	expect(talk.command("loudspeaker off")).toMatch(/microphone on, loudspeaker off, 1 connected/);
	expect(loudspeaker.muted).toBe(true);
	expect(talk.command(" loudspeaker  on ")).toMatch(/loudspeaker on/);
	expect(talk.command("microphone off")).toMatch(/microphone off/);
	[talk.level, talk.own] = [0.25, 0.5];
	expect(talk.command("status")).toMatch(/level 0.250, own 0.000/); // nobody hears it
	talk.isTalking = true;
	expect(talk.command("status")).toMatch(/level 0.250, own 0.500/);
	for (const line of ["", "microphone", "microphone loud", "door on"])
		expect(talk.command(line)).toMatch(/a button to talk/);
});

test("without a loudspeaker and a microphone there is nothing to do", () => {
	const talk = new Talk({ peers: ["a"], connection: () => undefined } as never, {});
	talk.isListening = false;
	talk.isTalking = false;
	talk.joined("a");
	expect(talk.isListening).toBe(true);
});
