// SPDX-License-Identifier: Apache-2.0
// The simulator's embedded:io/socket/udp. Beyond the SDK's: IPv6, the option `address`, and reading in batches. Port 5353 is
// shared with other programs (RFC 6762 section 15).
import type { Datagram, UDPOptions } from "embedded:io/socket/udp";

class UDP extends (Native("xs_sim_udp_destructor") as unknown as new () => object) {
	constructor(options: UDPOptions) {
		super();
		native("xs_sim_udp").call(this, options);
	}
	close(): void {
		native("xs_sim_udp_close").call(this);
	}
	read(): Datagram | undefined {
		return native("xs_sim_udp_read").call(this);
	}
	write(data: ArrayBuffer | ArrayBufferView, address: string, port: number): void {
		native("xs_sim_udp_write").call(this, data, address, port);
	}
	add(address: string): void {
		native("xs_sim_udp_add").call(this, address);
	}
	remove(address: string): void {
		native("xs_sim_udp_remove").call(this, address);
	}
	get format(): "buffer" {
		return "buffer";
	}
	set format(format: "buffer") {
		if (format !== "buffer") throw new RangeError('format: only "buffer"');
	}
}

export default UDP;
