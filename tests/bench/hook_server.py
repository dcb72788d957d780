"""A webhook receiver that costs little: answers 204, checks one signature in a hundred; `GET /` gives its count."""

from __future__ import annotations

import asyncio
import base64
import hmac
import sys
from hashlib import sha256

ONE_IN = 100


class Receiver(asyncio.Protocol):
    """One keep-alive connection."""

    count = 0
    key = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Take whole requests, answer each."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].decode("latin-1")
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
            size = int(fields.get("content-length", "0"))
            if len(self._buffer) < end + 4 + size:
                return
            body = self._buffer[end + 4 : end + 4 + size]
            self._buffer = self._buffer[end + 4 + size :]
            self._answer(head, body)

    def _answer(self, head: str, body: bytes) -> None:
        if head.startswith("GET"):
            text = str(Receiver.count).encode()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text))
            return
        if Receiver.count % ONE_IN == 0:
            self._verify(head, body)
        Receiver.count += 1
        self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    def _verify(self, head: str, body: bytes) -> None:
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
        fields = {name.lower(): value for name, value in fields.items()}
        signed = f"{fields['webhook-id']}.{fields['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.digest(Receiver.key, signed, sha256)).decode()
        if f"v1,{expected}" not in fields["webhook-signature"]:
            raise SystemExit("a signature is wrong")


async def main() -> None:
    """Serve on a free port; the key comes on stdin once the port is told on stdout."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Receiver, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    text = await loop.run_in_executor(None, sys.stdin.readline)
    Receiver.key = base64.b64decode(text.strip().removeprefix("whsec_"))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
