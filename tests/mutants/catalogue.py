"""The mistakes: where, what it says, what it says instead, and who should notice."""

from dataclasses import dataclass

SQLITE, POSTGRESQL = "sqlite", "postgresql"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake; *old* stands exactly once in *file* of the ledger.

    ``tests`` are files of tests/ledger, without ``test_`` and ``.py``, the likeliest
    to notice first.
    """

    means: str
    file: str
    old: str
    new: str
    tests: str
    database: str = SQLITE


MUTANTS = (
    Mutant(
        "the floor is off by one step",
        "locking.py",
        "if steps > free:",
        "if steps > free + 1:",
        "journal",
    ),
    Mutant(
        "PostgreSQL's orders: the floor is off by a cent",
        "orders_postgresql.py",
        "OR x.after >= x.least_",
        "OR x.after + 100 >= x.least_",
        "orders",
        POSTGRESQL,
    ),
    Mutant(
        "accounts are locked payer first, not in one order",
        "orders_postgresql.py",
        "ORDER BY a.id FOR NO KEY UPDATE) x",
        "ORDER BY a.code <> NEW.debit FOR NO KEY UPDATE) x",
        "races",
        POSTGRESQL,
    ),
    Mutant(
        "SQLite's orders: what is held is free",
        "orders.py",
        "d.debits_pending - ? >= d.floor",
        "0 - ? >= d.floor",
        "orders",
    ),
    Mutant(
        "PostgreSQL's orders: a closed month takes a batch",
        "orders_postgresql.py",
        "WHERE last_on >= (SELECT min(day)",
        "WHERE last_on > (SELECT max(day)",
        "orders",
        POSTGRESQL,
    ),
    Mutant(
        "the key is looked up after the business checks",
        "journal.py",
        """    done = find_replay(driver, heading, asked.wanted)
    if done is not None:
        return done
    moves = evaluate(accounts, asked.legs)
""",
        """    moves = evaluate(accounts, asked.legs)
    done = find_replay(driver, heading, asked.wanted)
    if done is not None:
        return done
