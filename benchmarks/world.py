"""A market with a hundred accounts, and an endless row of transfers between them."""

import random
import uuid
from collections.abc import Iterator

from capwright.journal import Engine, Envelope, Store
from capwright.market import Market
from tests.worlds import _KINDS as KINDS
from tests.worlds import ALPHA, BETA, TRADER, ProposeTransaction, UnitLine, World, number, rep

ACCOUNTS = [number(121, 100 + index) for index in range(100)]
EACH_T = 900  # the two givers keep some
SERIES = "TLA-2023"


def prepare(store: Store) -> Engine:
    """Open an engine on `store` with the market set up: a hundred accounts of some units each."""
    KINDS.update(dict.fromkeys(ACCOUNTS, "trading"))
    world = World().furnish(50_000)
    for index, account in enumerate(ACCOUNTS):
        giver = (ALPHA, BETA)[index % 2]
        line = UnitLine(SERIES, EACH_T)
        world.do(rep(giver), ProposeTransaction("transfer", giver, account, (line,)))
    engine = Engine(store, Market, snapshot_every=10**9)
    with engine.bulk() as run:
        for name, actor, at_ms, command in world.log:
            outcome = run(command, name, actor, at_ms)
            assert outcome.ok, outcome.refusal
    return engine


def transfers(seed: int = 1) -> Iterator[Envelope]:
    """Yield transfers of a few tonnes between random accounts; ids are random, as clients make them."""
    draw = random.Random(seed)
    while True:
        source, target = draw.sample(ACCOUNTS, 2)
        name = uuid.UUID(int=draw.getrandbits(128)).hex
        line = UnitLine(SERIES, draw.randrange(1, 6))
        yield Envelope(ProposeTransaction("transfer", source, target, (line,)), name, rep(source))


def there_and_back() -> Iterator[Envelope]:
    """Yield transfers of one unbroken block between two accounts: one posting each."""
    draw = random.Random(2)
    while True:
        for source, target in ((ALPHA, TRADER), (TRADER, ALPHA)):
            name = uuid.UUID(int=draw.getrandbits(128)).hex
            line = UnitLine(SERIES, 3)
            yield Envelope(ProposeTransaction("transfer", source, target, (line,)), name, rep(source))
