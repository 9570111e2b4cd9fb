"""The victims' ledger: the town's alone, joined with house and certificate; given out on a basis, with its columns."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from keniki.apps.accounts.models import LogEntry
from keniki.apps.disaster.actions.privacy import RetentionDraft, purge, save_retention
from keniki.apps.disaster.models import (
    Incident,
    LedgerUse,
    Mode,
    PersonalAccess,
    Retention,
    Victim,
    VictimSupport,
)
from keniki.apps.portal.testing import KAWAKITA
from keniki.apps.regions.models import Municipality

from .test_housing_pages import TOKYO, decide, last_survey, opened, register, survey
from .test_housing_pages import at as house_at

PERSON = {
    "name": "山田花子", "kana": "やまだはなこ", "birth": "1950-04-01", "sex": "女", "address": "本町1丁目",
    "residence": "避難所", "special": "高齢", "consent": "yes", "consented_on": "2025-08-10",
    "note": "静かな部屋を希望",
}  # fmt: skip


@pytest.fixture
def incident(in_region, secretariat) -> Incident:
    return opened(secretariat, in_region, Mode.EXERCISE)


@pytest.fixture
def officer(client, partner):
    client.force_login(partner.user)
    return client


def at(incident: Incident, name: str, *more: object) -> str:
    return reverse(f"disaster:{name}", args=[incident.region.slug, incident.slug, KAWAKITA, *more])


def enter(client, incident: Incident, **changed: str):
    return client.post(at(incident, "new-victim"), PERSON | changed)


def use(client, incident: Incident, **changed: object):
    data = {
        "uid": str(uuid4()), "basis": "consent", "recipient": "社会福祉協議会", "purpose": "見守りの案内",
        "columns": ["name", "damage", "support"],
    }  # fmt: skip
    return client.post(at(incident, "ledger-uses"), data | changed)


def words(content: bytes) -> str:
    """All that a workbook says."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


def rows(model) -> list:
    """All of them, whichever town they are of."""
    with scopes_disabled():
        return list(model.objects.order_by("pk"))


def test_a_person_is_joined_with_house_and_support(officer, incident):
    number = register(officer, incident)
    assert survey(officer, incident, number, external_force="yes", depths="0.75").status_code == 302
    officer.post(house_at(incident, "confirm-house-survey", number, last_survey().number))
    assert decide(officer, incident, number).status_code == 302
    assert enter(officer, incident, name="").status_code == 422
    assert enter(officer, incident, house="99").status_code == 422
    assert enter(officer, incident, consented_on="").status_code == 422
    assert enter(officer, incident, house=str(number)).status_code == 302
    support = {"uid": str(uuid4()), "on": "2025-08-12", "kind": "見舞金の支給", "office": "福祉課"}
    for _ in range(2):
        assert officer.post(at(incident, "add-victim-support", 1), support).status_code == 302
    assert len(rows(VictimSupport)) == 1
    later = support | {"uid": str(uuid4()), "on": (timezone.localdate() + timedelta(days=2)).isoformat()}
    assert officer.post(at(incident, "add-victim-support", 1), later).status_code == 422
    page = officer.get(at(incident, "ledger")).content.decode()
    for words in ("山田花子", "中規模半壊", "見舞金の支給", "訓練", "要配慮"):
        assert words in page
    assert PersonalAccess.objects.filter(what="被災者台帳").exists()
    assert "山田花子" not in officer.get(at(incident, "ledger"), {"text": "鈴木"}).content.decode()
    assert (
        "山田花子"
        in officer.get(
            at(incident, "ledger"), {"text": "やまだ", "class_key": "middle_half"}
        ).content.decode()
    )
    officer.post(at(incident, "withdraw-victim-support", 1, support["uid"]))
    assert "取消し" in officer.get(at(incident, "victim", 1)).content.decode()
    assert "見舞金の支給" not in officer.get(at(incident, "ledger")).content.decode()
    assert not LogEntry.objects.filter(text__contains="山田").exists()


def test_nobody_else_sees_the_ledger(officer, incident, secretariat, neighbour, client_as):
    enter(officer, incident)
    use(officer, incident)
    for other in (secretariat, neighbour):
        client = client_as(other)
        for name, more in (("ledger", ()), ("victim", (1,)), ("ledger-uses", ()), ("ledger-use-file", (1,))):
            assert client.get(at(incident, name, *more)).status_code == 404
    with scope(region=incident.region, towns=set()):
        assert not Victim.objects.exists()


