// SPDX-License-Identifier: Apache-2.0
// The published test suite of Signature Version 4: its requests, and the signatures that they must get. As AWS's C library
// has it (tests/aws-signing-test-suite/v4), which signs each in its headers and in its query; and what only the first
// edition has (in botocore), which signs headers only.

export interface Vector {
	name: string;
	method: string;
	path: string;
	query: [name: string, value: string][];
	/** Without the host, which is the same for all. */
	headers: [name: string, value: string][];
	body: string;
	/** The signature in the header, and in the query where there is one. */
	inHeaders: string;
	inQuery: string | undefined;
}

export const host = "example.amazonaws.com";
const stsToken =
	"AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
export const sessionTokens: Record<string, string> = {
	"get-vanilla-with-session-token": "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
	"post-sts-header-before": stsToken,
	"post-sts-header-after": stsToken,
};

/** Name, signature in headers, signature in the query, request. */
export const vectors = parse(String.raw`
get-header-key-duplicate c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea 3349ee0b81b4b589da0ff28a395c3591e04de515651dd74f298fa992d1507a97 GET /\nMy-Header1:value2\nMy-Header1:value2\nMy-Header1:value1
get-header-value-multiline cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd e6f5def831211aca02987a44b96826706278c7bc078112ae0263659c5b2f2d56 GET /\nMy-Header1:value1\n  value2\n     value3
get-header-value-order 08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01 313720e71ca6202fdcfa9b20f88de01a4eb0638a83c833b1c184359a4eda864e GET /\nMy-Header1:value4\nMy-Header1:value1\nMy-Header1:value3\nMy-Header1:value2
get-header-value-trim acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736 e7bb0fd515e125e1aec2ecc4c0c17484fb06f6846b927c35e46005dd3df3acd4 GET /\nMy-Header1: value1\nMy-Header2: "a   b   c"
get-relative-normalized 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31 e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d GET /example/..
get-relative-relative-normalized 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31 e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d GET /example1/example2/../..
get-slash-dot-slash-normalized 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31 e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d GET /./
get-slash-normalized 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31 e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d GET //
get-slash-pointless-dot-normalized ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5 35034b1a0bdd969f346975386daf8aedfd4976573b8348cf4f67eaa41c5857de GET /./example
get-slashes-normalized 9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84 c1834e8fb0307243711f0f907f6ab7311ed300d87f13792d7ee4da89ab93e082 GET //example//
get-space-normalized 652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741 7a1f416954786484c9824d93c1f26ef64acb9b1b6c9154d08c9f07d0e394abf6 GET /example space/
get-space-unnormalized 652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741 7a1f416954786484c9824d93c1f26ef64acb9b1b6c9154d08c9f07d0e394abf6 GET /example space/
get-unreserved 07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f 95968482db1b9e0fadef6efc1bd24689f77c77d9ef56919c96a28cc92e0d6005 GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz
get-utf8 8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85 10eae3f14a260bd3911cc6d008d3c576d143b05b62f09782a7a4b37f52178e44 GET /ሴ
get-vanilla 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31 e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d GET /
get-vanilla-empty-query-key a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb 49096700cbbaa5753443850f40df10f904fc2fdb544dc9512203cc77c471a9de GET /?Param1=value1
get-vanilla-query 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31 e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d GET /
get-vanilla-query-order-encoded 371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac c5f1848ceec943ac2ca68ee720460c23aaae30a2300586597ada94c4a65e4787 GET /?Param-3=Value3&Param=Value2&%E1%88%B4=Value1
get-vanilla-query-order-key-case b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500 86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5 GET /?Param2=value2&Param1=value1
get-vanilla-query-unreserved 9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197 8e76a88a7433637b12778d5592799b29ad21ecd6cf6325051c21d86f0acda2bf GET /?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz
get-vanilla-utf8-query 2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04 0bdd809b1519ac4f0c1dc3540e2cc46bd0c7f778eda408b2ebf3b913d21ff600 GET /?ሴ=bar
get-vanilla-with-session-token 07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8 7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c GET /
post-header-key-case 5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b 2ce6e6d2e0cf2f9d1b55fafec88cd20574c31dc2e7631979f71ba2310083e95b POST /
post-header-key-sort c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c c09d07e0d55871f10f2a6d350d994acf6825a3cae70673d7def55616e6119dd7 POST /\nMy-Header1:value1
post-header-value-case cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d 0698bc9e4f7f9139065ba2909c0e99da257e8e2a42492a097bcd46d792391fed POST /\nMy-Header1:VALUE1
post-sts-header-before 85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead 46c2e3c63c1dbe7d39f8ada16fe7f001c1f56c5791441565323677f96308871c POST /
post-vanilla 5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b 2ce6e6d2e0cf2f9d1b55fafec88cd20574c31dc2e7631979f71ba2310083e95b POST /
post-vanilla-empty-query-value 28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11 a9ef26247f293bffe40eeff86a0480ba8c14d31503b2e0c3399e3a16bf1a3682 POST /?Param1=value1
post-vanilla-query 28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11 a9ef26247f293bffe40eeff86a0480ba8c14d31503b2e0c3399e3a16bf1a3682 POST /?Param1=value1
post-x-www-form-urlencoded d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b 89a40deed0f26f9461242825a082d2222717248abc7ab41f552ad84a94ad46e9 POST /\nContent-Type:application/x-www-form-urlencoded\nContent-Length:13\n\nParam1=value1
post-x-www-form-urlencoded-parameters 328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422 0dbeb9b026c7b6675f266b8427efec9b4fa8b1f6ef1477d717aea231106eab4d POST /\nContent-Type:application/x-www-form-urlencoded; charset=utf-8\nContent-Length:13\n\nParam1=value1
`);

