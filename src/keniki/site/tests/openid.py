"""A small OpenID provider on this machine: discovery, consent, code for token, keys, claims."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "keniki", "only between the two"


@dataclass
class Directory:
    """Who is at the keyboard of the provider, and what it answers wrongly when told to."""

    url: str
    person: dict[str, Any] = field(default_factory=dict)
    falsify: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: _key())

    def id_token(self, nonce: str | None) -> str:
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": int(time.time()),
            "exp": int(time.time()) + 300,
            **({"nonce": nonce} if nonce else {}),
            **self.person,
            **self.falsify,
        }
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "1"})


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


class _Handler(BaseHTTPRequestHandler):
    directory: Directory

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        self.directory.asked.append(split.path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        match split.path:
            case "/.well-known/openid-configuration":
                self._answer(self._configuration())
            case "/keys":
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.directory.key.public_key()))
                self._answer({"keys": [{**public, "kid": "1", "alg": "RS256", "use": "sig"}]})
            case "/authorize":
                code = secrets.token_urlsafe(16)
                self.directory.codes[code] = query
                back = urlencode({"code": code, "state": query["state"]})
                self.send_response(302)
                self.send_header("Location", f"{query['redirect_uri']}?{back}")
                self.end_headers()
            case "/claims":
                self._answer(self.directory.person)
            case _:
                self.send_error(404)

    def do_POST(self) -> None:
        self.directory.asked.append(self.path)
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        sent = {name: values[0] for name, values in body.items()}
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        known = (sent.get("client_id"), sent.get("client_secret")) == (CLIENT, SECRET)
        asked = self.directory.codes.pop(sent.get("code", ""), None)
        if asked is None or not (known or self.headers.get("Authorization") == f"Basic {basic}"):
            self._answer({"error": "invalid_grant"}, 400)
            return
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked.get("code_challenge"):
            self._answer({"error": "invalid_grant", "error_description": "PKCE"}, 400)
            return
        token = self.directory.id_token(asked.get("nonce"))
        self._answer({"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "id_token": token})

    def _configuration(self) -> dict[str, Any]:
        url = self.directory.url
        return {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "userinfo_endpoint": f"{url}/claims",
            "jwks_uri": f"{url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }

    def _answer(self, content: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def directory() -> Iterator[Directory]:
    """The provider while the block runs."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        here = Directory(f"http://127.0.0.1:{server.server_port}")
        handler.directory = here  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()
