import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from keniki.apps.accounts.migrating import FirstTables, RowSecurity


class Migration(migrations.Migration):

    dependencies = [
        ('compacts', '0002_tables'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('regions', '0002_arrangements'),
    ]

    operations = [
        FirstTables([
        migrations.CreateModel(
            name='Candidate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('source_place', models.CharField(blank=True, max_length=300, verbose_name='出典の箇所')),
                ('source_flag', models.TextField(blank=True, verbose_name='出典の注意')),
                ('slug', models.SlugField(max_length=80)),
                ('order', models.PositiveSmallIntegerField(verbose_name='順序')),
                ('title', models.CharField(max_length=200, verbose_name='取組候補')),
                ('text', models.TextField(blank=True, verbose_name='内容')),
                ('fields', models.JSONField(blank=True, default=list, verbose_name='政策分野')),
                ('role', models.CharField(blank=True, max_length=40, verbose_name='圏域の役割')),
                ('reach', models.CharField(blank=True, max_length=200, verbose_name='効果の及ぶ範囲')),
                ('effect', models.TextField(blank=True, verbose_name='見込まれる効果')),
                ('obstacle', models.TextField(blank=True, verbose_name='支障・整理すべきこと')),
                ('responsible', models.CharField(blank=True, max_length=200, verbose_name='担当する団体')),
                ('stage', models.CharField(choices=[('candidate', '取組候補'), ('studying', '検討中'), ('trial', '試行'), ('project', '事業化'), ('dropped', '見送り')], default='candidate', max_length=10, verbose_name='段階')),
                ('stage_on', models.DateField(blank=True, null=True, verbose_name='段階の日')),
                ('trial_from', models.DateField(blank=True, null=True, verbose_name='試行の開始日')),
                ('trial_to', models.DateField(blank=True, null=True, verbose_name='試行の終了日')),
                ('trial_result', models.TextField(blank=True, verbose_name='試行の結果')),
                ('initiative', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='came_from', to='compacts.initiative', verbose_name='事業化した取組')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='candidates', to='regions.region')),
                ('source', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.sourcedocument', verbose_name='出典')),
            ],
            options={
                'verbose_name': '取組候補',
                'ordering': ('order', 'slug'),
            },
        ),
        migrations.CreateModel(
            name='CandidateEvent',
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
                ('order', models.PositiveSmallIntegerField(verbose_name='順序')),
                ('title', models.CharField(max_length=200, verbose_name='取組候補')),
                ('text', models.TextField(blank=True, verbose_name='内容')),
                ('fields', models.JSONField(blank=True, default=list, verbose_name='政策分野')),
                ('role', models.CharField(blank=True, max_length=40, verbose_name='圏域の役割')),
                ('reach', models.CharField(blank=True, max_length=200, verbose_name='効果の及ぶ範囲')),
                ('effect', models.TextField(blank=True, verbose_name='見込まれる効果')),
                ('obstacle', models.TextField(blank=True, verbose_name='支障・整理すべきこと')),
                ('responsible', models.CharField(blank=True, max_length=200, verbose_name='担当する団体')),
                ('stage', models.CharField(choices=[('candidate', '取組候補'), ('studying', '検討中'), ('trial', '試行'), ('project', '事業化'), ('dropped', '見送り')], default='candidate', max_length=10, verbose_name='段階')),
                ('stage_on', models.DateField(blank=True, null=True, verbose_name='段階の日')),
                ('trial_from', models.DateField(blank=True, null=True, verbose_name='試行の開始日')),
                ('trial_to', models.DateField(blank=True, null=True, verbose_name='試行の終了日')),
                ('trial_result', models.TextField(blank=True, verbose_name='試行の結果')),
                ('initiative', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='compacts.initiative', verbose_name='事業化した取組')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='compacts.candidate')),
                ('region', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region')),
                ('source', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.sourcedocument', verbose_name='出典')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CandidateInterest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('text', models.TextField(blank=True, verbose_name='市町村の言葉')),
                ('proxy', models.BooleanField(default=False, verbose_name='代理入力')),
                ('candidate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='interests', to='compacts.candidate')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality')),
            ],
            options={
                'verbose_name': '市町村の関心',
                'ordering': ('id',),
            },
        ),
        migrations.CreateModel(
            name='CandidateInterestEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('text', models.TextField(blank=True, verbose_name='市町村の言葉')),
                ('proxy', models.BooleanField(default=False, verbose_name='代理入力')),
                ('candidate', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='compacts.candidate')),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='compacts.candidateinterest')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CandidateStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order', models.PositiveSmallIntegerField()),
                ('stage', models.CharField(choices=[('candidate', '取組候補'), ('studying', '検討中'), ('trial', '試行'), ('project', '事業化'), ('dropped', '見送り')], max_length=10, verbose_name='段階')),
                ('on', models.DateField(blank=True, null=True, verbose_name='日')),
                ('reason', models.TextField(blank=True, verbose_name='理由')),
                ('candidate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='compacts.candidate')),
            ],
            options={
                'ordering': ('order',),
            },
        ),
        migrations.CreateModel(
            name='Matter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('source_place', models.CharField(blank=True, max_length=300, verbose_name='出典の箇所')),
                ('source_flag', models.TextField(blank=True, verbose_name='出典の注意')),
                ('slug', models.SlugField(max_length=80)),
                ('order', models.PositiveSmallIntegerField(verbose_name='順序')),
                ('kind', models.CharField(choices=[('issue', '課題'), ('hope', '期待する分野'), ('current', '現状の取組')], max_length=10, verbose_name='区分')),
                ('title', models.CharField(max_length=200, verbose_name='件名')),
                ('text', models.TextField(blank=True, verbose_name='内容')),
                ('fields', models.JSONField(blank=True, default=list, verbose_name='政策分野')),
                ('body', models.CharField(blank=True, max_length=200, verbose_name='実施している団体')),
                ('survey', models.CharField(blank=True, max_length=200, verbose_name='把握の方法（調査名など）')),
                ('surveyed_on', models.DateField(blank=True, null=True, verbose_name='調査等の日')),
                ('precision', models.CharField(choices=[('day', '日'), ('month', '月'), ('year', '年')], default='day', max_length=5, verbose_name='日付の精度')),
                ('indicator', models.CharField(blank=True, max_length=40, verbose_name='根拠となる指標')),
                ('municipality', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality', verbose_name='登録した市町村')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='matters', to='regions.region')),
                ('source', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.sourcedocument', verbose_name='出典')),
            ],
            options={
                'verbose_name': '課題・期待・現状',
                'ordering': ('kind', 'order', 'slug'),
            },
        ),
        migrations.AddField(
            model_name='candidate',
            name='matters',
            field=models.ManyToManyField(blank=True, related_name='candidates', to='compacts.matter', verbose_name='応える課題'),
        ),
        migrations.CreateModel(
            name='MatterEvent',
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
                ('order', models.PositiveSmallIntegerField(verbose_name='順序')),
                ('kind', models.CharField(choices=[('issue', '課題'), ('hope', '期待する分野'), ('current', '現状の取組')], max_length=10, verbose_name='区分')),
                ('title', models.CharField(max_length=200, verbose_name='件名')),
                ('text', models.TextField(blank=True, verbose_name='内容')),
                ('fields', models.JSONField(blank=True, default=list, verbose_name='政策分野')),
                ('body', models.CharField(blank=True, max_length=200, verbose_name='実施している団体')),
                ('survey', models.CharField(blank=True, max_length=200, verbose_name='把握の方法（調査名など）')),
                ('surveyed_on', models.DateField(blank=True, null=True, verbose_name='調査等の日')),
                ('precision', models.CharField(choices=[('day', '日'), ('month', '月'), ('year', '年')], default='day', max_length=5, verbose_name='日付の精度')),
                ('indicator', models.CharField(blank=True, max_length=40, verbose_name='根拠となる指標')),
                ('municipality', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality', verbose_name='登録した市町村')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='compacts.matter')),
                ('region', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region')),
                ('source', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.sourcedocument', verbose_name='出典')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MatterVoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('text', models.TextField(blank=True, verbose_name='市町村の言葉')),
                ('proxy', models.BooleanField(default=False, verbose_name='代理入力')),
                ('matter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='voices', to='compacts.matter')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality')),
            ],
            options={
                'verbose_name': '市町村の声',
                'ordering': ('id',),
            },
        ),
        migrations.CreateModel(
            name='MatterVoiceEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='更新日時')),
                ('text', models.TextField(blank=True, verbose_name='市町村の言葉')),
                ('proxy', models.BooleanField(default=False, verbose_name='代理入力')),
                ('matter', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='compacts.matter')),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='compacts.mattervoice')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='candidateevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='943ad285564085d1da3c6a4afe17dea3a0bd4eb3', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_96dd9', table='compacts_candidateevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='candidateinterest',
            constraint=models.UniqueConstraint(fields=('candidate', 'municipality'), name='one_interest_a_town'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='candidateinterest',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "compacts_candidateinterestevent" ("candidate_id", "changed_at", "id", "municipality_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proxy", "text", "version") VALUES (NEW."candidate_id", NEW."changed_at", NEW."id", NEW."municipality_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."proxy", NEW."text", NEW."version"); RETURN NULL;', hash='ef73e0df3bf71f0a5f21721b945251587ea0c22b', operation='INSERT', pgid='pgtrigger_insert_insert_90f71', table='compacts_candidateinterest', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='candidateinterest',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "compacts_candidateinterestevent" ("candidate_id", "changed_at", "id", "municipality_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proxy", "text", "version") VALUES (NEW."candidate_id", NEW."changed_at", NEW."id", NEW."municipality_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."proxy", NEW."text", NEW."version"); RETURN NULL;', hash='f51b920a0470ad3bf5d0cf555a723d2fad1e08f6', operation='UPDATE', pgid='pgtrigger_update_update_a4cc5', table='compacts_candidateinterest', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='candidateinterest',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "compacts_candidateinterestevent" ("candidate_id", "changed_at", "id", "municipality_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proxy", "text", "version") VALUES (OLD."candidate_id", OLD."changed_at", OLD."id", OLD."municipality_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."proxy", OLD."text", OLD."version"); RETURN NULL;', hash='3ae0bcd0882b4bf3c348599ff427f58a6dfc5dae', operation='DELETE', pgid='pgtrigger_delete_delete_f2939', table='compacts_candidateinterest', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='candidateinterestevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='cef9f68c46e5e75b04948ed562b6432adc40eaf1', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_86f68', table='compacts_candidateinterestevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='candidatestep',
            constraint=models.UniqueConstraint(fields=('candidate', 'order'), name='candidate_step_once'),
        ),
        migrations.AddConstraint(
            model_name='matter',
            constraint=models.UniqueConstraint(fields=('region', 'slug'), name='matter_slug_in_region'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='matter',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "compacts_matterevent" ("body", "changed_at", "fields", "id", "indicator", "kind", "municipality_id", "order", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "precision", "region_id", "slug", "source_flag", "source_id", "source_place", "survey", "surveyed_on", "text", "title", "version") VALUES (NEW."body", NEW."changed_at", NEW."fields", NEW."id", NEW."indicator", NEW."kind", NEW."municipality_id", NEW."order", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."precision", NEW."region_id", NEW."slug", NEW."source_flag", NEW."source_id", NEW."source_place", NEW."survey", NEW."surveyed_on", NEW."text", NEW."title", NEW."version"); RETURN NULL;', hash='2c4090e56d74e96a63003dbf5d6e17fdd3ea5fa2', operation='INSERT', pgid='pgtrigger_insert_insert_76a9d', table='compacts_matter', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='matter',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "compacts_matterevent" ("body", "changed_at", "fields", "id", "indicator", "kind", "municipality_id", "order", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "precision", "region_id", "slug", "source_flag", "source_id", "source_place", "survey", "surveyed_on", "text", "title", "version") VALUES (NEW."body", NEW."changed_at", NEW."fields", NEW."id", NEW."indicator", NEW."kind", NEW."municipality_id", NEW."order", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."precision", NEW."region_id", NEW."slug", NEW."source_flag", NEW."source_id", NEW."source_place", NEW."survey", NEW."surveyed_on", NEW."text", NEW."title", NEW."version"); RETURN NULL;', hash='e5e89ce9c8edac756d8952110bb24abdd3a833e9', operation='UPDATE', pgid='pgtrigger_update_update_8d7a3', table='compacts_matter', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='matter',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "compacts_matterevent" ("body", "changed_at", "fields", "id", "indicator", "kind", "municipality_id", "order", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "precision", "region_id", "slug", "source_flag", "source_id", "source_place", "survey", "surveyed_on", "text", "title", "version") VALUES (OLD."body", OLD."changed_at", OLD."fields", OLD."id", OLD."indicator", OLD."kind", OLD."municipality_id", OLD."order", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."precision", OLD."region_id", OLD."slug", OLD."source_flag", OLD."source_id", OLD."source_place", OLD."survey", OLD."surveyed_on", OLD."text", OLD."title", OLD."version"); RETURN NULL;', hash='a399cb3d752e6b4beb0e3fb200d22661f43717ac', operation='DELETE', pgid='pgtrigger_delete_delete_76250', table='compacts_matter', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='candidate',
            constraint=models.UniqueConstraint(fields=('region', 'slug'), name='candidate_slug_in_region'),
        ),
        migrations.AddConstraint(
            model_name='candidate',
            constraint=models.CheckConstraint(condition=models.Q(('trial_from__isnull', True), ('trial_to__isnull', True), ('trial_to__gte', models.F('trial_from')), _connector='OR'), name='trial_ends_after_it_starts'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='candidate',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "compacts_candidateevent" ("changed_at", "effect", "fields", "id", "initiative_id", "obstacle", "order", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reach", "region_id", "responsible", "role", "slug", "source_flag", "source_id", "source_place", "stage", "stage_on", "text", "title", "trial_from", "trial_result", "trial_to", "version") VALUES (NEW."changed_at", NEW."effect", NEW."fields", NEW."id", NEW."initiative_id", NEW."obstacle", NEW."order", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reach", NEW."region_id", NEW."responsible", NEW."role", NEW."slug", NEW."source_flag", NEW."source_id", NEW."source_place", NEW."stage", NEW."stage_on", NEW."text", NEW."title", NEW."trial_from", NEW."trial_result", NEW."trial_to", NEW."version"); RETURN NULL;', hash='f89ab67872d91ecdc6503ea6a610beab09eed8b9', operation='INSERT', pgid='pgtrigger_insert_insert_80817', table='compacts_candidate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='candidate',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "compacts_candidateevent" ("changed_at", "effect", "fields", "id", "initiative_id", "obstacle", "order", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reach", "region_id", "responsible", "role", "slug", "source_flag", "source_id", "source_place", "stage", "stage_on", "text", "title", "trial_from", "trial_result", "trial_to", "version") VALUES (NEW."changed_at", NEW."effect", NEW."fields", NEW."id", NEW."initiative_id", NEW."obstacle", NEW."order", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reach", NEW."region_id", NEW."responsible", NEW."role", NEW."slug", NEW."source_flag", NEW."source_id", NEW."source_place", NEW."stage", NEW."stage_on", NEW."text", NEW."title", NEW."trial_from", NEW."trial_result", NEW."trial_to", NEW."version"); RETURN NULL;', hash='99553e0c5716a71e6b596dc97026e1cc4889ee35', operation='UPDATE', pgid='pgtrigger_update_update_98bfc', table='compacts_candidate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='candidate',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "compacts_candidateevent" ("changed_at", "effect", "fields", "id", "initiative_id", "obstacle", "order", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reach", "region_id", "responsible", "role", "slug", "source_flag", "source_id", "source_place", "stage", "stage_on", "text", "title", "trial_from", "trial_result", "trial_to", "version") VALUES (OLD."changed_at", OLD."effect", OLD."fields", OLD."id", OLD."initiative_id", OLD."obstacle", OLD."order", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reach", OLD."region_id", OLD."responsible", OLD."role", OLD."slug", OLD."source_flag", OLD."source_id", OLD."source_place", OLD."stage", OLD."stage_on", OLD."text", OLD."title", OLD."trial_from", OLD."trial_result", OLD."trial_to", OLD."version"); RETURN NULL;', hash='736fc0775deb1973a5f7ed67646f23d78f3a36a9', operation='DELETE', pgid='pgtrigger_delete_delete_6dade', table='compacts_candidate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='matterevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='3cd8c9cdfafea39a19183540c384c22e13eb6e8d', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_bf17d', table='compacts_matterevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='mattervoice',
            constraint=models.UniqueConstraint(fields=('matter', 'municipality'), name='one_voice_a_town'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mattervoice',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "compacts_mattervoiceevent" ("changed_at", "id", "matter_id", "municipality_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proxy", "text", "version") VALUES (NEW."changed_at", NEW."id", NEW."matter_id", NEW."municipality_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."proxy", NEW."text", NEW."version"); RETURN NULL;', hash='bb44350a7cc0200911306129a66626aedd691477', operation='INSERT', pgid='pgtrigger_insert_insert_3baf3', table='compacts_mattervoice', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mattervoice',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "compacts_mattervoiceevent" ("changed_at", "id", "matter_id", "municipality_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proxy", "text", "version") VALUES (NEW."changed_at", NEW."id", NEW."matter_id", NEW."municipality_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."proxy", NEW."text", NEW."version"); RETURN NULL;', hash='0c86ea55406f1057227e538d098b56b84c9c9b10', operation='UPDATE', pgid='pgtrigger_update_update_dd0ad', table='compacts_mattervoice', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mattervoice',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "compacts_mattervoiceevent" ("changed_at", "id", "matter_id", "municipality_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proxy", "text", "version") VALUES (OLD."changed_at", OLD."id", OLD."matter_id", OLD."municipality_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."proxy", OLD."text", OLD."version"); RETURN NULL;', hash='be747d17b3c420b0321895eba4e0ec9abcb04bca', operation='DELETE', pgid='pgtrigger_delete_delete_1264e', table='compacts_mattervoice', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mattervoiceevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='0c48d340e95f8edaecfd496d9c43ec1c949d5c99', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_cb882', table='compacts_mattervoiceevent', when='BEFORE')),
        ),
        ]),
        RowSecurity(
            'matter',
            'candidate',
            'matterevent',
            'candidateevent',
        ),
    ]
