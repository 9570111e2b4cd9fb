"""Pages that work without network (オフラインの画面): the page, the worker that keeps it, its manifest.

The worker keeps exactly the files the page names and the modules these import. Its version is the digest of their
content: a device takes a new version whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpResponse, JsonResponse
from django.templatetags.static import static

from .models import Incident

_ASSET: Final = re.compile(r'(?:href|src)="([^"]+)"')
_IMPORT: Final = re.compile(r'^(?:import|export)[^"]*from "(\.[^"]+)";', re.MULTILINE)
_WORKER: Final = "disaster/field/worker.js"


def files_of(html: str) -> list[str]:
    """The addresses of the static files a page needs, with the modules its scripts import, in a stable order."""
    named = [url.partition("#")[0] for url in _ASSET.findall(html) if url.startswith(settings.STATIC_URL)]
    return sorted(dict.fromkeys(each for url in named for each in _with_imports(url)))


def worker_answer(page: str, html: str) -> HttpResponse:
    """The service worker of the page at this address, as it would be rendered now."""
    files = files_of(html)
    script = _source(_WORKER)
    kept = {"page": page, "version": _version([html.encode(), script, *map(_content, files)]), "files": files}
    said = json.dumps(kept, ensure_ascii=False)
    answer = HttpResponse(
        f"const KENIKI = {said};\n".encode() + script, content_type="text/javascript; charset=utf-8"
    )
    answer["Cache-Control"] = "no-cache"
    answer["Service-Worker-Allowed"] = page
    return answer


def manifest_answer(incident: Incident, page: str, name: str) -> JsonResponse:
    """The web app manifest: what the page is called on the device, which says whether it is an exercise."""
    mode = incident.get_mode_display()
    content = {
        "id": page,
        "name": f"【{mode}】{name} {incident.title}",
        "short_name": f"{mode} {name}",
        "start_url": page,
        "scope": page,
        "display": "standalone",
        "lang": "ja",
        "background_color": "#ffffff",
        "theme_color": "#b45f00" if incident.is_exercise else "#00472c",
        "icons": [
            {
                "src": static("keniki/icons/favicon.svg"),
                "sizes": "any",
                "type": "image/svg+xml",
                "purpose": "any",
            }
        ],
    }
    return JsonResponse(content, content_type="application/manifest+json")


def _with_imports(url: str, seen: frozenset[str] = frozenset()) -> Iterable[str]:
    if url in seen:
        return
    yield url
    if url.endswith(".js"):
        for name in _IMPORT.findall(_content(url).decode()):
            yield from _with_imports(
                posixpath.normpath(posixpath.join(posixpath.dirname(url), name)), seen | {url}
            )


def _content(url: str) -> bytes:
    name = url.removeprefix(settings.STATIC_URL)
    collected = Path(settings.STATIC_ROOT) / name
    return collected.read_bytes() if collected.is_file() else _source(name)


def _source(name: str) -> bytes:
    found = finders.find(name)
    if not isinstance(found, str):
        raise FileNotFoundError(name)
    return Path(found).read_bytes()


def _version(contents: Iterable[bytes]) -> str:
    seen = hashlib.sha256()
    for each in contents:
        seen.update(hashlib.sha256(each).digest())
    return seen.hexdigest()[:16]
