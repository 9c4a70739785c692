"""The tables of the ledger, without those of whatever else is imported."""

from sqlmodel import SQLModel

import ledger

assert ledger.Account
LEDGER_TABLES = [
    table
    for table in SQLModel.metadata.sorted_tables
    if table.name.startswith("ledger_")
]
