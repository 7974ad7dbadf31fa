"""`manage.py check_translations`: every sentence for people stands in the catalogues of both languages."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

LOCALES = ("zh_Hans", "en")
ROOTS = ("envmap", "layers", "tasks")
KEYWORDS = (
    "gettext_noop", "gettext_lazy", "ngettext_lazy:1,2", "pgettext:1c,2", "npgettext:1c,2,3", "pgettext_lazy:1c,2",
    "npgettext_lazy:1c,2,3",
)  # fmt: skip
"""Beside xgettext's own for Python (gettext, ngettext, `_`): those that Django's makemessages names."""
CHINESE = re.compile(r"[\u3400-\u9fff\uff01-\uff5e\u3001-\u303f]+")
LINE = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?) (".*")$')

Key = tuple[str, str]
"""Context (or empty) and the English sentence."""


@dataclass
class Entry:
    """One message of a catalogue."""

    fields: dict[str, str] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return self.fields.get("msgctxt", ""), self.fields.get("msgid", "")

    @property
    def is_translated(self) -> bool:
        said = [text for name, text in self.fields.items() if name.startswith("msgstr")]
        return bool(said) and all(said)


def entries(text: str) -> Iterator[Entry]:
    """The messages of a PO file, its header and obsolete ones left out."""
    for block in re.split(r"\n\s*\n", text):
        entry, name = Entry(), ""
        for line in block.splitlines():
            if line.startswith("#,"):
                entry.flags |= {flag.strip() for flag in line[2:].split(",")}
            elif found := LINE.match(line):
                name = found.group(1)
                entry.fields[name] = json.loads(found.group(2))
            elif line.startswith('"') and name:
                entry.fields[name] += json.loads(line)
        if entry.fields.get("msgid"):
            yield entry


def sources(root: Path) -> Iterable[Path]:
    """Python files and templates of the rooms."""
    for folder in ROOTS:
        yield from sorted((root / folder).rglob("*.py"))
        yield from sorted((root / folder).rglob("templates/**/*.html"))


def used(root: Path) -> set[Key]:
    """What the code and the templates ask to be translated, as xgettext finds it."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for number, path in enumerate(sources(root)):
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".html":
                text = templatize(text, origin=str(path))
            copy = Path(folder) / f"{number}.py"
            copy.write_text(text, encoding="utf-8")
            names.append(copy.name)
        (Path(folder) / "names").write_text("\n".join(names), encoding="utf-8")
        command = [
            "xgettext",
            "--language=Python",
            "--from-code=UTF-8",
            "--no-location",
            "--no-wrap",
            "--files-from=names",
            "-o",
            "-",
        ]
        command += [f"--keyword={keyword}" for keyword in KEYWORDS]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise CommandError(f"xgettext could not read the sources: {done.stderr}")
    return {entry.key for entry in entries(done.stdout)}


def shown(key: Key) -> str:
    """A message as it is quoted in a complaint."""
    return f"{key[1]!r}" + (f" (context {key[0]})" if key[0] else "")


def catalogue_faults(locale: str, path: Path, wanted: set[Key]) -> Iterator[str]:
    """What is wrong with one catalogue."""
    if not path.is_file():
        yield f"{locale}: {path.name} is missing."
        return
    found = {entry.key: entry for entry in entries(path.read_text(encoding="utf-8"))}
    yield from (f"{locale}: {shown(key)} is missing." for key in sorted(wanted - set(found)))
    for key in sorted(wanted & set(found)):
        if "fuzzy" in found[key].flags:
            yield f"{locale}: {shown(key)} is only guessed (fuzzy)."
        elif not found[key].is_translated:
            yield f"{locale}: {shown(key)} is not translated."
    checked = subprocess.run(  # noqa: S603
        ["msgfmt", "--check-format", "-o", "/dev/null", str(path)],  # noqa: S607
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if checked.returncode:
        yield f"{locale}: {checked.stderr.strip()}"


def template_faults(root: Path) -> Iterator[str]:
    """Chinese that stands in a template itself, where the English page would show it too."""
    for folder in ROOTS:
        for path in sorted((root / folder).rglob("templates/**/*.html")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                if found := CHINESE.search(line):
                    yield f"{path.relative_to(root)}:{number}: {found.group()!r} stands outside the translations."


def script_faults(root: Path) -> Iterator[str]:
    """Chinese in our own scripts, comments aside: their words come from the page."""
    for path in sorted((root / "static" / "js").rglob("*.js")):
        text = re.sub(r"/\*.*?\*/|(?<![:'\"])//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        if found := CHINESE.search(text):
            yield f"{path.relative_to(root)}: {found.group()!r} stands in the script; give it by the page."


class Command(BaseCommand):
    help = "Fails when a message is missing, empty or fuzzy in Chinese or English, or Chinese stands outside the translations."

    def handle(self, *args: Any, **options: Any) -> None:
        root: Path = settings.ROOT
        wanted = used(root)
        faults = [
            fault
            for locale in LOCALES
            for fault in catalogue_faults(locale, root / "locale" / locale / "LC_MESSAGES" / "django.po", wanted)
        ]
        faults += [*template_faults(root), *script_faults(root)]
        if faults:
            for fault in faults:
                self.stderr.write(fault)
            raise CommandError(f"{len(faults)} places are not translated; run makemessages and fill locale/.")
        self.stdout.write(f"{len(wanted)} messages are there in Chinese and English.")
