"""Two communities, two databases: every transfer is settled or returned, once."""

import os
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker
from sqlmodel import col, select

import ledger
from ledger import ClearingDesk, Leg, Offer, Reason, Receipt, Transaction
from tests.ledger.conftest import Opener
from tests.ledger.pages import NOON

EXAMPLES = int(os.environ.get("FAIR_CLEARING_EXAMPLES", "12"))
STEPS = int(os.environ.get("FAIR_CLEARING_STEPS", "40"))

DAY = timedelta(days=1)
KEYS = {
    name: Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32))
    for name in ("north", "south", "east")
}
PUBLIC = {name: key.public_key().public_bytes_raw().hex() for name, key in KEYS.items()}
ISSUANCE, LIN, WANG = "sys:issuance", "person:lin", "person:wang"


def desk_of(name: str) -> ClearingDesk:
    return ClearingDesk(
        name=name,
        sign=lambda body: KEYS[name].sign(body).hex(),
        sisters={other: key for other, key in PUBLIC.items() if other != name},
    )


class Town:
    """A community: its book, its desk, and what it can be asked to do."""

    def __init__(
        self, name: str, sister: str, engine: Engine, limit: str = "100"
    ) -> None:
        self.name, self.sister = name, sister
        self.desk = desk_of(name)
        self.engine = engine
        self.begin = sessionmaker(engine).begin
        self.at = NOON
        with self.begin() as session:
            opened = [(ISSUANCE, "issuance", None), (LIN, "member", Decimal(0))]
            for code, kind, floor in [*opened, (WANG, "member", Decimal(0))]:
                ledger.open_account(
                    session, code=code, unit="POINT", kind=kind, floor=floor, at=NOON
                )
            ledger.open_clearing(
                session, self.desk, sister, "POINT", limit=Decimal(limit), at=NOON
            )
            ledger.post(
                session,
                [Leg(ISSUANCE, LIN, Decimal(50)), Leg(ISSUANCE, WANG, Decimal(50))],
                key="gift",
                kind="GIFT",
                cause="test:gift",
                at=NOON,
            )
        self.clearing = self.desk.account(sister, "POINT")

    def public(self, code: str = WANG) -> str:
        with self.begin() as session:
            account = ledger.find_account(session, code)
            assert account is not None
            return account.public_code

    def offer(self, amount: str, payee: str, **more: object) -> str:
        """Make an offer and return the letter that carries it."""
        said = {
            "reference": uuid4(),
            "payer": LIN,
            "receiver": self.sister,
            "at": self.at,
            "expires_at": self.at + DAY,
        }
        with self.begin() as session:
            made = ledger.make_offer(
                session,
                self.desk,
                payee=payee,
                amount=Decimal(amount),
                **(said | more),  # type: ignore[arg-type]
            )
        return ledger.letter(self.desk, made)

    def answer(self, text: str) -> str:
        with self.begin() as session:
            return ledger.answer_offer(session, self.desk, text, at=self.at)

    def settle(self, text: str) -> Receipt:
        with self.begin() as session:
            return ledger.settle_offer(session, self.desk, text, at=self.at)

    def ask(self, other: "Town") -> list[ledger.Finished]:
        """Finish every open offer, the other town answering at once."""
        return ledger.settle_open(
            self.begin,
            self.desk,
            lambda _, text: other.answer(text),
            at=self.at,
        )

    def posted(self, code: str) -> Decimal:
        with self.begin() as session:
            return ledger.balance(session, code).posted

    def held(self, code: str) -> Decimal:
        with self.begin() as session:
            return ledger.balance(session, code).held

    def kinds(self) -> dict[str, int]:
        """How often each step of clearing stands in the book."""
        with self.begin() as session:
            asked = select(Transaction.kind).where(
                col(Transaction.key).startswith("clearing:")
            )
            return dict(Counter(session.scalars(asked)))

    def ensure_sound(self) -> None:
        with self.begin() as session:
            ledger.seal_pending(session)
        with self.begin() as session:
            report = ledger.verify_book(session)
            assert report.ok, report.problems
            assert all(unit.holds for unit in ledger.conservation(session))


