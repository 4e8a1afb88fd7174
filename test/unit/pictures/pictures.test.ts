// SPDX-License-Identifier: Apache-2.0
// Pictures of a capture, by its API and by HTTP: one, and one after the other; how many at once, and what is given back.
import WebRTCError from "webrtc/error";
import type { HTTPRequest, HTTPResponse, HTTPStream } from "webrtc/http";
import NativeVideoCapture from "webrtc/media/video";
import Pictures from "webrtc/pictures";
import { advance, pendingTimers, resetClock, settle } from "../fakes/moddable/clock";
import { missing, Source } from "../fakes/native/capture";
import { Encoder } from "../fakes/native/codec";
import FrameReader from "../fakes/native/frame/reader";

let capture: NativeVideoCapture;
const readers = () => [...FrameReader.open];
const newest = () => readers().at(-1)!;
const picture = (size: number, value = 7) => new Uint8Array(size).fill(value);

beforeEach(() => {
	resetClock();
	capture = new NativeVideoCapture({});
});

afterEach(() => {
	capture.close();
	expect([pendingTimers(), FrameReader.open.size, Encoder.open.size, Source.open.size]).toEqual([0, 0, 0, 0]);
});

function request(query = "", method = "GET"): HTTPRequest {
	return { method, path: "/snapshot.jpg", query, headers: new Map(), body: "" };
}

function ask(pictures: Pictures, what: "still" | "motion", ...how: Parameters<typeof request>) {
	const heard: HTTPResponse[] = [];
	pictures[what](request(...how), (response) => heard.push(response));
	return heard;
}

function text(stream: HTTPStream, most = 1024): string {
	let result = "";
	for (;;) {
		const bytes = stream.read(most);
		if (!bytes) return result;
		result += new TextDecoder("latin1").decode(bytes);
	}
}

test("a snapshot is the next picture, of a source and an encoder that are there for it", async () => {
	const taken = capture.snapshot({ quality: 90 });
	const [encoder] = Encoder.open;
	expect(encoder!.options).toMatchObject({ codec: "JPEG", quality: 90, policy: "fixed" });
	expect([...encoder!.sinks]).toEqual(readers());
	newest().isShort = true; // there is no memory for the first one
	newest().deliver(picture(10));
	newest().isShort = false;
	newest().deliver(picture(3000));
	const snapshot = await taken;
	expect([snapshot.size, snapshot.slice(2500, 1000)!.byteLength, snapshot.slice(3000, 1)]).toEqual([
		3000,
		500,
		undefined,
	]);
	expect(Encoder.open.size).toBe(0);
	snapshot.close();
});

test("beside viewers it changes nothing of theirs", async () => {
	capture.attach({}, "H264", "profile-level-id=42e01e");
	const taken = capture.snapshot();
	expect([Source.open.size, Encoder.open.size]).toEqual([1, 2]);
	const [h264, jpeg] = Encoder.open;
	expect([h264!.limits, jpeg!.limits]).toEqual([{ level: 30, maximumNalSize: 1100 }, {}]);
	newest().deliver(picture(1));
	(await taken).close();
	expect(Encoder.open.size).toBe(1);
});

test("without a picture in time, or a camera, it says so", async () => {
	const late = capture.snapshot({ timeout: 500 });
	const settled = late.catch((error: WebRTCError) => error);
	await advance(500);
	expect(await settled).toMatchObject({ code: "media/device-failed" });
	const none = new NativeVideoCapture({ source: "camera", path: missing });
	await expect(none.snapshot()).rejects.toMatchObject({ code: "media/device-missing" });
	for (const options of [{ quality: 0 }, { quality: 1.5 }, { timeout: 1 }])
		expect(() => capture.snapshot(options)).toThrow(RangeError);
});

test("a single picture by HTTP has the quality that is asked for, and leaves in parts", async () => {
	const pictures = new Pictures({ source: capture });
	const heard = ask(pictures, "still", "quality=40");
	for (const quality of ["", "x", "0", "101", "1e1", "0x10", "0b1", "+9", " 9", "9.0", "9%20", "0009", "Infinity"])
		expect([quality, ask(pictures, "still", `quality=${quality}`)[0]?.status]).toEqual([quality, 400]);
	expect(ask(pictures, "still", "", "POST")[0]!.status).toBe(405);
	expect([...Encoder.open][0]!.options).toMatchObject({ quality: 40 });
	newest().deliver(picture(2500));
	await settle();
	const [{ status, headers, stream }] = heard as [HTTPResponse];
	expect([status, headers!["content-type"], stream!.length]).toEqual([200, "image/jpeg", 2500]);
	expect(text(stream!)).toHaveLength(2500);
	stream!.close();
});