export const firstEdition = parse(String.raw`
get-vanilla-query-order-key eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1 - GET /?Param1=value2&Param1=Value1
get-vanilla-query-order-value 5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694 - GET /?Param1=value2&Param1=value1
get-special-character a853c9b21b528b19643d00910d35b83a10c366a10833ceefb45edd6c80e40f27 - GET /example/$delete
post-x-www-form-urlencoded ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a - POST /\nContent-Type:application/x-www-form-urlencoded\n\nParam1=value1
post-x-www-form-urlencoded-parameters 1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe - POST /\nContent-Type:application/x-www-form-urlencoded; charset=utf8\n\nParam1=value1
`);

/** What the signer cannot do, by name. */
export const inexpressible: Record<string, string> = {
	"get-relative-relative-unnormalized": "only S3 leaves paths as they are",
	"get-relative-unnormalized": "only S3 leaves paths as they are",
	"get-slash-dot-slash-unnormalized": "only S3 leaves paths as they are",
	"get-slash-pointless-dot-unnormalized": "only S3 leaves paths as they are",
	"get-slash-unnormalized": "only S3 leaves paths as they are",
	"get-slashes-unnormalized": "only S3 leaves paths as they are",
	"post-sts-header-after": "a token is always signed, as Kinesis Video Streams wants it",
};
export const inexpressibleVectors = parse(String.raw`
get-relative-relative-unnormalized dc33e0856fd4baca4d7aa2146c38958283844764f38c74252a333df5e613003b b45db0bfd1cf15003493b733e33aa208dd981bd0e63037a6ed953f71d2118a16 GET /example1/example2/../..
get-relative-unnormalized eca7ead57bb5aa5c8e28007acd4ff04e1ff9a0ff3b237ec1554a184887ff9282 cbcb213b928a077e43275df47b500f1dfaa864ab3f5a18f6b95f4ff0938167ee GET /example/..
get-slash-dot-slash-unnormalized 68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145 a9b13e8f3484d9505bf1a6f347219f8f35b0fe8f128ceea597efc146a3dfe90c GET /./
get-slash-pointless-dot-unnormalized beb03f223f7deae4146464f06e29eebbee9c8afbe15c290cf07aa8b119e14cff 72b11f16d9530b18204bfb71f2d6ab085894c0ed8d352730a6e76234c58b5e10 GET /./example
get-slash-unnormalized c88bcd3d312d75078c0cd961d6deae3f4c754924b01669efcfcb439fd5e5b76e b2a9542809db687769200f56a844a03f2bd0291d6eb90232d5101c6a579446cd GET //
get-slashes-unnormalized 87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5 822a5a9ba28072c5ab2bb4a6307d0c88276d40e49fec6b724c03fb4d4ba60fc2 GET //example//
post-sts-header-after 5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b 2ce6e6d2e0cf2f9d1b55fafec88cd20574c31dc2e7631979f71ba2310083e95b POST /
`);

function parse(table: string): Vector[] {
	return table
		.trim()
		.split("\n")
		.map((row) => {
			const [, name, inHeaders, inQuery, text] = /^(\S+) (\S+) (\S+) (.*)$/.exec(row)!;
			const [head, body = ""] = text!.replaceAll("\\n", "\n").split("\n\n");
			const [first, ...lines] = head!.split(/\n(?! )/); // a line that begins with a space goes on with the field before
			const [, method, path, query] = /^([A-Z]+) ([^?]+)\??(.*)$/.exec(first!)!;
			return {
				name: name!,
				method: method!,
				path: path!,
				query: query ? query.split("&").map(pair) : [],
				headers: lines.map((line) => /^([^:]+):(.*)$/s.exec(line)!.slice(1) as [string, string]),
				body,
				inHeaders: inHeaders!,
				inQuery: inQuery === "-" ? undefined : inQuery,
			};
		});
}

function pair(text: string): [string, string] {
	const [name, value] = text.split("=").map(decodeURIComponent);
	return [name!, value!];
}
