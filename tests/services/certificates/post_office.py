"""A mail server on loopback for tests: STARTTLS, mailboxes that refuse, and what was delivered."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


class PostOffice(socketserver.ThreadingTCPServer):
    """refusing: answers to RCPT by mailbox (`550 no such mailbox`); messages: delivered, in order."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Counter)
        self.context = context
        self.refusing: dict[str, str] = {}
        self.messages: list[EmailMessage] = []
        self.in_clear = 0
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Counter(socketserver.StreamRequestHandler):
    server: PostOffice

    def handle(self) -> None:
        self.secured = False
        self.say("220 post office")
        while line := self.rfile.readline():
            word, _, rest = line.decode().strip().partition(" ")
            if word.upper() == "QUIT":
                self.say("221 bye")
                return
            getattr(self, f"do_{word.lower()}", self.other)(rest)

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def other(self, _rest: str) -> None:
        self.say("250 ok")

    def do_ehlo(self, _rest: str) -> None:
        if self.server.context is not None and not self.secured:
            self.say("250-here")
            self.say("250 STARTTLS")
        else:
            self.say("250 here")

    def do_starttls(self, _rest: str) -> None:
        assert self.server.context is not None
        self.say("220 go")
        try:
            secured: Any = self.server.context.wrap_socket(self.request, server_side=True)
        except OSError:
            return
        self.secured, self.connection = True, secured
        self.rfile, self.wfile = secured.makefile("rb"), secured.makefile("wb", 0)

    def do_rcpt(self, rest: str) -> None:
        mailbox = rest.partition("<")[2].partition(">")[0]
        answer = self.server.refusing.get(mailbox, "250 ok")
        self.say(answer)
        if answer.startswith("421"):  # RFC 5321 §3.8: the server closes
            self.request.shutdown(socket.SHUT_RDWR)

    def do_data(self, _rest: str) -> None:
        self.say("354 go")
        content = b""
        while (line := self.rfile.readline()) != b".\r\n":
            content += line
        self.server.in_clear += not self.secured
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.server.messages.append(message)
        self.say("250 kept")