def mirror(one: Town, other: Town) -> ledger.Reconciliation:
    """Reconcile two towns as the documentation says, by letters."""

    def position(town: Town, asked: tuple[UUID, ...]) -> ledger.Position:
        with town.begin() as session:
            return ledger.position(
                session, town.desk, town.sister, "POINT", asked=asked
            )

    asked = tuple(offer.reference for offer in position(one, ()).offers)
    theirs = position(other, asked)
    ours = position(one, tuple(offer.reference for offer in theirs.offers))
    carried = ledger.read_letter(one.desk, ledger.letter(other.desk, theirs))
    assert isinstance(carried, ledger.Position)
    return ledger.reconcile(ours, carried, at=one.at)


@pytest.fixture
def towns(opened: Opener) -> tuple[Town, Town]:
    return Town("north", "south", opened()), Town("south", "north", opened())


Pair = tuple[Town, Town]


def ensure_paid(north: Town, south: Town, amount: str) -> None:
    """*amount* went from lin in the north to wang in the south, exactly once."""
    moved = Decimal(amount)
    assert (north.posted(LIN), north.held(LIN)) == (50 - moved, 0)
    assert south.posted(WANG) == 50 + moved
    assert (north.posted(north.clearing), south.posted(south.clearing)) == (
        moved,
        -moved,
    )
    found = mirror(north, south)
    assert (found.ok, found.in_flight, found.difference) == (True, (), 0)
    north.ensure_sound()
    south.ensure_sound()


def ensure_returned(north: Town, south: Town) -> None:
    ensure_paid(north, south, "0")


def test_a_transfer_is_two_linked_halves(towns: Pair) -> None:
    north, south = towns
    text = north.offer("12.50", south.public(), words="给王阿姨的谢意\nthank you")
    assert (north.posted(LIN), north.held(LIN)) == (50, Decimal("12.50"))
    receipt = north.settle(south.answer(text))
    assert (receipt.accepted, receipt.at) == (True, NOON)
    ensure_paid(north, south, "12.50")
    assert north.kinds() == {"CLEARING_OFFER": 1, "CLEARING_OUT": 1}
    assert south.kinds() == {"CLEARING_IN": 1}
    with south.begin() as session:
        line = ledger.statement(session, WANG, limit=1).lines[0]
        assert line.memo == "给王阿姨的谢意\nthank you"
        assert line.cause == f"clearing:{receipt.reference}"


def refuse_late(north: Town, south: Town) -> str:
    text = north.offer("5", south.public())
    south.at += DAY
    return text


def refuse_limit(north: Town, south: Town) -> str:
    with south.begin() as session:
        ledger.set_floor(session, south.clearing, Decimal("-4.99"), at=NOON)
    return north.offer("5", south.public())


def refuse_frozen(north: Town, south: Town) -> str:
    with south.begin() as session:
        ledger.freeze_account(session, WANG, at=NOON)
    return north.offer("5", south.public())


def refuse_closed(north: Town, south: Town) -> str:
    with south.begin() as session:
        leg = Leg(WANG, LIN, Decimal(50))
        ledger.post(session, [leg], key="all", kind="GIFT", cause="test:gift", at=NOON)
        ledger.close_account(session, WANG, at=NOON)
    return north.offer("5", south.public())


def refuse_suspended(north: Town, south: Town) -> str:
    with south.begin() as session:
        ledger.freeze_account(session, south.clearing, at=NOON)
    return north.offer("5", south.public())


def refuse_unknown(north: Town, south: Town) -> str:
    return north.offer("5", WANG)  # a code, not a public code


def refuse_issuance(north: Town, south: Town) -> str:
    return north.offer("5", south.public(ISSUANCE))


