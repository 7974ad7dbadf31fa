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


@pytest.mark.parametrize(("centre", "most"), [([118.25, 24.6], 2.2), ([118.2, 24.55], 3.1), ([118.33, 24.75], 3.1)])
def test_a_gcj02_sheet_moved_as_a_whole_is_off_by_few_pixels_at_the_edges(ask, centre, most):
    """The offset changes over a view of 1920×1080; what that makes at its edges is the price of moving the sheet whole."""
    worst = ask(
        "map/projection.js",
        """m => {
          const centre = CENTRE
          const off = (z, p) => {
            const [s, a, b] = [256 * 2 ** z, m.toWorld(p), m.toWorld(m.toGcj02(p))]
            return [(b[0] - a[0]) * s, (b[1] - a[1]) * s]
          }
          let worst = 0
          for (let z = 8; z <= 16; z++) {
            const s = 256 * 2 ** z, [cx, cy] = m.toWorld(centre), [ox, oy] = off(z, centre)
            for (const x of [-960, 0, 960]) for (const y of [-540, 0, 540]) {
              const [px, py] = off(z, m.toLonLat([cx + x / s, cy + y / s]))
              worst = Math.max(worst, Math.hypot(px - ox, py - oy))
            }
          }
          return worst
        }""".replace("CENTRE", str(centre)),
    )
    assert 0.5 < worst <= most


def test_a_view_is_written_and_read_back(ask):
    text = "map=13/24.61230/118.25010&layers=a&conditions=alarm&department=x%20y&since=7d&a.stage=%E5%9C%9F%26&at=a/7"
    assert ask("map/state.js", f"m => m.format(m.parse({text!r}, ['a', 'b']), ['a', 'b'])") == text
    said = "[v.selected, v.centre, v.on.size, v.filters.since]"
    assert ask("map/state.js", f"m => {{ const v = m.parse('outfalls/7', ['a']); return {said} }}") == [
        "outfalls/7",
        None,
        1,
        "",
    ]
    odd = "map=x/y/z&layers=nope&since=3h&at=%3Cb%3E&b.=1"
    assert ask("map/state.js", f"m => {{ const v = m.parse('{odd}', ['a', 'b']); return {said} }}") == [
        None,
        None,
        0,
        "",
    ]


def test_a_crowd_is_gathered_at_any_zoom_and_nobody_is_lost(ask):
    scene = """m => {
      const one = (n) => ({kind: 'feature', layer: 'a', id: n, condition: n ? 'normal' : 'alarm', x: .5 + n * 1e-8, y: .5})
      const view = {shown: new Set(['alarm', 'normal']), zoom: 13, scale: 256 * 2 ** 13}
      const tile = {z: 13, x: 4096, y: 4096}
      const of = (count) => m.sceneOfTiles([{items: Array.from({length: count}, (_, n) => one(n)), layer: 'a', tile}], view)
      const told = (scene) => [scene.reduce((sum, i) => sum + (i.n ?? 0), 0), scene.filter(i => i.kind === 'feature').length]
      return [told(of(200)), told(of(30))]
    }"""
    assert ask("map/scene.js", scene) == [[200, 0], [0, 30]]


def test_a_place_lies_in_an_outline_or_not(ask):
    inside = "m => [[1, 1], [3, 1], [2.5, 2.5]].map(p => m.isInside(p, [[0, 0], [4, 0], [4, 4], [2, 2], [0, 4]]))"
    assert ask("map/features.js", inside) == [True, True, True]
    assert ask("map/features.js", "m => m.isInside([2, 3], [[0, 0], [4, 0], [4, 4], [2, 2], [0, 4]])") is False


def test_arrow_keys_go_to_the_nearest_symbol_that_way(ask):
    places = "[{id: 1, px: 50, py: 4}, {id: 2, px: 20, py: 60}, {id: 3, px: -10, py: 0}]"
    next_one = f"m.nextIn({places}, {{px: 0, py: 0}}, way)?.id ?? null"
    assert ask("map/stops.js", f"m => [[1, 0], [0, 1], [-1, 0], [0, -1]].map(way => {next_one})") == [1, 2, 3, None]


def test_a_scale_is_a_round_length(ask):
    assert ask("map/measure.js", "m => [25, 9.6, 0.4].map(n => m.scaleOf(n).metres)") == [3000, 1000, 50]
