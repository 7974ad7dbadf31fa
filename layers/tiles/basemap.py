"""The product's own offline basemap: the areas of the database as one GeoJSON document (RFC 7946)."""

from django.db import connection

from layers.catalogue.queries import revision
from layers.catalogue.touches import AREAS

FORMAT = "1"


def basemap_etag() -> str:
    """Differs after every commit that changed an area."""
    return f'"basemap-{FORMAT}-{revision(AREAS)}"'


def basemap() -> str:
    """A FeatureCollection, EPSG:4326 with 5 decimals (a metre): each area with `code`, `kind`, `names`, `schematic`
    and its drawing hints; `attribution` {"zh-hans", "en"} and `bbox` (west, south, east, north) of all of them.

    What lies below comes first: sea, land, flats, waterlines, streams, coast, towns, boundary, names.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH area AS (
                SELECT *, array_position(ARRAY['sea', 'land', 'flat', 'waterline', 'stream', 'coast', 'town', 'district',
                                               'boundary', 'waters', 'village'], kind::text) AS level
                  FROM catalogue_area),
            credit AS (
                SELECT string_agg(zh, ' · ' ORDER BY zh) AS zh, string_agg(en, ' · ' ORDER BY en) AS en
                  FROM (SELECT DISTINCT attribution AS zh, coalesce(drawing ->> 'attribution_en', attribution) AS en
                          FROM area WHERE attribution <> '') AS once),
            box AS (SELECT ST_Extent(geometry) AS box FROM area)
            SELECT json_build_object(
                'type', 'FeatureCollection',
                'attribution', json_build_object('zh-hans', coalesce(credit.zh, ''), 'en', coalesce(credit.en, '')),
                'bbox', CASE WHEN box IS NULL THEN NULL
                             ELSE json_build_array(ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)) END,
                'features', coalesce((
                    SELECT json_agg(json_build_object(
                        'type', 'Feature',
                        'geometry', ST_AsGeoJSON(geometry, 5)::json,
                        'properties', (drawing - 'attribution_en') || jsonb_build_object(
                            'code', code, 'kind', kind, 'schematic', schematic, 'names', jsonb_build_object(
                                'zh-hans', coalesce(names ->> 'zh-hans', names ->> 'en', ''),
                                'en', coalesce(nullif(names ->> 'en', ''), names ->> 'zh-hans', ''))))
                        ORDER BY level, code)
                      FROM area), '[]'::json))::text
              FROM credit, box
            """
        )
        return str(cursor.fetchone()[0])
