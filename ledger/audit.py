"""verify_book(): recompute everything from the journal, name the first bad record."""

import re
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ledger.accounts import UNITS
from ledger.amounts import text_of
from ledger.canonical import GENESIS, chained
from ledger.checkpoints import ORIGIN
from ledger.columns import moment_text
from ledger.driver import Driver, as_moment, as_uuid, marks
from ledger.records import Record, records_of
from ledger.replay import PROBLEMS_MAX, Replay, Standing, tables_of
from ledger.tree import Frontier, Place

PAGE = 500
HASH = re.compile("[0-9a-f]{64}")
UNREADABLE = (ArithmeticError, LookupError, TypeError, ValueError)
"""What rows raise that say nothing any more; whoever checks the book goes on."""


@dataclass(frozen=True, slots=True)
class Report:
    """What `verify_book` found.

    Attributes:
        ok: True when nothing is wrong.
        entries: Records read, sealed or waiting to be.
        first_bad: The first bad record or account, in words; None when ok.
        problems: One sentence each, in the order found; at most 100.
        pending: Records that wait for the sealer; no fault (PostgreSQL only).
    """

    ok: bool
    entries: int
    first_bad: str | None
    problems: list[str]
    pending: int = 0


def verify_book(session: Session) -> Report:
    """Recompute the whole book from its journal and compare.

    Checks, for every record in the order of the chain: its leaf and its link, no
    gap in the sequence, as many postings as it says, one unit per posting, open
    accounts, the running balance on both sides, no account below its floor, each hold
    extended while it is open and resolved at most once for no more than it held, the
    lots of an account equal to its balance, words that match their digest, reversals
    that mirror what they reverse, refunds within what was paid, no day in a closed
    month, closed months that come to what was sealed; the nodes of the tree and the
    checkpoints. At the end: counters, open holds and lots equal the replay, debits
    equal credits per unit, no row without a record, nothing unsealed that does not
    wait for the sealer. Reads the book once, in pages; writes nothing.

    On PostgreSQL call it first thing in a session, so that it sees one moment.

    Returns:
        A `Report`; it raises only when the database cannot be read.
    """
    if session.get_bind().dialect.name == "postgresql" and not session.in_transaction():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    replay = Replay(Driver(session))
    pending = 0
    for step in (
        _walk_chain,
        _walk_unsealed,
        _compare_counters,
        _compare_openings,
        _compare_holds,
        _compare_lots,
        _compare_rows,
    ):
        try:
            pending += step(replay) or 0
        except UNREADABLE as error:
            replay.say(f"a row cannot be read: {error!r}")
    problems = replay.problems
    return Report(
        ok=not problems,
        entries=replay.entries,
        first_bad=problems[0] if problems else None,
        problems=problems,
        pending=pending,
    )


def _walk_chain(replay: Replay) -> None:
    previous, expected, tree = GENESIS, 1, Frontier()
    checkpoints = _checkpoints(replay)
    signed = max(checkpoints, default=0)
    while seals := replay.driver.all(
        "SELECT sequence, transaction_id, leaf, hash FROM ledger_seal"
        " WHERE sequence >= ? ORDER BY sequence LIMIT ?",
        (expected, PAGE),
    ):
        numbers = [seal[1] for seal in seals]
        records = _read(replay.driver, numbers)
        memos = _memos(replay.driver, numbers)
        nodes: dict[Place, bytes] = {}
        for sequence, number, leaf, link in seals:
            where = f"entry {sequence} (transaction {number})"
            if sequence != expected:
                replay.say(f"{where}: entries from {expected} on are missing")
            if number not in records:
                replay.say(f"{where}: its transaction is missing")
            else:
                _play(replay, records[number], leaf, where, memos.get(number))
            if not (HASH.fullmatch(leaf) and chained(previous, leaf) == link):
                replay.say(f"{where}: the chain is broken here")
            previous, expected = _hash(link), sequence + 1
            if sequence <= signed:
                nodes.update(tree.append(bytes.fromhex(_hash(leaf))))
            said = checkpoints.pop(sequence, None)
            if said is not None and said != (tree.root().hex(), link):
                replay.say(f"{where}: the checkpoint over it is of another book")
        _compare_nodes(replay, nodes)
    for size in sorted(checkpoints):
        replay.say(f"the checkpoint of {size} entries is of a longer book")
    _count_nodes(replay, signed)


