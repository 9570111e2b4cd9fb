"""Who may do what with agreements, visions, initiatives and KPIs, and what stands in the way of the next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from keniki.apps.accounts.actor import Actor, Remedy, Ruling, allow, deny
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Municipality, Region
from keniki.core.fiscal_year import FiscalYear
from keniki.rulebooks.compacts import Action, StepKind

from . import states
from .articles import article_texts, blanks
from .closing import in_open_year
from .declaring import parts_of
from .models import (
    Agreement,
    AgreementVersion,
    Candidate,
    Declaration,
    Kpi,
    Matter,
    Signatory,
    Vision,
)
from .procedures import open_towns, town_steps
from .states import AgreementState as State

edit_shared = regions.edit_shared

#: What the button of a move says.
MOVE_LABELS: Final = {
    State.DRAFT: "議案を取り下げて案に戻す",
    State.SUBMITTED: "議案の提出を記録する",
    State.RESOLVED: "全議会の議決を記録する",
    State.CONCLUDED: "締結を記録する",
    State.PUBLISHED: "公表を記録する",
    State.NOTICED: "告示を記録する",
    State.NOTIFIED: "届出を記録する",
    State.DISSOLUTION_BILL: "廃止の議案の提出を記録する",
    State.DISSOLUTION_PASSED: "廃止の議決を記録する",
    State.DISSOLUTION_AGREED: "廃止の合意を記録する",
    State.ENDED: "終了を記録する",
    State.DROPPED: "この案を取り下げる",
}


@dataclass(frozen=True)
class Move:
    """A state the kind allows next, what to call going there, and whether it may be done now."""

    state: str
    label: str
    ruling: Ruling
    steps_back: bool


def edit_text(actor: Actor, agreement: Agreement) -> Ruling:
    """The text, annex and signatories of a draft; a bound text is changed by a 変更協定 only."""
    ruling = edit_shared(actor, agreement.region)
    if not ruling or agreement.state == State.DRAFT:
        return ruling
    if agreement.state in (State.SUBMITTED, State.RESOLVED):
        return _not_now(
            agreement, "議会に提出した本文は変更できません。変更するときは、議案を取り下げて案に戻します。"
        )
    if agreement.state in states.FINAL:
        return _not_now(
            agreement, f"この協定は「{agreement.get_state_display()}」のため、本文を変更できません。"
        )
    return _not_now(agreement, "締結した協定の本文は変更できません。変更するときは、変更協定を作成します。")


def edit_signatories(actor: Actor, agreement: Agreement) -> Ruling:
    """Who signs may be written until the agreement is concluded."""
    ruling = edit_shared(actor, agreement.region)
    if ruling and agreement.state not in (State.DRAFT, State.SUBMITTED, State.RESOLVED):
        return _not_now(agreement, "署名者を入力できるのは、締結の前までです。")
    return ruling


def edit_head(actor: Actor, agreement: Agreement) -> Ruling:
    """Title, term, document number and note; a dropped agreement stays as it is."""
    ruling = edit_shared(actor, agreement.region)
    if ruling and agreement.state == State.DROPPED:
        return _not_now(agreement, "取り下げた協定は変更できません。")
    return ruling


def amend(actor: Actor, agreement: Agreement) -> Ruling:
    """A 変更協定 for an agreement in force."""
    ruling = edit_shared(actor, agreement.region)
    if not ruling:
        return ruling
    if agreement.amends_id:
        return _not_now(agreement, "変更協定そのものは変更できません。元の協定の変更協定を作成してください。")
    if agreement.state not in states.IN_FORCE:
        return _not_now(agreement, "変更協定を作成できるのは、効力のある協定だけです。")
    if State.CHANGED not in states.AGREEMENT_MOVES[agreement.kind].get(agreement.state, ()):
        return _not_now(
            agreement,
            f"「{agreement.get_state_display()}」の後の手続が終わってから、変更協定を作成してください。",
        )
    if agreement.dissolutions.exists():
        return _not_now(agreement, "廃止の手続を始めているため、変更協定は作成できません。")
    return _waits_for_amendment(agreement, ruling)


def complete_name(actor: Actor, signatory: Signatory) -> Ruling:
    """A name lost in the source may be filled in later; a complete one is part of the text."""
    agreement = signatory.agreement_version.agreement
    ruling = edit_shared(actor, agreement.region)
    if ruling and signatory.name_complete:
        return _not_now(agreement, "氏名は本文の一部として確定しています。")
    return ruling


def start_dissolution(actor: Actor, agreement: Agreement) -> Ruling:
    """Begin the way through the assemblies to the dissolution (廃止) of an agreement in force."""
    ruling = edit_shared(actor, agreement.region)
    if not ruling:
        return ruling
    if agreement.kind not in states.RESOLVED_KINDS:
        kind = agreement.get_kind_display()
        return _not_now(agreement, f"{kind}の廃止には、市町村ごとの議決の手続がありません。")
    if agreement.amends_id:
        return _not_now(
            agreement, "変更協定だけを廃止することはできません。元の協定の廃止の手続を行ってください。"
        )
    if State.DISSOLUTION_BILL not in states.AGREEMENT_MOVES[agreement.kind].get(agreement.state, ()):
        return _not_now(
            agreement, "廃止の手続を始められるのは、締結までの手続を終えた、効力のある協定だけです。"
        )
    if agreement.dissolutions.exists():
        return _not_now(agreement, "廃止の手続は始まっています。")
    return _waits_for_amendment(agreement, ruling)


def stop_dissolution(actor: Actor, agreement: Agreement) -> Ruling:
    """Give a dissolution up before its bill is submitted; afterwards the bill is withdrawn first."""
    ruling = edit_shared(actor, agreement.region)
    if ruling and agreement.state in (*states.DISSOLVING, *states.FINAL):
        return _not_now(
            agreement,
            "廃止の議案を提出した後は、手続を取りやめられません。先に廃止の議案を取り下げてください。",
        )
    if ruling and not agreement.dissolutions.exists():
        return _not_now(agreement, "廃止の手続は始まっていません。")
    return ruling


def record_dissolution(actor: Actor, agreement: Agreement, municipality: Municipality) -> Ruling:
    """A deciding party records its way to the dissolution; the secretariat may as 代理入力."""
    if not any(row.municipality_id == municipality.pk for row in agreement.dissolutions.all()):
        return _not_now(
            agreement, f"{municipality.name}は、この協定の廃止を議決する当事者として登録されていません。"
        )
    return _record_for(actor, agreement, municipality, dissolution_fields(agreement))


def dissolution_fields(agreement: Agreement) -> tuple[str, ...]:
    """Which fields of a dissolution may be written now: what a reached state rests on stays as it is."""
    if agreement.state in states.FINAL:
        return ()
    kinds = {step.kind for step in town_steps(agreement, regions.today(), Action.DISSOLVE)}
    if agreement.state not in states.DISSOLVING:
        ordinance = ("ordinance", "ordinance_name") if StepKind.ORDINANCE in kinds else ()
        return (*ordinance, "bill_no", "submitted_on")
    if agreement.state == State.DISSOLUTION_BILL:
        return ("result", "resolved_on")
    if State.ENDED not in states.AGREEMENT_MOVES[agreement.kind].get(agreement.state, ()):
        return ()
    notices = {
        StepKind.NOTICE_TO_PARTNER: "partner_noticed_on",
        StepKind.PUBLIC_NOTICE: "public_notice_on",
        StepKind.NOTIFICATION: "notified_on",
    }
    return tuple(name for kind, name in notices.items() if kind in kinds)


def record_resolution(actor: Actor, agreement: Agreement, municipality: Municipality) -> Ruling:
    """A party records its own way through the assembly; the secretariat may as 代理入力."""
    if not town_steps(agreement, regions.today()):
        return _not_now(
            agreement, f"{agreement.get_kind_display()}には、市町村ごとの議決等の手続がありません。"
        )
    if not agreement.parties.filter(municipality=municipality).exists():
        return _not_now(agreement, f"{municipality.name}はこの協定の当事者ではありません。")
    if agreement.state in states.FINAL:
        return _not_now(
            agreement, f"この協定は「{agreement.get_state_display()}」のため、記録を変更できません。"
        )
    return _record_for(actor, agreement, municipality, resolution_fields(agreement))


def resolution_fields(agreement: Agreement) -> tuple[str, ...]:
    """Which fields of a resolution may still be written: what a reached state rests on stays as it is."""
    kinds = {step.kind for step in town_steps(agreement, regions.today())}
    if agreement.state == State.DRAFT:
        ordinance = ("ordinance", "ordinance_name") if StepKind.ORDINANCE in kinds else ()
        return (*ordinance, "bill_no", "submitted_on")
    if agreement.state == State.SUBMITTED:
        return ("result", "resolved_on")
    notice = ("public_notice_on",) if StepKind.PUBLIC_NOTICE in kinds else ()
    notification = ("notified_on",) if StepKind.NOTIFICATION in kinds else ()
    if agreement.state == State.CONCLUDED:
        return (*notice, *notification)
    return notification if agreement.state == State.NOTICED else ()


def move(actor: Actor, agreement: Agreement, to: str) -> Ruling:
    """May the agreement enter the state `to` now? The reason names what is missing."""
    ruling = edit_shared(actor, agreement.region)
    if not ruling:
        return ruling
    here = agreement.get_state_display()
    if to not in states.AGREEMENT_MOVES[agreement.kind].get(agreement.state, ()):
        word = State(to).label if to in State.values else to
        return _not_now(agreement, f"{agreement.get_kind_display()}は「{here}」から「{word}」へ進めません。")
    if going_back(agreement, to):
        before = state_before_dissolution(agreement)
        if to == before:
            return ruling
        word = State(before).label
        return _not_now(agreement, f"廃止の議案を取り下げると、元の「{word}」に戻ります。")
    if to == State.CHANGED:
        return _not_now(agreement, "「変更済」には、変更協定が効力を持ったときに自動的に進みます。")
    missing = blockers(agreement, to)
    if missing:
        return _not_now(agreement, "".join(missing))
    return allow(ruling.reason, ruling.post)


def moves(actor: Actor, agreement: Agreement) -> list[Move]:
    """The ways on from here that a person chooses, each with its ruling."""
    return [
        Move(
            state=to,
            label=move_label(agreement, to),
            ruling=move(actor, agreement, to),
            steps_back=to in (State.DRAFT, State.DROPPED)
            or going_back(agreement, to)
            or (to == State.ENDED and agreement.state not in states.DISSOLVING),
        )
        for to in states.AGREEMENT_MOVES[agreement.kind].get(agreement.state, ())
        if _is_offered(agreement, to)
    ]


def move_label(agreement: Agreement, to: str) -> str:
    """What the button of a move says."""
    if going_back(agreement, to):
        return "廃止の議案を取り下げて元に戻す"
    if to == State.ENDED and agreement.kind in states.RESOLVED_KINDS:
        dissolved = agreement.state in states.DISSOLVING
        return "廃止による終了を記録する" if dissolved else "期間の満了による終了を記録する"
    return MOVE_LABELS[State(to)]


def going_back(agreement: Agreement, to: str) -> bool:
    """Whether the move withdraws a bill of dissolution: the agreement stays in force as it was."""
    return agreement.state == State.DISSOLUTION_BILL and to != State.DISSOLUTION_PASSED


def state_before_dissolution(agreement: Agreement) -> str:
    """The last state the agreement was in before its dissolution began."""
    back = states.AGREEMENT_MOVES[agreement.kind][State.DISSOLUTION_BILL][1:]
    entered = [change.state for change in agreement.state_changes.all()]
    return next((state for state in reversed(entered) if state in back), back[0])


def _is_offered(agreement: Agreement, to: str) -> bool:
    if going_back(agreement, to):
        return to == state_before_dissolution(agreement)
    if to == State.DISSOLUTION_BILL:
        return bool(agreement.dissolutions.all())
    if to == State.ENDED and agreement.kind in states.RESOLVED_KINDS:
        over = agreement.valid_to is not None and agreement.valid_to <= regions.today()
        return agreement.state in states.DISSOLVING or over
    return to != State.CHANGED


def _waits_for_amendment(agreement: Agreement, ruling: Ruling) -> Ruling:
    waiting = agreement.amendments.exclude(state__in=[*states.IN_FORCE, *states.FINAL]).first()
    if waiting is None:
        return ruling
    return _not_now(agreement, f"手続中の変更協定「{waiting.title}」があります。先にそれを終えてください。")


def blockers(agreement: Agreement, to: str) -> list[str]:
    """What is missing before the agreement may enter `to`, each a sentence that says what to do."""
    found: list[str] = []
    if to in (State.SUBMITTED, State.CONCLUDED) and agreement.state == State.DRAFT:
        found += _text_blockers(agreement)
    if to == State.SUBMITTED:
        found += _towns(
            agreement,
            StepKind.ORDINANCE,
            "地方自治法第96条第2項の条例の有無（ない場合は制定）を記録してください",
        )
        found += _towns(agreement, StepKind.BILL, "議案番号と提出日を記録してください")
    if to == State.RESOLVED:
        found += _towns(agreement, StepKind.RESOLUTION, "議会の議決（可決）と議決日を記録してください")
    if to == State.CONCLUDED:
        found += _signatory_blockers(agreement)
    if to == State.NOTICED:
        found += _towns(agreement, StepKind.PUBLIC_NOTICE, "告示日を記録してください")
    if to == State.NOTIFIED:
        found += _towns(agreement, StepKind.NOTIFICATION, "届出日を記録してください")
    if to in (*states.DISSOLVING, State.ENDED):
        found += _dissolution_blockers(agreement, to)
    if to in (State.CONCLUDED, State.PUBLISHED) and agreement.amends is not None:
        original = agreement.amends
        if State.CHANGED not in states.AGREEMENT_MOVES[original.kind].get(original.state, ()):
            found.append(
                f"元の協定「{original.title}」が「{original.get_state_display()}」のため、変更できません。"
                "元の協定の手続を先に終えてください。"
            )
    return found


def publish_declaration(actor: Actor, declaration: Declaration) -> Ruling:
    """A declaration is published once all parts its programme asks for are written."""
    ruling = edit_shared(actor, declaration.region)
    if not ruling:
        return ruling
    if declaration.state == Declaration.State.PUBLISHED:
        return _not_now(declaration, "この宣言は公表済みです。")
    written = {
        part.key
        for part in declaration.parts.all()
        if part.text or part.items or (part.outline and not declaration.text_complete)
    }
    missing = [part.heading for part in parts_of(declaration.programme) if part.key not in written]
    if missing:
        return _not_now(
            declaration, f"未入力の部があります（{'、'.join(missing)}）。入力してから公表してください。"
        )
    if not declaration.gist:
        return _not_now(declaration, "要旨が未入力です。入力してから公表してください。")
    return ruling


def edit_declaration(actor: Actor, declaration: Declaration) -> Ruling:
    """A published declaration stays as it was published; what is not known of it can be completed."""
    ruling = edit_shared(actor, declaration.region)
    published = declaration.state == Declaration.State.PUBLISHED
    if ruling and published and declaration.text_complete and declaration.mayor:
        return _not_now(declaration, "公表した宣言は変更できません。変更するときは、新しい宣言を作成します。")
    return ruling


def move_vision(actor: Actor, vision: Vision, to: str) -> Ruling:
    """May the vision enter the state now? Before it is decided its future image and period are written."""
    ruling = edit_shared(actor, vision.region)
    if not ruling:
        return ruling
    if to not in states.VISION_MOVES.get(vision.state, ()):
        word = states.VisionState(to).label if to in states.VisionState.values else to
        return _not_now(vision, f"ビジョンは「{vision.state_label}」から「{word}」へ進めません。")
    if to in (states.VisionState.PUBLIC_COMMENT, states.VisionState.DECIDED, states.VisionState.CHANGED):
        missing = [
            word
            for word, value in (
                ("将来像", vision.future_image),
                ("開始年度", vision.first_year),
                ("終了年度", vision.last_year),
            )
            if not value
        ]
        if missing:
            return _not_now(
                vision, f"未入力の項目があります（{'、'.join(missing)}）。入力してから進めてください。"
            )
    return ruling


def choose_scale(actor: Actor, region: Region) -> Ruling:
    """The scale of the evaluations is the same for all municipalities: the secretariat chooses it."""
    return edit_shared(actor, region)


def evaluate(actor: Actor, region: Region, municipality: Municipality, *, year: int | None = None) -> Ruling:
    """Every municipality gives its own evaluation while the year is open; the secretariat may enter it as 代理入力."""
    ruling = regions.edit_town(actor, region, municipality, year=year)
    return ruling if year is None else in_open_year(ruling, region, year)


def enter_reading(actor: Actor, kpi: Kpi, year: int) -> Ruling:
    """The actual of an open fiscal year."""
    return in_open_year(edit_shared(actor, kpi.region), kpi.region, year)


def add_matter(actor: Actor, region: Region, municipality: Municipality | None = None) -> Ruling:
    """The secretariat adds the region's issues, a town its own; the secretariat adds a town's as 代理入力."""
    if municipality is not None:
        return regions.edit_town(actor, region, municipality)
    ruling = edit_shared(actor, region)
    if not ruling and (post := regions.town_post(actor, region)):
        return allow(
            f"{post.organisation_name}の職にあるため、自らの課題と期待する分野を登録できます。", post
        )
    return ruling


def edit_matter(actor: Actor, matter: Matter) -> Ruling:
    """A town's own entry is the town's (代理入力 by the secretariat), the others are the secretariat's."""
    if matter.municipality is not None:
        return regions.edit_town(actor, matter.region, matter.municipality)
    return edit_shared(actor, matter.region)


