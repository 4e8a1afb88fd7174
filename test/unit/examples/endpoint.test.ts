// SPDX-License-Identifier: Apache-2.0
// Where an intercom is that another calls.
import endpointOf from "../../../examples/intercom/endpoint";

test("an address is what the other prints", () => {
	const url = "http://10.0.0.7:8080/whep";
	expect(endpointOf("http://10.0.0.7:8080/#00ff")).toEqual({ url, token: "00ff" });
	expect(endpointOf("http://10.0.0.7:8080#00ff")).toEqual({ url, token: "00ff" });
	expect(endpointOf("http://10.0.0.7:8080/")).toEqual({ url });
	expect(endpointOf("https://home.example/porch/#1")).toEqual({ url: "https://home.example/porch/whep", token: "1" });
});
