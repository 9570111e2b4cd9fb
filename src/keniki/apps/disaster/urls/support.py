"""Where people who need help to evacuate, and safety inquiries are reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views.support import people, public, safety, sharing
from .desk import DESK, INCIDENT

_TOWN: Final = f"{DESK}/support/<slug:code>"
_PERSON: Final = f"{_TOWN}/people/<int:number>"
_SHARING: Final = f"{_TOWN}/sharings/<int:number>"
_CHECKS: Final = f"{INCIDENT}/checks"
_INQUIRIES: Final = f"{INCIDENT}/inquiries"
_INQUIRY: Final = f"{_INQUIRIES}/<slug:code>/<int:number>"
patterns: Final[list[URLPattern]] = [
    path(f"{DESK}/support/", people.overview, name="support"),
    path(f"{DESK}/support/chart.svg", people.chart, name="support-chart"),
    path(f"{_TOWN}/", people.people, name="support-town"),
    path(f"{_TOWN}/rules/", people.rules, name="support-rules"),
    path(f"{_TOWN}/load/", people.load_people, name="load-support"),
    path(f"{_TOWN}/data/", people.people_file, name="support-file"),
    path(f"{_TOWN}/districts/", people.districts, name="support-districts"),
    path(f"{_TOWN}/districts/<slug:slug>/take/", people.take_count, name="support-take-count"),
    path(f"{_TOWN}/people/new/", people.edit_person, name="new-support-person"),
    path(f"{_PERSON}/", people.person, name="support-person"),
    path(f"{_PERSON}/edit/", people.edit_person, name="edit-support-person"),
    path(f"{_PERSON}/remove/", people.remove_person, name="remove-support-person"),
    path(f"{_PERSON}/plan/", people.edit_plan, name="support-plan"),
    path(f"{_PERSON}/plan.<slug:form>", people.plan_paper, name="support-plan-paper"),
    path(f"{_TOWN}/bodies/", sharing.bodies, name="support-bodies"),
    path(f"{_TOWN}/bodies/new/", sharing.edit_body, name="new-support-body"),
    path(f"{_TOWN}/bodies/<int:pk>/", sharing.edit_body, name="edit-support-body"),
    path(f"{_TOWN}/sharings/", sharing.register, name="sharings"),
    path(f"{_TOWN}/sharings/new/", sharing.new, name="new-sharing"),
    path(f"{_SHARING}/", sharing.one, name="sharing"),
    path(f"{_SHARING}/list.<slug:form>", sharing.paper, name="sharing-paper"),
    path(f"{_CHECKS}/", safety.checks, name="checks"),
    path(f"{_CHECKS}/<slug:code>/", safety.town_checks, name="town-checks"),
    path(f"{_CHECKS}/<slug:code>/<int:number>/", safety.check, name="check"),
    path(f"{_INQUIRIES}/", safety.inquiries, name="inquiries"),
    path(f"{_INQUIRIES}/<slug:code>/", safety.register, name="inquiry-register"),
    path(f"{_INQUIRIES}/<slug:code>/new/", safety.new_inquiry, name="new-inquiry"),
    path(f"{_INQUIRY}/", safety.inquiry, name="inquiry"),
    path(f"{_INQUIRY}/withdraw/", safety.withdraw_inquiry, name="withdraw-inquiry"),
    path(f"{_INQUIRY}/answer.<slug:form>", safety.answer_paper, name="inquiry-answer"),
    path("disaster/<slug:region>/ask/", public.how, name="ask"),
    path("disaster/<slug:region>/ask/<slug:code>/", public.ask, name="ask-form"),
]
