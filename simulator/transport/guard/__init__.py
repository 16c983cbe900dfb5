"""The no-escape guard: while it holds, no request to an API host reaches the network unnoticed.

The interception answers what comes through httpx, httpx2 and the SDK's aiohttp client. The guard stops the
rest: requests of other libraries, and of people's own transports that go round the interception. When the
SDK moved from httpx to httpx2, mocks of httpx silently let whole suites through to the real service.

A stop is a `RequestBlocked`. Each library is watched at its lowest layer that knows the target, so that a
mock in front of it never trips the guard, and a proxy does not blind it (`doors`). Whether a request may
pass is decided in one place (`judging`), and who sent it is read off the stack (`naming`). It holds while a
simulator intercepts, and while a suite asks for it (`holding`).

Beside that, look-ups of names are watched, whoever asks. What still gets through:

- a connection made by libuv from an uvloop stream that no library of `doors` opened (seen);
- look-ups in C: c-ares (pycares, aiodns), pycurl, grpc, a socket that connects to a name by itself;
- `from socket import getaddrinfo` bound earlier, where no library of `doors` stands above;
- other processes. A fork inside the block takes the guard with it; what it stops there is not in `check()`.

A mock that replaces sockets (mocket, httpretty) lies below the guard, which stops the request before it.
"""

from .holding import hold, release, settle
from .judging import Suite

__all__ = ["Suite", "hold", "release", "settle"]
