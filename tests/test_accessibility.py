"""Every page readable with assistive technology, and without complaints of the browser.

Every page is read for what HTML alone shows (`markup.faults`). A browser examines as many pages as it takes to see
every kind of element in every place it has on any of them: two pages of the same parts would say the same twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from keniki.apps.portal import testing
from keniki.apps.portal.tests.browser import violations
from keniki.apps.regions import actions as regions
from keniki.apps.regions.actions import MemberRow
from keniki.apps.regions.models import RegionMembership

from .addresses import ADDRESSES, SIGN_IN
from .browser import Browser
from .filling import refusable
from .markup import Kind, faults, kinds, telling
from .world import World, build

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
#: Buttons, which tell what they lack on the page they stand on; the signatories, all of whom may be unknown; and what
#: a town says, which may be without words.
WITHOUT_ERRORS = frozenset(
    {
        "compacts:signatories",
        "compacts:register-matter-remove",
        "compacts:register-silence",
        "compacts:register-speak",
        "compacts:register-interest",
        "compacts:register-candidate-remove",
        "compacts:register-disinterest",
        "activities:none",
        "activities:remove",
        "activities:adopt",
        "activities:remove-photo",
        "programmes:remove-answer",
        "programmes:remove-fact",
        "programmes:remove-claim",
        "programmes:claims-confirm",
        "programmes:revoke-address",
        "finance:remove-grant",
        "finance:remove-line",
        "finance:remove-cost",
        "finance:copy-items",
        "finance:fetch-figures",
        "finance:propose-rule",
        "finance:withdraw-rule",
        "finance:remove-rule",
        "finance:remove-town-budget",
        "finance:claim-revenue",
        "disaster:board-settle",
        "disaster:reception-device",
        "disaster:reception-send",
        "disaster:reception-join",
        "disaster:end-incident",
        "disaster:house-totals",
        "disaster:survey-send",
        "disaster:survey-send-photo",
        "disaster:reopen-incident",
        "disaster:remove-contact",
        "disaster:remove-duty",
        "disaster:end-shelter",
        "disaster:remove-shelter",
        "disaster:take-shelters",
        "disaster:remove-layer",
        "disaster:remove-district",
        "disaster:remove-scenario",
        "disaster:reckon-plan",
        "disaster:cancel-plan",
        "disaster:propose-districts",
        "disaster:targets",
        "disaster:remove-stock-item",
        "disaster:stocktake-count",
        "disaster:copy-stock-targets",
        "disaster:remove-stock-target",
        "disaster:remove-purchase-plan",
        "disaster:reckon-purchase-plan",
        "disaster:post-purchase-plan",
        "disaster:withdraw-purchase-plan",
        "disaster:withdraw-stock-table",
        "disaster:join-training",
        "disaster:close-training",
        "disaster:remove-support-person",
        "disaster:support-file",
        "disaster:support-take-count",
        "disaster:withdraw-inquiry",
        "documents:act",
        "evidence:drop-row",
        "evidence:forecast-do",
        "evidence:inquiry-hand-in",
        "evidence:forget-mapping",
        "evidence:remove-demand-rates",
        "evidence:restore",
        "evidence:rows",
    }
)
#: Parts of a page that fetches them anew; they are looked at where they stand.
PIECES = frozenset({"disaster:board-live"})
#: Opened they are a file; the form that is sent there stands on another page.
FILES = frozenset({"finance:figures-file"})
#: Sends the page's own form past the browser's checks: texts empty, everything else something no field can mean.
SEND = """url => {
  const path = new URL(url, location).pathname;
  const target = form => new URL(form.getAttribute("action") || "", location).pathname;
  let form = [...document.forms]
    .filter(each => each.method === "post" && target(each) === path)
    .sort((one, other) => other.elements.length - one.elements.length)[0];
  if (!form) {
    form = Object.assign(document.createElement("form"), {method: "post", action: url});
    form.append(document.querySelector("[name=csrfmiddlewaretoken]").cloneNode());
    document.body.append(form);
  }
  for (const field of [...form.elements].filter(each => !["hidden", "file"].includes(each.type))) {
    if (["checkbox", "radio"].includes(field.type)) {
      field.checked = false;
    } else if (field.tagName === "SELECT") {
      field.add(new Option("?", "99999999", true, true));
    } else if (field.tagName === "INPUT") {
      const free = ["text", "search", "email", "password"].includes(field.type) && !field.inputMode;
      field.type = "text";
      field.value = free ? "" : "九九年";
    } else {
      field.value = "";
    }
  }
  HTMLFormElement.prototype.submit.call(form);
}"""
ABOUT_A_RECORD = {
    name for name, address in ADDRESSES.items() if {"record", "activity"} & address.query.keys()
} | {"evidence:demand-rates-file", "evidence:delineation-stability"}


def test_no_page_puts_anything_in_the_way_of_assistive_technology(browser: Browser, db: None) -> None:
    world = build()
    look = Look()
    windows = _windows(browser, world)
    assert look.at_all(windows, read(look, world, pages(world))) > 150
    assert look.pages > 50
    look.end()


def test_no_refused_form_puts_anything_in_the_way_of_assistive_technology(browser: Browser, db: None) -> None:
    assert ADDRESSES.keys() >= WITHOUT_ERRORS
    world = build()
    look = Look()
    clients = _clients(world)
    accepted = []
    shown: dict[tuple[str, str], set[Kind]] = {}
    for name, address in ADDRESSES.items():
        if not address.writes or not (address.opens or address.data) or name in WITHOUT_ERRORS:
            continue
        seat = next(seat for seat in ("secretariat", "administrator", "partner") if seat in address.writes)
        url = address.url(name, world)
        form = clients[seat].get(_page_with(name, url, world)).content.decode()
        answer = clients[seat].post(url, refusable(form, url))
        if answer.status_code != 422:
            accepted.append((name, answer.status_code))
            continue
        html = answer.content.decode()
        shown[seat, name] = kinds(html)
        if wrong := faults(html):
            look.found[f"{seat} {name} (422) by itself"] = wrong
    assert accepted == [], accepted
    assert len(shown) > 50
    windows = _windows(browser, world)
    for seat, name in telling(shown):
        page, url = windows[seat], ADDRESSES[name].url(name, world)
        page.goto(_page_with(name, url, world))
        with page.expect_navigation() as navigation:
            page.evaluate(SEND, url)
        assert navigation.value.status == 422, name
        look.at(page, f"{seat} {name} (422)")
    assert look.pages > 25
    look.end()


def _page_with(name: str, url: str, world: World) -> str:
    """The page from which the form is sent: its own, or one that has something to send it with."""
    is_page = ADDRESSES[name].opens and name not in FILES
    return url if is_page else reverse("portal:region", args=[world.region])


def test_no_page_of_an_empty_region_puts_anything_in_the_way_of_assistive_technology(
    browser: Browser, db: None
) -> None:
    cast = testing.build()
    regions.create_region(
        cast.actor("administrator"),
        slug="shinsei",
        name="新生圏域",
        secretariat=regions.NewSecretariat("shinsei-jimukyoku", "青葉市"),
        members=[MemberRow(cast.towns["青葉市"], RegionMembership.Role.CENTRE, date(2026, 4, 1))],
        fictional=True,
    )
    world = World(cast, region="shinsei")
    look = Look()
    windows = _windows(browser, world)
    assert look.at_all(windows, read(look, world, pages_without_records(world))) > 40
    assert look.pages > 20
    look.end()


SEATS = ("resident", "secretariat", "administrator")


class Look:
    """What axe found on the pages it was shown."""

    def __init__(self) -> None:
        self.pages = 0
        self.found: dict[str, list[str]] = {}

    def at(self, page: Any, where: str) -> None:
        """Examine the page as it is shown now."""
        self.pages += 1
        if found := violations(page):
            self.found[where] = [_said(each) for each in found]

    def at_all(self, windows: dict[str, Any], shown: dict[tuple[str, str], set[Kind]]) -> int:
        """Examine as many of the pages as show all there is to see; how many pages there are."""
        for seat, url in telling(shown):
            windows[seat].goto(url)
            self.at(windows[seat], f"{seat} {url}")
        return len(shown)

    def end(self) -> None:
        """Fail with everything that was found."""
        assert self.found == {}, "\n".join(f"{where}: {what}" for where, what in self.found.items())


def read(look: Look, world: World, asked: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], set[Kind]]:
    """What every page consists of, by seat and address; what is wrong with one by itself is noted."""
    clients = _clients(world)
    shown = {}
    for seat, name, url in asked:
        answer = clients[seat].get(url)
        if answer.status_code >= 400:
            look.found[f"{seat} {name} {url}"] = [f"answers {answer.status_code}"]
        elif answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            html = answer.content.decode()
            shown[seat, url] = kinds(html)
            if wrong := faults(html):
                look.found[f"{seat} {name} {url}"] = wrong
    return shown


def pages(world: World) -> Iterator[tuple[str, str, str]]:
    """Each page by a visitor where it is public, else by secretariat and administrator; the sign-in pages by both."""
    for name, address in ADDRESSES.items():
        if name in PIECES:
            continue
        seats = [seat for seat in SEATS if seat in (address.opens or ())]
        for seat in seats[:1] if seats[:1] == ["resident"] else seats:
            yield seat, name, address.url(name, world)
    for name, (kwargs, visitor, person) in SIGN_IN.items():
        for seat, status in (("resident", visitor), ("secretariat", person)):
            if status == 200 and name != "account_logout":
                yield seat, name, reverse(name, kwargs=kwargs)


def pages_without_records(world: World) -> Iterator[tuple[str, str, str]]:
    """Each page of the region that names no record of it."""
    for name, address in ADDRESSES.items():
        if not address.regional or not address.opens or set(address.kwargs) - {"year", "dataset", "format"}:
            continue
        if name in ABOUT_A_RECORD:
            continue
        seat = "resident" if "resident" in address.opens else "administrator"
        yield seat, name, replace(address, query={}).url(name, world)


def _clients(world: World) -> dict[str, Client]:
    clients = {seat: Client(raise_request_exception=False) for seat in (*SEATS, "partner")}
    for seat in clients.keys() - {"resident"}:
        clients[seat].force_login(world.actor(seat).user, "django.contrib.auth.backends.ModelBackend")
    return clients


def _windows(browser: Browser, world: World) -> dict[str, Any]:
    # Nothing glides into place: what moves below the bar one saves with would be found hidden by it on the way.
    return {
        seat: browser.window(world.actor(seat) if seat != "resident" else None, reduced_motion="reduce")
        for seat in (*SEATS, "partner")
    }


def _said(violation: dict[str, Any]) -> str:
    where = "; ".join(node["html"][:110] for node in violation["nodes"][:3])
    return f"{violation['id']} ({violation['impact']}): {where}"
