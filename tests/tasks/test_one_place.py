"""State is written by one function for issues and one for orders; a second writer would leave no event."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def writers():
    """Every function of tasks that assigns to an attribute `state` of an issue or order, or updates it by query."""
    found = set()
    for path in (ROOT / "tasks").rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                targets = node.targets if isinstance(node, ast.Assign) else []
                assigns = any(isinstance(t, ast.Attribute) and t.attr == "state" for t in targets)
                updates = (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr == "update"
                    and any(k.arg == "state" for k in node.keywords)
                )
                if assigns or updates:
                    found.add((str(path.relative_to(ROOT)), function.name))
    return found


def test_only_these_functions_write_a_state():
    assert writers() == {
        ("tasks/issues/actions/moves.py", "move"),
        ("tasks/issues/actions/verbs.py", "begin"),  # a new issue's first state
        ("tasks/orders/actions/moves.py", "move"),
    }
