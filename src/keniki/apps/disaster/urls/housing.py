"""Where stricken houses and their surveys are reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views.housing import field, houses, map, papers, surveys
from .desk import INCIDENT

_ALL: Final = f"{INCIDENT}/houses"
_TOWN: Final = f"{_ALL}/<slug:code>"
_HOUSE: Final = f"{_TOWN}/<int:number>"
_SURVEY: Final = f"{_HOUSE}/surveys/<int:survey>"
patterns: Final[list[URLPattern]] = [
    path(f"{_ALL}/", houses.towns, name="house-towns"),
    path(f"{_TOWN}/", houses.houses, name="houses"),
    path(f"{_TOWN}/new/", houses.edit_house, name="new-house"),
    path(f"{_TOWN}/load/", houses.load_houses, name="load-houses"),
    path(f"{_TOWN}/data/", houses.houses_csv, name="houses-csv"),
    path(f"{_TOWN}/map/", map.houses_map, name="houses-map"),
    path(f"{_TOWN}/totals/", houses.post_totals, name="house-totals"),
    path(f"{_TOWN}/sheets.<slug:form>", papers.sheets, name="house-sheets"),
    path(f"{_TOWN}/field/", field.app, name="survey-app"),
    path(f"{_TOWN}/field/worker.js", field.worker, name="survey-worker"),
    path(f"{_TOWN}/field/manifest.json", field.manifest, name="survey-manifest"),
    path(f"{_TOWN}/field/data.json", field.data, name="survey-data"),
    path(f"{_TOWN}/field/surveys.json", field.surveys, name="survey-send"),
    path(f"{_TOWN}/field/photos.json", field.photos, name="survey-send-photo"),
    path(f"{_HOUSE}/", houses.house, name="house"),
    path(f"{_HOUSE}/edit/", houses.edit_house, name="edit-house"),
    path(f"{_HOUSE}/sheet.<slug:form>", papers.sheet, name="house-sheet"),
    path(f"{_HOUSE}/survey/", surveys.new_survey, name="new-house-survey"),
    path(f"{_SURVEY}/", surveys.survey, name="house-survey"),
    path(f"{_SURVEY}/confirm/", surveys.confirm, name="confirm-house-survey"),
    path(f"{_SURVEY}/withdraw/", surveys.withdraw, name="withdraw-house-survey"),
    path(f"{_SURVEY}/decide/", surveys.decide, name="decide-house"),
    path(f"{_SURVEY}/photos/", surveys.add_photo, name="add-survey-photo"),
    path(f"{_SURVEY}/result.<slug:form>", papers.result, name="survey-result"),
    path(f"{_HOUSE}/photos/<uuid:uid>/", surveys.photo, name="survey-photo"),
    path(f"{_HOUSE}/photos/<uuid:uid>/remove/", surveys.remove_photo, name="remove-survey-photo"),
]
