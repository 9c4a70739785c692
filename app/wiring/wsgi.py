"""What a WSGI server loads: `app.wiring.wsgi:app`."""

from app.wiring import create_app

app = create_app()
