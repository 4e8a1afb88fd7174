// SPDX-License-Identifier: Apache-2.0
// The POSIX names. The SDK's include path lacks this folder.
#ifndef CHIP_SOCKETS_H
#define CHIP_SOCKETS_H

#include_next "lwip/sockets.h"

int socket(int domain, int type, int protocol);
int bind(int fd, const struct sockaddr *name, socklen_t size);
int connect(int fd, const struct sockaddr *name, socklen_t size);
int listen(int fd, int backlog);
int accept(int fd, struct sockaddr *name, socklen_t *size);
int getsockname(int fd, struct sockaddr *name, socklen_t *size);
int setsockopt(int fd, int level, int option, const void *value, socklen_t size);
int getsockopt(int fd, int level, int option, void *value, socklen_t *size);
ssize_t recv(int fd, void *buffer, size_t size, int flags);
ssize_t recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *from, socklen_t *fromSize);
ssize_t send(int fd, const void *data, size_t size, int flags);
ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t toSize);
int inet_pton(int family, const char *text, void *address);
const char *inet_ntop(int family, const void *address, char *text, socklen_t size);

#endif
