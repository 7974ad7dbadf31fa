"""What moves when something on a layer's map moves: one row a transaction, written by triggers with the change itself.

A tile's ETag must be answered before the tile is built, so there must be a cheap value that differs after every commit
that changed what the layer shows. A counter row would make every transaction wait for the others on its layer, and two
that touch two layers could lock each other out; a largest id would stand still when a smaller one commits later. So
each transaction adds a row of its own with a random weight, and the revision is the sum of the weights: it moves with
every commit, whatever their order, and after a restore it does not run into sums that were given out before.
"""

import pgtrigger
from django.db import models

AREAS = 0
"""Stands for the areas of the basemap where a layer's id would stand."""


class Touches(pgtrigger.Trigger):  # type: ignore[misc]
    """After each change of a row: one `catalogue_layertouch` for the layer that `layer` (SQL over `changed`) gives."""

    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete

    def __init__(self, *, layer: str, name: str = "touches") -> None:
        self.layer = layer
        super().__init__(name=name)

    def get_declare(self, model: models.Model) -> list[tuple[str, str]]:
        return [("changed", "record"), ("touched", "bigint"), ("mark", "text")]

    def get_func(self, model: models.Model) -> str:
        # The mark is local to the transaction and falls back with a savepoint, as the row that it stands for does.
        return f"""
            IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
            touched := {self.layer};
            IF touched IS NULL THEN RETURN NULL; END IF;
            mark := 'envmap.touched_' || touched;
            IF current_setting(mark, true) IS DISTINCT FROM pg_current_xact_id()::text THEN
                INSERT INTO catalogue_layertouch (layer_id) VALUES (touched);
                PERFORM set_config(mark, pg_current_xact_id()::text, true);
            END IF;
            RETURN NULL;
        """


OF_FEATURE = "(SELECT f.layer_id FROM catalogue_feature f WHERE f.id = changed.feature_id)"
