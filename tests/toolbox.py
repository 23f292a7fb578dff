"""Programs under tools/, as modules."""

import importlib.util
from pathlib import Path


def tool(name):
    """The module of tools/NAME.py."""
    spec = importlib.util.spec_from_file_location(
        f"tools_{name}", Path(__file__).parents[1] / "tools" / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