def test_it_is_used_on_a_basis_with_its_columns_only(officer, incident):
    enter(officer, incident)
    enter(officer, incident, name="鈴木一郎", consent="no")
    assert use(officer, incident, purpose="").status_code == 422
    assert use(officer, incident, columns=[]).status_code == 422
    assert use(officer, incident, columns=["note"]).status_code == 422
    assert use(officer, incident, basis="body").status_code == 422
    assert use(officer, incident).status_code == 302
    made = rows(LedgerUse)[0]
    assert (made.people, made.left_out, made.persons) == (1, 1, [1])
    answer = officer.get(at(incident, "ledger-use-file", 1))
    assert "%E8%A8%93%E7%B7%B4" in answer["Content-Disposition"]
    cells = words(answer.content)
    assert "山田花子" in cells
    assert "訓練" in cells
    for other in ("鈴木一郎", "静かな部屋を希望", "本町1丁目"):
        assert other not in cells
    look = PersonalAccess.objects.filter(deed="export").latest("pk")
    assert (look.people, look.purpose) == (1, "見守りの案内")
    # Who takes the consent back is in no file any more.
    version = rows(Victim)[0].version
    officer.post(at(incident, "edit-victim", 1), PERSON | {"consent": "no", "version": str(version)})
    assert "山田花子" not in words(officer.get(at(incident, "ledger-use-file", 1)).content)
    assert use(officer, incident, basis="consent").status_code == 422
    assert use(officer, incident, basis="body", document_no="第12号").status_code == 302
    with pytest.raises(DatabaseError), transaction.atomic(), scopes_disabled():
        LedgerUse.objects.update(purpose="別の目的")


def test_an_incident_before_the_act_of_2021_opens_all_rooms_of_its_victims(officer, in_region, secretariat):
    old = opened(secretariat, in_region, began=datetime(2019, 9, 6, 3, tzinfo=TOKYO))
    slugs = [in_region.slug, old.slug]
    for name in ("certificates", "ledgers", "house-towns"):
        assert officer.get(reverse(f"disaster:{name}", args=slugs)).status_code == 200
    for name in ("certificate-register", "ledger", "ledger-uses", "houses", "houses-map", "house-totals"):
        assert officer.get(at(old, name)).status_code == 200


def test_applicants_are_taken_once(officer, incident):
    application = {
        "kind": "damage", "via": "window", "asked_on": "2025-08-05", "struck_on": "2025-08-01", "applicant": "佐藤次郎",
        "address": "南町2", "head": "佐藤次郎", "head_address": "南町2", "place": "南町2", "relation": "本人",
        "purpose": "保険",
    }  # fmt: skip
    assert officer.post(at(incident, "new-certificate"), application).status_code == 302
    for _ in range(2):
        officer.post(at(incident, "take-victims"))
    assert [each.sealed["name"] for each in rows(Victim)] == ["佐藤次郎"]
    page = officer.get(at(incident, "victim", 1)).content.decode()
    assert "罹災証明書の申請 第1号" in page


def test_the_purge_takes_persons_and_leaves_uses(officer, incident, partner):
    enter(officer, incident)
    officer.post(
        at(incident, "add-victim-support", 1), {"uid": str(uuid4()), "on": "2025-08-12", "kind": "見舞金"}
    )
    use(officer, incident)
    own = Municipality.objects.get(code=KAWAKITA)
    draft = RetentionDraft(timezone.localdate() + timedelta(days=1), "規程（架空）")
    retention = save_retention(partner, incident, own, draft)
    with scopes_disabled():
        Retention.objects.filter(pk=retention.pk).update(purge_on=date(2025, 9, 1))
    retention.refresh_from_db()
    retention.region = retention.incident.region = incident.region
    purge(partner, retention)
    with scopes_disabled():
        assert Victim.objects.get().sealed is None
        assert VictimSupport.objects.get().sealed is None
        events = Victim._meta.apps.get_model("disaster", "VictimEvent")
        assert not events._base_manager.filter(sealed__isnull=False).exists()
        assert LedgerUse.objects.get().people == 1
    assert "消去済み" in officer.get(at(incident, "ledger")).content.decode()
    assert enter(officer, incident).status_code == 422
    assert "山田花子" not in words(officer.get(at(incident, "ledger-use-file", 1)).content)
