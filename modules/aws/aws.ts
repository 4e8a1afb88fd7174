// SPDX-License-Identifier: Apache-2.0
// AWS for a device: signatures, and credentials from where they come. Stored and IoT Core credentials have modules of
// their own, "webrtc/aws/stored" and "webrtc/aws/iot", for they need more of the platform.
export {
	CallbackCredentials,
	Credentials,
	StaticCredentials,
	type CredentialProvider,
	type CredentialsInit,
} from "webrtc/aws/credentials";
export { signHeaders, signQuery, type Hash, type SignableRequest, type SigningOptions } from "webrtc/aws/sigv4";
