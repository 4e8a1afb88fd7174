// SPDX-License-Identifier: Apache-2.0
// The certificate authority of the local service: its own server certificate, and devices' certificates for IoT.
// @ts-check
import { X509Certificate, createPrivateKey, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { isIP } from "node:net";
import { join } from "node:path";
import "reflect-metadata"; // wanted by the next
import * as x509 from "@peculiar/x509";

/** @typedef {{ cert: string, key: string }} Pair PEM */

const day = 24 * 3600 * 1000;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

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
				new x509.BasicConstraintsExtension(true, undefined, true),
				new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
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
		return generate("xs-webrtc local KVS server", 365 * day, leaf("serverAuth", all), this.#ca);
	}

	/**
	 * A device's certificate and key, also in DER as chips take them. They are kept in the folder.
	 * @param {string} name of the thing
	 * @param {number} [life] milliseconds
	 * @returns {Promise<Pair & { files: string[] }>}
	 */
	async device(name, life = 365 * day) {
		const pair = await generate(name, life, leaf("clientAuth", [name]), this.#ca);
		const directory = join(this.directory, "devices");
		mkdirSync(directory, { recursive: true });
		return { ...pair, files: writePair(directory, name, pair) };
	}
}

/** @param {"serverAuth" | "clientAuth"} use @param {string[]} names @returns {x509.Extension[]} */
function leaf(use, names) {
	const altNames = names.map((value) => ({ type: /** @type {"ip" | "dns"} */ (isIP(value) ? "ip" : "dns"), value }));
	return [
		new x509.BasicConstraintsExtension(false, undefined, true),
		new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
		new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[use]]),
		new x509.SubjectAlternativeNameExtension(altNames),
	];
}

/**
 * The key identifiers (RFC 5280 sections 4.2.1.1 and 4.2.1.2) are what the SDK's TLS looks certificates up by.
 * @param {string} commonName
 * @param {number} life milliseconds
 * @param {x509.Extension[]} extensions
 * @param {Pair} [ca] default: signed by itself
 * @returns {Promise<Pair>}
 */
async function generate(commonName, life, extensions, ca) {
	const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
	const issuer = ca && new x509.X509Certificate(ca.cert);
	const authority = issuer ? issuer.publicKey : keys.publicKey;
	const subject = `CN=${commonName}`;
	const certificate = await x509.X509CertificateGenerator.create({
		subject,
		issuer: issuer ? issuer.subject : subject,
		notBefore: new Date(Date.now() - day), // a device's clock may be behind
		notAfter: new Date(Date.now() + life),
		publicKey: keys.publicKey,
		signingKey: ca ? await signingKey(ca.key) : keys.privateKey,
		signingAlgorithm: algorithm,
		extensions: [
			...extensions,
			await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
			await x509.AuthorityKeyIdentifierExtension.create(authority),
		],
	});
	const key = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
	return { cert: `${certificate.toString("pem")}\n`, key: x509.PemConverter.encode(key, "PRIVATE KEY") + "\n" };
}

/** @param {string} pem */
function signingKey(pem) {
	const key = createPrivateKey(pem).export({ format: "der", type: "pkcs8" });
	return crypto.subtle.importKey("pkcs8", key, algorithm, false, ["sign"]);
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
