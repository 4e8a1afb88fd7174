// SPDX-License-Identifier: Apache-2.0
// The certificate authority of the local service: its own server certificate, and devices' certificates for IoT.
// @ts-check
import { X509Certificate, createPrivateKey, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { isIP } from "node:net";
import { join } from "node:path";
import selfsigned from "selfsigned";

/** @typedef {{ cert: string, key: string }} Pair PEM */

const day = 24 * 3600 * 1000;
const ec = /** @type {const} */ ({ keyType: "ec", curve: "P-256", algorithm: "sha256" });

export default class Authority {
	/** @type {Pair} */
	#ca;

	/**
	 * Opens a folder, and makes an authority there if there is none.
	 * @param {string} directory
	 */
	static async open(directory) {
		mkdirSync(directory, { recursive: true });
		const [cert, key] = ["ca.pem", "ca-key.pem"].map((name) => join(directory, name));
		if (!existsSync(cert) || !existsSync(key)) {
			// Two authorities of one name would be mistaken for each other.
			const pair = await generate(`xs-webrtc local KVS ${randomUUID().slice(0, 8)}`, 3650 * day, [
				{ name: "basicConstraints", cA: true, critical: true },
				{ name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
			]);
			writePair(directory, "ca", pair);
		}
		return new Authority(directory, { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") });
	}

	/** @param {string} directory @param {Pair} ca use `open` */
	constructor(directory, ca) {
		this.directory = directory;
		this.#ca = ca;
	}

	/** The authority's certificate, PEM. */
	get certificate() {
		return this.#ca.cert;
	}

	/**
	 * A certificate for all names and addresses of this computer. It is made anew each time: addresses change.
	 * @param {string[]} [names] more of them
	 * @returns {Promise<Pair>}
	 */
	server(names = []) {
		const addresses = Object.values(networkInterfaces()).flatMap((list) =>
			(list ?? []).map(({ address }) => address),
		);
		const all = [...new Set(["localhost", "*.localhost", hostname(), ...addresses, ...names])];
		const altNames = all.map((name) =>
			isIP(name) ? { type: /** @type {const} */ (7), ip: name } : { type: /** @type {const} */ (2), value: name },
		);
		return generate(
			"xs-webrtc local KVS server",
			365 * day,
			leaf("serverAuth", { name: "subjectAltName", altNames }),
			this.#ca,
		);
	}

	/**
	 * A device's certificate and key, also in DER as chips take them. They are kept in the folder.
	 * @param {string} name of the thing
	 * @param {number} [life] milliseconds
	 * @returns {Promise<Pair & { files: string[] }>}
	 */
	async device(name, life = 365 * day) {
		const pair = await generate(
			name,
			life,
			leaf("clientAuth", { name: "subjectAltName", altNames: [{ type: 2, value: name }] }),
			this.#ca,
		);
		const directory = join(this.directory, "devices");
		mkdirSync(directory, { recursive: true });
		return { ...pair, files: writePair(directory, name, pair) };
	}
}

/**
 * @param {"serverAuth" | "clientAuth"} use
 * @param {import("selfsigned").CertificateExtension} extension
 * @returns {import("selfsigned").CertificateExtension[]}
 */
function leaf(use, extension) {
	return [
		{ name: "basicConstraints", cA: false, critical: true },
		{ name: "keyUsage", digitalSignature: true, critical: true },
		{ name: "extKeyUsage", [use]: true },
		extension,
	];
}

/**
 * @param {string} commonName
 * @param {number} life milliseconds
 * @param {import("selfsigned").CertificateExtension[]} extensions
 * @param {Pair} [ca] default: signed by itself
 * @returns {Promise<Pair>}
 */
async function generate(commonName, life, extensions, ca) {
	const notBeforeDate = new Date(Date.now() - day); // a device's clock may be behind
	const notAfterDate = new Date(Date.now() + life);
	const options = { ...ec, notBeforeDate, notAfterDate, extensions, ...(ca && { ca }) };
	const { cert, private: key } = await selfsigned.generate([{ name: "commonName", value: commonName }], options);
	return { cert, key };
}

/** @param {string} directory @param {string} name @param {Pair} pair @returns {string[]} the files */
function writePair(directory, name, { cert, key }) {
	const files = /** @type {[string, string | Buffer, number][]} */ ([
		[`${name}.pem`, cert, 0o644],
		[`${name}.der`, new X509Certificate(cert).raw, 0o644],
		[`${name}-key.pem`, key, 0o600],
		[`${name}-key.der`, createPrivateKey(key).export({ format: "der", type: "pkcs8" }), 0o600],
	]);
	return files.map(([file, data, mode]) => {
		writeFileSync(join(directory, file), data, { mode });
		return join(directory, file);
	});
}
