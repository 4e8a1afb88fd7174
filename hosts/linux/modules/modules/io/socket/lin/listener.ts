// SPDX-License-Identifier: Apache-2.0
// The simulator's embedded:io/socket/listener. Beyond the SDK's: the option `address` to listen on one address only.
import type { ListenerOptions } from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";

class Listener extends (Native("xs_sim_listener_destructor") as unknown as new () => object) {
	constructor(options: ListenerOptions) {
		super();
		native("xs_sim_listener").call(this, options);
	}
	close(): void {
		native("xs_sim_listener_close").call(this);
	}
	read(): TCP | undefined {
		return native("xs_sim_listener_read").call(this, new (TCP as unknown as new () => TCP)());
	}
	get port(): number {
		return native("xs_sim_listener_get_port").call(this);
	}
	get format(): "socket/tcp" {
		return "socket/tcp";
	}
	set format(format: "socket/tcp") {
		if (format !== "socket/tcp") throw new RangeError('format: only "socket/tcp"');
	}
}

export default Listener;