def refuse_unit(north: Town, south: Town) -> str:
    with north.begin() as session:
        for code, floor in (("hours", None), ("person:lin:HOUR", Decimal(0))):
            ledger.open_account(
                session, code=code, unit="HOUR", kind="member", floor=floor, at=NOON
            )
        leg = Leg("hours", "person:lin:HOUR", Decimal(5))
        ledger.post(session, [leg], key="h", kind="GIFT", cause="test:gift", at=NOON)
        ledger.open_clearing(
            session, north.desk, "south", "HOUR", limit=Decimal(10), at=NOON
        )
    return north.offer("5", south.public(), payer="person:lin:HOUR")


REFUSALS = [
    (refuse_late, Reason.LATE),
    (refuse_limit, Reason.LIMIT),
    (refuse_frozen, Reason.PAYEE),
    (refuse_closed, Reason.PAYEE),
    (refuse_suspended, Reason.SUSPENDED),
    (refuse_unknown, Reason.PAYEE),
    (refuse_issuance, Reason.PAYEE),
    (refuse_unit, Reason.UNIT),
]


@pytest.mark.parametrize(("prepare", "reason"), REFUSALS)
def test_a_refusal_is_for_good_and_gives_the_amount_back(
    towns: Pair, prepare: Callable[[Town, Town], str], reason: Reason
) -> None:
    north, south = towns
    text = prepare(north, south)
    before = south.posted(WANG)
    refused = south.answer(text)
    # Whatever stood in the way is gone, and the clock goes wrong: it stays refused.
    south.at = NOON
    with south.begin() as session:
        ledger.set_floor(session, south.clearing, Decimal(-100), at=NOON)
        ledger.unfreeze_account(session, south.clearing, at=NOON)
        if reason != Reason.PAYEE or prepare is refuse_frozen:
            ledger.unfreeze_account(session, WANG, at=NOON)
    assert south.answer(text) == refused
    assert north.settle(refused).reason == reason
    assert north.settle(refused).reason == reason
    assert south.posted(WANG) == before
    assert south.posted(south.clearing) == north.posted(north.clearing) == 0
    assert [north.held(code) for code in (LIN, WANG)] == [0, 0]
    assert mirror(north, south).ok
    assert north.kinds()["CLEARING_RETURN"] == 1
    assert "CLEARING_IN" not in south.kinds()
    north.ensure_sound()
    south.ensure_sound()


def test_a_refusal_leaves_the_floor_and_the_state_as_they_are(towns: Pair) -> None:
    north, south = towns
    south.answer(refuse_suspended(north, south))
    with south.begin() as session:
        account = ledger.find_account(session, south.clearing)
        assert account is not None
        assert (account.floor, account.state) == (-100, "frozen")


# Stopping between any two steps. A session that is closed without a commit is what a
# killed process leaves behind; what was said to nobody is a letter that is lost.


def killed(town: Town, verb: Callable[..., object], text: str) -> None:
    """Do everything but commit."""
    with Session(town.engine) as session:
        verb(session, town.desk, text, at=town.at)


def test_killed_before_the_offer_is_kept(towns: Pair) -> None:
    north, south = towns
    reference = uuid4()
    with Session(north.engine) as session:
        ledger.make_offer(
            session,
            north.desk,
            reference=reference,
            payer=LIN,
            receiver="south",
            payee="a",
            amount=Decimal(5),
            at=NOON,
            expires_at=NOON + DAY,
        )
    assert north.ask(south) == []
    north.settle(south.answer(north.offer("5", south.public(), reference=reference)))
    ensure_paid(north, south, "5")


def test_killed_before_the_offer_is_sent(towns: Pair) -> None:
    north, south = towns
    north.offer("5", south.public())
    assert [done.problem for done in north.ask(south)] == [None]
    ensure_paid(north, south, "5")


