"""The command bar by keyboard alone: from a letter to the open feature, to a place, and to a command."""

import pytest

from tests.cast import make_feature

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_feature_a_position_and_a_command_are_reached_by_keyboard(sit_down, sheet, cast):
    feature = make_feature(cast.layer["dust-sites"], "YC350777", name="洪前安置房工地")
    screen = sit_down("officer").map()
    page = screen.page
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "command-input"
    page.keyboard.type("hqaz")
    screen.wait_for("#command-list [role=option][aria-selected=true]:has-text('洪前安置房工地')")
    page.keyboard.press("Enter")
    screen.wait_for(f"#panel [data-feature='dust-sites/{feature.pk}']")
    page.keyboard.press("Control+k")
    page.keyboard.type("24.6, 118.25")
    screen.wait_for("#command-list [role=option]:has-text('24.600000')")
    page.keyboard.press("Enter")
    page.wait_for_function("leafletmapmap.getZoom() === 16")
    page.keyboard.press("Control+k")
    page.keyboard.type("nothing of the kind")
    screen.wait_for(".command-none")
    page.keyboard.press("Escape")
    assert page.is_hidden("#command-list")
    assert screen.complaints == []
