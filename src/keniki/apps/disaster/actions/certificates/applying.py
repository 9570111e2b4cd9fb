"""Applications for certificates: received, corrected, tied to a house; and the town's setting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Final

from django.db.models import Max

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.sealing import fingerprint
from keniki.apps.accounts.verbs import Act, changes, lock, verb
from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today
from keniki.core.errors import WrongInput
from keniki.core.text import search_key

from ... import policies
from ...models import (
    CertificateApplication,
    CertificateSetting,
    CertificateStep,
    House,
    Incident,
    Retention,
)
from ...models.certificates import Kind

State = CertificateApplication.State
Key = CertificateStep.Key
#: The parts of an application that are about persons.
SEALED: Final = (
    "applicant", "kana", "address", "phone", "relation", "head", "head_address", "household", "place", "things",
    "purpose", "note",
)  # fmt: skip
LABELS: Final = {
    "via": "受付の方法", "asked_on": "申請日", "struck_on": "被災した日", "self_reported": "自己判定方式",
    "sealed": "申請の内容", "kind": "種類",
}  # fmt: skip
_PLAIN: Final = ("kind", "via", "asked_on", "struck_on", "self_reported")


@dataclass(frozen=True)
class ApplicationDraft:
    """An application as it was made. `household` are the members, one a line."""

    kind: str
    via: str
    asked_on: date
    struck_on: date
    applicant: str
    address: str
    place: str
    kana: str = ""
    phone: str = ""
    relation: str = ""
    head: str = ""
    head_address: str = ""
    household: str = ""
    things: str = ""
    purpose: str = ""
    note: str = ""
    self_reported: bool = False


@dataclass(frozen=True)
class SettingDraft:
    """What a town prints, and how long it keeps certificates."""

    mayor_title: str
    mayor_name: str
    number_word: str = ""
    office: str = ""
    extra: str = ""
    keep_years: int | None = None
    keep_basis: str = ""


def print_of(text: str, what: str) -> str:
    """The fingerprint by which an equal text is found, however it is spaced or wide; empty for nothing."""
    key = search_key(text).replace(" ", "")
    return fingerprint(key, f"disaster.certificate.{what}") if key else ""


def apply(
    actor: Actor, incident: Incident, municipality: Municipality, draft: ApplicationDraft
) -> CertificateApplication:
    """Receive an application. Raises `WrongInput` or `Denied`."""
    region = incident.region
    ruling = policies.record_person(actor, region, municipality).require()
    _check(incident, draft)
    if Retention.objects.filter(
        incident=incident, municipality=municipality, purged_at__isnull=False
    ).exists():
        raise WrongInput(
            "この事案の個人に関する記録は、保存期限が過ぎたため消去しました。新しい申請は受け付けられません。"
        )
    with verb(actor, "disaster.apply_certificate", region=region.slug, ruling=ruling) as act:
        lock("certificate-applications", incident.pk, municipality.pk)
        rows = CertificateApplication.objects.filter(incident=incident, municipality=municipality)
        last: int | None = rows.aggregate(last=Max("number"))["last"]
        row = CertificateApplication(
            region=region,
            incident=incident,
            mode=incident.mode,
            municipality=municipality,
            number=(last or 0) + 1,
        )
        _fill(row, draft)
        act.save(row)
        step(act, row, Key.APPLIED, draft.asked_on)
        act.log(row, None, {"kind": row.kind}, f"{incident} の{row}を受付", municipality=municipality.code)
        return row


def change(
    actor: Actor, application: CertificateApplication, draft: ApplicationDraft, version: int | None
) -> CertificateApplication:
    """Correct an application; its kind stays once something was issued. `WrongInput`, `Denied` or `Stale`."""
    with writing(actor, application, "disaster.change_certificate_application", version, quiet=True) as (
        act,
        row,
    ):
        _check(row.incident, draft)
        if draft.kind != row.kind and (row.certificates.exists() or row.house_id is not None):
            raise WrongInput("家屋を決めたか、証明書を発行した申請の種類は変えられません。", column="kind")
        old = {name: str(getattr(row, name)) for name in _PLAIN} | {"sealed": row.sealed}
        _fill(row, draft)
        new = {name: str(getattr(row, name)) for name in _PLAIN} | {"sealed": row.sealed}
        _, after = changes(old, new)
        if not after:
            return row
        act.save(row)
        said = "・".join(LABELS[name] for name in after)
        act.log(
            row, None, {"changed": sorted(after)}, f"{row}の{said}を訂正", municipality=row.municipality.code
        )
        return row


def link_house(
    actor: Actor, application: CertificateApplication, number: int, on: date, version: int | None
) -> CertificateApplication:
    """Say which house of the town an application is about (by its 整理番号). `WrongInput`, `Denied` or `Stale`."""
    with writing(actor, application, "disaster.link_certificate_house", version) as (act, row):
        if row.kind != Kind.DAMAGE:
            raise WrongInput("家屋の調査を根拠にするのは、罹災証明書だけです。", column="house")
        check_day(row, on)
        house = House.objects.filter(
            incident=row.incident, municipality=row.municipality, number=number
        ).first()
        if house is None:
            raise WrongInput(f"整理番号{number}の家屋は、この事案にありません。", column="house")
        if house.use != House.Use.RESIDENCE:
            raise WrongInput("非住家です。住家でないものには、被災証明書を交付します。", column="house")
        row.house = house
        act.save(row)
        step(act, row, Key.HOUSE, on)
        act.log(row, None, {"house": number}, f"{row}を{house}に結び付け", municipality=row.municipality.code)
        return row


def save_setting(
    actor: Actor, region: Region, municipality: Municipality, draft: SettingDraft, version: int | None = None
) -> CertificateSetting:
    """Store what a town prints and how long it keeps it. `WrongInput`, `Denied` or `Stale`."""
    ruling = policies.record_person(actor, region, municipality).require()
    if not draft.mayor_title.strip():
        raise WrongInput("長の職名（例：○○町長）を入力してください。", column="mayor_title")
    if not draft.mayor_name.strip():
        raise WrongInput("長の氏名を入力してください。", column="mayor_name")
    if draft.keep_years is not None and not draft.keep_basis.strip():
        raise WrongInput("残す年数の根拠（規程など）を入力してください。", column="keep_basis")
    with verb(
        actor, "disaster.save_certificate_setting", region=region.slug, ruling=ruling, quiet=True
    ) as act:
        found = CertificateSetting.objects.filter(region=region, municipality=municipality).first()
        if found is None:
            row = CertificateSetting(region=region, municipality=municipality)
        else:
            row = act.lock(found, version)
        old = {each.name: getattr(row, each.name) for each in fields(draft)} if found is not None else {}
        new = {key: each.strip() if isinstance(each, str) else each for key, each in asdict(draft).items()}
        before, after = changes(old, new)
        if found is not None and not after:
            return row
        for name, value in new.items():
            setattr(row, name, value)
        act.save(row)
        said = f"{municipality.name}の証明書の発行の設定を保存"
        act.log(row, before if old else None, after, said, municipality=municipality.code)
        return row


@contextmanager
def writing(
    actor: Actor,
    application: CertificateApplication,
    name: str,
    version: int | None,
    *,
    quiet: bool = False,
) -> Iterator[tuple[Act, CertificateApplication]]:
    """A verb on one application of one's own town, read again under lock with its relations as they were known.

    Raises `Denied`, `Stale`, and `WrongInput` for what was withdrawn or erased.
    """
    region, town = application.region, application.municipality
    ruling = policies.record_person(actor, region, town).require()
    with verb(actor, name, region=region.slug, ruling=ruling, quiet=quiet) as act:
        row = act.lock(application, version)
        row.region, row.incident, row.municipality = region, application.incident, town
        if row.sealed is None:
            raise WrongInput("この申請の個人に関する内容は、保存期限が過ぎたため消去しました。")
        if row.state == State.WITHDRAWN:
            raise WrongInput(
                "取り下げた申請です。もう一度交付を求めるときは、新しい申請を受け付けてください。"
            )
        yield act, row


def step(
    act: Act,
    row: CertificateApplication,
    key: str,
    on: date,
    reason: str = "",
    certificate: Any = None,
) -> CertificateStep:
    """Write down what happened to an application."""
    done = CertificateStep(
        region=row.region,
        incident=row.incident,
        mode=row.mode,
        municipality=row.municipality,
        application=row,
        key=key,
        on=on,
        certificate=certificate,
        sealed={"reason": reason.strip()} if reason.strip() else None,
    )
    done.made_by(act)
    done.save()
    return done


def check_day(row: CertificateApplication, on: date) -> None:
    """A step is taken between the application and today."""
    if not row.asked_on <= on <= today():
        raise WrongInput("日付は、申請日から今日までにしてください。", column="on")


def _check(incident: Incident, draft: ApplicationDraft) -> None:
    if draft.kind not in Kind.values:
        raise WrongInput("証明書の種類を選んでください。", column="kind")
    for name, label in (
        ("applicant", "申請者の氏名"),
        ("address", "申請者の住所"),
        ("place", "被災した場所"),
    ):
        if not getattr(draft, name).strip():
            raise WrongInput(f"{label}を入力してください。", column=name)
    if not draft.struck_on <= draft.asked_on <= today():
        raise WrongInput("申請日は、被災した日から今日までにしてください。", column="asked_on")
    if draft.kind == Kind.REPORT and not draft.things.strip():
        raise WrongInput("被災した物と、届出のあった被害を入力してください。", column="things")
    if draft.kind == Kind.REPORT and draft.self_reported:
        raise WrongInput("自己判定方式は、罹災証明書だけです。", column="self_reported")
    if draft.kind == Kind.DAMAGE and not (draft.head.strip() and draft.head_address.strip()):
        raise WrongInput("罹災証明書には、世帯主の氏名と住所を入力してください。", column="head")


def _fill(row: CertificateApplication, draft: ApplicationDraft) -> None:
    for name in _PLAIN:
        setattr(row, name, getattr(draft, name))
    row.sealed = {name: text for name in SEALED if (text := getattr(draft, name).strip())}
    row.name_print = print_of(draft.applicant, "name")
    row.kana_print = print_of(draft.kana, "kana")
    row.place_print = print_of(draft.place, "place")
