"""django-hordak at work, in its own Python: reads orders, answers calls a second.

Started by `peers.Hordak` with the Python of `.bench-venv`; imports nothing of ours.
Each line it reads is ``spread`` or ``hot``, the clients and the seconds. Transfers
are `Account.transfer_to` in an atomic block, the accounts loaded beforehand, no
check of the balance: less than a careful programme would have to do.
"""

# ruff: noqa: E402
from __future__ import annotations

import sys
import threading
import time
from itertools import count

import dj_database_url
import django
from django.conf import settings

url, people = sys.argv[1], int(sys.argv[2])
database = dj_database_url.parse(url)
database["CONN_MAX_AGE"] = None
settings.configure(
    DATABASES={"default": database},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "mptt",
        "django_extensions",
        "hordak",
    ],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    SECRET_KEY="bench",
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from hordak.models import Account
from moneyed import Money

AMOUNT = Money("0.01", "EUR")


def make() -> list[Account]:
    """Migrate, and open the fund and everybody's account."""
    call_command("migrate", verbosity=0)
    accounts = [Account(name=f"person {n}", type="LI") for n in range(people + 1)]
    with transaction.atomic():
        for account in accounts:
            account.currencies = ["EUR"]
            account.save()
    return accounts


def main() -> None:
    accounts = make()
    numbers = count()
    print("ready", flush=True)
    for line in sys.stdin:
        kind, clients, seconds = line.split()
        print(rate(accounts, numbers, kind == "hot", int(clients), float(seconds)))
        sys.stdout.flush()


def rate(
    accounts: list[Account],
    numbers: count[int],
    hot: bool,  # noqa: FBT001
    clients: int,
    seconds: float,
) -> float:
    """Return the transfers a second."""
    gate = threading.Barrier(clients + 1)
    stop = threading.Event()
    done = [0] * clients
    failures: list[BaseException] = []

    def work(place: int) -> None:
        connection.ensure_connection()
        gate.wait()
        try:
            while not stop.is_set():
                number = next(numbers)
                payer = number * 7919 % people
                payee = people if hot else (payer + 1 + number % 97) % people
                with transaction.atomic():
                    accounts[payer].transfer_to(accounts[payee], AMOUNT)
                done[place] += 1
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    gate.wait()
    begun = time.perf_counter()
    stop.wait(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    if failures:
        raise failures[0]
    return sum(done) / took


if __name__ == "__main__":
    main()