def _read(driver: Driver, numbers: list[int]) -> dict[int, Record | None]:
    """Return the records there are; None where the rows make no sense."""
    try:
        return {record.number: record for record in records_of(driver, numbers)}
    except UNREADABLE:
        found: dict[int, Record | None] = {}
    for number in numbers:
        try:
            found.update((r.number, r) for r in records_of(driver, [number]))
        except UNREADABLE:
            found[number] = None
    return found


def _play(
    replay: Replay,
    record: Record | None,
    leaf: str,
    where: str,
    memo: tuple[str, str] | None,
) -> None:
    if record is None:
        replay.say(f"{where}: its rows cannot be read")
        return
    if record.leaf() != leaf:
        replay.say(f"{where}: its content is not what was sealed")
    try:
        replay.play(record, where, memo)
    except UNREADABLE:
        replay.say(f"{where}: its rows cannot be read")


def _hash(text: str) -> str:
    """Return *text* if it is a hash; else zeros, so that the walk goes on."""
    return text if HASH.fullmatch(text) else GENESIS


def _checkpoints(replay: Replay) -> dict[int, tuple[str, str]]:
    """Return root and hash by size, once the notes say the same."""
    found = {}
    for size, root, link, at, note in replay.driver.all(
        "SELECT size, root, hash, at, note FROM ledger_checkpoint ORDER BY size"
    ):
        moment = moment_text(as_moment(at))
        if not note.startswith(f"{ORIGIN}\n{size}\n{root}\n{link}\n{moment}\n"):
            replay.say(f"the checkpoint of {size} entries is not what its note says")
        found[size] = (root, link)
    return found


def _compare_nodes(replay: Replay, nodes: dict[Place, bytes]) -> None:
    """Compare the nodes that a page completes with those that are kept."""
    for level in sorted({level for level, _ in nodes}):
        positions = [position for at, position in nodes if at == level]
        for position, kept in replay.driver.all(
            "SELECT position, hash FROM ledger_tree_node WHERE level = ?"
            " AND position BETWEEN ? AND ? ORDER BY position",
            (level, positions[0], positions[-1]),
        ):
            if nodes[level, position].hex() != kept:
                first, last = (position << level) + 1, (position + 1) << level
                replay.say(f"entries {first} to {last}: their node in the tree differs")


def _count_nodes(replay: Replay, signed: int) -> None:
    """The tree keeps every full node below the newest checkpoint, and no other."""
    asked = "SELECT level, COUNT(*) FROM ledger_tree_node GROUP BY level"
    kept: dict[int, int] = {row[0]: row[1] for row in replay.driver.all(asked)}
    for level in sorted({*kept, *range(1, signed.bit_length())}):
        due = signed >> level if level else 0
        if kept.get(level, 0) != due:
            there = kept.get(level, 0)
            replay.say(f"level {level} of the tree has {there} nodes, not {due}")


def _walk_unsealed(replay: Replay) -> int:
    rows = replay.driver.all(
        "SELECT t.id, u.transaction_id FROM ledger_transaction t"
        " LEFT JOIN ledger_seal s ON s.transaction_id = t.id"
        " LEFT JOIN ledger_unsealed u ON u.transaction_id = t.id"
        " WHERE s.transaction_id IS NULL ORDER BY t.id"
    )
    waiting = 0
    numbers = [row[0] for row in rows]
    for row in rows:
        if row[1] is None:
            replay.say(f"transaction {row[0]}: it was never sealed")
        else:
            waiting += 1
    for record in records_of(replay.driver, numbers):
        memo = _memos(replay.driver, [record.number]).get(record.number)
        replay.play(record, f"transaction {record.number} (unsealed)", memo)
    return waiting


