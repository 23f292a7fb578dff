"""What holds for every command: help, languages, JSON errors, exit codes, pipes and interrupts."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from capwright import __version__
from capwright.cli.app import app
from capwright.cli.frame import EXAMPLES
from tests.cli_calls import call, spawn

FULL = Path("/dev/full")
GROUPS = ["journal", "import", "auction", "compliance", "exchange", "mrv", "scheme", "scenario"]


@pytest.fixture(autouse=True)
def plain_settings(monkeypatch):
    monkeypatch.delenv("CAPWRIGHT_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "dumb")


def test_version(capsys):
    assert call(capsys, "--version") == (0, f"capwright {__version__}\n", "")


@pytest.mark.parametrize("path", sorted(EXAMPLES))
def test_every_command_has_help_with_examples_and_both_languages(capsys, path):
    said = call(capsys, *path.split(), "--help")
    assert said.code == 0
    assert "Examples" in said.out
    assert f"$ capwright {path}" in said.out
    assert "--json" in said.out
    assert "--lang" in said.out
    assert any("\u4e00" <= letter <= "\u9fff" for letter in said.out.split("Options")[0])


@pytest.mark.parametrize("path", sorted(EXAMPLES))
def test_examples_name_real_commands_and_options(capsys, path):
    help_text = call(capsys, *path.split(), "--help").out
    for line in EXAMPLES[path]:
        words = line.partition(" > ")[0].split()
        assert words[: 1 + len(path.split())] == ["capwright", *path.split()]
        for option in [word for word in words if word.startswith("-") and word != "-"]:
            assert f"{option} " in help_text, (line, option)


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_alone_shows_its_commands(capsys, group):
    said = call(capsys, group)
    assert "Usage" in said.out + said.err
    assert "Commands" in said.out + said.err


def test_groups_are_all_there():
    assert sorted(GROUPS) == sorted(group.typer_instance.info.name for group in app.registered_groups)


def test_help_is_quick():
    def spent():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before = spent()
    assert spawn("--help").code == 0
    assert spent() - before < 0.8  # seconds of processor time, about 0.2 here; other tests run beside it


def test_help_imports_no_room():
    code = (
        "import sys\nfrom capwright.cli.app import run\nrun(['--help'])\n"
        "rooms = {'market', 'journal', 'scheme', 'auction', 'audit', 'scenario', 'table'}\n"
        "found = [m for m in sys.modules if m.startswith('capwright.') and m.split('.')[1] in rooms]\n"
        "sys.exit(repr(found) if found else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# What a wrong command line gets: arguments, code, and a word of the message in each language.
WRONG = [
    (["frobnicate"], "CW-9002", "frobnicate", "没有命令"),
    (["alocate"], "CW-9002", "Did you mean: allocate?", "是否指：allocate"),
    (["scheme", "shwo", "x"], "CW-9002", "show", "是否指：show"),
    (["scheme", "list", "--pack"], "CW-9003", "--packs", "没有选项“--pack”"),
    (["verify"], "CW-9004", "DB is missing", "缺少 DB"),
    (["auction", "clear", "x.csv", "--offer", "5"], "CW-9004", "--rules is missing", "缺少 --rules"),
    (["journal", "show", "x", "--limit", "many"], "CW-9005", "--limit", "--limit 的取值"),
    (["journal", "show", "x", "--limit", "0"], "CW-9005", "--limit", "--limit 的取值"),
    (["journal", "show", "x", "--from", "9" * 20], "CW-9005", "--from", "--from 的取值"),
    (["--json"], "CW-9017", "Which command?", "请指明命令"),
    (["verify", "a", "b"], "CW-9001", "unexpected extra argument", "命令行有误"),
]


@pytest.mark.parametrize(("args", "code", "en", "zh"), WRONG)
def test_a_wrong_command_line_gets_one_message(capsys, args, code, en, zh):
    if "--json" not in args:
        said = call(capsys, *args)
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith(f"error[{code}]: ")
        assert en in said.err
        assert "--help" in said.err
        assert "Traceback" not in said.err
    args = [arg for arg in args if arg != "--json"] or ["--lang", "en"]
    chinese = call(capsys, *args, "--lang", "zh")
    assert chinese.err.startswith(f"错误[{code}]：")
    assert zh in chinese.err
    as_json = call(capsys, *args, "--json")
    assert as_json.err == ""
    error = json.loads(as_json.out)["error"]
    assert error["code"] == code
    assert en in error["message_en"]
    assert zh in error["message_zh"]


def test_language_stands_anywhere_or_in_the_environment(capsys, monkeypatch):
    for args in (
        ["--lang", "zh", "codes", "CW-9101"],
        ["codes", "CW-9101", "--lang", "zh"],
        ["codes", "--lang=zh_CN.UTF-8", "CW-9101"],
    ):
        assert "不是整数吨" in call(capsys, *args).out
    assert "不是整数吨" in call(capsys, "--lang", "zh", "codes", "CW-9101").out
    assert "whole tonnes" in call(capsys, "codes", "CW-9101").out
    monkeypatch.setenv("CAPWRIGHT_LANG", "zh")
    assert "不是整数吨" in call(capsys, "codes", "CW-9101").out
    assert "whole tonnes" in call(capsys, "codes", "CW-9101", "--lang", "en").out
    assert "方案" in call(capsys, "scheme", "--lang", "zh", "list").out


def test_an_unlike_name_is_no_suggestion(capsys):
    assert "Did you mean" not in call(capsys, "frobnicate").err


def test_no_line_of_a_table_ends_in_blanks(capsys):
    lines = call(capsys, "scheme", "list").out.splitlines()
    assert len(lines) > 5
    assert [line for line in lines if line != line.rstrip()] == []


def test_an_unknown_language_is_refused(capsys):
    said = call(capsys, "codes", "--lang", "fr")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("--lang: error[CW-9006]: 'fr'")


def test_codes_lists_every_family_and_finds_one(capsys):
    found = json.loads(call(capsys, "codes", "--json").out)
    codes = [spec["code"] for spec in found]
    assert codes == sorted(codes)
    assert {code[3] for code in codes} == set("123456789")
    one = json.loads(call(capsys, "codes", "9101", "--json").out)
    assert [spec["code"] for spec in one] == ["CW-9101"]
    assert call(capsys, "codes", "CW-0").code == 2


@pytest.mark.parametrize("args", [["codes"], ["codes", "--json"]])
def test_a_reader_that_went_away_is_no_error(args):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "capwright", *args]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writer)
    assert done.returncode == 141
    assert done.stderr == b""


def test_a_name_that_is_no_text_can_be_answered():
    said = spawn("verify", b"\xff".decode(errors="surrogateescape"), "--json")
    assert said.code == 2
    assert json.loads(said.out)["error"]["code"] == "CW-8801"


def test_closed_output_is_no_bug():
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m capwright codes CW-9101 --json >&- 2>&-"],
        check=False,
        timeout=60,
    )
    assert done.returncode == 0


def test_ctrl_c_ends_with_130_and_one_line(tmp_path):
    pipe = tmp_path / "bids.csv"
    os.mkfifo(pipe)
    with (
        subprocess.Popen(
            [sys.executable, "-m", "capwright", "auction", "clear", "--rules", "eu", "--offer", "500", pipe],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # What a shell starts in the background ignores the signal, and so would this.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
        ) as process,
        pipe.open("wb"),
    ):  # returns when the command has opened its end and waits for rows
        asleep_in = Path(f"/proc/{process.pid}/wchan")
        until = time.monotonic() + 2
        while time.monotonic() < until and not (asleep_in.exists() and "pipe_read" in asleep_in.read_text()):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert err.decode().strip() == "Interrupted."


def test_output_survives_a_terminal_without_chinese():
    said = spawn("codes", "CW-9101", "--lang", "zh", env={"PYTHONIOENCODING": "ascii"})
    assert said.code == 0
    assert "\\u4e0d" in said.out


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_message():
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "capwright", "codes", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("error[CW-9007]: The file cannot be written: No space left on device.")
    assert "Traceback" not in done.stderr
