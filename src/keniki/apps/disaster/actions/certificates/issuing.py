"""What the mayor of the stricken town does with an application: tell, issue, deliver, survey again, replace, withdraw.

A certificate of a dwelling rests on the survey the town decided on, with every doubtful rule confirmed; the applicant's
own photographs (自己判定方式) suffice for the lightest class alone.
"""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256
from typing import Any

from django.db.models import Max

from keniki.apps.accounts.actor import Actor
from keniki.apps.accounts.verbs import Act, lock
from keniki.core import era
from keniki.core.errors import WrongInput
from keniki.rulebooks.disaster import certificates as forms
from keniki.rulebooks.disaster import damage as rules

from ...models import (
    Certificate,
    CertificateApplication,
    CertificateSetting,
    CertificateStep,
    House,
    HouseSurvey,
)
from ...models.certificates import Kind
from .applying import check_day, step, writing

State = CertificateApplication.State
Key = CertificateStep.Key


def tell(
    actor: Actor, application: CertificateApplication, on: date, version: int | None, note: str = ""
) -> CertificateApplication:
    """Say that the applicant was told the result. `WrongInput` without a decided survey, `Denied` or `Stale`."""
    with writing(actor, application, "disaster.tell_certificate", version) as (act, row):
        check_day(row, on)
        result_of(row)
        row.state = State.TOLD
        act.save(row)
        step(act, row, Key.TOLD, on, note)
        act.log(row, None, {"on": on.isoformat()}, f"{row}の結果を通知", municipality=row.municipality.code)
        return row


def issue(
    actor: Actor,
    application: CertificateApplication,
    on: date,
    version: int | None,
    reason: str = "",
    remark: str = "",
) -> Certificate:
    """Issue the certificate; one that is in force is replaced by it, and stays as it was (then `reason` is needed).

    Raises `WrongInput` with the way out where the survey, a confirmation, an item of the form or the town's setting is
    missing, `Denied` for everybody but the stricken town, `Stale`.
    """
    with writing(actor, application, "disaster.issue_certificate", version) as (act, row):
        check_day(row, on)
        setting = CertificateSetting.objects.filter(region=row.region, municipality=row.municipality).first()
        if setting is None:
            raise WrongInput("長の職名と氏名がまだ登録されていません。先に「発行の設定」を登録してください。")
        key, name, survey, confirmed = result_of(row) if row.kind == Kind.DAMAGE else ("", "", None, [])
        lock("certificates", row.incident_id, row.municipality_id)
        old = Certificate.objects.filter(application=row, replaced_on=None, withdrawn_on=None).first()
        if old is not None and not reason.strip():
            raise WrongInput("差し替える理由を入力してください。", column="reason")
        if old is not None and on < old.issued_on:
            raise WrongInput("差し替える証明書の発行日より前の日付にはできません。", column="on")
        number = _next(row)
        made = Certificate(
            region=row.region,
            incident=row.incident,
            mode=row.mode,
            municipality=row.municipality,
            application=row,
            number=number,
            kind=row.kind,
            issued_on=on,
            class_key=key,
            class_name=name,
            survey=survey,
            replaces=old,
            form=_form(row, setting, on, confirmed),
            sealed=_content(row, f"{setting.number_word}{number}号", name, remark),
        )
        made.digest = digest_of(made)
        if old is not None:
            current = act.lock(old, None)
            current.replaced_on = on
            act.save(current, update_fields=["replaced_on", "version", "changed_at"])
        act.save(made)
        row.state = State.ISSUED
        row.first_issued_on = row.first_issued_on or on
        act.save(row)
        step(act, row, Key.REISSUED if old is not None else Key.ISSUED, on, reason, made)
        said = f"{row}に{made}を発行" + (f"（第{old.number}号を差替え）" if old is not None else "")
        act.log(made, None, {"number": number, "class": name}, said, municipality=row.municipality.code)
        return made


