import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from keniki.apps.accounts.migrating import FirstTables, RowSecurity


class Migration(migrations.Migration):

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
        ('regions', '0001_tables'),
    ]

    operations = [
        FirstTables([
        migrations.CreateModel(
            name='Arrangement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('source_place', models.CharField(blank=True, max_length=300, verbose_name='出典の箇所')),
                ('source_flag', models.TextField(blank=True, verbose_name='出典の注意')),
                ('slug', models.SlugField(max_length=80)),
                ('name', models.CharField(max_length=160, verbose_name='名称')),
                ('form', models.CharField(blank=True, max_length=40, verbose_name='形式')),
                ('office', models.TextField(blank=True, verbose_name='共同で処理する事務')),
                ('fields', models.JSONField(blank=True, default=list, verbose_name='政策分野')),
                ('others', models.JSONField(blank=True, default=list, verbose_name='登録にない構成団体')),
                ('since', models.DateField(blank=True, null=True, verbose_name='開始日')),
                ('since_precision', models.CharField(choices=[('day', '日'), ('month', '月'), ('year', '年')], default='day', max_length=5, verbose_name='開始日の精度')),
                ('until', models.DateField(blank=True, null=True, verbose_name='終了日')),
                ('seat', models.CharField(blank=True, max_length=200, verbose_name='事務所の所在地')),
                ('note', models.TextField(blank=True, verbose_name='備考')),
                ('bodies', models.ManyToManyField(blank=True, related_name='arrangements', to='regions.organisation', verbose_name='構成団体（市町村以外）')),
                ('lead', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='受託・幹事の市町村')),
                ('members', models.ManyToManyField(blank=True, related_name='arrangements', to='regions.municipality', verbose_name='構成市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='arrangements', to='regions.region')),
                ('source', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.sourcedocument', verbose_name='出典')),
            ],
            options={
                'verbose_name': '共同処理・連携の仕組み',
                'ordering': ('name', 'slug'),
            },
        ),
        migrations.CreateModel(
            name='ArrangementEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('source_place', models.CharField(blank=True, max_length=300, verbose_name='出典の箇所')),
                ('source_flag', models.TextField(blank=True, verbose_name='出典の注意')),
                ('slug', models.SlugField(db_index=False, max_length=80)),
                ('name', models.CharField(max_length=160, verbose_name='名称')),
                ('form', models.CharField(blank=True, max_length=40, verbose_name='形式')),
                ('office', models.TextField(blank=True, verbose_name='共同で処理する事務')),
                ('fields', models.JSONField(blank=True, default=list, verbose_name='政策分野')),
                ('others', models.JSONField(blank=True, default=list, verbose_name='登録にない構成団体')),
                ('since', models.DateField(blank=True, null=True, verbose_name='開始日')),
                ('since_precision', models.CharField(choices=[('day', '日'), ('month', '月'), ('year', '年')], default='day', max_length=5, verbose_name='開始日の精度')),
                ('until', models.DateField(blank=True, null=True, verbose_name='終了日')),
                ('seat', models.CharField(blank=True, max_length=200, verbose_name='事務所の所在地')),
                ('note', models.TextField(blank=True, verbose_name='備考')),
                ('lead', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality', verbose_name='受託・幹事の市町村')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='regions.arrangement')),
                ('region', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region')),
                ('source', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.sourcedocument', verbose_name='出典')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='arrangement',
            constraint=models.UniqueConstraint(fields=('region', 'slug'), name='arrangement_slug_in_region'),
        ),
        migrations.AddConstraint(
            model_name='arrangement',
            constraint=models.CheckConstraint(condition=models.Q(('since__isnull', True), ('until__isnull', True), ('until__gte', models.F('since')), _connector='OR'), name='arrangement_ends_after_it_starts'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='arrangement',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "regions_arrangementevent" ("changed_at", "fields", "form", "id", "lead_id", "name", "note", "office", "others", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "seat", "since", "since_precision", "slug", "source_flag", "source_id", "source_place", "until", "version") VALUES (NEW."changed_at", NEW."fields", NEW."form", NEW."id", NEW."lead_id", NEW."name", NEW."note", NEW."office", NEW."others", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."region_id", NEW."seat", NEW."since", NEW."since_precision", NEW."slug", NEW."source_flag", NEW."source_id", NEW."source_place", NEW."until", NEW."version"); RETURN NULL;', hash='97e98a9271dbb2d4273c510752fcf4c751ac9208', operation='INSERT', pgid='pgtrigger_insert_insert_5f404', table='regions_arrangement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='arrangement',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "regions_arrangementevent" ("changed_at", "fields", "form", "id", "lead_id", "name", "note", "office", "others", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "seat", "since", "since_precision", "slug", "source_flag", "source_id", "source_place", "until", "version") VALUES (NEW."changed_at", NEW."fields", NEW."form", NEW."id", NEW."lead_id", NEW."name", NEW."note", NEW."office", NEW."others", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."region_id", NEW."seat", NEW."since", NEW."since_precision", NEW."slug", NEW."source_flag", NEW."source_id", NEW."source_place", NEW."until", NEW."version"); RETURN NULL;', hash='ae226b23e46e0e4ad442b573014730c79f7636fb', operation='UPDATE', pgid='pgtrigger_update_update_b3237', table='regions_arrangement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='arrangement',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "regions_arrangementevent" ("changed_at", "fields", "form", "id", "lead_id", "name", "note", "office", "others", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "seat", "since", "since_precision", "slug", "source_flag", "source_id", "source_place", "until", "version") VALUES (OLD."changed_at", OLD."fields", OLD."form", OLD."id", OLD."lead_id", OLD."name", OLD."note", OLD."office", OLD."others", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."region_id", OLD."seat", OLD."since", OLD."since_precision", OLD."slug", OLD."source_flag", OLD."source_id", OLD."source_place", OLD."until", OLD."version"); RETURN NULL;', hash='cce8e16bed28d7ba007103a4683f471d548fa6ca', operation='DELETE', pgid='pgtrigger_delete_delete_e9942', table='regions_arrangement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='arrangementevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a24e746fdd611a6f34a937accfb8d534114141fe', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_a21e7', table='regions_arrangementevent', when='BEFORE')),
        ),
        ]),
        RowSecurity(
            'arrangement',
            'arrangementevent',
        ),
    ]
