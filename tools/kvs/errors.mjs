// SPDX-License-Identifier: Apache-2.0
// The service's errors, as its clients parse them: a type in a header, a message in JSON, a status.
// @ts-check

/** Statuses of the service's model. What is not here is 400. */
const statuses = /** @type {Record<string, number>} */ ({
	AccessDeniedException: 403,
	ExpiredTokenException: 403,
	IncompleteSignatureException: 403,
	InvalidSignatureException: 403,
	MissingAuthenticationTokenException: 403,
	UnrecognizedClientException: 403,
	NotAuthorizedException: 401,
	ResourceNotFoundException: 404,
	UnknownOperationException: 404,
	InternalFailure: 500,
	ServiceUnavailableException: 503,
});

export default class ServiceError extends Error {
	/**
	 * @param {string} type such as "InvalidArgumentException"
	 * @param {string} message
	 * @param {number} [status] default: that of the type
	 */
	constructor(type, message, status = statuses[type] ?? 400) {
		super(message);
		this.type = type;
		this.status = status;
	}
}

/** @param {string} message @returns {ServiceError} */
export const invalid = (message) => new ServiceError("InvalidArgumentException", message);

/** @param {string} arn @returns {ServiceError} */
export const notFound = (arn) =>
	new ServiceError("ResourceNotFoundException", `The requested channel is not found or not active: ${arn}`);

/** @param {string} what @returns {ServiceError} */
export const limitExceeded = (what) => new ServiceError("ClientLimitExceededException", what);
