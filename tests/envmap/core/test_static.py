"""Names of static files carry their contents' hash, and so do the imports of our own modules."""

import re

from django.contrib.staticfiles.management.commands import collectstatic
from django.core.management import call_command

from envmap.core.static import ModuleManifestStorage


def kept(folder, **files):
    """The files by name as the storage leaves them, after it has hashed `files` (`__` for `/`, without `.js`)."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".js")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    storage = ModuleManifestStorage(location=folder, base_url="/static/")
    names = {
        path.relative_to(folder).as_posix(): (storage, path.relative_to(folder).as_posix())
        for path in folder.rglob("*.js")
    }
    found = {}
    for name, hashed, processed in storage.post_process(names):
        assert processed is not None and not isinstance(processed, Exception), (name, processed)
        found[name] = (hashed, (folder / hashed).read_text())
    return found


def test_imports_by_path_are_rewritten_with_and_without_a_semicolon_and_bare_names_are_not(tmp_path):
    files = kept(
        tmp_path,
        js__main="import { a } from './part.js'\nimport './side.js';\nimport pbf from 'pbf'\n"
        "export { a } from \"./part.js\"\nconst late = await import('../js/side.js'), other = await import('uplot')\n",
        js__part="export const a = 1\n",
        js__side="",
    )
    part, side = files["js/part.js"][0], files["js/side.js"][0]
    assert re.fullmatch(r"js/part\.[0-9a-f]{12}\.js", part)
    name = part.removeprefix("js/")
    assert files["js/main.js"][1].splitlines() == [
        f'import {{ a }} from "./{name}"',
        f'import "./{side.removeprefix("js/")}";',
        "import pbf from 'pbf'",
        f'export {{ a }} from "./{name}"',
        f"const late = await import(\"../{side}\"), other = await import('uplot')",
    ]


def test_a_changed_module_changes_the_name_of_whatever_imports_it(tmp_path):
    chain = {f"js__m{n}": f"import './m{n + 1}.js'\n" for n in range(9)}
    first = kept(tmp_path / "one", **chain, js__m9="let a = 1\n")
    second = kept(tmp_path / "two", **chain, js__m9="let a = 2\n")
    assert {name for name in first if first[name][0] == second[name][0]} == set()


def test_all_static_files_of_the_project_can_be_collected(tmp_path):
    """`make run` collects them; a reference to a file that is not there would end it."""
    storage = ModuleManifestStorage(location=tmp_path)
    collecting = collectstatic.Command()
    collecting.storage = storage  # the process may have its own open by now
    call_command(collecting, interactive=False, verbosity=0)
    main = tmp_path / storage.stored_name("js/map/main.js")
    imported = re.findall(r"from \"\./([^\"]+)\"", main.read_text())
    assert imported
    assert all(re.search(r"\.[0-9a-f]{12}\.js$", name) for name in imported)
