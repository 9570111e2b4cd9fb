"""People who need help to evacuate, their plans, whom the list was given to, safety inquiries."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
import keniki.apps.accounts.sealing
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from keniki.apps.accounts.migrating import FirstTables, RowSecurity, TownSecurity


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("disaster", "0003_housing")]
    operations: ClassVar[list[Operation]] = [
        FirstTables([
        migrations.CreateModel(
            name='SupportBody',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('kind', models.CharField(choices=[('fire', '消防機関'), ('police', '都道府県警察'), ('welfare', '民生委員・児童委員'), ('council', '社会福祉協議会'), ('community', '自主防災組織・町内会'), ('care', '福祉専門職・介護事業者'), ('other', 'その他')], max_length=10, verbose_name='種類')),
                ('name', models.CharField(max_length=120, verbose_name='名称')),
                ('in_plan', models.BooleanField(default=False, verbose_name='地域防災計画に定めがある')),
                ('sealed', keniki.apps.accounts.sealing.SealedJSONField(null=True, verbose_name='連絡先')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='提供先から外した日')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region', verbose_name='圏域')),
            ],
            options={
                'verbose_name': '避難支援等関係者',
                'ordering': ('kind', 'name', 'id'),
            },
        ),
        migrations.CreateModel(
            name='ListSharing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('number', models.PositiveIntegerField(verbose_name='番号')),
                ('what', models.CharField(choices=[('list', '名簿'), ('plan', '個別避難計画')], max_length=4, verbose_name='提供するもの')),
                ('basis', models.CharField(choices=[('consent', '本人の同意'), ('ordinance', '条例の定め'), ('disaster', '災害時（同意を要しない）')], max_length=10, verbose_name='根拠')),
                ('ordinance', models.CharField(blank=True, max_length=200, verbose_name='条例')),
                ('mode', models.CharField(blank=True, choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('purpose', models.CharField(max_length=200, verbose_name='目的')),
                ('necessity', models.CharField(blank=True, max_length=300, verbose_name='特に必要な理由')),
                ('shared_on', models.DateField(verbose_name='提供した日')),
                ('document_no', models.CharField(blank=True, max_length=80, verbose_name='文書番号')),
                ('return_by', models.DateField(verbose_name='返却・消去の期限')),
                ('returned_on', models.DateField(blank=True, null=True, verbose_name='返却・消去を確かめた日')),
                ('returned_how', models.CharField(blank=True, max_length=200, verbose_name='返却・消去の方法')),
                ('persons', models.JSONField(default=list, verbose_name='対象者')),
                ('people', models.PositiveIntegerField(default=0, verbose_name='人数')),
                ('would_be', models.PositiveIntegerField(default=0, verbose_name='実災害なら対象となる人数')),
                ('left_out', models.JSONField(default=dict, verbose_name='含めない人数')),
                ('districts', models.JSONField(default=list, verbose_name='地区')),
                ('incident', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='disaster.incident', verbose_name='事案')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region', verbose_name='圏域')),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='disaster.supportbody', verbose_name='提供先')),
            ],
            options={
                'verbose_name': '名簿の提供',
                'ordering': ('-number',),
            },
        ),
        migrations.CreateModel(
            name='SupportPerson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('number', models.PositiveIntegerField(verbose_name='名簿の番号')),
                ('own_id', models.CharField(blank=True, max_length=64, verbose_name='市町村の番号（ハッシュ）')),
                ('sealed', keniki.apps.accounts.sealing.SealedJSONField(null=True, verbose_name='個人に関する内容')),
                ('consent', models.CharField(choices=[('unknown', '未確認'), ('given', '同意'), ('refused', '不同意')], default='unknown', max_length=8, verbose_name='平時の提供への同意')),
                ('consent_on', models.DateField(blank=True, null=True, verbose_name='同意を確認した日')),
                ('listed_on', models.DateField(verbose_name='名簿に載せた日')),
                ('removed_on', models.DateField(blank=True, null=True, verbose_name='名簿から外した日')),
                ('removed_why', models.CharField(blank=True, max_length=20, verbose_name='外した理由')),
                ('erased_on', models.DateField(blank=True, null=True, verbose_name='内容を消去した日')),
                ('district', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='disaster.district', verbose_name='地区')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region', verbose_name='圏域')),
            ],
            options={
                'verbose_name': '避難行動要支援者',
                'ordering': ('number',),
            },
        ),
        migrations.CreateModel(
            name='SafetyCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('state', models.CharField(choices=[('safe', '無事'), ('help', '助けが必要'), ('evacuated', '避難した'), ('unreached', '連絡がつかない')], max_length=10, verbose_name='状況')),
                ('checked_at', models.DateTimeField(verbose_name='確認した日時')),
                ('sealed', keniki.apps.accounts.sealing.SealedJSONField(null=True, verbose_name='個人に関する内容')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='disaster.incident', verbose_name='事案')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region', verbose_name='圏域')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='disaster.supportperson', verbose_name='対象者')),
            ],
            options={
                'verbose_name': '安否確認',
                'ordering': ('person',),
            },
        ),
        migrations.CreateModel(
            name='SupportPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('sealed', keniki.apps.accounts.sealing.SealedJSONField(null=True, verbose_name='個人に関する内容')),
                ('agreed_on', models.DateField(blank=True, null=True, verbose_name='作成に同意した日')),
                ('share', models.CharField(choices=[('unknown', '未確認'), ('given', '同意'), ('refused', '不同意')], default='unknown', max_length=8, verbose_name='計画の提供への同意')),
                ('share_on', models.DateField(blank=True, null=True, verbose_name='提供の同意の確認日')),
                ('helpers_agree', models.BooleanField(default=False, verbose_name='支援する人の全員が提供に同意')),
                ('revised_on', models.DateField(verbose_name='作成・見直しの日')),
                ('review_on', models.DateField(blank=True, null=True, verbose_name='次に見直す日')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='市町村')),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='plan', to='disaster.supportperson', verbose_name='対象者')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region', verbose_name='圏域')),
                ('welfare_shelter', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='disaster.shelter', verbose_name='福祉避難所')),
            ],
            options={
                'verbose_name': '個別避難計画',
                'ordering': ('person',),
            },
        ),
        migrations.CreateModel(
            name='SupportTown',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('ordinance', models.CharField(blank=True, max_length=200, verbose_name='条例の名称と条項')),
                ('ordinance_plan', models.CharField(blank=True, max_length=200, verbose_name='個別避難計画についての条例の名称と条項')),
                ('ordinance_refused', models.BooleanField(default=False, verbose_name='条例により、不同意の人も含めて提供する')),
                ('keep_days', models.PositiveIntegerField(blank=True, null=True, verbose_name='名簿から外した人の記録を残す日数')),
                ('keep_basis', models.CharField(blank=True, max_length=200, verbose_name='日数の根拠')),
                ('web_inquiries', models.BooleanField(default=False, verbose_name='安否情報の照会をウェブで受け付ける')),
                ('inquiry_place', models.CharField(blank=True, max_length=200, verbose_name='安否情報の照会の窓口')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region', verbose_name='圏域')),
            ],
            options={
                'verbose_name': '要支援者名簿の決まり',
            },
        ),
        migrations.CreateModel(
            name='SupportTownEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('ordinance', models.CharField(blank=True, max_length=200, verbose_name='条例の名称と条項')),
                ('ordinance_plan', models.CharField(blank=True, max_length=200, verbose_name='個別避難計画についての条例の名称と条項')),
                ('ordinance_refused', models.BooleanField(default=False, verbose_name='条例により、不同意の人も含めて提供する')),
                ('keep_days', models.PositiveIntegerField(blank=True, null=True, verbose_name='名簿から外した人の記録を残す日数')),
                ('keep_basis', models.CharField(blank=True, max_length=200, verbose_name='日数の根拠')),
                ('web_inquiries', models.BooleanField(default=False, verbose_name='安否情報の照会をウェブで受け付ける')),
                ('inquiry_place', models.CharField(blank=True, max_length=200, verbose_name='安否情報の照会の窓口')),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality', verbose_name='市町村')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='disaster.supporttown')),
                ('region', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region', verbose_name='圏域')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SafetyInquiry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('number', models.PositiveIntegerField(verbose_name='受付番号')),
                ('via', models.CharField(choices=[('window', '窓口'), ('paper', '郵送・書面'), ('web', 'ウェブ')], max_length=8, verbose_name='受付の方法')),
                ('received_at', models.DateTimeField(verbose_name='受付日時')),
                ('relation', models.CharField(max_length=20, verbose_name='続柄・関係')),
                ('sealed', keniki.apps.accounts.sealing.SealedJSONField(null=True, verbose_name='照会の内容')),
                ('state', models.CharField(choices=[('waiting', '本人確認待ち'), ('verified', '回答待ち'), ('answered', '回答済み'), ('withdrawn', '取下げ・不受理')], default='waiting', max_length=10, verbose_name='状態')),
                ('identity', models.CharField(blank=True, choices=[('licence', '運転免許証'), ('card', 'マイナンバーカード'), ('passport', '旅券'), ('residence', '在留カード・特別永住者証明書'), ('public', 'その他の官公署の書類'), ('other', 'その他の方法（やむを得ない理由）')], max_length=10, verbose_name='本人確認書類')),
                ('verified_by', models.CharField(blank=True, max_length=160, verbose_name='本人確認をした人')),
                ('verified_on', models.DateField(blank=True, null=True, verbose_name='本人確認の日')),
                ('answer', keniki.apps.accounts.sealing.SealedJSONField(null=True, verbose_name='回答の内容')),
                ('decided_by', models.CharField(blank=True, max_length=160, verbose_name='決定した人')),
                ('decided_on', models.DateField(blank=True, null=True, verbose_name='決定した日')),
                ('document_no', models.CharField(blank=True, max_length=80, verbose_name='文書番号')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='disaster.incident', verbose_name='事案')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region', verbose_name='圏域')),
            ],
            options={
                'verbose_name': '安否情報の照会',
                'ordering': ('-number',),
                'constraints': [models.UniqueConstraint(fields=('incident', 'municipality', 'number'), name='safety_inquiry_number'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['verified', 'answered']), _negated=True), models.Q(('identity', ''), _negated=True), _connector='OR'), name='safety_inquiry_asker_verified'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'answered'), _negated=True), models.Q(('decided_on__isnull', False), models.Q(('decided_by', ''), _negated=True)), _connector='OR'), name='safety_inquiry_decided')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='safetyinquiry',
            trigger=pgtrigger.compiler.Trigger(name='mode_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='5974e458065ea63bbad18af7491f074ed5fb4717', operation='INSERT', pgid='pgtrigger_mode_insert_f7c9a', table='disaster_safetyinquiry', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='safetyinquiry',
            trigger=pgtrigger.compiler.Trigger(name='mode_update', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = OLD.incident_id AND i.mode = OLD.mode AND i.region_id = OLD.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\n\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='02701d5392c4bc361f21dceca8d9fb10241389f8', operation='UPDATE', pgid='pgtrigger_mode_update_4ab50', table='disaster_safetyinquiry', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='supportbody',
            constraint=models.UniqueConstraint(fields=('region', 'municipality', 'name'), name='support_body_named_once'),
        ),
        migrations.AddConstraint(
            model_name='listsharing',
            constraint=models.UniqueConstraint(fields=('region', 'municipality', 'number'), name='list_sharing_number'),
        ),
        migrations.AddConstraint(
            model_name='listsharing',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('basis', 'disaster'), ('incident__isnull', False), models.Q(('mode', ''), _negated=True), models.Q(('necessity', ''), _negated=True)), models.Q(models.Q(('basis', 'disaster'), _negated=True), ('incident', None), ('mode', '')), _connector='OR'), name='list_sharing_basis'),
        ),
        migrations.AddConstraint(
            model_name='listsharing',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mode', 'exercise'), _negated=True), models.Q(('people', 0), ('persons', [])), _connector='OR'), name='list_sharing_exercise_names_nobody'),
        ),
        migrations.AddConstraint(
            model_name='listsharing',
            constraint=models.CheckConstraint(condition=models.Q(('returned_on', None), ('returned_on__gte', models.F('shared_on')), _connector='OR'), name='list_sharing_returned_after'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='listsharing',
            trigger=pgtrigger.compiler.Trigger(name='mode_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NEW.incident_id IS NOT NULL AND NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='54208f45939ecd004be10d8e72b371e46e447ce4', operation='INSERT', pgid='pgtrigger_mode_insert_b2255', table='disaster_listsharing', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='listsharing',
            trigger=pgtrigger.compiler.Trigger(name='mode_update', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF OLD.incident_id IS NOT NULL AND NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = OLD.incident_id AND i.mode = OLD.mode AND i.region_id = OLD.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\n\nIF NEW.incident_id IS NOT NULL AND NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='eac6bd9d8a8285eaa9b60894a15a1c534d0e117f', operation='UPDATE', pgid='pgtrigger_mode_update_98565', table='disaster_listsharing', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='supportperson',
            constraint=models.UniqueConstraint(fields=('region', 'municipality', 'number'), name='support_person_number'),
        ),
        migrations.AddConstraint(
            model_name='supportperson',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('own_id', ''), _negated=True), ('removed_on', None)), fields=('region', 'municipality', 'own_id'), name='support_person_own_id'),
        ),
        migrations.AddConstraint(
            model_name='supportperson',
            constraint=models.CheckConstraint(condition=models.Q(('consent', 'unknown'), ('consent_on__isnull', False), _connector='OR'), name='support_person_consent_day'),
        ),
        migrations.AddConstraint(
            model_name='safetycheck',
            constraint=models.UniqueConstraint(fields=('incident', 'person'), name='safety_check_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='safetycheck',
            trigger=pgtrigger.compiler.Trigger(name='mode_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='78bec6b281549084cf60a9fcc947f68e58530f0e', operation='INSERT', pgid='pgtrigger_mode_insert_05cb8', table='disaster_safetycheck', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='safetycheck',
            trigger=pgtrigger.compiler.Trigger(name='mode_update', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = OLD.incident_id AND i.mode = OLD.mode AND i.region_id = OLD.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\n\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='a431374a3af56c6c5ace9e36055a2e103774e0a5', operation='UPDATE', pgid='pgtrigger_mode_update_bc2e8', table='disaster_safetycheck', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='supportplan',
            constraint=models.CheckConstraint(condition=models.Q(('share', 'unknown'), ('share_on__isnull', False), _connector='OR'), name='support_plan_share_day'),
        ),
        migrations.AddConstraint(
            model_name='supporttown',
            constraint=models.UniqueConstraint(fields=('region', 'municipality'), name='support_town_once'),
        ),
        migrations.AddConstraint(
            model_name='supporttown',
            constraint=models.CheckConstraint(condition=models.Q(('keep_days', None), models.Q(('keep_basis', ''), _negated=True), _connector='OR'), name='support_town_days_have_a_basis'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supporttown',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "disaster_supporttownevent" ("changed_at", "id", "inquiry_place", "keep_basis", "keep_days", "municipality_id", "ordinance", "ordinance_plan", "ordinance_refused", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "version", "web_inquiries") VALUES (NEW."changed_at", NEW."id", NEW."inquiry_place", NEW."keep_basis", NEW."keep_days", NEW."municipality_id", NEW."ordinance", NEW."ordinance_plan", NEW."ordinance_refused", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."region_id", NEW."version", NEW."web_inquiries"); RETURN NULL;', hash='d749e09a79015cfd49eb894ebc6c2be8c17a3f36', operation='INSERT', pgid='pgtrigger_insert_insert_0550c', table='disaster_supporttown', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supporttown',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "disaster_supporttownevent" ("changed_at", "id", "inquiry_place", "keep_basis", "keep_days", "municipality_id", "ordinance", "ordinance_plan", "ordinance_refused", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "version", "web_inquiries") VALUES (NEW."changed_at", NEW."id", NEW."inquiry_place", NEW."keep_basis", NEW."keep_days", NEW."municipality_id", NEW."ordinance", NEW."ordinance_plan", NEW."ordinance_refused", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."region_id", NEW."version", NEW."web_inquiries"); RETURN NULL;', hash='0945d8350dac9c4159c40fe05302b9ec6ec6f349', operation='UPDATE', pgid='pgtrigger_update_update_4cfba', table='disaster_supporttown', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supporttown',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "disaster_supporttownevent" ("changed_at", "id", "inquiry_place", "keep_basis", "keep_days", "municipality_id", "ordinance", "ordinance_plan", "ordinance_refused", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "version", "web_inquiries") VALUES (OLD."changed_at", OLD."id", OLD."inquiry_place", OLD."keep_basis", OLD."keep_days", OLD."municipality_id", OLD."ordinance", OLD."ordinance_plan", OLD."ordinance_refused", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."region_id", OLD."version", OLD."web_inquiries"); RETURN NULL;', hash='bcbd20a21450f738e56a5e9a02d42095b89a82ff', operation='DELETE', pgid='pgtrigger_delete_delete_282c3', table='disaster_supporttown', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='supporttownevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='131ce8211d9c03cb85b349b0d6749ba35bb0d92a', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_44c21', table='disaster_supporttownevent', when='BEFORE')),
        ),
    ]),
        RowSecurity(
            "supporttown", "supporttownevent", "supportperson", "supportplan", "supportbody", "listsharing",
            "safetycheck", "safetyinquiry",
        ),
        TownSecurity("supportperson", "supportplan", "supportbody", "listsharing", "safetycheck", "safetyinquiry"),
    ]
