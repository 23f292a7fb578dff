"""What a firm owes of plans and reports stands among its tasks, with the day."""

from datetime import UTC, datetime

import pytest

from capwright.projection.tasks import tasks_of
from capwright.projection.viewer import viewer_of

END_OF_10_APRIL = round(datetime(2024, 4, 10, 15, 59, 59, tzinfo=UTC).timestamp() * 1000)  # 23:59:59 there


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (datetime(2024, 1, 15, 2, tzinfo=UTC), ["plan", "report"]),
        (datetime(2024, 3, 20, 2, tzinfo=UTC), ["report"]),  # plans were filed and approved
    ],
)
def test_a_firm_is_told_what_it_has_to_file(tmp_path, day, expected):
    from capwright.host import Host, settings_of
    from capwright.scenario.run import run_scenario

    path = str(tmp_path / "early.sqlite")
    run_scenario("guangdong-2023", path, until=lambda _zone: round(day.timestamp() * 1000))
    with Host(settings_of({}, db=path, demo=True)) as host, host.look() as market:
        viewer = viewer_of(market, "cement-05:operator")
        found = [one for one in tasks_of(market, viewer, host.clock()) if one.kind in {"plan", "report"}]
        investor = tasks_of(market, viewer_of(market, "investor-25:operator"), host.clock())
    assert sorted(one.kind for one in found) == expected
    assert {one.due_ms for one in found} == {END_OF_10_APRIL}
    assert {one.account for one in found} == set(viewer.accounts)
    assert [one for one in investor if one.kind in {"plan", "report"}] == []


def test_who_has_filed_is_told_nothing(site):
    with site.host.look() as market:
        tasks = tasks_of(market, viewer_of(market, "cement-05:operator"), site.host.clock())
    assert [one for one in tasks if one.kind in {"plan", "report"}] == []


def test_a_quota_is_looked_at_while_one_may_object(tmp_path):
    from capwright.host import Host, settings_of
    from capwright.scenario.run import run_scenario

    approved = round(datetime(2024, 6, 14, 2, tzinfo=UTC).timestamp() * 1000)  # the day after the approval
    path = str(tmp_path / "approved.sqlite")
    run_scenario("guangdong-2023", path, until=lambda _zone: approved)
    with Host(settings_of({}, db=path, demo=True)) as host, host.look() as market:
        viewer = viewer_of(market, "cement-05:operator")
        (task,) = [one for one in tasks_of(market, viewer, approved) if one.kind == "quota"]
        last, after = (tasks_of(market, viewer, task.due_ms + ms) for ms in (0, 1))
    assert task in last
    assert task not in after
