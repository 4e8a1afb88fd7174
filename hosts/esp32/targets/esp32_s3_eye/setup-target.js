// SPDX-License-Identifier: Apache-2.0
// What the SDK runs before main: this board needs no setting up.
export default function (done) {
	done();
}
