"""Amounts: exact decimals in hand, whole ten-thousandths at rest."""

from decimal import Decimal

from ledger.errors import AmountTooLarge, InexactAmount, NonPositiveAmount

PLACES_MAX = 4
"""The finest unit a book may keep has four decimal places."""

STEPS_PER_ONE: int = 10**PLACES_MAX
AMOUNT_MAX = Decimal(10**12)
ZERO = Decimal(0)


def steps_of(amount: Decimal, *, exponent: int = PLACES_MAX) -> int:
    """Return *amount* as a whole number of ten-thousandths.

    Nothing is rounded: whoever computes an amount rounds it by a rule of its
    own, before it comes here.

    Args:
        amount: A finite `decimal.Decimal`, of either sign.
        exponent: Decimal places the unit allows, 0 to 4.

    Raises:
        InexactAmount: A float, an int, NaN, infinity, or too many places.
        AmountTooLarge: Beyond ±10^12.
    """
    if type(amount) is not Decimal or not amount.is_finite():
        raise InexactAmount(f"{amount!r} is not a finite decimal number.")
    if not -AMOUNT_MAX <= amount <= AMOUNT_MAX:
        raise AmountTooLarge(f"{amount} is beyond {AMOUNT_MAX}.")
    numerator, denominator = amount.as_integer_ratio()
    steps, rest = divmod(numerator * STEPS_PER_ONE, denominator)
    coarse: int = 10 ** (PLACES_MAX - exponent)
    if rest or steps % coarse:
        raise InexactAmount(f"{amount} has more than {exponent} decimal places.")
    return steps


def positive_steps_of(amount: Decimal) -> int:
    """Return *amount* in ten-thousandths, refusing zero and less.

    Raises:
        NonPositiveAmount: *amount* is zero or negative.
        InexactAmount: see `steps_of`.
    """
    steps = steps_of(amount)
    if steps <= 0:
        raise NonPositiveAmount(f"{amount} is not above zero.")
    return steps


def amount_of(steps: int, *, exponent: int = 2) -> Decimal:
    """Return *steps* ten-thousandths as a decimal with *exponent* places.

    More places are shown only where the value needs them.
    """
    places = exponent
    while places < PLACES_MAX and steps % 10 ** (PLACES_MAX - places):
        places += 1
    return Decimal(steps // 10 ** (PLACES_MAX - places)).scaleb(-places)


def text_of(steps: int) -> str:
    """Return the canonical form of *steps*: always four places, as ``35.0000``."""
    sign = "-" if steps < 0 else ""
    whole, rest = divmod(abs(steps), STEPS_PER_ONE)
    return f"{sign}{whole}.{rest:04d}"


def steps_from_text(text: str) -> int:
    """Return the steps of a canonical amount; the inverse of `text_of`."""
    return steps_of(Decimal(text))