def test_killed_before_the_answer_is_kept(towns: Pair) -> None:
    north, south = towns
    killed(south, ledger.answer_offer, north.offer("5", south.public()))
    assert south.posted(WANG) == 50
    north.ask(south)
    ensure_paid(north, south, "5")


def test_killed_before_the_refusal_is_kept(towns: Pair) -> None:
    north, south = towns
    text = refuse_late(north, south)
    killed(south, ledger.answer_offer, text)
    assert south.kinds() == {}
    north.ask(south)
    ensure_returned(north, south)


def test_killed_after_the_answer_even_when_the_time_is_over(towns: Pair) -> None:
    north, south = towns
    south.answer(north.offer("5", south.public()))  # the receipt is lost
    found = mirror(north, south)
    assert (found.difference, found.ok) == (-5, True)
    assert [offer.accepted for offer in found.in_flight] == [True]
    north.at = south.at = NOON + 9 * DAY
    with north.begin() as session:
        assert ledger.expire_holds(session, at=north.at) == []
    assert north.held(LIN) == 5
    assert [done.receipt and done.receipt.accepted for done in north.ask(south)] == [
        True
    ]
    ensure_paid(north, south, "5")


def test_killed_before_the_end_is_kept(towns: Pair) -> None:
    north, south = towns
    receipt = south.answer(north.offer("5", south.public()))
    killed(north, ledger.settle_offer, receipt)
    assert north.held(LIN) == 5
    north.ask(south)
    ensure_paid(north, south, "5")


def test_killed_before_the_return_is_kept(towns: Pair) -> None:
    north, south = towns
    receipt = south.answer(refuse_frozen(north, south))
    found = mirror(north, south)
    assert [(o.accepted, found.ok) for o in found.in_flight] == [(False, True)]
    killed(north, ledger.settle_offer, receipt)
    assert north.held(LIN) == 5
    north.ask(south)
    ensure_returned(north, south)


def test_silence_is_not_a_refusal(towns: Pair) -> None:
    north, south = towns
    north.offer("5", south.public())
    north.at += 100 * DAY
    done = ledger.settle_open(
        north.begin,
        north.desk,
        lambda _, __: None,
        at=north.at,
    )
    assert [(one.receipt, one.problem) for one in done] == [(None, "No answer came.")]
    assert north.held(LIN) == 5
    found = mirror(north, south)
    assert [(o.age, o.accepted) for o in found.in_flight] == [(100 * DAY, False)]
    assert (found.ok, found.difference) == (True, 0)


def test_letters_twice_and_in_any_order_do_nothing_twice(towns: Pair) -> None:
    north, south = towns
    offers = [north.offer(amount, south.public()) for amount in ("1", "2", "4")]
    offers *= 3
    random.Random(7).shuffle(offers)
    receipts = [south.answer(text) for text in offers]
    assert len(set(receipts)) == 3
    for text in reversed(receipts):
        north.settle(text)
    ensure_paid(north, south, "7")
    assert north.kinds() == {"CLEARING_OFFER": 3, "CLEARING_OUT": 3}
    assert south.kinds() == {"CLEARING_IN": 3}


def test_what_comes_back_frees_the_limit(towns: Pair) -> None:
    """The limit is on what the sister owes in the end, not on what ever came."""
    north, south = towns
    with south.begin() as session:
        ledger.set_floor(session, south.clearing, Decimal(-30), at=NOON)
    assert north.settle(south.answer(north.offer("30", south.public()))).accepted
    refused = north.settle(south.answer(north.offer("0.01", south.public())))
    assert refused.reason == Reason.LIMIT
    back = south.offer("20", north.public(LIN), payer=WANG)
    assert south.settle(north.answer(back)).accepted
    assert north.settle(south.answer(north.offer("20", south.public()))).accepted
    assert (north.posted(north.clearing), south.posted(south.clearing)) == (30, -30)
    assert mirror(north, south).ok


