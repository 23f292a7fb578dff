"""Papers that come in: where they are kept, what looks into them, and what is refused."""

import hashlib
import io
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from capwright.kernel.refusal import Refused
from tests.web.conftest import free_port

PDF = b"%PDF-1.7\n%nothing\n"
# The industry's harmless test file, taken apart so that no scanner stumbles over this one.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture(scope="module")
def s3_server():
    """A server that speaks S3, in a process of its own."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", url.rpartition(":")[2]]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    assert httpx.put(url + "/papers", timeout=5).status_code == 200
                    break
                except httpx.TransportError:
                    assert time.monotonic() < deadline
                    assert server.poll() is None
                    time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            server.wait(10)


@pytest.fixture
def keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.fixture
def bucket(site, s3_server, keys):
    """The site with its documents in a bucket, and the bucket as another client sees it."""
    import boto3

    before = site.host.settings
    site.host.settings = replace(before, documents="s3://papers/market", documents_endpoint=s3_server)
    yield boto3.resource("s3", endpoint_url=s3_server).Bucket("papers")
    site.host.settings = before


def lies_in(bucket):
    return {one.key: one.get()["Body"].read() for one in bucket.objects.all()}


@pytest.fixture
def settings(site):
    """Changes settings for the test: `settings(scan="…")`."""
    before = site.host.settings

    def change(**given):
        site.host.settings = replace(before, **given)

    yield change
    site.host.settings = before


def applied(site, content, name="licence.pdf"):
    """Apply with a paper; the page, and what the paper is called in the store."""
    paper = io.BytesIO(content)
    paper.name = name
    fields = {
        "organisation": "Uploads (synthetic)", "account_type": "operator_holding", "contact": "Li",
        "email": "li@example.org", "papers": [paper],
    }  # fmt: skip
    return site.client().post("/apply/", fields), hashlib.sha256(content).hexdigest()


def test_a_paper_in_a_bucket_comes_back(site, bucket):
    from capwright.web.storage import storage

    content = PDF + b"in a bucket"
    page, name = applied(site, content)
    assert "application is in" in page.content.decode()
    key = f"market/{name[:2]}/{name}"
    assert lies_in(bucket)[key] == content
    shown = site.client("operator-1").get(f"/desk/registry/papers/{name}/")
    assert b"".join(shown.streaming_content) == content
    assert shown.headers["Content-Type"] == "application/pdf"
    storage().drop(name)
    storage().drop(name)  # twice is harmless
    assert key not in lies_in(bucket)
    assert storage().get(name) is None
    assert site.client("operator-1").get(f"/desk/registry/papers/{name}/").status_code == 404


def test_a_paper_changed_in_the_bucket_is_found_out(site, bucket):
    page, name = applied(site, PDF + b"genuine")
    assert page.status_code == 200
    bucket.put_object(Key=f"market/{name[:2]}/{name}", Body=PDF + b"forged")
    shown = site.client("operator-1").get(f"/desk/registry/papers/{name}/")
    assert (shown.status_code, "CW-9733" in shown.content.decode()) == (422, True)


def test_a_bucket_that_is_away_refuses_and_keeps_nothing(site, settings, keys):
    from capwright.web.models import Application

    settings(documents="s3://papers", documents_endpoint=f"http://127.0.0.1:{free_port()}")
    before = Application.objects.count()
    page, _ = applied(site, PDF + b"away")
    assert "CW-9732" in page.content.decode()
    assert Application.objects.count() == before


def test_a_folder_keeps_and_checks(site, settings, tmp_path):
    from capwright.web.storage import storage

    settings(documents=str(tmp_path / "documents"))
    _, name = applied(site, PDF + b"in a folder")
    lies = tmp_path / "documents" / name[:2] / name
    assert lies.read_bytes() == PDF + b"in a folder"
    assert [path.name for path in (tmp_path / "documents").rglob("*") if path.is_file()] == [name]
    lies.write_bytes(PDF + b"forged")
    with pytest.raises(Refused, match="CW-9733"):
        storage().get(name)
    for wrong in ("../../etc/passwd", "A" * 64, ""):
        with pytest.raises(AssertionError):
            storage().get(wrong)
    settings(documents="/dev/null/documents")
    with pytest.raises(Refused, match="CW-9732"):
        storage().put(lies, name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"documents": "s3://"},
        {"documents": "ftp://elsewhere"},
        {"documents": "s3://b", "documents_endpoint": "minio:9000"},
        {"scan": "icap://scanner"},
    ],
    ids=lambda wrong: next(reversed(wrong.values())),
)
def test_wrong_settings_are_named(tmp_path, wrong):
    from capwright.host import settings_of

    with pytest.raises(Refused, match="CW-9710"):
        settings_of({}, db=str(tmp_path / "x.sqlite"), keep=False, **wrong)


def program(tmp_path, body):
    path = tmp_path / "scanner"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return str(path)


SEES_EICAR = 'grep -q EICAR-STANDARD "$1" && exit 1; exit 0'


@pytest.mark.parametrize(
    ("body", "content", "code"),
    [
        (SEES_EICAR, PDF, ""),
        (SEES_EICAR, PDF + EICAR, "CW-9723"),
        ("exit 2", PDF, "CW-9731"),
        ("kill -9 $$", PDF, "CW-9731"),
        ("sleep 5", PDF, "CW-9731"),
    ],
    ids=["clean", "infected", "out of order", "killed", "hangs"],
)
def test_a_program_that_scans(site, settings, tmp_path, monkeypatch, body, content, code):
    from capwright.web import scanning

    monkeypatch.setattr(scanning, "PATIENCE_S", 1.0)
    settings(scan=program(tmp_path, body), documents=str(tmp_path / "documents"))
    page, name = applied(site, content)
    assert (code or "application is in") in page.content.decode()
    assert (tmp_path / "documents" / name[:2] / name).exists() == (not code)


@pytest.mark.parametrize("missing", ["/no/such/scanner", "'unbalanced"])
def test_a_scanner_that_is_not_there_lets_nothing_in(site, settings, missing):
    settings(scan=missing)
    assert "CW-9731" in applied(site, PDF)[0].content.decode()


def test_a_file_name_is_no_part_of_the_scanners_command(site, settings, tmp_path):
    settings(scan=program(tmp_path, "exit 0"))
    touched = tmp_path / "touched"
    page, _ = applied(site, PDF, f"; touch {touched} #.pdf")
    assert "application is in" in page.content.decode()
    assert not touched.exists()


class Clamd:
    """What clamd does with INSTREAM, as its manual says: lengths and pieces, then a verdict."""

    def __init__(self, listener, verdict=None):
        self.listener = listener
        self.verdict = verdict
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with self.listener:
            line, _ = self.listener.accept()
            with line, line.makefile("rb") as said:
                assert said.read(10) == b"zINSTREAM\0"
                content = b""
                while length := int.from_bytes(said.read(4), "big"):
                    content += said.read(length)
                found = b"stream: Eicar-Signature FOUND" if b"EICAR-STANDARD" in content else b"stream: OK"
                if self.verdict != b"":
                    line.sendall((self.verdict or found) + b"\0")


@pytest.fixture(params=["tcp", "unix"])
def clamd(request, tmp_path):
    """Opens a daemon that scans one file; returns its address."""

    def opened(verdict=None):
        if request.param == "unix":
            listener = socket.socket(socket.AF_UNIX)
            path = os.path.relpath(tmp_path / "clamd.ctl", "/")
            listener.bind("/" + path)
            address = f"clamd:///{path}"
        else:
            listener = socket.create_server(("127.0.0.1", 0))
            address = f"clamd://127.0.0.1:{listener.getsockname()[1]}"
        listener.listen()
        Clamd(listener, verdict)
        return address

    return opened


@pytest.mark.parametrize(
    ("content", "verdict", "code"),
    [
        (PDF + b"0" * 200_000, None, ""),
        (PDF + b"0" * 200_000 + EICAR, None, "CW-9723"),
        (PDF, b"INSTREAM size limit exceeded. ERROR", "CW-9731"),
        (PDF, b"", "CW-9731"),
    ],
    ids=["clean", "infected", "error", "hangs up"],
)
def test_a_daemon_that_scans(site, settings, clamd, content, verdict, code):
    settings(scan=clamd(verdict))
    assert (code or "application is in") in applied(site, content)[0].content.decode()


def test_a_daemon_that_is_away_lets_nothing_in(site, settings):
    for address in (f"clamd://127.0.0.1:{free_port()}", "clamd:///no/such/socket"):
        settings(scan=address)
        assert "CW-9731" in applied(site, PDF)[0].content.decode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("licence.pdf", b"<html><script>alert(1)</script>"),
        ("licence.pdf", b"MZ\x90\x00"),
        ("licence.pdf", b"#!/bin/sh\nid"),
        ("picture.svg", b"<?xml version='1.0'?><svg/>"),
        ("licence.pdf", b" %PDF-1.7"),
    ],
    ids=["html", "exe", "script", "svg", "late"],
)
def test_content_decides_not_the_name(site, name, content):
    assert "CW-9722" in applied(site, content, name)[0].content.decode()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\r\nSet-Cookie: x=1.pdf", '"><script>.pdf', "纸" * 300, "\0.pdf"]
)
def test_hostile_names_are_only_names(site, name):
    content = PDF + name.encode()
    page, digest = applied(site, content, name)
    assert page.status_code == 200
    if "application is in" not in page.content.decode():
        return  # refused by the form is fine too
    operator = site.client("operator-1")
    listed = operator.get("/desk/registry/applications/").content.decode()
    assert "<script>" not in listed.replace("<script src", "")
    shown = operator.get(f"/desk/registry/papers/{digest}/")
    assert b"".join(shown.streaming_content) == content
    assert shown.headers["Content-Disposition"].startswith("attachment")
    assert "Set-Cookie" not in shown.headers
    assert not Path("/etc/passwd").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"%PDF-1.7\n<html><script>top.ran=1</script></html>"),
        ("page.svg", b"%PDF-1.7\n<svg xmlns='http://www.w3.org/2000/svg' onload='top.ran=1'/>"),
        ("picture.js", b"\x89PNG\r\n\x1a\n/*\0*/=1;top.ran=1"),
        ("photo.html", b"\xff\xd8\xff\xe0<!--\xff\xfe--><script>top.ran=1</script>"),
        ("applet.jar", b"PK\x03\x04META-INF/MANIFEST.MF<script>top.ran=1</script>"),
    ],
    ids=["pdf-html", "pdf-svg", "png-js", "jpeg-html", "xlsx-jar"],
)
def test_what_is_two_kinds_at_once_is_only_ever_a_download(site, name, content):
    """Over the real server: no browser may take it for a page or a script, whatever it is called."""
    from capwright.web.documents import KINDS

    page, digest = applied(site, content, name)
    assert "application is in" in page.content.decode()
    operator = site.client("operator-1")
    cookies = {"sessionid": operator.cookies["sessionid"].value}
    for asked in ("", "?format=html", "?as=inline"):
        shown = httpx.get(f"{site.url}/desk/registry/papers/{digest}/{asked}", cookies=cookies)
        assert shown.content == content
        assert shown.headers["content-disposition"].startswith("attachment")
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert shown.headers["content-type"].split(";")[0] in {kind for _, kind in KINDS.values()}
        assert "script-src 'self'" in shown.headers["content-security-policy"]
        assert "no-store" in shown.headers["cache-control"]


@pytest.mark.parametrize(
    "content",
    [b"GIF89a/*\0*/=1;top.ran=1", b"<!--%PDF-1.7-->", b"\xef\xbb\xbf%PDF-1.7\n<script>", b" %PDF-1.7\n"],
    ids=["gif-js", "pdf-inside", "mark-before", "space-before"],
)
def test_what_only_looks_like_a_kind_that_is_taken_is_not(site, content):
    assert "CW-9722" in applied(site, content, "licence.pdf")[0].content.decode()


def test_more_papers_than_are_taken(site):
    from capwright.web.models import Application

    before = Application.objects.count()
    papers = [io.BytesIO(PDF + bytes([n])) for n in range(6)]
    for n, paper in enumerate(papers):
        paper.name = f"{n}.pdf"
    fields = {"organisation": "Six", "account_type": "operator_holding", "contact": "Li",
              "email": "li@example.org", "papers": papers}  # fmt: skip
    answer = site.client().post("/apply/", fields)
    assert answer.status_code == 200
    said = answer.content.decode()
    assert ("Five files are the most." in said, "Choose one of the list." in said) == (True, False)
    assert Application.objects.count() == before


def test_a_good_paper_beside_a_bad_one_is_not_kept(site, settings, tmp_path):
    """It would belong to no application: no limit would count it, and no erasure would find it."""
    settings(documents=str(tmp_path / "papers"))
    good, bad = io.BytesIO(PDF + b"beside"), io.BytesIO(b"MZ\x90\x00")
    good.name, bad.name = "licence.pdf", "tool.exe"
    fields = {"organisation": "Beside", "account_type": "operator_holding", "contact": "Li",
              "email": "li@example.org", "papers": [good, bad]}  # fmt: skip
    assert "CW-9722" in site.client().post("/apply/", fields).content.decode()
    assert not [one for one in (tmp_path / "papers").rglob("*") if one.is_file()]


def test_applications_of_a_day_are_bounded(site, monkeypatch):
    from capwright.web.models import Application
    from capwright.web.pages import identity

    fields = {"organisation": "One more", "account_type": "operator_holding", "contact": "Li",
              "email": "li@example.org"}  # fmt: skip
    before = Application.objects.count()
    monkeypatch.setattr(identity, "MOST_A_DAY", before + 1)
    assert "Your application is in" in site.client().post("/apply/", fields).content.decode()
    assert "Too many applications today." in site.client().post("/apply/", fields).content.decode()
    assert Application.objects.count() == before + 1


def test_the_limit_of_a_day_holds_for_all_who_come_at_once(site, monkeypatch):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    from capwright.web.models import Application
    from capwright.web.pages import identity

    fields = {"organisation": "All at once", "account_type": "operator_holding", "contact": "Li",
              "email": "li@example.org"}  # fmt: skip
    before = Application.objects.count()
    monkeypatch.setattr(identity, "MOST_A_DAY", before + 3)
    together = threading.Barrier(8)
    looked = identity._room_for_one

    def all_look_first():
        found = looked()
        if threading.current_thread() not in waited:
            waited.add(threading.current_thread())
            together.wait(30)
        return found

    waited = set()
    monkeypatch.setattr(identity, "_room_for_one", all_look_first)

    def apply(_n):
        try:
            return "Your application is in" in site.client().post("/apply/", fields).content.decode()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(apply, range(8)))
    assert (sum(taken), Application.objects.count()) == (3, before + 3)


def left_by_a_process_that_ended(content, hours):
    """Papers that were stored so long ago, before their application was."""
    from datetime import timedelta

    from django.utils import timezone

    from capwright.web.documents import keep
    from capwright.web.models import Upload

    (kept,) = keep([("paper.pdf", [content])])
    Upload.objects.filter(sha256=kept.sha256).update(made_at=timezone.now() - timedelta(hours=hours))
    return kept.sha256


def check_sweep(site):
    from datetime import timedelta

    from django.utils import timezone

    from capwright.web.documents import sweep
    from capwright.web.models import Upload
    from capwright.web.storage import storage

    lost = left_by_a_process_that_ended(PDF + b"lost", 25)
    under_way = left_by_a_process_that_ended(PDF + b"under way", 23)
    again = left_by_a_process_that_ended(PDF + b"again", 25)
    Upload.objects.create(sha256=again)  # somebody else is just sending the same
    file = io.BytesIO(PDF + b"had")
    file.name = "had.pdf"
    fields = {"organisation": "Has it", "account_type": "operator_holding", "contact": "Li",
              "email": "li@example.org", "papers": [file]}  # fmt: skip
    site.client().post("/apply/", fields)
    had = hashlib.sha256(PDF + b"had").hexdigest()
    Upload.objects.filter(sha256=had).update(made_at=timezone.now() - timedelta(hours=25))
    not_ours = hashlib.sha256(PDF + b"another market's").hexdigest()
    path = Path(site.host.settings.views).with_suffix(".paper")
    path.write_bytes(PDF + b"another market's")
    storage().put(path, not_ours)
    assert sweep() == 1
    assert storage().get(lost) is None
    assert None not in [storage().get(one) for one in (under_way, again, had, not_ours)]
    assert sweep() == 0


def test_papers_of_a_process_that_ended_are_swept(site):
    check_sweep(site)


def test_papers_of_a_process_that_ended_are_swept_from_a_bucket(site, bucket):
    check_sweep(site)
