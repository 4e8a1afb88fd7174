// The control plane in virtual time, on Node.js. Specifiers are mapped as the manifests map them on a device:
// "webrtc/<folder>" is the folder's first file. The native classes are replaced by those of test/unit/fakes.
export default {
	roots: ["<rootDir>/test/unit", "<rootDir>/test/fuzz"],
	testMatch: ["**/*.test.ts"],
	transform: {
		"\\.ts$": [
			"@swc/jest",
			{ jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } },
		],
	},
	setupFiles: ["<rootDir>/test/unit/setup.ts"],
	moduleNameMapper: {
		"^webrtc/native/(.+)$": "<rootDir>/test/unit/fakes/$1.ts",
		"^webrtc/signaling/([a-z]+)$": "<rootDir>/modules/signaling/$1/$1.ts",
		"^webrtc/([a-z]+)$": "<rootDir>/modules/$1/$1.ts",
		"^webrtc/(.+)$": "<rootDir>/modules/$1.ts",
	},
};
