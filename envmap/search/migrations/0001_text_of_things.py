"""What can be looked for, as functions of the rows themselves with an index over each: no copy that could lag behind.

`search_grams` cuts a text into its single characters and pairs, so that a GIN index answers for Chinese substrings of one
character and more (a trigram index cannot serve two). `search_initials` gives the first letters of Chinese readings.
"""

from pathlib import Path
from typing import ClassVar

from django.db import migrations

CHARACTERS, LETTERS = (Path(__file__).resolve().parents[1] / "pinyin.txt").read_text(encoding="utf-8").splitlines()[:2]

# Bodies in the standard's own form are bound to what they call when they are made: a restore works with an empty search path.
FUNCTIONS = f"""
CREATE FUNCTION search_grams(whole text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC
    SELECT coalesce(array_agg(DISTINCT gram), '{{}}') FROM (
        SELECT substr(whole, at, wide) AS gram
        FROM generate_series(1, length(whole)) AS places (at), (VALUES (1), (2)) AS widths (wide)
        WHERE at + wide - 1 <= length(whole)) AS grams
    WHERE gram !~ '^\\s|\\s$';
END;
CREATE FUNCTION search_initials(whole text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC
    SELECT translate(whole, '{CHARACTERS}', '{LETTERS}');
END;
CREATE FUNCTION search_feature_text(code text, name text, attributes jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC
    SELECT lower(code || E'\\n' || name || E'\\n' || coalesce(attributes->>'address', '') || E'\\n' || search_initials(name));
END;
CREATE FUNCTION search_titled_text(code text, title text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE BEGIN ATOMIC
    SELECT lower(code || E'\\n' || title || E'\\n' || search_initials(title));
END;
"""

INDEXES = """
CREATE INDEX search_feature ON catalogue_feature USING gin (search_grams(search_feature_text(code, name, attributes)))
    WHERE deleted_at IS NULL;
CREATE INDEX search_station ON sensors_station USING gin (search_grams(search_titled_text(mn, name)));
CREATE INDEX search_issue ON issues_issue USING gin (search_grams(search_titled_text(number, title)));
"""

AWAY = """
DROP INDEX search_feature, search_station, search_issue;
DROP FUNCTION search_titled_text(text, text), search_feature_text(text, text, jsonb);
DROP FUNCTION search_initials(text), search_grams(text);
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("catalogue", "0003_saved_views"),
        ("sensors", "0002_station_notes"),
        ("issues", "0002_citizen_reports"),
        ("orders", "0001_initial"),
    ]
    operations: ClassVar = [
        migrations.RunSQL(FUNCTIONS + INDEXES, AWAY),
    ]
