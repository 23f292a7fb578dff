"""What the journal answers when it cannot or must not go on, with its codes.

Three kinds. A *refusal* of one command that never reaches the journal (85xx) comes back as an ordinary
outcome with `seq` 0. Trouble of the engine (86xx) and a store that cannot be opened (88xx) are raised. A
`ChainFault` (87xx) says that a journal's content is wrong, and at which record.
"""

from __future__ import annotations

from capwright.kernel.refusal import Refusal, RefusalCode, Refused, define

__all__ = [
    "ChainFault",
    "EngineClosed",
    "Fenced",
    "JournalUnavailable",
    "MachineFault",
    "OpenFault",
    "StoreFailed",
]

_IDEMPOTENT = "design: repeating an id returns the first outcome"
_ONE_WRITER = "design: one active engine"
_CHAIN = "design: hash over the previous hash and the canonical bytes"

BAD_COMMAND_ID = define(
    "CW-8501",
    en="A command id must have 1 to 200 printable characters; this one does not: '{command_id}'.",
    zh="指令编号须为1至200个可打印字符：“{command_id}”不符合。",
    mend_en="Give each command an id of its own, for example a UUID.",
    mend_zh="请为每条指令使用唯一编号，例如UUID。",
    rule=_IDEMPOTENT,
)
ID_REUSED = define(
    "CW-8502",
    en="The id '{command_id}' belongs to another command (record {seq} of the journal).",
    zh="编号“{command_id}”已用于另一条指令（日志第{seq}条）。",
    mend_en="Send a new command under a new id; repeat an id only with the same command and actor.",
    mend_zh="新指令请使用新编号；只有同一操作人的同一指令才可重复使用编号。",
    rule=_IDEMPOTENT,
)
UNWRITABLE_COMMAND = define(
    "CW-8503",
    en="The command '{command_id}' cannot be written down: {reason}.",
    zh="指令“{command_id}”无法写入日志：{reason}。",
    mend_en="Send valid Unicode text, and every field as the type it has.",
    mend_zh="请使用有效的Unicode文本，各字段须为规定的类型。",
    rule="design: every command is in the journal",
)
BAD_ACTOR = define(
    "CW-8504",
    en="An actor must have 1 to 200 printable characters; this one does not: '{actor}'.",
    zh="操作人须为1至200个可打印字符：“{actor}”不符合。",
    rule="design: a command carries its actor",
)
COMMAND_TOO_LARGE = define(
    "CW-8505",
    en="The command '{command_id}' has {size:,} bytes; {most:,} are allowed.",
    zh="指令“{command_id}”为{size:,}字节，超过上限{most:,}字节。",
    mend_en="Split it into several commands.",
    mend_zh="请拆分为多条指令。",
    rule="design: bounded memory",
)
BAD_TIME = define(
    "CW-8506",
    en="The time {at_ms} of the command '{command_id}' is not between 1970 and 2200.",
    zh="指令“{command_id}”的时间{at_ms}不在1970年至2200年之间。",
    rule="design: the sequencer gives the time",
)

NOT_WRITTEN = define(
    "CW-8601",
    en="The journal could not be written, so nothing happened: {reason}.",
    zh="日志无法写入，指令未生效：{reason}。",
    mend_en="Send the command again under the same id once the store is well.",
    mend_zh="存储恢复后，请用同一编号重新发送。",
    rule="design: acknowledged only after commit",
)
UNKNOWN_COMMIT = define(
    "CW-8602",
    en="The connection to the journal broke during the commit, so it is not known yet"
    " whether the command took effect: {reason}.",
    zh="提交时与日志的连接中断，指令是否生效暂不可知：{reason}。",
    mend_en="Send the command again under the same id: it takes effect once.",
    mend_zh="请用同一编号重新发送，指令只会生效一次。",
    rule="design: acknowledged only after commit",
)
FENCED = define(
    "CW-8603",
    en="Another engine writes this journal; this one has stopped for good: {reason}.",
    zh="另一引擎正在写入此日志，本引擎已永久停止：{reason}。",
    mend_en="Send commands to the active engine.",
    mend_zh="请将指令发送至当前活动的引擎。",
    rule=_ONE_WRITER,
)
LEASE_TAKEN = define(
    "CW-8604",
    en="Another engine is using this journal ({holder}).",
    zh="另一引擎正在使用此日志（{holder}）。",
    mend_en="Stop it first, or open the journal for reading only.",
    mend_zh="请先停止该引擎，或以只读方式打开日志。",
    rule=_ONE_WRITER,
)
CLOSED = define(
    "CW-8605",
    en="The engine is closed.",
    zh="引擎已关闭。",
    rule=_ONE_WRITER,
)
BUG = define(
    "CW-8606",
    en="A fault inside the market stopped the command '{command_id}'; nothing of it took effect: {reason}.",
    zh="市场内部故障，指令“{command_id}”未生效：{reason}。",
    mend_en="Please report it with the command.",
    mend_zh="请连同该指令一并报告。",
    rule="design: a refusal after the first event is a bug",
)
READ_ONLY = define(
    "CW-8607",
    en="The journal is open for reading only.",
    zh="日志以只读方式打开。",
    rule=_ONE_WRITER,
)

