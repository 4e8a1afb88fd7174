// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_POLL_H
#define CHIP_POLL_H

#define POLLIN (1u << 0) // unsigned, as IDF has them
#define POLLOUT (1u << 3)
#define POLLERR (1u << 5)
#define POLLHUP (1u << 6)
#define POLLNVAL (1u << 7)

struct pollfd {
	int fd;
	short events, revents;
};
typedef unsigned int nfds_t;

int poll(struct pollfd *descriptors, nfds_t count, int timeout);

#endif
