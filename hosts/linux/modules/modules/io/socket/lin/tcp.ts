// SPDX-License-Identifier: Apache-2.0
// The simulator's embedded:io/socket/tcp: non-blocking, over GIO.
import type { TCPOptions } from "embedded:io/socket/tcp";

class TCP extends (Native("xs_sim_stream_destructor") as unknown as new () => object) {
	constructor(options?: TCPOptions) {
		super();
		native("xs_sim_tcp").call(this, options);
	}
	close(): void {
		native("xs_sim_stream_close").call(this);
	}
	read(count?: number | ArrayBuffer | ArrayBufferView): ArrayBuffer | number | undefined {
		return native("xs_sim_stream_read").call(this, count);
	}
	write(data: number | ArrayBuffer | ArrayBufferView): number {
		return native("xs_sim_stream_write").call(this, data);
	}
	get remoteAddress(): string | undefined {
		return native("xs_sim_tcp_get_remoteAddress").call(this);
	}
	get remotePort(): number | undefined {
		return native("xs_sim_tcp_get_remotePort").call(this);
	}
	get format(): "buffer" | "number" {
		return native("xs_sim_stream_get_format").call(this);
	}
	set format(format: "buffer" | "number") {
		native("xs_sim_stream_set_format").call(this, format);
	}
}

export default TCP;