def test_a_payer_frozen_meanwhile_pays_when_the_account_is_open_again(
    towns: Pair,
) -> None:
    north, south = towns
    receipt = south.answer(north.offer("5", south.public()))
    with north.begin() as session:
        ledger.freeze_account(session, LIN, at=NOON)
    with pytest.raises(ledger.AccountFrozen):
        north.settle(receipt)
    assert [done.problem for done in north.ask(south)] == [
        "The account 'person:lin' is frozen."
    ]
    assert [offer.accepted for offer in mirror(north, south).in_flight] == [True]
    with north.begin() as session:
        ledger.unfreeze_account(session, LIN, at=NOON)
    north.ask(south)
    ensure_paid(north, south, "5")


def test_a_book_that_is_stopped_gives_no_answer(towns: Pair) -> None:
    """Nobody can know yet, so the offer waits: a stop is not a refusal."""
    north, south = towns
    text = north.offer("5", south.public())
    with south.begin() as session:
        ledger.stop_posting(session, "A check failed.", at=NOON)
    with pytest.raises(ledger.PostingStopped):
        south.answer(text)
    with south.begin() as session:
        ledger.resume_posting(session, at=NOON, by="person:keeper")
    north.settle(south.answer(text))
    ensure_paid(north, south, "5")


def test_what_arrives_can_be_a_lot_with_an_end(towns: Pair) -> None:
    north, south = towns
    with south.begin() as session:
        ledger.open_account(
            session,
            code="person:chen",
            unit="POINT",
            kind="member",
            keeps_lots=True,
            at=NOON,
        )
    text = north.offer("5", south.public("person:chen"))
    end = NOON.date() + 365 * DAY
    for _ in range(2):
        with south.begin() as session:
            receipt = ledger.answer_offer(
                session, south.desk, text, at=NOON, expires_on=end
            )
    assert north.settle(receipt).accepted
    with south.begin() as session:
        (lot,) = ledger.lots(session, "person:chen")
    assert (lot.left, lot.expires_on) == (5, end)


def test_an_offer_whose_words_were_erased_still_shows_and_ends(towns: Pair) -> None:
    north, south = towns
    text = north.offer("5", south.public())
    with north.begin() as session:
        asked = select(Transaction.id).where(Transaction.kind == "CLEARING_OFFER")
        ledger.erase_memo(session, session.scalars(asked).one() or 0)
    assert north.ask(south) == []
    receipt = south.answer(text)
    assert [offer.accepted for offer in mirror(north, south).in_flight] == [True]
    assert mirror(north, south).ok
    north.settle(receipt)
    ensure_paid(north, south, "5")


def test_the_same_reference_is_the_same_offer(towns: Pair) -> None:
    north, south = towns
    reference, payee = uuid4(), south.public()
    first = north.offer("5", payee, reference=reference)
    north.at += timedelta(hours=1)
    assert north.offer("5", payee, reference=reference) == first
    for other in ({"amount": "6"}, {"payee": "b"}, {"words": "x"}, {"payer": WANG}):
        said = {"amount": "5", "payee": payee, "reference": reference} | other
        with pytest.raises(ledger.IdempotencyConflict):
            north.offer(**said)  # type: ignore[arg-type]
    north.settle(south.answer(first))
    assert north.offer("5", payee, reference=reference) == first
    ensure_paid(north, south, "5")


def test_a_sister_cannot_change_what_was_answered(towns: Pair) -> None:
    """North signs two offers under one reference: the second gets no receipt."""
    north, south = towns
    text = north.offer("5", south.public())
    south.answer(text)
    offer = ledger.read_letter(south.desk, text)
    assert isinstance(offer, Offer)
    said = {name: getattr(offer, name) for name in Offer.__slots__}
    for changed in ({"amount": Decimal(6)}, {"payee": south.public(LIN)}):
        second = ledger.letter(north.desk, Offer(**(said | changed)))
        with pytest.raises(ledger.IdempotencyConflict):
            south.answer(second)
    assert south.posted(WANG) == 55


