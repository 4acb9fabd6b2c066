"""TaskOverflow: a todo API and a small shop on PostgreSQL, twice: flask_app (gunicorn) and fastapi_app (uvicorn)."""
