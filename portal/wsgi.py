import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()

# What a start leaves behind stays for good, so the collector need not look at it again with every few requests; and a
# page makes and drops so many small things that it need not be called for each thousand of them.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)
