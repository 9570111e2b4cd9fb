"""Whether a city qualifies and why, and whom its commuters make a neighbour."""

from __future__ import annotations

from decimal import Decimal

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from keniki.apps.regions import policies
from keniki.apps.regions.models import Region, RegionMembership
from keniki.apps.regions.pages import StaffRequest, page, region_page
from keniki.apps.regions.queries import members_on
from keniki.core.errors import WrongInput
from keniki.rulebooks.loader import Rule, RuleNotInForce
from keniki.rulebooks.programmes.eligibility import PartnerGuide, partner_guide

from ..eligibility import Assessment, assess
from ..evidence import SEVERAL, centres_of, commuting_to, facts_of
from ..forms import EligibilityForm, day_of
from ..partners import partners
from ..queries import Settings, settings_for

#: How a verdict looks: kind of badge.
LOOKS = {"適合": "success", "不適合": "danger", "要確認": "warning", "手動認定": "info", "対象外": "muted"}


@region_page
@require_GET
def eligibility(request: StaffRequest, region: Region) -> HttpResponse:
    """Every rule of a programme for one of the region's cities on a day, with figure, threshold, edition, article."""
    members = members_on(region)
    cities = [(row.municipality.code, row.municipality.name) for row in members]
    programme = region.programmes.order_by("-valid").first()
    initial = {
        "programme": programme.programme if programme else "teiju",
        "city": next(
            (row.municipality.code for row in members if row.role == RegionMembership.Role.CENTRE), ""
        ),
        "date": policies.today(),
    }
    asked = {name: request.GET.get(name) or value for name, value in initial.items()}
    asked["census"] = request.GET.get("census", "")
    settings = settings_for(region)
    day = day_of(asked["date"])
    facts = (
        facts_of(asked["city"], region, day, str(asked["programme"]))
        if asked["city"] in dict(cities)
        else None
    )
    censuses = sorted(facts.censuses()) if facts else []
    form = EligibilityForm(
        asked if facts or request.GET else None, initial=initial, cities=cities, censuses=censuses
    )
    found: Assessment | None = None
    if facts is not None and form.is_valid():
        data = form.cleaned_data
        try:
            found = assess(data["programme"], data["date"], facts, census=data["census"], settings=settings)
        except (RuleNotInForce, WrongInput) as wrong:
            form.add_error(None, wrong.message)
    return page(
        request,
        "programmes/eligibility.html",
        nav_active="evidence",
        form=form,
        found=found,
        city=facts.city if facts else None,
        looks=LOOKS,
        rows=[(each, LOOKS[str(each.verdict)]) for each in found.findings] if found else [],
        status=422 if form.errors else 200,
    )


@region_page
@require_GET
def candidates(request: StaffRequest, region: Region) -> HttpResponse:
    """Municipalities by the share of their commuters that go to the centre, beside the members in fact."""
    members = members_on(region)
    centres = centres_of(region)
    centre, second = (*centres, None, None)[:2]
    twin = second.code if second is not None and len(centres) == SEVERAL else ""
    guide = _guide(region, settings_for(region))
    near = partner_guide("near_miss", policies.today())
    shares = commuting_to(centre.code, region, twin) if centre else []
    found = (
        partners(
            shares,
            centre=centre.code,
            second=twin,
            threshold=guide.value.at_least,
            near_from=min(near.value.at_least, guide.value.at_least),
            members={row.municipality.code: row.municipality.name for row in members},
            guide=guide,
        )
        if centre
        else None
    )
    return page(
        request,
        "programmes/partners.html",
        nav_active="evidence",
        centre=centre,
        second=second if twin else None,
        found=found,
        loaded=bool(shares),
        guide=guide,
        percent=guide.value.at_least * Decimal(100),
    )


def _guide(region: Region, settings: Settings) -> Rule[PartnerGuide]:
    """The guide of the region's own programme today; that of 定住自立圏 where it has none."""
    today = policies.today()
    for row in region.programmes.order_by("-valid"):
        if today in row.valid:
            try:
                guide = partner_guide(row.programme, today, settings)
            except RuleNotInForce:
                continue
            if guide.is_known:
                return guide
    return partner_guide("teiju", today)
