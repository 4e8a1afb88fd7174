// SPDX-License-Identifier: Apache-2.0
// Where a device's "system" defines its globals, the simulator defines an empty `device`: a desktop has no pins. The
// `config` modules of the network clients add to it.
globalThis.device = Object.freeze({ ...globalThis.device });
