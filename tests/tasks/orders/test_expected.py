"""State × verb × role through HTTP against expected.csv, written by hand from docs/interfaces.md for a clerk to read."""

import csv
from pathlib import Path

import pytest
from django.db import transaction

from tasks.orders import actions
from tasks.orders.models import Order
from tests.envmap.api.caller import Caller
from tests.tasks.make import also_member, another, bring_to, dispatch, make_photo, open_issue

with (Path(__file__).parent / "expected.csv").open(encoding="utf-8-sig", newline="") as file:
    TABLE = list(csv.DictReader(file))
PEOPLE = {  # the last words of a column's head → who presses
    "officer": "officer",
    "officer who belongs to the unit": "officer2",
    "supervisor": "supervisor",
    "admin": "admin",
    "manager": "manager",
    "assignee": "field",
    "colleague": "field3",
    "partner": "partner2",
    "other unit": "field2",
    "viewer": "viewer",
    "anonymous": None,
}


def columns():
    """Each column of people: its head and who it is."""
    heads = [head for head in TABLE[0] if head.split(" ", 1)[-1] in PEOPLE]
    return [(head, PEOPLE[head.split(" ", 1)[1]]) for head in heads]


def body_of(verb, username, cast):
    """A complete body for a verb, as this person would send it."""
    if verb == "reassign to a department":
        return {"department": "unit-two"}
    if verb == "reassign to a person":
        return {"assignee": "field3" if username == "manager" else username or "field"}
    if verb == "report":
        photo = make_photo(cast.user[username]) if username else None
        return {"note": "已处置", "attachments": [photo.pk if photo else 1]}
    return {"note": "说明"}


@pytest.fixture
def api(cast):
    """Calls with tokens of the cast."""
    return Caller(cast)


@pytest.fixture
def unit(cast):
    """Everybody whom the table names."""
    another(cast, "field3", "unit-one", "field")
    another(cast, "partner2", "unit-one", "partner")
    another(cast, "officer2", "bureau", "officer")
    also_member(cast, "officer2", "unit-one", "field")
    return cast


def bring(cast, state):
    """An order of unit-one in the state that the table names; its assignee is `field` unless nobody is named."""
    if state == "sent (nobody named)":
        return dispatch(cast)
    if state == "sent":
        return dispatch(cast, open_issue(cast), assignee="field")
    if state == "accepted (sent back once)":
        return actions.send_back(bring_to(cast, "reported").number, by=cast.asker("officer"), note="不合格")
    order = bring_to(cast, state)
    if state in ("returned", "withdrawn"):  # nobody has accepted it, so nobody is named
        Order.objects.filter(pk=order.pk).update(assignee=cast.user["field"])
    return order


class Undo(Exception):
    """Takes a cell's doing back."""


def press(api, order, verb, username):
    """What one person gets: the status and, if it went, the state after it; the order is left as it was."""
    if username:
        api.token(username)  # made before the savepoint, so that it outlives it
    got = None
    try:
        with transaction.atomic():
            body = body_of(verb, username, api.cast)
            answer = api("POST", f"/orders/{order.number}/{verb.split(' ')[0]}", body, as_=username)
            now = Order.objects.get(pk=order.pk)
            if answer.status_code == 200:
                assert (answer.json()["state"], answer.json()["events"]) == (now.state, order.events + 1)
                got = f"200 {now.state}"
            else:
                assert answer["Content-Type"] == "application/problem+json"
                assert (now.state, now.version, now.events) == (order.state, order.version, order.events)
                got = str(answer.status_code)
            raise Undo
    except Undo:
        return got


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['state']}-{row['verb']}")
def test_everybody_gets_what_the_table_says(api, unit, row):
    order = bring(unit, row["state"])
    got = {head: press(api, order, row["verb"], username) for head, username in columns()}
    assert got == {head: row[head] for head, _username in columns()}


def test_the_table_has_every_state_verb_and_person():
    verbs = {row["verb"].split(" ")[0] for row in TABLE}
    states = {row["state"].split(" ")[0] for row in TABLE}
    assert verbs == set(actions.VERBS)
    assert states == {"sent", "accepted", "reported", "returned", "verified", "withdrawn"}
    full = {(state, verb) for state in ("sent", *states) for verb in {r["verb"] for r in TABLE}}
    assert full <= {(row["state"], row["verb"]) for row in TABLE}
    assert len(columns()) == len(PEOPLE)
    assert len({(row["state"], row["verb"]) for row in TABLE}) == len(TABLE)