def deliver(
    actor: Actor, application: CertificateApplication, on: date, version: int | None, how: str = ""
) -> CertificateApplication:
    """Say that the applicant has the certificate. `WrongInput`, `Denied` or `Stale`."""
    with writing(actor, application, "disaster.deliver_certificate", version) as (act, row):
        check_day(row, on)
        held = _in_force(row)
        if on < held.issued_on:
            raise WrongInput("交付の日は、発行日以後にしてください。", column="on")
        row.state = State.DELIVERED
        act.save(row)
        step(act, row, Key.DELIVERED, on, how, held)
        act.log(row, None, {"on": on.isoformat()}, f"{held}を交付", municipality=row.municipality.code)
        return row


def object_to(
    actor: Actor, application: CertificateApplication, on: date, reason: str, version: int | None
) -> CertificateApplication:
    """Receive the applicant's objection and request for another survey. `WrongInput`, `Denied` or `Stale`."""
    with writing(actor, application, "disaster.object_certificate", version) as (act, row):
        check_day(row, on)
        if not reason.strip():
            raise WrongInput("再調査を求める理由を入力してください。", column="reason")
        if row.kind != Kind.DAMAGE:
            raise WrongInput("被災証明書は被害の程度を証明しないため、再調査はありません。")
        if row.state not in (State.TOLD, State.ISSUED, State.DELIVERED):
            raise WrongInput("結果を通知した後か、証明書を発行した後に受け付けます。")
        row.state = State.OBJECTED
        row.self_reported = False
        act.save(row)
        step(act, row, Key.OBJECTED, on, reason)
        act.log(
            row,
            None,
            {"on": on.isoformat()},
            f"{row}の再調査の申請を受付",
            municipality=row.municipality.code,
        )
        return row


def revoke(
    actor: Actor, application: CertificateApplication, on: date, reason: str, version: int | None
) -> CertificateApplication:
    """Take the certificate in force back; the application goes on. `WrongInput`, `Denied` or `Stale`."""
    with writing(actor, application, "disaster.revoke_certificate", version) as (act, row):
        check_day(row, on)
        _revoke(act, row, on, reason)
        row.state = State.APPLIED
        act.save(row)
        act.log(
            row, None, {"on": on.isoformat()}, f"{row}の証明書を取消し", municipality=row.municipality.code
        )
        return row


def withdraw(
    actor: Actor, application: CertificateApplication, on: date, reason: str, version: int | None
) -> CertificateApplication:
    """Withdraw the application, and with it a certificate in force. `WrongInput`, `Denied` or `Stale`."""
    with writing(actor, application, "disaster.withdraw_certificate", version) as (act, row):
        check_day(row, on)
        if Certificate.objects.filter(application=row, replaced_on=None, withdrawn_on=None).exists():
            _revoke(act, row, on, reason)
        if not reason.strip():
            raise WrongInput("理由を入力してください。", column="reason")
        row.state = State.WITHDRAWN
        act.save(row)
        step(act, row, Key.WITHDRAWN, on, reason)
        act.log(row, None, {"on": on.isoformat()}, f"{row}を取下げ", municipality=row.municipality.code)
        return row


def result_of(row: CertificateApplication) -> tuple[str, str, HouseSurvey | None, list[dict[str, Any]]]:
    """The class a certificate may say: key, name, the survey it rests on, what was confirmed.

    WrongInput says what is missing and how to come by it.
    """
    if row.kind != Kind.DAMAGE:
        raise WrongInput("被災証明書は、被害の程度を証明しません。")
    if row.self_reported:
        rule = rules.self_report(row.struck_on)
        named = rules.classes(row.struck_on).value.named(rule.value.class_key)
        return named.key, named.name, None, []
    house = House.objects.filter(applications=row).select_related("official").first()
    if house is None:
        raise WrongInput("調査した家屋がまだ決まっていません。先に、家屋の整理番号を登録してください。")
    survey = house.official
    if survey is None:
        raise WrongInput(
            f"{house}の被害の程度がまだ決定していません。家屋の画面で、採用する調査を決定してください。"
        )
    if row.state == State.OBJECTED and _same_survey(row, survey):
        raise WrongInput(
            "再調査の申請を受けています。新しい調査を行い、家屋の画面で決定してから発行してください。"
        )
    known = {(each.get("rule"), each.get("what")) for each in house.confirmed}
    for each in survey.result.get("needs_confirmation", ()):
        if (each.get("rule"), each.get("what")) not in known:
            raise WrongInput(
                f"確かめていない基準があります：{each.get('what')}　{house}の画面で確かめ、決定し直してください。"
            )
    return survey.class_key, str(survey.result["class"]), survey, list(house.confirmed)


