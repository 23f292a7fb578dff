"""What the pages say is so: commands print what is shown, links lead somewhere, options exist."""

import re
import shlex

import pytest
from typer.main import get_command

from capwright.cli.app import app
from tests.docs.pages import LEFT_OUT, ROOT, Runner, agrees, blocks, differences, pages, shortened, steps

PAGES = [path for path in pages() if path.exists()]
WRITTEN = [path for path in PAGES if "reference" not in path.parts]
RUN = [
    path
    for path in WRITTEN
    if any(block.kind in {"console", "python"} for block in blocks(path.read_text(encoding="utf-8")))
]
HOW = "If the change is wanted: .venv/bin/python -m tests.docs.pages"
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`(capwright [^`]+)`")


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", RUN, ids=name)
def test_commands_print_what_the_page_shows(path, tmp_path):
    done = Runner(tmp_path).page(path.read_text(encoding="utf-8"))
    for step in done:
        where = f"{name(path)}, line {step.first}: {step.command}"
        if step.code != step.wanted_code:
            said = "\n".join(step.actual[-40:])
            pytest.fail(f"{where}\nended with {step.code} instead of {step.wanted_code}\n{said}")
        if step.expected == [LEFT_OUT]:
            pytest.fail(f"{where}\nThe output is still to be written in.\n{HOW}")
        if not agrees(step.expected, step.actual):
            pytest.fail(f"{where}\n{differences(step.expected, step.actual)}\n{HOW}")


def test_the_readmes_and_the_tutorial_are_run():
    run = [name(path) for path in RUN]
    for wanted in (
        "README.md",
        "README.zh.md",
        "docs/tutorial/first-year.md",
        "docs/howto/verify-and-audit.md",
    ):
        assert wanted in run


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path):
    targets = _LINK.findall(_prose(path.read_text(encoding="utf-8")))
    assert [one for one in targets if not one.startswith(("http://", "https://")) and _lost(path, one)] == []


def _lost(path, target):
    file, _, anchor = target.partition("#")
    there = (path.parent / file).resolve() if file else path
    if not there.exists() or not there.is_relative_to(ROOT):
        return True
    return bool(anchor) and anchor not in _anchors(there.read_text(encoding="utf-8"))


def _prose(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def _anchors(text):
    """The anchors that a forge makes of headings: lower case, no punctuation, hyphens for spaces."""
    found = []
    for heading in re.findall(r"^#+ +(.+)$", _prose(text), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        again = sum(1 for one in found if re.fullmatch(rf"{re.escape(plain)}(-\d+)?", one))
        found.append(f"{plain}-{again}" if again else plain)
    return found


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_commands_and_options_exist(path):
    text = path.read_text(encoding="utf-8")
    said = _CODE.findall(_prose(text))
    said += [
        found[1]
        for block in blocks(text)
        if block.kind in {"console", "sh"} and "skip" not in block.notes
        for line in block.lines
        if (found := re.match(r"(?:\$ )?(capwright .*)", line))
    ]
    wrong = {one: fault for one in said if (fault := _fault(one))}
    assert wrong == {}


def _fault(line):
    """Why this is no command line of ours; empty when it is one."""
    command = get_command(app)
    words = shlex.split(re.split(r"[|>;]| {2}#", line)[0].replace("…", "ELLIPSIS").replace("$(", ""))[1:]
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        word = words.pop(0)
        if word in {"ELLIPSIS", "NAME"} or word.isupper() or word.isdigit():
            return ""  # words about commands; `capwright journal 1` is a text that the hash chain begins with
        if word not in command.commands:
            return f"no command {word}"
        command = command.commands[word]
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    known |= {"--help", "-h", "--json", "--lang"}
    unknown = [word for word in words if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known]
    return f"no option {', '.join(unknown)}" if unknown else ""


class TestTheReader:
    """The reader of pages itself: a test that cannot fail would say nothing."""

    PAGE = (
        "<!-- exit: 1 -->\n```console\n$ false\n$ echo a \\\n    b\na b\n```\n\n"
        "text\n\n<!-- file: x.txt -->\n```text\nhere\n```\n"
    )

    def test_reads_commands_outputs_and_notes(self):
        first, second = blocks(self.PAGE)
        assert [step.command for step in steps(first)] == ["false", "echo a \\\n    b"]
        assert [step.expected for step in steps(first)] == [[], ["a b"]]
        assert first.notes == {"exit": "1"}
        assert second.notes == {"file": "x.txt"}

    def test_runs_them(self, tmp_path):
        done = Runner(tmp_path).page(self.PAGE)
        assert [step.right for step in done] == [True, False]  # the second does not end with 1
        assert (tmp_path / "x.txt").read_text() == "here\n"

    @pytest.mark.parametrize(
        ("expected", "actual", "same"),
        [
            (["a", "b"], ["a", "b  "], True),
            (["a"], ["a", "b"], False),
            (["a", LEFT_OUT], ["a", "b", "c"], True),
            ([LEFT_OUT, "c"], ["a", "b", "c"], True),
            (["a", LEFT_OUT, "d"], ["a", "b", "c"], False),
            (["took 0.5 s"], ["took 1.25 s"], True),
            (["took 0.5 t"], ["took 1.25 t"], False),
            (["用时0.5秒"], ["用时1.2秒"], True),
            (["a  1 ──"], ["a     1 ───"], True),
            (["a  1"], ["a     2"], False),
            (["head 0123456789abcdef"], ["head fedcba9876543210"], False),
        ],
    )
    def test_compares_outputs(self, expected, actual, same):
        assert agrees(expected, actual) is same

    def test_shows_the_difference(self):
        assert "-a\n+b" in differences(["a"], ["b"])

    def test_keeps_what_is_left_out(self):
        assert shortened(["a", LEFT_OUT, "z"], ["1", "2", "3", "4"]) == ["1", LEFT_OUT, "4"]
        assert shortened([LEFT_OUT], ["1", "2"]) == ["1", "2"]

    def test_knows_a_wrong_command(self):
        assert _fault("capwright nonsense") == "no command nonsense"
        assert _fault("capwright verify x --tomorrow") == "no option --tomorrow"
        assert _fault("capwright verify x --head abc") == ""

    def test_knows_anchors(self):
        assert _anchors("# One word\n\n## 二、清缴\n\n## One word\n") == ["one-word", "二清缴", "one-word-1"]
