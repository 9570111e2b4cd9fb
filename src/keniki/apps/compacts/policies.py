"""Who may do what with agreements, visions, initiatives and KPIs, and what stands in the way of the next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from keniki.apps.accounts.actor import Actor, Ruling, allow, deny
from keniki.apps.regions import policies as regions
from keniki.apps.regions.models import Municipality, Region
from keniki.rulebooks.compacts import StepKind

from . import states
from .articles import article_texts, blanks
from .models import Agreement, AgreementVersion, Declaration, Signatory, Vision
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
        return deny("議会に提出した本文は変更できません。変更するときは、議案を取り下げて案に戻します。")
    if agreement.state in states.FINAL:
        return deny(f"この協定は「{agreement.get_state_display()}」のため、本文を変更できません。")
    return deny("締結した協定の本文は変更できません。変更するときは、変更協定を作成します。")


def edit_signatories(actor: Actor, agreement: Agreement) -> Ruling:
    """Who signs may be written until the agreement is concluded."""
    ruling = edit_shared(actor, agreement.region)
    if ruling and agreement.state not in (State.DRAFT, State.SUBMITTED, State.RESOLVED):
        return deny("署名者を入力できるのは、締結の前までです。")
    return ruling


def edit_head(actor: Actor, agreement: Agreement) -> Ruling:
    """Title, term, document number and note; a dropped agreement stays as it is."""
    ruling = edit_shared(actor, agreement.region)
    if ruling and agreement.state == State.DROPPED:
        return deny("取り下げた協定は変更できません。")
    return ruling


def amend(actor: Actor, agreement: Agreement) -> Ruling:
    """A 変更協定 for an agreement in force."""
    ruling = edit_shared(actor, agreement.region)
    if not ruling:
        return ruling
    if agreement.amends_id:
        return deny("変更協定そのものは変更できません。元の協定の変更協定を作成してください。")
    if agreement.state not in states.IN_FORCE:
        return deny("変更協定を作成できるのは、効力のある協定だけです。")
    if State.CHANGED not in states.AGREEMENT_MOVES[agreement.kind].get(agreement.state, ()):
        return deny(
            f"「{agreement.get_state_display()}」の後の手続が終わってから、変更協定を作成してください。"
        )
    waiting = agreement.amendments.exclude(state__in=[*states.IN_FORCE, *states.FINAL]).first()
    if waiting:
        return deny(f"手続中の変更協定「{waiting.title}」があります。先にそれを終えてください。")
    return ruling


def complete_name(actor: Actor, signatory: Signatory) -> Ruling:
    """A name lost in the source may be filled in later; a complete one is part of the text."""
    agreement = signatory.agreement_version.agreement
    ruling = edit_shared(actor, agreement.region)
    if ruling and signatory.name_complete:
        return deny("氏名は本文の一部として確定しています。")
    return ruling


def record_resolution(actor: Actor, agreement: Agreement, municipality: Municipality) -> Ruling:
    """A party records its own way through the assembly; the secretariat may as 代理入力."""
    if not town_steps(agreement, regions.today()):
        return deny(f"{agreement.get_kind_display()}には、市町村ごとの議決等の手続がありません。")
    if not agreement.parties.filter(municipality=municipality).exists():
        return deny(f"{municipality.name}はこの協定の当事者ではありません。")
    if agreement.state in states.FINAL:
        return deny(f"この協定は「{agreement.get_state_display()}」のため、記録を変更できません。")
    if not resolution_fields(agreement):
        return deny(f"「{agreement.get_state_display()}」の間に、市町村ごとに記録することはありません。")
    return regions.edit_town(actor, agreement.region, municipality)


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
        return deny(f"{agreement.get_kind_display()}は「{here}」から「{word}」へ進めません。")
    if to == State.CHANGED:
        return deny("「変更済」には、変更協定が効力を持ったときに自動的に進みます。")
    missing = blockers(agreement, to)
    if missing:
        return deny("".join(missing))
    return allow(ruling.reason, ruling.post)


def moves(actor: Actor, agreement: Agreement) -> list[Move]:
    """The ways on from here that a person chooses, each with its ruling."""
    return [
        Move(
            state=to,
            label=MOVE_LABELS[State(to)],
            ruling=move(actor, agreement, to),
            steps_back=to in (State.DRAFT, State.DROPPED, State.ENDED),
        )
        for to in states.AGREEMENT_MOVES[agreement.kind].get(agreement.state, ())
        if to != State.CHANGED
    ]


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
    if to in (State.CONCLUDED, State.PUBLISHED) and agreement.amends is not None:
        original = agreement.amends
        if State.CHANGED not in states.AGREEMENT_MOVES[original.kind].get(original.state, ()):
            found.append(
                f"元の協定「{original.title}」が「{original.get_state_display()}」のため、変更できません。"
                "元の協定の手続を先に終えてください。"
            )
    return found


def publish_declaration(actor: Actor, declaration: Declaration) -> Ruling:
    """A declaration is published once all five parts are written."""
    ruling = edit_shared(actor, declaration.region)
    if not ruling:
        return ruling
    if declaration.state == Declaration.State.PUBLISHED:
        return deny("この宣言は公表済みです。")
    written = {part.key for part in declaration.parts.all() if part.text or part.items}
    missing = [label for key, label in declaration.parts.model.Key.choices if key not in written]
    if missing:
        return deny(f"未入力の部があります（{'、'.join(missing)}）。入力してから公表してください。")
    if not declaration.gist:
        return deny("要旨が未入力です。入力してから公表してください。")
    return ruling


def edit_declaration(actor: Actor, declaration: Declaration) -> Ruling:
    """A published declaration stays as it was published."""
    ruling = edit_shared(actor, declaration.region)
    if ruling and declaration.state == Declaration.State.PUBLISHED:
        return deny("公表した宣言は変更できません。変更するときは、新しい宣言を作成します。")
    return ruling


def move_vision(actor: Actor, vision: Vision, to: str) -> Ruling:
    """May the vision enter the state now? Before it is decided its future image and period are written."""
    ruling = edit_shared(actor, vision.region)
    if not ruling:
        return ruling
    if to not in states.VISION_MOVES.get(vision.state, ()):
        word = states.VisionState(to).label if to in states.VisionState.values else to
        return deny(f"ビジョンは「{vision.state_label}」から「{word}」へ進めません。")
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
            return deny(f"未入力の項目があります（{'、'.join(missing)}）。入力してから進めてください。")
    return ruling


def evaluate(actor: Actor, region: Region, municipality: Municipality) -> Ruling:
    """Every municipality gives its own evaluation; the secretariat may enter it as 代理入力."""
    return regions.edit_town(actor, region, municipality)


def _towns(agreement: Agreement, kind: StepKind, words: str) -> list[str]:
    names = open_towns(agreement, kind, regions.today())
    return [f"{'、'.join(names)}の{words}。"] if names else []


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
