// SPDX-License-Identifier: Apache-2.0
// Where Kinesis Video Streams lives: regions, partitions, dual-stack and FIPS.
import { parseURL, type ServiceURL } from "webrtc/aws/url";

export interface EndpointOptions {
	region: string;
	/** The control plane's URL in place of the region's: a local KVS, a VPC endpoint. */
	endpoint?: string;
	/** IPv6 and IPv4. */
	dualStack?: boolean;
	/** FIPS 140 validated cryptography, where the region has it. */
	fips?: boolean;
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
	if (typeof region !== "string" || !/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/.test(region))
		throw new TypeError("region: such as eu-west-1");
	if (endpoint === undefined)
		return parseURL(`https://kinesisvideo${fips ? "-fips" : ""}.${region}.${suffixOf(options)}`);
	if (!/^https?:/.test(endpoint)) throw new TypeError("endpoint: an https URL");
	return parseURL(endpoint, "endpoint");
}

/** The service's STUN server; none beside a control plane of one's own. */
export function stunServer(options: EndpointOptions): string | undefined {
	if (options.endpoint !== undefined) return undefined;
	return `stun:stun.kinesisvideo.${options.region}.${suffixOf(options)}:443`;
}
