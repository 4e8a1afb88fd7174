// SPDX-License-Identifier: Apache-2.0
// Where Kinesis Video Streams lives: regions, partitions, dual-stack and FIPS.
import { parseURL, type ServiceURL } from "webrtc/aws/url";
import { consistsOf, isDigit, isLowerCase } from "webrtc/text";

export interface EndpointOptions {
	region: string;
	/** The control plane's URL in place of the region's: a local KVS, a VPC endpoint. */
	endpoint?: string | undefined;
	/** IPv6 and IPv4. */
	dualStack?: boolean | undefined;
	/** FIPS 140 validated cryptography, where the region has it. */
	fips?: boolean | undefined;
}

/** Region prefix, DNS suffix, dual-stack DNS suffix. The last one serves all the others. */
const partitions = Object.freeze([
	["cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"],
	["us-iso-", "c2s.ic.gov", "api.aws.ic.gov"],
	["us-isob-", "sc2s.sgov.gov", "api.aws.scloud"],
	["eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"],
	["us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"],
	["eusc-", "amazonaws.eu", "api.amazonwebservices.eu"],
	["", "amazonaws.com", "api.aws"],
] as const);

function suffixOf({ region, dualStack }: EndpointOptions): string {
	const [, suffix, dualStackSuffix] = partitions.find(([prefix]) => region.startsWith(prefix))!;
	return dualStack ? dualStackSuffix : suffix;
}

/** The control plane. @throws TypeError that names the option */
export function controlEndpoint(options: EndpointOptions): ServiceURL {
	const { region, endpoint, fips } = options;
	if (typeof region !== "string" || !isRegion(region)) throw new TypeError("region: such as eu-west-1");
	if (endpoint === undefined)
		return parseURL(`https://kinesisvideo${fips ? "-fips" : ""}.${region}.${suffixOf(options)}`);
	if (!endpoint.startsWith("https:") && !endpoint.startsWith("http:")) throw new TypeError("endpoint: an https URL");
	return parseURL(endpoint, "endpoint");
}

/** Such as us-gov-west-1. */
function isRegion(text: string): boolean {
	const parts = text.split("-", 8);
	const [area = ""] = parts;
	const number = parts.pop() ?? "";
	const isNamed = parts.length >= 2 && parts.every((part) => consistsOf(part, isLowerCase));
	return isNamed && consistsOf(area, isLowerCase, 2, 4) && consistsOf(number, isDigit, 1, 2);
}

/** The service's STUN server; none beside a control plane of one's own. */
export function stunServer(options: EndpointOptions): string | undefined {
	if (options.endpoint !== undefined) return undefined;
	return `stun:stun.kinesisvideo.${options.region}.${suffixOf(options)}:443`;
}
