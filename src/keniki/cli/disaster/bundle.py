"""`keniki disaster bundle`: read a file of a stick into its incident, as the page does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from keniki.cli import acting, console
from keniki.cli.console import Fault, Result
from keniki.cli.database import needs_database
from keniki.core.errors import WrongInput


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Register the command."""
    parser = console.command(
        commands, "bundle", run, help="受付の端末が書き出した持ち運びファイルを、その事案に読み込む"
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="持ち運びファイル（.keniki）")
    parser.add_argument("--region", required=True, metavar="SLUG", help="圏域の識別名")


@needs_database
def run(args: argparse.Namespace) -> Result:
    """Take what the file holds; read twice it changes nothing. What is about persons needs `--as` somebody of the
    device's town."""
    from keniki.analysis.merging import header_of
    from keniki.apps.accounts.actor import Denied
    from keniki.apps.disaster.actions.reception.bundles import read_bundle
    from keniki.apps.disaster.models import Incident

    actor = acting.actor(args)
    region = acting.region(actor, args.region)
    data = console.read_bytes(args.file)
    header = header_of(data)
    with acting.within(region):
        incident = Incident.objects.filter(region=region, uid=header.incident).first()
        if incident is None:
            raise WrongInput("このファイルの事案が、この圏域にありません。", column="FILE")
        incident.region = region
        try:
            read = read_bundle(actor, incident, data)
        except Denied as denied:
            raise Fault(
                f"{denied} 端末の市町村の職にある方のログインIDを --as に付けてください。"
            ) from denied
    mode = incident.get_mode_display()
    if read.again:
        console.say(f"【{mode}】このファイルは既に読み込んでいます。記録は変わりません。")
    else:
        console.say(
            f"【{mode}】{incident.title}: 新しい記録 {read.stored} 件、既にある記録 {read.known} 件、"
            f"保留 {len(read.refused)} 件"
        )
    for each in read.refused[:20]:
        console.note(f"  {each.number}件目: {each.reason}")
    return {
        "region": region.slug,
        "incident": incident.slug,
        "mode": incident.mode,
        "device": read.device.device,
        "serial": read.header.serial,
        "bundle": read.header.bundle,
        "again": read.again,
        "stored": read.stored,
        "known": read.known,
        "quarantined": len(read.refused),
        "refused": [{"number": each.number, "id": each.id, "reason": each.reason} for each in read.refused],
    }
