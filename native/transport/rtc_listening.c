// SPDX-License-Identifier: Apache-2.0
#include "rtc_listening.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool rtc_tcp_port_is_free(uint16_t port)
{
	int descriptor = socket(AF_INET, SOCK_STREAM, 0);
	if (descriptor < 0)
		return true;
	// As listeners have it: a connection that is closing does not keep its port from them.
	int yes = 1;
	(void)setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	struct sockaddr_in address;
	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_port = htons(port);
	bool taken = bind(descriptor, (struct sockaddr *)&address, sizeof(address)) != 0 && errno == EADDRINUSE;
	close(descriptor);
	return !taken;
}
