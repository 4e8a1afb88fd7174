// SPDX-License-Identifier: Apache-2.0
// What the device is told by mc/config: the manifest's `config`, and the `key=value` of a command line, which are text.
import config from "mc/config";
import Resource from "Resource";

/** undefined: not set, or empty */
export function text(key: string): string | undefined {
	const value: unknown = config[key];
	return value === undefined || value === "" ? undefined : String(value);
}

/**
 * A password of the application's own: `key`, or `password`. On a board `password` is that of the Wi-Fi
 * (`mcconfig … ssid=… password=…`), which is nobody else's: there `key` alone counts.
 */
export function password(key: string): string | undefined {
	return text(key) ?? (text("ssid") === undefined ? text("password") : undefined);
}

/**
 * An integer from `minimum` to `maximum`; `reason` says why not more.
 * @throws RangeError that names the option
 */
export function number(
	key: string,
	minimum = 0,
	maximum = Number.MAX_SAFE_INTEGER,
	reason?: string,
): number | undefined {
	const value = text(key);
	if (value === undefined) return undefined;
	const result = Number(value);
	if (!Number.isInteger(result)) throw new RangeError(`${key}: an integer, not "${value}"`);
	if (result >= minimum && result <= maximum) return result;
	const range = `${key}: ${minimum} to ${maximum}, not ${value}`;
	throw new RangeError(reason && result > maximum ? `${range}: ${reason}` : range);
}

/** @throws RangeError that names the option */
export function flag(key: string): boolean | undefined {
	const value = text(key);
	if (value === undefined) return undefined;
	if (value !== "true" && value !== "false") throw new RangeError(`${key}: true or false, not "${value}"`);
	return value === "true";
}

/**
 * A certificate or a key: the name of a resource, which holds DER, or PEM text, which only the simulator takes.
 * @throws TypeError that names the option
 */
export function der(key: string): string | ArrayBuffer | undefined {
	const value = text(key);
	if (value === undefined || value.startsWith("-----BEGIN ")) return value;
	if (!Resource.exists(value)) throw new TypeError(`${key}: neither PEM nor the name of a resource`);
	return new Resource(value).slice(0) as ArrayBuffer;
}
