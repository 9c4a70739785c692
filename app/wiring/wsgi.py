"""What a WSGI server loads: `app.wiring.wsgi:app`."""

from app.wiring import create_app
from search_index import dictionary

app = create_app()
dictionary.warm()
