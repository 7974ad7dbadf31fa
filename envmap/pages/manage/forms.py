"""Forms of the pages under /manage/."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from envmap.accounts.asker import Asker
from envmap.accounts.models import Department, Membership
from envmap.accounts.queries import departments
from envmap.accounts.roles import MEMBER_ROLES, ROLE_NAMES
from layers.catalogue.models import Layer
from layers.sensors.models import AlarmRule, Station
from layers.sensors.queries import factors

from .. import words
from ..forms import Form

Choices = list[tuple[str, str]]


def department_choices(asker: Asker, *, empty: str | None = None) -> Choices:
    """Active departments by code, with the name in the asker's language."""
    rows = [(d.code, f"{d.name} · {d.code}") for d in departments(asker)]
    return ([("", empty)] if empty is not None else []) + rows


class ForAsker(Form):
    """A form whose choices depend on who asks."""

    def __init__(self, *args: Any, asker: Asker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asker = asker
        for name in ("department", "parent"):
            field = self.fields.get(name)
            if isinstance(field, forms.ChoiceField):
                field.choices = department_choices(asker, empty=None if field.required else "–")


def _role() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Role"), choices=[(r.value, ROLE_NAMES[r]) for r in MEMBER_ROLES])


def _new_password() -> forms.CharField:
    return forms.CharField(
        label=_("Password"), max_length=200, strip=False, help_text=_("At least 10 characters, not a common one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "inp"}),
    )  # fmt: skip


class UserForm(ForAsker):
    """A new person with a first role."""

    username = forms.CharField(label=_("Username"), max_length=40, help_text=_("Letters, digits, - and _."))
    name = forms.CharField(label=_("Name"), max_length=60)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    department = forms.ChoiceField(label=_("Department"))
    role = _role()
    password = _new_password()


class MembershipForm(ForAsker):
    """A role in a department; `replaces` is the id of the role that it takes the place of."""

    department = forms.ChoiceField(label=_("Department"))
    role = _role()
    is_default = forms.BooleanField(label=_("Current after signing in"), required=False)
    replaces = forms.TypedChoiceField(label=_("Instead of"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, held: Sequence[Membership] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(m.pk), f"{m.get_role_display()} · {m.department.name}") for m in held]
        self.fields["replaces"].choices = [("", _("in addition")), *choices]  # type: ignore[attr-defined]
        if not held:
            del self.fields["replaces"]


class ResetForm(Form):
    """Another person's new password."""

    password = _new_password()


class DepartmentForm(ForAsker):
    """What can be changed of a department."""

    name_zh = forms.CharField(label=_("Chinese name"), max_length=100)
    name_en = forms.CharField(label=_("English name"), max_length=100, required=False)
    parent = forms.ChoiceField(label=_("Belongs to"), required=False)
    sector_hint = forms.CharField(
        label=_("Sector"),
        max_length=40,
        required=False,
        help_text=_("Which matters it answers for, such as water or housing."),
    )
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    is_active = forms.BooleanField(label=_("In service"), required=False)

    @staticmethod
    def initial_of(row: Department) -> dict[str, Any]:
        """The present values."""
        return {
            "name_zh": row.names.get("zh-hans", ""), "name_en": row.names.get("en", ""),
            "parent": row.parent.code if row.parent else "", "sector_hint": row.sector_hint,
            "phone": row.phone, "is_active": row.is_active,
        }  # fmt: skip

    def changes(self) -> dict[str, Any]:
        """Arguments of the action."""
        data = self.cleaned_data
        return {
            "names": {"zh-hans": data["name_zh"], "en": data["name_en"]},
            "parent": data["parent"] or None,
            "sector_hint": data["sector_hint"],
            "phone": data["phone"],
        }


class NewDepartmentForm(DepartmentForm):
    """A new department."""

    code = forms.CharField(label=_("Code"), max_length=40, help_text=_("Letters, digits, - and _; never changes."))
    kind = forms.ChoiceField(label=_("Kind"), choices=Department.Kind.choices)
    is_active = None  # type: ignore[assignment]  # Django's way to leave out a parent's field
    field_order = ("code", "name_zh", "name_en", "kind", "parent", "sector_hint", "phone")


class StationForm(ForAsker):
    """A station; the password is never shown, an empty one keeps what is."""

    mn = forms.CharField(
        label=_("MN code"),
        max_length=40,
        help_text=_("24 hexadecimal digits by HJ 212-2017, 14 by the edition of 2005."),
    )
    name = forms.CharField(label=_("Name"), max_length=200)
    protocol = forms.ChoiceField(label=_("Protocol"), choices=Station.Protocol.choices)
    st = forms.CharField(label=_("System code (ST)"), max_length=2, required=False)
    password = forms.CharField(
        label=_("Password (PW)"), max_length=40, required=False, strip=False, help_text=_("Empty keeps the present one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "inp"}),
    )  # fmt: skip
    open = forms.BooleanField(label=_("Open: the password is not checked"), required=False)
    require_flag = forms.BooleanField(label=_("Only readings with a data flag are judged"), required=False)
    commands = forms.BooleanField(label=_("The gateway may send it commands"), required=False)
    layer = forms.ChoiceField(label=_("Layer"), required=False)
    feature = forms.CharField(label=_("Feature code"), max_length=64, required=False)
    department = forms.ChoiceField(label=_("Department"), required=False)
    lat = forms.FloatField(label=_("Latitude"), required=False, min_value=-90, max_value=90)
    lon = forms.FloatField(label=_("Longitude"), required=False, min_value=-180, max_value=180)
    expected_interval = forms.IntegerField(
        label=_("Expected interval in seconds"), min_value=1, max_value=86400, initial=60
    )
    units = forms.CharField(
        label=_("Units on the wire"), required=False, widget=forms.Textarea(attrs={"rows": 2, "class": "inp code"}),
        help_text=_("Where they differ from the stored ones, one a line: a34002 = ug/m3"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["layer"].choices = layer_choices(self.asker)  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(station: Station) -> dict[str, Any]:
        """The present values, without the password."""
        feature, place = station.feature, station.location
        return {
            "mn": station.mn, "name": station.name, "protocol": station.protocol, "st": station.st, "open": station.is_open,
            "require_flag": station.require_flag, "commands": station.commands, "layer": feature.layer.key if feature else "",
            "feature": feature.code if feature else "", "department": station.department.code if station.department else "",
            "lat": place.y if place else None, "lon": place.x if place else None,
            "expected_interval": station.expected_interval,
            "units": "\n".join(f"{factor} = {unit}" for factor, unit in station.units.items()),
        }  # fmt: skip

    def clean_units(self) -> dict[str, str]:
        units = {}
        for n, line in enumerate(self.cleaned_data["units"].splitlines(), start=1):
            if not line.strip():
                continue
            factor, found, unit = line.partition("=")
            if not found or not factor.strip() or not unit.strip():
                raise forms.ValidationError(gettext("Line %(n)d is not like a34002 = ug/m3.") % {"n": n})
            units[factor.strip()] = unit.strip()
        return units

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if (data.get("lat") is None) != (data.get("lon") is None):
            self.add_error("lon" if data.get("lon") is None else "lat", gettext("A position needs both numbers."))
        if data.get("feature") and not data.get("layer"):
            self.add_error("layer", gettext("A feature's code needs its layer."))
        return data

    def arguments(self) -> dict[str, Any]:
        """Arguments of the action."""
        data = dict(self.cleaned_data)
        lat, lon = data.pop("lat"), data.pop("lon")
        data["location"] = None if lat is None else {"type": "Point", "coordinates": [lon, lat]}
        data["department"] = data["department"] or None
        data["feature"] = data["feature"] or None
        data["layer"] = data["layer"] if data["feature"] else None
        if not data["password"]:
            del data["password"]
        return data


def layer_choices(asker: Asker) -> Choices:
    """Layers that the asker sees, and none."""
    rows = Layer.objects.visible_to(asker).order_by("position", "key")
    return [("", "–"), *((layer.key, layer.name) for layer in rows)]


class RuleForm(ForAsker):
    """An alarm rule: where, what, above which value for how long, cleared below which, how bad."""

    name = forms.CharField(label=_("Name"), max_length=200)
    layer = forms.ChoiceField(label=_("Layer"), required=False)
    feature = forms.CharField(
        label=_("Feature code"), max_length=64, required=False, help_text=_("Empty: the whole layer.")
    )
    station = forms.CharField(label=_("Or one station (MN)"), max_length=40, required=False)
    factor = forms.ChoiceField(label=_("Factor"))
    kind = forms.ChoiceField(label=_("Reading"), choices=list(words.READING_KINDS.items()))
    above = forms.DecimalField(label=_("Alarm above"), max_digits=20, decimal_places=9)
    for_minutes = forms.IntegerField(label=_("For minutes"), min_value=0, max_value=10_080, initial=0)
    clear_below = forms.DecimalField(label=_("Cleared below"), max_digits=20, decimal_places=9)
    severity = forms.ChoiceField(label=_("Severity"), choices=list(words.SEVERITIES.items()), initial="minor")
    enabled = forms.BooleanField(label=_("In force"), required=False, initial=True)
    auto_issue = forms.BooleanField(label=_("An alarm opens an issue"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["layer"].choices = layer_choices(self.asker)
        fields["factor"].choices = [(f.code, f"{f.name} {f.code} ({f.unit})") for f in factors()]
        for name in ("above", "clear_below"):
            fields[name].widget.attrs |= {"step": "any"}

    @staticmethod
    def initial_of(rule: AlarmRule) -> dict[str, Any]:
        """The present values."""
        feature = rule.feature
        layer = feature.layer if feature else rule.layer
        return {
            "name": rule.name, "layer": layer.key if layer else "", "feature": feature.code if feature else "",
            "station": rule.station.mn if rule.station else "", "factor": rule.factor.code, "kind": rule.kind,
            "above": plain(rule.above), "for_minutes": rule.for_minutes, "clear_below": plain(rule.clear_below),
            "severity": rule.severity, "enabled": rule.enabled, "auto_issue": rule.auto_issue,
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if bool(data.get("layer")) == bool(data.get("station")):
            self.add_error("layer", gettext("A rule is for one layer, one feature or one station."))
        return data

    def arguments(self) -> dict[str, Any]:
        """Arguments of the action."""
        data = self.cleaned_data
        scope = {"station": data["station"]} if data["station"] else {"layer": data["layer"]}
        if data["feature"] and not data["station"]:
            scope["feature"] = data["feature"]
        condition = {"above": data["above"], "for_minutes": data["for_minutes"], "clear_below": data["clear_below"]}
        return {
            "scope": scope, "condition": condition,
            **{name: data[name] for name in ("name", "factor", "kind", "severity", "enabled", "auto_issue")},
        }  # fmt: skip


def plain(value: Decimal) -> str:
    """A decimal without the zeros of its column."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class LayerForm(Form):
    """Names and who sees a layer."""

    name_zh = forms.CharField(label=_("Chinese name"), max_length=100)
    name_en = forms.CharField(label=_("English name"), max_length=100, required=False)
    public = forms.BooleanField(label=_("Public: seen without signing in"), required=False)


class ShareForm(ForAsker):
    """A department that is to see a layer."""

    department = forms.ChoiceField(label=_("Department"))


class StationTokenForm(Form):
    """A token with which one station writes its readings over HTTP or MQTT."""

    name = forms.CharField(label=_("What it is for"), max_length=100)


class NoteForm(Form):
    """A button with a note."""

    note = forms.CharField(label=_("Note"), max_length=500, required=False)
