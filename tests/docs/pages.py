"""The pages of the documentation as programs: their snippets, run in order in an empty folder.

* A `console` block has commands after `$ ` and what they print; a line `…` stands for any lines left out, and
  alone for an output that is still to be written in.
* A `python` block is a script; a `text` block right after it is what it prints.
* A comment right before a block is a note to this module: `<!-- file: NAME -->` puts the block into a file,
  `<!-- skip: WHY -->` leaves it alone, `<!-- exit: N -->` says with which code the commands end.
* `make demo`, also with settings before it, stands for the commands of the target `year` in the Makefile,
  which it begins with.

`python -m tests.docs.pages [PAGE …]` writes what the commands print today into the pages.
"""

import atexit
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
FOUND_BY_HAND = ("README.md", "README.zh.md", "CHANGELOG.md", "CONTRIBUTING.md")
LEFT_OUT = "…"
SECONDS = 300

_FENCE = re.compile(r"```(\w*)\s*$")
_DEMO = re.compile(r"((?:\w+=\S+ )*)make demo")
_NOTE = re.compile(r"<!--\s*(\w+):\s*(.*?)\s*-->\s*$")
_CHANGES = (  # times and the widths of columns say nothing; the hashes are the same everywhere
    (re.compile(r"[0-9.]+ ?(s|seconds|秒)(?!\w)"), "<time>"),
    (re.compile(r"[─━]+"), "─"),
    (re.compile(r" {2,}"), "  "),
)


@dataclass
class Block:
    """A fenced block. `first` and `last` are the indexes of its lines in the page, fences left out."""

    kind: str
    first: int
    last: int
    lines: list[str]
    notes: dict[str, str] = field(default_factory=dict)


@dataclass
class Step:
    """A command and what it should print. Lines are indexes in the page."""

    command: str
    first: int
    last: int
    expected: list[str]
    wanted_code: int = 0
    actual: list[str] = field(default_factory=list)
    code: int = 0

    @property
    def right(self) -> bool:
        written = self.expected != [LEFT_OUT]
        return written and self.code == self.wanted_code and agrees(self.expected, self.actual)