def move_candidate(actor: Actor, candidate: Candidate, to: str) -> Ruling:
    """The moves that lead on from the candidate's stage."""
    ruling = edit_shared(actor, candidate.region)
    if not ruling or to in states.CANDIDATE_MOVES[candidate.stage]:
        return ruling
    label = states.CandidateStage(to).label
    return deny(f"段階「{candidate.get_stage_display()}」から「{label}」へは進められません。")


def _dissolution_blockers(agreement: Agreement, to: str) -> list[str]:
    def towns(kind: StepKind, words: str) -> list[str]:
        return _towns(agreement, kind, words, Action.DISSOLVE)

    if to == State.DISSOLUTION_BILL:
        if not agreement.dissolutions.exists():
            return ["先に「廃止の手続を始める」から、廃止を議決する当事者を登録してください。"]
        return [
            *towns(
                StepKind.ORDINANCE, "地方自治法第96条第2項の条例の有無（ない場合は制定）を記録してください"
            ),
            *towns(StepKind.BILL, "廃止の議案の番号と提出日を記録してください"),
        ]
    if to == State.DISSOLUTION_PASSED:
        return towns(StepKind.RESOLUTION, "廃止の議決（可決）と議決日を記録してください")
    if to == State.DISSOLUTION_AGREED or agreement.kind not in states.RESOLVED_KINDS:
        return []
    if agreement.state in states.DISSOLVING:
        return [
            *towns(StepKind.NOTICE_TO_PARTNER, "相手方への通告日を記録してください"),
            *towns(StepKind.PUBLIC_NOTICE, "廃止の告示日を記録してください"),
            *towns(StepKind.NOTIFICATION, "廃止の届出日を記録してください"),
        ]
    if agreement.valid_to is None or agreement.valid_to > regions.today():
        return [
            "効力の終了日が来ていません。期間の満了の前に終わらせるときは、"
            "「廃止の手続を始める」から議会の議決を記録してください。"
        ]
    return []


