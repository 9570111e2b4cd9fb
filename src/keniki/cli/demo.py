"""`keniki demo`: the pilot regions, their documents and demonstration accounts, then the server."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import keniki
from keniki.cli import acting, console, database, report, serve
from keniki.cli.console import Result
from keniki.core.errors import WrongInput
from keniki.site import home

#: Regions that ship with the source, and the documents written of each.
REGIONS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "minami-sorachi": (
        ("results", {"first": 2020, "last": 2024}),
        ("agreement", {"slug": ""}),
        ("declaration", {"slug": ""}),
        ("vision", {"slug": ""}),
    ),
    "sapporo": (),
    "sample": (("agreement", {"slug": ""}), ("declaration", {"slug": ""}), ("vision", {"slug": ""})),
}


def add(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(subparsers, "demo", run, help="見本の圏域を用意して開始する")
    parser.add_argument("--no-serve", action="store_true", help="用意だけして終わる")
    parser.add_argument("--host", default="127.0.0.1", help="待ち受けるアドレス（省略時 127.0.0.1）")
    parser.add_argument("--port", type=int, default=8000, help="待ち受けるポート（省略時 8000）")
    parser.set_defaults(workers=None)


@database.needs_database
def run(args: argparse.Namespace) -> Result:
    """Load what is not there yet, make the accounts, write the documents, then serve."""
    if not args.no_serve and not serve.is_loopback(args.host):
        raise WrongInput(
            "体験用の利用者はこの機械の中だけで使えます。--host 127.0.0.1 で始めてください。", column="--host"
        )
    actor = acting.actor(argparse.Namespace())
    data = data_folder()
    loaded = [name for name in REGIONS if _load(actor, data / name)]
    accounts = _accounts(actor)
    if "sample" in loaded:
        _disaster(actor, data)
    written = _documents()
    console.say("体験用の利用者（この機械の中だけで使えます）:")
    for account in accounts:
        console.say(f"  {account['role']:<14}{account['login']:<32}{account['password']}  {account['post']}")
    console.say(f"  （{home.current().demo_accounts} にも書きました）")
    if written:
        console.say("書き出した文書:", *(f"  {path}" for path in written))
    if not args.no_serve:
        serve.run(args)
    return {
        "loaded": loaded,
        "documents": [str(path) for path in written],
        "accounts": str(home.current().demo_accounts),
    }


def data_folder() -> Path:
    """The folder with the regions that ship with the source."""
    folder = home.CHECKOUT / "data"
    if not folder.is_dir():
        raise WrongInput("見本のデータ（data フォルダ）がありません。ソース一式を取得して始めてください。")
    return folder


def _load(actor: Any, folder: Path) -> bool:
    """Load a region unless it is there; what people entered since is never overwritten."""
    from keniki.apps.portal.interchange.load import load_region
    from keniki.apps.portal.interchange.read import read
    from keniki.apps.regions.models import Region

    stamp = home.current().root / f".loaded-{folder.name}"
    if stamp.exists() and Region.objects.filter(slug=stamp.read_text().strip()).exists():
        return False
    document = read(folder)
    if Region.objects.filter(slug=document.region.slug).exists():
        stamp.write_text(document.region.slug)
        return False
    with console.progress(f"{document.region.name}を読み込んでいます"):
        load_region(actor, document)
    stamp.write_text(document.region.slug)
    return True


def _disaster(actor: Any, data: Path) -> None:
    """Disaster work of the fictional region, where there is none: exercises only, persons entered by their town."""
    from keniki.apps.accounts.models import User
    from keniki.apps.disaster.sample import load_sample
    from keniki.apps.regions.models import Region
    from keniki.apps.regions.queries import actor_for

    region = Region.objects.get(slug=(home.current().root / ".loaded-sample").read_text().strip())
    prefix = f"{region.slug}-"
    users = User.objects.filter(is_demo=True, login__startswith=prefix)
    officers = {user.login.removeprefix(prefix): actor_for(user) for user in users}
    with console.progress(f"{region.name}の防災の見本（訓練）を用意しています"):
        load_sample(actor, region, data / "sample" / "disaster" / "demo", officers)


def _accounts(actor: Any) -> list[dict[str, str]]:
    from keniki.apps.portal.demo import make_accounts

    path = home.current().demo_accounts
    if path.exists():
        known: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
        if make_accounts(actor, known) == known:
            return known
    accounts: list[dict[str, str]] = make_accounts(actor, None, _slugs())
    path.touch(mode=0o600)
    path.write_text(json.dumps(accounts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return accounts


def _slugs() -> list[str]:
    root = home.current().root
    return [(root / f".loaded-{name}").read_text().strip() for name in REGIONS]


def _documents() -> list[Path]:
    """Write each region's documents unless the records are as they were when they were written."""
    from django.db.models import Max
    from django_scopes import scope

    from keniki.apps.accounts.models import LogEntry
    from keniki.apps.documents.composing import compose
    from keniki.apps.regions.models import Region

    out = home.current().out
    stamp = home.current().root / ".documents"
    before = json.loads(stamp.read_text()) if stamp.exists() else {}
    newest = f"{keniki.__version__} {LogEntry.objects.aggregate(last=Max('id'))['last']}"
    if before.get("") == newest and all((out / name).exists() for name in _names()):
        return []
    now: dict[str, str] = {"": newest}
    written: list[Path] = []
    for slug, documents in zip(_slugs(), REGIONS.values(), strict=True):
        region = Region.objects.get(slug=slug)
        for kind, parameters in documents:
            with scope(region=region):
                digest = hashlib.sha256(
                    (keniki.__version__ + compose(region, kind, **parameters).inputs.digest).encode()
                ).hexdigest()
            now[f"{slug}-{kind}"] = digest
            if before.get(f"{slug}-{kind}") == digest and all(
                (out / f"{slug}-{kind}.{format_}").exists() for format_ in report.FORMATS
            ):
                continue
            paths, _ = report.write(region, kind, parameters, out)
            written.extend(paths)
    stamp.write_text(json.dumps(now))
    return written


def _names() -> list[str]:
    return [
        f"{slug}-{kind}.{format_}"
        for slug, documents in zip(_slugs(), REGIONS.values(), strict=True)
        for kind, _ in documents
        for format_ in report.FORMATS
    ]