GAP = define(
    "CW-8701",
    en="Record {seq} is missing: record {found} follows record {last}.",
    zh="缺少第{seq}条记录：第{last}条之后是第{found}条。",
    rule=_CHAIN,
)
WRONG_HASH = define(
    "CW-8702",
    en="Record {seq} does not match its hash: it, or the order of the records before it, was altered.",
    zh="第{seq}条记录与其哈希不符：该记录或其前的次序被改动。",
    rule=_CHAIN,
)
UNREADABLE = define(
    "CW-8703",
    en="Record {seq} cannot be understood: {reason}.",
    zh="第{seq}条记录无法解读：{reason}。",
    rule=_CHAIN,
)
TIME_RUNS_BACK = define(
    "CW-8704",
    en="Record {seq} is dated {at}, before the record preceding it ({last_at}).",
    zh="第{seq}条记录的时间{at}早于其前一条（{last_at}）。",
    rule="design: the sequencer gives the time",
)
DUPLICATE = define(
    "CW-8705",
    en="Record {seq} repeats {what}.",
    zh="第{seq}条记录重复：{what}。",
    rule=_IDEMPOTENT,
)
CUT_OFF = define(
    "CW-8706",
    en="The journal ends at record {found}, but record {seq} is known to have been written.",
    zh="日志止于第{found}条，但已知第{seq}条曾写入。",
    rule=_CHAIN,
)
DAMAGED = define(
    "CW-8707",
    en="The database cannot be read at record {seq}: {reason}.",
    zh="数据库在第{seq}条记录处无法读取：{reason}。",
    mend_en="Restore the database from a backup.",
    mend_zh="请从备份恢复数据库。",
    rule=_CHAIN,
)
STRANGE_SNAPSHOT = define(
    "CW-8708",
    en="The snapshot at record {seq} does not come from this journal: {reason}.",
    zh="第{seq}条记录处的快照不属于此日志：{reason}。",
    rule="design: snapshots are checked against the journal",
)

NO_JOURNAL = define(
    "CW-8801",
    en="There is no journal at '{url}'.",
    zh="“{url}”处没有日志。",
    mend_en="Check the path, or make one: `capwright run` plays a scenario, `capwright init` opens a market.",
    mend_zh="请检查路径，或先生成日志：`capwright run` 运行情景，`capwright init` 开设市场。",
    rule="design: the journal is the only truth",
)
NOT_A_JOURNAL = define(
    "CW-8802",
    en="'{url}' is not a Capwright journal: {reason}.",
    zh="“{url}”不是Capwright日志：{reason}。",
    mend_en="Choose another file; this one has been left as it was.",
    mend_zh="请选择其他文件；该文件未被改动。",
    rule="design: the journal is the only truth",
)
WRONG_FORMAT = define(
    "CW-8803",
    en="The journal '{url}' has format {found}; this program reads format {known}.",
    zh="日志“{url}”的格式为{found}，本程序可读取格式{known}。",
    mend_en="Use the version of Capwright that wrote it, or a newer one.",
    mend_zh="请使用写入该日志的或更新版本的Capwright。",
    rule="design: the journal is the only truth",
)
CANNOT_OPEN = define(
    "CW-8804",
    en="The journal '{url}' cannot be opened: {reason}.",
    zh="日志“{url}”无法打开：{reason}。",
    rule="design: the journal is the only truth",
)
BAD_URL = define(
    "CW-8805",
    en="'{url}' is not the address of a journal.",
    zh="“{url}”不是日志地址。",
    mend_en="Write a file path, sqlite:///FILE, postgresql://HOST/NAME or memory:.",
    mend_zh="请填写文件路径、sqlite:///文件、postgresql://主机/名称或 memory:。",
    rule="design: the journal is the only truth",
)
NO_DRIVER = define(
    "CW-8806",
    en="The package psycopg, which reaches PostgreSQL, is not installed.",
    zh="未安装连接PostgreSQL所需的psycopg软件包。",
    mend_en='Run: pip install "capwright[postgres]".',
    mend_zh='请运行：pip install "capwright[postgres]"。',
    rule="design: the journal is the only truth",
)


class JournalUnavailable(Refused):
    """Nothing was acknowledged: the store could not be written (CW-8601), or nobody knows yet (CW-8602)."""


class MachineFault(JournalUnavailable):
    """The market failed on the command with an exception that is not a refusal: a bug (CW-8606)."""


class EngineClosed(JournalUnavailable):
    """The engine was closed before the command's turn came (CW-8605)."""


class Fenced(JournalUnavailable):
    """Another engine has taken over the journal; this engine never writes again (CW-8603)."""


class OpenFault(Refused):
    """A journal that cannot be opened as asked (CW-88xx, CW-8604, CW-8607)."""


class ChainFault(Refused):
    """The journal's content is wrong at record `seq`."""

    def __init__(self, spec: RefusalCode, seq: int, **details: str | int) -> None:
        super().__init__(Refusal(spec.code, {"seq": seq, **details}))
        self.seq = seq

    @property
    def what(self) -> str:
        """What is wrong, as one English sentence."""
        return self.refusal.message()


class StoreFailed(Exception):  # noqa: N818 - a fact about the store, turned into an answer by the engine
    """The store could not read or write now.

    After a failed `append` the store itself must be asked what it holds.
    """


def unavailable(spec: RefusalCode, reason: str = "") -> JournalUnavailable:
    """Make the exception for `spec`, of the class that belongs to it."""
    kind = {FENCED: Fenced, CLOSED: EngineClosed}.get(spec, JournalUnavailable)
    return kind(Refusal(spec.code, {"reason": reason}))


def open_fault(spec: RefusalCode, **details: str | int) -> OpenFault:
    """Make the exception for a store that cannot be opened."""
    return OpenFault(Refusal(spec.code, details))
