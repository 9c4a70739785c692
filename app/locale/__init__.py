"""Catalogues: English sentences in the code, one `.po` file per feature and language."""
