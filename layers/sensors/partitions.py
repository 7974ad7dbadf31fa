"""The readings' table in SQL: monthly range partitions and one default for impossible clocks. Used by migration 0001.

Months run by Asia/Shanghai. A month's partition is made by a SECURITY DEFINER function of the owner, because the
application's role may not make tables; it first moves that month's rows out of the default, in the same transaction,
or PostgreSQL would refuse the new partition.
"""

CREATE = """
CREATE TABLE sensors_reading (
    station_id bigint NOT NULL REFERENCES sensors_station (id) DEFERRABLE INITIALLY DEFERRED,
    factor varchar(40) NOT NULL,
    kind varchar(8) NOT NULL,
    time timestamptz NOT NULL,
    value numeric(24, 9),
    minimum numeric(24, 9),
    maximum numeric(24, 9),
    total numeric(24, 9),
    converted numeric(24, 9),
    flag varchar(4),
    received_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    PRIMARY KEY (station_id, factor, kind, time)
) PARTITION BY RANGE (time);
CREATE TABLE sensors_reading_default PARTITION OF sensors_reading DEFAULT;

CREATE FUNCTION sensors_make_month(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first timestamptz := (date_trunc('month', month::timestamp)) AT TIME ZONE 'Asia/Shanghai';
    beyond timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') AT TIME ZONE 'Asia/Shanghai';
    part text := 'sensors_reading_' || to_char(month, 'YYYYMM');
BEGIN
    IF to_regclass('public.' || part) IS NOT NULL THEN RETURN false; END IF;
    -- Nobody may slip a row of this month into the default between the move and the attach.
    LOCK TABLE sensors_reading, sensors_reading_default IN ACCESS EXCLUSIVE MODE;
    IF to_regclass('public.' || part) IS NOT NULL THEN RETURN false; END IF;
    EXECUTE format('CREATE TABLE %I (LIKE sensors_reading INCLUDING ALL)', part);
    EXECUTE format('WITH moved AS (DELETE FROM sensors_reading_default WHERE time >= %L AND time < %L RETURNING *)
                    INSERT INTO %I SELECT * FROM moved', first, beyond, part);
    EXECUTE format('ALTER TABLE sensors_reading ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, first, beyond);
    RETURN true;
END $$;
"""

DROP = """
DROP FUNCTION sensors_make_month(date);
DROP TABLE sensors_reading;
"""
