"""Asks one address over kept connections as fast as it is answered, and prints what came of it as JSON.

Usage: python _http_load.py PORT ADDRESS SECONDS CONNECTIONS RATE [HEADER: VALUE ...]
One process, one request under way per connection; every answer is read to its end and its status counted. With a RATE
above 0 requests fall due at that many a second, and the wait for a free connection is part of the time of a request.
"""

from __future__ import annotations

import collections
import json
import select
import socket
import sys
import time

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


def main() -> None:
    port, address, seconds, connections = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    lines = [f"GET {address} HTTP/1.1", "Host: 127.0.0.1", *sys.argv[6:], "", ""]
    print(json.dumps(load(port, "\r\n".join(lines).encode(), seconds, connections, float(sys.argv[5]))))


def load(port: int, request: bytes, seconds: float, connections: int, rate: float) -> dict[str, object]:
    """Requests answered, seconds, statuses, and the 50th and 99th percentile in milliseconds."""
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    asked: dict[int, float] = {}
    parts: dict[int, bytearray] = {}
    for _ in range(connections):
        each = socket.create_connection(("127.0.0.1", port), timeout=30)
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = each.fileno()
        sockets[number], parts[number] = each, bytearray()
        poll.register(number, select.EPOLLIN)
    times: list[float] = []
    statuses: collections.Counter[str] = collections.Counter()
    clock = time.perf_counter
    begun = clock()
    until = begun + seconds
    free = collections.deque(sockets)
    size = sent = 0
    while True:
        now = clock()
        if now < until:
            due = int((now - begun) * rate) + 1 - sent if rate else len(free)
            for _ in range(min(due, len(free))):
                number = free.popleft()
                asked[number] = begun + sent / rate if rate else clock()
                sockets[number].sendall(request)
                sent += 1
        elif not asked:
            break
        elif now > until + 60:
            statuses["never answered"] += len(asked)
            break
        for number, _ in poll.poll(0.0005 if rate else 1.0):
            part = parts[number]
            got = sockets[number].recv(262_144)
            if not got:
                statuses["closed"] += 1
                asked.pop(number, None)
                poll.unregister(number)
                continue
            part += got
            head = part.find(_END)
            if head < 0:
                continue
            place = bytes(part[:head]).lower().find(_LENGTH)
            length = int(part[place + len(_LENGTH) : part.index(b"\r\n", place)]) if place >= 0 else 0
            if len(part) < head + len(_END) + length:
                continue
            times.append(clock() - asked.pop(number))
            statuses[part[9:12].decode()] += 1
            size = len(part)
            part.clear()
            free.append(number)
    took = clock() - begun
    times.sort()
    return {
        "requests": len(times),
        "seconds": took,
        "statuses": dict(statuses),
        "bytes": size,
        "p50": times[len(times) // 2] * 1000,
        "p99": times[int(len(times) * 0.99)] * 1000,
    }


if __name__ == "__main__":
    main()
