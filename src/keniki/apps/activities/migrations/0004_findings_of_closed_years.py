from django.db import migrations

#: Once every fiscal year of an initiative is closed, its 成果と課題 have been reported and stay as they are.
FROZEN = """
CREATE FUNCTION activities_findings_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    in_scope text := current_setting('keniki.regions', true);
    of_initiative bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.initiative_id ELSE OLD.initiative_id END;
    reported boolean;
BEGIN
    PERFORM set_config('keniki.regions', '*', true);
    SELECT i.last_year IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM generate_series(
            coalesce(i.first_year, i.last_year)::int, i.last_year::int
        ) AS asked(year)
        WHERE NOT EXISTS (
            SELECT 1 FROM activities_yearclosing c
            WHERE c.region_id = i.region_id AND c.fiscal_year = asked.year AND c.state = 'closed'
        )
    ) INTO reported FROM compacts_initiative i WHERE i.id = of_initiative;
    PERFORM set_config('keniki.regions', coalesce(in_scope, ''), true);
    IF reported THEN
        RAISE EXCEPTION 'every fiscal year of initiative % is closed', of_initiative
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END;
$$;
CREATE TRIGGER findings_of_closed_years BEFORE INSERT OR UPDATE OR DELETE ON compacts_finding
FOR EACH ROW EXECUTE FUNCTION activities_findings_stay();
"""
FREE = """
DROP TRIGGER findings_of_closed_years ON compacts_finding;
DROP FUNCTION activities_findings_stay();
"""


class Migration(migrations.Migration):
    replaces = [("activities", "0008_findings_of_closed_years")]
    dependencies = [("activities", "0003_tables"), ("compacts", "0002_tables")]
    operations = [migrations.RunSQL(FROZEN, FREE)]
