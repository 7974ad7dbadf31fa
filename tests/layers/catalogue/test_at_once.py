"""Several people, or several stations, do something to the same feature at once. Real transactions, real locks."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction

from envmap.core import clock
from envmap.core.actor import SYSTEM, acting
from envmap.core.errors import Conflict, EnvmapError, NotVisible, StaleVersion
from layers.catalogue import actions, queries
from layers.catalogue.conditions import Condition, Source
from layers.catalogue.models import Attachment, Feature, FeatureCondition, FeatureGrant, FeatureHistory, LayerTouch
from tests.cast import SPOT, make_cast, make_feature

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db):
    return make_cast()


def at_once(*works):
    """Runs every work in a thread with its own connection, all let go together; gives what each gave or raised."""
    gate, results = threading.Barrier(len(works)), [None] * len(works)

    def run(n, work):
        try:
            gate.wait(30)
            results[n] = work()
        except Exception as error:  # a thread's error is its result
            results[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, work)) for n, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_eight_save_the_same_version_and_one_succeeds(cast):
    officer, feature = cast.asker("officer"), cast.feature["dust-sites"]

    def save(n):
        return lambda: actions.update_feature(
            by=officer,
            layer="dust-sites",
            feature_id=feature.pk,
            version=1,
            changes={"properties": {"name": f"名 {n}"}},
        )

    results = at_once(*(save(n) for n in range(8)))
    won = [r for r in results if isinstance(r, Feature)]
    assert len(won) == 1
    assert all(isinstance(r, StaleVersion) for r in results if r not in won)
    feature.refresh_from_db()
    assert (feature.version, feature.name) == (2, won[0].name)
    assert FeatureHistory.objects.filter(feature=feature).count() == 2


def test_an_edit_and_a_removal_at_once_leave_one_of_both(cast):
    officer, feature = cast.asker("officer"), cast.feature["dust-sites"]
    edit, removal = at_once(
        lambda: actions.update_feature(
            by=officer, layer="dust-sites", feature_id=feature.pk, version=1, changes={"properties": {"name": "名"}}
        ),
        lambda: actions.delete_feature(by=officer, layer="dust-sites", feature_id=feature.pk, version=1),
    )
    feature.refresh_from_db()
    assert feature.version == 2
    if feature.deleted_at:
        assert removal is None
        assert isinstance(edit, NotVisible | StaleVersion)
    else:
        assert isinstance(edit, Feature)
        assert isinstance(removal, StaleVersion)


def test_codes_given_at_once_are_all_different(cast):
    officer = cast.asker("officer")
    results = at_once(*[lambda: actions.make_feature(by=officer, layer="dust-sites", name="n", geometry=SPOT)] * 8)
    assert not [r for r in results if isinstance(r, Exception)], results
    assert sorted(f.code for f in results) == [f"DUST-SITES-{n:04d}" for n in range(1, 9)]


def test_one_code_taken_at_once_is_one_features(cast):
    officer = cast.asker("officer")
    results = at_once(
        *[lambda: actions.make_feature(by=officer, layer="dust-sites", name="n", code="X-1", geometry=SPOT)] * 6
    )
    assert Counter(type(r).__name__ for r in results) == {"Feature": 1, "Conflict": 5}
    assert Feature.objects.filter(code="X-1").count() == 1
    other = cast.feature["outfalls"]

    def rename(version):
        return lambda: actions.update_feature(
            by=officer, layer="dust-sites", feature_id=cast.feature["dust-sites"].pk, version=version,
            changes={"properties": {"code": "X-1"}},
        )  # fmt: skip

    (refusal,) = at_once(rename(1))
    assert isinstance(refusal, Conflict)
    assert other.version == 1


def test_conditions_said_at_once_leave_one_open_span_and_the_spans_never_overlap(cast):
    feature = cast.feature["dust-sites"]
    now = clock.now()
    levels = [Condition.ALARM, Condition.SILENT, Condition.ATTENTION, Condition.NORMAL] * 2

    def say(n, level):
        def work():
            with acting(SYSTEM):
                return actions.set_condition(feature, Source.SENSORS, level, at=now + timedelta(seconds=n % 3))

        return work

    for _round in range(3):
        results = at_once(*(say(n, level) for n, level in enumerate(levels)))
        assert not [r for r in results if isinstance(r, Exception)], results
    spans = list(FeatureCondition.objects.filter(feature=feature, source="sensors").order_by("pk"))
    assert sum(span.until is None for span in spans) <= 1
    for span in spans:
        assert span.until is None or span.until >= span.since
    for first, second in zip(spans, spans[1:], strict=False):
        assert first.until is not None
        assert first.until <= second.since


def test_two_sources_never_wait_for_each_other(cast):
    feature = cast.feature["dust-sites"]
    told = []

    def issues():
        with acting(SYSTEM):
            told.append(actions.set_condition(feature, Source.ISSUES, Condition.ATTENTION, at=clock.now()))

    with transaction.atomic():
        actions.set_condition(feature, Source.SENSORS, Condition.ALARM, at=clock.now())
        at_once(issues)
        assert told == [True]
    seen = queries.feature_of(cast.asker("officer"), "dust-sites", feature.pk)
    assert seen.condition is Condition.ALARM


def test_whoever_holds_a_condition_decides_it_alone(cast):
    """Two alarms end at once: each finds the other one's end, so the second says that all is well."""
    feature = cast.feature["dust-sites"]
    open_alarms = {"a", "b"}
    with acting(SYSTEM):
        actions.set_condition(feature, Source.SENSORS, Condition.ALARM, at=clock.now())

    def end(alarm):
        def work():
            with acting(SYSTEM):
                actions.lock_condition(feature.pk, Source.SENSORS)
                open_alarms.discard(alarm)
                level = Condition.ALARM if open_alarms else Condition.NORMAL
                actions.set_condition(feature, Source.SENSORS, level, at=clock.now())

        return work

    assert at_once(end("a"), end("b")) == [None, None]
    assert not FeatureCondition.objects.filter(feature=feature, until=None).exists()


