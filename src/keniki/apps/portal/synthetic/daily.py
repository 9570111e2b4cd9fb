"""What a region's people keep in it over the years: plans, KPI, photos, documents, talk. Pages are measured full."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models

from keniki.apps.accounts.models import LogEntry, User
from keniki.apps.activities.models import Activity, Photo
from keniki.apps.compacts.actions.visions import kept_of
from keniki.apps.compacts.models import (
    Agreement,
    AgreementVersion,
    AnnexItem,
    BasicGoal,
    Declaration,
    DeclarationPart,
    Dissolution,
    Evaluation,
    Initiative,
    Kpi,
    KpiReading,
    KpiTarget,
    Measure,
    Party,
    PartyRole,
    Project,
    Resolution,
    Signatory,
    StateChange,
    Vision,
    VisionEdition,
    VisionSection,
)
from keniki.apps.documents.models import Build, BuildFile, BuildRun
from keniki.apps.finance.models import BudgetLine
from keniki.apps.regions.models import Milestone, Municipality, Organisation, Post, PostHolder, Region
from keniki.apps.workflow.models import Approval, Attachment, Comment, DueItem, Inquiry

from ..interchange.load import days
from . import costs, joint, programmes
from .files import files

KPIS, PHOTOS, COMMENTS, DUES, LOG_LINES, BUILDS = 10, 12, 12, 10, 60, 8
#: Nobody logs in with it.
NO_PASSWORD = "!"  # noqa: S105
_FIRST_DAY = date(2020, 4, 1)
_GRADES = "AAABBBC"
_SAID = "性能を測るための架空の記述。"


@dataclass
class Daily:
    """The parts of one region that `fill` needs, and what it makes on the way."""

    region: Region
    towns: list[Municipality]
    years: range
    vision: Vision
    compact: Agreement
    items: list[AnnexItem]
    initiatives: list[Initiative]

    def fill(self) -> None:
        """Add everything that hangs on no activity."""
        self.people()
        self.agreements()
        self.declarations()
        self.plans()
        self.kpis()
        self.evaluations()
        self.money()
        joint.fill(self.region, self.towns, self.initiatives)
        costs.fill(self.region, self.towns, self.initiatives, self.years)
        programmes.fill(self.region, self.towns, self.initiatives, self.years)
        self.builds()
        self.talk()

    def people(self) -> None:
        """An office in every partner town, an officer and an approver's post everywhere, somebody in each of them."""
        slug = self.region.slug
        partners = Organisation.objects.bulk_create(
            Organisation(slug=f"{slug}-{n}", kind="municipality", name=town.name, municipality=town)
            for n, town in enumerate(self.towns[1:], 2)
        )
        self.offices = [self.region.secretariat, *partners]
        posts = Post.objects.bulk_create(
            Post(organisation=office, slug=f"{office.slug}-{role}", section="企画課", title=title, role=role)
            for n, office in enumerate(self.offices)
            for role, title in (("officer" if n else "secretariat", "担当"), ("approver", "課長"))
        )
        self.users = User.objects.bulk_create(
            User(login=f"{slug}-{n:02d}", name=f"架空 {n:02d}郎", password=NO_PASSWORD)
            for n in range(1, len(posts) + 1)
        )
        PostHolder.objects.bulk_create(
            PostHolder(user=user, post=post, valid=days(_FIRST_DAY, None))
            for user, post in zip(self.users, posts, strict=True)
        )

    def agreements(self) -> None:
        """One with every partner, the last to be dissolved; a memorandum; two drafts."""
        centre, first, *rest = self.towns
        pairs = [(f"keisei-{n}", (centre, town), "concluded") for n, town in enumerate(self.towns[1:], 1)]
        pairs += [
            ("oboegaki", (centre, first), "concluded"),
            ("keisei-an", (centre, [first, *rest][-1]), "draft"),
        ]
        rows = Agreement.objects.bulk_create(
            Agreement(
                region=self.region,
                slug=slug,
                kind="memorandum" if slug == "oboegaki" else "settlement",
                title=f"架空の協定（{slug}）",
                programme="teiju",
                state=state,
                concluded_on=date(2020, 7, 1) if state == "concluded" else None,
            )
            for slug, _, state in pairs
        )
        both = list(zip(rows, (towns for _, towns, _ in pairs), strict=True))
        change = Agreement(
            region=self.region,
            slug="kyotei-henkou",
            kind=self.compact.kind,
            title=f"{self.compact.title}の一部を変更する協定書",
            programme="teiju",
            state="draft",
            amends=self.compact,
        )
        change.save()
        Party.objects.bulk_create(
            Party(agreement=row, municipality=town, order=n + 1, mark=mark)
            for row, towns in (*both, (change, tuple(self.towns)))
            for n, (town, mark) in enumerate(
                zip(towns, "甲乙" if len(towns) == 2 else [""] * len(towns), strict=True)
            )
        )
        versions = AgreementVersion.objects.bulk_create(
            AgreementVersion(
                agreement=row,
                number=1,
                preamble=_SAID,
                closing="本書{copies}通を作成する。",
                articles=[
                    {"number": n, "heading": "目的", "paragraphs": [{"text": _SAID, "items": []}]}
                    for n in range(1, 8)
                ],
            )
            for row in (*rows, change)
        )
        Signatory.objects.bulk_create(
            Signatory(
                agreement_version=version,
                municipality=town,
                order=n,
                address="架空1番地",
                title=f"{town.name}長",
                name="架空" if row.slug == "oboegaki" and n == 2 else "架空 太郎",
                name_complete=row.slug != "oboegaki" or n == 1,
            )
            for version, (row, towns) in zip(versions, (*both, (change, tuple(self.towns))), strict=True)
            for n, town in enumerate(towns, 1)
        )
        Resolution.objects.bulk_create(
            Resolution(
                agreement=row,
                municipality=town,
                ordinance=True,
                bill_no="第1号",
                submitted_on=date(2020, 6, 1),
                resolved_on=date(2020, 6, 20),
                result="passed",
            )
            for row, towns in both[: len(self.towns) - 1]
            for town in towns
        )
        Dissolution.objects.bulk_create(
            Dissolution(agreement=rows[len(self.towns) - 2], municipality=town, ordinance=True)
            for town in both[len(self.towns) - 2][1]
        )
        StateChange.objects.bulk_create(
            StateChange(agreement=row, state=state, on=on, order=n)
            for row in (self.compact, *rows, change)
            for n, (state, on) in enumerate((("draft", _FIRST_DAY), ("concluded", row.concluded_on)), 1)
            if on is not None
        )
        self.annex(versions[-1])
        bound = AgreementVersion.objects.filter(agreement__region=self.region)
        bound.exclude(agreement__state="draft").update(frozen=True)

    def annex(self, changed: AgreementVersion) -> None:
        """The annex once more in the draft that changes it; the roles in both."""
        items = AnnexItem.objects.bulk_create(
            AnnexItem(
                agreement_version=changed,
                key=item.key,
                order=item.order,
                field_label=item.field_label,
                title=item.title,
                direction=f"{item.direction}改める。",
                fields=item.fields,
            )
            for item in self.items
        )
        Measure.objects.bulk_create(
            Measure(annex_item=item, key=f"measure_{item.order}_{n}", order=n, text=f"架空の取組内容{n}")
            for item in items
            for n in (1, 2)
        )
        PartyRole.objects.bulk_create(
            PartyRole(annex_item=item, order=order, municipalities=codes, items=[_SAID, _SAID])
            for item in (*self.items, *items)
            for order, codes in enumerate(
                ([self.towns[0].code], [town.code for town in self.towns[1:]]), start=1
            )
        )

    def declarations(self) -> None:
        """A published one and the draft of the next."""
        rows = Declaration.objects.bulk_create(
            Declaration(
                region=self.region,
                slug=slug,
                programme="teiju",
                title="中心市宣言書",
                centre=self.towns[0],
                gist=[_SAID, _SAID],
            )
            for slug in ("sengen", "sengen-an")
        )
        DeclarationPart.objects.bulk_create(
            DeclarationPart(declaration=row, key=key, order=n, heading=f"架空の部{n}", text=_SAID * 5)
            for row in rows
            for n, key in enumerate(("functions", "use", "history", "ideas", "partners"), 1)
        )
        Declaration.objects.filter(pk=rows[0].pk).update(state="published", declared_on=_FIRST_DAY)

    def plans(self) -> None:
        """Chapters, goals, projects and the kept edition of the vision; milestones."""
        VisionSection.objects.bulk_create(
            VisionSection(vision=self.vision, order=n, heading=f"第{n}章 架空の章", body=_SAID * 10)
            for n in range(1, 5)
        )
        BasicGoal.objects.bulk_create(
            BasicGoal(vision=self.vision, key=f"goal_{n}", order=n, field=field, text=_SAID)
            for n, field in enumerate(sorted({row.fields[0] for row in self.initiatives}), 1)
        )
        Project.objects.bulk_create(
            Project(
                initiative=row,
                slug="jigyo",
                order=1,
                title=f"{row.title}に関する事業",
                lead=self.towns[0],
                bodies=[town.code for town in self.towns],
                first_year=self.years[0],
                last_year=self.years[-1],
                text=_SAID,
                effect=_SAID,
            )
            for row in self.initiatives
        )
        Milestone.objects.bulk_create(
            Milestone(
                region=self.region,
                slug=f"nenpyo-{n}",
                track="panel",
                title=f"第{n}回懇談会",
                starts_on=date(2020 + n // 2, 5 + n % 6, 10),
            )
            for n in range(1, 9)
        )

    def kpis(self) -> None:
        """Actuals of every year, the last KPI counted from the activities; then the vision as it was decided."""
        rows = Kpi.objects.bulk_create(
            Kpi(
                region=self.region,
                slug=f"shihyo-{n:02d}",
                vision=None if n % 2 else self.vision,
                initiative=self.initiatives[n % len(self.initiatives)] if n % 2 else None,
                order=n,
                name=f"架空の指標{n}",
                unit="人",
                direction="cumulative" if n == KPIS else ("increase", "decrease", "maintain")[n % 3],
                baseline_value=100,
                baseline_years=[self.years[0] - 1],
                count_query={"initiatives": [self.initiatives[0].slug], "quantity": "participants"}
                if n == KPIS
                else None,
            )
            for n in range(1, KPIS + 1)
        )
        KpiTarget.objects.bulk_create(
            KpiTarget(kpi=row, fiscal_year=year, value=100 + 5 * (year - self.years[0]))
            for row in rows
            for year in self.years
        )
        KpiReading.objects.bulk_create(
            KpiReading(kpi=row, fiscal_year=year, value=98 + 4 * (year - self.years[0]) + row.order % 4)
            for row in rows[:-1]
            for year in self.years
        )
        VisionEdition.objects.bulk_create(
            [
                VisionEdition(
                    vision=self.vision, order=1, state="outline", on=_FIRST_DAY - timedelta(days=90)
                ),
                VisionEdition(
                    vision=self.vision, order=2, state="decided", on=_FIRST_DAY, content=kept_of(self.vision)
                ),
            ]
        )

    def evaluations(self) -> None:
        """Of the last two years, by every town."""
        Evaluation.objects.bulk_create(
            Evaluation(
                initiative=row,
                fiscal_year=year,
                municipality=town,
                scale="default",
                grade=_GRADES[(row.order + year + 2 * t) % len(_GRADES)],
                comment=_SAID,
            )
            for row in self.initiatives
            for year in self.years[-2:]
            for t, town in enumerate(self.towns)
        )

    def money(self) -> None:
        BudgetLine.objects.bulk_create(
            BudgetLine(
                region=self.region,
                slug=f"{row.slug}-{year}-{stage}",
                initiative=row,
                fiscal_year=year,
                municipality=self.towns[row.order % len(self.towns)],
                stage=stage,
                amount=100_000 * row.order + year,
                funding="general_revenue",
            )
            for row in self.initiatives
            for year in self.years
            for stage in ("initial", "settled")
        )

    def photos(self) -> None:
        """Of the activities of the first initiatives; most of them public."""
        shown = self.initiatives[:4]
        slugs = [
            f"{shown[n % len(shown)].slug}-{self.years[n % len(self.years)]}-{n // len(shown)}"
            for n in range(PHOTOS)
        ]
        found = {row.slug: row for row in Activity.objects.filter(slug__in=slugs, region=self.region)}
        pictures = files.photos
        Photo.objects.bulk_create(
            Photo(
                region=self.region,
                initiative_id=found[slug].initiative_id,
                activity=found[slug],
                slug=f"{slug}-p",
                order=n + 1,
                fiscal_year=found[slug].fiscal_year,
                caption=f"{found[slug].title}の様子",
                consent="given",
                public=n % 3 > 0,
                file_name="kakuu.jpg",
                digest=pictures[n % len(pictures)],
                public_digest=pictures[n % len(pictures)],
                width=320,
                height=240,
            )
            for n, slug in enumerate(slugs)
            if slug in found
        )

    def builds(self) -> None:
        """Reports of several years in every state, the last one under inquiry; their files are stand-ins."""
        stages = ["replaced"] * (BUILDS - 4) + ["submitted", "check", "check", "inquiry"]
        digests = [hashlib.sha256(f"{self.region.slug} {n}".encode()).hexdigest() for n in range(BUILDS)]
        inputs = {
            f"compacts.initiative:{row.pk}": {"digest": digests[0], "label": f"取組「{row.title}」"}
            for row in self.initiatives
        }
        made = Build.objects.bulk_create(
            Build(
                region=self.region,
                kind="results",
                parameters={"first": self.years[0], "last": self.years[-1], "programme": "teiju"},
                state=state,
                number=n + 1,
                digest=digest,
                inputs=inputs,
                missing=[
                    {"place": row.title, "what": "活動記録写真", "record": ""} for row in self.initiatives
                ],
                made_by=self.users[0],
                public=state == "submitted",
            )
            for n, (state, digest) in enumerate(zip(stages, digests, strict=True))
        )
        agreement = Build(
            region=self.region,
            kind="agreement",
            parameters={"slug": self.compact.slug},
            state="submitted",
            number=1,
            digest=digests[0],
            public=True,
        )
        agreement.save()
        documents = files.document
        BuildFile.objects.bulk_create(
            BuildFile(
                build=row, format=format_, name=f"kakuu.{format_}", digest=digest, size=size, pages=pages
            )
            for row in (*made, agreement)
            for format_, digest, size, pages in documents
        )
        BuildRun.objects.bulk_create(
            BuildRun(region=self.region, kind="results", user=self.users[0], state="done", build=row)
            for row in made
        )
        BuildRun(region=self.region, kind="vision", parameters={"slug": "vision"}, user=self.users[0]).save()
        asked = made[-1]
        inquiry = Inquiry(
            region=self.region,
            title=f"{asked}",
            digest=asked.digest,
            version_label=f"{asked}",
            asked_on=date(2025, 4, 10),
            due_on=date(2099, 5, 10),
            **about(asked),
        )
        inquiry.save()
        Approval.objects.bulk_create(
            Approval(
                inquiry=inquiry,
                organisation=office,
                municipality=town,
                digest=asked.digest,
                answer="agreed",
                decided_on=date(2025, 4, 20),
                decision_kind="mayor",
                document_no="架空第9号",
                recorded_by=self.users[0],
            )
            for office, town in zip(self.offices[:3], self.towns, strict=False)
        )

    def talk(self) -> None:
        """Remarks and files on initiatives, things due for every office, lines of the log."""
        Comment.objects.bulk_create(
            Comment(
                region=self.region,
                author=self.users[n % len(self.users)],
                municipality=self.towns[n % len(self.towns)],
                text=f"架空の意見{n}。",
                **about(self.initiatives[n % min(3, len(self.initiatives))]),
            )
            for n in range(COMMENTS)
        )
        digest, size = files.note
        Attachment.objects.bulk_create(
            Attachment(
                region=self.region,
                name="名簿.csv",
                digest=digest,
                media_type="text/csv",
                size=size,
                uploaded_by=self.users[0],
                **about(row),
            )
            for row in self.initiatives[:3]
        )
        DueItem.objects.bulk_create(
            DueItem(
                region=self.region,
                title=f"架空の提出物{n}",
                organisation=self.offices[n % len(self.offices)],
                municipality=self.towns[n % len(self.towns)],
                due_on=date(2025 if n % 3 else 2099, 3, 31),
                state="open" if n % 2 else "done",
                **about(self.region),
            )
            for n in range(DUES)
        )
        LogEntry.objects.bulk_create(
            LogEntry(
                user=self.users[n % len(self.users)],
                actor_name=self.users[n % len(self.users)].name,
                post_label=f"{self.towns[n % len(self.towns)].name} 企画課",
                via="synthetic",
                verb="activities.edit",
                object_kind="compacts.initiative",
                object_key=str(self.initiatives[n % len(self.initiatives)].pk),
                region=self.region.slug,
                municipality=self.towns[n % len(self.towns)].code,
                before={"value": n},
                after={"value": n + 1},
                text=f"架空の取組の参加人数を {n}→{n + 1}名 に訂正",
            )
            for n in range(LOG_LINES)
        )


def about(record: models.Model) -> dict[str, Any]:
    """What a remark, a file, a due item or an inquiry names its record by."""
    return {"object_type": ContentType.objects.get_for_model(record), "object_id": record.pk}
