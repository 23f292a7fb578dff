"""The journal: the only truth.

Every balance, page and report is a view of it that can be dropped and rebuilt.
"""

from capwright.journal.batch import Envelope
from capwright.journal.chain import EMPTY, GENESIS, Head, Record
from capwright.journal.codec import Codec, market_codec
from capwright.journal.engine import MAX_BATCH, Bulk, Engine
from capwright.journal.export import export_jsonl, import_jsonl
from capwright.journal.fault import (
    ChainFault,
    EngineClosed,
    Fenced,
    JournalUnavailable,
    MachineFault,
    OpenFault,
    StoreFailed,
)
from capwright.journal.memory import MemoryStore
from capwright.journal.replay import Machine, Replayed, find_faults, load, records, replay, snapshot_faults
from capwright.journal.store import Snapshot, Store, open_store
from capwright.journal.upcast import upcaster

__all__ = [
    "EMPTY",
    "GENESIS",
    "MAX_BATCH",
    "Bulk",
    "ChainFault",
    "Codec",
    "Engine",
    "EngineClosed",
    "Envelope",
    "Fenced",
    "Head",
    "JournalUnavailable",
    "Machine",
    "MachineFault",
    "MemoryStore",
    "OpenFault",
    "Record",
    "Replayed",
    "Snapshot",
    "Store",
    "StoreFailed",
    "export_jsonl",
    "find_faults",
    "import_jsonl",
    "load",
    "market_codec",
    "open_store",
    "records",
    "replay",
    "snapshot_faults",
    "upcaster",
]
