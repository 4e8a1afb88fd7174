// SPDX-License-Identifier: Apache-2.0
// jest's own environment, and an end for what jest-circus leaves behind: it runs the tests of each file in an
// AsyncLocalStorage of that file, none of which is ever disabled. With Node.js 20 each of them makes each promise of the
// worker's next files dearer: a file that takes a minute took eight after seventy others.
import { AsyncLocalStorage } from "node:async_hooks";
import { TestEnvironment } from "jest-environment-node";

/** Those in use since the file began. @type {Set<AsyncLocalStorage<unknown>>} */
const storages = new Set();
const { run } = AsyncLocalStorage.prototype;
AsyncLocalStorage.prototype.run = function (...parameters) {
	storages.add(this);
	return run.apply(this, parameters);
};

export default class Environment extends TestEnvironment {
	async teardown() {
		for (const storage of storages) storage.disable();
		storages.clear();
		await super.teardown();
	}
}
