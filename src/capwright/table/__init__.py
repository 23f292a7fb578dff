"""CSV tables at the edge: read strictly into typed rows, and say where a fault is.

A table is described by a msgspec Struct: its field names (or their `field(name=…)`) are the columns, fields
with a default are optional columns, and the annotation says how a cell is read. The project's own quantities
are read with `Annotated[int, Tonnes(least=1)]` and `Annotated[int, Money()]`. Every fault is raised as
`BadInput` with file, line and column; the column is the number of the cell in its row.
"""

from capwright.table.cells import Cell, Money, Tonnes, check_year
from capwright.table.rows import Table, check_unique, parse_table, read_table

__all__ = ["Cell", "Money", "Table", "Tonnes", "check_unique", "check_year", "parse_table", "read_table"]
