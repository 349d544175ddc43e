"""Loading plug-ins: files or installed modules that register something of their own."""

import ast
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ..errors import UserError
from ..files import hash_of
from .failure import told
from .kinds import Name, registered, registrations_undone


@dataclass(frozen=True)
class Plugin:
    """A loaded plug-in: its main file, what it registered, and the hash of its code.

    The hash is of the file, or of all files of a package, whatever the comments and the layout.
    """

    name: str
    path: Path
    registered: tuple[Name, ...]
    code_hash: str


_loaded: dict[Path, Plugin] = {}


def load_plugins(names: Iterable[str]) -> list[Plugin]:
    """As `load_plugin`, one after the other."""
    return [load_plugin(name) for name in names]


def load_plugin(name: str) -> Plugin:
    """Import a plug-in; what it registers is known from then on. Again, nothing happens.

    Args:
        name: path of a Python file, or the name of an installed module.

    Raises:
        UserError: one line with the file and what is wrong: it is not there, fails to be imported, registers
            a taken name or something that is not what it must be, or registers nothing.
    """
    path = _found(name)
    if path in _loaded:
        return _loaded[path]
    before = registered()
    try:
        _imported(name, path)
    except (Exception, SystemExit) as error:
        raise UserError(told(error, path)) from error
    new = tuple(each for each in registered() if each not in before)
    if not new:
        raise UserError(
            f"{path}: registers nothing; decorate a class or function with register_attention, "
            "register_backbone, register_dataset, register_metric or register_recipe of dcanet.plugins"
        )
    files = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
    _loaded[path] = Plugin(name, path, new, hash_of([_code(file) for file in files]))
    return _loaded[path]


@contextmanager
def loading_undone() -> Iterator[None]:
    """Plug-ins that are loaded while this lasts are forgotten afterwards; for tests."""
    before = dict(_loaded)
    with registrations_undone():
        yield
    _loaded.clear()
    _loaded.update(before)


def code_hashes(names: Iterable[Name]) -> list[str]:
    """Of the plug-ins that registered any of these; none for what is the project's own."""
    wanted = set(names)
    return [plugin.code_hash for plugin in _loaded.values() if wanted & set(plugin.registered)]


def loaded() -> list[Plugin]:
    """Those of this process, in the order in which they were loaded."""
    return list(_loaded.values())


def _found(name: str) -> Path:
    if name.endswith(".py") or os.sep in name:
        try:
            path = Path(name).resolve()
            is_there = path.is_file()
        except (OSError, ValueError):  # too long for a path, or characters that none has
            is_there = False
        if not is_there:
            raise UserError(f"plugins: no file {name!r}; correct the path")
        return path
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        spec = None
    except Exception as error:  # a package's own code runs to find what is in it
        raise UserError(f"plugins: {name}: {type(error).__name__}: {error}") from error
    if spec is None or spec.origin is None:
        raise UserError(f"plugins: {name!r} is no installed module; name one, or a file that ends in .py")
    return Path(spec.origin)


def _code(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    try:
        return ast.unparse(ast.parse(text))
    except SyntaxError:  # a file of the package that nobody imports
        return text


def _imported(name: str, path: Path) -> ModuleType:
    if not name.endswith(".py") and os.sep not in name:
        return importlib.import_module(name)
    # Under a name of its own, so that no file shadows an installed module.
    module_name = f"dcanet_plugin_{path.stem}_{hash_of(str(path))}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
    return module
