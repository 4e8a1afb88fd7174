// SPDX-License-Identifier: Apache-2.0
// Temporary credentials for a device that has nothing but its X.509 certificate: AWS IoT Core's credentials provider.
import { Credentials, type CredentialProvider } from "webrtc/aws/credentials";
import Refresher, { type RefreshOptions } from "webrtc/aws/refresher";
import { parseURL } from "webrtc/aws/url";
import { parseObject } from "webrtc/device/json";
import deviceNetwork from "webrtc/device/network";
import WebRTCError from "webrtc/error";
import HTTPConnections, { type HTTPDictionary, type Response } from "webrtc/http/client";
import { consistsOf, isAmong, isWordCharacter } from "webrtc/text";

type Der = ArrayBufferLike | ArrayBufferView | string;

export interface IoTCredentialsOptions extends RefreshOptions {
	/** The account's credentials endpoint: "c2….credentials.iot.eu-west-1.amazonaws.com", with ":port" if not 443. */
	endpoint: string;
	roleAlias: string;
	/** Sent along, so that policies can use the thing's variables. */
	thingName: string;
	/** The device's certificate, and its issuers if the service needs them: DER (the simulator takes PEM). */
	certificate: Der | readonly Der[];
	/** PKCS #8, DER (the simulator takes PEM). */
	privateKey: Der;
	/** The certificate authority of the endpoint, DER. Default: those that the platform trusts. */
	ca?: Der | undefined;
	/** Default: `device.network.https`. */
	https?: HTTPDictionary | undefined;
}

const timeout = 14_000; // ms: a chip's mutual TLS takes its time; the Refresher's limit comes after
const keys = Object.freeze(["credentials", "accessKeyId", "secretAccessKey", "sessionToken", "expiration"]);

export default class IoTCredentials implements CredentialProvider {
	#options: IoTCredentialsOptions;
	#refresher: Refresher;
	#url: ReturnType<typeof parseURL>;

	/** @throws TypeError that names the option */
	constructor(options: IoTCredentialsOptions) {
		const { endpoint, roleAlias, thingName, certificate, privateKey } = options;
		checkName("roleAlias", roleAlias, "=,@-");
		checkName("thingName", thingName, ":-");
		if (!certificate) throw new TypeError("certificate: the device's certificate");
		if (!privateKey) throw new TypeError("privateKey: the key of the certificate");
		this.#options = options;
		this.#url = parseURL(`https://${endpoint}`, "endpoint");
		this.#url.path = `/role-aliases/${encodeURIComponent(roleAlias)}/credentials`;
		this.#refresher = new Refresher(() => this.fetch(), options);
	}

	get(now: number): Promise<Credentials> {
		return this.#refresher.get(now);
	}

	invalidate(): void {
		this.#refresher.invalidate();
	}

	/** A connection for each time: they are an hour apart. */
	private async fetch(): Promise<Credentials> {
		const http = new HTTPConnections({ https: this.dictionary() });
		const headers = new Map([
			["accept", "*/*"],
			["x-amzn-iot-thingname", this.#options.thingName],
		]);
		try {
			const response = await new Promise<Response>((resolve, reject) => {
				const onDone = (error: WebRTCError | undefined, result?: Response) =>
					result ? resolve(result) : reject(error);
				http.send({ url: this.#url, method: "GET", headers, timeout, onDone });
			});
			return parseIoTCredentials(response);
		} catch (cause) {
			if (cause instanceof WebRTCError && cause.code === "aws/credentials") throw cause;
			const detail = cause instanceof Error ? cause.message : "";
			throw new WebRTCError("aws/credentials", `IoT credentials: ${detail}`, cause);
		} finally {
			http.close();
		}
	}

	private dictionary(): HTTPDictionary {
		const { https = deviceNetwork().https, certificate, privateKey, ca } = this.#options;
		if (!https) throw new WebRTCError("aws/credentials", "IoT credentials: no https client; include its manifest");
		const secure = {
			...(https.socket["secure"] as object | undefined),
			clientKey: privateKey,
			clientCertificates: Array.isArray(certificate) ? certificate : [certificate],
			...(ca === undefined ? {} : { certificate: ca }),
		};
		return { ...https, socket: { ...https.socket, secure } };
	}
}

/** @throws WebRTCError "aws/credentials" that holds no part of the body */
export function parseIoTCredentials({ status, body }: Pick<Response, "status" | "body">): Credentials {
	if (status !== 200) {
		const hint = status === 403 ? "; check the role alias, the thing's policy and the certificate" : "";
		throw new WebRTCError("aws/credentials", `IoT credentials: status ${status}${hint}`);
	}
	try {
		const { credentials } = parseObject(new Uint8Array(ArrayBuffer.fromString(body)), keys);
		const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials as Record<string, string>;
		return new Credentials({
			accessKeyId: accessKeyId!,
			secretAccessKey: secretAccessKey!,
			sessionToken,
			expiration: Date.parse(expiration!),
		});
	} catch {
		// Neither the body nor the cause: they could hold a secret.
		throw new WebRTCError("aws/credentials", "IoT credentials: the response is malformed");
	}
}

/** @param others what a name may have beside A-Z a-z 0-9 _ */
function checkName(name: string, value: unknown, others: string): void {
	const isOfName = (code: number) => isWordCharacter(code) || isAmong(code, others);
	if (typeof value !== "string" || !consistsOf(value, isOfName, 1, 128))
		throw new TypeError(`${name}: 1 to 128 characters`);
}
