"""The independent auditor: replays a journal with its own book and says exactly where the journal is wrong.

It shares no code with the market: neither the event classes nor the ledger, only the kernel's refusal
catalogue for the wording of its findings. It knows three kinds of postings, the opening and closing of
accounts and series, completed transactions and refusals; whatever else a room writes is opaque to it except
for the postings it carries.
"""

from capwright.audit.auditor import audit
from capwright.audit.chain import GENESIS, Row, row_hash
from capwright.audit.findings import Finding
from capwright.audit.replay import Replay
from capwright.audit.report import AuditReport, compare_holdings

__all__ = ["GENESIS", "AuditReport", "Finding", "Replay", "Row", "audit", "compare_holdings", "row_hash"]
