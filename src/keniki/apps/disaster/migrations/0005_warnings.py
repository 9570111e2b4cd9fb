"""What the weather service was asked, and what became of its telegrams."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models
from keniki.apps.accounts.migrating import FirstTables


class Migration(migrations.Migration):
    dependencies = [
        ("disaster", "0004_support"),
        ("pghistory", "0007_auto_20250421_0444"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        FirstTables([
        migrations.CreateModel(
            name="WarningPolling",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(default="jma", editable=False, max_length=10, unique=True)),
                ("state", models.JSONField(default=dict, verbose_name="取得の状態")),
                ("asked_at", models.DateTimeField(null=True, verbose_name="最後に尋ねた日時")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="最後に答えのあった日時")),
                ("notes", models.JSONField(default=list, verbose_name="気付いたこと")),
                ("towns", models.JSONField(default=list, verbose_name="読んだ市町村")),
            ],
            options={
                "verbose_name": "気象情報の取得の状態",
            },
        ),
        migrations.AddField(
            model_name="aidcost",
            name="transfer",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="claimed",
                to="disaster.stocktransfer",
                verbose_name="備蓄の精算",
            ),
        ),
        migrations.CreateModel(
            name="WarningSource",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="版")),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="更新日時")),
                (
                    "key",
                    models.CharField(
                        default="jma", editable=False, max_length=10, unique=True, verbose_name="取得先"
                    ),
                ),
                ("active", models.BooleanField(default=False, verbose_name="取得する")),
                ("feeds", models.JSONField(default=list, verbose_name="フィード")),
                ("minutes", models.PositiveSmallIntegerField(default=1, verbose_name="間隔（分）")),
                ("switched_at", models.DateTimeField(blank=True, null=True, verbose_name="切り替えた日時")),
                (
                    "switched_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "気象情報の取得",
            },
        ),
        migrations.CreateModel(
            name="WarningSourceEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="版")),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="更新日時")),
                (
                    "key",
                    models.CharField(default="jma", editable=False, max_length=10, verbose_name="取得先"),
                ),
                ("active", models.BooleanField(default=False, verbose_name="取得する")),
                ("feeds", models.JSONField(default=list, verbose_name="フィード")),
                ("minutes", models.PositiveSmallIntegerField(default=1, verbose_name="間隔（分）")),
                ("switched_at", models.DateTimeField(blank=True, null=True, verbose_name="切り替えた日時")),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="disaster.warningsource",
                    ),
                ),
                (
                    "switched_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="WarningTelegram",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="内容のハッシュ")),
                ("file", models.CharField(max_length=200, verbose_name="ファイル名")),
                ("url", models.CharField(blank=True, max_length=500, verbose_name="取得元")),
                (
                    "via",
                    models.CharField(
                        choices=[("feed", "取得"), ("file", "ファイル")], max_length=4, verbose_name="経路"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("taken", "読込み済み"), ("refused", "読み込めない")],
                        max_length=7,
                        verbose_name="結果",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="理由")),
                ("kind", models.CharField(blank=True, max_length=6, verbose_name="電文の種類")),
                (
                    "mode",
                    models.CharField(
                        blank=True,
                        choices=[("real", "実災害"), ("exercise", "訓練")],
                        max_length=10,
                        verbose_name="区分",
                    ),
                ),
                ("status", models.CharField(blank=True, max_length=10, verbose_name="運用種別")),
                ("info_type", models.CharField(blank=True, max_length=10, verbose_name="情報形態")),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="標題")),
                ("headline", models.TextField(blank=True, verbose_name="見出し")),
                ("office", models.CharField(blank=True, max_length=120, verbose_name="発表官署")),
                ("issued_at", models.DateTimeField(null=True, verbose_name="発表日時")),
                ("control_at", models.DateTimeField(null=True, verbose_name="送信日時")),
                ("towns", models.JSONField(default=list, verbose_name="市町村")),
                ("felt", models.JSONField(default=dict, verbose_name="震度")),
                ("problems", models.JSONField(default=list, verbose_name="読めなかった項目")),
                ("content", models.BinaryField(verbose_name="電文")),
                ("received_at", models.DateTimeField(auto_now_add=True, verbose_name="受信日時")),
            ],
            options={
                "verbose_name": "気象の電文",
                "ordering": ("-received_at", "-id"),
                "indexes": [
                    models.Index(fields=["-received_at", "-id"], name="warning_telegram_in_order"),
                    models.Index(fields=["issued_at"], name="warning_telegram_issued"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome", "refused"),
                            models.Q(("mode__in", ("real", "exercise")), ("issued_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="warning_telegram_says_its_mode",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AreaWarnings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("area_code", models.CharField(max_length=14, verbose_name="区域")),
                ("phenomenon", models.CharField(max_length=40, verbose_name="現象")),
                ("replaced", models.BooleanField(default=False)),
                ("at", models.DateTimeField(verbose_name="いつの内容か")),
                ("towns", models.JSONField(default=list, verbose_name="市町村")),
                ("warnings", models.JSONField(default=list, verbose_name="警報・注意報等")),
                (
                    "telegram",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="disaster.warningtelegram",
                    ),
                ),
            ],
            options={
                "verbose_name": "区域の警報・注意報等",
                "ordering": ("area_code", "phenomenon", "replaced"),
            },
        ),
        migrations.AddConstraint(
            model_name="warningsource",
            constraint=models.CheckConstraint(
                condition=models.Q(("minutes__gte", 1), ("minutes__lte", 10)), name="warning_source_minutes"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="warningsource",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "disaster_warningsourceevent" ("active", "changed_at", "feeds", "id", "key", "minutes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "switched_at", "switched_by_id", "version") VALUES (NEW."active", NEW."changed_at", NEW."feeds", NEW."id", NEW."key", NEW."minutes", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."switched_at", NEW."switched_by_id", NEW."version"); RETURN NULL;',
                    hash="201571364d7327e092a45bfba00ee2c899ab3323",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_1472b",
                    table="disaster_warningsource",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="warningsource",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "disaster_warningsourceevent" ("active", "changed_at", "feeds", "id", "key", "minutes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "switched_at", "switched_by_id", "version") VALUES (NEW."active", NEW."changed_at", NEW."feeds", NEW."id", NEW."key", NEW."minutes", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."switched_at", NEW."switched_by_id", NEW."version"); RETURN NULL;',
                    hash="12b85b81c03d82370d80a42c2397f1a11c54c20a",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_d7260",
                    table="disaster_warningsource",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="warningsource",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "disaster_warningsourceevent" ("active", "changed_at", "feeds", "id", "key", "minutes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "switched_at", "switched_by_id", "version") VALUES (OLD."active", OLD."changed_at", OLD."feeds", OLD."id", OLD."key", OLD."minutes", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."switched_at", OLD."switched_by_id", OLD."version"); RETURN NULL;',
                    hash="ed4345b6005601d090a6c024f6eacde9df047c2c",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_5ed95",
                    table="disaster_warningsource",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="warningsourceevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="a58e24334244c171fed891a7c04e78506c5ca5f4",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_19334",
                    table="disaster_warningsourceevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="areawarnings",
            constraint=models.UniqueConstraint(
                fields=("area_code", "phenomenon", "replaced"), name="area_warnings_once"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="areawarnings",
            trigger=pgtrigger.compiler.Trigger(
                name="real",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE in_scope text := current_setting('keniki.regions', true);",
                    func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_warningtelegram t WHERE t.id = NEW.telegram_id AND t.mode = 'real' AND t.outcome = 'taken'\n) THEN\n    RAISE EXCEPTION 'what stands comes from real telegrams alone' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;",
                    hash="f18352b5a65d38e894597d7f4c364ebd8b1fb5fb",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_real_ebbfd",
                    table="disaster_areawarnings",
                    when="BEFORE",
                ),
            ),
        ),
        ]),
    ]