test("no more are made or leave at once than there is room for", async () => {
	const pictures = new Pictures({ source: capture, maximumStills: 2, timeout: 1000 });
	const first = ask(pictures, "still");
	newest().deliver(picture(10));
	await settle();
	const second = ask(pictures, "still");
	const [third] = ask(pictures, "still") as [HTTPResponse];
	expect([third.status, third.headers!["retry-after"]]).toEqual([503, "1"]);
	await advance(1000);
	expect(second[0]).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
	first[0]!.stream!.close();
	const fourth = ask(pictures, "still");
	newest().deliver(picture(10));
	await settle();
	expect(fourth[0]!.status).toBe(200);
	fourth[0]!.stream!.close();
});

test("a place is given back, whether there was a picture or none", async () => {
	const pictures = new Pictures({ source: capture, maximumStills: 1, timeout: 1000 });
	for (let i = 0; i < 3; i++) {
		const late = ask(pictures, "still");
		await advance(1000);
		expect([late[0]!.status, late[0]!.body]).toEqual([503, expect.stringContaining("no picture in time")]);
		const heard = ask(pictures, "still");
		newest().deliver(picture(10));
		await settle();
		expect(heard[0]!.status).toBe(200);
		heard[0]!.stream!.close();
	}
});

test("moving pictures leave in parts of any size, and end after a fault", () => {
	const [{ stream }] = ask(new Pictures({ source: capture }), "motion") as [HTTPResponse];
	stream!.start(() => {
		throw new WebRTCError("internal", "of the connection");
	});
	newest().deliver(picture(20)); // which is told, and goes no further
	expect(stream!.read(1024)).toBeNull();
	stream!.close();
	const [{ stream: other }] = ask(new Pictures({ source: capture }), "motion") as [HTTPResponse];
	other!.start(() => {});
	newest().deliver(picture(20));
	const sizes: number[] = [];
	for (let bytes = other!.read(7); bytes; bytes = other!.read(7)) sizes.push(bytes.byteLength);
	expect(Math.max(...sizes)).toBe(7);
	other!.close();
});

test("moving pictures are multipart, each the newest when the one before has left", () => {
	const pictures = new Pictures({ source: capture, framerate: 5 });
	const [{ status, headers, stream }] = ask(pictures, "motion") as [HTTPResponse];
	expect([status, stream!.length]).toEqual([200, undefined]);
	expect(headers!["content-type"]).toBe("multipart/x-mixed-replace; boundary=picture");
	let news = 0;
	stream!.start(() => news++);
	expect([...Encoder.open][0]!.options).toMatchObject({ codec: "JPEG", framerate: 5, quality: 75 });
	expect(stream!.read(1024)).toBeUndefined();
	newest().deliver(picture(2000, 0x41));
	expect(news).toBe(1);
	let sent = "";
	for (let i = 0; i < 5; i++) sent += new TextDecoder().decode(stream!.read(300)!);
	newest().deliver(picture(2000, 0x42)); // nobody sees it
	newest().deliver(picture(2000, 0x43));
	sent += text(stream!, 300);
	expect(sent.split("\r\n--picture\r\n")).toEqual([
		"",
		`content-type: image/jpeg\r\ncontent-length: 2000\r\n\r\n${"A".repeat(2000)}`,
		`content-type: image/jpeg\r\ncontent-length: 2000\r\n\r\n${"C".repeat(2000)}`,
	]);
	stream!.close();
	expect(pictures.watching).toBe(0);
});

test("clients that get them are bounded, share an encode, and one that goes makes room", () => {
	const pictures = new Pictures({ source: capture, maximumMotions: 2 });
	const streams = [1, 2].map(() => ask(pictures, "motion")[0]!.stream!);
	for (const stream of streams) stream.start(() => {});
	expect([Encoder.open.size, FrameReader.open.size]).toEqual([1, 2]);
	expect(ask(pictures, "motion")[0]!.status).toBe(503);
	streams[0]!.close();
	const next = ask(pictures, "motion")[0]!;
	expect(next.status).toBe(200);
	for (const stream of [streams[1]!, next.stream!]) stream.close();
	expect(() => new Pictures({ source: capture, maximumMotions: 17 })).toThrow(/^maximumMotions: /);
	expect(() => new Pictures({ source: capture, framerate: 0 })).toThrow(/^framerate: /);
});

test("a camera that cannot be opened ends the response", () => {
	const none = new NativeVideoCapture({ source: "camera", path: missing });
	const [{ stream }] = ask(new Pictures({ source: none }), "motion") as [HTTPResponse];
	expect(() => stream!.start(() => {})).toThrow(WebRTCError);
	stream!.close();
});