def pages() -> list[Path]:
    """Every page written by hand or made from the code."""
    return [ROOT / name for name in FOUND_BY_HAND] + sorted((ROOT / "docs").rglob("*.md"))


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page in order."""
    lines = text.splitlines()
    found: list[Block] = []
    opened: Block | None = None
    notes: dict[str, str] = {}
    for at, line in enumerate(lines):
        if opened is not None:
            if line.startswith("```"):
                opened.last = at
                opened.lines = lines[opened.first : at]
                found.append(opened)
                opened = None
        elif fence := _FENCE.match(line):
            opened = Block(fence[1], at + 1, at + 1, [], notes)
            notes = {}
        elif note := _NOTE.match(line):
            notes[note[1]] = note[2]
        elif line.strip():
            notes = {}
    assert opened is None, "a block is not closed"
    return found


def steps(block: Block) -> list[Step]:
    """The commands of a `console` block."""
    found: list[Step] = []
    continued = False
    code = int(block.notes.get("exit", "0"))
    for at, line in enumerate(block.lines, block.first):
        if continued:
            found[-1].command += "\n" + line
            found[-1].first = found[-1].last = at + 1
        elif line.startswith("$ "):
            found.append(Step(line[2:], at + 1, at + 1, [], code))
        else:
            assert found, f"line {at + 1}: output before the first command"
            found[-1].expected.append(line)
            found[-1].last = at + 1
            continue
        continued = line.endswith("\\")
    return found


def agrees(expected: list[str], actual: list[str]) -> bool:
    """Whether the output is what the page says, but for times, widths and lines left out."""
    wanted, given = _plain(expected), _plain(actual)
    if LEFT_OUT not in wanted:
        return wanted == given
    at = wanted.index(LEFT_OUT)
    head, tail = wanted[:at], wanted[at + 1 :]
    if len(given) < len(head) + len(tail):
        return False
    return given[:at] == head and (not tail or given[-len(tail) :] == tail)


def _plain(lines: list[str]) -> list[str]:
    plain = list(lines)
    for pattern, word in _CHANGES:
        plain = [pattern.sub(word, line) for line in plain]
    return [line.strip() for line in plain]


def differences(expected: list[str], actual: list[str]) -> str:
    """Where the output is not what the page says."""
    return "\n".join(
        difflib.unified_diff(_plain(expected), _plain(actual), "page", "printed", lineterm="", n=1)
    )


def shortened(expected: list[str], actual: list[str]) -> list[str]:
    """The output as the page shows it: as many lines before and after `…` as there are now."""
    lines = [line.rstrip() for line in actual]
    if LEFT_OUT not in expected or expected == [LEFT_OUT]:
        return lines
    at = expected.index(LEFT_OUT)
    after = len(expected) - at - 1
    if len(lines) <= at + after:
        return lines
    return [*lines[:at], LEFT_OUT, *(lines[-after:] if after else [])]


def demo() -> list[str]:
    """The commands that `make demo` begins with; the platform that it opens in the end would never end."""
    recipe = re.search(r"^year:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    return [line.strip().lstrip("@").replace("$(BIN)/", "") for line in recipe[1].splitlines()]


class Runner:
    """Runs the steps of one page in a folder of its own."""

    kept: ClassVar[dict[str, Path]] = {}  # what `make demo` left, by settings; made once

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "src").symlink_to(ROOT / "src", target_is_directory=True)  # a page may look into the tables
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("CAPWRIGHT_", "PYTEST"))}
        for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
            self.environment.pop(name, None)
        self.environment["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"

    def page(self, text: str) -> list[Step]:
        """Run everything in a page and return the steps with what they printed."""
        done: list[Step] = []
        script: Step | None = None
        for block in blocks(text):
            before, script = script, None
            if "file" in block.notes:
                path = self.folder / block.notes["file"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("\n".join(block.lines) + "\n", encoding="utf-8")
            if "skip" in block.notes:
                continue
            if block.kind == "console":
                done += [self.run(step) for step in steps(block)]
            elif block.kind == "python":
                script = self.script(block)
                done.append(script)
            elif block.kind == "text" and before is not None:
                before.first, before.last, before.expected = block.first, block.last, block.lines
        return done

    def run(self, step: Step) -> Step:
        command = step.command
        if made := _DEMO.fullmatch(command):
            return self.demo(step, made[1])
        return self._call(["bash", "-c", command], step)

    def demo(self, step: Step, settings: str) -> Step:
        kept = Runner.kept.get(settings)
        if kept is None:
            lines = [f"export {settings}" if settings else "", *demo()]
            self._call(["bash", "-e", "-c", "\n".join(lines)], step)
            if step.code:
                return step
            kept = Runner.kept[settings] = Path(tempfile.mkdtemp(prefix="capwright-docs-"))
            atexit.register(shutil.rmtree, kept, ignore_errors=True)
            shutil.copytree(self.folder / "build", kept / "build")
            (kept / "said").write_text("\n".join(step.actual), encoding="utf-8")
        else:
            shutil.copytree(kept / "build", self.folder / "build", dirs_exist_ok=True)
            step.actual = (kept / "said").read_text(encoding="utf-8").splitlines()
        return step

    def script(self, block: Block) -> Step:
        code = "\n".join(block.lines)
        made = Step(code, block.last, block.last, [])
        return self._call([sys.executable, "-c", code], made)

    def _call(self, argv: list[str], step: Step) -> Step:
        done = subprocess.run(
            argv,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
        step.code = done.returncode
        step.actual = done.stdout.decode("utf-8", "replace").splitlines()
        while step.actual and not step.actual[-1].strip():
            step.actual.pop()
        return step


def refresh(path: Path) -> int:
    """Write what the commands of a page print today into it; return how many differed."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    with tempfile.TemporaryDirectory() as folder:
        done = Runner(Path(folder)).page(text)
    wrong = [step for step in done if not step.right]
    for step in sorted(wrong, key=lambda one: one.first, reverse=True):
        if step.code != step.wanted_code:
            said = "\n    ".join(step.actual[-15:])
            print(f"{path.name}: `{step.command}` ended with {step.code}\n    {said}", file=sys.stderr)
        if step.expected or step.actual:
            lines[step.first : step.last] = shortened(step.expected, step.actual)
    if wrong:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(wrong)


def main(names: list[str]) -> None:
    for path in [Path(name).resolve() for name in names] or pages():
        if path.exists() and "reference" not in path.parts:
            print(f"{path.relative_to(ROOT)}: {refresh(path)} refreshed")


if __name__ == "__main__":
    main(sys.argv[1:])
