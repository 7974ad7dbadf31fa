"""The scripts' decisions, which need neither map nor page: run in the browser that will run them."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ask(sit_down, cast):
    """`ask("scene.js", "m => m.sourceZoom(14)")`: an expression over a module of static/js/map."""
    screen = sit_down()
    screen.page.goto(f"{screen.address}/signin/")

    def evaluate(module: str, expression: str):
        return screen.page.evaluate(f"async () => ({expression})(await import('/static/js/{module}'))")

    return evaluate


def test_conditions_are_ordered_worst_first(ask):
    assert ask("map/conditions.js", "m => m.worstOf({normal: 9, silent: 1, attention: 4})") == "silent"
    assert ask("map/conditions.js", "m => m.worstOf({})") == "normal"


def test_one_alarm_among_five_hundred_is_seen_in_a_ring_and_the_ring_is_full(ask):
    arcs = ask("map/conditions.js", "m => m.ringArcs({alarm: 1, normal: 499}, 0.5)")
    assert [arc["condition"] for arc in arcs] == ["alarm", "normal"]
    assert arcs[0]["to"] - arcs[0]["from"] == pytest.approx(17 / 360 * 6.283185, abs=1e-4)
    assert arcs[0]["from"] == pytest.approx(0.25) and arcs[-1]["to"] == pytest.approx(6.283185 - 0.25, abs=1e-4)


def test_positions_go_to_the_sheet_and_back(ask):
    lon, lat = ask("map/projection.js", "m => m.toLonLat(m.toWorld([100.5, 20.25]))")
    assert (lon, lat) == (pytest.approx(100.5), pytest.approx(20.25))
    assert ask("map/projection.js", "m => m.toWorld([-180, 0])") == [0, 0.5]


def test_gcj02_moves_a_position_as_the_published_formula_does(ask):
    """Vector of the eviltransform project's tests: Shanghai."""
    lon, lat = ask("map/projection.js", "m => m.toGcj02([121.5272106, 31.1774276])")
    assert (lon, lat) == (pytest.approx(121.531541859215, abs=1e-6), pytest.approx(31.17530398364597, abs=1e-6))


def test_cells_of_several_layers_join_and_the_filter_counts_only_what_is_shown(ask):
    items = """[
        {kind: 'cluster', layer: 'a', cell: '1/1', x: .1, y: .1, counts: {alarm: 1, normal: 3}},
        {kind: 'cluster', layer: 'b', cell: '1/1', x: .2, y: .1, counts: {normal: 4}},
        {kind: 'feature', layer: 'a', cell: '9/9', id: 7, condition: 'alarm', x: .9, y: .9},
        {kind: 'feature', layer: 'a', cell: '8/8', id: 8, condition: 'normal', x: .5, y: .5}]"""
    scene = "m.sceneOf(%s, {shown: new Set(%s), zoom: 11, scale: 1e6}).map(i => [i.kind, i.n ?? i.id])"
    assert ask("map/scene.js", f"m => {scene % (items, ['alarm', 'normal'])}") == [
        ["feature", 8],
        ["feature", 7],
        ["cluster", 8],
    ]
    assert ask("map/scene.js", f"m => {scene % (items, ['alarm'])}") == [["feature", 7], ["cluster", 1]]


def test_rings_upon_one_another_become_one_and_lose_nobody(ask):
    rings = "[1,2,3].map(n => ({kind: 'cluster', cell: `${n}`, x: n / 1e6, y: 0, n: 2, counts: {normal: 2}, layers: new Set(['a'])}))"
    assert ask("map/scene.js", f"m => m.merged({rings}, 1e6).map(r => r.n)") == [6]
    assert ask("map/scene.js", f"m => m.merged({rings}, 1e9).map(r => r.n)") == [2, 2, 2]


def test_pieces_of_a_line_are_one_thing_with_one_symbol(ask):
    pieces = "[{kind: 'feature', layer: 'a', id: 1, condition: 'alarm', length: 1, x: 1, y: 1, lines: [[1]]}," \
             "{kind: 'feature', layer: 'a', id: 1, condition: 'alarm', length: 3, x: 2, y: 2, lines: [[2]]}]"  # fmt: skip
    assert ask("map/scene.js", f"m => m.joined({pieces}).map(i => [i.x, i.lines.length])") == [[2, 2]]


def test_the_nearest_symbol_under_a_finger_is_hit(ask):
    drawn = "[{id: 1, px: 0, py: 0, radius: 10}, {id: 2, px: 30, py: 0, radius: 10}]"
    assert ask("map/scene.js", f"m => m.hit({drawn}, 17, 0, 22).id") == 2
    assert ask("map/scene.js", f"m => m.hit({drawn}, 15, 40, 22)") is None


def test_a_fact_follows_only_the_last_one_that_was_heard(ask):
    cases = "[[{prev: 4, seq: 9}, 4], [{prev: 3, seq: 9}, 4], [{prev: 4, seq: 9}, null]]"
    assert ask("live.js", f"m => {cases}.map(c => m.follows(...c))") == [True, False, False]


def test_waits_grow_to_a_bound(ask):
    assert ask("live.js", "m => [0, 1, 3, 50].map(n => m.waitBefore(n, 0.5))") == [1000, 2000, 8000, 20000]


def test_a_part_hears_of_its_own_number_and_of_what_has_none(ask):
    part = "{types: ['order.moved', 'alarm.raised'], number: 'ZF1'}"
    facts = (
        "[{type: 'order.moved', number: 'ZF1'}, {type: 'order.moved', number: 'ZF2'}, "
        "{type: 'alarm.raised'}, {type: 'issue.moved', number: 'ZF1'}]"
    )
    assert ask("refresh.js", f"m => {facts}.map(f => m.isAbout({part}, f))") == [True, False, True, False]
