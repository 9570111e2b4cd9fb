"""What the columns of the database can hold, said before anything is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from keniki.apps.activities import models as activities
from keniki.apps.compacts import models as compacts
from keniki.apps.finance import models as finance
from keniki.apps.programmes import models as programmes
from keniki.apps.regions import models as regions

from .. import schema
from ..places import Loc, Places

#: The model in which each part of the file is stored; fields of the same name hold the same.
STORED: dict[type[schema.Part], type[models.Model]] = {
    schema.SourceDocument: regions.SourceDocument,
    schema.SourceRef: regions.Fact,
    schema.Fact: regions.Fact,
    schema.Milestone: regions.Milestone,
    schema.RegionProgramme: regions.RegionProgramme,
    schema.OrganisationIn: regions.Organisation,
    schema.Region: regions.Region,
    schema.Office: regions.Municipality,
    schema.Municipality: regions.Municipality,
    schema.Member: regions.RegionMembership,
    schema.Arrangement: regions.Arrangement,
    schema.MeasureIn: compacts.Measure,
    schema.AnnexItem: compacts.AnnexItem,
    schema.Signatory: compacts.Signatory,
    schema.AgreementVersion: compacts.AgreementVersion,
    schema.Resolution: compacts.Resolution,
    schema.Dissolution: compacts.Dissolution,
    schema.Party: compacts.Party,
    schema.StateEntry: compacts.StateChange,
    schema.Agreement: compacts.Agreement,
    schema.DeclarationPart: compacts.DeclarationPart,
    schema.Declaration: compacts.Declaration,
    schema.Section: compacts.VisionSection,
    schema.BasicGoal: compacts.BasicGoal,
    schema.Vision: compacts.Vision,
    schema.InitiativeRole: compacts.InitiativeRole,
    schema.Project: compacts.Project,
    schema.Outlook: compacts.Outlook,
    schema.OutlookMeasure: compacts.OutlookMeasure,
    schema.Evaluation: compacts.Evaluation,
    schema.EvaluationScale: compacts.ScaleChoice,
    schema.Initiative: compacts.Initiative,
    schema.Photo: activities.Photo,
    schema.StoredFile: activities.Photo,
    schema.CountIn: activities.Count,
    schema.Line: activities.ActivityLine,
    schema.Activity: activities.Activity,
    schema.GrantStep: finance.GrantStep,
    schema.Grant: finance.Grant,
    schema.BudgetLine: finance.BudgetLine,
    schema.JointCost: finance.JointCost,
    schema.CostItem: finance.CostItem,
    schema.SharingRule: finance.SharingRule,
    schema.BasisFigure: finance.BasisFigure,
    schema.CostGame: finance.CostGame,
    schema.Kpi: compacts.Kpi,
    schema.KpiBaseline: compacts.Kpi,
    schema.KpiTarget: compacts.KpiTarget,
    schema.KpiReading: compacts.KpiReading,
    schema.Matter: compacts.Matter,
    schema.Candidate: compacts.Candidate,
    schema.CandidateStep: compacts.CandidateStep,
    schema.RuleAnswer: programmes.Answer,
    schema.CityFact: programmes.CityFact,
    schema.RevenueClaim: programmes.RevenueClaim,
    schema.ClaimYear: programmes.ClaimYear,
    schema.PlanStep: programmes.PlanStep,
    schema.ProcedurePlan: programmes.ProcedurePlan,
}
#: Fields that are stored under another name.
RENAMED = {
    (schema.SourceRef, "place"): "source_place",
    (schema.Office, "address"): "office_address",
    (schema.Municipality, "source"): "source_text",
    (schema.StoredFile, "name"): "file_name",
    (schema.KpiBaseline, "value"): "baseline_value",
    (schema.KpiBaseline, "label"): "baseline_label",
}


def check(document: schema.RegionFile, places: Places) -> None:
    """Refuse what is too long, too large or too exact for its column. Raises `WrongInput`."""
    fields = {part: dict(_columns(part)) for part in STORED}
    for part, loc in parts(document):
        for name, column in fields.get(type(part), {}).items():
            value = getattr(part, name)
            if value is None or value == "":
                continue
            try:
                column.run_validators(value)
            except ValidationError as error:
                raise places.wrong(error.messages[0], (*loc, name)) from None


def parts(document: schema.RegionFile) -> Iterator[tuple[schema.Part, Loc]]:
    """Every part of the document with its place, from the outside in."""
    waiting: list[tuple[schema.Part, Loc]] = [(document, ())]
    while waiting:
        part, loc = waiting.pop()
        yield part, loc
        for name in reversed(type(part).model_fields):
            value = getattr(part, name)
            if isinstance(value, schema.Part):
                waiting.append((value, (*loc, name)))
            elif isinstance(value, list):
                waiting.extend(
                    (child, (*loc, name, position))
                    for position, child in reversed(list(enumerate(value)))
                    if isinstance(child, schema.Part)
                )


def _columns(part: type[schema.Part]) -> Iterator[tuple[str, Any]]:
    known = {field.name: field for field in STORED[part]._meta.concrete_fields}
    for name in part.model_fields:
        field: Any = known.get(RENAMED.get((part, name), name))
        if field is not None and not field.is_relation and field.validators:
            yield name, field
