// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Certificates for the tests, made anew by the openssl program: an authority, a server "localhost", a client, and a server
// that no authority vouches for.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

/** @param {string} folder @param {string} name @param {string[]} extra @returns {{ key: string, cert: string }} */
function make(folder, name, extra) {
	const key = path.join(folder, `${name}.key`);
	const cert = path.join(folder, `${name}.pem`);
	const common = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
	execFileSync("openssl", [...common, "-keyout", key, "-out", cert, "-subj", `/CN=${name}`, ...extra], {
		stdio: "pipe",
	});
	return { key: fs.readFileSync(key, "utf8"), cert: fs.readFileSync(cert, "utf8") };
}

/** @param {string} folder where the files go */
export default function makeCertificates(folder) {
	const ca = make(folder, "authority", [
		"-addext",
		"basicConstraints=critical,CA:TRUE",
		"-addext",
		"keyUsage=keyCertSign",
	]);
	const signed = ["-CA", path.join(folder, "authority.pem"), "-CAkey", path.join(folder, "authority.key")];
	const leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
	return {
		ca,
		server: make(folder, "server", [...signed, ...leaf, "-addext", "subjectAltName=DNS:localhost"]),
		client: make(folder, "client", [...signed, ...leaf]),
		stranger: make(folder, "stranger", ["-addext", "subjectAltName=DNS:localhost"]),
	};
}
