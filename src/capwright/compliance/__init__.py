"""Compliance: what an operator owes, with what it may pay, whether it has, and what it costs if not.

`obligation`, `offsets`, `surrender`, `status` and `sanctions` are pure rules over numbers; `report` answers
`capwright compliance status` from plain tables. All figures come from the scheme's compliance section.
"""
