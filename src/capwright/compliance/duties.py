"""Looking duties up in the state."""

from __future__ import annotations

from capwright.compliance.state import ComplianceState, DutyYear
from capwright.compliance.status import DutyRecord
from capwright.ledger.accounts import Account

__all__ = ["Duties"]


class Duties:
    """The duties of all accounts, by account and year."""

    def __init__(self, state: ComplianceState) -> None:
        self._duties = state.duties

    def known(self, account: str, year: int) -> bool:
        """Whether anything is recorded for the year."""
        return year in self._duties.get(account, {})

    def of(self, account: str, year: int) -> DutyYear:
        """An account's duty of a year, to read; an empty one where nothing is recorded."""
        return self._duties.get(account, {}).get(year) or DutyYear()

    def years(self, account: str, since: int = 0) -> list[int]:
        """The years for which something is recorded, from `since` on."""
        return [year for year in self._duties.get(account, {}) if year >= since]

    def open(self, account: str, year: int) -> DutyYear:
        """An account's duty of a year, to change: for appliers."""
        years = self._duties.setdefault(account, {})
        found = years.get(year)
        if found is None:
            found = years[year] = DutyYear()
        return found

    def record(self, account: Account, since: int = 0) -> DutyRecord:
        """The duty record over all years, or over those from `since` on, for the cumulative status."""
        years = self._duties.get(account.number, {})
        if since:
            years = {year: duty for year, duty in years.items() if year >= since}
        return DutyRecord(
            first_year=max(account.first_year, since),
            last_year=account.last_year or None,
            emissions={y: duty.emissions_t for y, duty in years.items() if duty.emissions_t is not None},
            excluded=frozenset(y for y, duty in years.items() if duty.excluded),
            surrendered_t=sum(duty.surrendered_t for duty in years.values()),
        )
