"""A server of feeds and telegrams on this machine, as the weather agency's answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Server:
    """Answers by path; remembers what it was asked with which headers."""

    address: str
    replies: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    cut: int | None = None
    wait: float = 0.0


@contextmanager
def serving() -> Iterator[Server]:
    """A server that answers until the block ends."""
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            played.asked.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
            closing.wait(played.wait)
            status, body, headers = played.replies.get(self.path, (404, b"", {}))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: played.cut])

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    played = Server(f"http://127.0.0.1:{listening.server_port}")
    thread = threading.Thread(target=lambda: listening.serve_forever(0.02), daemon=True)
    thread.start()
    yield played
    closing.set()
    listening.shutdown()
    listening.server_close()
    thread.join()