def _memos(driver: Driver, numbers: list[int]) -> dict[int, tuple[str, str]]:
    rows = driver.all(
        "SELECT transaction_id, salt, text FROM ledger_private_text"  # noqa: S608
        f" WHERE transaction_id IN ({marks(len(numbers))})",
        numbers,
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _compare_counters(replay: Replay) -> None:
    rows = replay.driver.all(
        "SELECT id, code, unit, debits_posted, credits_posted, debits_pending,"
        " credits_pending, state, floor, keeps_lots FROM ledger_account ORDER BY id"
    )
    sums: dict[str, int] = {}
    played = dict(replay.accounts)
    for number, code, unit, debits, credits_, held, awaited, *limits in rows:
        true = played.pop(number, Standing())
        sums[unit] = sums.get(unit, 0) + credits_ - debits
        if (debits, credits_) != (true.debits, true.credits):
            replay.say(
                f"account {code}: it shows {text_of(credits_ - debits)},"
                f" its postings make {text_of(true.balance)}"
            )
        if (held, awaited) != (true.debits_pending, true.credits_pending):
            replay.say(f"account {code}: its held amount is not that of its open holds")
        if limits != [true.state, true.floor, true.keeps_lots]:
            replay.say(
                f"account {code}: its state or floor, or whether it keeps lots,"
                " is not what was sealed"
            )
        if limits[1] is not None and credits_ - debits - held < limits[1]:
            replay.say(f"account {code}: it stands below its floor")
    for number in played:
        replay.say(f"account number {number}: it has entries but does not exist")
    for unit, difference in sums.items():
        if difference:
            replay.say(f"unit {unit}: its balances sum to {text_of(difference)}, not 0")


def _compare_openings(replay: Replay) -> None:
    """Compare the days of opening and the places of the units that everyone keeps."""
    places = {str(code): exponent for code, _, exponent in UNITS}
    for code, exponent in replay.driver.all("SELECT code, exponent FROM ledger_unit"):
        if places.get(code, exponent) != exponent:
            replay.say(f"unit {code}: it is kept with {exponent} decimal places")
    for (code,) in replay.driver.all(
        "SELECT a.code FROM ledger_account a JOIN (SELECT account_id,"
        " min(transaction_id) AS number FROM ledger_account_change GROUP BY account_id)"
        " c ON c.account_id = a.id JOIN ledger_transaction t ON t.id = c.number"
        " WHERE t.at <> a.opened_at"
    ):
        replay.say(f"account {code}: it was opened at another moment than it says")


def _compare_holds(replay: Replay) -> None:
    waiting = dict(replay.holds)
    for hold_id, payer, expires_at in replay.driver.all(
        "SELECT hold_id, debit_account_id, expires_at FROM ledger_open_hold"
    ):
        number = as_uuid(hold_id)
        true = waiting.pop(number, None)
        until = None if expires_at is None else as_moment(expires_at)
        if true is None:
            replay.say(f"hold {number}: it is listed as open and is not")
        elif (payer, until) != (true.row[2], true.expires_at):
            replay.say(f"hold {number}: it waits for another end than was sealed")
    for number in waiting:
        replay.say(f"hold {number}: it is open and not listed")


def _compare_lots(replay: Replay) -> None:
    for number, lot in replay.driver.all(
        "SELECT x.transaction_id, x.lot_id FROM (SELECT u.transaction_id, u.lot_id,"
        " SUM(u.amount) OVER (PARTITION BY u.lot_id ORDER BY u.id) AS used"
        " FROM ledger_lot_use u) AS x JOIN ledger_lot l ON l.id = x.lot_id"
        " WHERE x.used NOT BETWEEN 0 AND l.amount ORDER BY x.transaction_id LIMIT ?",
        (PROBLEMS_MAX,),
    ):
        replay.say(f"transaction {number}: it takes more from lot {lot} than is in it")
    for lot, used, true in replay.driver.all(
        "SELECT * FROM (SELECT l.id, l.used, (SELECT COALESCE(SUM(u.amount), 0)"
        " FROM ledger_lot_use u WHERE u.lot_id = l.id) AS true_use FROM ledger_lot l)"
        " AS x WHERE used <> true_use ORDER BY id LIMIT ?",
        (PROBLEMS_MAX,),
    ):
        replay.say(
            f"lot {lot}: it shows {text_of(used)} used, its uses make"
            f" {text_of(int(true))}"
        )


def _compare_rows(replay: Replay) -> None:
    """Find rows beneath no record, and what the form of a record cannot say."""
    for table, played in tables_of(replay):
        there = replay.driver.value(f"SELECT COUNT(*) FROM {table}")  # noqa: S608
        if there != played:
            replay.say(f"{table}: {there} rows, of which {played} belong to an entry")
    for table in ("ledger_period_balance", "ledger_period_total"):
        for (day,) in replay.driver.all(
            f"SELECT DISTINCT last_on FROM {table}"  # noqa: S608
            " WHERE last_on NOT IN (SELECT last_on FROM ledger_period)"
        ):
            replay.say(f"{table}: it keeps a month that is not closed, ending on {day}")
    for (number,) in replay.driver.all(
        "SELECT id FROM ledger_transaction WHERE format NOT IN (1, 2) OR"
        " (format = 1 AND (link IS NOT NULL OR refunds_id IS NOT NULL))"
        " ORDER BY id LIMIT ?",
        (PROBLEMS_MAX,),
    ):
        replay.say(f"transaction {number}: its form does not know what it says")
