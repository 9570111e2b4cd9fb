"""Devices, cards and sheets of the reception, bundles that were read, check-ins by web form."""

import django.db.models.deletion
import keniki.apps.accounts.sealing
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models
from keniki.apps.accounts.migrating import FirstTables, RowSecurity, TownSecurity


class Migration(migrations.Migration):

    dependencies = [
        ('disaster', '0001_tables'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('regions', '0002_arrangements'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        FirstTables([
        migrations.CreateModel(
            name='CardBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('first', models.PositiveIntegerField(verbose_name='最初の番号')),
                ('size', models.PositiveIntegerField(verbose_name='枚数')),
                ('made_by', models.CharField(max_length=120, verbose_name='作成した人')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='作成日時')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region', verbose_name='圏域')),
            ],
            options={
                'verbose_name': '受付カードの束',
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='Card',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('number', models.PositiveIntegerField(verbose_name='番号')),
                ('token', models.CharField(max_length=12, unique=True, verbose_name='コード')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cards', to='disaster.cardbatch')),
            ],
            options={
                'verbose_name': '受付カード',
                'ordering': ('number',),
            },
        ),
        migrations.CreateModel(
            name='CardBatchEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('first', models.PositiveIntegerField(verbose_name='最初の番号')),
                ('size', models.PositiveIntegerField(verbose_name='枚数')),
                ('made_by', models.CharField(max_length=120, verbose_name='作成した人')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='作成日時')),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality', verbose_name='市町村')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='disaster.cardbatch')),
                ('region', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region', verbose_name='圏域')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('device', models.CharField(max_length=40, verbose_name='端末の番号')),
                ('name', models.CharField(max_length=80, verbose_name='名称')),
                ('public_key', models.CharField(max_length=100, verbose_name='公開鍵')),
                ('registered_by', models.CharField(max_length=120, verbose_name='登録した人')),
                ('registered_at', models.DateTimeField(auto_now_add=True, verbose_name='登録日時')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='登録抹消')),
                ('revoked_by', models.CharField(blank=True, max_length=120, verbose_name='抹消した人')),
                ('revoked_reason', models.CharField(blank=True, max_length=200, verbose_name='抹消の理由')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region', verbose_name='圏域')),
            ],
            options={
                'verbose_name': '受付の端末',
                'ordering': ('municipality', 'name', 'id'),
            },
        ),
        migrations.CreateModel(
            name='BundleRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('bundle', models.UUIDField(verbose_name='ファイルの番号')),
                ('digest', models.CharField(max_length=64, verbose_name='内容のハッシュ')),
                ('serial', models.PositiveIntegerField(verbose_name='通し番号')),
                ('header', models.JSONField(default=dict, verbose_name='表書き')),
                ('counts', models.JSONField(default=dict, verbose_name='件数')),
                ('actor_name', models.CharField(max_length=120, verbose_name='読み込んだ人')),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='読込日時')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='bundles', to='disaster.incident', verbose_name='事案')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bundles', to='disaster.device', verbose_name='端末')),
            ],
            options={
                'verbose_name': '持ち運びファイルの読込',
                'ordering': ('-at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='DeviceEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('device', models.CharField(max_length=40, verbose_name='端末の番号')),
                ('name', models.CharField(max_length=80, verbose_name='名称')),
                ('public_key', models.CharField(max_length=100, verbose_name='公開鍵')),
                ('registered_by', models.CharField(max_length=120, verbose_name='登録した人')),
                ('registered_at', models.DateTimeField(auto_now_add=True, verbose_name='登録日時')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='登録抹消')),
                ('revoked_by', models.CharField(blank=True, max_length=120, verbose_name='抹消した人')),
                ('revoked_reason', models.CharField(blank=True, max_length=200, verbose_name='抹消の理由')),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality', verbose_name='市町村')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='disaster.device')),
                ('region', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region', verbose_name='圏域')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PaperSheet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('number', models.PositiveIntegerField(verbose_name='番号')),
                ('token', models.CharField(max_length=9, unique=True, verbose_name='コード')),
                ('lines', models.PositiveSmallIntegerField(verbose_name='行数')),
                ('made_by', models.CharField(max_length=120, verbose_name='作成した人')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='作成日時')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region')),
            ],
            options={
                'verbose_name': '受付簿の用紙',
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='ShelterPoster',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('token', models.CharField(max_length=40, unique=True, verbose_name='アドレスの鍵')),
                ('keep_hours', models.PositiveSmallIntegerField(default=24, verbose_name='確認を待つ時間')),
                ('opened_by', models.CharField(max_length=120, verbose_name='開いた人')),
                ('opened_at', models.DateTimeField(auto_now_add=True, verbose_name='開いた日時')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='閉じた日時')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='posters', to='disaster.incident', verbose_name='事案')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region', verbose_name='圏域')),
                ('shelter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='disaster.shelter', verbose_name='避難所')),
            ],
            options={
                'verbose_name': '受付フォーム',
                'ordering': ('shelter', '-id'),
            },
        ),
        migrations.CreateModel(
            name='ShelterPosterEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('token', models.CharField(max_length=40, verbose_name='アドレスの鍵')),
                ('keep_hours', models.PositiveSmallIntegerField(default=24, verbose_name='確認を待つ時間')),
                ('opened_by', models.CharField(max_length=120, verbose_name='開いた人')),
                ('opened_at', models.DateTimeField(auto_now_add=True, verbose_name='開いた日時')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='閉じた日時')),
                ('incident', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='disaster.incident', verbose_name='事案')),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality', verbose_name='市町村')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='disaster.shelterposter')),
                ('region', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region', verbose_name='圏域')),
                ('shelter', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='disaster.shelter', verbose_name='避難所')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='WebCheckin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('real', '実災害'), ('exercise', '訓練')], max_length=10, verbose_name='区分')),
                ('number', models.PositiveIntegerField(verbose_name='番号')),
                ('ident', models.CharField(max_length=16, verbose_name='送信の番号')),
                ('people', models.PositiveSmallIntegerField(verbose_name='人数')),
                ('sealed', keniki.apps.accounts.sealing.SealedJSONField(null=True, verbose_name='内容')),
                ('state', models.CharField(choices=[('waiting', '確認待ち'), ('confirmed', '受付済み'), ('refused', '受け付けない')], default='waiting', max_length=10, verbose_name='状態')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='理由')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='受信日時')),
                ('expires_at', models.DateTimeField(verbose_name='消去の日時')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='確認日時')),
                ('decided_by', models.CharField(blank=True, max_length=120, verbose_name='確認した人')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='disaster.incident')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality')),
                ('poster', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checkins', to='disaster.shelterposter')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region')),
            ],
            options={
                'verbose_name': '確認待ちの受付',
                'ordering': ('id',),
            },
        ),
        migrations.AddConstraint(
            model_name='cardbatch',
            constraint=models.UniqueConstraint(fields=('region', 'municipality', 'mode', 'first'), name='card_batch_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='cardbatch',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "disaster_cardbatchevent" ("changed_at", "first", "id", "made_at", "made_by", "mode", "municipality_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "size", "version") VALUES (NEW."changed_at", NEW."first", NEW."id", NEW."made_at", NEW."made_by", NEW."mode", NEW."municipality_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."region_id", NEW."size", NEW."version"); RETURN NULL;', hash='3469bccec35945e5c78dbd055af274d909dc986b', operation='INSERT', pgid='pgtrigger_insert_insert_9558a', table='disaster_cardbatch', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='cardbatch',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "disaster_cardbatchevent" ("changed_at", "first", "id", "made_at", "made_by", "mode", "municipality_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "size", "version") VALUES (NEW."changed_at", NEW."first", NEW."id", NEW."made_at", NEW."made_by", NEW."mode", NEW."municipality_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."region_id", NEW."size", NEW."version"); RETURN NULL;', hash='8a936ce1a033e2979648c5b3c8774130d61139b3', operation='UPDATE', pgid='pgtrigger_update_update_168cf', table='disaster_cardbatch', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='cardbatch',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "disaster_cardbatchevent" ("changed_at", "first", "id", "made_at", "made_by", "mode", "municipality_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "size", "version") VALUES (OLD."changed_at", OLD."first", OLD."id", OLD."made_at", OLD."made_by", OLD."mode", OLD."municipality_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."region_id", OLD."size", OLD."version"); RETURN NULL;', hash='02148f76a88b0d22ed4b143c93f73e50d3b636f6', operation='DELETE', pgid='pgtrigger_delete_delete_85241', table='disaster_cardbatch', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.UniqueConstraint(fields=('region', 'municipality', 'mode', 'number'), name='card_number_once'),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mode', 'real'), ('token__startswith', 'R')), models.Q(('mode', 'exercise'), ('token__startswith', 'T')), _connector='OR'), name='card_of_its_mode'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='card',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='608e9610f9e4d51ba49f504ff3cc5bca94e3b321', operation='UPDATE', pgid='pgtrigger_append_only_79253', table='disaster_card', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='cardbatchevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='b3a4565c164c81ef5def746b6e15aae5844970e7', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d9aba', table='disaster_cardbatchevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.UniqueConstraint(fields=('region', 'device'), name='device_once_in_region'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='device',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "disaster_deviceevent" ("changed_at", "device", "id", "municipality_id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_key", "region_id", "registered_at", "registered_by", "revoked_at", "revoked_by", "revoked_reason", "version") VALUES (NEW."changed_at", NEW."device", NEW."id", NEW."municipality_id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."public_key", NEW."region_id", NEW."registered_at", NEW."registered_by", NEW."revoked_at", NEW."revoked_by", NEW."revoked_reason", NEW."version"); RETURN NULL;', hash='691b281c297d05b6010c06a92aeb8e45ca1e2606', operation='INSERT', pgid='pgtrigger_insert_insert_c3b54', table='disaster_device', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='device',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "disaster_deviceevent" ("changed_at", "device", "id", "municipality_id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_key", "region_id", "registered_at", "registered_by", "revoked_at", "revoked_by", "revoked_reason", "version") VALUES (NEW."changed_at", NEW."device", NEW."id", NEW."municipality_id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."public_key", NEW."region_id", NEW."registered_at", NEW."registered_by", NEW."revoked_at", NEW."revoked_by", NEW."revoked_reason", NEW."version"); RETURN NULL;', hash='b8f265bd4a6a87ce583a9f4a34f8c3581272d7cb', operation='UPDATE', pgid='pgtrigger_update_update_6b0a1', table='disaster_device', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='device',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "disaster_deviceevent" ("changed_at", "device", "id", "municipality_id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_key", "region_id", "registered_at", "registered_by", "revoked_at", "revoked_by", "revoked_reason", "version") VALUES (OLD."changed_at", OLD."device", OLD."id", OLD."municipality_id", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."public_key", OLD."region_id", OLD."registered_at", OLD."registered_by", OLD."revoked_at", OLD."revoked_by", OLD."revoked_reason", OLD."version"); RETURN NULL;', hash='86b7f05f477499f19b9104c27071a1b6b4912a7a', operation='DELETE', pgid='pgtrigger_delete_delete_46d98', table='disaster_device', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='bundleread',
            constraint=models.UniqueConstraint(fields=('region', 'bundle'), name='bundle_read_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='bundleread',
            trigger=pgtrigger.compiler.Trigger(name='mode_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='94727833935b81187b15f46d1eaebcd37254d920', operation='INSERT', pgid='pgtrigger_mode_insert_22d6c', table='disaster_bundleread', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='bundleread',
            trigger=pgtrigger.compiler.Trigger(name='mode_update', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = OLD.incident_id AND i.mode = OLD.mode AND i.region_id = OLD.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\n\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='200b829dcf0b95298e59c595ece7e7b738498cc3', operation='UPDATE', pgid='pgtrigger_mode_update_aab25', table='disaster_bundleread', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='bundleread',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7347bfeb5d2c40bc64a8541326995edd1809cfe4', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_8af9b', table='disaster_bundleread', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='deviceevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='36a373a288be72d8390aba1fe34a54f59587d7e3', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6b953', table='disaster_deviceevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='papersheet',
            constraint=models.UniqueConstraint(fields=('region', 'municipality', 'mode', 'number'), name='paper_sheet_number_once'),
        ),
        migrations.AddConstraint(
            model_name='papersheet',
            constraint=models.CheckConstraint(condition=models.Q(('lines__gte', 1), ('lines__lte', 99)), name='paper_sheet_lines'),
        ),
        migrations.AddConstraint(
            model_name='papersheet',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mode', 'real'), ('token__startswith', 'R')), models.Q(('mode', 'exercise'), ('token__startswith', 'T')), _connector='OR'), name='paper_sheet_of_its_mode'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='papersheet',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='15d38a49ae560ac2de42989d480fd3d53148ed1a', operation='UPDATE', pgid='pgtrigger_append_only_4a5e0', table='disaster_papersheet', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='shelterposter',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('incident', 'shelter'), name='one_open_poster'),
        ),
        migrations.AddConstraint(
            model_name='shelterposter',
            constraint=models.CheckConstraint(condition=models.Q(('keep_hours__gte', 1), ('keep_hours__lte', 168)), name='poster_hours'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='shelterposter',
            trigger=pgtrigger.compiler.Trigger(name='mode_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='88f8b0de5bed8e376f9a1715e79d4904f76db2ea', operation='INSERT', pgid='pgtrigger_mode_insert_9c5a9', table='disaster_shelterposter', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='shelterposter',
            trigger=pgtrigger.compiler.Trigger(name='mode_update', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = OLD.incident_id AND i.mode = OLD.mode AND i.region_id = OLD.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\n\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='39b7bbf4e840a13b2fd629df1e145ee8ebeecd67', operation='UPDATE', pgid='pgtrigger_mode_update_bffa7', table='disaster_shelterposter', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='shelterposter',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "disaster_shelterposterevent" ("changed_at", "closed_at", "id", "incident_id", "keep_hours", "mode", "municipality_id", "opened_at", "opened_by", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "shelter_id", "token", "version") VALUES (NEW."changed_at", NEW."closed_at", NEW."id", NEW."incident_id", NEW."keep_hours", NEW."mode", NEW."municipality_id", NEW."opened_at", NEW."opened_by", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."region_id", NEW."shelter_id", NEW."token", NEW."version"); RETURN NULL;', hash='a963cdbd96caac65ba4c8d2652ced70e2f5a16d3', operation='INSERT', pgid='pgtrigger_insert_insert_c450e', table='disaster_shelterposter', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='shelterposter',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "disaster_shelterposterevent" ("changed_at", "closed_at", "id", "incident_id", "keep_hours", "mode", "municipality_id", "opened_at", "opened_by", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "shelter_id", "token", "version") VALUES (NEW."changed_at", NEW."closed_at", NEW."id", NEW."incident_id", NEW."keep_hours", NEW."mode", NEW."municipality_id", NEW."opened_at", NEW."opened_by", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."region_id", NEW."shelter_id", NEW."token", NEW."version"); RETURN NULL;', hash='67431d07ae60fb0431d6eaedcf207e2f29febe19', operation='UPDATE', pgid='pgtrigger_update_update_56c6b', table='disaster_shelterposter', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='shelterposter',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "disaster_shelterposterevent" ("changed_at", "closed_at", "id", "incident_id", "keep_hours", "mode", "municipality_id", "opened_at", "opened_by", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "shelter_id", "token", "version") VALUES (OLD."changed_at", OLD."closed_at", OLD."id", OLD."incident_id", OLD."keep_hours", OLD."mode", OLD."municipality_id", OLD."opened_at", OLD."opened_by", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."region_id", OLD."shelter_id", OLD."token", OLD."version"); RETURN NULL;', hash='fc8c2e8a39d3098b0455c1a3367c4ea98025a6d7', operation='DELETE', pgid='pgtrigger_delete_delete_9ee02', table='disaster_shelterposter', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='shelterposterevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='54c72f79ec016021857b27b76ea237891c345beb', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_79d74', table='disaster_shelterposterevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='webcheckin',
            constraint=models.UniqueConstraint(fields=('poster', 'number'), name='web_checkin_number_once'),
        ),
        migrations.AddConstraint(
            model_name='webcheckin',
            constraint=models.UniqueConstraint(fields=('poster', 'ident'), name='web_checkin_sent_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='webcheckin',
            trigger=pgtrigger.compiler.Trigger(name='mode_insert', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='fed14b4f426b3cfa23c1b2e7230210260c1fe20f', operation='INSERT', pgid='pgtrigger_mode_insert_57c64', table='disaster_webcheckin', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='webcheckin',
            trigger=pgtrigger.compiler.Trigger(name='mode_update', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE in_scope text := current_setting('keniki.regions', true);", func="PERFORM set_config('keniki.regions', '*', true);\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = OLD.incident_id AND i.mode = OLD.mode AND i.region_id = OLD.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\n\nIF NOT EXISTS (\n    SELECT 1 FROM disaster_incident i\n    WHERE i.id = NEW.incident_id AND i.mode = NEW.mode AND i.region_id = NEW.region_id\n) THEN\n    RAISE EXCEPTION 'the mode of a record is that of its incident' USING ERRCODE = 'check_violation';\nEND IF;\nPERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);\nRETURN NEW;", hash='99588ade2d5224b1ebfbca9bef2f1c3336ed4f8f', operation='UPDATE', pgid='pgtrigger_mode_update_90e25', table='disaster_webcheckin', when='BEFORE')),
        ),
        ]),
        RowSecurity(
            "device",
            "bundleread",
            "cardbatch",
            "card",
            "papersheet",
            "shelterposter",
            "webcheckin",
        ),
        RowSecurity("deviceevent", "cardbatchevent", "shelterposterevent"),
        TownSecurity("webcheckin"),
    ]
