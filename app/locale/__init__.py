"""Catalogues: sentences stand in English in the code; a `.po` file per feature."""
