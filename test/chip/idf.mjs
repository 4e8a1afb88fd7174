// SPDX-License-Identifier: Apache-2.0
// @ts-check
// A tree that has the shape of ESP-IDF 6.0's, with the few declarations that the natives use: ours (include/idf,
// include/registry) and those of Debian's libraries. What the real tree lacks must be missing here, too.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const own = fileURLToPath(new URL("include", import.meta.url));

/** Folders below $IDF_PATH/components that the SDK's make.esp32.mk gives to the compiler: those that are used of them. */
const given = [
	"esp_common/include",
	"esp_driver_i2c/include",
	"esp_driver_i2s/include",
	"esp_hw_support/include",
	"esp_libc/platform_include",
	"esp_netif/include",
	"esp_timer/include",
	"freertos/FreeRTOS-Kernel/include",
	"heap/include",
	"log/include",
	"lwip/lwip/src/include",
	"lwip/port/esp32xx/include",
	"lwip/port/include",
	"mbedtls/mbedtls/include",
];

/** Folders that exist beside them and that a manifest may add. */
const others = [
	"esp_driver_jpeg/include",
	"lwip/include",
	"mbedtls/mbedtls/tf-psa-crypto/drivers/builtin/include",
	"mbedtls/mbedtls/tf-psa-crypto/include",
	"mbedtls/port/include",
	"mbedtls/port/psa_driver/include",
	"pthread/include",
	"vfs/include",
];

/** Headers that come from Debian's packages: where they go. */
const borrowed = {
	"idf/components/mbedtls/mbedtls/include/mbedtls": "/usr/include/mbedtls",
	"idf/components/mbedtls/mbedtls/include/psa": "/usr/include/psa",
	"registry/espressif__libsrtp/libsrtp/include": "/usr/include/srtp2",
	"registry/78__esp-opus/include": "/usr/include/opus",
	"registry/vikramdattu__esp_usrsctp/usrsctp/usrsctplib/usrsctp.h": "/usr/include/usrsctp.h",
};

/** @param {string} from @param {string} to makes the files of one folder appear in the other */
function overlay(from, to) {
	for (const name of fs.readdirSync(from, { recursive: true, encoding: "utf8" })) {
		const target = path.join(to, name);
		if (fs.statSync(path.join(from, name)).isDirectory()) fs.mkdirSync(target, { recursive: true });
		else fs.symlinkSync(path.join(from, name), target);
	}
}

/**
 * Lays the tree out.
 * @param {string} out
 * @returns {{ idf: string, registry: string, folders: string[] }} its two roots, and what every file is compiled with
 */
export function layOut(out) {
	const tree = path.join(out, "tree");
	fs.rmSync(tree, { recursive: true, force: true });
	const components = path.join(tree, "idf/components");
	for (const folder of [...given, ...others]) fs.mkdirSync(path.join(components, folder), { recursive: true });
	overlay(path.join(own, "idf"), path.join(tree, "idf"));
	fs.mkdirSync(path.join(tree, "registry"));
	overlay(path.join(own, "registry"), path.join(tree, "registry"));
	for (const [to, from] of Object.entries(borrowed)) {
		fs.mkdirSync(path.dirname(path.join(tree, to)), { recursive: true });
		fs.symlinkSync(from, path.join(tree, to));
	}
	// The wrapper's own header, which names the library's without a folder.
	const wrapper = path.join(tree, "registry/espressif__libsrtp/include/srtp2");
	fs.mkdirSync(wrapper, { recursive: true });
	fs.writeFileSync(path.join(wrapper, "srtp.h"), "#include <srtp.h>\n");
	return {
		idf: path.join(tree, "idf"),
		registry: path.join(tree, "registry"),
		folders: [...given.map((folder) => path.join(components, folder)), path.join(own, "libc")],
	};
}
