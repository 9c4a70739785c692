"""Drills: break the machine under the book on purpose, and count what was lost.

One command each: `make drill NAME=kill9`, or `python -m tests.drills kill9`. See
README.md for the list. A drill is a module of this package with a `DRILL`.
"""
