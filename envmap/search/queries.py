"""One search over what the asker may see: features, stations, orders, issues, places of the sheet, and coordinates."""

from dataclasses import dataclass
from typing import Any, Literal

from django.contrib.gis.geos import Point
from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, F, Func, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Length, StrIndex
from django.utils.translation import gettext as _

from envmap.accounts.asker import Asker
from layers.catalogue.geometry import representative_point
from layers.catalogue.models import Area, Feature
from layers.sensors.models import Station
from tasks.issues.models import Issue
from tasks.orders.models import Order

from . import coordinates

LONGEST = 100  # characters of a query that are looked at
Kind = Literal["feature", "station", "order", "issue", "place", "coordinates"]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing: its kind, what it is called, a word more, and how it is reached. `location` is in EPSG:4326."""

    kind: Kind
    title: str
    subtitle: str
    url: str
    layer: str | None = None
    feature_id: int | None = None
    number: str | None = None
    mn: str | None = None
    location: Point | None = None


def search(asker: Asker, text: str, *, limit: int = 20) -> list[Found]:
    """What fits all words of `text`, exact codes first, at most `limit` of each kind; one query a kind.

    A word fits as a part of a code, a name, an address or the first letters of a name's reading (`xdgd` finds 新店工地).
    """
    text = text.replace("\x00", " ")[:LONGEST]
    words = text.lower().split()
    if not words:
        return []
    found: list[Found] = []
    place = coordinates.read(text)
    if place is not None:
        found.append(_of_coordinates(*place))
    return [
        *found,
        *_features(asker, words, limit),
        *_orders(asker, words, limit),
        *_issues(asker, words, limit),
        *_stations(asker, words, limit),
        *_places(words, limit),
    ]


def _of_coordinates(longitude: float, latitude: float) -> Found:
    title = f"{latitude:.6f}, {longitude:.6f}"
    return Found(
        "coordinates", title, _("Go to this position"), f"/#map=16/{latitude:.6f}/{longitude:.6f}",
        location=Point(longitude, latitude, srid=4326),
    )  # fmt: skip


def _matching(rows: QuerySet[Any], words: list[str], function: str, columns: tuple[str, ...]) -> QuerySet[Any]:
    """The rows whose text holds every word; the index over its pairs of characters answers first, the text decides."""
    text = Func(*(F(column) for column in columns), function=function, output_field=TextField())
    grams = Func(text, function="search_grams", output_field=ArrayField(TextField()))
    rows = rows.alias(grams=grams).annotate(sought=text)
    for n, word in enumerate(words):
        pairs = [word[at : at + 2] for at in range(len(word) - 1)] or [word]
        rows = rows.filter(grams__contains=pairs).alias(**{f"at_{n}": StrIndex("sought", Value(word))})
        rows = rows.filter(**{f"at_{n}__gt": 0})
    code = columns[0]
    rank = Case(
        When(**{f"{code}__iexact": " ".join(words)}, then=Value(0)),
        When(**{f"{code}__istartswith": words[0]}, then=Value(1)),
        When(**{f"{columns[1]}__istartswith": words[0]}, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return rows.order_by(rank, Length(columns[1]), columns[1], "pk")


def _features(asker: Asker, words: list[str], limit: int) -> list[Found]:
    rows = Feature.objects.visible_to(asker).filter(deleted_at=None).select_related("layer", "town")
    return [
        Found(
            "feature",
            row.name,
            " · ".join(filter(None, (row.code, row.layer.name, row.town.name if row.town else ""))),
            f"/#{row.layer.key}/{row.pk}",
            layer=row.layer.key,
            feature_id=row.pk,
            location=representative_point(row.geometry),
        )
        for row in _matching(rows, words, "search_feature_text", ("code", "name", "attributes"))[:limit]
    ]


def _stations(asker: Asker, words: list[str], limit: int) -> list[Found]:
    rows = Station.objects.visible_to(asker).select_related("feature__layer")
    found = []
    for row in _matching(rows, words, "search_titled_text", ("mn", "name"))[:limit]:
        about = row.feature
        url = f"/#{about.layer.key}/{about.pk}" if about else f"/manage/stations/{row.mn}/"
        found.append(
            Found(
                "station",
                row.name,
                " · ".join(filter(None, (row.mn, about.name if about else ""))),
                url,
                mn=row.mn,
                layer=about.layer.key if about else None,
                feature_id=about.pk if about else None,
                location=representative_point(about.geometry) if about else row.location,
            )
        )
    return found


def _issues(asker: Asker, words: list[str], limit: int) -> list[Found]:
    rows = Issue.objects.visible_to(asker).select_related("layer")
    return [
        Found(
            "issue",
            row.title,
            row.number,
            f"/issues/{row.number}/",
            number=row.number,
            location=row.location,
            layer=row.layer.key if row.layer else None,
            feature_id=row.feature_id,
        )
        for row in _matching(rows, words, "search_titled_text", ("number", "title"))[:limit]
    ]


def _orders(asker: Asker, words: list[str], limit: int) -> list[Found]:
    """By number or the words of the issue; the unit's own page where the asker works on the phone."""
    seen = Order.objects.visible_to(asker).select_related("issue", "department", "layer")
    issues = _matching(Issue.objects.all(), words, "search_titled_text", ("number", "title"))
    rows = seen.filter(Q(number__icontains=words[0]) | Q(issue__in=issues.order_by().values("pk")))
    for word in words[1:]:
        rows = rows.filter(Q(number__icontains=word) | Q(issue__title__icontains=word))
    exact = Case(When(number__iexact=words[0], then=Value(0)), default=Value(1), output_field=IntegerField())
    return [
        Found(
            "order",
            row.issue.title,
            f"{row.number} · {row.department.name}",
            f"/orders/{row.number}/",
            number=row.number,
            layer=row.layer.key if row.layer else None,
            feature_id=row.feature_id,
            location=row.location,
        )
        for row in rows.order_by(exact, "-created_at", "-pk")[:limit]
    ]


def _places(words: list[str], limit: int) -> list[Found]:
    """Towns, communities, streams and waters by their names in both languages; there are a few hundred at most."""
    kinds = (Area.Kind.TOWN, Area.Kind.VILLAGE, Area.Kind.WATERS, Area.Kind.STREAM)
    rows = Area.objects.filter(kind__in=kinds)
    for word in words:
        rows = rows.filter(Q(**{"names__zh-hans__icontains": word}) | Q(names__en__icontains=word))
    found = []
    for row in rows.order_by("kind", "code")[:limit]:
        label = row.drawing.get("label")
        at = Point(float(label[0]), float(label[1]), srid=4326) if label else representative_point(row.geometry)
        zoom = 14 if row.kind == Area.Kind.VILLAGE else 13
        found.append(Found("place", row.name, str(row.get_kind_display()), f"/#map={zoom}/{at.y:.5f}/{at.x:.5f}", location=at))  # fmt: skip
    return found
