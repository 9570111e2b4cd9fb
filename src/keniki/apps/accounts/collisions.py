"""What the database refuses while a verb runs, in words: two people who wrote at once, and what the code let through.

Policies and checks answer before anything is written; between their answer and the writing somebody else may have
written. The database then refuses by the name of a constraint or a trigger, and here that name becomes a sentence.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import DatabaseError
from django.db.models import ProtectedError, RestrictedError

from keniki.core.errors import WrongInput

NOTHING: Final = "何も保存していません。"
_AGAIN = "ほかの人が同じ時に登録したため、番号が重なりました。もう一度保存してください。"
_TWICE = "ほかの人が先に登録していました。画面を読み直して確かめてください。"
_READ_AT_ONCE = "同じ統計を、ほかの処理が同時に読み込みました。もう一度読み込んでください。"
_ORDER_OF_DAYS = "議決日が上程日より前になっています。日付を確かめてください。"
_PASSED = "可決には議決日が必要です。"

#: Constraint → the field as its form calls it (empty: none in particular), and what to say.
MEANINGS: Final[dict[str, tuple[str, str]]] = {
    # accounts
    "user_login_without_case": ("ログインID", "このログインIDは既に使われています。別のものにしてください。"),
    "accounts_user_login_key": ("ログインID", "このログインIDは既に使われています。別のものにしてください。"),
    "accounts_token_digest_key": ("", "トークンを発行できませんでした。もう一度発行してください。"),
    # regions
    "regions_organisation_slug_key": ("識別名", "この識別名は既に使われています。別のものにしてください。"),
    "regions_post_slug_key": ("識別名", "この識別名は既に使われています。別のものにしてください。"),
    "regions_region_slug_key": ("識別名", "この識別名は既に使われています。別のものにしてください。"),
    "source_slug_in_region": ("", f"この出典は、{_TWICE}"),
    "municipality_code_six_digits": ("団体コード", "市町村コードは検査数字を含む6桁で入力してください。"),
    "municipality_code_once_at_a_time": (
        "団体コード",
        "同じ市町村コードの期間が登録と重なっています。期間を確かめてください。",
    ),
    "municipal_organisation_names_its_municipality": ("市町村", "市町村の団体には市町村が必要です。"),
    "post_held_once_at_a_time_by_a_person": (
        "",
        "この人はこの期間に、既にこの職に就いています。画面を読み直して確かめてください。",
    ),
    "programme_once_at_a_time_in_a_region": (
        "",
        "この制度の期間が登録と重なっています。画面を読み直して確かめてください。",
    ),
    "member_once_at_a_time_in_a_region": (
        "",
        "この市町村の参加の期間が登録と重なっています。画面を読み直して確かめてください。",
    ),
    "fact_is_a_value_or_a_text": ("", "値か文のどちらか一つを入力してください。"),
    "fact_once_per_source": ("", "同じ指標・時点・出典の値が二つになります。一つにしてください。"),
    "milestone_slug_in_region": ("", _AGAIN),
    "arrangement_slug_in_region": ("", _AGAIN),
    "arrangement_ends_after_it_starts": ("終了日", "終了日が開始日より前です。"),
    # disaster, reception
    "device_once_in_region": ("端末の番号", "この番号の端末は既に登録されています。"),
    "bundle_read_once": ("", "このファイルは、ほかの人が同時に読み込みました。記録は入っています。"),
    "card_batch_once": ("", _AGAIN),
    "card_number_once": ("", _AGAIN),
    "disaster_card_token_key": ("", _AGAIN),
    "card_of_its_mode": ("", "カードの区分とコードが合いません。もう一度作成してください。"),
    "paper_sheet_number_once": ("", _AGAIN),
    "disaster_papersheet_token_key": ("", _AGAIN),
    "paper_sheet_lines": ("行数", "1枚の行数は1～99にしてください。"),
    "paper_sheet_of_its_mode": ("", "受付簿の区分とコードが合いません。もう一度作成してください。"),
    "one_open_poster": ("", "この避難所の受付フォームは、ほかの人が先に開きました。"),
    "disaster_shelterposter_token_key": ("", _AGAIN),
    "poster_hours": ("確認を待つ時間", "確認を待つ時間は1～168時間にしてください。"),
    "web_checkin_number_once": ("", "ほかの人と同時に送信しました。もう一度送ってください。"),
    "web_checkin_sent_once": ("", "この内容は既に届いています。"),
    # workflow
    "one_reminder_a_day": ("", "この督促は今日もう送りました。"),
    "one_decision_per_town": ("", f"この市町村の決定は、{_TWICE}"),
    "decision_has_document_number": ("文書番号", "文書番号を入力してください。"),
    # evidence
    "evidence_source_slug_key": ("", _READ_AT_ONCE),
    "edition_once_per_region": ("", _READ_AT_ONCE),
    "raw_file_once_in_edition": ("", _READ_AT_ONCE),
    "one_label_per_line": ("", _READ_AT_ONCE),
    "area_once": ("", _READ_AT_ONCE),
    "area_member_once": ("", _READ_AT_ONCE),
    "series_once_in_edition": ("", _READ_AT_ONCE),
    "figure_once_in_series": ("", _READ_AT_ONCE),
    "flow_once_in_edition": ("", _READ_AT_ONCE),
    "boundary_once_in_edition": ("", _READ_AT_ONCE),
    "corrected_once": ("", f"この値の訂正は、{_TWICE}"),
    "correction_has_its_reason": ("訂正の理由", "訂正には理由が必要です。"),
    "edition_withdrawn_with_its_reason": ("理由", "取下げには理由が必要です。"),
    "fetched_table_once": ("統計表ID", f"この統計表は、{_TWICE}"),
    "mapping_once_per_head": ("", f"この見出しの表の対応は、{_TWICE}"),
    "sent_inquiry_has_its_days": ("回答期限", "送付した照会には、照会日と回答期限が必要です。"),
    "one_answer_of_a_town": ("", f"この団体への照会は、{_TWICE}"),
    "answer_version_once": ("", f"この回答は、{_TWICE}"),
    "forecast_title_in_region": ("名称", "同じ名称の将来推計があります。別の名称にしてください。"),
    "one_forecast_in_the_book": ("", f"圏域基礎調査に掲載する将来推計は、{_TWICE}"),
    "demand_rates_once_in_region": ("", f"圏域の需要の率は、{_TWICE}"),
    # programmes
    "rule_answered_once_at_a_time": (
        "いつから",
        "この規則には、同じ期間の回答が既にあります。前の回答に最後の日を入れるか、期間を改めてください。",
    ),
    "answer_has_its_basis": ("根拠", "根拠（条文、通知など）を入力してください。"),
    "city_fact_has_its_basis": ("出典・根拠", "出典・根拠を入力してください。"),
    "one_second_city": ("市", "この市の複眼型の相手は既に登録されています。そちらを直してください。"),
    "one_recognition_a_programme": ("市", "この市の手動認定は既に登録されています。そちらを直してください。"),
    "one_former_city_a_census": (
        "国勢調査の年",
        "この市の、この国勢調査の旧市町村は既に登録されています。そちらを直してください。",
    ),
    "claim_once_an_initiative": (
        "取組",
        "この市町村・年度の同じ取組が既にあります。一つにまとめてください。",
    ),
    "claim_once_a_chosen_initiative": (
        "取組",
        "この市町村・年度の同じ取組が既にあります。一つにまとめてください。",
    ),
    "claimed_revenue_not_negative": ("一般財源（円）", "一般財源は0円以上で入力してください。"),
    "claims_confirmed_once_a_year": ("", f"この年度の確定は、{_TWICE}"),
    "one_plan_a_programme": ("制度", f"この制度の工程は、{_TWICE}"),
    "step_recorded_once": ("", f"この工程の記録は、{_TWICE}"),
    "moved_step_has_its_reason": ("変更の理由", "日を変更した理由を入力してください。"),
    "programmes_calendaraddress_digest_key": (
        "",
        "アドレスを発行できませんでした。もう一度発行してください。",
    ),
    # compacts
    "agreement_slug_in_region": ("", _AGAIN),
    "party_once": ("当事者", "同じ市町村が当事者に二度あります。一つにしてください。"),
    "version_number_once": ("", f"次の版は、{_TWICE}"),
    "annex_key_in_version": ("", _AGAIN),
    "measure_key_in_item": ("", _AGAIN),
    "signs_once": ("", "同じ市町村の署名欄が二つになります。一つにしてください。"),
    "one_resolution_per_town": ("", f"この市町村の議決は、{_TWICE}"),
    "passed_resolution_has_its_day": ("議決日", _PASSED),
    "resolution_not_before_its_bill": ("議決日", _ORDER_OF_DAYS),
    "one_dissolution_per_town": ("", f"この市町村の廃止の議決は、{_TWICE}"),
    "passed_dissolution_has_its_day": ("議決日", _PASSED),
    "dissolution_not_before_its_bill": ("議決日", _ORDER_OF_DAYS),
    "declaration_slug_in_region": ("", _AGAIN),
    "published_declaration_has_its_day": ("宣言日", "公表する宣言には宣言日が必要です。"),
    "declaration_part_once": ("", "宣言書の同じ部分が二つになります。画面を読み直して確かめてください。"),
    "vision_slug_in_region": ("", _AGAIN),
    "only_a_changed_vision_counts_its_changes": ("", "変更の回数は、策定した後のビジョンにだけ付きます。"),
    "goal_key_in_vision": ("", _AGAIN),
    "edition_order_once": ("", f"このビジョンの次の版は、{_TWICE}"),
    "initiative_slug_in_region": ("", _AGAIN),
    "initiative_ends_after_it_starts": ("終了年度", "終了年度が開始年度より前です。"),
    "annex_link_once": ("別表の項", "同じ別表の項が二度選ばれています。"),
    "project_slug_in_initiative": ("", _AGAIN),
    "one_evaluation_a_year": ("", f"この取組・年度・市町村の評価は、{_TWICE}"),
    "own_scale_written_once": ("", f"この評価の尺度は、{_TWICE}"),
    "matter_slug_in_region": ("", _AGAIN),
    "one_voice_a_town": ("", f"この市町村の声は、{_TWICE}"),
    "candidate_slug_in_region": ("", _AGAIN),
    "trial_ends_after_it_starts": ("試行の終了日", "試行の終了日が開始日より前です。"),
    "one_interest_a_town": ("", f"この市町村の関心は、{_TWICE}"),
    "candidate_step_once": ("", f"この取組候補の次の段階は、{_TWICE}"),
    "kpi_slug_in_region": ("", _AGAIN),
    "kpi_target_once_a_year": ("", "同じ年度の目標値が二つになります。一つにしてください。"),
    "kpi_reading_once_a_year": ("", f"この年度の実績値は、{_TWICE}"),
    # activities
    "closing_once_a_year": ("", f"この年度の締切は、{_TWICE}"),
    "activity_slug_in_region": ("", _AGAIN),
    "activity_once_per_origin": ("", "同じもとの記録からの活動が既にあります。"),
    "nothing_done_is_said_once": ("", f"この取組・年度の「実績なし」は、{_TWICE}"),
    "none_is_none": ("", "「実績なし」の記録に数量や日付は付けられません。"),
    "activity_has_a_title": ("活動名", "活動名を入力してください。"),
    "activity_ends_after_it_starts": ("終了日", "終了日が開始日より前です。"),
    "measure_link_once": ("", "同じ別表の取組が二度選ばれています。"),
    "role_link_once": ("", "同じ役割が二度選ばれています。"),
    "count_key_in_activity": ("", _AGAIN),
    "count_not_negative": ("数量", "数量は0以上で入力してください。"),
    "photo_slug_in_region": ("", _AGAIN),
    "public_photo_has_consent": ("公開", "公開する写真には、写っている人の同意が必要です。"),
    # finance
    "grant_slug_in_region": ("", _AGAIN),
    "grant_step_not_negative": ("金額", "金額は0以上で入力してください。"),
    "budget_slug_in_region": ("", _AGAIN),
    "cost_once_per_origin": ("", "同じもとの記録からの費用が既にあります。"),
    "joint_cost_slug_in_region": ("", _AGAIN),
    "joint_cost_years_in_order": ("最後の年度", "最後の年度が最初の年度より前です。"),
    "joint_cost_names_its_holder": ("会計をもつ団体", "会計をもつ団体を選んでください。"),
    "cost_item_not_negative": ("金額", "▲の金額は、補正のときだけ入力できます。"),
    "cost_item_round_of_supplementary": (
        "号数",
        "補正には号数を、ほかの段階には号数なしで入力してください。",
    ),
    "rule_version_once": ("", _AGAIN),
    "rule_years_in_order": ("適用する最後の年度", "最後の年度が最初の年度より前です。"),
    "adopted_rule_has_its_day": ("決定日", "決定した定めには決定日が必要です。"),
    "one_adopted_rule_a_year": (
        "適用する最初の年度",
        "決定済みの定めの年度と重なっています。前の版の適用する最後の年度を確かめてください。",
    ),
    "basis_figure_once": ("", f"この市町村の基礎数値は、{_TWICE}"),
    "basis_figure_not_negative": ("値", "基礎数値は0以上で入力してください。"),
    "one_cost_game_a_year": ("", f"この年度の単独・共同の費用は、{_TWICE}"),
    "allocation_number_once": ("", f"この年度の負担額の決定は、{_TWICE}"),
    "allocation_deducts_no_more_than_its_cost": (
        "",
        "特定財源が経費を超えています。経費の内訳を確かめてください。",
    ),
    "one_share_a_town": ("", f"この負担額の決定は、{_TWICE}"),
    "share_not_negative": ("", "負担額が負になります。経費と定めを確かめてください。"),
    "town_budget_once": ("", f"この市町村のこの段階の予算は、{_TWICE}"),
    "town_budget_round_of_supplementary": (
        "号数",
        "補正には号数を、ほかの段階には号数なしで入力してください。",
    ),
    "town_budget_not_negative": (
        "金額",
        "金額は0円以上、うち特定財源はその金額以下で入力してください。▲は補正・流用・繰越で使います。",
    ),
    "assessment_number_once": ("", _AGAIN),
    "assessed_once_an_allocation": ("", f"この負担額の調定は、{_TWICE}"),
    "assessment_above_nothing": ("金額", "0円の調定はできません。"),
    "instalment_number_once": ("", _AGAIN),
    "instalment_not_negative": ("金額", "納期ごとの金額は0円以上にしてください。"),
    "one_dunning_a_day": ("", "この納期の督促は、この日に発付済みです。"),
    "dunned_for_something": ("", "未納額がないため、督促はできません。"),
    "dunning_days_in_order": ("指定期限", "指定期限が発付日より前です。"),
    "entry_number_once": ("", _AGAIN),
    "posted_once_an_origin": ("", "同じ記帳が既にあります。二重には記帳しません。"),
    "reversal_names_its_entry": ("", "訂正の仕訳には、訂正する仕訳が必要です。"),
    "finance_entry_reverses_id_key": ("", f"この仕訳の訂正は、{_TWICE}"),
    "line_of_something": ("金額", "0円の仕訳はできません。"),
    # documents
    "build_number_once": ("", _AGAIN),
    "one_file_per_format": (
        "",
        "この文書のファイルは、同じ時に別の処理が作成しました。画面を読み直してください。",
    ),
    # disaster
    "support_town_once": ("", _AGAIN),
    "support_town_days_have_a_basis": ("日数の根拠", "日数と根拠は、両方を入力してください。"),
    "support_person_number": ("", _AGAIN),
    "support_person_own_id": ("市町村の番号", "同じ番号の人が名簿にあります。"),
    "support_person_consent_day": ("同意を確認した日", "同意・不同意を確認した日を入力してください。"),
    "support_plan_share_day": ("同意を確認した日", "同意・不同意を確認した日を入力してください。"),
    "disaster_supportplan_person_id_key": ("", _AGAIN),
    "support_body_named_once": ("名称", "同じ名称の提供先があります。"),
    "list_sharing_number": ("", _AGAIN),
    "list_sharing_basis": ("根拠", "災害時の提供は、事案と特に必要な理由を入力してください。"),
    "list_sharing_exercise_names_nobody": ("", "訓練では、個人の名簿を提供できません。"),
    "list_sharing_returned_after": ("返却・消去を確かめた日", "提供した日より前です。"),
    "safety_check_once": ("", _AGAIN),
    "safety_inquiry_number": ("", _AGAIN),
    "safety_inquiry_asker_verified": ("本人確認書類", "照会者の本人確認が済んでいません。"),
    "safety_inquiry_decided": ("", "決定した人と日を記録してください。"),
    "shelter_slug_in_region": ("", _AGAIN),
    "shelter_common_id_once": ("共通ID", "同じ共通IDの避難所があります。共通IDを確かめてください。"),
    "shelter_located": ("緯度", "緯度と経度は、両方を正しい範囲で入力してください。"),
    "shelter_space_named_once": ("名称", "同じ名称のスペースがあります。別の名称にしてください。"),
    "shelter_space_has_area": ("面積", "面積は0より大きい数で入力してください。"),
    "hazard_layer_slug_in_region": ("", _AGAIN),
    "hazard_polygon_once": ("", _AGAIN),
    "district_slug_in_region": ("", _AGAIN),
    "district_vulnerable_residents": ("要配慮者", "要配慮者が居住者より多くなっています。"),
    "district_located": ("緯度", "緯度と経度は、両方を正しい範囲で入力してください。"),
    "scenario_slug_in_region": ("", _AGAIN),
    "evacuation_plan_once": ("", _AGAIN),
    "incident_slug_in_region": ("", _AGAIN),
    "disaster_incident_uid_key": ("", _AGAIN),
    "incident_times_in_order": ("終了日時", "終了日時が、発生（開始）日時より前です。"),
    "duty_one_turn_at_a_time": ("開始", "同じ連絡先の当番の期間が重なります。期間を確かめてください。"),
    "duty_begins_and_ends": ("終了", "終了は、開始より後の日時にしてください。"),
    "wide_area_stay_number": ("", _AGAIN),
    "disaster_warningsource_key_key": ("", _AGAIN),
    "disaster_warningpolling_key_key": ("", _AGAIN),
    "disaster_warningtelegram_digest_key": ("", f"この電文は、{_TWICE}"),
    "disaster_aidcost_transfer_id_key": ("", f"この備蓄の精算額は、応援の費用に{_TWICE}"),
    "warning_source_minutes": ("間隔（分）", "間隔は1分から10分までで入力してください。"),
    "warning_telegram_says_its_mode": ("", "電文の区分と発表日時がありません。"),
    "area_warnings_once": ("", _AGAIN),
    "wide_area_stay_vulnerable": ("うち要配慮者", "要配慮者が全体の人数より多くなっています。"),
    "wide_area_stay_days_in_order": ("最後の日", "最後の日が、最初の日より前です。"),
    "wide_area_stay_names_both": ("", "求める市町村と応じる市町村の両方を入力してください。"),
    "aid_request_number": ("", _AGAIN),
    "aid_request_days_in_order": ("最後の日", "最後の日が、最初の日より前です。"),
    "aid_request_names_both": ("", "求める市町村と応じる市町村の両方を入力してください。"),
    "drill_scenario_slug_in_region": ("", _AGAIN),
    "certificate_setting_once": ("", _AGAIN),
    "certificate_application_number": ("", _AGAIN),
    "certificate_number": ("", _AGAIN),
    "disaster_certificate_uid_key": ("", _AGAIN),
    "certificate_one_in_force": (
        "",
        "この申請には、既に有効な証明書があります。申請の画面を読み直してください。",
    ),
    "disaster_certificate_replaces_id_key": ("", "この証明書は、既に差し替えています。"),
    "certificate_setting_has_its_basis": ("残す年数の根拠", "残す年数の根拠を入力してください。"),
    "certificate_self_reported_dwelling": ("自己判定方式", "自己判定方式は、罹災証明書だけです。"),
    "certificate_asked_after_the_disaster": ("申請日", "申請日は、被災した日以後にしてください。"),
    "certificate_of_a_dwelling_has_a_class": ("", "罹災証明書には、被害の程度が必要です。"),
    "training_case_key_in_region": ("", _AGAIN),
    "disaster_trainingpicture_uid_key": (
        "",
        "この画面からは、既に登録しています。画面を開き直してください。",
    ),
    "victim_number": ("", _AGAIN),
    "victim_consent_has_its_day": ("同意の有無を確かめた日", "同意の有無を確かめた日を入力してください。"),
    "disaster_victimsupport_uid_key": ("", "この画面からは、既に登録しています。画面を開き直してください。"),
    "ledger_use_number": ("", _AGAIN),
    "disaster_ledgeruse_uid_key": ("", "この画面からは、既に登録しています。画面を開き直してください。"),
    "ledger_use_says_what_for": ("目的", "提供先と目的を入力してください。"),
    "ledger_use_was_asked_for": (
        "申請・依頼の文書",
        "他の地方公共団体からの申請・依頼の文書を入力してください。",
    ),
    "training_session_number_in_region": ("", _AGAIN),
    "training_member_number": ("", _AGAIN),
    "training_member_user_once": ("", "この研修会には、既に参加しています。"),
    "training_attempt_once": ("", "この事例の答えは、既に出しています。"),
    "drill_run_speed": ("時間の進み方", "時間の進み方は1倍から60倍までで入力してください。"),
    "disaster_drillrun_incident_id_key": ("", f"この事案の訓練は、{_TWICE}"),
    "inject_seen_once": ("", "この状況付与は、既に確認しています。"),
    "retention_once": ("", f"この市町村の保存期限は、{_TWICE}"),
    "retention_has_its_basis": ("根拠", "保存期限の根拠（規程など）を入力してください。"),
    "entity_state_once": ("", f"この対象の記録は、{_TWICE}"),
    "refused_event_once": ("", f"この記録は、{_TWICE}"),
    "stock_item_slug_in_region": ("", _AGAIN),
    "stock_item_pack_size": ("1箱の入数", "1箱の入数は1以上で入力してください。"),
    "stock_place_slug_in_region": ("", _AGAIN),
    "stock_place_located": ("緯度", "緯度と経度は、両方を正しい範囲で入力してください。"),
    "stock_lot_code_in_region": ("ロット番号", "同じロット番号があります。別の番号にしてください。"),
    "stock_lot_expires_after": ("使用期限", "使用期限が取得日より前です。"),
    "lot_owner_once": ("市町村", "同じ市町村の持分が二つあります。一つにまとめてください。"),
    "lot_owner_has_parts": ("持分", "持分は1以上で入力してください。"),
    "stock_transfer_number": ("", _AGAIN),
    "stock_transfer_between_two": ("", "提供する市町村と受ける市町村が同じです。"),
    "stock_transfer_asked_once": ("", "この画面からは、既に登録しています。画面を開き直してください。"),
    "stock_transfer_ledger": (
        "費用の区分",
        "災害時の相互応援には事案が必要です。平時の共同事業には事案を付けません。",
    ),
    "transfer_line_once": ("品目", "同じ品目が二つあります。一つにまとめてください。"),
    "transfer_line_asks": ("依頼数", "依頼数は1以上、承認数は依頼数以下で入力してください。"),
    "stock_movement_moves": ("数量", "数量は1以上で入力してください。"),
    "stock_movement_posted_once": ("", "この画面からは、既に登録しています。画面を開き直してください。"),
    "stocktake_open_once": ("", "この場所の棚卸は、ほかの人が始めています。その棚卸に入力してください。"),
    "stock_count_posted_once": ("", "この画面からは、既に登録しています。画面を開き直してください。"),
    "stock_target_once": ("", f"この年度の備蓄目標は、{_TWICE}"),
    "stock_target_possible": (
        "公的備蓄の割合",
        "割合は0より大きく1以下、日数と避難所の数は1以上、床面積は0より大きい値で入力してください。",
    ),
    "disaster_itemmeasure_item_id_key": ("", f"この品目の換算は、{_TWICE}"),
    "item_measure_above_nothing": ("1単位の量", "1単位の量は0より大きい値で入力してください。"),
    "one_plan_posts_a_stage": ("", f"この共同経費のこの段階には、{_TWICE}"),
    "posting_not_negative": ("", "計上する金額は0円以上にしてください。"),
    "stock_table_once_a_year": ("", f"この年度の備蓄状況は、{_TWICE}"),
    "stock_table_days_in_order": ("公表日", "公表日が基準日より前です。日付を確かめてください。"),
    "purchase_plan_slug_in_region": ("", _AGAIN),
    "house_number": ("", _AGAIN),
    "disaster_house_uid_key": ("", "この画面からは、既に登録しています。画面を開き直してください。"),
    "house_counts_from_one": ("階数", "階数は1以上で入力してください。"),
    "house_official_was_decided": ("決定した日", "決定した日と決定した者を入力してください。"),
    "house_survey_number": ("", _AGAIN),
    "disaster_housesurvey_uid_key": ("", "この調査は、既に届いています。"),
    "disaster_surveyphoto_uid_key": ("", "この写真は、既に届いています。"),
    "purchase_plan_years": ("年数", "年数は1年から20年までで入力してください。"),
}

#: A piece of what a trigger says, or its name, and what it means.
REFUSALS: Final[dict[str, str]] = {
    "is closed": "この年度は、ほかの人が締め切りました。訂正するには年度を再開してください。",
    "are not in order": "交付金の段階の順序が正しくありません。前の段階の日付を確かめてください。",
    "lacks the one before": "前の段階が記録されていません。前の段階から入力してください。",
    "frozen": "この版は確定しているため、本文を書き換えられません。変更は次の版として作成してください。",
    "does not move from": "ほかの人が先に状態を進めました。画面を読み直して、いまの状態を確かめてください。",
    "open_text": "締結した協定に、確定していない版は加えられません。変更協定で変更してください。",
    "rests_on_resolutions": "すべての当事者の記録がそろっていません。議決等の記録を確かめてください。",
    "rests_on_decisions": "廃止の記録がそろっていません。廃止の議決等の記録を確かめてください。",
    "evidence_stays": "協定の状態のもとになった議決等の記録は変えられません。協定の状態を確かめてください。",
    "bound_parties": "案でなくなった協定の当事者は変えられません。",
    "bound_needs_parties": "当事者が登録されていないため、締結できません。当事者を登録してください。",
    "concluded_means_signed": "署名者のいない当事者があります。署名者を入力してください。",
    "published_declaration": "公表した宣言は変えられません。変更するときは、新しい宣言を作成してください。",
    "is about a house of its incident": "申請の事案・市町村が、家屋と違います。",
    "is of an application of its incident": "証明書の事案・市町村が、申請と違います。",
    "is never changed": "発行した証明書は変えられません。差し替えるときは、新しい証明書を発行してください。",
    "was put to the towns": "照会した定めの内容は変えられません。新しい版を作成してください。",
    "do not add up": "内訳の合計が、もとの額と合いません。入力を確かめてください。",
    "does not balance": "仕訳の借方と貸方が一致していません。入力を確かめてください。",
    "does not reverse": "訂正の仕訳が、もとの仕訳の反対になっていません。画面を読み直してください。",
    "plan_stays": "計算の終わった計画は変えられません。想定を変えて、もう一度計算してください。",
    "plan_adopted_once": "この計画は、既に決定しています。決定した後は変えられません。",
    "a survey stays what it is": "提出した調査の内容は変えられません。訂正するときは、新しい調査を入力してください。",
    "a house stays where it is": "家屋の市町村と整理番号は変えられません。新しい家屋として登録してください。",
    "is of a house of its incident": "調査の事案・市町村が、家屋と違います。",
    "is of a survey of its incident": "写真の事案・市町村が、調査と違います。",
    "official survey is one of the house": "取り下げた調査や、ほかの家屋の調査は採用できません。",
    "stays what it is": "事案の区分（実災害・訓練）は変えられません。別の区分のときは、新しい事案を開設してください。",
    "is that of its incident": "記録の区分（実災害・訓練）が、事案の区分と違います。事案を確かめてください。",
    "is run in an exercise only": "訓練は、訓練として開設した事案だけで実施できます。",
    "is an exercise when": "備蓄の受払の区分（実災害・訓練）が、事案の区分と違います。事案を確かめてください。",
    "is not there in that number": "在庫の数が足りません。在庫を確かめてください。",
    "neither dissolved by its assemblies nor expired": "終了の手続きが記録されていません。先に記録してください。",
}

_GONE = "この記録か、これと結び付く記録を、ほかの人が登録または削除しました。画面を読み直してください。"
_USED = "ほかの記録から使われているため、削除できません。"
_TOO_LONG = "入力が長すぎるか、数が大きすぎます。短くするか、数を確かめてください。"
_MEETING = "ほかの人の保存と重なりました。もう一度保存してください。"

_STAYS = (
    "この記録は、いまの状態ではこのように変えられません。画面を読み直して、いまの状態を確かめてください。"
)

_RETRY = {"40001", "40P01", "55P03"}
_LENGTHS = {"22001", "22003"}
_FOREIGN_KEY, _RAISED, _CONSTRAINTS = "23503", "P0001", {"23505", "23P01", "23514"}


def translated(error: DatabaseError) -> WrongInput | None:
    """What the database's refusal means and what to do; None for a fault of the program."""
    if isinstance(error, ProtectedError | RestrictedError):
        return WrongInput(f"{_USED}{NOTHING}")
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    said: Any = getattr(error.__cause__, "diag", None)
    if state in _CONSTRAINTS and said is not None and said.constraint_name in MEANINGS:
        column, meaning = MEANINGS[said.constraint_name]
        return WrongInput(f"{meaning}{NOTHING}", column=column or None)
    if state in _CONSTRAINTS or state == _RAISED:
        meaning = next((words for piece, words in REFUSALS.items() if piece in str(error)), _STAYS)
        return WrongInput(f"{meaning}{NOTHING}")
    if state == _FOREIGN_KEY:
        return WrongInput(f"{_GONE}{NOTHING}")
    if state in _LENGTHS:
        return WrongInput(f"{_TOO_LONG}{NOTHING}")
    if state in _RETRY:
        return WrongInput(f"{_MEETING}{NOTHING}")
    return None
