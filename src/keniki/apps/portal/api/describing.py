"""The words of the API's description: what every route, parameter and field means, and an example of what is sent.

Shapes come from the schemas, words from here, so that all of the description is in Japanese and a name means the
same wherever it stands. `Schema.field` overrides `field`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

_PAGE: Final = "一覧の一部。count が全体の件数です。"
_STATES: Final = "planned 予定、done 実施、none 実績なし"
_KINDS: Final = (
    "study 検討、survey 調査、training 研修、course 講習、drill 訓練、event イベント、purchase 購入、"
    "development 開発、publication 作成・発行、service 運用、meeting 会議、other その他"
)

ROUTES: Final = {
    "get /api/v1/me": "トークンまたはログインの本人、今日の職、圏域ごとに共同の記録を編集できるか。",
    "get /api/v1/regions": "見ることのできる圏域だけを返します。",
    "get /api/v1/regions/{region}": "今日の構成市町村、制度、人口などの事実を含みます。",
    "get /api/v1/regions/{region}/members": "その日（省略すると今日）の構成市町村を、圏域の並び順で返します。",
    "get /api/v1/municipalities": "コード・名称・ふりがなが q のすべてのことばを含む市町村。",
    "get /api/v1/regions/{region}/log": "圏域で行われた操作を新しい順に返します。",
    "get /api/v1/regions/{region}/agreements": "協定、連携協約、形成方針などの一覧。本文は1件ずつ読みます。",
    "get /api/v1/regions/{region}/agreements/{slug}": "最新の版の本文・別表・署名者と、市町村ごとの議決。",
    "get /api/v1/regions/{region}/declarations": "中心市宣言・連携中枢都市宣言と、その各部。",
    "get /api/v1/regions/{region}/visions": "共生ビジョン・都市圏ビジョンなどと、その段階。",
    "get /api/v1/regions/{region}/initiatives": "取組を圏域の並び順で返します。",
    "get /api/v1/regions/{region}/initiatives/{slug}": "役割分担、事業、成果と課題、市町村ごとの評価を含みます。",
    "get /api/v1/regions/{region}/kpi": "年度ごとの目標値と実績値、終わった最後の年度での判定を含みます。",
    "post /api/v1/regions/{region}/kpi/{slug}/readings": (
        "1年度の実績値を入力します。value を null にすると取り消します。活動から集計する指標には入力できません。"
    ),
    "get /api/v1/regions/{region}/trace": (
        "別表の取組内容と役割ごとに、年度ごとの結果（none なし、studied 検討、done 実施）を返します。"
        "結果は活動から決まります。town を付けると、その市町村が約束したことだけになります。"
    ),
    "get /api/v1/regions/{region}/activities": "活動を報告書の並び順で返します。条件で絞り込めます。",
    "post /api/v1/regions/{region}/activities": (
        "共同の活動は事務局が、市町村だけの活動（municipality あり）はその市町村が登録します。"
        "state を none にすると「実績なし」の記録になります。lines の中の数量は読み取られて counts になります。"
    ),
    "get /api/v1/regions/{region}/activities/{slug}": "数量、出典、変更できるかどうかとその理由を含みます。",
    "patch /api/v1/regions/{region}/activities/{slug}": "書いた項目だけを変更します。書かない項目はそのままです。",
    "put /api/v1/regions/{region}/activities/{slug}/counts/{key}/{code}": (
        "合計 key のうち、その市町村の数値を入力します。市町村の数値の和が合計と等しい間は、合計も一緒に変わります。"
    ),
    "get /api/v1/regions/{region}/incidents": "災害と訓練。mode は real（実災害）か exercise（訓練）で、変わりません。",
    "post /api/v1/disaster/events": (
        "端末のできごとをまとめて送ります（500件まで）。何度送っても、どの順に送っても、同じ結果になります。"
        "受け取れないできごとは理由とともに refused に入り、ほかは保存されます。region を省くと、事案から決まります。"
    ),
    "get /api/v1/regions/{region}/grants": "交付金と、その手続（要望から額の確定まで）。金額は円です。",
    "get /api/v1/regions/{region}/budgets": "取組・事業の予算と決算を、段階ごとに返します。金額は円です。",
    "get /api/v1/regions/{region}/documents": "作成した文書の一覧。新しいものが先です。",
    "post /api/v1/regions/{region}/documents": "確認版の作成を始めます。進み具合は runs/{run} で確かめます。",
    "get /api/v1/regions/{region}/documents/runs/{run}": "終わると document に文書の番号が入ります。",
    "get /api/v1/regions/{region}/documents/{kind}/{number}": (
        "ファイル、未入力の箇所、作成した後に変わった記録を含みます。"
    ),
}

PARAMETERS: Final = {
    "region": "圏域の識別名（例: minami-sorachi）",
    "slug": "記録の識別名",
    "limit": "1ページの件数（200まで）",
    "offset": "何件目の次から（0で最初から）",
    "on": "この日に構成市町村であるもの（YYYY-MM-DD。省略すると今日）",
    "q": "含むことば。空白で区切ると、すべてを含むもの",
    "verb": "操作の種類（例: activities.enter_town_count）",
    "municipality": "市町村コード（6桁）",
    "words": "記録の文に含まれることば",
    "town": "市町村コード（6桁）",
    "year": "年度（始まりの年、西暦）",
    "initiative": "取組の識別名",
    "field": "分野の名称",
    "kind": "種類",
    "key": "合計の数量の key",
    "code": "市町村コード（6桁）",
    "run": "作成の番号",
    "number": "文書の番号",
}

SCHEMAS: Final = {
    "MeOut": "トークンまたはログインの本人と、できること。",
    "MyRegion": "見ることのできる圏域。",
    "Permission": "変更できるかどうかと、その理由。",
    "PostOut": "今日就いている職。権限は職に付きます。",
    "TownRef": "市町村。",
    "Problem": "何が、どこで誤っているか、どうすればよいか。",
    "Refusal": "すべての誤りに共通の形。",
    "ConflictOut": "ほかの人が先に変更していたとき。送った内容と、いまの内容。",
    "SourceRef": "値の出典。",
    "RegionRef": "圏域。",
    "RegionOut": "圏域と、今日の構成市町村、制度、事実。",
    "FactOut": "数値または文の事実。割合は小数（unit は「割合」）で、printed は出典に書かれたままの数です。",
    "MemberOut": "構成市町村と、その期間。",
    "ProgrammeOut": "圏域の制度と、その期間。",
    "MunicipalityOut": "市町村。",
    "LogOut": "操作の記録。追記だけで、書き換えられません。",
    "AgreementRef": "協定。",
    "AgreementOut": "協定と、最新の版の本文。",
    "AgreementTextOut": "協定の一つの版の本文。",
    "AnnexItemOut": "別表の取組。",
    "MeasureOut": "別表の取組内容の1行。",
    "RoleOut": "だれが何をするか。keys は items の各行の、すべての版を通じた名前です。",
    "SignatoryOut": "署名者。",
    "WayOut": "一つの市町村の議決の経過。proxy は最後に事務局が代理入力したこと。",
    "DissolutionOut": "一つの市町村の、廃止の議決の経過。",
    "DeclarationOut": "宣言。",
    "VisionOut": "ビジョン。",
    "InitiativeRef": "取組。",
    "InitiativeOut": "取組と、その役割分担、事業、成果、評価。",
    "EvaluationOut": "市町村自身の評価。proxy は事務局が代理入力したこと。",
    "ProjectOut": "取組の下の事業。",
    "KpiOut": "成果指標。値の単位は unit です。counted は、実績値を活動から集計し、入力しないこと。",
    "KpiYear": "1年度の目標値と実績値。version は入力した実績値のもの（null は集計、または未入力）。",
    "ReadingIn": "入力する実績値。null で取り消します。version は読んだ実績値のもので、まだなければ書きません。",
    "ReadingOut": "入力した実績値。",
    "TraceOut": "約束と結果の表。",
    "TraceRowOut": (
        "一つの約束。すべての当事者の取組内容（measure）か、一部の当事者の役割の1行（role、whose）。"
        "draft は、締結されなかった協定にあり、まだだれも約束していないこと。"
    ),
    "TraceCellOut": "1年度の結果と、その根拠の活動。",
    "ActivityOut": "活動。",
    "ActivityDetail": "活動と、変更できるかどうか。",
    "ActivityIn": "登録する活動。state が none のとき、title と kind は使いません。",
    "ActivityChange": "変更する項目だけを書きます。version は読んだときのものです。",
    "CountOut": "数量。part_of のあるものは、その数量に含まれ、二重に足しません。words は印刷される形です。",
    "LineIn": "報告書に印刷される1行。",
    "LineOut": "報告書に印刷される1行。",
    "MeasureIn": "結び付ける別表の取組内容。",
    "MeasureRef": "結び付いている別表の取組内容。",
    "RoleIn": "結び付ける役割の1行。",
    "RoleRef": "結び付いている役割の1行。",
    "TownCountIn": "合計のうち市町村の数値。null で取り下げます。version は数値のもので、まだなければ0です。",
    "GrantOut": "1年度の交付金。",
    "GrantStepOut": "交付金の手続の一つ。",
    "BudgetOut": "予算または決算の1行。",
    "IncidentOut": "災害または訓練。",
    "EventsIn": "端末が送るできごと。形は公開している文書（できごとの形式）のとおりです。",
    "EventsOut": "送ったできごとが、それぞれどうなったか。",
    "RefusedEventOut": "受け取れなかったできごと。number は送った順（1から）です。",
    "DisagreementOut": "互いを見ずに書かれた、食い違う値のある項目。人が画面で決めます。",
    "DocumentRef": "作成した文書。",
    "DocumentOut": "作成した文書と、ファイル、未入力、その後の変更。",
    "DocumentIn": "作成する文書。実績報告書は制度と年度、ほかは slug で指定します。",
    "RunOut": "文書の作成の進み具合。",
    "ChangeOut": "文書の作成後に変わった記録。",
    "FileOut": "文書のファイル。",
    "GapOut": "文書の未入力の箇所。",
}

FIELDS: Final = {
    "DisagreementOut.entity": "対象（種類:番号）",
    "DisagreementOut.field": "項目",
    "EventsIn.events": "できごとの一覧",
    "EventsIn.region": "圏域の識別名（省略すると、事案から決まります）",
    "EventsOut.conflicts": "触れた対象に残る食い違い",
    "EventsOut.known": "既に保存されていたできごとの番号",
    "EventsOut.quarantined": "受け取れなかった件数",
    "EventsOut.refused": "受け取れなかったできごとと理由",
    "EventsOut.stored": "保存したできごとの番号",
    "IncidentOut.began_at": "発生（開始）日時",
    "IncidentOut.ended_at": "終了日時（続いている間は null）",
    "IncidentOut.hazard": "災害種別",
    "IncidentOut.mode": "real 実災害、exercise 訓練",
    "IncidentOut.public": "住民向けの画面に表示するか",
    "RefusedEventOut.reason": "受け取れなかった理由",
    "activities": "根拠となる活動の識別名",
    "actor": "操作した人の氏名",
    "actual": "実績値",
    "address": "住所",
    "after": "変更後の値",
    "agreement": "協定の識別名",
    "all_steps": "全部の段階の数",
    "allowed": "できるか",
    "amends": "変更する元の協定の識別名",
    "amount": "金額（円）",
    "annex": "別表の取組",
    "annex_items": "根拠となる別表の取組（協定の識別名と key）",
    "articles": "条・項・号",
    "as_of": "いつの値か",
    "at": "操作の日時",
    "baseline": "基準値",
    "basis": "exact 実数、cumulative 延べ、about 約、about_cumulative 延べ約",
    "before": "変更前の値",
    "bill_no": "議案番号",
    "bodies": "実施団体（空ならすべての構成市町村）",
    "centre": "中心市",
    "change": "何が変わったか",
    "changes": "作成した後に変わった記録",
    "closing": "後文",
    "code": "全国地方公共団体コード（6桁）",
    "column": "誤りのある項目。分からなければ null",
    "comment": "コメント",
    "concluded_on": "締結日",
    "count": "全体の件数",
    "counted": "活動から集計する指標か",
    "counts": "数量",
    "current": "いま保存されている内容。項目の単位で示せないときは null",
    "decided_on": "策定日",
    "declared_on": "宣言日",
    "dimension": "内訳（年齢区分など）。全体は空",
    "direction": "方向性",
    "KpiOut.direction": "目指す方向（increase 増加、decrease 減少、maintain 維持、ceiling 以内、floor 以上、"
    "cumulative 累計、undecided 検討中）",
    "dissolutions": "市町村ごとの廃止の議決",
    "document": "できた文書の番号。まだなら null",
    "document_no": "文書番号",
    "done_steps": "終わった段階の数",
    "draft": "締結されていない案の約束か",
    "edit_shared": "共同の記録を編集できるか",
    "ends_on": "終了日",
    "error": "誤りの内容",
    "evaluations": "市町村ごとの評価",
    "facts": "人口・面積などの事実",
    "fictional": "架空の圏域か",
    "field": "分野",
    "file": "誤りのあるファイル。なければ null",
    "files": "ファイル",
    "findings": "成果と課題",
    "first": "最初の年度（実績報告書）",
    "first_year": "開始年度（始まりの年、西暦）",
    "fiscal_year": "年度（始まりの年、西暦）",
    "flag": "出典についての注記",
    "format": "形式（pdf、docx、xlsx など）",
    "formation_history": "形成の経緯",
    "frozen": "確定した版か",
    "funding": "財源",
    "future_image": "将来像",
    "gaps": "未入力の箇所",
    "gist": "要旨",
    "mayor": "宣言をした首長の氏名",
    "goals": "基本目標（分野と文）",
    "grade": "評価",
    "group": "別表の区分",
    "id": "番号",
    "indicator": "指標（population 人口など）",
    "initiative": "取組の識別名",
    "item": "別表の取組の key",
    "item_title": "別表の取組の名称",
    "items": "このページの記録",
    "RoleOut.items": "役割の各行",
    "kana": "ふりがな",
    "key": "同じ記録を版を通じて示す名前",
    "CountOut.key": "活動の中で数量を示す名前",
    "keys": "items の各行の名前",
    "kind": "種類",
    "ActivityIn.kind": _KINDS,
    "ActivityChange.kind": _KINDS,
    "ActivityOut.kind": _KINDS,
    "ActivityDetail.kind": _KINDS,
    "LineIn.kind": "result 結果（→）、note 注（※）、lecturer 講師",
    "LineOut.kind": "result 結果（→）、note 注（※）、lecturer 講師",
    "DocumentIn.kind": "results 実績報告書、agreement 協定書、declaration 宣言書、vision ビジョン",
    "kind_label": "種類の名称",
    "kpi": "成果指標の識別名",
    "label": "画面に表示する名称",
    "last": "最後の年度（実績報告書）",
    "last_year": "終了年度（始まりの年、西暦）。続いていれば null",
    "legal_basis": "根拠となる要綱・法令",
    "lines": "報告書に印刷される行",
    "login": "ログインID",
    "made_at": "作成日時",
    "measure": "取組内容の key",
    "measures": "別表の取組内容",
    "members": "今日の構成市町村",
    "members_term": "構成団体の呼び方（連携市町など）",
    "message": "何が誤りで、どうすればよいか",
    "RunOut.message": "作成できなかったときの理由",
    "mine": "送った内容",
    "missing": "未入力の数",
    "municipalities": "だれの役割・約束か（市町村コード）",
    "municipality": "市町村。圏域共同なら null",
    "LogOut.municipality": "だれの記録か（市町村コード）。共同なら空",
    "name": "名称",
    "name_complete": "氏名が完全か。false は一部が失われていて未入力",
    "notified_on": "通知・届出の日",
    "number": "番号",
    "AgreementTextOut.number": "版の番号",
    "on": "日付",
    "on_behalf_of": "事務局が代理入力した市町村。そうでなければ空",
    "one_off": "一回限りの取組か",
    "operator": "システム管理者か",
    "order": "並び順",
    "ordinance": "地方自治法96条2項の条例があるか",
    "ordinance_name": "条例の名称",
    "organisation": "団体の名称",
    "organiser": "主催",
    "overall": "全体の結果（none なし、studied 検討、done 実施）",
    "overview": "事業概要",
    "parameters": "作成の条件",
    "part_of": "含まれる合計の key",
    "parties": "当事者",
    "partner_noticed_on": "相手方への通知の日",
    "parts": "宣言の各部",
    "permission": "変更できるか",
    "place": "場所",
    "SourceRef.place": "出典の中の位置（表・ページなど）",
    "GapOut.place": "文書の中の位置",
    "post": "操作した職",
    "posts": "今日の職",
    "preamble": "前文",
    "prefecture": "都道府県コード（2桁）",
    "printed": "出典に書かれたままの数",
    "problem": "作成についての注意",
    "programme": "制度（hokkaido 広域連携加速化事業、teiju 定住自立圏、renkei 連携中枢都市圏）",
    "programmes": "制度",
    "project": "事業の識別名",
    "projects": "事業",
    "provisional": "予定額か",
    "proxy": "事務局の代理入力か",
    "public": "公開しているか",
    "public_notice_on": "告示の日",
    "purpose": "目的",
    "quantity": "数量の種類（sessions 回数、participants 人数など）",
    "reason": "理由",
    "recipient": "交付先",
    "record": "記録の名称",
    "regions": "見ることのできる圏域",
    "remarks": "備考",
    "resolutions": "市町村ごとの議決",
    "resolved_on": "議決日",
    "result": "議決の結果",
    "role": "役割",
    "RoleIn.role": "役割の行の key",
    "RoleRef.role": "役割の行の key",
    "TraceRowOut.role": "役割の行の key。取組内容なら null",
    "roles": "役割分担",
    "round": "補正などの回",
    "row": "誤りのある行（1から）。分からなければ null",
    "rows": "約束の一覧",
    "scale": "評価の尺度",
    "secretariat": "事務局",
    "sections": "見出しと本文",
    "signatories": "署名者（協定の順）",
    "size": "大きさ（バイト）",
    "slug": "識別名",
    "DocumentIn.slug": "協定・宣言・ビジョンの識別名",
    "source": "出典",
    "stage": "段階（当初、補正、決算など）",
    "stale": "作成した後に記録が変わったか",
    "starts_on": "開始日",
    "state": "状態",
    "ActivityIn.state": _STATES,
    "ActivityChange.state": _STATES,
    "ActivityOut.state": _STATES,
    "ActivityDetail.state": _STATES,
    "state_label": "状態の名称",
    "status": "判定",
    "status_year": "判定した年度",
    "step": "手続",
    "RunOut.step": "いまの段階",
    "steps": "手続",
    "submitted_on": "議会への上程日",
    "tally_only": "紙の報告書から合計だけを写した記録か",
    "target": "目標値",
    "text": "文",
    "ActivityIn.text": "内部の覚え（報告書には印刷されない）",
    "ActivityChange.text": "内部の覚え（報告書には印刷されない）",
    "ActivityOut.text": "内部の覚え（報告書には印刷されない）",
    "ActivityDetail.text": "内部の覚え（報告書には印刷されない）",
    "AgreementOut.text": "最新の版の本文。まだなければ null",
    "text_complete": "宣言の本文がそろっているか",
    "title": "名称",
    "SignatoryOut.title": "職",
    "unit": "単位",
    "url": "ダウンロードのアドレス",
    "valid_from": "始まりの日",
    "valid_to": "終わりの日（この日まで）。定めがなければ null",
    "value": "値",
    "verb": "操作の種類",
    "version": "楽観的な排他のための版。読んだ値を変更のときに送ります",
    "via": "画面、API、ファイルのどれからか",
    "vision": "ビジョンの識別名",
    "what": "何が未入力か",
    "whose": "だれの役割か",
    "words": "印刷される形",
    "years": "年度ごとの値",
    "TraceOut.years": "表の年度",
}

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "ActivityIn": {
        "initiative": "ict",
        "fiscal_year": 2026,
        "title": "高齢者を対象としたスマートフォン講習会",
        "kind": "course",
        "state": "done",
        "municipality": "014290",
        "starts_on": "2026-07-08",
        "place": "町民会館",
        "lines": [{"kind": "result", "text": "2回 30名参加"}],
    },
    "ActivityChange": {"version": 1, "place": "町民会館", "ends_on": "2026-07-15"},
    "TownCountIn": {"value": 28, "version": 1},
    "EventsIn": {
        "region": "minami-sorachi",
        "events": [
            {
                "id": "0b0e7a52-8f0a-4c57-9d0f-6a4c4f5d3b01",
                "incident": "7d6cfb1e-94f1-4f6c-8a7e-0d1d1c5b2a11",
                "mode": "exercise",
                "kind": "shelter.status",
                "entity": "shelter:taiikukan",
                "device": "tablet-1",
                "seq": 1,
                "at": "2026-09-01T09:20:00+09:00",
                "fields": {"status": {"value": "open", "seen": []}},
                "note": "",
            }
        ],
    },
    "ReadingIn": {"fiscal_year": 2025, "value": 1250, "comment": "2月末現在"},
    "DocumentIn": {"kind": "results", "programme": "hokkaido", "first": 2020, "last": 2024},
    "Refusal": {
        "error": {
            "message": "年度は1868～2117の年を入力してください。",
            "file": None,
            "row": None,
            "column": "fiscal_year",
        }
    },
}


def with_words(description: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI description with its words put in; what has none keeps what the code says."""
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            operation["description"] = ROUTES.get(f"{method} {path}", operation.get("description", ""))
            for parameter in operation.get("parameters", ()):
                if words := PARAMETERS.get(parameter["name"]):
                    parameter["description"] = words
    for name, schema in description["components"]["schemas"].items():
        words = _PAGE if name.startswith("Page_") else SCHEMAS.get(name)
        if words:
            schema["description"] = words
        if name in EXAMPLES:
            schema["examples"] = [EXAMPLES[name]]
        for field, shape in schema.get("properties", {}).items():
            if words := FIELDS.get(f"{name}.{field}", FIELDS.get(field)):
                shape["description"] = words
    return description


def without_words(description: dict[str, Any]) -> Iterator[str]:
    """What the description names and nobody has described here: routes, parameters, schemas, fields."""
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if f"{method} {path}" not in ROUTES or not operation.get("summary"):
                yield f"{method} {path}"
            yield from (
                each["name"] for each in operation.get("parameters", ()) if each["name"] not in PARAMETERS
            )
    for name, schema in description["components"]["schemas"].items():
        if not name.startswith("Page_") and name not in SCHEMAS:
            yield name
        for field in schema.get("properties", {}):
            if field not in FIELDS and f"{name}.{field}" not in FIELDS:
                yield f"{name}.{field}"
