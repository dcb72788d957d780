"""Django settings for the type checker alone: it reads the models.

The gateway's own settings are made by ecluse.main.
"""

SECRET_KEY = "used by no process"
INSTALLED_APPS = ["ecluse.store"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
