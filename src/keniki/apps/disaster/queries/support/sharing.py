"""Whom the list was given to, and whom it may contain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from django.http import Http404

from keniki.apps.regions.models import Municipality, Region
from keniki.apps.regions.policies import today

from ...models import Consent, Incident, ListSharing, SupportPerson, SupportPlan, SupportTown

Basis, What = ListSharing.Basis, ListSharing.What
#: Why somebody is not in what is given, in the order it is shown.
REASONS = ("不同意", "同意を確認していない", "計画がない", "支援する人が同意していない", "対象の地区の外")


@dataclass(frozen=True)
class Selection:
    """The persons that may be given, and how many are left out for which reason."""

    persons: tuple[SupportPerson, ...]
    left_out: dict[str, int]


def select(
    region: Region, town: Municipality, what: str, basis: str, *, districts: Collection[str] = ()
) -> Selection:
    """Whom a list (or plans) may contain on this basis: the law's limits, in one place.

    Consent: who agreed. Ordinance: also whom nobody asked, and who refused only where the town's rules say so.
    Disaster: everybody. A plan needs besides that the person agreed to it and, with consent as the basis, that its
    helpers agree.
    """
    rules = SupportTown.objects.filter(region=region, municipality=town).first()
    rows = SupportPerson.objects.filter(region=region, municipality=town, removed_on=None, erased_on=None)
    taken: list[SupportPerson] = []
    left: Counter[str] = Counter()
    for each in rows.select_related("district", "plan", "municipality", "region"):
        reason = _left_out(each, what, basis, rules, districts)
        if reason:
            left[reason] += 1
        else:
            taken.append(each)
    return Selection(tuple(taken), {reason: left[reason] for reason in REASONS if left[reason]})


def sharings_of(region: Region, town: Municipality) -> list[ListSharing]:
    """The register of a town, the newest first."""
    rows = ListSharing.objects.filter(region=region, municipality=town)
    return list(rows.select_related("body", "incident", "municipality", "region"))


def sharing_for(region: Region, town: Municipality, number: int) -> ListSharing:
    """One entry of the register; 404 otherwise."""
    found = (
        ListSharing.objects.filter(region=region, municipality=town, number=number)
        .select_related("body", "incident__region", "municipality", "region")
        .first()
    )
    if found is None:
        raise Http404("提供の記録が見つかりません。")
    return found


def overdue(rows: Collection[ListSharing]) -> list[ListSharing]:
    """What should have come back."""
    return [each for each in rows if each.returned_on is None and each.return_by < today()]


def contained(sharing: ListSharing) -> Selection:
    """The persons of a sharing that may be in it still: who left the list or took the consent back is left out."""
    now = select(
        sharing.region, sharing.municipality, sharing.what, sharing.basis, districts=sharing.districts
    )
    keys = set(sharing.persons)
    taken = tuple(each for each in now.persons if each.pk in keys)
    gone = len(keys) - len(taken)
    return Selection(taken, {"提供の後に対象でなくなった": gone} if gone else {})


def why_not_printed(sharing: ListSharing) -> str:
    """Why the list of a sharing is handed out no more; empty where it is."""
    if sharing.mode == Incident.Mode.EXERCISE:
        return "訓練のため、個人の名簿は出力しません。"
    if sharing.returned_on is not None:
        return "返却・消去が済んでいるため、名簿は出力しません。"
    if sharing.incident is not None and sharing.incident.ended_at is not None:
        return "事案が終了しているため、災害時の名簿は出力しません。"
    return ""


def _left_out(
    person: SupportPerson, what: str, basis: str, rules: SupportTown | None, districts: Collection[str]
) -> str:
    if districts and (person.district is None or person.district.slug not in districts):
        return "対象の地区の外"
    plan: SupportPlan | None = getattr(person, "plan", None)
    if what == What.PLAN and (plan is None or plan.agreed_on is None):
        return "計画がない"
    if basis == Basis.DISASTER:
        return ""
    said = plan.share if what == What.PLAN and plan is not None else person.consent
    if basis == Basis.CONSENT:
        if said != Consent.GIVEN:
            return "不同意" if said == Consent.REFUSED else "同意を確認していない"
        if what == What.PLAN and plan is not None and not plan.helpers_agree:
            return "支援する人が同意していない"
        return ""
    if said == Consent.REFUSED and not (rules and rules.ordinance_refused):
        return "不同意"
    return ""