def test_the_reference_of_one_sister_is_not_that_of_another(opened: Opener) -> None:
    south = Town("south", "north", opened())
    with south.begin() as session:
        ledger.open_clearing(
            session, south.desk, "east", "POINT", limit=Decimal(9), at=NOON
        )
    reference, payee = uuid4(), south.public()
    for sender in ("east", "north"):
        offer = Offer(
            reference=reference,
            sender=sender,
            receiver="south",
            payee=payee,
            unit="POINT",
            amount=Decimal(3),
            expires_at=NOON + DAY,
        )
        south.answer(ledger.letter(desk_of(sender), offer))
    assert south.posted(WANG) == 56


def test_forged_and_altered_letters_are_refused(towns: Pair) -> None:
    north, south = towns
    text = north.offer("5", south.public())
    body, _, signature = text.partition("\n")
    east = KEYS["east"].sign(body.encode()).hex()
    lies = [
        f"{body}\n{east}",
        f"{body}\n",
        f"{body}\nxyz",
        body,
        "",
        f"{body.replace('5.0000', '6.0000')}\n{signature}",
        f"{body.replace('south', 'north')}\n{signature}",
        f"{body.replace('north', 'nowhere')}\n{signature}",
        f" {body}\n{signature}",
        ledger.letter(
            desk_of("east"), ledger.read_letter(south.desk, text)
        ),  # east signs what north says
    ]
    for lie in lies:
        with pytest.raises(ledger.MessageRefused):
            south.answer(lie)
    with pytest.raises(ledger.MessageRefused):
        north.answer(text)  # our own letter come back
    with pytest.raises(ledger.MessageRefused):
        north.settle(text)
    receipt = south.answer(text)
    body, _, signature = receipt.partition("\n")
    with pytest.raises(ledger.MessageRefused):
        south.answer(receipt)
    refusal = body.replace("null", '"late"')
    for by in (signature, KEYS["east"].sign(refusal.encode()).hex()):
        assert refusal != body
        with pytest.raises(ledger.MessageRefused):
            north.settle(f"{refusal}\n{by}")
    north.settle(receipt)
    ensure_paid(north, south, "5")


def test_a_true_letter_to_another_sister_is_refused(towns: Pair) -> None:
    north, south = towns
    with north.begin() as session:
        ledger.open_clearing(
            session, north.desk, "east", "POINT", limit=Decimal(9), at=NOON
        )
    text = north.offer("5", south.public(), receiver="east")
    with pytest.raises(ledger.MessageRefused):
        south.answer(text)
    assert south.posted(WANG) == 50


def test_a_receipt_for_something_else_is_refused(towns: Pair) -> None:
    north, south = towns
    text = north.offer("5", south.public())
    receipt = ledger.read_letter(north.desk, south.answer(text))
    assert isinstance(receipt, Receipt)
    said = {name: getattr(receipt, name) for name in Receipt.__slots__}
    for changed, refusal in (
        ({"amount": Decimal(4)}, ledger.MessageRefused),
        ({"payee": "other"}, ledger.MessageRefused),
        ({"unit": "TIME"}, ledger.MessageRefused),
        ({"reference": uuid4()}, ledger.OfferNotFound),
    ):
        with pytest.raises(refusal):
            north.settle(ledger.letter(south.desk, Receipt(**(said | changed))))
    assert north.held(LIN) == 5


