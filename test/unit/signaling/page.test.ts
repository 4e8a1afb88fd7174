// SPDX-License-Identifier: Apache-2.0
import type { HTTPRequest, HTTPResponse } from "webrtc/http";
import page from "webrtc/signaling/whep/page";

function ask(method: string, path: string): HTTPResponse {
	let answer: HTTPResponse | undefined;
	page({ method, path, query: "", headers: new Map(), body: "" } as unknown as HTTPRequest, (response) => {
		answer = response;
	});
	return answer!;
}

test("the page is at /, whole, and of UTF-8", () => {
	const { status, headers, body } = ask("GET", "/");
	expect(status).toBe(200);
	expect(headers).toMatchObject({ "content-type": "text/html; charset=utf-8" });
	expect(body).toMatch(/^<!doctype html>[^]*fetch\("whep"[^]*<\/script>\n$/);
	expect(ask("HEAD", "/").status).toBe(200);
});

test("its script is a module without mistakes of syntax", () => {
	const script = /<script type="module">\n([^]*)<\/script>/.exec(`${ask("GET", "/").body}`)![1]!;
	expect(() => new Function(script)).not.toThrow();
	expect(script).not.toContain("${");
});

test("nothing else is served, and not otherwise", () => {
	expect(ask("GET", "/other").status).toBe(404);
	expect(ask("GET", "/whep2").status).toBe(404);
	expect(ask("POST", "/")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
});

describe("the page", () => {
	beforeEach(() => jest.useFakeTimers());
	afterEach(() => jest.useRealTimers());

	/** Opens it where the endpoint answers so. */
	async function open(...answers: { status: number; text: string; wait?: string }[]) {
		const [says, form, secret] = [
			{ textContent: "" },
			{ hidden: true, onsubmit: undefined as unknown },
			{ value: "" },
		];
		const elements = Object.entries({ video: {}, says, form, secret, sound: {} }).map(([id, element]) =>
			Object.assign(element, { id }),
		);
		const fetch = jest.fn(async (_url: string, _options: { headers: Record<string, string> }) => {
			const { status, text, wait = null } = answers.shift()!;
			return {
				status,
				text: async () => text,
				headers: { get: (name: string) => (name === "retry-after" ? wait : null) },
			};
		});
		class PeerConnection {
			localDescription = { sdp: "offer" };
			connectionState = "new";
			addTransceiver() {}
			async setLocalDescription() {}
			getReceivers = () => [];
			getStats = async () => new Map();
			close() {}
		}
		const globals: Record<string, unknown> = {
			document: { querySelectorAll: () => elements },
			location: { hash: "" },
			performance: { now: () => 0 },
			AbortSignal: { timeout: () => undefined },
			MediaStream: class {},
			RTCPeerConnection: PeerConnection,
			addEventListener: () => {},
			fetch,
		};
		const script = /<script type="module">\n([^]*)<\/script>/.exec(`${ask("GET", "/").body}`)![1]!;
		new Function(...Object.keys(globals), script)(...Object.values(globals));
		await jest.advanceTimersByTimeAsync(0);
		const type = async (value: string) => {
			secret.value = value;
			(form.onsubmit as (event: object) => void)({ preventDefault: () => {} });
			await jest.advanceTimersByTimeAsync(0);
		};
		return { says, form, fetch, type };
	}

	test("asks for a secret, and does not go on with one that was wrong", async () => {
		const { says, form, fetch, type } = await open(
			{ status: 401, text: "A secret is needed.\n" },
			{ status: 429, text: "Too many wrong secrets.\n", wait: "30" },
		);
		expect([says.textContent, form.hidden]).toEqual(["A secret is needed.", false]);
		await type("wrong");
		expect(fetch.mock.calls[1]![1].headers["authorization"]).toBe(`Basic ${btoa(":wrong")}`);
		expect([says.textContent, form.hidden]).toEqual(["Too many wrong secrets. Try another in 30 s.", false]);
		await jest.advanceTimersByTimeAsync(120_000);
		expect(fetch).toHaveBeenCalledTimes(2);
	});

	test("comes again when the device says so, if there was no place", async () => {
		const { says, form, fetch } = await open(
			{ status: 503, text: "All 5 places are taken.", wait: "10" },
			{ status: 401, text: "" },
		);
		expect([says.textContent, form.hidden]).toEqual(["All 5 places are taken. Trying again in 10 s.", true]);
		await jest.advanceTimersByTimeAsync(9_900);
		expect(fetch).toHaveBeenCalledTimes(1);
		await jest.advanceTimersByTimeAsync(200);
		expect(fetch).toHaveBeenCalledTimes(2);
	});
});
