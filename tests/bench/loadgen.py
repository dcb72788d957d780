"""A load generator for MLLP servers that costs little itself: one process, epoll, messages prepared beforehand.

Two ways to load: as fast as answers come (`closed`), or at a steady rate whatever the answers do (`steady`), where
the latency counts from the moment a message was due, so that a server that stalls cannot hide it.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence

END = b"\x1c\r"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def connect(port: int, count: int) -> dict[int, socket.socket]:
    """Connections to a server on this machine."""
    found = {}
    for _ in range(count):
        one = socket.create_connection(("127.0.0.1", port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found[one.fileno()] = one
    return found


def closed(port: int, frames: Iterator[bytes], count: int, connections: int) -> dict[str, float]:
    """Send `count` frames, one in flight per connection; answers per second and latencies in milliseconds."""
    sockets = connect(port, connections)
    poll = select.epoll()
    for number in sockets:
        poll.register(number, select.EPOLLIN)
    sent = got = refused = 0
    began_at: dict[int, float] = {}
    latencies: list[float] = []
    start = time.perf_counter()
    for number, one in sockets.items():
        if sent < count:
            one.sendall(next(frames))
            began_at[number] = time.perf_counter()
            sent += 1
    clock = time.perf_counter
    receive = {number: one.recv for number, one in sockets.items()}
    send = {number: one.send for number, one in sockets.items()}
    following = frames.__next__
    while got < count:
        for number, _ in poll.poll(30):
            data = receive[number](4096)
            if not data:
                raise SystemExit("the server closed a connection")
            if data[-2:] != END:
                continue
            now = clock()
            latencies.append(now - began_at[number])
            got += 1
            if b"MSA|AA" not in data:
                refused += 1
            if sent < count:
                send[number](following())
                began_at[number] = now
                sent += 1
    elapsed = clock() - start
    return report(count, elapsed, latencies, refused)


def steady(port: int, frames: Iterator[bytes], count: int, connections: int, rate: float) -> dict[str, float]:
    """Send a frame every 1/rate seconds over the free connections; a message that finds none free waits its turn."""
    sockets = connect(port, connections)
    poll = select.epoll()
    for number in sockets:
        poll.register(number, select.EPOLLIN)
    free = deque(sockets)
    due: dict[int, float] = {}
    latencies: list[float] = []
    refused = sent = 0
    start = time.perf_counter() + 0.05
    while len(latencies) < count:
        now = time.perf_counter()
        while sent < count and free and start + sent / rate <= now:
            number = free.popleft()
            due[number] = start + sent / rate
            sockets[number].sendall(next(frames))
            sent += 1
        wait = 0.2 if sent == count or not free else max(0.0, start + sent / rate - time.perf_counter())
        for number, _ in poll.poll(min(wait, 0.2)):
            data = sockets[number].recv(65536)
            if not data:
                raise SystemExit("the server closed a connection")
            if data.endswith(END):
                latencies.append(time.perf_counter() - due[number])
                refused += b"MSA|AA" not in data
                free.append(number)
    return report(count, time.perf_counter() - start, latencies, refused)


def report(count: int, elapsed: float, latencies: list[float], refused: int) -> dict[str, float]:
    """Figures of one run."""
    return {
        "count": count,
        "rate": count / elapsed,
        "p50": percentile(latencies, 0.5) * 1000,
        "p99": percentile(latencies, 0.99) * 1000,
        "worst": max(latencies) * 1000,
        "refused": refused,
    }


def main() -> None:
    """Run one load and print its figures as JSON."""
    from ecluse.simulators.hospital import load

    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", default="A28,A31", help="events of each patient, in order")
    parser.add_argument(
        "--patients", type=int, default=0, help="go round so many patients; 0: always new ones"
    )
    arguments = parser.parse_args()
    messages = load(
        arguments.seed,
        arguments.count,
        patients=arguments.patients or None,
        events=arguments.events.split(","),
    )
    frames = iter([b"\x0b" + one.raw + END for one in messages])
    if arguments.rate:
        figures = steady(arguments.port, frames, arguments.count, arguments.connections, arguments.rate)
    else:
        figures = closed(arguments.port, frames, arguments.count, arguments.connections)
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