def test_a_sister_that_takes_her_word_back_changes_nothing(towns: Pair) -> None:
    north, south = towns
    text = south.answer(north.offer("5", south.public()))
    north.settle(text)
    receipt = ledger.read_letter(north.desk, text)
    assert isinstance(receipt, Receipt)
    said = {name: getattr(receipt, name) for name in Receipt.__slots__}
    other = ledger.letter(south.desk, Receipt(**(said | {"reason": Reason.LATE})))
    with pytest.raises(ledger.IdempotencyConflict):
        north.settle(other)
    ensure_paid(north, south, "5")


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"amount": "50.01"}, ledger.InsufficientFunds),
        ({"amount": "0"}, ledger.NonPositiveAmount),
        ({"amount": "0.001"}, ledger.InexactAmount),
        ({"receiver": "east"}, ledger.AccountNotFound),
        ({"receiver": "west"}, ledger.MessageRefused),
        ({"payer": "nobody"}, ledger.AccountNotFound),
        ({"expires_at": NOON}, ledger.InvalidEntry),
        ({"words": "\x00"}, ledger.MessageRefused),
        ({"words": "\ud800"}, ledger.MessageRefused),
        ({"words": "x" * 1001}, ledger.MessageRefused),
    ],
)
def test_an_offer_that_cannot_be_made_writes_nothing(
    towns: Pair, more: dict[str, object], refusal: type[Exception]
) -> None:
    north, south = towns
    said: dict[str, object] = {"amount": "5", "payee": south.public()}
    with pytest.raises(refusal):
        north.offer(**(said | more))  # type: ignore[arg-type]
    assert (north.kinds(), north.held(LIN)) == ({}, 0)


def test_what_was_written_past_the_desk_shows_in_reconciliation(towns: Pair) -> None:
    north, south = towns
    north.settle(south.answer(north.offer("5", south.public())))
    with south.begin() as session:
        leg = Leg(WANG, south.clearing, Decimal(2))
        ledger.post(session, [leg], key="x", kind="ADJUST", cause="test:x", at=NOON)
    found = mirror(north, south)
    assert (found.ok, found.unexplained) == (False, 2)
    with north.begin() as session:
        ours = ledger.position(session, north.desk, "south", "POINT")
    with pytest.raises(ledger.InvalidEntry):
        ledger.reconcile(ours, ours, at=NOON)


def test_names_are_plain() -> None:
    for name in ("North", "a b", "", "a:b", "a%", "x" * 61):
        with pytest.raises(ledger.InvalidEntry):
            ClearingDesk(name=name, sign=lambda _: "", sisters={})


def test_two_clerks_with_two_clocks_give_one_answer(towns: Pair) -> None:
    """For one the offer is in time, for the other too late; both write at once."""
    north, south = towns
    text = north.offer("5", south.public())

    def answer(index: int) -> str | None:
        with south.begin() as session:
            at = NOON + (index % 2) * 2 * DAY
            try:
                return ledger.answer_offer(session, south.desk, text, at=at)
            except ledger.IdempotencyConflict:
                return None  # the other was quicker; ask again

    with ThreadPoolExecutor(8) as clerks:
        found = {receipt for receipt in clerks.map(answer, range(8)) if receipt}
    assert found == {south.answer(text)}
    paid = north.settle(found.pop()).accepted
    ensure_paid(north, south, "5" if paid else "0")


# Any order of letters, lost, doubled and late; processes killed before they commit.

picks = st.integers(0, 10**6)
sides = st.integers(0, 1)


