"""Who holds what while the year runs: free and frozen units by vintage, credits, cash."""

# ruff: noqa: PLR2004 - vintages
from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Holder"]


@dataclass
class Holder:
    """An account as the generator sees it. Tonnes and fen.

    `surplus_t` is what a firm may sell in all; `weight` says how often an investor is drawn; a holder that is
    `shut` sells nothing.
    """

    id: str
    sector: str = ""
    investor: bool = False
    free: dict[int, int] = field(default_factory=lambda: {2020: 0, 2022: 0, 2023: 0})
    frozen_t: int = 0  # of vintage 2023, until surrender
    credit_t: int = 0
    surplus_t: int = 0
    weight: float = 1.0
    shut: bool = False
    cash: int = 0
    least_cash: int = 0

    @property
    def free_t(self) -> int:
        return sum(self.free.values())

    @property
    def sellable_t(self) -> int:
        return self.free_t if self.investor else min(self.free_t, self.surplus_t)

    def receive(self, quantity_t: int, vintage: int) -> None:
        """Free quota of 2023, half of it frozen, rounded down; or freed units of an older vintage."""
        frozen_t = quantity_t // 2 if vintage == 2023 else 0
        self.frozen_t += frozen_t
        self.free[vintage] += quantity_t - frozen_t

    def give_back(self, quantity_t: int) -> None:
        """A recall takes frozen units first."""
        frozen_t = min(self.frozen_t, quantity_t)
        self.frozen_t -= frozen_t
        self.free[2023] -= quantity_t - frozen_t
        assert self.free[2023] >= 0, self.id

    def sell(self, buyer: Holder, quantity_t: int) -> None:
        """Oldest vintage first."""
        left_t = quantity_t
        for vintage in self.free:
            part_t = min(left_t, self.free[vintage])
            self.free[vintage] -= part_t
            buyer.free[vintage] += part_t
            left_t -= part_t
        assert not left_t, self.id
        self.surplus_t -= quantity_t

    def pay(self, amount: int) -> None:
        """Cash out (below zero: in); the lowest balance says what must be deposited."""
        self.cash -= amount
        self.least_cash = min(self.least_cash, self.cash)

    def surrender(self, owed_t: int) -> int:
        """Credits, older vintage, frozen units, the rest; return what is still owed."""
        for take in ("credit", 2020, 2022, "frozen", 2023):
            if take == "credit":
                part_t = min(owed_t, self.credit_t)
                self.credit_t -= part_t
            elif take == "frozen":
                part_t = min(owed_t, self.frozen_t)
                self.frozen_t -= part_t
            else:
                assert isinstance(take, int)
                part_t = min(owed_t, self.free[take])
                self.free[take] -= part_t
            owed_t -= part_t
        return owed_t