def _towns(agreement: Agreement, kind: StepKind, words: str, action: Action | None = None) -> list[str]:
    names = open_towns(agreement, kind, regions.today(), action)
    return [f"{'、'.join(names)}の{words}。"] if names else []


def _record_for(
    actor: Actor, agreement: Agreement, municipality: Municipality, open_fields: tuple[str, ...]
) -> Ruling:
    """A party that has left the region, or merged, still records what the agreement's last step left it to do."""
    if not open_fields:
        return _not_now(
            agreement, f"「{agreement.get_state_display()}」の間に、市町村ごとに記録することはありません。"
        )
    ruling = regions.edit_town(actor, agreement.region, municipality)
    days = [change.on for change in agreement.state_changes.all() if change.on]
    if ruling or not days:
        return ruling
    return regions.edit_town(actor, agreement.region, municipality, year=FiscalYear.of(max(days))) or ruling


def last_version(agreement: Agreement) -> AgreementVersion | None:
    """The version with the highest number."""
    return agreement.versions.order_by("-number").first()


def _text_blockers(agreement: Agreement) -> list[str]:
    version = last_version(agreement)
    if version is None or not version.articles:
        return ["条文が未入力です。本文を入力してください。"]
    texts = [version.preamble, *article_texts(version.articles), version.closing]
    texts += [item.direction for item in version.annex_items.all()]
    left = blanks(*texts)
    if left:
        return [
            f"本文に埋めていない箇所が{len(left)}か所あります（{left[0]} など）。本文を完成させてください。"
        ]
    return []


def _signatory_blockers(agreement: Agreement) -> list[str]:
    if agreement.kind == Agreement.Kind.POLICY:
        return []
    version = last_version(agreement)
    signed = {row.municipality_id for row in version.signatories.all() if row.name} if version else set()
    missing = [
        party.municipality.name
        for party in agreement.parties.select_related("municipality")
        if party.municipality_id not in signed
    ]
    return [f"{'、'.join(missing)}の署名者（職・氏名）を入力してください。"] if missing else []


def _not_now(record: Agreement | Declaration | Vision, reason: str) -> Ruling:
    kind = record._meta.model_name
    url = reverse(f"compacts:{kind}", args=[record.region.slug, record.slug])
    return deny(reason, Remedy(f"「{record.title}」の状態を開く", url))