class Post(RuleBasedStateMachine):
    """Two towns and a postman who loses, doubles and mixes up the letters."""

    open_book: Opener

    @initialize(limits=st.tuples(*[st.sampled_from(["7", "60"])] * 2))
    def towns_open(self, limits: tuple[str, str]) -> None:
        self.towns = (
            Town("north", "south", self.open_book(), limits[0]),
            Town("south", "north", self.open_book(), limits[1]),
        )
        self.letters: list[tuple[int, bool, str]] = []  # to whom, receipt?, letter
        self.receipts: dict[UUID, bool] = {}
        self.offered: dict[UUID, tuple[int, Decimal]] = {}
        self.payees = [town.public() for town in self.towns]

    @rule(side=sides, cents=st.integers(1, 2000), hours=st.integers(1, 48))
    def offer(self, side: int, cents: int, hours: int) -> None:
        town = self.towns[side]
        reference, amount = uuid4(), Decimal(cents).scaleb(-2)
        try:
            text = town.offer(
                str(amount),
                self.payees[1 - side],
                reference=reference,
                expires_at=town.at + timedelta(hours=hours),
            )
        except (ledger.InsufficientFunds, ledger.AccountFrozen):
            return
        self.offered[reference] = side, amount
        self.letters.append((1 - side, False, text))

    @precondition(lambda self: self.letters)
    @rule(pick=picks, again=st.booleans(), commits=st.booleans(), lost=st.booleans())
    def deliver(self, pick: int, again: bool, commits: bool, lost: bool) -> None:
        index = pick % len(self.letters)
        side, is_receipt, text = self.letters[index]
        if not again:
            del self.letters[index]
        town = self.towns[side]
        verb = ledger.settle_offer if is_receipt else ledger.answer_offer
        if not commits:
            try:
                killed(town, verb, text)
            except ledger.AccountFrozen:
                assert is_receipt
            return
        if is_receipt:
            try:
                self.note(town.settle(text))
            except ledger.AccountFrozen:
                return
        else:
            answer = town.answer(text)
            if not lost:
                self.letters.append((1 - side, True, answer))

    def note(self, receipt: Receipt) -> None:
        known = self.receipts.setdefault(receipt.reference, receipt.accepted)
        assert known == receipt.accepted

    @precondition(lambda self: self.letters)
    @rule(pick=picks)
    def lose(self, pick: int) -> None:
        del self.letters[pick % len(self.letters)]

    @rule(side=sides)
    def send_again(self, side: int) -> None:
        town = self.towns[side]
        with town.begin() as session:
            offers = ledger.open_offers(session, town.desk)
        for offer in offers:
            self.letters.append((1 - side, False, ledger.letter(town.desk, offer)))

    @rule(side=sides, code=st.sampled_from([LIN, WANG]), frozen=st.booleans())
    def freeze(self, side: int, code: str, frozen: bool) -> None:
        verb = ledger.freeze_account if frozen else ledger.unfreeze_account
        with self.towns[side].begin() as session:
            verb(session, code, at=self.towns[side].at)

    @rule(side=sides, hours=st.integers(1, 30))
    def wait(self, side: int, hours: int) -> None:
        """The towns' clocks need not agree."""
        town = self.towns[side]
        town.at += timedelta(hours=hours)
        with town.begin() as session:
            assert ledger.expire_holds(session, at=town.at) == []

    @invariant()
    def the_books_mirror_each_other(self) -> None:
        if hasattr(self, "towns"):
            found = mirror(*self.towns)
            assert found.ok, found

    def teardown(self) -> None:
        if not hasattr(self, "towns"):
            return
        for town in self.towns:
            with town.begin() as session:
                for code in (LIN, WANG):
                    ledger.unfreeze_account(session, code, at=town.at)
        for town, other in (self.towns, self.towns[::-1]):
            for done in town.ask(other):
                assert done.receipt is not None, done.problem
                self.note(done.receipt)
        self.ensure_ended()

    def ensure_ended(self) -> None:
        found = mirror(*self.towns)
        assert (found.difference, found.in_flight, found.ok) == (0, (), True)
        owed = [Decimal(0), Decimal(0)]
        for reference, (side, amount) in self.offered.items():
            owed[side] += amount * self.receipts[reference]
        for side, town in enumerate(self.towns):
            net = owed[side] - owed[1 - side]
            assert town.posted(town.clearing) == net
            assert (town.posted(LIN), town.held(LIN)) == (50 - owed[side], 0)
            assert town.posted(WANG) == 50 + owed[1 - side]
            town.ensure_sound()


def test_whatever_becomes_of_the_letters_every_offer_ends(opened: Opener) -> None:
    machine = type("OpenedPost", (Post,), {"open_book": staticmethod(opened)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
