"""The front of the street: the home page and the few pages of plain words."""
