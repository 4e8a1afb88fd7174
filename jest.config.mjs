// The control plane in virtual time, on Node.js. Specifiers are mapped as the manifests map them on a device:
// "webrtc/<folder>" is the folder's first file. What is native, or the SDK's, is replaced by
// that of test/unit/fakes.
export default {
	roots: ["<rootDir>/test/unit", "<rootDir>/test/wpt", "<rootDir>/test/fuzz"],
	testMatch: ["**/*.test.ts"],
	transform: {
		"\\.ts$": [
			"@swc/jest",
			{ jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } },
		],
	},
	// Tests run in virtual time; this ends one that hangs, and says nothing of how busy the machine may be, which has other
	// things to do first (test/run.mjs).
	testTimeout: 240_000,
	setupFiles: ["<rootDir>/test/unit/setup.ts"],
	testEnvironment: "<rootDir>/test/unit/environment.mjs",
	moduleNameMapper: {
		"^webrtc/native/(.+)$": "<rootDir>/test/unit/fakes/native/$1.ts",
		"^(base64|timer|time|preference)$": "<rootDir>/test/unit/fakes/moddable/$1.ts",
		"^embedded:io/socket/(listener|udp)$": "<rootDir>/test/unit/fakes/moddable/$1.ts",
		"^(doorbell|mqtt-camera)/(.+)$": "<rootDir>/examples/$1/$2.ts",
		"^sim/http/message$": "<rootDir>/hosts/linux/modules/http/message.ts",
		"^sim/mqtt/packets$": "<rootDir>/hosts/linux/modules/examples/io/tcp/mqttclient/packets.ts",
		"^mc/config$": "<rootDir>/test/unit/fakes/moddable/config.ts",
		"^webrtc/signaling/([a-z0-9]+)$": "<rootDir>/modules/signaling/$1/$1.ts",
		"^webrtc/([a-z]+)$": "<rootDir>/modules/$1/$1.ts",
		"^webrtc/(.+)$": "<rootDir>/modules/$1.ts",
	},
};