def test_grants_given_at_once_are_one_and_ending_them_is_safe_too(cast):
    feature, unit = cast.feature["dust-sites"], cast.department["unit-one"]

    def give():
        with acting(SYSTEM):
            actions.grant(feature, unit, reason="ZF1")

    assert at_once(*[give] * 6) == [None] * 6
    assert FeatureGrant.objects.count() == 1
    assert actions.end_grants(reason="ZF1") == 1
    assert actions.end_grants(reason="ZF1") == 0
    with pytest.raises(NotVisible):
        queries.feature_of(cast.asker("field"), "dust-sites", feature.pk)
    give()
    assert queries.feature_of(cast.asker("field"), "dust-sites", feature.pk) == feature


def test_one_attachment_hangs_on_one_thing_however_many_ask(cast):
    field = cast.asker("field")
    one = Attachment.objects.create(
        sha256="0" * 64, content_type="image/jpeg", size=1, file="x", uploader_id=field.user_id
    )

    def hang():
        with acting(field.actor):
            return [a.pk for a in actions.hang([one.pk], by=field)]

    results = at_once(*[hang] * 6)
    assert results.count([one.pk]) == 1
    assert sum(isinstance(r, EnvmapError) for r in results) == 5


def test_transactions_on_two_layers_in_opposite_order_do_not_lock_each_other_out(cast):
    """A counter a layer would: each holds what the other one waits for."""
    one, two = cast.feature["outfalls"], cast.feature["dust-sites"]
    between = threading.Barrier(2)

    def both(first, second, source):
        def work():
            with acting(SYSTEM):
                actions.set_condition(first, source, Condition.ALARM, at=clock.now())
                between.wait(20)
                actions.set_condition(second, source, Condition.ALARM, at=clock.now())

        return work

    assert at_once(both(one, two, Source.SENSORS), both(two, one, Source.ORDERS)) == [None, None]


def test_a_revision_moves_with_every_commit_whatever_their_order(cast):
    """The later one commits first: a largest number would stand still when the earlier one follows."""
    layer = cast.layer["dust-sites"]
    seen = [queries.revision(layer.pk)]
    with transaction.atomic():
        make_feature(layer, "slow")
        at_once(lambda: make_feature(layer, "quick"))
        # Inside the slow transaction both are seen; outside, only the quick one.
        (outside,) = at_once(lambda: queries.revision(layer.pk))
        seen.append(outside)
    seen.append(queries.revision(layer.pk))
    assert len(set(seen)) == 3


def undone(layer):
    """A feature that is made and taken back, with a savepoint or the whole transaction."""
    with transaction.atomic():
        make_feature(layer, "undone")
        transaction.set_rollback(True)


def test_what_is_rolled_back_moves_no_revision_and_what_follows_in_the_same_transaction_does(cast):
    layer = cast.layer["dust-sites"]
    before = queries.revision(layer.pk)
    undone(layer)
    assert queries.revision(layer.pk) == before
    with transaction.atomic():
        undone(layer)
        make_feature(layer, "kept")
    assert queries.revision(layer.pk) != before


def test_touches_are_gathered_while_others_write_and_read(cast):
    layer = cast.layer["dust-sites"]
    for n in range(20):
        make_feature(layer, f"g-{n}")
    before = queries.revision(layer.pk)
    seen: list[str] = []
    at_once(
        actions.gather_touches, actions.gather_touches,
        *[lambda: seen.extend(queries.revision(layer.pk) for _n in range(30))] * 3,
    )  # fmt: skip
    assert set(seen) == {before}
    actions.gather_touches()
    assert queries.revision(layer.pk) == before
    assert LayerTouch.objects.filter(layer_id=layer.pk).count() == 1
