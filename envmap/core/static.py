"""Static files with hashed names, relative imports of our ES modules included."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

OURS = ("js/", "css/", "vendor/")
PATH = r"""["'](?P<url>\.{1,2}/[^"']+)["']"""
IMPORTS = (
    (rf"(?P<matched>\bfrom\s*{PATH})", 'from "%(url)s"'),
    (rf"(?P<matched>\bimport\s*{PATH})", 'import "%(url)s"'),
    (rf"(?P<matched>\bimport\(\s*{PATH}\s*\))", 'import("%(url)s")'),
)
"""Imports by path, with or without a semicolon behind them, which Django's own patterns want; a bare name such as
`uplot` is the import map's business (envmap.pages.context)."""


class ModuleManifestStorage(ManifestStaticFilesStorage):
    """Also rewrites `import './x.js'` in modules, so that a changed module is never served beside an old one."""

    patterns = (*ManifestStaticFilesStorage.patterns, ("*.js", IMPORTS))
    max_post_process_passes = 20  # a pass carries a changed name one import further; a circle never comes to rest

    def url_converter(
        self,
        name: str,
        hashed_files: dict[str, Any],
        template: str | None = None,
        ignored_blocks: list[tuple[int, int]] | None = None,
    ) -> Callable[[re.Match[str]], str]:
        """Leaves other packages' scripts as they are: comments like `import("../htmx")` in them name no file."""
        if name.endswith(".js") and not name.startswith(OURS):
            return lambda found: str(found["matched"])
        more = {} if ignored_blocks is None else {"ignored_blocks": ignored_blocks}  # only newer releases have it
        return super().url_converter(name, hashed_files, template, **more)
