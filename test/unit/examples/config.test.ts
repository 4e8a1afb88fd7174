// SPDX-License-Identifier: Apache-2.0
// What the examples are told by mc/config.

/** The module, as it reads what a command line has set. */
async function told(config: Record<string, string>): Promise<typeof import("../../../examples/common/config")> {
	jest.resetModules();
	jest.doMock("mc/config", () => ({ __esModule: true, default: config }));
	jest.doMock("Resource", () => ({ __esModule: true, default: class {} }), { virtual: true });
	return import("../../../examples/common/config");
}

test("the Wi-Fi's password opens no camera, and is told to no broker", async () => {
	const { password } = await told({ ssid: "home", password: "of the Wi-Fi" });
	expect(password("cameraPassword")).toBeUndefined();
	const both = await told({ ssid: "home", password: "of the Wi-Fi", cameraPassword: "of the camera" });
	expect(both.password("cameraPassword")).toBe("of the camera");
	expect(both.password("brokerPassword")).toBeUndefined();
});

test("where there is no Wi-Fi to join, the password is the application's", async () => {
	expect((await told({ password: "a secret" })).password("cameraPassword")).toBe("a secret");
	expect((await told({ ssid: "", password: "a secret" })).password("cameraPassword")).toBe("a secret");
	expect((await told({ password: "" })).password("cameraPassword")).toBeUndefined();
	expect((await told({ password: "a", cameraPassword: "b" })).password("cameraPassword")).toBe("b");
});