def digest_of(made: Certificate) -> str:
    """The hash of all that is printed."""
    content = {
        "uid": str(made.uid), "mode": made.mode, "kind": made.kind, "number": made.number,
        "issued_on": made.issued_on.isoformat(), "class": made.class_key, "form": made.form, "sealed": made.sealed,
    }  # fmt: skip
    return sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _same_survey(row: CertificateApplication, survey: HouseSurvey) -> bool:
    """Whether the decision is still the one from before the objection."""
    objected = row.steps.filter(key=Key.OBJECTED).order_by("-id").first()
    return objected is not None and survey.made_at <= objected.made_at


def _in_force(row: CertificateApplication) -> Certificate:
    held = Certificate.objects.filter(application=row, replaced_on=None, withdrawn_on=None).first()
    if held is None:
        raise WrongInput("有効な証明書がありません。先に発行してください。")
    return held


def _revoke(act: Act, row: CertificateApplication, on: date, reason: str) -> None:
    if not reason.strip():
        raise WrongInput("理由を入力してください。", column="reason")
    held = act.lock(_in_force(row), None)
    if on < held.issued_on:
        raise WrongInput("取り消す日は、発行日以後にしてください。", column="on")
    held.withdrawn_on = on
    act.save(held, update_fields=["withdrawn_on", "version", "changed_at"])
    step(act, row, Key.REVOKED, on, reason, held)


def _next(row: CertificateApplication) -> int:
    rows = Certificate.objects.filter(incident=row.incident, municipality=row.municipality, kind=row.kind)
    last: int | None = rows.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _form(
    row: CertificateApplication, setting: CertificateSetting, on: date, confirmed: list[dict[str, Any]]
) -> dict[str, Any]:
    rule = forms.form("damage" if row.kind == Kind.DAMAGE else "report", on)
    return {
        "title": rule.value.title,
        "sentence": rule.value.sentence,
        "items": [[each.key, each.label, each.required] for each in rule.value.items],
        "source": rule.source,
        "evidence": list(rule.evidence),
        "confirmed_rule": rule.confirmed,
        "mayor_title": setting.mayor_title,
        "mayor_name": setting.mayor_name,
        "office": setting.office,
        "extra": setting.extra,
        "confirmed": confirmed,
    }


def _content(row: CertificateApplication, number: str, class_name: str, remark: str) -> dict[str, str]:
    """What each item of the form says; a required one that is empty blocks the issue."""
    given: dict[str, str] = dict(row.sealed)
    cause = f"{era.format_date(row.struck_on)}の{row.incident.title}による"
    content = {
        "number": number,
        "head": given.get("head", ""),
        "head_address": given.get("head_address", ""),
        "household": given.get("household", ""),
        "applicant": given.get("applicant", ""),
        "applicant_address": given.get("address", ""),
        "cause": cause,
        "place": given.get("place", ""),
        "class": class_name,
        "things": given.get("things", ""),
        "remark": remark.strip(),
    }
    rule = forms.form("damage" if row.kind == Kind.DAMAGE else "report", row.asked_on)
    for item in rule.value.items:
        if item.required and not content[item.key]:
            raise WrongInput(f"様式の「{item.label}」が入っていません。申請の内容を訂正してください。")
    wanted = {item.key for item in rule.value.items}
    return {key: text for key, text in content.items() if key in wanted and text}
