"""Houses and their surveys with photos."""

import django.db.models.deletion
import keniki.apps.accounts.sealing
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models
from keniki.apps.accounts.migrating import FirstTables, RowSecurity, TownSecurity


class Migration(migrations.Migration):

    dependencies = [
        ('disaster', '0002_reception'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('regions', '0002_arrangements'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        FirstTables([
        migrations.CreateModel(
            name='House',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('number', models.PositiveIntegerField(verbose_name='整理番号')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='番号')),
                ('district', models.CharField(blank=True, max_length=80, verbose_name='地区・町字')),
                ('use', models.CharField(choices=[('residence', '住家'), ('other', '非住家')], default='residence', max_length=10, verbose_name='用途')),
                ('structure', models.CharField(choices=[('wood', '木造'), ('prefab', 'プレハブ'), ('non_wood', '非木造')], default='wood', max_length=10, verbose_name='構造')),
                ('storeys', models.PositiveSmallIntegerField(default=1, verbose_name='階数')),
                ('detached', models.BooleanField(default=True, verbose_name='戸建て')),
                ('hazard', models.CharField(choices=[('earthquake', '地震'), ('flood', '水害'), ('wind', '風害'), ('liquefaction', '液状化等の地盤被害')], max_length=12, verbose_name='災害の種類')),
                ('struck_on', models.DateField(verbose_name='被災した日')),
                ('team', models.CharField(blank=True, max_length=40, verbose_name='調査班')),
                ('sealed', keniki.apps.accounts.sealing.SealedJSONField(null=True, verbose_name='個人に関する内容')),
                ('decided_on', models.DateField(blank=True, null=True, verbose_name='決定した日')),
                ('decided_by', models.CharField(blank=True, max_length=120, verbose_name='決定した者')),
                ('decided_note', models.CharField(blank=True, max_length=300, verbose_name='決定の理由')),
                ('confirmed', models.JSONField(blank=True, default=list, verbose_name='確認した事項')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='houses', to='disaster.incident', verbose_name='事案')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region', verbose_name='圏域')),
            ],
            options={
                'verbose_name': '被災家屋',
                'ordering': ('municipality', 'number'),
            },
        ),
        migrations.CreateModel(
            name='HouseSurvey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='調査の番号')),
                ('number', models.PositiveSmallIntegerField(verbose_name='調査の順')),
                ('round', models.CharField(choices=[('first', '第1次調査'), ('second', '第2次調査'), ('again', '再調査')], max_length=10, verbose_name='調査の回')),
                ('hazard', models.CharField(choices=[('earthquake', '地震'), ('flood', '水害'), ('wind', '風害'), ('liquefaction', '液状化等の地盤被害')], max_length=12, verbose_name='災害の種類')),
                ('surveyed_on', models.DateField(verbose_name='調査した日')),
                ('assessors', models.CharField(max_length=200, verbose_name='調査した職員')),
                ('record', models.JSONField(verbose_name='調査の内容')),
                ('result', models.JSONField(verbose_name='判定の結果')),
                ('class_key', models.CharField(max_length=12, verbose_name='区分')),
                ('percent', models.DecimalField(decimal_places=3, max_digits=7, null=True, verbose_name='損害割合（％）')),
                ('digest', models.CharField(max_length=64, verbose_name='内容のハッシュ')),
                ('sealed', keniki.apps.accounts.sealing.SealedJSONField(null=True, verbose_name='個人に関する内容')),
                ('state', models.CharField(choices=[('submitted', '提出'), ('confirmed', '確認済み'), ('withdrawn', '取下げ')], default='submitted', max_length=10, verbose_name='状態')),
                ('settled_by', models.CharField(blank=True, max_length=120, verbose_name='確認・取下げした者')),
                ('settled_at', models.DateTimeField(null=True, verbose_name='確認・取下げの日時')),
                ('settled_note', models.CharField(blank=True, max_length=300, verbose_name='確認・取下げの理由')),
                ('via', models.CharField(choices=[('page', '画面'), ('device', '端末')], max_length=10, verbose_name='経路')),
                ('device', models.CharField(blank=True, max_length=64, verbose_name='端末')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='受信日時')),
                ('actor_name', models.CharField(blank=True, max_length=120, verbose_name='入力者')),
                ('house', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='surveys', to='disaster.house', verbose_name='家屋')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='disaster.incident', verbose_name='事案')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region', verbose_name='圏域')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '家屋の調査',
                'ordering': ('number',),
            },
        ),
        migrations.CreateModel(
            name='HouseEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('number', models.PositiveIntegerField(verbose_name='整理番号')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, verbose_name='番号')),
                ('district', models.CharField(blank=True, max_length=80, verbose_name='地区・町字')),
                ('use', models.CharField(choices=[('residence', '住家'), ('other', '非住家')], default='residence', max_length=10, verbose_name='用途')),
                ('structure', models.CharField(choices=[('wood', '木造'), ('prefab', 'プレハブ'), ('non_wood', '非木造')], default='wood', max_length=10, verbose_name='構造')),
                ('storeys', models.PositiveSmallIntegerField(default=1, verbose_name='階数')),
                ('detached', models.BooleanField(default=True, verbose_name='戸建て')),
                ('hazard', models.CharField(choices=[('earthquake', '地震'), ('flood', '水害'), ('wind', '風害'), ('liquefaction', '液状化等の地盤被害')], max_length=12, verbose_name='災害の種類')),
                ('struck_on', models.DateField(verbose_name='被災した日')),
                ('team', models.CharField(blank=True, max_length=40, verbose_name='調査班')),
                ('sealed', keniki.apps.accounts.sealing.SealedJSONField(null=True, verbose_name='個人に関する内容')),
                ('decided_on', models.DateField(blank=True, null=True, verbose_name='決定した日')),
                ('decided_by', models.CharField(blank=True, max_length=120, verbose_name='決定した者')),
                ('decided_note', models.CharField(blank=True, max_length=300, verbose_name='決定の理由')),
                ('confirmed', models.JSONField(blank=True, default=list, verbose_name='確認した事項')),
                ('incident', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='disaster.incident', verbose_name='事案')),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality', verbose_name='市町村')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='disaster.house')),
                ('region', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region', verbose_name='圏域')),
                ('official', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='disaster.housesurvey', verbose_name='採用した調査')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='house',
            name='official',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='disaster.housesurvey', verbose_name='採用した調査'),
        ),
        migrations.CreateModel(
            name='SurveyPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='写真の番号')),
                ('part', models.CharField(blank=True, max_length=20, verbose_name='部位')),
                ('digest', models.CharField(max_length=64, verbose_name='ファイルのハッシュ')),
                ('size', models.PositiveIntegerField(verbose_name='大きさ（バイト）')),
                ('width', models.PositiveIntegerField(verbose_name='幅')),
                ('height', models.PositiveIntegerField(verbose_name='高さ')),
                ('sealed', keniki.apps.accounts.sealing.SealedJSONField(null=True, verbose_name='個人に関する内容')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='受信日時')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='disaster.incident', verbose_name='事案')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region', verbose_name='圏域')),
                ('survey', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='photos', to='disaster.housesurvey', verbose_name='調査')),
            ],
            options={
                'verbose_name': '調査の写真',
                'ordering': ('id',),
            },
        ),
        migrations.AddConstraint(
            model_name='housesurvey',
            constraint=models.UniqueConstraint(fields=('house', 'number'), name='house_survey_number'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='housesurvey',
            trigger=pgtrigger.compiler.Trigger(name='mode_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='074815187eee1a9b86fff07059985117c8edde79', operation='INSERT', pgid='pgtrigger_mode_insert_1548f', table='disaster_housesurvey', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='housesurvey',
            trigger=pgtrigger.compiler.Trigger(name='mode_update', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = OLD.incident_id AND i.mode = OLD.mode AND i.region_id = OLD.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\n\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='a3d225add1fc7eab5138908bd219b6fba87a244d', operation='UPDATE', pgid='pgtrigger_mode_update_790e6', table='disaster_housesurvey', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='housesurvey',
            trigger=pgtrigger.compiler.Trigger(name='of_house', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_house h WHERE h.id = NEW.house_id AND h.incident_id = NEW.incident_id\n    AND h.municipality_id = NEW.municipality_id\n) THEN\n    RAISE EXCEPTION 'a survey is of a house of its incident and town' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='748407ca651e5dbbe1a9f2e5eb68b4cb9284e802', operation='INSERT', pgid='pgtrigger_of_house_3459c', table='disaster_housesurvey', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='housesurvey',
            trigger=pgtrigger.compiler.Trigger(name='stays', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF OLD.uid <> NEW.uid OR OLD.house_id <> NEW.house_id OR OLD.record <> NEW.record OR OLD.result <> NEW.result\n    OR OLD.digest <> NEW.digest OR (NEW.sealed IS NOT NULL AND OLD.sealed IS DISTINCT FROM NEW.sealed)\nTHEN\n    RAISE EXCEPTION 'a survey stays what it is' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='0e81ded1f375320f9611780639edb4533f634c5f', operation='UPDATE', pgid='pgtrigger_stays_9820e', table='disaster_housesurvey', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='houseevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='fa8f897e4cd1a7e950ffc31226b36a13510289eb', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_873c9', table='disaster_houseevent', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='house',
            index=models.Index(fields=['incident', 'municipality', 'district'], name='house_in_district'),
        ),
        migrations.AddConstraint(
            model_name='house',
            constraint=models.UniqueConstraint(fields=('incident', 'municipality', 'number'), name='house_number'),
        ),
        migrations.AddConstraint(
            model_name='house',
            constraint=models.CheckConstraint(condition=models.Q(('storeys__gte', 1), ('number__gte', 1)), name='house_counts_from_one'),
        ),
        migrations.AddConstraint(
            model_name='house',
            constraint=models.CheckConstraint(condition=models.Q(('official', None), models.Q(('decided_on__isnull', False), models.Q(('decided_by', ''), _negated=True)), _connector='OR'), name='house_official_was_decided'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='house',
            trigger=pgtrigger.compiler.Trigger(name='mode_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='705dd479e560c384e4a2dda9d62aec32012a07c4', operation='INSERT', pgid='pgtrigger_mode_insert_1649c', table='disaster_house', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='house',
            trigger=pgtrigger.compiler.Trigger(name='mode_update', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = OLD.incident_id AND i.mode = OLD.mode AND i.region_id = OLD.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\n\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='a782e53f93aa3bdef4fe2bd68998380ebe0ef20c', operation='UPDATE', pgid='pgtrigger_mode_update_82f51', table='disaster_house', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='house',
            trigger=pgtrigger.compiler.Trigger(name='stays', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF OLD.uid <> NEW.uid OR OLD.incident_id <> NEW.incident_id OR OLD.municipality_id <> NEW.municipality_id\n    OR OLD.number <> NEW.number\nTHEN\n    RAISE EXCEPTION 'a house stays where it is' USING ERRCODE = 'check_violation';\nEND IF;\n\nIF NEW.official_id IS NOT NULL AND NOT EXISTS (\n    SELECT 1 FROM disaster_housesurvey s WHERE s.id = NEW.official_id AND s.house_id = NEW.id AND s.state <> 'withdrawn'\n) THEN\n    RAISE EXCEPTION 'the official survey is one of the house' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='3ad405f94ac605cf089d87d6ec19adad435f928b', operation='UPDATE', pgid='pgtrigger_stays_a7669', table='disaster_house', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='house',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "disaster_houseevent" ("changed_at", "confirmed", "decided_by", "decided_note", "decided_on", "detached", "district", "hazard", "id", "incident_id", "mode", "municipality_id", "number", "official_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "sealed", "storeys", "struck_on", "structure", "team", "uid", "use", "version") VALUES (NEW."changed_at", NEW."confirmed", NEW."decided_by", NEW."decided_note", NEW."decided_on", NEW."detached", NEW."district", NEW."hazard", NEW."id", NEW."incident_id", NEW."mode", NEW."municipality_id", NEW."number", NEW."official_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."region_id", NEW."sealed", NEW."storeys", NEW."struck_on", NEW."structure", NEW."team", NEW."uid", NEW."use", NEW."version"); RETURN NULL;', hash='6523dcac31b3b74c82ae54adb274216c5accfb11', operation='INSERT', pgid='pgtrigger_insert_insert_b8ef9', table='disaster_house', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='house',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "disaster_houseevent" ("changed_at", "confirmed", "decided_by", "decided_note", "decided_on", "detached", "district", "hazard", "id", "incident_id", "mode", "municipality_id", "number", "official_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "sealed", "storeys", "struck_on", "structure", "team", "uid", "use", "version") VALUES (NEW."changed_at", NEW."confirmed", NEW."decided_by", NEW."decided_note", NEW."decided_on", NEW."detached", NEW."district", NEW."hazard", NEW."id", NEW."incident_id", NEW."mode", NEW."municipality_id", NEW."number", NEW."official_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."region_id", NEW."sealed", NEW."storeys", NEW."struck_on", NEW."structure", NEW."team", NEW."uid", NEW."use", NEW."version"); RETURN NULL;', hash='5758f723b3af0f757dd90a2b14ab1e98b76c06a2', operation='UPDATE', pgid='pgtrigger_update_update_b8173', table='disaster_house', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='house',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "disaster_houseevent" ("changed_at", "confirmed", "decided_by", "decided_note", "decided_on", "detached", "district", "hazard", "id", "incident_id", "mode", "municipality_id", "number", "official_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "sealed", "storeys", "struck_on", "structure", "team", "uid", "use", "version") VALUES (OLD."changed_at", OLD."confirmed", OLD."decided_by", OLD."decided_note", OLD."decided_on", OLD."detached", OLD."district", OLD."hazard", OLD."id", OLD."incident_id", OLD."mode", OLD."municipality_id", OLD."number", OLD."official_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."region_id", OLD."sealed", OLD."storeys", OLD."struck_on", OLD."structure", OLD."team", OLD."uid", OLD."use", OLD."version"); RETURN NULL;', hash='a2822b1efdb9b12663e144a18b7143521f688e22', operation='DELETE', pgid='pgtrigger_delete_delete_512c3', table='disaster_house', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='surveyphoto',
            trigger=pgtrigger.compiler.Trigger(name='mode_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='de2248e0ec533ed8c7a4e8e52e7e0af3f5e2631f', operation='INSERT', pgid='pgtrigger_mode_insert_a5c2d', table='disaster_surveyphoto', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='surveyphoto',
            trigger=pgtrigger.compiler.Trigger(name='mode_update', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = OLD.incident_id AND i.mode = OLD.mode AND i.region_id = OLD.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\n\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='0df19fb668dd55a7c330e634b16347311109e33f', operation='UPDATE', pgid='pgtrigger_mode_update_a40e3', table='disaster_surveyphoto', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='surveyphoto',
            trigger=pgtrigger.compiler.Trigger(name='of_survey', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_housesurvey s WHERE s.id = NEW.survey_id AND s.incident_id = NEW.incident_id\n    AND s.municipality_id = NEW.municipality_id\n) THEN\n    RAISE EXCEPTION 'a photo is of a survey of its incident and town' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='551a64b56d60e5ce930729aa00b1ee399d438ef7', operation='INSERT', pgid='pgtrigger_of_survey_aff2b', table='disaster_surveyphoto', when='BEFORE')),
        ),
        ]),
        RowSecurity("house", "houseevent", "housesurvey", "surveyphoto"),
        TownSecurity("house", "houseevent", "housesurvey", "surveyphoto"),
    ]
