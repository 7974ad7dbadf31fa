"""Every pair of page, role, language, theme and width, in real Chromium before the running demo."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import pytest

from tests.browser.gallery.cases import Case, few
from tests.browser.gallery.keyboard import cases_by_key
from tests.browser.gallery.run import parts_of, walk

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def faults_of(base_url: str, cases: list[Case], *, by_keys: bool = False) -> list[str]:
    """Everything that is wrong with the cases, walked by two Chromiums."""
    parts = parts_of(cases, 2)
    with ProcessPoolExecutor(len(parts), mp_context=get_context("spawn")) as pool:
        walked = pool.map(partial(walk, base_url, by_keys=by_keys), parts)
        found = [one for part in walked for one in part]
    assert len(found) == len(cases)
    return [f"{name}: {defect}" for name, defects in found for defect in defects]


def test_every_pair_of_page_role_language_theme_and_width_is_without_a_fault(stack):
    faults = faults_of(stack.base_url, few())
    assert faults == [], f"{len(faults)} faults:\n" + "\n".join(faults[:80])


def test_tab_reaches_every_control_of_every_page_and_the_focus_is_seen(stack):
    faults = faults_of(stack.base_url, cases_by_key(), by_keys=True)
    assert faults == [], f"{len(faults)} faults:\n" + "\n".join(faults[:80])
