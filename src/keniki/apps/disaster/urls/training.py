"""Where the training of assessors is reached."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from ..views import training, training_cases
from .desk import DESK

_ALL: Final = f"{DESK}/trainings"
_ONE: Final = f"{_ALL}/<int:number>"
_OWN: Final = f"{_ALL}/cases/<slug:key>"
_CASE: Final = f"{_ONE}/people/<int:member>/<slug:case>"
patterns: Final[list[URLPattern]] = [
    path(f"{_ALL}/", training.trainings, name="trainings"),
    path(f"{_ALL}/new/", training.edit, name="new-training"),
    path(f"{_ALL}/cases/", training.load_cases, name="training-cases"),
    path(f"{_ALL}/cases.json", training.cases_file, name="training-cases-file"),
    path(f"{_ALL}/cases/new/", training_cases.edit_case, name="new-training-case"),
    path(f"{_ALL}/cases/pictures/<uuid:uid>/", training_cases.picture, name="training-picture"),
    path(
        f"{_ALL}/cases/pictures/<uuid:uid>/remove/",
        training_cases.remove_picture,
        name="remove-training-picture",
    ),
    path(f"{_OWN}/", training_cases.case, name="training-case"),
    path(f"{_OWN}/edit/", training_cases.edit_case, name="edit-training-case"),
    path(f"{_OWN}/pictures/", training_cases.add_picture, name="add-training-picture"),
    path(f"{_ONE}/", training.training, name="training"),
    path(f"{_ONE}/edit/", training.edit, name="edit-training"),
    path(f"{_ONE}/join/", training.join, name="join-training"),
    path(f"{_ONE}/people/", training.people, name="training-people"),
    path(f"{_ONE}/results/", training.results, name="training-results"),
    path(f"{_ONE}/results.svg", training.results_chart, name="training-chart"),
    path(f"{_ONE}/report.<slug:form>", training.report, name="training-report"),
    path(f"{_ONE}/close/", training.close, name="close-training"),
    path(f"{_CASE}/", training.answer, name="training-answer"),
    path(f"{_CASE}/score/", training.training_score, name="training-score"),
]