""",
        "journal batches stories",
    ),
    Mutant(
        "the running balance is that of the other side",
        "locking.py",
        "steps, debit.posted, credit.posted))",
        "steps, credit.posted, debit.posted))",
        "journal",
    ),
    Mutant(
        "a guard of the accounts is not installed",
        "guards_sqlite.py",
        "    guards |= ACCOUNT | STOPS | LOTS | MOVES\n",
        '    guards |= ACCOUNT | STOPS | LOTS | MOVES\n    del guards["ledger_account_pending"]\n',
        "guards",
    ),
    Mutant(
        "the last day of a closed month is open",
        "guards_sqlite.py",
        "WHEN NEW.effective_on <= (SELECT",
        "WHEN NEW.effective_on < (SELECT",
        "periods",
    ),
    Mutant(
        "a released hold is free a second time",
        "guards_sqlite.py",
        """  UPDATE ledger_account SET debits_pending = debits_pending
              - (SELECT amount""",
        """  UPDATE ledger_account SET debits_pending = debits_pending
              - 2 * (SELECT amount""",
        "holds",
    ),
    Mutant(
        "a capture pays on top of what is held",
        "holds.py",
        "    accounts[hold.payer].held -= hold.steps\n",
        "",
        "holds",
    ),
    Mutant(
        "a hold that has ended can be extended",
        "holds.py",
        "        _ensure_unresolved(driver, hold_id)\n        write(",
        "        write(",
        "batches machine",
    ),
    Mutant(
        "expiry ignores that a hold was extended",
        "guards_sqlite.py",
        "UPDATE ledger_open_hold SET expires_at = NEW.expires_at",
        "UPDATE ledger_open_hold SET expires_at = expires_at",
        "batches",
    ),
    Mutant(
        "earlier refunds are not counted",
        "refunds.py",
        "left = paid - int(back)",
        "left = paid",
        "refunds",
    ),
    Mutant(
        "a reversal can be reversed",
        "journal.py",
        "    if reverses is not None or refunds is not None:\n",
        "    if refunds is not None:\n",
        "journal machine",
    ),
    Mutant(
        "what was refunded can be reversed as well",
        "journal.py",
        "    if was_refunded:\n",
        "    if was_refunded and was_reversed:\n",
        "refunds",
    ),
    Mutant(
        "the newest lot is spent first",
        "lots.py",
        '" ORDER BY l.expires_on, l.earned_on, l.id LIMIT',
        '" ORDER BY l.expires_on DESC, l.earned_on, l.id LIMIT',
        "lots",
    ),
    Mutant(
        "a gift never expires",
        "lots_plan.py",
        "taken.append((size, earned_on, expires_on, lot))",
        "taken.append((size, earned_on, None, lot))",
        "lots",
    ),
    Mutant(
        "the grace is a day too long",
        "lots_plan.py",
        "GRACE_DAYS = 30",
        "GRACE_DAYS = 31",
        "refunds",
    ),
    Mutant(
        "what is held expires",
        "lot_verbs.py",
        "for lot in expired) - held",
        "for lot in expired)",
        "lots",
    ),
    Mutant(
        "the youngest record is sealed first",
        "sealing.py",
        "FROM ledger_unsealed ORDER BY transaction_id LIMIT",
        "FROM ledger_unsealed ORDER BY transaction_id DESC LIMIT",
        "audit exporting tree machine",
        POSTGRESQL,
    ),
    Mutant(
        "the chain may skip a number on PostgreSQL",
        "guards_postgresql.py",
        "     <> COALESCE((SELECT MAX(sequence)",
        "     < COALESCE((SELECT MAX(sequence)",
        "guards",
        POSTGRESQL,
    ),
    Mutant(
        "a field is missing from what is hashed",
        "canonical.py",
        "        rule_version,\n        about_of(cause),",
        "        None,\n        about_of(cause),",
        "verify audit exporting",
    ),
    Mutant(
        "copied postings are not looked at on PostgreSQL",
        "guards_postgresql.py",
        "  IF bad IS NOT NULL THEN\n    SELECT * INTO p",
        "  IF FALSE THEN\n    SELECT * INTO p",
        "guards",
        POSTGRESQL,
    ),
    Mutant(
        "the teller answers before it commits",
        "teller.py",
        '            done = do()\n            run("COMMIT")\n',
        "            done = do()\n"
        '            threading.Timer(0.1, run, ("COMMIT",)).start()\n',
        "teller",
        POSTGRESQL,
    ),
    Mutant(
        "the teller gives one caller another's answer",
        "teller.py",
        "in zip(mine, results, strict=True)",
        "in zip(mine, results[1:] + results[:1], strict=True)",
        "teller",
    ),
    Mutant(
        "a key is looked up in any scope",
        "headings.py",
        '" WHERE scope = ? AND key = ?",\n        (heading.scope, heading.key),',
        '" WHERE key = ?",\n        (heading.key,),',
        "journal batches machine",
    ),
    Mutant(
        "the cap is off by the finest step of the unit",
        "earning.py",
        "accounts[self.account].posted + steps - self.cap)",
        "accounts[self.account].posted + steps - self.cap - 100)",
        "earning",
    ),
    Mutant(
        "a clawback uses up a credit line",
        "earning.py",
        "max(0, account.floor or 0))",
        "(account.floor or 0))",
        "earning",
    ),
    Mutant(
        "what is owed is paid and kept as well",
        "earning.py",
        "            steps -= pays\n",
        "",
        "earning",
    ),
    Mutant(
        "a checkpoint's root leaves out the last record",
        "checkpoints.py",
        "while frontier.size < size:",
        "while frontier.size < size - 1:",
        "tree",
    ),
    Mutant(
        "the verifier does not look at the chain",
        "verify.py",
        "            if line != right:\n",
        "            if not line:\n",
        "exporting verify",
    ),
    Mutant(
        "digits beyond the fourth are cut off",
        "amounts.py",
        "if rest or steps % coarse:",
        "if steps % coarse:",
        "journal",
    ),
    Mutant(
        "a refused offer can be accepted later",
        "clearing_answers.py",
        """        key=step_key(offer.sender, offer.reference, "answer"),
    )
    return reason""",
        """        key=step_key(offer.sender, offer.reference, "refusal"),
    )
    return reason""",
        "clearing",
    ),
)
